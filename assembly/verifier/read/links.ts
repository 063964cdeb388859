// What links the words "answer" and "final answer" to their value.
import { Char } from './characters';
import { sentenceEnd } from './formula';
import { trimmed } from './prose';
import { region } from './region';
import { clauseStart, holdsOneOf, isNumber } from './sentences';
import { exists } from './span';
import {
  byteAt,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWide,
  isWordAt,
  skipLetters,
  skipSpace,
  skipAny,
  startsWith,
  startsWithFold,
} from './text';

/** Verbs that link the word "answer" to its value. */
const LINKS = 'is/are/be/was/equals/comes/turns/works';
/** Words that may stand beside a link. */
const BESIDE_LINK = 'therefore/thus/then/hence/should/would/will/must/here';
/** Words that may stand behind a link. */
const BEHIND_LINK = 'simply/clearly/obviously/just/indeed/exactly/approximately/about/also/option/choice/out/to/as';

/** Words that may stand before a link only: "the answer to this problem is". */
export const BEFORE_LINK = 'to/the/this/our/question/problem/exercise';

/** Where the value behind "final answer" starts, or 0: behind a link, on a line below, or behind the last "is" of the sentence. */
export function afterFinal(mark: usize, e: usize): usize {
  const linked = afterLink(mark, e);
  if (linked > 0) return linked;
  const next = skipMarkdown(mark, e);
  if (indexOfByte(mark, next, Char.NEWLINE) < next) return next;
  return afterLastIs(mark, sentenceEnd(mark, e));
}

/** Position after "is", ":", "=" and what may stand beside them after the word "answer"; 0 where nothing links it to a value. */
export function afterLink(mark: usize, e: usize): usize {
  let p = mark;
  let linked = false;
  while (true) {
    p = skipSpace(p, e);
    if (p >= e) return 0;
    const c = byteAt(p);
    const sign = linkSign(p, e);
    if (sign > 0) {
      linked = true;
      p = sign;
    } else if (isLetter(c)) {
      const q = skipLetters(p, e);
      if (isWordAt(p, q, LINKS)) linked = true;
      else if (!isWordAt(p, q, BESIDE_LINK) && !isWordAt(p, q, linked ? BEHIND_LINK : BEFORE_LINK))
        return linked || isHeading(mark, p, e) ? p : behindClause(p, e);
      // option 17
      if (isWordAt(p, q, 'option/choice') && isDigit(byteAt(skipSpace(q, e)))) return 0;
      p = q;
    } else if (p == mark && c == Char.CLOSE_BRACKET) {
      // [Answer] 17
      linked = true;
      p++;
    } else if (!linked && c == Char.OPEN_PAREN) {
      const close = indexOfByte(p, min(e, p + ASIDE), Char.CLOSE_PAREN);
      if (close >= e || byteAt(close) != Char.CLOSE_PAREN) return 0;
      p = close + 1;
    } else if (!linked && c == Char.APOSTROPHE && isWordAt(p + 1, e, 's')) {
      linked = true;
      p += 2;
    } else if (linked && isQuote(c)) return p;
    else if (
      isOneOf(c, '*`#,') ||
      (c == Char.GREATER && byteAt(p - 1) == Char.NEWLINE) ||
      isQuote(c) ||
      (!linked && isOneOf(c, '_)]}'))
    )
      p++;
    else return linked || isHeading(mark, p, e) || (isDigit(c) && isGiven(mark)) ? p : 0;
  }
}

/** Whether the clause of a mark says that it gives the answer, which then follows without a link: "which gives the answer 17". */
function isGiven(mark: usize): bool {
  return holdsOneOf(clauseStart(region.start, mark), mark, 'gives/giving/yields');
}

/** Longest aside in brackets, and longest clause, between "answer" and its link. */
const ASIDE: usize = 48;

function isQuote(c: i32): bool {
  return c == Char.QUOTE || c == Char.APOSTROPHE;
}

/** Position behind the first "is" or "are" of a sentence that goes on at p with a clause ("that we get", "in simplest form"), or 0; behind a colon too. */
function behindClause(p: usize, e: usize): usize {
  e = min(e, p + ASIDE);
  const isPlace = isWordAt(p, e, 'in/for');
  while (p < e && !isOneOf(byteAt(p), '.;?!\n')) {
    if (byteAt(p) == Char.COLON) return isPlace ? p + 1 : 0;
    const q = skipLetters(p, e);
    if (isWordAt(p, q, 'is/are')) return skipSpace(q, e);
    if (
      isWordAt(
        p,
        q,
        'not/nobody/number/words/choice/choices/option/options/key/format/range/type/length/sheet/plus/minus/squared/doubled/halved/has/and',
      )
    )
      return 0;
    p = max(q, p + 1);
  }
  return 0;
}

/** Longest heading. */
const HEADING: usize = 20;

/** Whether the line of the mark holds nothing else, or goes on with nothing but a number at p. */
function isHeading(mark: usize, p: usize, e: usize): bool {
  let q = mark;
  while (q > region.start && byteAt(q - 1) != Char.NEWLINE) {
    q--;
    if (mark - q > HEADING || (!isLetter(byteAt(q)) && !isOneOf(byteAt(q), ' *#_>'))) return false;
  }
  const line = indexOfByte(mark, e, Char.NEWLINE);
  const rest = trimmed(p, line);
  if (line < p) return true;
  // "Answer #17" and "The answer to problem 17" only name one
  for (q = mark; q < p; q++) if (isLetter(byteAt(q))) return false;
  return byteAt(p - 1) != Char.HASH && exists(rest) && isNumber(rest);
}

/** Position behind a sign that links, or 0: `:`, `=`, `->`, `=>`, a dash, →, 是, 为, ：. */
function linkSign(p: usize, e: usize): usize {
  const c = byteAt(p);
  if ((c == Char.MINUS || c == Char.EQUALS) && p + 1 < e && byteAt(p + 1) == Char.GREATER) return p + 2;
  // <|answer|>17
  if (isOneOf(c, ':=|')) return startsWith(p, e, '|>') ? p + 2 : p + 1;
  // a dash, but no minus
  if (c == Char.MINUS && p + 1 < e && isSpace(byteAt(p + 1))) return p + 1;
  return isWide(c) ? skipAny(p, e, '是/– /—/→/➜/⇒/为/：') : 0;
}

/** Position after the last " is " or " are " in the sentence [p, e), or 0. */
export function afterLastIs(p: usize, e: usize): usize {
  let at: usize = 0;
  for (let q = p; q + 4 <= e; q++)
    if (byteAt(q) == Char.SPACE && (startsWithFold(q, e, ' is ') || startsWithFold(q, e, ' are '))) at = q + 4;
  return at;
}

function skipMarkdown(p: usize, e: usize): usize {
  while (p < e && (isSpace(byteAt(p)) || isOneOf(byteAt(p), '*#_'))) p++;
  return p;
}

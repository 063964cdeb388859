// What links the words "answer" and "final answer" to their value.
import { Char } from './characters';
import { sentenceEnd } from './formula';
import { Names } from './names';
import { byteAt, indexOfByte, isLetter, isOneOf, isSpace, skipLetters, skipSpace, skipText, startsWithFold } from './text';

/** Verbs that link the word "answer" to its value. */
const LINKS = new Names(8).add('is/are/be/was/equals/comes/turns');
/** Words that may stand beside a link. */
const BESIDE_LINK = new Names(16).add('therefore/thus/then/hence/should/would/will/must/here');
/** Words that may stand behind a link. */
const BEHIND_LINK = new Names(16).add('simply/just/indeed/exactly/approximately/about/option/choice/out/to');

/** Words that may stand before a link only: "the answer to this problem is". */
const BEFORE_LINK = new Names(16).add('to/the/this/our/question/problem/exercise');

/** Where the value behind "final answer" starts, or 0: behind a link, on a line below, or behind the last "is" of the sentence. */
export function afterFinal(mark: usize, e: usize): usize {
  const linked = afterLink(mark, e);
  if (linked > 0) return linked;
  const next = skipMarkdown(mark, e);
  if (indexOfByte(mark, next, Char.NEWLINE) < next) return next;
  return afterLastIs(mark, sentenceEnd(mark, e));
}

/** Position after "is", ":", "=" and what may stand beside them after the word "answer"; 0 where nothing links it to a value. */
export function afterLink(p: usize, e: usize): usize {
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
      const n = <i32>(q - p);
      if (LINKS.has(p, n, true)) linked = true;
      else if (!BESIDE_LINK.has(p, n, true) && !(linked ? BEHIND_LINK : BEFORE_LINK).has(p, n, true)) return linked ? p : 0;
      p = q;
    } else if (isOneOf(c, '*`#"') || (!linked && isOneOf(c, '_)]},'))) p++;
    else return linked ? p : 0;
  }
}

/** Position behind a sign that links, or 0: `:`, `=`, `->`, `=>`, →, 是, 为, ：. */
function linkSign(p: usize, e: usize): usize {
  const c = byteAt(p);
  if ((c == Char.MINUS || c == Char.EQUALS) && p + 1 < e && byteAt(p + 1) == Char.GREATER) return p + 2;
  if (c == Char.COLON || c == Char.EQUALS) return p + 1;
  let q = skipText(p, e, '是');
  if (q == 0) q = skipText(p, e, '→');
  if (q == 0) q = skipText(p, e, '为');
  if (q == 0) q = skipText(p, e, '：');
  return q;
}

/** Position after the last " is " or " are " in the sentence [p, e), or 0. */
export function afterLastIs(p: usize, e: usize): usize {
  let at: usize = 0;
  for (let q = p; q + 4 <= e; q++)
    if (byteAt(q) == Char.SPACE && (startsWithFold(q, e, ' is ') || startsWithFold(q, e, ' are '))) at = q + 4;
  return at;
}

/** Where the answer tag that p stands in is closed, or 0. */
export function tagClose(p: usize, e: usize): usize {
  for (; p < e; p++) if (byteAt(p) == Char.LESS && startsWithFold(p, e, '</answer>')) return p;
  return 0;
}

function skipMarkdown(p: usize, e: usize): usize {
  while (p < e && (isSpace(byteAt(p)) || isOneOf(byteAt(p), '*#_'))) p++;
  return p;
}

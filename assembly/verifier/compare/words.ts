// Answers in words: articles, lists of words, "yes, it is", numbers in words, "infinitely many", "noon".
import { equalScalar } from '../algebra/scalar';
import { infinity, isInterval } from '../algebra/sets';
import * as rat from '../number/rational';
import { Space } from '../parse/symbols';
import { kid, Kind, Node, number } from '../parse/tree';
import { Char } from '../read/characters';
import { infiniteIn, sameText, saysAllReals, saysNone } from '../read/plain';
import { endOf, exists, NOWHERE, Span, span, startOf } from '../read/span';
import { byteAt, isLetter, isOneOf, isSpace, isWordAt, skipLetters, skipSpace, skipText, wordAt, wordStart } from '../read/text';
import { wordNumber } from '../read/wordnumbers';
import { bare } from './quantities';

/** Words that may stand before an answer in words, or behind it. */
const LEADING = 'a/an/the/on/it/is/they/are/this/that/there/f/function';
const TRAILING = 'number/numbers';
/** Words of a sentence that only repeats "yes" or "no". */
const REPEATING =
  'it/they/he/she/this/that/we/there/is/are/was/were/does/do/did/can/could/will/would/has/have/indeed/exactly/correct';
const NEGATING = 'not/isn/aren/doesn/don/didn/can/cannot/won/wasn/t';

/** Whether an answer in words says the same as the other side, in words or in signs. */
export function equalText(g: Node, p: Node): bool {
  if (g.kind == Kind.TEXT && p.kind == Kind.TEXT) return equalTexts(g, p);
  return g.kind == Kind.TEXT ? saysValue(g, p) : saysValue(p, g);
}

function equalTexts(g: Node, p: Node): bool {
  if (saysNone(g.from, g.to)) return saysNone(p.from, p.to);
  if (saysAllReals(g.from, g.to)) return saysAllReals(p.from, p.to);
  const infinite = infiniteIn(g.from, g.to);
  if (infinite != 0) return (infinite & infiniteIn(p.from, p.to)) != 0;
  if (sameWords(g.from, g.to, p.from, p.to)) return true;
  const consent = consentOf(g.from, g.to);
  if (consent != 0) return consent == consentOf(p.from, p.to);
  if (wordNumber.read(g.from, g.to)) {
    const numerator = wordNumber.numerator;
    const denominator = wordNumber.denominator;
    return wordNumber.read(p.from, p.to) && numerator == wordNumber.numerator && denominator == wordNumber.denominator;
  }
  return sameLists(g.from, g.to, p.from, p.to);
}

/** Whether the words of t stand for the value x. */
function saysValue(t: Node, x: Node): bool {
  const isMorning = x.kind == Kind.NOTED && byteAt(x.from) != Char.P && byteAt(x.from) != Char.p;
  x = bare(x);
  if (x.kind == Kind.SPACESET)
    return x.space == Space.EMPTY ? saysNone(t.from, t.to) : x.space == Space.R && saysAllReals(t.from, t.to);
  if (isInterval(x) && infinity(kid(x, 0)) < 0 && infinity(kid(x, 1)) > 0) return saysAllReals(t.from, t.to);
  if (x.kind == Kind.INF) return infiniteIn(t.from, t.to) != 0;
  if (x.kind == Kind.RATIO)
    return x.n == 2 && !isMorning && isNumber(kid(x, 0), 12) && isNumber(kid(x, 1), 0) && isWord(t, 'noon');
  if (wordNumber.read(t.from, t.to)) return equalScalar(x, number(rat.ofFraction(wordNumber.numerator, wordNumber.denominator)));
  return false;
}

function isNumber(x: Node, value: i32): bool {
  return x.kind == Kind.NUM && rat.equal(x.value, rat.ofI32(value));
}

/** Whether t is one word. */
function isWord(t: Node, word: string): bool {
  const s = stripped(t.from, t.to);
  return exists(s) && startOf(s) + <usize>wordAt(startOf(s), endOf(s), word) == endOf(s);
}

/** The text without articles, "it is" and the like before it, "number" behind it, markup and marks around it. */
function stripped(p: usize, e: usize): Span {
  while (e > p && (isSpace(byteAt(e - 1)) || isOneOf(byteAt(e - 1), '.!}$"'))) e--;
  while (p < e) {
    const c = byteAt(p);
    if (isSpace(c) || isOneOf(c, '{$"')) p++;
    else if (c == Char.BACKSLASH) p = max(skipLetters(p + 1, e), p + 2);
    else if (isLetter(c)) {
      const q = skipLetters(p, e);
      if (!isWordAt(p, q, LEADING) || skipSpace(q, e) >= e || !isSpace(byteAt(q))) break;
      p = q;
    } else break;
  }
  const last = wordStart(p, e);
  if (last > p && isWordAt(last, e, TRAILING)) {
    e = last;
    while (e > p && isSpace(byteAt(e - 1))) e--;
  }
  return span(p, e);
}

function sameWords(p: usize, pe: usize, q: usize, qe: usize): bool {
  if (sameText(p, pe, q, qe, true)) return true;
  const a = stripped(p, pe);
  const b = stripped(q, qe);
  return exists(a) && exists(b) && sameText(startOf(a), endOf(a), startOf(b), endOf(b), true);
}

/** 1 for "yes" or "true" with a sentence that repeats it, -1 for "no" or "false", 0 for anything else. */
function consentOf(p: usize, e: usize): i32 {
  const s = stripped(p, e);
  if (!exists(s)) return 0;
  const from = startOf(s);
  const consent = isWordAt(from, e, 'yes/true') ? 1 : isWordAt(from, e, 'no/false') ? -1 : 0;
  if (consent == 0) return 0;
  let negations = 0;
  for (p = skipLetters(from, e); p < endOf(s);) {
    const c = byteAt(p);
    if (!isLetter(c)) {
      if (!isSpace(c) && !isOneOf(c, ",.'{}$!") && skipText(p, e, '’') == 0) return 0;
      p += skipText(p, e, '’') > 0 ? 3 : 1;
      continue;
    }
    const q = skipLetters(p, e);
    if (isWordAt(p, q, NEGATING)) negations++;
    else if (!isWordAt(p, q, REPEATING)) return 0;
    p = q;
  }
  return negations > 0 && consent > 0 ? 0 : consent;
}

// --- Lists of words

const MAX_ITEMS: i32 = 24;

/** The items of a list in words. */
@unmanaged
class WordList {
  items: usize;
  count: i32;
  /** "or" stands between items */
  hasOr: bool;

  at(i: i32): Span {
    return load<Span>(this.items + ((<usize>i) << 3));
  }

  read(p: usize, e: usize): void {
    this.count = 0;
    this.hasOr = false;
    let from = p;
    while (p < e) {
      const c = byteAt(p);
      if (isLetter(c)) {
        const q = skipLetters(p, e);
        const isOr = isWordAt(p, q, 'or');
        if (isOr || isWordAt(p, q, 'and')) {
          if (isOr) this.hasOr = true;
          this.push(from, p);
          from = q;
        }
        p = q;
      } else {
        p++;
        if (c == Char.COMMA || c == Char.SEMICOLON) {
          this.push(from, p - 1);
          from = p;
        }
      }
    }
    this.push(from, e);
  }

  push(p: usize, e: usize): void {
    const item = stripped(p, e);
    if (!exists(item)) return;
    if (this.count < MAX_ITEMS) store<Span>(this.items + ((<usize>this.count) << 3), item);
    this.count++;
  }

  /** The place of an item that says the same, from none taken before; -1 where there is none. */
  find(item: Span): i32 {
    for (let i = 0; i < this.count; i++) {
      const own = this.at(i);
      if (exists(own) && sameText(startOf(own), endOf(own), startOf(item), endOf(item), true)) return i;
    }
    return -1;
  }

  take(i: i32): void {
    store<Span>(this.items + ((<usize>i) << 3), NOWHERE);
  }
}

const left = changetype<WordList>(memory.data(12, 4));
left.items = memory.data(MAX_ITEMS * 8, 8);
const right = changetype<WordList>(memory.data(12, 4));
right.items = memory.data(MAX_ITEMS * 8, 8);

/** Two lists of words, in any order. */
function sameLists(p: usize, pe: usize, q: usize, qe: usize): bool {
  left.read(p, pe);
  right.read(q, qe);
  if (left.count < 2 || left.count != right.count || left.count > MAX_ITEMS || left.hasOr != right.hasOr) return false;
  for (let i = 0; i < left.count; i++) {
    const found = right.find(left.at(i));
    if (found < 0) return false;
    right.take(found);
  }
  return true;
}

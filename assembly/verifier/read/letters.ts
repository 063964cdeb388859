// Choice letters (A to J) in running text and in answers.
import { hasTextGroup, isMarkup } from '../parse/tables';
import { Char } from './characters';
import { REACH } from './prose';
import { DENYING, holdsOneOf } from './sentences';
import { endOf, exists, NOWHERE, Span, span, startOf } from './span';
import {
  byteAt,
  indexOfByte,
  isClosing,
  isDigit,
  isLetter,
  isLower,
  isOneOf,
  isOpening,
  isSpace,
  isStop,
  isUpper,
  isWide,
  isWordAt,
  skipLetters,
  skipSpace,
  toUpper,
  wordAt,
  wordStart,
} from './text';

/** The last letter that can be a choice. */
const LAST: i32 = Char.J;

/** The letter that [p, e) starts with, in or without parentheses, emphasis or \text{}: "(B)", "**C**", "D. …". */
export function leadingLetter(p: usize, e: usize): Span {
  while (true) {
    p = skipSpace(p, e);
    if (p >= e) return NOWHERE;
    const c = byteAt(p);
    if (isOpening(c) || isOneOf(c, '$*"`\'')) p++;
    else if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      if (q == p + 1) p += 2;
      else if (hasTextGroup(p + 1, <i32>(q - p - 1)) || isWordAt(p + 1, q, 'boxed')) p = q;
      else return NOWHERE;
    } else if (isWordAt(p, e, 'option/choice')) p += 6;
    else break;
  }
  return letterAt(p, e);
}

/** A capital A to J that stands alone at `p`, or a small one in parentheses. */
function letterAt(p: usize, e: usize): Span {
  const c = byteAt(p);
  const bracketed = p + 1 < e && byteAt(p - 1) == Char.OPEN_PAREN && byteAt(p + 1) == Char.CLOSE_PAREN;
  if (bracketed && isLower(c) && c - Char.a <= LAST - Char.A) return span(p, p + 1);
  if (!isUpper(c) || c > LAST) return NOWHERE;
  if (p + 1 < e) {
    const d = byteAt(p + 1);
    const ends = isSpace(d) || isClosing(d) || isStop(d) || isOneOf(d, '*$"`\\\'<');
    // by the first byte: characters of other scripts, from U+3000 on
    if (!ends && d < 0xe3) return NOWHERE;
    // I'd
    if (d == Char.APOSTROPHE && p + 2 < e && isLetter(byteAt(p + 2))) return NOWHERE;
    // "A" and "I" before a word are words.
    if ((c == Char.A || c == Char.I) && isArticle(p + 1, e)) return NOWHERE;
  }
  return span(p, p + 1);
}

/** Whether the letter before p is a word of a sentence: another word or a formula follows, emphasis aside. */
function isArticle(p: usize, e: usize): bool {
  const q = skipSpace(p, e);
  if (q == p || q >= e || indexOfByte(p, q, Char.NEWLINE) < q) return false;
  const c = byteAt(q);
  if (isOneOf(c, '*_') || c == Char.DOLLAR) return q + 1 < e;
  return (isLower(c) && !isWordAt(q, e, 'because/since')) || isDigit(c);
}

/** How far a reason is read. */
const REASON: usize = 120;

/** Whether it is said from p on why other letters are not the answer: "since B is too small". */
function refusesOthers(p: usize, e: usize): bool {
  return isWordAt(p, e, 'because/since/as') && holdsOneOf(p, min(e, p + REASON), 'wrong/incorrect/too/not');
}

/** Words that withdraw the letter behind them. */
const NEGATIONS = 'not/isn/never/neither';

/** The only letter that [p, e) offers; NOWHERE where it offers several. The text behind "B." or "B)" is its option's, unless it goes on with another letter. */
export function onlyLetter(p: usize, e: usize): Span {
  let only: Span = NOWHERE;
  let negated = false;
  let word = 0;
  for (let q = p; q < e;) {
    const c = byteAt(q);
    if (!isLetter(c)) {
      q++;
      continue;
    }
    const end = skipLetters(q, e);
    if (end - q > 1) {
      if (exists(only) && refusesOthers(q, e)) return only;
      if (isWordAt(q, end, NEGATIONS)) negated = true;
      else if (isWordAt(q, end, DENYING) && word == 1) return NOWHERE;
      if (exists(only) && !isJoining(q, end) && isMarkedOption(endOf(only), e)) return only;
      word++;
      q = end;
      continue;
    }
    const alone = q == p || !(isLetter(byteAt(q - 1)) || isDigit(byteAt(q - 1)) || byteAt(q - 1) == Char.BACKSLASH);
    const letter = alone ? letterAt(q, e) : NOWHERE;
    if (exists(letter)) {
      if (negated) negated = false;
      else {
        if (exists(only) && byteAt(startOf(only)) != c) return NOWHERE;
        only = letter;
        word = 0;
      }
    } else if (exists(only) && isMarkedOption(endOf(only), e)) return only;
    q = end;
  }
  return only;
}

function isJoining(p: usize, q: usize): bool {
  return isWordAt(p, q, 'or/and/maybe/option');
}

/** Whether a mark behind the letter says that the option's own text follows. */
function isMarkedOption(p: usize, e: usize): bool {
  return p < e && isOneOf(byteAt(p), '.):');
}

/** The bit of a set of letters with "or" in it. */
export const OR_LETTERS: i32 = 1 << 16;

/** The choices that [p, e) names, as bits, where it is several and nothing else ("ABD", "A, B and D", "(A), (C)", "A or B"); else 0. */
export function letterSet(p: usize, e: usize): i32 {
  let letters = 0;
  let last = 0;
  let parts = 0;
  // a comma stands before, or "and"
  let divided = true;
  while (p < e) {
    const c = byteAt(p);
    const bit = 1 << (c - Char.A);
    const joint = wordAt(p, e, 'and/or');
    if (joint > 0) {
      divided = true;
      p += <usize>joint;
      if (joint == 2) letters |= OR_LETTERS;
    } else if (isUpper(c) && c <= LAST && (letters & bit) == 0 && (divided || (c > last && byteAt(p - 1) == last))) {
      letters |= bit;
      last = c;
      if (divided) parts++;
      divided = false;
      p++;
    } else if (isOneOf(c, ', ${}')) {
      if (c == Char.COMMA) divided = true;
      p++;
    } else if (c == Char.OPEN_PAREN && p + 2 < e && byteAt(p + 2) == Char.CLOSE_PAREN) p++;
    else if (c == Char.CLOSE_PAREN && last > 0 && byteAt(p - 2) == Char.OPEN_PAREN) p++;
    else if (c == Char.BACKSLASH && hasTextGroup(p + 1, <i32>(skipLetters(p + 1, e) - p - 1))) p = skipLetters(p + 1, e);
    else return 0;
  }
  const count = popcnt(letters & (OR_LETTERS - 1));
  // AB, CD are two segments
  return count > 1 && (parts == 1 || parts == count) ? letters : 0;
}

/** Whether the letter at q is the second of two: "A and C", "(B) or (C)". */
function isJoined(p: usize, q: usize): bool {
  while (q > p && isOneOf(byteAt(q - 1), ' (*$')) q--;
  let word = wordStart(p, q);
  if (!isWordAt(word, q, 'and/or')) return false;
  while (word > p && isOneOf(byteAt(word - 1), ' )*$,')) word--;
  return word > p + 1 && isUpper(byteAt(word - 1)) && !isLetter(byteAt(word - 2));
}

/** The last letter that stands alone in [p, e), before a reason where one stands there too; NOWHERE where another one is joined to it. */
export function lastLetter(p: usize, e: usize): Span {
  let reason: usize = p;
  for (let q = e - p > REACH ? e - REACH : p; q < e; q = max(skipLetters(q, e), q + 1)) if (refusesOthers(q, e)) reason = q;
  const before = lastAlone(p, reason);
  return exists(before) ? before : lastAlone(p, e);
}

function lastAlone(p: usize, e: usize): Span {
  for (let q = e; q > p;) {
    q--;
    const c = byteAt(q) | 32;
    if (c < Char.a || c - Char.a > LAST - Char.A) continue;
    if (q > p) {
      const b = byteAt(q - 1);
      if (!isSpace(b) && !isOpening(b) && !isOneOf(b, '*$"`\':>') && !isWide(b)) continue;
    }
    const found = letterAt(q, e);
    if (found != NOWHERE) return isJoined(p, q) ? NOWHERE : found;
  }
  return NOWHERE;
}

/** Whether a letter in brackets stands in [p, e): (C). */
function namesLetter(p: usize, e: usize): bool {
  for (; p + 2 < e; p++)
    if (byteAt(p) == Char.OPEN_PAREN && byteAt(p + 2) == Char.CLOSE_PAREN && exists(letterAt(p + 1, e))) return true;
  return false;
}

/** An answer that is a choice: "A", "(B)", "\text{C}", "D. 12", "(E) none of these". */
@unmanaged
export class Choice {
  /** the letter; 0 where the answer is no choice */
  letter: i32;
  /** where the text behind it starts, or 0 */
  text: usize;
  /** another choice stands behind the first */
  several: bool;

  read(p: usize, e: usize): void {
    this.letter = 0;
    this.text = 0;
    this.several = false;
    let bracket = false;
    while (p < e) {
      const c = byteAt(p);
      if (isSpace(c) || isOneOf(c, '${*')) p++;
      else if (c == Char.OPEN_PAREN) {
        if (bracket) return;
        bracket = true;
        p++;
      } else if (c == Char.BACKSLASH) {
        const q = skipLetters(p + 1, e);
        if (q == p + 1) {
          if (q < e && byteAt(q) == Char.OPEN_BRACE) return;
          p += 2;
        } else if (isMarkup(p + 1, <i32>(q - p - 1))) p = q;
        else return;
      } else break;
    }
    if (p >= e) return;
    const small = bracket && p + 1 < e && byteAt(p + 1) == Char.CLOSE_PAREN;
    const letter = small ? toUpper(byteAt(p)) : byteAt(p);
    if (isUpper(letter) && letter <= LAST) this.readRest(p + 1, e, bracket, letter);
  }

  /** What stands behind the letter: nothing but brackets and marks, or its text behind a mark. */
  readRest(p: usize, e: usize, bracket: bool, letter: i32): void {
    let marked = false;
    while (p < e) {
      const c = byteAt(p);
      if (isSpace(c) || isOneOf(c, '}$*')) p++;
      else if (c == Char.CLOSE_PAREN) {
        if (!bracket && marked) return;
        marked = true;
        p++;
      } else if (c == Char.POINT || c == Char.COLON) {
        if (marked && !bracket) return;
        // A:B is a ratio
        if (p + 1 < e && (isLetter(byteAt(p + 1)) || isDigit(byteAt(p + 1)))) return;
        marked = true;
        p++;
      } else if (c == Char.BACKSLASH) {
        const q = skipLetters(p + 1, e);
        if (q == p + 1) p += 2;
        else if (isMarkup(p + 1, <i32>(q - p - 1))) p = q;
        else break;
      } else break;
    }
    if (p < e) {
      const c = byteAt(p);
      // (B) and (C)
      this.several = isWordAt(p, e, 'and/or/as') || (marked && namesLetter(p, e));
      if (!marked || this.several || !(isLetter(c) || isDigit(c) || isOneOf(c, '\\$-'))) return;
      this.text = p;
    }
    this.letter = letter;
  }
}

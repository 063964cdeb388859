// Words of running text: what is a sentence, and what is an answer and nothing else.
import { hasTextGroup } from '../parse/tables';
import { Char } from './characters';
import { Names } from './names';
import { endOf, exists, NOWHERE, Span, span, startOf } from './span';
import {
  abbreviationAt,
  byteAt,
  codePoint,
  endsWith,
  groupEnd,
  indexOfByte,
  isDigit,
  isEmphasisMark,
  isLetter,
  isLower,
  isOneOf,
  isSpace,
  isWide,
  isWordAt,
  sequenceLength,
  skipAny,
  skipLetters,
  skipSpace,
  skipText,
  trimEnd,
} from './text';
import { wordNumber } from './wordnumbers';

/** Longest look ahead for the end of a sentence, a bracket or a formula, in bytes: bounds the work on hostile text. */
export const REACH: usize = 4096;

/** Most words of a label and the unit behind its value. */
const LABEL_WORDS: i32 = 6;

/** Names of mathematics, which are no words of a sentence. */
const MATH_WORDS = new Names(64).add(
  'or/and/pi/ln/lg/pm/sin/cos/tan/cot/sec/csc/log/exp/inf/mod/sqrt/frac/arcsin/arccos/arctan/infinity',
);
/** Words that start a clause about what stands before. */
const CONJUNCTIONS = new Names(64).add(
  'let/assume/suppose/try/because/since/as/so/if/when/where/which/that/but/not/for/from/is/was/alternatively/otherwise/else/maybe/perhaps/possibly/unless/instead/never/unlike/near/none/used/fails/rather',
);

/** The span without white space, emphasis, quotes and a final full stop at both ends; NOWHERE where nothing is left. */
export function trimmed(p: usize, e: usize): Span {
  while (true) {
    const before = p;
    p = skipSpace(p, e);
    while (p < e && isEmphasis(p, e)) p++;
    const quote = skipText(p, e, '“');
    if (quote > 0) p = quote;
    if (p < e && isPicture(p, e)) p += <usize>sequenceLength(byteAt(p));
    if (p == before) break;
  }
  while (true) {
    const before = e;
    e = trimEnd(p, e);
    if (e > p) {
      // A factorial keeps its mark; a backslash in front makes it a LaTeX space or sign.
      const escaped = e - 1 > p && byteAt(e - 2) == Char.BACKSLASH;
      if (!escaped && (isOneOf(byteAt(e - 1), '.,;:') || isEmphasis(e - 1, e))) e--;
      else if (endsWith(p, e, '”') || endsWith(p, e, '。')) e -= 3;
      else if (isWide(byteAt(e - 1))) {
        let q = e - 1;
        while (q > p && (byteAt(q) & 0xc0) == 0x80) q--;
        if (isPicture(q, e)) e = q;
      }
    }
    if (e == before) break;
  }
  return span(p, e);
}

/** Whether a picture that only decorates a text stands at p: a check mark, a star, a smile. */
function isPicture(p: usize, e: usize): bool {
  if (!isWide(byteAt(p))) return false;
  const c = codePoint(p, e);
  return (
    <u32>(c - 0x1f300) < 0x800 ||
    c == 0x2705 ||
    c == 0x2713 ||
    c == 0x2714 ||
    c == 0x2728 ||
    c == 0x2b50 ||
    c == 0xfe0f ||
    c == 0x25a0 ||
    c == 0x220e
  );
}

/** `**`, `__`, a back quote or a double quote; a `_` counts where no brace follows it. */
export function isEmphasis(p: usize, e: usize): bool {
  const c = byteAt(p);
  return isEmphasisMark(c) || (c == Char.UNDERSCORE && (p + 1 >= e || byteAt(p + 1) != Char.OPEN_BRACE));
}

/** Whether the letters [p, q) are a name of mathematics (sin, or, inf, …), which is no word of a sentence. */
export function isMathWord(p: usize, q: usize): bool {
  return MATH_WORDS.hasWord(p, q);
}

/** Whether the letters [p, q) stand in capitals (points, segments: NO, ABCD). */
export function isCapitals(p: usize, q: usize): bool {
  for (; p < q; p++) if (isLower(byteAt(p))) return false;
  return true;
}

/** Whether the letters [p, q) are a word of a sentence. */
function isWord(p: usize, q: usize): bool {
  return q - p >= 2 && !isMathWord(p, q) && !isCapitals(p, q);
}

/** Whether a Chinese, Japanese or Korean character or full-width sign stands at `p`: words there have no spaces between them. */
export function isIdeograph(p: usize, e: usize): bool {
  if (p + 2 >= e) return false;
  const c = byteAt(p);
  // by the first byte: U+3000 to U+DFFF, and U+FF00 to U+FF7F
  return (c >= 0xe3 && c <= 0xed) || (c == 0xef && (byteAt(p + 1) == 0xbc || byteAt(p + 1) == 0xbd));
}

function skipIdeographs(p: usize, e: usize): usize {
  while (isIdeograph(p, e)) p += 3;
  return p;
}

/**
 * Words of a sentence in [p, e), outside commands and text groups; -1 where a line ends inside, unless the text is one formula or
 * environment from end to end. Letters that touch a digit (5km) and names in capitals are no words.
 */
export function countWords(p: usize, e: usize): i32 {
  const whole = byteAt(p) == Char.DOLLAR || byteAt(p) == Char.BACKSLASH;
  let words = 0;
  let lines = 0;
  for (let q = p; q < e;) {
    const c = byteAt(q);
    if (c == Char.BACKSLASH) {
      const name = q + 1;
      q = skipLetters(name, e);
      if (q == name) q++;
      else if (q < e && hasTextGroup(name, <i32>(q - name))) {
        q = skipSpace(q, e);
        if (q < e && byteAt(q) == Char.OPEN_BRACE) {
          const close = groupEnd(q, min(e, q + REACH));
          q = close > 0 ? close : q + 1;
        }
      }
    } else if (isLetter(c)) {
      const end = skipLetters(q, e);
      const touches = q > p && isDigit(byteAt(q - 1));
      if (!touches && isWord(q, end)) words++;
      q = end;
    } else if (isIdeograph(q, e)) {
      words++;
      q = skipIdeographs(q, e);
    } else {
      if (c == Char.NEWLINE) lines++;
      q++;
    }
  }
  return lines > 0 && (words > 0 || !whole) ? -1 : words;
}

/** Words of a gold, those in text groups too: more than none means that it is text. A number with its unit is not. */
export function countTextWords(p: usize, e: usize): i32 {
  return startsWithNumber(p, e) ? 0 : countAllWords(p, e);
}

/** Words in [p, e), those in text groups too. */
export function countAllWords(p: usize, e: usize): i32 {
  let words = 0;
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.BACKSLASH) {
      const end = skipLetters(p + 1, e);
      const isEnvironment = isWordAt(p + 1, end, 'begin/end');
      p = isEnvironment ? indexOfByte(end, e, Char.CLOSE_BRACE) : max(end, p + 2);
    } else if (isLetter(c)) {
      const end = skipLetters(p, e);
      if (isWord(p, end)) words++;
      p = end;
    } else if (isIdeograph(p, e)) {
      words++;
      p = skipIdeographs(p, e);
    } else p++;
  }
  return words;
}

/** Whether a value starts with a number, its sign, currency or formula mark aside. */
function startsWithNumber(p: usize, e: usize): bool {
  while (p < e) {
    const c = byteAt(p);
    if (isDigit(c)) return true;
    if (isOneOf(c, '$-+\\.([ ')) p++;
    else if (isWordAt(p, e, 'rs/approx')) p = skipLetters(p, e);
    else {
      p = skipAny(p, e, '£/€/−');
      if (p == 0) return false;
    }
  }
  return false;
}

/** [p, e), trimmed, where it is an answer and nothing else: mathematics, a number with up to two words of unit, a number in words, or text where the gold is text. */
export function wholeAnswer(p: usize, e: usize, goldWords: i32): Span {
  const s = trimmed(p, e);
  if (!exists(s)) return NOWHERE;
  const start = startOf(s);
  const end = endOf(s);
  if (end - start > REACH) return NOWHERE;
  const words = countWords(start, end);
  if (words == 0) return endsInside(start, end) ? NOWHERE : s;
  if (words < 0) return NOWHERE;
  if (words <= 2 && startsWithNumber(start, end)) return endsInside(start, end) || goesOn(start, end) ? NOWHERE : s;
  if (goldWords > 0 ? words <= 2 * goldWords + 2 : wordNumber.read(start, end)) return s;
  const value = behindLabel(start, end);
  return value > 0 && words <= LABEL_WORDS && goldWords == 0 && isPlainValue(value, end) ? wholeAnswer(value, end, 0) : NOWHERE;
}

/** Words of a label whose value is not the answer: "First guess:", "Confidence:". */
export const ASIDE_LABELS = new Names(64).add(
  'wrong/guess/estimate/partial/first/initial/intermediate/old/rough/upper/lower/previous/confidence/verify/verification/check/difficulty/score/steps/step/time/date',
);

/** Where the value behind a label of words starts ("total cost = 5", "Length: 13"), or 0; "answer key: 5" is no mark and no label. */
function behindLabel(p: usize, e: usize): usize {
  while (p < e && (isLetter(byteAt(p)) || byteAt(p) == Char.SPACE)) {
    if (isLetter(byteAt(p))) {
      const end = skipLetters(p, e);
      if (CONJUNCTIONS.hasWord(p, end) || ASIDE_LABELS.hasWord(p, end) || isWordAt(p, end, 'answer/answers/answered')) return 0;
      p = end;
    } else p++;
  }
  if (p >= e || (byteAt(p) != Char.EQUALS && byteAt(p) != Char.COLON)) return 0;
  p = skipSpace(p + 1, e);
  return startsWithNumber(p, e) ? p : 0;
}

/** Whether a value behind a label goes on with nothing but its unit. */
function isPlainValue(p: usize, e: usize): bool {
  for (let q = p; q < e; q++) if (isOneOf(byteAt(q), ':=') || (isSpace(byteAt(q)) && q + 2 == e)) return false;
  return true;
}

/** Whether a clause follows the value: a comma and a word, or a conjunction. */
function goesOn(p: usize, e: usize): bool {
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.COMMA) {
      p = skipSpace(p + 1, e);
      if (p < e && isLetter(byteAt(p)) && !isWordAt(p, e, 'and/or')) return true;
    } else if (isLetter(c)) {
      const end = skipLetters(p, e);
      if (CONJUNCTIONS.hasWord(p, end)) return true;
      p = end;
    } else p++;
  }
  return false;
}

/** Whether a sentence ends inside [p, e): ". " with more behind it. */
function endsInside(p: usize, e: usize): bool {
  for (let q = p; q + 1 < e; q++)
    if (isOneOf(byteAt(q), '.?') && isSpace(byteAt(q + 1)) && byteAt(q - 1) != Char.BACKSLASH && abbreviationAt(p, q) == 0)
      return true;
  return false;
}

/** The span without the emphasis of Markdown around all of it: **5**, _5_, `5`. */
export function withoutEmphasis(p: usize, e: usize): Span {
  while (e > p + 2 && isOneOf(byteAt(p), '*_`') && byteAt(e - 1) == byteAt(p)) {
    p++;
    e--;
  }
  return span(p, e);
}

/** How much of the end of a text its last value is looked for in. */
const TAIL: usize = 1 << 14;

/** Start of the part of [p, e) that its last value is looked for in: behind a line end or space. */
export function tailOf(p: usize, e: usize): usize {
  if (e - p <= TAIL) return p;
  const line = indexOfByte(e - TAIL, e - (TAIL >> 1), Char.NEWLINE);
  return byteAt(line) == Char.NEWLINE ? line : indexOfByte(e - TAIL, e, Char.SPACE);
}

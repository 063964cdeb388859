// Formulas in running text: their delimiters, and where sentences around them end.
import { Char } from './characters';
import { closesAnswer } from './marks';
import { countWords, REACH } from './prose';
import {
  abbreviationAt,
  byteAt,
  indexOfByte,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  skipSpace,
  skipText,
  startsWith,
} from './text';

/** Length of the delimiter that opens a formula at `p`: `$$`, `\(` and `\[` have two bytes. */
export function delimiterLength(p: usize): usize {
  return byteAt(p) == Char.BACKSLASH || byteAt(p + 1) == Char.DOLLAR ? 2 : 1;
}

/**
 * End of the formula whose delimiter (`$`, `$$`, `\(`, `\[`) opens at `p`, or 0. A dollar before a digit is currency unless the text up
 * to the next dollar reads as a formula: no words, no digit right after the closing one. Never passes an empty line.
 */
export function formulaEnd(p: usize, e: usize): usize {
  if (p + 1 >= e) return 0;
  const c = byteAt(p);
  if (c == Char.BACKSLASH) return bracketFormulaEnd(p, e);
  return c == Char.DOLLAR ? dollarFormulaEnd(p, e) : 0;
}

function bracketFormulaEnd(p: usize, e: usize): usize {
  const open = byteAt(p + 1);
  if (open != Char.OPEN_PAREN && open != Char.OPEN_BRACKET) return 0;
  const close = open == Char.OPEN_PAREN ? Char.CLOSE_PAREN : Char.CLOSE_BRACKET;
  for (let q = p + 2; q + 1 < e; q++) {
    if (byteAt(q) != Char.BACKSLASH) continue;
    const next = byteAt(q + 1);
    if (next == close) return q + 2;
    if (next == open) return 0;
    q++;
  }
  return 0;
}

function dollarFormulaEnd(p: usize, e: usize): usize {
  const double = byteAt(p + 1) == Char.DOLLAR;
  const from = p + delimiterLength(p);
  for (let q = from; q < e; q++) {
    const d = byteAt(q);
    if (d == Char.BACKSLASH) q++;
    else if (d == Char.NEWLINE && !double && q + 1 < e && byteAt(q + 1) == Char.NEWLINE) return 0;
    else if (d == Char.DOLLAR) {
      if (double && !(q + 1 < e && byteAt(q + 1) == Char.DOLLAR)) return 0;
      const end = double ? q + 2 : q + 1;
      if (q == from) return 0;
      const isAmount = !double && isDigit(byteAt(skipSpace(from, q)));
      if (isAmount && ((end < e && isDigit(byteAt(end))) || countWords(from, q) != 0)) return 0;
      return end;
    }
  }
  return 0;
}

/**
 * End of the sentence that starts at `p`, at most REACH on: an end mark before white space, a line end, or a tag that
 * closes. */
export function sentenceEnd(p: usize, e: usize): usize {
  if (e - p > REACH) e = p + REACH;
  p = skipSpace(p, e);
  const from = p;
  let environments = true;
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.DOLLAR || c == Char.BACKSLASH) {
      const formula = formulaEnd(p, e);
      if (formula > 0) {
        p = formula;
        continue;
      }
      if (c == Char.BACKSLASH) {
        // An environment may hold line ends.
        const environment = environments && startsWith(p, e, '\\begin{') ? environmentEnd(p, e) : 0;
        if (environment == 0 && startsWith(p, e, '\\begin{')) environments = false;
        p = environment > 0 ? environment : p + 2;
        continue;
      }
    }
    if (c == Char.NEWLINE || startsWith(p, e, '。') || (c == Char.LESS && (closesAnswer(p, e) || startsWith(p, e, '<|/'))))
      return p;
    if (c == Char.OPEN_BRACKET && p + 1 < e && byteAt(p + 1) == Char.SLASH) return p;
    if (isOneOf(c, '.!?') && isEndMark(p, e) && (c != Char.POINT || abbreviationAt(from, p) == 0))
      return c == Char.BANG && endsFactor(p) ? p + 1 : p;
    p++;
  }
  return e;
}

/** Whether what ends at p can have a factorial: a number, a bracket, a single letter. */
function endsFactor(p: usize): bool {
  const c = byteAt(p - 1);
  return isDigit(c) || isOneOf(c, ')!') || (isLetter(c) && !isLetter(byteAt(p - 2)));
}

/** Whether white space or the end follows the mark, emphasis and brackets aside. */
function isEndMark(p: usize, e: usize): bool {
  let q = p + 1;
  while (q < e && isOneOf(byteAt(q), '*")')) q++;
  return q >= e || isSpace(byteAt(q));
}

function environmentEnd(p: usize, e: usize): usize {
  for (let q = p + 7; q < e; q++)
    if (skipText(q, e, '\\end{') > 0) {
      const close = indexOfByte(q, e, Char.CLOSE_BRACE);
      return close < e ? close + 1 : 0;
    }
  return 0;
}

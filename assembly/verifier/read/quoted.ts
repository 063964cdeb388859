// What stands around a value: quotes, the rest of a JSON object, brackets that were opened before it.
import { Char } from './characters';
import { holdsOneOf } from './sentences';
import {
  byteAt,
  indexOfByte,
  isClosing,
  isDigit,
  isLetter,
  isOneOf,
  isOpening,
  isSpace,
  isUpper,
  skipDigits,
  skipSpace,
} from './text';

/** Whether what goes on at p makes the letter before it a name: A:B, A = 5. */
export function isName(p: usize, e: usize): bool {
  const q = skipSpace(p, e);
  return q < e && (byteAt(q) == Char.EQUALS || (q == p && (isLetter(byteAt(q)) || isDigit(byteAt(q)))));
}

export const QUOTES = '"\'';

/** Where a value in quotes, or one of JSON ("answer": 5), at p ends; 0 where it is neither. */
export function quotedEnd(p: usize, e: usize): usize {
  const c = byteAt(p);
  const line = indexOfByte(p, e, Char.NEWLINE);
  if (isOneOf(c, QUOTES)) {
    const close = indexOfByte(p + 1, line, c);
    return close < line ? close : 0;
  }
  let q = p;
  while (isSpace(byteAt(q - 1)) || byteAt(q - 1) == Char.STAR) q--;
  // a cell of a table
  if (byteAt(q - 1) == Char.BAR) return indexOfByte(p, line, Char.BAR);
  if (byteAt(q - 1) != Char.COLON || !isOneOf(byteAt(q - 2), QUOTES)) return 0;
  let depth = 0;
  for (q = p; q < line; q++) {
    if (depth == 0 && isOneOf(byteAt(q), ',}')) break;
    if (isOpening(byteAt(q))) depth++;
    else if (isClosing(byteAt(q))) depth--;
  }
  return q;
}

/** The end of [p, e) before a bracket that was opened before p: (Answer: 5). */
export function closedEnd(p: usize, e: usize): usize {
  let depth = 0;
  for (let q = p; q < e; q++) {
    if (isOpening(byteAt(q))) depth++;
    else if (isClosing(byteAt(q)) && --depth < 0 && q > p) return byteAt(q - 1) == Char.BACKSLASH ? e : q;
  }
  return e;
}

/** Position of the comma in a number written with a decimal comma ("2,74", "1000,99", not "1,234"), or 0. */
export function decimalComma(p: usize, e: usize): usize {
  if (p < e && byteAt(p) == Char.MINUS) p++;
  const comma = skipDigits(p, e);
  if (comma == p || comma >= e || byteAt(comma) != Char.COMMA) return 0;
  const last = skipDigits(comma + 1, e);
  if (last != e || last == comma + 1) return 0;
  return last - comma == 4 && comma - p <= 3 ? 0 : comma;
}

/** Whether the one line behind a letter is the option's text: "B. 42 metres", "(B) 42". */
export function isOption(p: usize, e: usize): bool {
  if (!isOneOf(byteAt(p), '.):') || indexOfByte(p, e, Char.NEWLINE) < e) return false;
  if (holdsOneOf(p, e, 'answer/correct/right/wrong/incorrect')) return false;
  // A. red; B. blue
  for (let q = p + 1; q + 2 < e; q++)
    if (isUpper(byteAt(q)) && !isLetter(byteAt(q - 1)) && isOneOf(byteAt(q + 1), '.):')) return false;
  return true;
}

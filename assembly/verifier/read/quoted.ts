// What stands around a value: quotes, the rest of a JSON object, brackets that were opened before it.
import { Char } from './characters';
import { byteAt, indexOfByte, isClosing, isDigit, isLetter, isOneOf, isOpening, isSpace, skipSpace } from './text';

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
  while (isSpace(byteAt(q - 1))) q--;
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

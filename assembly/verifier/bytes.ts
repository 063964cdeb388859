// UTF-8 and name tables for the lexer, beside the ASCII scanning of `text`. Nothing here allocates.
import { spend } from './arena';
import { byteAt } from './text';

export function isLower(c: i32): bool {
  return <u32>(c - 97) < 26;
}

export function isUpper(c: i32): bool {
  return <u32>(c - 65) < 26;
}

export function toLower(c: i32): i32 {
  return isUpper(c) ? c | 32 : c;
}

/** True when the bytes [p, p+len) spell `word` (ASCII). */
export function spells(p: usize, len: i32, word: string): bool {
  if (word.length != len) return false;
  const w = changetype<usize>(word);
  for (let i = 0; i < len; i++) {
    if (<i32>load<u16>(w + ((<usize>i) << 1)) != byteAt(p + i)) return false;
  }
  return true;
}

/**
 * Position of a name in a table, or -1. A table is one string: entries divided by `|`, spellings of one entry by `/`,
 * so "sin|arcsin/asin" has entries 0 and 1. `fold` compares the text in lower case.
 */
export function lookup(table: string, p: usize, len: i32, fold: bool = false): i32 {
  const base = changetype<usize>(table);
  const size = table.length;
  spend(size >> 4);
  let entry = 0;
  let i = 0;
  while (i < size) {
    let j = 0;
    let c: i32 = 0;
    let same = true;
    while (i < size) {
      c = <i32>load<u16>(base + ((<usize>i) << 1));
      i++;
      if (c == 124 || c == 47) break;
      if (same) {
        if (j >= len) same = false;
        else {
          const b = byteAt(p + j);
          if ((fold ? toLower(b) : b) != c) same = false;
        }
      }
      j++;
      c = 0;
    }
    if (same && j == len) return entry;
    if (c == 124) entry++;
  }
  return -1;
}

/** Bytes of the UTF-8 sequence that starts with `c`; 1 for a stray continuation byte. */
export function sequenceLength(c: i32): i32 {
  return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/** Code point at p; never reads past end; a broken sequence gives U+FFFD. */
export function codePoint(p: usize, end: usize): i32 {
  const c = byteAt(p);
  if (c < 0x80) return c;
  const n = sequenceLength(c);
  if (n == 1 || p + n > end) return 0xfffd;
  let v = n == 2 ? c & 0x1f : n == 3 ? c & 0x0f : c & 0x07;
  for (let i = 1; i < n; i++) v = (v << 6) | (byteAt(p + i) & 0x3f);
  return v;
}

/** Scanning of UTF-8 text in a byte range [p, e): character classes and ASCII words. Nothing here reads at or past `e`. */

export function byteAt(p: usize): i32 {
  return <i32>load<u8>(p);
}

export function isSpace(c: i32): bool {
  return c == 32 || <u32>(c - 9) < 5;
}

export function isDigit(c: i32): bool {
  return <u32>(c - 48) < 10;
}

export function isLetter(c: i32): bool {
  return <u32>((c | 32) - 97) < 26;
}

/** Whether the text at `p` starts with `word` (ASCII). */
export function startsWith(p: usize, e: usize, word: string): bool {
  const n = word.length;
  if (<isize>(e - p) < <isize>n) return false;
  for (let i = 0; i < n; i++) if (byteAt(p + <usize>i) != word.charCodeAt(i)) return false;
  return true;
}

/** Whether the text at `p` starts with `word` (lower-case ASCII), letter case aside. */
export function startsWithFold(p: usize, e: usize, word: string): bool {
  const n = word.length;
  if (<isize>(e - p) < <isize>n) return false;
  for (let i = 0; i < n; i++) {
    let c = byteAt(p + <usize>i);
    if (<u32>(c - 65) < 26) c |= 32;
    if (c != word.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether `word` (lower case) stands at `p` as a whole word. */
export function isWordAt(p: usize, e: usize, word: string): bool {
  if (!startsWithFold(p, e, word)) return false;
  const q = p + <usize>word.length;
  return q >= e || !isLetter(byteAt(q));
}

/** Length of the white space at `p`: ASCII, no-break space, thin and ideographic spaces; 0 where there is none. */
export function spaceAt(p: usize, e: usize): i32 {
  if (p >= e) return 0;
  const c = byteAt(p);
  if (isSpace(c)) return 1;
  if (c == 0xc2 && p + 1 < e && byteAt(p + 1) == 0xa0) return 2;
  if (c == 0xe2 && p + 2 < e && byteAt(p + 1) == 0x80 && (<u32>(byteAt(p + 2) - 0x80) < 12 || byteAt(p + 2) == 0xaf)) return 3;
  if (c == 0xe3 && p + 2 < e && byteAt(p + 1) == 0x80 && byteAt(p + 2) == 0x80) return 3;
  return 0;
}

/** First position at or after `p` that is not white space. */
export function skipSpace(p: usize, e: usize): usize {
  while (p < e) {
    const n = spaceAt(p, e);
    if (n == 0) break;
    p += n;
  }
  return p;
}

/** End of [p, e) without the ASCII and no-break white space at its end. */
export function trimEnd(p: usize, e: usize): usize {
  while (e > p) {
    if (isSpace(byteAt(e - 1))) e--;
    else if (e >= p + 2 && byteAt(e - 1) == 0xa0 && byteAt(e - 2) == 0xc2) e -= 2;
    else break;
  }
  return e;
}

/** End of the run of ASCII letters at `p`. */
export function skipLetters(p: usize, e: usize): usize {
  while (p < e && isLetter(byteAt(p))) p++;
  return p;
}

/** End of the run of ASCII digits at `p`. */
export function skipDigits(p: usize, e: usize): usize {
  while (p < e && isDigit(byteAt(p))) p++;
  return p;
}

/** Position of the first byte `c` in [p, e), or `e`. */
export function indexOfByte(p: usize, e: usize, c: i32): usize {
  while (p < e && byteAt(p) != c) p++;
  return p;
}

/**
 * End of the group that opens with `{` at `p` (one past its `}`), or 0 where it never closes before `e`. A backslash takes the next
 * character with it, so `\{` and `\}` do not count.
 */
export function groupEnd(p: usize, e: usize): usize {
  let depth = 0;
  for (; p < e; p++) {
    const c = byteAt(p);
    if (c == 0x5c) p++;
    else if (c == 0x7b) depth++;
    else if (c == 0x7d && --depth == 0) return p + 1;
  }
  return 0;
}

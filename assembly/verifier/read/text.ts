// Scanning of UTF-8 text in a byte range [p, e): character classes, words and characters. Nothing here reads at or past `e`.
import { Char } from './characters';

/** What a broken byte sequence reads as. */
export const REPLACEMENT: i32 = 0xfffd;

// @inline
export function byteAt(p: usize): i32 {
  return <i32>load<u8>(p);
}

/** Where the bytes of one of the program's own texts stand: UTF-8, with a 0 behind them (scripts/pack-data.mjs). */
// @inline
export function bytesOf(text: string): usize {
  return changetype<usize>(text);
}

// @inline
export function isSpace(c: i32): bool {
  return c == Char.SPACE || <u32>(c - Char.TAB) < 5;
}

// @inline
export function isDigit(c: i32): bool {
  return <u32>(c - Char.ZERO) < 10;
}

// @inline
export function isLower(c: i32): bool {
  return <u32>(c - Char.a) < 26;
}

export function isUpper(c: i32): bool {
  return <u32>(c - Char.A) < 26;
}

// @inline
export function isLetter(c: i32): bool {
  return isLower(lowered(c));
}

/** A letter in lower case; other characters change. */
function lowered(c: i32): i32 {
  return c | 32;
}

/** A letter in lower case; other characters stay. */
export function toLower(c: i32): i32 {
  return isUpper(c) ? lowered(c) : c;
}

/** A letter in capitals; other characters stay. */
export function toUpper(c: i32): i32 {
  return isLower(c) ? c & ~32 : c;
}

/** Whether the byte belongs to a character outside ASCII. */
export function isWide(c: i32): bool {
  return c >= 0x80;
}

// --- Classes of bytes, as bits
const OPENING: u8 = 1;
const CLOSING: u8 = 2;
const STOP: u8 = 4;
const OPERATOR: u8 = 8;
const EMPHASIS: u8 = 16;

const classes: usize = heap.alloc(256);
memory.fill(classes, 0, 256);
classify('([{', OPENING);
classify(')]}', CLOSING);
classify('.,;:!?', STOP);
classify('+-*/=<>^~', OPERATOR);
classify('*`"', EMPHASIS);

function classify(characters: string, bits: u8): void {
  for (let p = bytesOf(characters); byteAt(p) != 0; p++) {
    const at = classes + <usize>byteAt(p);
    store<u8>(at, load<u8>(at) | bits);
  }
}

export function isOpening(c: i32): bool {
  return (load<u8>(classes + <usize>c) & OPENING) != 0;
}

export function isClosing(c: i32): bool {
  return (load<u8>(classes + <usize>c) & CLOSING) != 0;
}

export function isBracket(c: i32): bool {
  return (load<u8>(classes + <usize>c) & (OPENING | CLOSING)) != 0;
}

/** Whether the byte ends a clause: . , ; : ! ? */
export function isStop(c: i32): bool {
  return (load<u8>(classes + <usize>c) & STOP) != 0;
}

/** Whether the byte can stand between operands. */
export function isOperator(c: i32): bool {
  return (load<u8>(classes + <usize>c) & OPERATOR) != 0;
}

/** Whether the byte is a mark of emphasis or a quote of Markdown. */
export function isEmphasisMark(c: i32): bool {
  return (load<u8>(classes + <usize>c) & EMPHASIS) != 0;
}

/** Whether c is one of the ASCII characters of `set`. */
export function isOneOf(c: i32, set: string): bool {
  for (let p = bytesOf(set); byteAt(p) != 0; p++) if (byteAt(p) == c) return true;
  return false;
}

/** Bytes of the UTF-8 sequence that starts with `c`; 1 for a stray continuation byte. */
export function sequenceLength(c: i32): i32 {
  return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/** Code point at p; never reads past e; a broken sequence gives U+FFFD. */
export function codePoint(p: usize, e: usize): i32 {
  const c = byteAt(p);
  if (!isWide(c)) return c;
  const n = sequenceLength(c);
  if (n == 1 || p + n > e) return REPLACEMENT;
  let v = n == 2 ? c & 0x1f : n == 3 ? c & 0x0f : c & 0x07;
  for (let i = 1; i < n; i++) v = (v << 6) | (byteAt(p + i) & 0x3f);
  return v;
}

/** Whether the n bytes at p are those at q. */
export function sameBytes(p: usize, q: usize, n: usize): bool {
  for (let i: usize = 0; i < n; i++) if (byteAt(p + i) != byteAt(q + i)) return false;
  return true;
}

/** Position behind `text` where it stands at `p`, else 0. */
export function skipText(p: usize, e: usize, text: string): usize {
  for (let from = bytesOf(text); byteAt(from) != 0; from++, p++) if (p >= e || byteAt(p) != byteAt(from)) return 0;
  return p;
}

/** Whether `text` stands at `p`. */
export function startsWith(p: usize, e: usize, text: string): bool {
  // Most texts fail at their first byte.
  return p < e && byteAt(p) == byteAt(bytesOf(text)) && skipText(p, e, text) != 0;
}

/** Whether `text` ends at `e`. */
export function endsWith(p: usize, e: usize, text: string): bool {
  let from = e;
  for (let q = bytesOf(text); byteAt(q) != 0; q++) from--;
  return from >= p && startsWith(from, e, text);
}

/** Whether the text at `p` starts with `word` (lower-case ASCII), letter case aside. */
export function startsWithFold(p: usize, e: usize, word: string): bool {
  for (let from = bytesOf(word); byteAt(from) != 0; from++, p++) if (p >= e || toLower(byteAt(p)) != byteAt(from)) return false;
  return true;
}

/** Length of the word of `words` (lower case, divided by `/`) that stands at `p` as a whole word, letter case aside; 0 where none does. */
export function wordAt(p: usize, e: usize, words: string): i32 {
  let q = p;
  let c: i32;
  let from = bytesOf(words);
  do {
    c = byteAt(from++);
    if (c == 0 || c == Char.SLASH) {
      if (q >= e || !isLetter(byteAt(q))) return <i32>(q - p);
    } else if (q < e && toLower(byteAt(q)) == c) {
      q++;
      continue;
    } else while (c != 0 && c != Char.SLASH) c = byteAt(from++);
    q = p;
  } while (c != 0);
  return 0;
}

/** Position behind the one of `texts` (divided by `/`) that stands at `p`, or 0. */
export function skipAny(p: usize, e: usize, texts: string): usize {
  let q = p;
  let c: i32;
  let from = bytesOf(texts);
  do {
    c = byteAt(from++);
    if (c == 0 || c == Char.SLASH) return q;
    if (q < e && byteAt(q) == c) {
      q++;
      continue;
    }
    while (c != 0 && c != Char.SLASH) c = byteAt(from++);
    q = p;
  } while (c != 0);
  return 0;
}

/** Whether one of `words` (lower case, divided by `/`) stands at `p` as a whole word. */
export function isWordAt(p: usize, e: usize, words: string): bool {
  return wordAt(p, e, words) > 0;
}

/** Length of the white space at `p`: ASCII, no-break space, thin and ideographic spaces; 0 where there is none. */
export function spaceAt(p: usize, e: usize): i32 {
  if (p >= e) return 0;
  const c = byteAt(p);
  if (!isWide(c)) return isSpace(c) ? 1 : 0;
  const wide = codePoint(p, e);
  return wide == 0xa0 || <u32>(wide - 0x2000) < 12 || wide == 0x202f || wide == 0x3000 ? sequenceLength(c) : 0;
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
    else if (isWide(byteAt(e - 1)) && endsWith(p, e, '\u00a0')) e -= 2;
    else break;
  }
  return e;
}

/** End of the run of ASCII letters at `p`. */
export function skipLetters(p: usize, e: usize): usize {
  while (p < e && isLetter(byteAt(p))) p++;
  return p;
}

/** Whether an ASCII digit stands in [p, e). */
export function hasDigit(p: usize, e: usize): bool {
  for (; p < e; p++) if (isDigit(byteAt(p))) return true;
  return false;
}

/** Start of the run of ASCII letters that ends at `p`. */
export function wordStart(s: usize, p: usize): usize {
  while (p > s && isLetter(byteAt(p - 1))) p--;
  return p;
}

/** Start of the abbreviation that the point at p ends (Rs., approx., i.e.), behind which a sentence goes on; or 0. */
export function abbreviationAt(s: usize, p: usize): usize {
  const word = wordStart(s, p);
  return isWordAt(word, p, 'rs/approx/ans') || endsWith(s, p, 'i.e') ? word : 0;
}

/** Position of the last byte c in [p, e), or 0. */
export function lastByteOf(p: usize, e: usize, c: i32): usize {
  for (; e > p; e--) if (byteAt(e - 1) == c) return e - 1;
  return 0;
}

/** End of the run of ASCII digits at `p`. */
export function skipDigits(p: usize, e: usize): usize {
  while (p < e && isDigit(byteAt(p))) p++;
  return p;
}

/** 0x01 and 0x80 in all eight bytes of a word: x - ONES & ~x & TOPS is not 0 where a byte of x is 0. */
export const ONES: u64 = 0x0101010101010101;
export const TOPS: u64 = 0x8080808080808080;

/** Position of the first byte `c` in [p, e), or `e`. */
export function indexOfByte(p: usize, e: usize, c: i32): usize {
  const wanted = ONES * <u64>c;
  while (p + 8 <= e) {
    const x = load<u64>(p) ^ wanted;
    if (((x - ONES) & ~x & TOPS) != 0) break;
    p += 8;
  }
  while (p < e && byteAt(p) != c) p++;
  return p;
}

/** Whether the byte at p stands nowhere else in [s, e). */
export function isOnlyByte(p: usize, s: usize, e: usize): bool {
  const c = byteAt(p);
  return indexOfByte(s, p, c) == p && indexOfByte(p + 1, e, c) == e;
}

/**
 * End of the group that opens with `{` at `p` (one past its `}`), or 0 where it never closes before `e`. A backslash takes the next
 * character with it, so `\{` and `\}` do not count.
 */
export function groupEnd(p: usize, e: usize): usize {
  let depth = 0;
  for (; p < e; p++) {
    const c = byteAt(p);
    if (c == Char.BACKSLASH) p++;
    else if (c == Char.OPEN_BRACE) depth++;
    else if (c == Char.CLOSE_BRACE && --depth == 0) return p + 1;
  }
  return 0;
}

/** Whether the bytes [p, q) grow. */
export function isAscending(p: usize, q: usize): bool {
  for (let r = p + 1; r < q; r++) if (byteAt(r) <= byteAt(r - 1)) return false;
  return true;
}

/** Whether a small letter stands in [p, q). */
export function hasLower(p: usize, q: usize): bool {
  for (; p < q; p++) if (isLower(byteAt(p))) return true;
  return false;
}

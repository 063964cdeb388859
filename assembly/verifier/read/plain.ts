// Answers as plain text: compared, and matched against phrases, without markup and spaces.
import { spend } from '../arena';
import { isMarkup } from '../parse/tables';
import { Char } from './characters';
import { CodePoints, Names } from './names';
import {
  byteAt,
  codePoint,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWide,
  REPLACEMENT,
  skipLetters,
  spaceAt,
  startsWith,
  toLower,
} from './text';

/** What a letter or digit behind a backslash that is no known command reads as: itself and this. */
const UNKNOWN: i32 = 0x10000;

/** Reads the characters of a text that count: markup, spaces, brackets of groups, dollars and quotes do not. */
@unmanaged
class TextReader {
  at: usize;
  end: usize;
  /** what stood before the last character, as bits: white space (1), a point that does not count (2) */
  gap: i32;
  /** letter case does not count, nor do braces */
  fold: bool;

  start(p: usize, e: usize, fold: bool): void {
    this.at = p;
    this.end = e;
    this.fold = fold;
  }

  /** The next character, or 0 at the end. */
  next(): i32 {
    this.gap = 0;
    while (this.at < this.end) {
      const c = byteAt(this.at);
      spend(1);
      if (c == Char.BACKSLASH) {
        const found = this.command();
        if (found >= 0) return found;
        continue;
      }
      const space = spaceAt(this.at, this.end);
      if (space > 0) {
        this.at += <usize>space;
        this.gap |= 1;
        continue;
      }
      const next = this.at + 1 < this.end ? byteAt(this.at + 1) : 0;
      this.at++;
      // braces group mathematics; around words they are markup
      if (this.fold && (c == Char.OPEN_BRACE || c == Char.CLOSE_BRACE)) continue;
      if (isOneOf(c, '$"`~')) continue;
      // dots say that more follows
      if (c == Char.POINT && !isDigit(next) && next != Char.POINT) {
        this.gap |= 2;
        continue;
      }
      return this.fold ? toLower(c) : c;
    }
    return 0;
  }

  /** Reads a backslash; -1 where what it stands for does not count. */
  command(): i32 {
    const name = this.at + 1;
    const q = skipLetters(name, this.end);
    if (q == name) {
      // \, \! \{ …
      const d = name < this.end ? byteAt(name) : 0;
      this.at += 2;
      if (isOneOf(d, '{}%')) return d;
      if (isDigit(d)) return UNKNOWN + d;
      this.gap |= 1;
      return -1;
    }
    if (isMarkup(name, <i32>(q - name))) {
      this.at = q;
      return -1;
    }
    // \dfrac reads \frac
    const isFraction = q - name == 5 && (startsWith(name, q, 'dfrac') || startsWith(name, q, 'tfrac'));
    this.at = isFraction ? name + 1 : name;
    return Char.BACKSLASH;
  }
}

const left = changetype<TextReader>(memory.data(16, 4));
const right = changetype<TextReader>(memory.data(16, 4));

/** Whether two texts are the same once markup and spaces are gone; with `fold` case and braces too. Empty texts are never equal. */
export function sameText(p: usize, pe: usize, q: usize, qe: usize, fold: bool): bool {
  left.start(p, pe, fold);
  right.start(q, qe, fold);
  let some = false;
  let before = 0;
  while (true) {
    const a = left.next();
    if (a != right.next()) return false;
    // "4 2" is not "42", and "4. 2" neither
    if (left.gap != right.gap && isDigit(before) && isDigit(a)) return false;
    if (a == 0) return some;
    before = a;
    if (isLetter(a) || isDigit(a) || isWide(a) || a == Char.BACKSLASH) some = true;
  }
}

/** Whether braces in the text are markup only: no powers, indices or commands with arguments of mathematics. */
export function isPlain(p: usize, e: usize): bool {
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.CARET || c == Char.UNDERSCORE) return false;
    if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      if (q > p + 1 && !isMarkup(p + 1, <i32>(q - p - 1))) return false;
      p = q > p + 1 ? q : p + 2;
    } else p++;
  }
  return true;
}

/** Whether the text holds a letter or digit (so that it is an answer at all). */
export function hasContent(p: usize, e: usize): bool {
  for (; p < e; p++) {
    const c = byteAt(p);
    if (isLetter(c) || isDigit(c) || isWide(c) || c == Char.BACKSLASH) return true;
  }
  return false;
}

/** Characters that strike out what stands before them. */
const STRIKES = new CodePoints().add('\u0335\u0336\u0337\u0338\u20d2\u20d3\u20e5\u20e6\u20eb', 0);

const LAST_STRIKE: i32 = 0x20eb;

/** Whether the text holds a character that shows nothing, or not what stands there: control characters, broken UTF-8, strokes. */
export function hasHidden(p: usize, e: usize): bool {
  while (p < e) {
    const c = byteAt(p);
    if (!isWide(c)) {
      if ((c < Char.SPACE && !isSpace(c)) || c == Char.DELETE) return true;
      // ~~struck out~~
      if (c == Char.TILDE && p + 1 < e && byteAt(p + 1) == Char.TILDE) return true;
      p++;
      continue;
    }
    // by the first byte: U+0300 to U+033F, U+2000 to U+2FFF, U+F000 to U+FFFF
    if (c == 0xcc || c == 0xe2 || c == 0xef) {
      const wide = codePoint(p, e);
      if (wide == REPLACEMENT || (wide <= LAST_STRIKE && STRIKES.find(wide) >= 0)) return true;
    }
    p++;
  }
  return false;
}

// --- Phrases, without their spaces
const LONGEST_PHRASE: i32 = 32;
const squeezed: usize = memory.data(32);

const NO_SOLUTION = new Names(64).add(
  'nosolution/nosolutions/norealsolution/norealsolutions/nosuchsolution/thereisnosolution/therearenosolutions/nosolutionexists/nosolutionsexist/emptyset/theemptyset/nointegersolutions/none/doesnotexist/dne/nosuchnumber/nosuchnumbers/nosuchfunction/nosuchfunctions/nosuchintegers/nosuchnumberexists/nosuchfunctionexists/nosuchfunctionsexist/nolimitexists/thelimitdoesnotexist/itdoesnotexist',
);
const ALL_REALS = new Names(16).add('allrealnumbers/allreals/allreal/anyrealnumber/realnumbers/allrealnumber');

/** Of how many (1) and of how large (2). */
const INFINITE = new Names(16)
  .add('infinite/infinity', 3)
  .add('infinitelymany/aninfinitenumber/infinitenumber/infinitelymanysolutions', 1)
  .add('unbounded', 2);

/** The value of the phrase, written without spaces, that the text is; -1 where it is none. */
function findPhrase(p: usize, e: usize, phrases: Names): i32 {
  left.start(p, e, true);
  for (let n = 0; n < LONGEST_PHRASE; n++) {
    const c = left.next();
    if (c == 0) return phrases.find(squeezed, n);
    store<u8>(squeezed + <usize>n, <u8>min(c, 0xff));
  }
  return -1;
}

/** Whether a text is one of the ways to say that there is no solution. */
export function saysNone(p: usize, e: usize): bool {
  return findPhrase(p, e, NO_SOLUTION) >= 0;
}

/** What a text says to have no end, as bits: the number (1) or the size (2) of something; 0 where it says nothing of the kind. */
export function infiniteIn(p: usize, e: usize): i32 {
  return max(0, findPhrase(p, e, INFINITE));
}

/** Whether a text says "all real numbers". */
export function saysAllReals(p: usize, e: usize): bool {
  return findPhrase(p, e, ALL_REALS) >= 0;
}

// Text made plain before it is read: characters that only look different (full-width, bold and italic letters), HTML, and commands whose
// backslash an escape of JSON has eaten ("\frac" as a form feed and "rac"). Most texts need nothing and stay where they are.
import { Tok } from '../parse/symbols';
import { auxOf, CHARACTERS, COMMANDS, Does, doesOf, kindOf } from '../parse/tables';
import { Char } from './characters';
import { joined } from './joined';
import { Names } from './names';
import { Span, span } from './span';
import {
  byteAt,
  bytesOf,
  codePoint,
  indexOfByte,
  isDigit,
  isLetter,
  isLower,
  isOneOf,
  isSpace,
  isWide,
  ONES,
  sameBytes,
  sequenceLength,
  skipDigits,
  skipLetters,
  skipText,
  startsWith,
  startsWithFold,
  TOPS,
} from './text';

/** Longest tag with its attributes, and longest name of an entity. */
const TAG_REACH: usize = 200;
const ENTITY_REACH: usize = 12;
/** The smallest byte that starts a wide character which may need work. */
const FIRST_WIDE: i32 = 0xc2;
/** Bytes of one text that may be read in vain for tags that close. */
const LOOK_AHEAD: i32 = 1 << 18;

/** What becomes of an HTML tag. */
const enum Tag {
  /** it goes; its group stays where the tag is closed */
  INLINE,
  /** a line ends */
  BLOCK,
  SUP,
  SUB,
}

const TAGS = new Names(64)
  .add('b/i/em/strong/u/code/span/font/mark/small/big/tt/kbd/var', Tag.INLINE)
  .add('p/br/div/li/ul/ol/hr/table/tr/td/center', Tag.BLOCK)
  .add('sup', Tag.SUP)
  .add('sub', Tag.SUB);

/** Entities that are no LaTeX command of the same name, and what they become. */
const ENTITIES = new Names(64).add(
  'lt,gt,amp,nbsp/ensp/emsp/thinsp,minus/ndash,divide,plusmn,middot/sdot,infin,radic,deg,percnt,quot,frasl,sup2,sup3,frac12,frac14,frac34,isin',
);
const REPLACEMENTS: string =
  '<,>,&, ,-,\\div ,\\pm ,\\cdot ,\\infty ,\\sqrt ,^\\circ ,%,",/,^2,^3,\\frac12 ,\\frac14 ,\\frac34 ,\\in ';

/** Names of commands that a tab or line break before them completes in running text; in answers every known command counts. */
const EATEN_IN_PROSE = new Names(32).add('text/textbf/times/theta/tfrac/triangle/therefore/right/rightarrow/rangle/rho');

/** Room for the name of a command with the letter that was eaten. */
const LONGEST_NAME: i32 = 24;
const name: usize = memory.data(24);

/** The letter that stood behind the backslash of an escape which became the control character c, or 0. */
function eatenLetter(c: i32): i32 {
  switch (c) {
    case Char.BELL:
      return Char.a;
    case Char.BACKSPACE:
      return Char.b;
    case Char.TAB:
      return Char.t;
    case Char.NEWLINE:
      return Char.n;
    case Char.VERTICAL_TAB:
      return Char.v;
    case Char.FORM_FEED:
      return Char.f;
    case Char.RETURN:
      return Char.r;
  }
  return 0;
}

/** Whether some byte of eight may need work: below 0x20 (but not all, and no line end of prose), & < or part of a wide character. */
function isSuspicious(word: u64, isAnswer: bool): bool {
  const line = word ^ (ONES * Char.NEWLINE);
  // 0x80 where a byte is a line end, exactly
  const lines = isAnswer ? 0 : ~(((line & ~TOPS) + ~TOPS) | line) & TOPS;
  // a line end becomes 0x2a or 0x8a
  const text = word | (lines >> 2);
  const low = (text - ONES * 0x20) & ~text;
  const less = word ^ (ONES * Char.LESS);
  const ampersand = word ^ (ONES * Char.AMPERSAND);
  return ((word | low | ((less - ONES) & ~less) | ((ampersand - ONES) & ~ampersand)) & TOPS) != 0;
}

/** Makes one text plain. */
@unmanaged
class Repair {
  start: usize;
  end: usize;
  /** the text is an answer: no sentences stand in it */
  isAnswer: bool;
  /** bytes that may still be read in vain for tags that close */
  lookAhead: i32;

  /** First position from p on that needs work; the end where there is none. */
  next(p: usize): usize {
    while (p < this.end) {
      if (p + 8 <= this.end && !isSuspicious(load<u64>(p), this.isAnswer)) {
        p += 8;
        continue;
      }
      const stop = min(p + 8, this.end);
      for (; p < stop; p++) {
        const c = byteAt(p);
        const isUsual = (c > Char.AMPERSAND && c < FIRST_WIDE && c != Char.LESS) || (c == Char.NEWLINE && !this.isAnswer);
        if (!isUsual && this.needsWork(p)) return p;
      }
    }
    return this.end;
  }

  needsWork(p: usize): bool {
    const c = byteAt(p);
    if (c >= Char.SPACE && !isWide(c))
      return (c == Char.LESS && this.tagEnd(p) > 0) || (c == Char.AMPERSAND && this.entityEnd(p) > 0);
    // by the first two bytes: small digits, U+2044, U+FE50 to U+FF7F, U+1D400 to U+1D7FF
    if (c == 0xc2 || c == 0xe2) return p + 1 < this.end && (c == 0xc2 || byteAt(p + 1) == 0x81) && this.smallFractionEnd(p) > 0;
    if (c == 0xef && this.isDigitComma(p)) return true;
    if (c == 0xef)
      return p + 2 < this.end && byteAt(p + 1) >= 0xb9 && byteAt(p + 1) <= 0xbd && plainOf(codePoint(p, this.end)) > 0;
    if (c == 0xf0) return p + 3 < this.end && byteAt(p + 1) == 0x9d && isStyled(codePoint(p, this.end));
    return c < Char.SPACE && this.isEaten(p);
  }

  run(): Span {
    const first = this.next(this.start);
    if (first >= this.end) return span(this.start, this.end);
    joined.start();
    let from = this.start;
    let p = first;
    while (p < this.end) {
      joined.bytes(from, p);
      from = this.write(p);
      p = this.next(from);
    }
    joined.bytes(from, this.end);
    const whole = joined.whole;
    return joined.full ? span(this.start, this.end) : whole;
  }

  /** Writes what stands at p in plain form; gives where the text goes on. */
  write(p: usize): usize {
    const c = byteAt(p);
    if (c == Char.LESS) return this.writeTag(p);
    if (c == Char.AMPERSAND) return this.writeEntity(p);
    if (c < Char.SPACE) {
      joined.byte(Char.BACKSLASH);
      joined.byte(eatenLetter(c));
      return p + 1;
    }
    const wide = codePoint(p, this.end);
    if (c == 0xc2 || c == 0xe2) return this.writeSmallFraction(p);
    if (this.isDigitComma(p)) joined.byte(Char.COMMA);
    else if (c == 0xef) joined.byte(plainOf(wide));
    else writeStyled(wide);
    return p + <usize>sequenceLength(c);
  }

  // --- Characters

  /** Whether a full-width comma at p stands between digits. */
  isDigitComma(p: usize): bool {
    if (p + 3 >= this.end || p == this.start || codePoint(p, this.end) != 0xff0c) return false;
    const before = byteAt(p - 1);
    const wide = p >= this.start + 3 && byteAt(p - 3) == 0xef && byteAt(p - 2) == 0xbc && before >= 0x90 && before < 0x9a;
    const next = codePoint(p + 3, this.end);
    return (wide || isDigit(before)) && (isDigit(next) || (next >= 0xff10 && next <= 0xff19));
  }

  /** Position behind a fraction in small digits (⁵⁄₆) at p, or 0. */
  smallFractionEnd(p: usize): usize {
    const slash = skipSmall(p, this.end, Does.SUPERSCRIPT);
    const low = slash > p ? skipText(slash, this.end, '⁄') : 0;
    const end = low > 0 ? skipSmall(low, this.end, Does.SUBSCRIPT) : 0;
    return end > low ? end : 0;
  }

  writeSmallFraction(p: usize): usize {
    const end = this.smallFractionEnd(p);
    writeText('\\frac{');
    for (let q = p; q < end; q += <usize>sequenceLength(byteAt(q))) {
      const found = CHARACTERS.find(codePoint(q, end));
      if (kindOf(found) == Tok.NUM) joined.byte(Char.ZERO + auxOf(found));
      else writeText('}{');
    }
    joined.byte(Char.CLOSE_BRACE);
    return end;
  }

  // --- Commands without their backslash

  isEaten(p: usize): bool {
    const letter = eatenLetter(byteAt(p));
    if (letter == 0 || p + 1 >= this.end || !isLower(byteAt(p + 1))) return false;
    const q = skipLetters(p + 1, min(this.end, p + <usize>LONGEST_NAME));
    const len = <i32>(q - p);
    store<u8>(name, <u8>letter);
    memory.copy(name + 1, p + 1, <usize>(len - 1));
    // "[", a line end and "e^x" are no \ne
    if (letter == Char.n && len == 2 && p > this.start && isOneOf(byteAt(p - 1), '[$({\n')) return false;
    if (this.isAnswer || !isSpace(byteAt(p)) || byteAt(p) == Char.FORM_FEED) return COMMANDS.has(name, len);
    return letter != Char.n && EATEN_IN_PROSE.has(name, len);
  }

  // --- HTML

  /** Position behind the tag at p, or 0 where it is none that is known. */
  tagEnd(p: usize): usize {
    let q = p + 1;
    // <<8*2=16>>, a calculator's note
    if (startsWith(p, this.end, '<<')) {
      do q++;
      while (q < this.end && (isDigit(byteAt(q)) || isOneOf(byteAt(q), '+-*/=.,()$% ')));
      return skipText(q, this.end, '>>');
    }
    if (q < this.end && byteAt(q) == Char.SLASH) q++;
    if (q >= this.end || !isLetter(byteAt(q))) return 0;
    const from = q;
    q = skipLetters(q, min(this.end, q + 8));
    const found = TAGS.find(from, <i32>(q - from), true);
    if (found < 0 || q >= this.end) return 0;
    const c = byteAt(q);
    if (c != Char.GREATER && c != Char.SPACE && c != Char.SLASH) return 0;
    const close = indexOfByte(q, min(this.end, q + TAG_REACH), Char.GREATER);
    if (close >= this.end || byteAt(close) != Char.GREATER) return 0;
    // a<b>c is an inequality
    if (found != Tag.BLOCK && byteAt(p + 1) != Char.SLASH && !this.closes(from, q, close + 1)) return 0;
    return close + 1;
  }

  /** Whether the tag with the name [from, to) is closed after p. */
  closes(from: usize, to: usize, p: usize): bool {
    const n = to - from;
    const reach = min(this.end, p + TAG_REACH * 8);
    for (; p + n + 2 < reach && this.lookAhead > 0; p++, this.lookAhead--)
      if (byteAt(p) == Char.LESS && byteAt(p + 1) == Char.SLASH && sameBytes(p + 2, from, n)) return true;
    return false;
  }

  writeTag(p: usize): usize {
    const end = this.tagEnd(p);
    const closes = byteAt(p + 1) == Char.SLASH;
    const from = p + (closes ? 2 : 1);
    switch (TAGS.find(from, <i32>(skipLetters(from, end) - from), true)) {
      case Tag.BLOCK:
        joined.byte(Char.NEWLINE);
        break;
      case Tag.SUP: {
        const fraction: usize = closes ? 0 : this.writeFraction(end);
        if (fraction > 0) return fraction;
        this.writeScript(closes, Char.CARET);
        break;
      }
      case Tag.SUB:
        this.writeScript(closes, Char.UNDERSCORE);
        break;
    }
    return end;
  }

  writeScript(closes: bool, mark: i32): void {
    if (closes) joined.byte(Char.CLOSE_BRACE);
    else {
      joined.byte(mark);
      joined.byte(Char.OPEN_BRACE);
    }
  }

  /** <sup>5</sup>/<sub>6</sub>, from behind the first tag: a fraction. Gives the position behind it, or 0. */
  writeFraction(p: usize): usize {
    const top = skipDigits(p, this.end);
    let q = top > p && startsWithFold(top, this.end, '</sup>') ? top + 6 : 0;
    if (q == 0) return 0;
    if (startsWith(q, this.end, '&frasl;')) q += 7;
    else if (skipText(q, this.end, '⁄') > 0) q += 3;
    else if (startsWith(q, this.end, '/')) q++;
    else return 0;
    if (!startsWithFold(q, this.end, '<sub>')) return 0;
    q += 5;
    const bottom = skipDigits(q, this.end);
    if (bottom == q || !startsWithFold(bottom, this.end, '</sub>')) return 0;
    writeText('\\frac{');
    joined.bytes(p, top);
    writeText('}{');
    joined.bytes(q, bottom);
    joined.byte(Char.CLOSE_BRACE);
    return bottom + 6;
  }

  /** Position behind the entity at p, or 0. */
  entityEnd(p: usize): usize {
    const numeric = p + 1 < this.end && byteAt(p + 1) == Char.HASH;
    let q = numeric ? p + 2 : p + 1;
    const from = q;
    const reach = min(this.end, q + ENTITY_REACH);
    while (q < reach && (isDigit(byteAt(q)) || (!numeric && isLetter(byteAt(q))))) q++;
    if (q == from || q >= this.end || byteAt(q) != Char.SEMICOLON) return 0;
    const len = <i32>(q - from);
    if (!numeric && !ENTITIES.has(from, len) && !COMMANDS.has(from, len)) return 0;
    return numeric && (len > 3 || numericValue(from, q) >= Char.DELETE || numericValue(from, q) < Char.SPACE) ? 0 : q + 1;
  }

  writeEntity(p: usize): usize {
    const end = this.entityEnd(p);
    if (byteAt(p + 1) == Char.HASH) {
      joined.byte(numericValue(p + 2, end - 1));
      return end;
    }
    const found = ENTITIES.find(p + 1, <i32>(end - p - 2));
    if (found >= 0) writeItem(found);
    else {
      joined.byte(Char.BACKSLASH);
      joined.bytes(p + 1, end - 1);
      joined.byte(Char.SPACE);
    }
    return end;
  }
}

/** End of the run of small digits at p. */
function skipSmall(p: usize, e: usize, does: i32): usize {
  while (p < e && isWide(byteAt(p))) {
    const found = CHARACTERS.find(codePoint(p, e));
    if (found < 0 || doesOf(found) != does || kindOf(found) != Tok.NUM) break;
    p += <usize>sequenceLength(byteAt(p));
  }
  return p;
}

function numericValue(p: usize, e: usize): i32 {
  let value = 0;
  for (; p < e; p++) value = value * 10 + (byteAt(p) - Char.ZERO);
  return value;
}

/** Writes one of the program's texts. */
function writeText(text: string): void {
  for (let p = bytesOf(text); byteAt(p) != 0; p++) joined.byte(byteAt(p));
}

/** Writes what the n-th entity becomes. */
function writeItem(n: i32): void {
  let p = bytesOf(REPLACEMENTS);
  for (; n > 0; p++) if (byteAt(p) == Char.COMMA) n--;
  for (; byteAt(p) != 0 && byteAt(p) != Char.COMMA; p++) joined.byte(byteAt(p));
}

// --- Characters

/**
 * The ASCII character that a full-width or small one looks like, or 0. Commas and stops of Chinese stay: they end sentences
 * there; the bar stays: it stands in chat markup.
 */
function plainOf(c: i32): i32 {
  if (c == 0xfe63) return Char.MINUS;
  if (c < 0xff01 || c > 0xff5e || c == 0xff0c || c == 0xff1a || c == 0xff1b || c == 0xff5c) return 0;
  return c - 0xff01 + Char.BANG;
}

const FIRST_LATIN: i32 = 0x1d400;
const LAST_LATIN: i32 = 0x1d6a3;
const FIRST_GREEK: i32 = 0x1d6a8;
const LAST_GREEK: i32 = 0x1d7cb;
const FIRST_DIGIT: i32 = 0x1d7ce;
const LAST_DIGIT: i32 = 0x1d7ff;

/** Whether c is a letter or digit of another style (bold, italic, script, double-struck, …). */
function isStyled(c: i32): bool {
  return c >= FIRST_LATIN && c <= LAST_DIGIT && !(c > LAST_LATIN && c < FIRST_GREEK) && !(c > LAST_GREEK && c < FIRST_DIGIT);
}

/** Styled letters come in alphabets of 52, Greek ones in alphabets of 58: 26 capitals, 25 small letters, and some variants. */
const LATIN: i32 = 52;
const GREEK: i32 = 58;
const GREEK_LETTERS: string = 'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΘΣΤΥΦΧΨΩ∇αβγδεζηθικλμνξοπρςστυφχψω∂εθκφρπ';

function writeStyled(c: i32): void {
  if (c >= FIRST_DIGIT) joined.byte(Char.ZERO + ((c - FIRST_DIGIT) % 10));
  else if (c < FIRST_GREEK) {
    const letter = (c - FIRST_LATIN) % LATIN;
    joined.byte(letter < LATIN / 2 ? Char.A + letter : Char.a + letter - LATIN / 2);
  } else {
    let p = bytesOf(GREEK_LETTERS);
    for (let n = (c - FIRST_GREEK) % GREEK; n > 0; n--) p += <usize>sequenceLength(byteAt(p));
    joined.bytes(p, p + <usize>sequenceLength(byteAt(p)));
  }
}

const maker = changetype<Repair>(memory.data(16, 4));

/** The text [p, e) in plain form: itself where nothing is to be done. An answer may hold no sentences. */
export function repaired(p: usize, e: usize, isAnswer: bool): Span {
  maker.start = p;
  maker.end = e;
  maker.isAnswer = isAnswer;
  maker.lookAhead = LOOK_AHEAD;
  return maker.run();
}

// Answers in words: text compared without markup, choice letters, units.
import { nil } from '../memory';
import { Char } from '../read/characters';
import { spend } from '../arena';
import { lookup } from './names';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { byteAt, isDigit, isLetter, isOneOf, isSpace, isUpper, skipLetters, spaceAt, toLower } from './text';

/** Commands whose name is markup only. */
const MARKUP: string =
  'text|textbf|textit|textrm|texttt|textsf|textnormal|mbox|hbox|mathrm|operatorname|mathbf|mathsf|mathit|mathcal|boldsymbol|bf|rm|it|left|right|quad|qquad|displaystyle|boxed|big|Big|bigl|bigr|Bigl|Bigr|bigg|Bigg|emph|textstyle|limits';

let cursor: usize = 0;
let limit: usize = 0;
/** Whether `nextCharacter` skipped white space. */
let gap: bool = false;

/** Next character that counts, or 0 at the end: markup, spaces, brackets of groups, dollars and quotes do not. */
function nextCharacter(fold: bool): i32 {
  gap = false;
  while (cursor < limit) {
    const c = byteAt(cursor);
    spend(1);
    if (c == Char.BACKSLASH) {
      const q = skipLetters(cursor + 1, limit);
      const len = <i32>(q - cursor - 1);
      if (len == 0) {
        // \, \! \{ …
        const d = cursor + 1 < limit ? byteAt(cursor + 1) : 0;
        cursor += 2;
        if (d == Char.OPEN_BRACE || d == Char.CLOSE_BRACE) return d;
        if (d == Char.PERCENT) return 37;
        // no known command
        if (isLetter(d) || isDigit(d)) return 0x10000 + d;
        gap = true;
        continue;
      }
      if (lookup(MARKUP, cursor + 1, len) >= 0) {
        cursor = q;
        continue;
      }
      if (len > 4 && lookup('dfrac|tfrac', cursor + 1, len) >= 0) {
        // \dfrac reads \frac
        cursor += 2;
        return 92;
      }
      cursor++;
      return 92;
    }
    const space = spaceAt(cursor, limit);
    if (space > 0) {
      cursor += space;
      gap = true;
      continue;
    }
    // braces group mathematics; around words they are markup
    if ((fold && (c == Char.OPEN_BRACE || c == Char.CLOSE_BRACE)) || isOneOf(c, '$"`~')) {
      cursor++;
      continue;
    }
    if (c == Char.POINT && !(cursor + 1 < limit && isDigit(byteAt(cursor + 1)))) {
      cursor++;
      continue;
    }
    cursor++;
    return fold ? toLower(c) : c;
  }
  return 0;
}

/** Whether two texts are the same once markup and spaces are gone; with `fold` case and braces too. Empty texts are never equal. */
export function sameText(p: usize, pe: usize, q: usize, qe: usize, fold: bool): bool {
  let some = 0;
  let pc = p;
  let qc = q;
  let before = 0;
  while (true) {
    cursor = pc;
    limit = pe;
    const a = nextCharacter(fold);
    const gapA = gap;
    pc = cursor;
    cursor = qc;
    limit = qe;
    const b = nextCharacter(fold);
    qc = cursor;
    if (a != b) return false;
    // "4 2" is not "42"
    if (gapA != gap && isDigit(before) && isDigit(a)) return false;
    before = a;
    if (a == 0) return some > 0;
    if (isLetter(a) || isDigit(a) || a >= 128 || a == 92) some++;
  }
}

/** Whether braces in the text are markup only: no powers, indices or commands with arguments of mathematics. */
export function isPlain(p: usize, e: usize): bool {
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.CARET || c == Char.UNDERSCORE) return false;
    if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      if (q > p + 1 && lookup(MARKUP, p + 1, <i32>(q - p - 1)) < 0) return false;
      p = q > p + 1 ? q : p + 2;
    } else p++;
  }
  return true;
}

/** Whether the text holds a letter or digit (so that it is an answer at all). */
export function hasContent(p: usize, e: usize): bool {
  for (; p < e; p++) {
    const c = byteAt(p);
    if (isLetter(c) || isDigit(c) || c >= 128 || c == Char.BACKSLASH) return true;
  }
  return false;
}

/** End of the letter found by `choiceLetter`. */
let choiceEnd: usize = 0;
/** Whether text follows the letter. */
export let choiceHasText: bool = false;

/** The letter of a choice "A", "(B)", "\text{C}", "D. 12", "(E) none of these", or 0. */
export function choiceLetter(p: usize, e: usize): i32 {
  choiceHasText = false;
  let bracket = false;
  while (p < e) {
    const c = byteAt(p);
    if (isSpace(c) || isOneOf(c, '${*')) p++;
    else if (c == Char.OPEN_PAREN) {
      if (bracket) return 0;
      bracket = true;
      p++;
    } else if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      const len = <i32>(q - p - 1);
      if (len == 0) {
        if (p + 1 < e && byteAt(p + 1) == Char.OPEN_BRACE) return 0;
        p += 2;
      } else if (lookup(MARKUP, p + 1, len) >= 0) p = q;
      else return 0;
    } else break;
  }
  if (p >= e || !isUpper(byteAt(p)) || byteAt(p) > Char.J) return 0;
  const letter = byteAt(p);
  p++;
  let marked = false;
  while (p < e) {
    const c = byteAt(p);
    if (isSpace(c) || isOneOf(c, '}$*')) p++;
    else if (c == Char.CLOSE_PAREN) {
      if (!bracket && marked) return 0;
      marked = true;
      p++;
    } else if (c == Char.POINT || c == Char.COLON) {
      if (marked && !bracket) return 0;
      // A:B is a ratio
      if (p + 1 < e && (isLetter(byteAt(p + 1)) || isDigit(byteAt(p + 1)))) return 0;
      marked = true;
      p++;
    } else if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      const len = <i32>(q - p - 1);
      if (len == 0) p += 2;
      else if (lookup(MARKUP, p + 1, len) >= 0) p = q;
      else break;
    } else break;
  }
  if (p < e) {
    if (!marked || !(isLetter(byteAt(p)) || isDigit(byteAt(p)) || isOneOf(byteAt(p), '\\$-'))) return 0;
    choiceHasText = true;
    choiceEnd = p;
  }
  return letter;
}

/** Where the text after the last choice letter starts. */
export function choiceText(): usize {
  return choiceEnd;
}

// --- Units

/** Dimension and size of units: the entries of UNITS go with DIMENSIONS and the factors below. */
const UNITS: string =
  'mm/millimeter/millimeters/millimetre/millimetres|cm/centimeter/centimeters/centimetre/centimetres|dm/decimeter/decimeters|m/meter/meters/metre/metres|km/kilometer/kilometers/kilometre/kilometres|in/inch/inches|ft/foot/feet|yd/yard/yards|mi/mile/miles|' +
  'mg/milligram/milligrams|g/gram/grams|kg/kilogram/kilograms|oz/ounce/ounces|lb/lbs/pound/pounds|' +
  'ms/millisecond/milliseconds|s/sec/secs/second/seconds|min/mins/minute/minutes|h/hr/hrs/hour/hours|day/days|week/weeks|' +
  'ml/milliliter/milliliters|l/liter/liters/litre/litres|' +
  'cent/cents|dollar/dollars/usd|yuan/rmb/cny|euro/euros/eur|rupee/rupees|month/months|year/years/yr/yrs|mph|kmh/kph|rad/radian/radians|' +
  'gallon/gallons/gal|quart/quarts|pint/pints|ton/tons/tonne/tonnes|point/points|degree/degrees';
/** Dimension, numerator and denominator of each entry. */
const SIZES: usize = memory.data<i32>([
  1, 1, 1000, 1, 1, 100, 1, 1, 10, 1, 1, 1, 1, 1000, 1, 2, 1, 1, 2, 12, 1, 2, 36, 1, 2, 63360, 1, 3, 1, 1000, 3, 1, 1, 3, 1000, 1,
  4, 1, 1, 4, 16, 1, 5, 1, 1000, 5, 1, 1, 5, 60, 1, 5, 3600, 1, 5, 86400, 1, 5, 604800, 1, 6, 1, 1000, 6, 1, 1, 7, 1, 100, 7, 1,
  1, 8, 1, 1, 9, 1, 1, 10, 1, 1, 11, 1, 1, 11, 12, 1, 12, 1, 1, 13, 1, 1, 14, 1, 1, 15, 4, 1, 15, 1, 1, 15, 1, 2, 16, 1, 1, 17, 1,
  1, 18, 1, 1,
]);
const MULTIPLIERS: string = 'hundred|thousand|million|billion|trillion|dozen';

/** Length of the first word of a note (letters), skipping markup; sets `cursor` to its start. */
function firstWord(p: usize, e: usize): i32 {
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      p = q == p + 1 ? p + 2 : q;
    } else if (isLetter(c)) {
      cursor = p;
      return <i32>(skipLetters(p, e) - p);
    } else p++;
  }
  cursor = e;
  return 0;
}

/** Factor that the words after a number stand for by themselves: million, dozen; null when none. */
export function multiplier(p: usize, e: usize): Rat {
  const len = firstWord(p, e);
  if (len == 0) return nil<Rat>();
  const k = lookup(MULTIPLIERS, cursor, len, true);
  if (k < 0) return nil<Rat>();
  const v = rat.ofI32(k == 0 ? 100 : k == 5 ? 12 : 1000);
  return k <= 1 || k == 5 ? v : rat.pow(v, k);
}

/** Entry and power of the unit that `readUnit` found. */
let unitEntry: i32 = -1;
let unitPower: i32 = 1;

/** Reads a note that is one known unit, with "square", "cubic" or a power; false when it is anything else. */
function readUnit(p: usize, e: usize): bool {
  unitEntry = -1;
  unitPower = 1;
  let len = firstWord(p, e);
  if (len == 0) return false;
  const prefix = lookup('square/sq|cubic/cu', cursor, len, true);
  if (prefix >= 0) {
    unitPower = prefix + 2;
    len = firstWord(cursor + len, e);
    if (len == 0) return false;
  }
  unitEntry = lookup(UNITS, cursor, len, true);
  if (unitEntry < 0) return false;
  for (let q = cursor + len; q < e; q++) {
    const c = byteAt(q);
    if (c == Char.TWO || c == Char.THREE) {
      if (unitPower != 1) return false;
      unitPower = c - 48;
    } else if (c == 0xc2 && q + 1 < e && (byteAt(q + 1) == 0xb2 || byteAt(q + 1) == 0xb3)) {
      if (unitPower != 1) return false;
      unitPower = byteAt(++q) - 0xb0;
    } else if (!isSpace(c) && !isOneOf(c, '{}$.^')) return false;
  }
  return true;
}

/** Verdict on two notes: 0 they contradict each other, 1 the same unit (or no known ones), 2 the same dimension: see `unitFactor`. */
export let unitFactor: Rat = nil<Rat>();

/** Compares the words behind two numbers. */
export function compareUnits(p: usize, pe: usize, q: usize, qe: usize): i32 {
  if (sameText(p, pe, q, qe, true)) return 1;
  const pKnown = readUnit(p, pe);
  const pUnit = unitEntry;
  const pPower = unitPower;
  const qKnown = readUnit(q, qe);
  const qUnit = unitEntry;
  if (pKnown && qKnown) {
    if (pPower != unitPower) return 0;
    if (pUnit == qUnit) return 1;
    const a = SIZES + <usize>pUnit * 12;
    const b = SIZES + <usize>qUnit * 12;
    if (load<i32>(a) != load<i32>(b)) return 0;
    unitFactor = rat.pow(
      rat.div(rat.ofFraction(load<i32>(b, 4), load<i32>(b, 8)), rat.ofFraction(load<i32>(a, 4), load<i32>(a, 8))),
      pPower,
    );
    return 2;
  }
  if (pUnit >= 0 || qUnit >= 0) return 0;
  const pl = firstWord(p, pe);
  const pw = cursor;
  const ql = firstWord(q, qe);
  const qw = cursor;
  if (pl == 0 || ql == 0) return 1;
  // plural and singular: apples, apple
  const n = min(pl, ql);
  const longer = pl > ql ? pw + ql : qw + pl;
  const ending = abs(pl - ql);
  if (
    n < 3 ||
    !(
      ending == 0 ||
      (ending == 1 && byteAt(longer) == Char.s) ||
      (ending == 2 && byteAt(longer) == Char.e && byteAt(longer + 1) == Char.s)
    )
  )
    return 0;
  for (let i = 0; i < n; i++) if (toLower(byteAt(pw + i)) != toLower(byteAt(qw + i))) return 0;
  return 1;
}

/** Factor by which the unit of the words is larger than the unit of one letter (m, s, g, h, L), or null when they do not go together. */
export function letterUnit(p: usize, e: usize, letter: i32): Rat {
  const none = nil<Rat>();
  if (!readUnit(p, e) || unitPower != 1) return none;
  const own =
    letter == Char.m ? 3 : letter == Char.s ? 15 : letter == Char.g ? 10 : letter == Char.h ? 17 : letter == Char.L ? 21 : -1;
  if (own < 0) return none;
  const a = SIZES + <usize>unitEntry * 12;
  const b = SIZES + <usize>own * 12;
  if (load<i32>(a) != load<i32>(b)) return none;
  return rat.div(rat.ofFraction(load<i32>(a, 4), load<i32>(a, 8)), rat.ofFraction(load<i32>(b, 4), load<i32>(b, 8)));
}

/** Whether a currency sign (its code point) goes with the words behind another number: no other unit, and no cents. */
export function isMoney(p: usize, e: usize, sign: i32): bool {
  if (!readUnit(p, e)) return true;
  const a = SIZES + <usize>unitEntry * 12;
  const dimension = sign == Char.DOLLAR || sign == 0xa2 ? 7 : sign == 0xa5 ? 8 : sign == 0x20ac ? 9 : sign == 0x20b9 ? 10 : 0;
  return load<i32>(a) == dimension && load<i32>(a, 4) == load<i32>(a, 8) && unitPower == 1;
}

/** Whether the words are a degree sign spelled out. */
export function saysDegrees(p: usize, e: usize): bool {
  const len = firstWord(p, e);
  return len >= 3 && lookup('deg|degree|degrees', cursor, len, true) >= 0;
}

/** Whether a text is one of the ways to say that there is no solution. */
export function saysNone(p: usize, e: usize): bool {
  return (
    sameAs(p, e, 'nosolution') ||
    sameAs(p, e, 'nosolutions') ||
    sameAs(p, e, 'norealsolution') ||
    sameAs(p, e, 'norealsolutions') ||
    sameAs(p, e, 'nosuchsolution') ||
    sameAs(p, e, 'thereisnosolution') ||
    sameAs(p, e, 'therearenosolutions') ||
    sameAs(p, e, 'nosolutionexists') ||
    sameAs(p, e, 'nosolutionsexist') ||
    sameAs(p, e, 'emptyset') ||
    sameAs(p, e, 'theemptyset') ||
    sameAs(p, e, 'nointegersolutions') ||
    sameAs(p, e, 'none') ||
    sameAs(p, e, 'doesnotexist') ||
    sameAs(p, e, 'dne') ||
    sameAs(p, e, 'nosuchnumber') ||
    sameAs(p, e, 'nosuchnumbers') ||
    sameAs(p, e, 'nosuchfunction') ||
    sameAs(p, e, 'nosuchfunctions') ||
    sameAs(p, e, 'nosuchintegers') ||
    sameAs(p, e, 'nosuchnumberexists') ||
    sameAs(p, e, 'nosuchfunctionexists') ||
    sameAs(p, e, 'nosuchfunctionsexist')
  );
}

/** Whether a text says "all real numbers". */
export function saysAllReals(p: usize, e: usize): bool {
  return (
    sameAs(p, e, 'allrealnumbers') ||
    sameAs(p, e, 'allreals') ||
    sameAs(p, e, 'allreal') ||
    sameAs(p, e, 'anyrealnumber') ||
    sameAs(p, e, 'realnumbers') ||
    sameAs(p, e, 'allrealnumber')
  );
}

/** Small numbers written as words: zero to twelve; -1 otherwise. */
export function numberWord(p: usize, e: usize): i32 {
  const len = firstWord(p, e);
  if (len == 0) return -1;
  const k = lookup('zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve', cursor, len, true);
  if (k < 0) return -1;
  const end = cursor + len;
  for (let q = end; q < e; q++) {
    const c = byteAt(q);
    if (!isSpace(c) && !isOneOf(c, '}$.')) return -1;
  }
  return k;
}

function sameAs(p: usize, e: usize, word: string): bool {
  cursor = p;
  limit = e;
  const n = word.length;
  for (let i = 0; i < n; i++) if (nextCharacter(true) != <i32>word.charCodeAt(i)) return false;
  return nextCharacter(true) == 0;
}

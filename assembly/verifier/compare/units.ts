// Words behind numbers: units with their sizes, multipliers, small numbers in words.
import { elementAt, nil, setElement } from '../memory';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Currency } from '../parse/tables';
import { Char } from '../read/characters';
import { Names } from '../read/names';
import { sameText } from '../read/plain';
import { byteAt, isLetter, isOneOf, isSpace, skipLetters, skipText, toLower } from '../read/text';

/** What a unit measures. Units of different kinds are never equal. */
const enum Measure {
  LENGTH,
  INCHES,
  MASS,
  POUNDS,
  TIME,
  VOLUME,
  DOLLARS,
  YUAN,
  EUROS,
  RUPEES,
  MONTHS,
  MILES_PER_HOUR,
  KILOMETRES_PER_HOUR,
  RADIANS,
  GALLONS,
  TONS,
  POINTS,
  DEGREES,
}

const MAX_UNITS: i32 = 64;
/** Words of a unit: Measure.*, and the size as a fraction. */
const UNIT_WORDS: i32 = 3;
const sizes: usize = heap.alloc((<usize>(MAX_UNITS * UNIT_WORDS)) << 2);
const UNITS = new Names(256);
let unitCount: i32 = 0;

function unit(spellings: string, measure: i32, numerator: i32, denominator: i32 = 1): void {
  UNITS.add(spellings, unitCount);
  setElement<i32>(sizes, unitCount * UNIT_WORDS, measure);
  setElement<i32>(sizes, unitCount * UNIT_WORDS + 1, numerator);
  setElement<i32>(sizes, unitCount * UNIT_WORDS + 2, denominator);
  unitCount++;
}

unit('mm/millimeter/millimeters/millimetre/millimetres', Measure.LENGTH, 1, 1000);
unit('cm/centimeter/centimeters/centimetre/centimetres', Measure.LENGTH, 1, 100);
unit('dm/decimeter/decimeters', Measure.LENGTH, 1, 10);
unit('m/meter/meters/metre/metres', Measure.LENGTH, 1);
unit('km/kilometer/kilometers/kilometre/kilometres', Measure.LENGTH, 1000);
unit('in/inch/inches', Measure.INCHES, 1);
unit('ft/foot/feet', Measure.INCHES, 12);
unit('yd/yard/yards', Measure.INCHES, 36);
unit('mi/mile/miles', Measure.INCHES, 63360);
unit('mg/milligram/milligrams', Measure.MASS, 1, 1000);
unit('g/gram/grams', Measure.MASS, 1);
unit('kg/kilogram/kilograms', Measure.MASS, 1000);
unit('oz/ounce/ounces', Measure.POUNDS, 1);
unit('lb/lbs/pound/pounds', Measure.POUNDS, 16);
unit('ms/millisecond/milliseconds', Measure.TIME, 1, 1000);
unit('s/sec/secs/second/seconds', Measure.TIME, 1);
unit('min/mins/minute/minutes', Measure.TIME, 60);
unit('h/hr/hrs/hour/hours', Measure.TIME, 3600);
unit('day/days', Measure.TIME, 86400);
unit('week/weeks', Measure.TIME, 604800);
unit('ml/milliliter/milliliters', Measure.VOLUME, 1, 1000);
unit('l/liter/liters/litre/litres', Measure.VOLUME, 1);
unit('cent/cents', Measure.DOLLARS, 1, 100);
unit('dollar/dollars/usd', Measure.DOLLARS, 1);
unit('yuan/rmb/cny', Measure.YUAN, 1);
unit('euro/euros/eur', Measure.EUROS, 1);
unit('rupee/rupees', Measure.RUPEES, 1);
unit('month/months', Measure.MONTHS, 1);
unit('year/years/yr/yrs', Measure.MONTHS, 12);
unit('mph', Measure.MILES_PER_HOUR, 1);
unit('kmh/kph', Measure.KILOMETRES_PER_HOUR, 1);
unit('rad/radian/radians', Measure.RADIANS, 1);
unit('gallon/gallons/gal', Measure.GALLONS, 4);
unit('quart/quarts', Measure.GALLONS, 1);
unit('pint/pints', Measure.GALLONS, 1, 2);
unit('ton/tons/tonne/tonnes', Measure.TONS, 1);
unit('point/points', Measure.POINTS, 1);
unit('degree/degrees', Measure.DEGREES, 1);

/** Letters that are units right behind a number in mathematics: 3s, 5m/s. */
export const UNIT_LETTERS: string = 'msghLJNWV';

const MULTIPLIERS = new Names(16)
  .add('dozen', 12)
  .add('hundred', 100)
  .add('thousand', 1_000)
  .add('million', 1_000_000)
  .add('billion', 1_000_000_000)
  .add('trillion', 1);

const POWER_WORDS = new Names(8).add('square/sq', 2).add('cubic/cu', 3);
/** Words behind an amount of money that are no other unit. */
const AMOUNT_WORDS = new Names(32).add(
  'per/each/every/in/total/altogether/left/left over/hundred/thousand/million/billion/trillion/extra/profit/only/a/an',
);
const ORDINAL_ENDINGS = new Names(8).add('st/nd/rd/th');
/** Words that do not measure what stands before them. */
const CONDITION_WORDS = new Names(16).add('odd/even/prime/composite/positive/nonnegative');
const DEGREE_WORDS = new Names(8).add('deg/degree/degrees');

/** Where the first word of a note starts, markup passed over; `e` where there is none. */
function firstWord(p: usize, e: usize): usize {
  while (p < e) {
    const c = byteAt(p);
    if (c == Char.BACKSLASH) {
      const q = skipLetters(p + 1, e);
      p = q == p + 1 ? p + 2 : q;
    } else if (isLetter(c)) return p;
    else p++;
  }
  return e;
}

/** Value of the first word in a table, or -1. */
function findFirst(p: usize, e: usize, table: Names): i32 {
  const word = firstWord(p, e);
  return table.find(word, <i32>(skipLetters(word, e) - word), true);
}

/** Factor that the words after a number stand for by themselves: million, dozen; null when none. */
export function multiplier(p: usize, e: usize): Rat {
  const found = findFirst(p, e, MULTIPLIERS);
  if (found < 0) return nil<Rat>();
  return found == 1 ? rat.pow(rat.ofI32(10), 12) : rat.ofI32(found);
}

/** A note read as one unit, with "square", "cubic" or a power. */
@unmanaged
class Unit {
  /** number of the unit, or -1 */
  entry: i32;
  power: i32;
  /** nothing else stands in the note */
  isAll: bool;

  get measure(): i32 {
    return elementAt<i32>(sizes, this.entry * UNIT_WORDS);
  }

  get size(): Rat {
    return sizeOf(this.entry);
  }

  read(p: usize, e: usize): void {
    this.entry = -1;
    this.power = 1;
    this.isAll = false;
    let word = firstWord(p, e);
    if (word == e) return;
    let end = skipLetters(word, e);
    // 22nd day
    if (ORDINAL_ENDINGS.has(word, <i32>(end - word))) {
      word = firstWord(end, e);
      end = skipLetters(word, e);
    }
    const prefix = POWER_WORDS.find(word, <i32>(end - word), true);
    if (prefix > 0) {
      this.power = prefix;
      word = firstWord(end, e);
      if (word == e) return;
      end = skipLetters(word, e);
    }
    this.entry = UNITS.find(word, <i32>(end - word), true);
    this.isAll = this.entry >= 0 && this.readPower(end, e);
  }

  /** Reads the power behind the unit; false where anything else stands there. */
  readPower(q: usize, e: usize): bool {
    while (q < e) {
      const c = byteAt(q);
      let power = c == Char.TWO || c == Char.THREE ? c - Char.ZERO : 0;
      let next = q + 1;
      if (power == 0 && skipText(q, e, '²') > 0) power = 2;
      else if (power == 0 && skipText(q, e, '³') > 0) power = 3;
      if (power > 0) {
        if (this.power != 1) return false;
        this.power = power;
        if (c != Char.TWO && c != Char.THREE) next++;
      } else if (!isSpace(c) && !isOneOf(c, '{}$.^')) return false;
      q = next;
    }
    return true;
  }
}

function sizeOf(entry: i32): Rat {
  return rat.ofFraction(elementAt<i32>(sizes, entry * UNIT_WORDS + 1), elementAt<i32>(sizes, entry * UNIT_WORDS + 2));
}

const first = changetype<Unit>(memory.data(16, 4));
const second = changetype<Unit>(memory.data(16, 4));

/** Factor from the second unit to the first; 1 for the same unit or none known; null where the notes contradict each other. */
export function unitFactor(p: usize, pe: usize, q: usize, qe: usize): Rat {
  const same = rat.ofI32(1);
  if (sameText(p, pe, q, qe, true)) return same;
  first.read(p, pe);
  second.read(q, qe);
  if (first.isAll && second.isAll) {
    if (first.power != second.power) return nil<Rat>();
    if (first.entry == second.entry) return same;
    if (first.measure != second.measure) return nil<Rat>();
    return rat.pow(rat.div(second.size, first.size), first.power);
  }
  one.read(p, pe);
  two.read(q, qe);
  if (one.count == 0 || two.count == 0) return same;
  if (first.entry >= 0 || second.entry >= 0) return nil<Rat>();
  return sameNoun() ? same : nil<Rat>();
}

/** Most words of a note that are compared. */
const MAX_WORDS: i32 = 12;

/** The words of a note, by their places; the endings of ordinal numbers are none. */
@unmanaged
class NoteWords {
  starts: usize;
  ends: usize;
  count: i32;

  read(p: usize, e: usize): void {
    this.count = 0;
    for (p = firstWord(p, e); p < e && this.count < MAX_WORDS; p = firstWord(p, e)) {
      const q = skipLetters(p, e);
      if (!ORDINAL_ENDINGS.has(p, <i32>(q - p))) {
        setElement<usize>(this.starts, this.count, p);
        setElement<usize>(this.ends, this.count, q);
        this.count++;
      }
      p = q;
    }
  }

  /** Whether the word at i and the word at j of another note are the same. */
  sameAt(i: i32, other: NoteWords, j: i32): bool {
    return sameWord(
      elementAt<usize>(this.starts, i),
      elementAt<usize>(this.ends, i),
      elementAt<usize>(other.starts, j),
      elementAt<usize>(other.ends, j),
    );
  }
}

const one = changetype<NoteWords>(memory.data(12, 4));
one.starts = memory.data(MAX_WORDS * 4, 4);
one.ends = memory.data(MAX_WORDS * 4, 4);
const two = changetype<NoteWords>(memory.data(12, 4));
two.starts = memory.data(MAX_WORDS * 4, 4);
two.ends = memory.data(MAX_WORDS * 4, 4);

/** Whether the two notes just read name one thing: the words of the shorter one start or end the other. */
function sameNoun(): bool {
  const n = min(one.count, two.count);
  let starts = true;
  let ends = true;
  for (let i = 0; i < n; i++) {
    if (!one.sameAt(i, two, i)) starts = false;
    if (!one.sameAt(one.count - 1 - i, two, two.count - 1 - i)) ends = false;
  }
  return starts || ends;
}

/** Whether two words are the same, plural or singular. */
function sameWord(a: usize, ae: usize, b: usize, be: usize): bool {
  const an = <i32>(ae - a);
  const bn = <i32>(be - b);
  const n = min(an, bn);
  const ending = (an > bn ? a : b) + <usize>n;
  const more = abs(an - bn);
  const isPlural =
    more == 0 ||
    (more == 1 && byteAt(ending) == Char.s) ||
    (more == 2 && byteAt(ending) == Char.e && byteAt(ending + 1) == Char.s);
  if (!isPlural || (more > 0 && n < 3)) return false;
  for (let i: usize = 0; i < <usize>n; i++) if (toLower(byteAt(a + i)) != toLower(byteAt(b + i))) return false;
  return true;
}

/** Factor by which the unit of the words is larger than the unit of one letter (m, s, g, h, L), or null when they do not go together. */
export function letterUnit(p: usize, e: usize, letter: i32): Rat {
  first.read(p, e);
  const word = firstWord(p, e);
  if (byteAt(word) == letter && skipLetters(word, e) == word + 1 && firstWord(word + 1, e) == e) return rat.ofI32(1);
  if (!first.isAll || first.power != 1 || !isOneOf(letter, 'msghL')) return nil<Rat>();
  const text = squeezedLetter(letter);
  const own = UNITS.find(text, 1, true);
  if (first.measure != elementAt<i32>(sizes, own * UNIT_WORDS)) return nil<Rat>();
  return rat.div(first.size, sizeOf(own));
}

const letterBuffer: usize = memory.data(4);

function squeezedLetter(letter: i32): usize {
  store<u8>(letterBuffer, <u8>letter);
  return letterBuffer;
}

/** Whether a currency sign (its code point) goes with the words behind another number: no other unit, and no cents. */
export function isMoney(p: usize, e: usize, sign: i32): bool {
  first.read(p, e);
  if (first.entry < 0) return findFirst(p, e, AMOUNT_WORDS) >= 0;
  if (!first.isAll) return false;
  return first.measure == measureOf(sign) && rat.isOne(first.size) && first.power == 1;
}

function measureOf(sign: i32): i32 {
  switch (sign) {
    case Currency.DOLLAR:
    case Currency.CENT:
      return Measure.DOLLARS;
    case Currency.YEN:
      return Measure.YUAN;
    case Currency.EURO:
      return Measure.EUROS;
    case Currency.RUPEE:
      return Measure.RUPEES;
  }
  return -1;
}

/** Whether the words behind a name say which of its values are meant: n odd. */
export function saysCondition(p: usize, e: usize): bool {
  return findFirst(p, e, CONDITION_WORDS) >= 0;
}

/** Whether the words are a degree sign spelled out. */
export function saysDegrees(p: usize, e: usize): bool {
  return findFirst(p, e, DEGREE_WORDS) >= 0;
}

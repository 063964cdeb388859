// Words behind numbers: units with their sizes, multipliers, small numbers in words.
import { elementAt, nil, setElement } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Currency } from '../parse/tables';
import { hasKind, kid, Kind, Node } from '../parse/tree';
import { Char } from '../read/characters';
import { Names } from '../read/names';
import { sameText } from '../read/plain';
import { byteAt, isDigit, isLetter, isOneOf, isSpace, isWordAt, skipLetters, skipText, toLower } from '../read/text';

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
  RADIANS,
  GALLONS,
  TONS,
  POINTS,
  DEGREES,
  FORCE,
  ENERGY,
  POWER,
  VOLTAGE,
  CURRENT,
  CHARGE,
  TEMPERATURE,
  PRESSURE,
  AMOUNT,
  FREQUENCY,
  COUNT,
}

const MAX_UNITS: i32 = 64;
/** Words of a unit: Measure.*, the size as a fraction, and Measure.* that it is per one of, or NOTHING. */
const UNIT_WORDS: i32 = 4;
const NOTHING: i32 = -1;
const sizes: usize = heap.alloc((<usize>(MAX_UNITS * UNIT_WORDS)) << 2);
const UNITS = new Names(256);
let unitCount: i32 = 0;

function unit(spellings: string, measure: i32, numerator: i32, denominator: i32 = 1, per: i32 = NOTHING): void {
  UNITS.add(spellings, unitCount);
  setElement<i32>(sizes, unitCount * UNIT_WORDS, measure);
  setElement<i32>(sizes, unitCount * UNIT_WORDS + 1, numerator);
  setElement<i32>(sizes, unitCount * UNIT_WORDS + 2, denominator);
  setElement<i32>(sizes, unitCount * UNIT_WORDS + 3, per);
  unitCount++;
}

unit('mm/millimeter/millimetre', Measure.LENGTH, 1, 1000);
unit('cm/centimeter/centimetre', Measure.LENGTH, 1, 100);
unit('dm/decimeter', Measure.LENGTH, 1, 10);
unit('m/meter/metre', Measure.LENGTH, 1);
unit('km/kilometer/kilometre', Measure.LENGTH, 1000);
unit('in/inch/inches', Measure.INCHES, 1);
unit('ft/foot/feet', Measure.INCHES, 12);
unit('yd/yard', Measure.INCHES, 36);
unit('mi/mile', Measure.INCHES, 63360);
unit('mg/milligram', Measure.MASS, 1, 1000);
unit('g/gram', Measure.MASS, 1);
unit('kg/kilogram', Measure.MASS, 1000);
unit('oz/ounce', Measure.POUNDS, 1);
unit('lb/pound', Measure.POUNDS, 16);
unit('ms/millisecond', Measure.TIME, 1, 1000);
unit('s/sec/second', Measure.TIME, 1);
unit('min/minute', Measure.TIME, 60);
unit('h/hr/hour', Measure.TIME, 3600);
unit('day', Measure.TIME, 86400);
unit('week', Measure.TIME, 604800);
unit('ml/milliliter', Measure.VOLUME, 1, 1000);
unit('l/liter/litre', Measure.VOLUME, 1);
unit('cent', Measure.DOLLARS, 1, 100);
unit('dollar/usd', Measure.DOLLARS, 1);
unit('yuan/rmb/cny', Measure.YUAN, 1);
unit('euro/eur', Measure.EUROS, 1);
unit('rupee', Measure.RUPEES, 1);
unit('month', Measure.MONTHS, 1);
unit('year/yr', Measure.MONTHS, 12);
unit('mph', Measure.INCHES, 63360, 3600, Measure.TIME);
unit('kmh/kph', Measure.LENGTH, 1000, 3600, Measure.TIME);
unit('rad/radian', Measure.RADIANS, 1);
unit('gallon/gal', Measure.GALLONS, 4);
unit('quart', Measure.GALLONS, 1);
unit('pint', Measure.GALLONS, 1, 2);
unit('ton/tonne', Measure.TONS, 1);
unit('point', Measure.POINTS, 1);
unit('degree', Measure.DEGREES, 1);
unit('N/newton', Measure.FORCE, 1);
unit('kN', Measure.FORCE, 1000);
unit('J/joule', Measure.ENERGY, 1);
unit('kJ/kilojoule', Measure.ENERGY, 1000);
unit('W/watt', Measure.POWER, 1);
unit('kW/kilowatt', Measure.POWER, 1000);
unit('V/volt', Measure.VOLTAGE, 1);
unit('C/coulomb', Measure.CHARGE, 1);
unit('A/amp/ampere', Measure.CURRENT, 1);
unit('K/kelvin', Measure.TEMPERATURE, 1);
unit('Pa/pascal', Measure.PRESSURE, 1);
unit('kPa', Measure.PRESSURE, 1000);
unit('mol/mole', Measure.AMOUNT, 1);
unit('Hz/hertz', Measure.FREQUENCY, 1);

/** Letters that are units right behind a number in mathematics: 3s, 5m/s. */
export const UNIT_LETTERS: string = 'msghLJNWV';

const MULTIPLIERS = new Names(16)
  .add('dozen', 12)
  .add('hundred', 100)
  .add('thousand', 1_000)
  .add('million', 1_000_000)
  .add('billion', 1_000_000_000)
  .add('trillion', 1);

/** Most units of one note. */
const MAX_FACTORS: i32 = 6;
/** Where the powers of a measure stop to grow. */
const MAX_POWER: i32 = 100;
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

/** The number of the unit that the letters [p, q) name, or -1: case counts in kJ and N, and not in CM. */
function findUnit(p: usize, q: usize): i32 {
  const n = <i32>(q - p);
  let found = UNITS.find(p, n);
  if (found < 0) found = UNITS.find(p, n, true);
  // plural
  return found < 0 && n > 2 && byteAt(q - 1) == Char.s ? UNITS.find(p, n - 1, true) : found;
}

/** A unit with its powers and divisors: square metres, km/h, m s^{-2}, miles per hour. */
@unmanaged
class Unit {
  /** powers of the measures, one byte each */
  powers: usize;
  size: Rat;
  /** units read */
  count: i32;
  /** nothing else stands in the note */
  isAll: bool;
  /** the power that skipPower read */
  power: i32;

  start(): void {
    memory.fill(this.powers, 0, Measure.COUNT);
    this.size = rat.ofI32(1);
    this.count = 0;
    this.isAll = false;
  }

  /** Multiplies with a power of a unit. */
  add(entry: i32, power: i32): void {
    const at = entry * UNIT_WORDS;
    const size = rat.ofFraction(elementAt<i32>(sizes, at + 1), elementAt<i32>(sizes, at + 2));
    const per = elementAt<i32>(sizes, at + 3);
    this.raise(elementAt<i32>(sizes, at), power);
    if (per != NOTHING) this.raise(per, -power);
    this.size = rat.mul(this.size, rat.pow(size, power));
    this.count++;
  }

  raise(measure: i32, power: i32): void {
    const at = this.powers + <usize>measure;
    store<i8>(at, <i8>max(-MAX_POWER, min(MAX_POWER, <i32>load<i8>(at) + power)));
  }

  measuresAs(other: Unit): bool {
    return memory.compare(this.powers, other.powers, Measure.COUNT) == 0;
  }

  read(p: usize, e: usize): void {
    this.start();
    let sign = 1;
    let power = 1;
    while (p < e) {
      const c = byteAt(p);
      if (c == Char.BACKSLASH) p = max(skipLetters(p + 1, e), p + 2);
      else if (isLetter(c)) {
        const q = skipLetters(p, e);
        const n = <i32>(q - p);
        const raised = POWER_WORDS.find(p, n, true);
        if (raised > 0) power = raised;
        else if (isWordAt(p, q, 'per')) sign = -1;
        // 22nd day
        else if (this.count > 0 || !ORDINAL_ENDINGS.has(p, n)) {
          const entry = findUnit(p, q);
          if (entry < 0 || this.count == MAX_FACTORS) return;
          p = this.skipPower(q, e);
          if (this.power != 1 && power != 1) return;
          this.add(entry, sign * power * this.power);
          power = 1;
          continue;
        }
        p = q;
      } else if (c == Char.SLASH) {
        sign = -1;
        p++;
      } else if (isSpace(c) || isOneOf(c, '{}()$.*')) p++;
      else if (skipText(p, e, '·') > 0) p += 2;
      else return;
    }
    this.isAll = this.count > 0 && power == 1;
  }

  /** Position behind the power of a unit at q, which is noted: m^2, m^{-2}, m². */
  skipPower(q: usize, e: usize): usize {
    this.power = 1;
    let at = q;
    while (at < e && isOneOf(byteAt(at), '{}^ $')) at++;
    const minus = at < e && byteAt(at) == Char.MINUS;
    if (minus) at++;
    const c = at < e ? byteAt(at) : 0;
    const small = skipText(at, e, '²') > 0 ? 2 : skipText(at, e, '³') > 0 ? 3 : 0;
    if (small == 0 && (c <= Char.ZERO || c > Char.THREE || (at + 1 < e && isDigit(byteAt(at + 1))))) return q;
    this.power = (minus ? -1 : 1) * (small > 0 ? small : c - Char.ZERO);
    return at + (small > 0 ? 2 : 1);
  }

  /** Multiplies with a power of the units in a product: m/s^2 of 9.8 m/s^2. */
  readNode(x: Node, power: i32): void {
    if (x.kind == Kind.SYM) {
      store<u8>(letterBuffer, <u8>x.symbol);
      const entry = findUnit(letterBuffer, letterBuffer + 1);
      // e is a number
      if (entry >= 0) this.add(entry, power);
    } else if (x.kind == Kind.POW) {
      const n = kid(x, 1);
      this.readNode(kid(x, 0), n.kind == Kind.NEG ? -power * int.toI32(kid(n, 0).value.num) : power * int.toI32(n.value.num));
    } else if (x.kind == Kind.DIV) {
      this.readNode(kid(x, 0), power);
      this.readNode(kid(x, 1), -power);
    } else for (let i = 0; i < x.n; i++) if (hasKind(kid(x, i), Kind.SYM)) this.readNode(kid(x, i), power);
  }
}

const letterBuffer: usize = memory.data(4);

const first = changetype<Unit>(memory.data(20, 4));
const second = changetype<Unit>(memory.data(20, 4));
first.powers = memory.data(Measure.COUNT);
second.powers = memory.data(Measure.COUNT);

/** Factor from the second unit to the first; 1 for the same unit or none known; null where the notes contradict each other. */
export function unitFactor(p: usize, pe: usize, q: usize, qe: usize): Rat {
  const same = rat.ofI32(1);
  if (sameText(p, pe, q, qe, true)) return same;
  first.read(p, pe);
  second.read(q, qe);
  if (first.isAll && second.isAll) return first.measuresAs(second) ? rat.div(second.size, first.size) : nil<Rat>();
  one.read(p, pe);
  two.read(q, qe);
  if (one.count == 0 || two.count == 0) return same;
  if (first.count > 0 || second.count > 0) return nil<Rat>();
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

/** Factor by which the unit of the words is larger than that of the letters which end the product x, or null when they do not go together. */
export function letterUnit(p: usize, e: usize, x: Node): Rat {
  first.read(p, e);
  second.start();
  second.readNode(x, 1);
  return first.isAll && first.measuresAs(second) ? rat.div(first.size, second.size) : nil<Rat>();
}

/** Whether a currency sign (its code point) goes with the words behind another number: no other unit, and no cents. */
export function isMoney(p: usize, e: usize, sign: i32): bool {
  first.read(p, e);
  if (first.count == 0) return findFirst(p, e, AMOUNT_WORDS) >= 0;
  const measure = measureOf(sign);
  if (!first.isAll || measure < 0 || !rat.isOne(first.size)) return false;
  second.start();
  second.raise(measure, 1);
  return first.measuresAs(second);
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

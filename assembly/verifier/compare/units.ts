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
import {
  byteAt,
  bytesOf,
  isDigit,
  isLetter,
  isOneOf,
  isSpace,
  isWordAt,
  sameBytes,
  skipLetters,
  skipText,
  toLower,
} from '../read/text';

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
/** Words of a unit: Measure.*, the size as a fraction, and what it is per one of: Measure.* + 1, or 0. */
const UNIT_WORDS: i32 = 4;
const sizes: usize = heap.alloc((<usize>(MAX_UNITS * UNIT_WORDS)) << 2);
const UNITS = new Names(256);

/**
 * The measures in their order, divided by `;`, each with its units, divided by `,`: the spellings, divided by `/`; behind spaces the size, what
 * it is divided by, and what it is per one of, where they are not 1, 1 and 0.
 */
function addUnits(rows: string): void {
  let from = bytesOf(rows);
  let measure = Measure.LENGTH;
  let unit = -1;
  let word = UNIT_WORDS;
  let number = 0;
  for (let p = from; ; p++) {
    if (word == UNIT_WORDS) {
      unit++;
      word = 0;
      const at = unit * UNIT_WORDS;
      setElement<i32>(sizes, at, measure);
      setElement<i32>(sizes, at + 1, 1);
      setElement<i32>(sizes, at + 2, 1);
      setElement<i32>(sizes, at + 3, 0);
    }
    const c = byteAt(p);
    if (isDigit(c)) number = number * 10 + c - Char.ZERO;
    if (isDigit(c) || isLetter(c)) continue;
    if (word == 0) UNITS.insert(from, p, unit);
    else setElement<i32>(sizes, unit * UNIT_WORDS + word, number);
    if (c == 0) return;
    from = p + 1;
    number = 0;
    if (c == Char.SPACE) word++;
    else if (c != Char.SLASH) word = UNIT_WORDS;
    if (c == Char.SEMICOLON) {
      measure++;
      // each measure stands on a line of its own
      from = ++p + 1;
    }
  }
}

// miles and kilometres are also measured per time, the fifth measure
addUnits(`mm/millimeter/millimetre 1 1000,cm/centimeter/centimetre 1 100,dm/decimeter 1 10,m/meter/metre,km/kilometer/kilometre 1000,kmh/kph 1000 3600 5;
in/inch/inches,ft/foot/feet 12,yd/yard 36,mi/mile 63360,mph 63360 3600 5;
mg/milligram 1 1000,g/gram,kg/kilogram 1000;
oz/ounce,lb/pound 16;
ms/millisecond 1 1000,s/sec/second,min/minute 60,h/hr/hour 3600,day 86400,week 604800;
ml/milliliter 1 1000,l/liter/litre;
cent 1 100,dollar/usd;
yuan/rmb/cny;
euro/eur;
rupee;
month,year/yr 12;
rad/radian;
gallon/gal 4,quart,pint 1 2;
ton/tonne;
point;
degree;
N/newton,kN 1000;
J/joule,kJ/kilojoule 1000;
W/watt,kW/kilowatt 1000;
V/volt;
A/amp/ampere;
C/coulomb;
K/kelvin;
Pa/pascal,kPa 1000;
mol/mole;
Hz/hertz`);

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
const POWER_WORDS = new Names(8).add('square/sq,cubic/cu', 2);
/** Words behind an amount of money that are no other unit. */
const AMOUNT_WORDS = 'per/each/every/in/total/altogether/left/hundred/thousand/million/billion/trillion/extra/profit/only/a/an';
const ORDINAL_ENDINGS = new Names(8).add('st/nd/rd/th');
/** Words that do not measure what stands before them. */
const CONDITION_WORDS = 'odd/even/prime/composite/positive/nonnegative';
const DEGREE_WORDS = 'deg/degree/degrees';

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

/** Whether the first word of a note is one of `words`. */
function startsWithWord(p: usize, e: usize, words: string): bool {
  return isWordAt(firstWord(p, e), e, words);
}

/** Factor that the words after a number stand for by themselves: million, dozen; null when none. */
export function multiplier(p: usize, e: usize): Rat {
  const word = firstWord(p, e);
  const found = MULTIPLIERS.find(word, <i32>(skipLetters(word, e) - word), true);
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
    if (per > 0) this.raise(per - 1, -power);
    this.size = rat.mul(this.size, rat.pow(size, power));
    this.count++;
  }

  raise(measure: i32, power: i32): void {
    const at = this.powers + <usize>measure;
    store<i8>(at, <i8>max(-MAX_POWER, min(MAX_POWER, <i32>load<i8>(at) + power)));
  }

  measuresAs(other: Unit): bool {
    return sameBytes(this.powers, other.powers, Measure.COUNT);
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
  if (first.count == 0) return startsWithWord(p, e, AMOUNT_WORDS);
  const measure = measureOf(sign);
  if (!first.isAll || measure < 0 || !rat.isOne(first.size)) return false;
  second.start();
  second.raise(measure, 1);
  return first.measuresAs(second);
}

/** Whether the words are cents and nothing else. */
export function saysCents(p: usize, e: usize): bool {
  first.read(p, e);
  second.start();
  second.raise(Measure.DOLLARS, 1);
  return first.isAll && first.measuresAs(second) && !rat.isOne(first.size);
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
  return startsWithWord(p, e, CONDITION_WORDS);
}

/** 0 where the words are "am" or "a.m.", 1 for "pm", -1 for others. */
export function halfOfDay(p: usize, e: usize): i32 {
  const word = firstWord(p, e);
  if (isWordAt(word, e, 'am')) return 0;
  if (isWordAt(word, e, 'pm')) return 1;
  return word + 2 < e && byteAt(word + 1) == Char.POINT && toLower(byteAt(word + 2)) == Char.m
    ? toLower(byteAt(word)) == Char.p
      ? 1
      : 0
    : -1;
}

/** Whether the words are a degree sign spelled out. */
export function saysDegrees(p: usize, e: usize): bool {
  return startsWithWord(p, e, DEGREE_WORDS);
}

// Numbers with units, and ratios.
import { isConstantNode } from '../algebra/sampling';
import { equalScalar, sameValue } from '../algebra/scalar';
import { failed } from '../arena';
import { isNull, nil } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Sign } from '../parse/symbols';
import { binary, hasKind, integer, kid, Kind, Node, number, Separator, unary, withKid } from '../parse/tree';
import { policy } from '../policy';
import { isOneOf } from '../read/text';
import { Flag } from '../status';
import { equalItem, sameKids } from './equality';
import { halfOfDay, letterUnit, multiplier, saysCondition, saysDegrees, UNIT_LETTERS, unitFactor } from './units';

export function bare(x: Node): Node {
  while (x.kind == Kind.NOTED) x = kid(x, 0);
  return x;
}

const TEN: i32 = 10;
/** Largest power of a unit. */
const MAX_POWER: i32 = 9;

/** Unit letters behind a number in mathematics: 3s, 5m/s; `known`: the other side has a unit, so that 300 K may be one. */
function isUnitExpression(x: Node, known: bool): bool {
  if (x.kind == Kind.SYM) return isOneOf(x.symbol, UNIT_LETTERS) || (known && isOneOf(x.symbol, 'KAC'));
  if (x.kind == Kind.POW) {
    const power = kid(x, 1).kind == Kind.NEG && known ? kid(kid(x, 1), 0) : kid(x, 1);
    return (
      kid(x, 0).kind == Kind.SYM &&
      isUnitExpression(kid(x, 0), known) &&
      integerValue(power) > 0 &&
      integerValue(power) <= MAX_POWER
    );
  }
  if (x.kind == Kind.DIV) return isUnitExpression(kid(x, 0), known) && isUnitExpression(kid(x, 1), known);
  return false;
}

/** 10^8 */
function isPowerOfTen(x: Node): bool {
  return x.kind == Kind.POW && integerValue(kid(x, 0)) == TEN;
}

/** The number when x is a number times a unit letter, or null; `known`: the other side has a unit, and both may be products. */
export function withoutUnit(x: Node, known: bool = false): Node {
  if (x.kind == Kind.NEG) {
    const v = withoutUnit(kid(x, 0), known);
    return isNull(v) ? v : unary(Kind.NEG, v);
  }
  if (x.kind == Kind.DIV && isUnitExpression(kid(x, 1), known)) return withoutUnit(kid(x, 0), known);
  if (x.kind != Kind.MUL || (x.n > 2 && !known && !isPowerOfTen(kid(x, 1)))) return nil<Node>();
  let v = kid(x, 0);
  let i = 1;
  while (i < x.n && isConstantNode(kid(x, i))) v = binary(Kind.MUL, v, kid(x, i++));
  if (i == x.n || !isConstantNode(v)) return nil<Node>();
  for (; i < x.n; i++) if (!isUnitExpression(kid(x, i), known)) return nil<Node>();
  return v;
}

export function equalNumbers(g: Node, p: Node): bool {
  // ② and 2
  if (circledNumber(g) > 0 && p.kind == Kind.NUM) return rat.equal(p.value, rat.ofI32(circledNumber(g)));
  if (circledNumber(p) > 0 && g.kind == Kind.NUM) return rat.equal(g.value, rat.ofI32(circledNumber(p)));
  // degrees: the sign may be left out, but 90° is π/2
  if (g.kind == Kind.DEGREE && p.kind != Kind.DEGREE && !hasKind(p, Kind.PI) && !hasKind(p, Kind.DEGREE))
    return equalScalar(kid(g, 0), p);
  if (p.kind == Kind.DEGREE && g.kind != Kind.DEGREE && !hasKind(g, Kind.PI) && !hasKind(g, Kind.DEGREE))
    return equalScalar(g, kid(p, 0));
  // asked for in percent: 35% is 35, and then 3500% is not
  if (!policy.has(Flag.HUNDREDTHS) && p.kind == Kind.PERCENT && g.kind == Kind.NUM && rat.compare(g.value, rat.ofI32(1)) > 0)
    return equalScalar(g, kid(p, 0));
  if (equalScalar(g, p)) return true;
  if (isConstantNode(g)) {
    const v = withoutUnit(p);
    if (!isNull(v)) return equalScalar(g, v);
  }
  // 3 × 10^8 m/s
  const number = g.kind == Kind.DIV ? kid(g, 0) : g;
  if (number.kind == Kind.MUL && number.n > 2 && isPowerOfTen(kid(number, 1)) && isConstantNode(p)) {
    const v = withoutUnit(g);
    if (!isNull(v)) return equalScalar(v, p);
  }
  return false;
}

/** The number in the circle, or 0. */
function circledNumber(x: Node): i32 {
  return x.kind == Kind.SYM && x.symbol >= Sign.CIRCLED && x.symbol < Sign.CIRCLED + 20 ? x.symbol - Sign.CIRCLED + 1 : 0;
}

function times(x: Node, factor: Rat): Node {
  if (rat.isOne(factor)) return x;
  if (x.kind == Kind.NUM) return number(rat.mul(x.value, factor), x.decimals);
  return binary(Kind.MUL, number(factor), x);
}

/** 1 hour 30 minutes as hours: parts of one measure whose units get smaller; other answers as they are. */
export function compound(x: Node): Node {
  const isSum = x.kind == Kind.ADD || (x.kind == Kind.LIST && x.separators == Separator.AND);
  if (!isSum || x.n < 2 || kid(x, 0).kind != Kind.NOTED) return x;
  const first = kid(x, 0);
  let sum = kid(first, 0);
  for (let i = 1; i < x.n; i++) {
    const part = kid(x, i);
    if (part.kind != Kind.NOTED) return x;
    const factor = unitFactor(first.from, first.to, part.from, part.to);
    if (isNull(factor) || rat.compare(factor, rat.ofI32(1)) >= 0) return x;
    sum = binary(Kind.ADD, sum, times(kid(part, 0), factor));
  }
  return withKid(first, 0, sum);
}

/** A value with its words: multipliers (5 million) are worked in; `from`/`to` are left for the unit. */
export function equalNoted(g: Node, p: Node): bool {
  const gv = bare(g);
  const pv = bare(p);
  let a = gv;
  let b = pv;
  let gUnit = g.kind == Kind.NOTED;
  let pUnit = p.kind == Kind.NOTED;
  if (gUnit) {
    const m = multiplier(g.from, g.to);
    if (!isNull(m)) {
      a = times(gv, m);
      gUnit = false;
    }
  }
  if (pUnit) {
    const m = multiplier(p.from, p.to);
    if (!isNull(m)) {
      b = times(pv, m);
      pUnit = false;
    }
  }
  if (gUnit && pUnit) {
    const factor = unitFactor(g.from, g.to, p.from, p.to);
    if (isNull(factor)) return false;
    if (!rat.isOne(factor)) b = times(b, factor);
  }
  if (gUnit != pUnit) {
    const note = gUnit ? g : p;
    const other = gUnit ? b : a;
    // 2:15 pm and 14:15
    const time = onClock(note);
    if (!isNull(time) && equalItem(time, other)) return true;
    // "A circle" is no A
    if (other.kind == Kind.SYM) return false;
    // 90° and 90 dollars
    if (other.kind == Kind.DEGREE && !saysDegrees(note.from, note.to)) return false;
    if (other.kind == Kind.PERCENT) return false;
    // 2:3 and 2/3 hours, 2/5 and 12:30 PM
    if ((other.kind == Kind.RATIO) != (bare(note).kind == Kind.RATIO)) return false;
    // n odd
    if (!isConstantNode(bare(note)) && saysCondition(note.from, note.to)) return false;
    // 10 cm and 10 m, the m read as a letter
    const value = withoutUnit(other, true);
    if (!isNull(value)) {
      const factor = letterUnit(note.from, note.to, other);
      if (isNull(factor)) return false;
      return gUnit ? equalItem(times(a, factor), value) : equalItem(value, times(b, factor));
    }
  }
  return equalItem(a, b);
}

/** A time with "am" or "pm" behind it as that of a clock of 24 hours; null for anything else. */
function onClock(x: Node): Node {
  const time = bare(x);
  const half = halfOfDay(x.from, x.to);
  if (half < 0 || time.kind != Kind.RATIO || !isTime(time, true)) return nil<Node>();
  return withKid(time, 0, integer((integerValue(kid(time, 0)) % NOON) + half * NOON));
}

export function equalRatios(g: Node, p: Node): bool {
  const isClock = g.kind == Kind.RATIO && isTime(g, true);
  if (g.kind == Kind.RATIO && p.kind == Kind.RATIO) {
    if (g.n != p.n) return false;
    if (sameKids(g, p)) return g.mayBeTime == p.mayBeTime || !(isClock || isTime(p, false));
    if (isClock || isTime(p, false) || hasZero(g) || hasZero(p)) return false;
    // proportional: cross products with the first term
    for (let i = 1; i < g.n; i++) {
      const left = binary(Kind.MUL, kid(g, i), kid(p, 0));
      const right = binary(Kind.MUL, kid(p, i), kid(g, 0));
      if (!sameValue(left, right)) return false;
    }
    return !failed;
  }
  const r = g.kind == Kind.RATIO ? g : p;
  return r.n == 2 && !isClock && !isTime(r, false) && !hasZero(r) && equalScalar(g, p);
}

/** Hours of a day, and of half of it. */
const HOURS: i32 = 24;
const NOON: i32 = 12;
/** Smallest number of two digits. */
const TWO_DIGITS: i32 = 10;

/**
 * Whether a ratio is a time of day: hours and minutes, which do not reduce to smaller numbers than minutes are written with; `written`: in its
 * form alone.
 */
function isTime(x: Node, written: bool): bool {
  if (!x.mayBeTime) return false;
  const a = integerValue(kid(x, 0));
  const b = integerValue(kid(x, 1));
  if (a < 0 || a > HOURS || b < 0) return false;
  return written || x.n > 2 || b < TWO_DIGITS || b / int.toI32(int.gcd(int.fromU64(<u64>a), int.fromU64(<u64>b))) >= TWO_DIGITS;
}

/** A small integer of at least 0, or -1. */
function integerValue(x: Node): i32 {
  return x.isInteger && int.fitsI32(x.value.num) ? int.toI32(x.value.num) : -1;
}

function hasZero(x: Node): bool {
  for (let i = 0; i < x.n; i++) if (kid(x, i).kind == Kind.NUM && rat.isZero(kid(x, i).value)) return true;
  return false;
}

// Numbers with units, ratios, and answers in words.
import { isConstantNode } from '../algebra/sampling';
import { equalScalar, sameValue } from '../algebra/scalar';
import { infinity, isInterval } from '../algebra/sets';
import { failed } from '../arena';
import { isNull, nil } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Space } from '../parse/symbols';
import { binary, hasKind, kid, Kind, Node, number, unary } from '../parse/tree';
import { sameText, saysAllReals, saysNone } from '../read/plain';
import { isOneOf } from '../read/text';
import { equalItem, sameKids } from './equality';
import { letterUnit, multiplier, numberWord, saysDegrees, UNIT_LETTERS, unitFactor } from './units';

export function bare(x: Node): Node {
  while (x.kind == Kind.NOTED) x = kid(x, 0);
  return x;
}

/** Unit letters behind a number in mathematics: 3s, 5m/s. */
function isUnitExpression(x: Node): bool {
  if (x.kind == Kind.SYM) return isOneOf(x.symbol, UNIT_LETTERS);
  if (x.kind == Kind.POW) return isUnitExpression(kid(x, 0)) && kid(x, 1).kind == Kind.NUM;
  if (x.kind == Kind.DIV) return isUnitExpression(kid(x, 0)) && isUnitExpression(kid(x, 1));
  return false;
}

/** The number when x is a number times a unit letter, or null. */
function withoutUnit(x: Node): Node {
  if (x.kind == Kind.NEG) {
    const v = withoutUnit(kid(x, 0));
    return isNull(v) ? v : unary(Kind.NEG, v);
  }
  if (x.kind == Kind.MUL && x.n == 2 && isUnitExpression(kid(x, 1)) && isConstantNode(kid(x, 0))) return kid(x, 0);
  if (x.kind == Kind.DIV && isUnitExpression(kid(x, 1))) return withoutUnit(kid(x, 0));
  return nil<Node>();
}

export function equalNumbers(g: Node, p: Node): bool {
  // degrees: the sign may be left out, but 90° is π/2
  if (g.kind == Kind.DEGREE && p.kind != Kind.DEGREE && !hasKind(p, Kind.PI) && !hasKind(p, Kind.DEGREE))
    return equalScalar(kid(g, 0), p);
  if (p.kind == Kind.DEGREE && g.kind != Kind.DEGREE && !hasKind(g, Kind.PI) && !hasKind(g, Kind.DEGREE))
    return equalScalar(g, kid(p, 0));
  // asked for in percent: 35% is 35, and then 3500% is not
  if (p.kind == Kind.PERCENT && g.kind == Kind.NUM && rat.compare(g.value, rat.ofI32(1)) > 0) return equalScalar(g, kid(p, 0));
  if (equalScalar(g, p)) return true;
  if (isConstantNode(g)) {
    const v = withoutUnit(p);
    if (!isNull(v)) return equalScalar(g, v);
  }
  return false;
}

function times(x: Node, factor: Rat): Node {
  if (x.kind == Kind.NUM) return number(rat.mul(x.value, factor), x.decimals);
  return binary(Kind.MUL, number(factor), x);
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
    // "A circle" is no A
    if (other.kind == Kind.SYM) return false;
    // 90° and 90 dollars
    if (other.kind == Kind.DEGREE && !saysDegrees(note.from, note.to)) return false;
    if (other.kind == Kind.PERCENT) return false;
    // 10 cm and 10 m, the m read as a letter
    const value = withoutUnit(other);
    if (!isNull(value)) {
      const unit = kid(other, other.n - 1);
      if (unit.kind != Kind.SYM) return false;
      const factor = letterUnit(note.from, note.to, unit.symbol);
      if (isNull(factor)) return false;
      return gUnit ? equalItem(times(a, factor), value) : equalItem(value, times(b, factor));
    }
  }
  return equalItem(a, b);
}

export function equalRatios(g: Node, p: Node): bool {
  if (g.kind == Kind.RATIO && p.kind == Kind.RATIO) {
    if (g.n != p.n) return false;
    if (sameKids(g, p)) return true;
    if (isTime(g) || isTime(p) || hasZero(g) || hasZero(p)) return false;
    // proportional: cross products with the first term
    for (let i = 1; i < g.n; i++) {
      const left = binary(Kind.MUL, kid(g, i), kid(p, 0));
      const right = binary(Kind.MUL, kid(p, i), kid(g, 0));
      if (!sameValue(left, right)) return false;
    }
    return !failed;
  }
  const r = g.kind == Kind.RATIO ? g : p;
  return r.n == 2 && !isTime(r) && !hasZero(r) && equalScalar(g, p);
}

/** Hours of a day. */
const HOURS: i32 = 24;
/** Smallest number of two digits. */
const TWO_DIGITS: i32 = 10;

/** Whether a ratio is a time of day: hours and minutes, which do not reduce to smaller numbers than minutes are written with. */
function isTime(x: Node): bool {
  if (!x.mayBeTime) return false;
  const a = integerValue(kid(x, 0));
  const b = integerValue(kid(x, 1));
  if (a < 0 || a > HOURS || b < 0) return false;
  return x.n > 2 || b == 0 || b / int.toI32(int.gcd(int.fromU64(<u64>a), int.fromU64(<u64>b))) >= TWO_DIGITS;
}

/** A small integer of at least 0, or -1. */
function integerValue(x: Node): i32 {
  return x.kind == Kind.NUM && rat.isInteger(x.value) && int.fitsI32(x.value.num) ? int.toI32(x.value.num) : -1;
}

function hasZero(x: Node): bool {
  for (let i = 0; i < x.n; i++) if (kid(x, i).kind == Kind.NUM && rat.isZero(kid(x, i).value)) return true;
  return false;
}

export function equalText(g: Node, p: Node): bool {
  if (g.kind == Kind.TEXT && p.kind == Kind.TEXT) {
    if (saysNone(g.from, g.to)) return saysNone(p.from, p.to);
    if (saysAllReals(g.from, g.to)) return saysAllReals(p.from, p.to);
    return sameText(g.from, g.to, p.from, p.to, true);
  }
  const t = g.kind == Kind.TEXT ? g : p;
  const o = g.kind == Kind.TEXT ? p : g;
  if (o.kind == Kind.SPACESET)
    return o.space == Space.EMPTY ? saysNone(t.from, t.to) : o.space == Space.R && saysAllReals(t.from, t.to);
  if (isInterval(o) && infinity(kid(o, 0)) < 0 && infinity(kid(o, 1)) > 0) return saysAllReals(t.from, t.to);
  if (o.kind == Kind.NUM && rat.isInteger(o.value) && int.fitsI32(o.value.num)) {
    const v = numberWord(t.from, t.to);
    return v >= 0 && v == int.toI32(o.value.num);
  }
  return false;
}

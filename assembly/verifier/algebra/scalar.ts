// Equality of two expressions that stand for one value: exact rational arithmetic, then the algebraic normal form, then sampling.
import { failed, leaveOpen } from '../arena';
import { isNull, nil } from '../memory';
import * as float from '../number/float';
import { Float } from '../number/float';
import * as int from '../number/integer';
import { Int } from '../number/integer';
import * as rat from '../number/rational';
import { among, Func, SYM_E } from '../parse/symbols';
import { binary, eitherHas, hasAny, hasKind, identical, integer, kid, Kind, Node, number, unary, withKid } from '../parse/tree';
import { policy, Tolerance } from '../policy';
import { Flag } from '../status';
import { derivative } from './derivative';
import { hasDots, withoutDots } from './dots';
import { constantValue } from './evaluate';
import { limitOf } from './limits';
import { decide, Decision, formOfDifference, hasForm, normalForm } from './normal-form';
import * as poly from './polynomial';
import { isRational, rationalValue } from './quotient';
import { isConstantNode, sample, Sampled, sampleRatio } from './sampling';
import { equalForWhole } from './whole';

/** Significant digits from which a rounded decimal stands for an exact value. */
const ROUNDED_DIGITS: i32 = 3;
/** Decimal places from which a rounded prediction is accepted for an exact gold, or for a longer decimal. */
const LONG_DIGITS: i32 = 6;

/** A decimal literal (its sign aside) with digits after the point, or null. */
function decimalLiteral(x: Node): Node {
  if (x.kind == Kind.NEG) x = kid(x, 0);
  return x.kind == Kind.NUM && x.decimals > 0 ? x : nil<Node>();
}

function hasDecimal(x: Node): bool {
  if (x.kind == Kind.NUM) return x.decimals > 0;
  for (let i = 0; i < x.n; i++) if (hasDecimal(kid(x, i))) return true;
  return false;
}

/** Significant digits of a decimal literal. */
function significantDigits(x: Node): i32 {
  // the literal's digits without the point, leading zeros gone
  let n = 0;
  let v = int.absInt(rat.mul(x.value, rat.pow(rat.ofI32(10), x.decimals)).num);
  while (!int.isZero(v) && n < 400 && !failed) {
    v = int.divSmall(v, 10);
    n++;
  }
  return n;
}

/** |a - b| <= unit·10^-digits·(num/den), all constants. */
function within(a: Float, b: Float, digits: i32, num: i32, den: i32): bool {
  const d = float.sub(a, b);
  if (float.isNone(d)) return false;
  const bound = float.ofRat(rat.div(rat.ofFraction(num, den), rat.pow(rat.ofI32(10), digits)));
  return float.compare(size(d), bound) <= 0 && !failed;
}

function size(x: Float): Float {
  return float.sign(x) < 0 ? float.neg(x) : x;
}

/** Whether a gold percentage of three significant digits or more is what an exact value rounds to: 8.33% and 1/12. */
function roundsPercentage(g: Node, p: Node): bool {
  if (g.kind != Kind.PERCENT || isNull(decimalLiteral(kid(g, 0))) || hasKind(p, Kind.PERCENT)) return false;
  return rounds(kid(g, 0), binary(Kind.MUL, integer(100), p));
}

/** Significant digits of a printed double, least and most, and its bits. */
const DOUBLE_DIGITS: i32 = 15;
const MOST_DOUBLE_DIGITS: i32 = 17;
const DOUBLE_BITS: i32 = 53;

/** Whether the literal (of the side p), read as an IEEE double, is within one unit in the last place of the gold. */
function isNearestDouble(g: Node, literal: Node, p: Node): bool {
  const digits = significantDigits(literal);
  if (digits < DOUBLE_DIGITS || digits > MOST_DOUBLE_DIGITS || !isConstantNode(g)) return false;
  const exact = constantValue(g);
  if (float.isNone(exact) || float.isNone(float.ofRat(literal.value))) return false;
  const unit = rat.pow(rat.ofI32(2), float.magnitude(float.ofRat(literal.value)) - DOUBLE_BITS);
  const double = rat.mul(rat.ofInt(rat.floor(rat.add(rat.div(literal.value, unit), rat.ofFraction(1, 2)))), unit);
  const d = float.sub(exact, float.ofRat(p.kind == Kind.NEG ? rat.neg(double) : double));
  if (float.isNone(d)) return false;
  return float.compare(size(d), float.ofRat(unit)) <= 0 && !failed;
}

/** Whether a constant is about what a decimal literal says, to one unit of its last place; true where x is no constant and no decimal stands there. */
export function isAbout(x: Node, decimal: Node): bool {
  const d = decimalLiteral(decimal);
  if (!isConstantNode(x)) return true;
  if (!isNull(d)) return within(constantValue(x), constantValue(decimal), d.decimals, 1, 1);
  // 17 is not about 18, but 12345 is about 12000
  const isExact = decimal.kind == Kind.NUM && !int.isZero(int.mod(decimal.value.num, int.fromU64(10)));
  return !isExact || within(constantValue(x), constantValue(decimal), 0, 1, 2);
}

/**
 * Rounding: a gold decimal of three significant digits or more accepts an exact value that rounds to it; an exact gold that is no
 * integer accepts a decimal of six places or more; two decimals agree when both have six places and the longer rounds to the shorter.
 */
function rounds(g: Node, p: Node): bool {
  const gd = decimalLiteral(g);
  const pd = decimalLiteral(p);
  const gDecimal = !isNull(gd);
  const pDecimal = !isNull(pd);
  if (!gDecimal && !pDecimal) return !policy.has(Flag.DOUBLES) && roundsPercentage(g, p);
  if (pDecimal && isNearestDouble(g, pd, p)) return true;
  if (policy.has(Flag.DOUBLES)) return false;
  if (eitherHas(g, p, Kind.PERCENT)) return false;
  if (!isConstantNode(g) || !isConstantNode(p)) return false;
  let digits: i32;
  if (gDecimal && pDecimal) {
    if (
      gd.decimals < LONG_DIGITS ||
      pd.decimals < LONG_DIGITS ||
      significantDigits(gd) < LONG_DIGITS ||
      significantDigits(pd) < LONG_DIGITS
    )
      return false;
    digits = min(gd.decimals, pd.decimals);
  } else if (gDecimal) {
    if (hasDecimal(p) || rat.isInteger(gd.value) || significantDigits(gd) < ROUNDED_DIGITS) return false;
    digits = gd.decimals;
  } else {
    if (hasDecimal(g) || pd.decimals < LONG_DIGITS || significantDigits(pd) < LONG_DIGITS) return false;
    digits = pd.decimals;
  }
  const a = constantValue(g);
  const b = constantValue(p);
  if (float.isNone(a) || float.isNone(b)) return false;
  // an integer is never a rounded value
  if (gDecimal != pDecimal) {
    const exact = gDecimal ? p : g;
    const form = normalForm(exact);
    if (isNull(form)) return false;
    if (isRational(form)) {
      const v = rationalValue(form);
      if (rat.isInteger(v) || terminates(v.den)) return false;
    }
    if (!gDecimal && rat.isInteger(pd.value)) return false;
  }
  return within(a, b, digits, 1, 2);
}

/** Whether 1/n is a finite decimal: its value can be written in full, so that rounding is no excuse. */
function terminates(n: Int): bool {
  let rest = n;
  while (!failed && int.modSmall(rest, 2) == 0) rest = int.divSmall(rest, 2);
  while (!failed && int.modSmall(rest, 5) == 0) rest = int.divSmall(rest, 5);
  return int.isOne(rest);
}

/**
 * Bits of the numbers in two expressions up to which agreement to 2^-120 is evidence: sin(10^-50) and 10^-50, or √(10^200 + 1) and
 * 10^100, agree to more digits than are compared.
 */
const EVIDENCE_BITS: i32 = 240;
/** Bits from which on parts are compared before the whole. */
const LONG_BITS: i32 = 64;
const MAX_WEIGHT: i32 = 1 << 20;

function baseWeight(x: Node): i32 {
  // e^-200 is as small as 2^-288
  return x.kind == Kind.PI || (x.kind == Kind.SYM && x.symbol == SYM_E) ? 2 : weight(x);
}

/** Bits it takes to write the numbers of x, powers written out. */
function weight(x: Node): i32 {
  if (x.kind == Kind.NUM) return int.bitLength(x.value.num) + int.bitLength(x.value.den);
  if (x.kind == Kind.POW) {
    const e = kid(x, 1);
    const exponent = e.kind == Kind.NEG ? kid(e, 0) : e;
    if (exponent.isInteger) {
      if (int.bitLength(exponent.value.num) > 16) return MAX_WEIGHT;
      return min(MAX_WEIGHT, max(1, baseWeight(kid(x, 0))) * max(1, int.toI32(exponent.value.num)));
    }
  }
  if (x.kind == Kind.FACT && kid(x, 0).kind == Kind.NUM)
    return min(MAX_WEIGHT, 8 * (int.bitLength(kid(x, 0).value.num) > 16 ? MAX_WEIGHT / 8 : int.toI32(kid(x, 0).value.num)));
  let sum = 0;
  for (let i = 0; i < x.n; i++) sum = min(MAX_WEIGHT, sum + weight(kid(x, i)));
  return sum;
}

/**
 * Whether x steps or turns where sample points may not lie: floor, ceiling, |·|, gcd, lcm, min, max, sign, even roots of symbols. What such
 * an expression equals is proven, or refused.
 */
function hasBreaks(x: Node): bool {
  const f = x.kind == Kind.FUNC ? x.func : -1;
  const breaks = among(x.kind, Kind.ABS, Kind.CEIL) || isEvenRoot(x) || among(f, Func.GCD, Func.SGN);
  if (breaks && !isConstantNode(x)) return true;
  for (let i = 0; i < x.n; i++) if (hasBreaks(kid(x, i))) return true;
  return false;
}

/** √(x²), (x²)^(1/2): a root of even index over a power of even exponent or a sum. */
function isEvenRoot(x: Node): bool {
  if (x.kind == Kind.ROOT) return isEvenNumber(kid(x, 1)) && mayTurn(kid(x, 0));
  if (x.kind != Kind.POW || kid(x, 1).kind != Kind.DIV) return false;
  return isEvenNumber(kid(kid(x, 1), 1)) && mayTurn(kid(x, 0));
}

function isEvenNumber(x: Node): bool {
  return x.isInteger && !int.isOdd(x.value.num);
}

/** Whether an even power stands in x, so that a root of x may be an absolute value. */
function mayTurn(x: Node): bool {
  if (x.kind == Kind.POW && isEvenNumber(kid(x, 1))) return true;
  for (let i = 0; i < x.n; i++) if (mayTurn(kid(x, i))) return true;
  return false;
}

/** x with its limits, derivatives and dots worked out where a rule is known. */
function settled(x: Node): Node {
  if (x.n == 0 || failed) return x;
  for (let i = 0; i < x.n; i++) {
    const k = settled(kid(x, i));
    if (k != kid(x, i)) x = withKid(x, i, k);
  }
  let found = nil<Node>();
  if (x.kind == Kind.LIMIT) found = limitOf(x);
  else if (x.kind == Kind.DERIVATIVE) found = derivative(kid(x, 0), kid(x, 1).symbol);
  else if (hasDots(x)) found = withoutDots(x, sameValue);
  return isNull(found) ? x : found;
}

/** Whether something in x is to be settled. */
function isOpen(x: Node): bool {
  return hasAny(x, Kind.LIMIT, Kind.ELLIPSIS);
}

/** Whether two scalars are equal as exact values. */
export function sameValue(g: Node, p: Node): bool {
  if (identical(g, p)) return true;
  if (failed) return false;
  if (isOpen(g)) g = settled(g);
  if (isOpen(p)) p = settled(p);
  if (g.kind == Kind.NUM && p.kind == Kind.NUM) return rat.equal(g.value, p.value);
  // (x - a)^6000 and (a - x)^6000 are not written out
  if (weight(g) > LONG_BITS && haveSameParts(g, p)) return true;
  const a = normalForm(g);
  const b = normalForm(p);
  if (hasForm(a) && hasForm(b)) {
    if (isRational(a) && isRational(b)) return rat.equal(rationalValue(a), rationalValue(b));
    const v = decide(a, b);
    if (v == Decision.SAME) return true;
    if (v == Decision.DIFFERENT) return false;
  }
  if (failed) return false;
  if (hasBreaks(g) || hasBreaks(p)) return equalForWhole(g, p);
  // Sampling alone is no evidence of huge values: they agree in their leading digits.
  const s = sample(g, p);
  if (weight(g) + weight(p) > EVIDENCE_BITS) {
    if (s != Sampled.DIFFER) leaveOpen();
    return false;
  }
  return s == Sampled.AGREE;
}

/**
 * Whether two sums, products, quotients or powers have equal parts in one order; a^m = b^n where a^(m/d) = ±b^(n/d), with d what m and n have in
 * common.
 */
function haveSameParts(g: Node, p: Node): bool {
  let isNegative = false;
  for (; g.kind == Kind.NEG; g = kid(g, 0)) isNegative = !isNegative;
  for (; p.kind == Kind.NEG; p = kid(p, 0)) isNegative = !isNegative;
  if (g.kind == Kind.POW && p.kind == Kind.POW && kid(g, 1).isInteger && kid(p, 1).isInteger) {
    const d = rat.ofInt(int.gcd(kid(g, 1).value.num, kid(p, 1).value.num));
    if (rat.isOne(d)) return false;
    const a = binary(Kind.POW, kid(g, 0), number(rat.div(kid(g, 1).value, d)));
    const b = binary(Kind.POW, kid(p, 0), number(rat.div(kid(p, 1).value, d)));
    if (!isNegative && sameValue(a, b)) return true;
    return isNegative == int.isOdd(d.num) && sameValue(unary(Kind.NEG, a), b);
  }
  if (isNegative || g.kind != p.kind || g.n != p.n || g.kind < Kind.ADD || g.kind > Kind.POW) return false;
  for (let i = 0; i < g.n; i++) if (!sameValue(kid(g, i), kid(p, i))) return false;
  return !failed;
}

/** Whether the prediction's scalar is accepted for the gold's. */
export function equalScalar(g: Node, p: Node): bool {
  if (sameValue(g, p)) return true;
  if (failed) return false;
  return (!policy.has(Flag.EXACT) && rounds(g, p)) || (policy.has(Flag.TOLERANT) && isNear(g, p));
}

/** Whether two constants differ by no more than the tolerance asked for, or that share of the gold. */
function isNear(g: Node, p: Node): bool {
  if (!isConstantNode(g) || !isConstantNode(p)) return false;
  const a = constantValue(g);
  const b = constantValue(p);
  if (float.isNone(a) || float.isNone(b)) return false;
  const d = float.sub(a, b);
  return isUpTo(d, float.ofI32(1), policy.absolute) || isUpTo(d, a, policy.relative);
}

/** |d| <= tolerance · |unit|. */
function isUpTo(d: Float, unit: Float, tolerance: Tolerance): bool {
  const bound = float.mul(unit, float.ofRat(rat.div(rat.ofI32(tolerance.digits), rat.pow(rat.ofI32(10), tolerance.places))));
  if (float.isNone(d) || float.isNone(bound)) return false;
  return float.compare(size(d), size(bound)) <= 0 && !failed;
}

/** How two differences are related by a constant factor. */
export const enum Scale {
  /** by none */
  NONE,
  POSITIVE,
  NEGATIVE,
  /** by one whose sign is not known */
  SIGNLESS,
}

function scaleOf(sign: i32): i32 {
  return sign > 0 ? Scale.POSITIVE : Scale.NEGATIVE;
}

/** How l1 - r1 is l2 - r2 times a nonzero constant. */
export function scaleBetween(l1: Node, r1: Node, l2: Node, r2: Node): i32 {
  const a = formOfDifference(l1, r1);
  const b = formOfDifference(l2, r2);
  if (hasForm(a) && hasForm(b)) {
    const c = poly.proportion(a.num, b.num);
    if (!isNull(c) && !failed) return poly.isConstant(a.den) && poly.isConstant(b.den) ? scaleOf(rat.sign(c)) : Scale.SIGNLESS;
  }
  if (failed) return Scale.NONE;
  if (isConstantNode(l1) && isConstantNode(r1)) return Scale.NONE;
  const sign = sampleRatio(l1, r1, l2, r2);
  if (sign == 0 || hasBreaks(l1) || hasBreaks(r1) || hasBreaks(l2) || hasBreaks(r2)) return Scale.NONE;
  if (weight(l1) + weight(r1) + weight(l2) + weight(r2) > EVIDENCE_BITS) {
    leaveOpen();
    return Scale.NONE;
  }
  return scaleOf(sign);
}

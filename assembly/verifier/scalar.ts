// Equality of two expressions that stand for one value: exact rational arithmetic, then the algebraic normal form, then sampling.
import { failed } from './arena';
import { hasKind, identical, K, kid, Node } from './expression';
import * as R from './float';
import * as Z from './integer';
import { SYM_E } from './lexer';
import { decide, exhausted, formOfDifference, isRational, normalForm, proportional, rationalValue, V } from './normalize';
import { constantValue, isConstantNode, N, ratioSign, sample, sampleRatio } from './numeric';
import { isConstant } from './polynomial';
import * as Q from './rational';

/** Set when a comparison could not be decided within its limits. */
export let undecided: bool = false;

export function resetScalar(): void {
  undecided = false;
}

/** Significant digits from which a rounded decimal stands for an exact value. */
const ROUNDED_DIGITS: i32 = 3;
/** Decimal places from which a rounded prediction is accepted for an exact gold, or for a longer decimal. */
const LONG_DIGITS: i32 = 6;

/** A decimal literal (its sign aside) with digits after the point, or null. */
function decimalLiteral(x: Node): Node {
  if (x.kind == K.NEG) x = kid(x, 0);
  return x.kind == K.NUM && x.op > 0 ? x : changetype<Node>(0);
}

function hasDecimal(x: Node): bool {
  if (x.kind == K.NUM) return x.op > 0;
  for (let i = 0; i < x.n; i++) if (hasDecimal(kid(x, i))) return true;
  return false;
}

/** Significant digits of a decimal literal. */
function significantDigits(x: Node): i32 {
  // the literal's digits without the point, leading zeros gone
  let n = 0;
  let v = Z.absInt(Q.mul(x.value, Q.pow(Q.ofI32(10), x.op)).num);
  while (!Z.isZero(v) && n < 400 && !failed) {
    v = Z.divSmall(v, 10);
    n++;
  }
  return n;
}

/** |a - b| <= unit·10^-digits·(num/den), all constants. */
function within(a: R.Float, b: R.Float, digits: i32, num: i32, den: i32): bool {
  const d = R.sub(a, b);
  if (R.isNone(d)) return false;
  const size = R.sign(d) < 0 ? R.neg(d) : d;
  const bound = R.ofRat(Q.div(Q.ofFraction(num, den), Q.pow(Q.ofI32(10), digits)));
  return R.compare(size, bound) <= 0 && !failed;
}

/**
 * Rounding: a gold decimal of three significant digits or more accepts an exact value that rounds to it; an exact gold that is no
 * integer accepts a decimal of six places or more; two decimals agree when both have six places and the longer rounds to the shorter.
 */
function rounds(g: Node, p: Node): bool {
  const gd = decimalLiteral(g);
  const pd = decimalLiteral(p);
  const gDecimal = changetype<usize>(gd) != 0;
  const pDecimal = changetype<usize>(pd) != 0;
  if (!gDecimal && !pDecimal) return false;
  if (hasKind(g, K.PERCENT) || hasKind(p, K.PERCENT)) return false;
  if (!isConstantNode(g) || !isConstantNode(p)) return false;
  let digits: i32;
  if (gDecimal && pDecimal) {
    if (gd.op < LONG_DIGITS || pd.op < LONG_DIGITS || significantDigits(gd) < LONG_DIGITS || significantDigits(pd) < LONG_DIGITS)
      return false;
    digits = min(gd.op, pd.op);
  } else if (gDecimal) {
    if (hasDecimal(p) || significantDigits(gd) < ROUNDED_DIGITS) return false;
    digits = gd.op;
  } else {
    if (hasDecimal(g) || pd.op < LONG_DIGITS || significantDigits(pd) < LONG_DIGITS) return false;
    digits = pd.op;
  }
  const a = constantValue(g);
  const b = constantValue(p);
  if (R.isNone(a) || R.isNone(b)) return false;
  // an integer is never a rounded value
  if (gDecimal != pDecimal) {
    const exact = gDecimal ? p : g;
    const form = normalForm(exact);
    if (changetype<usize>(form) == 0) return false;
    if (isRational(form)) {
      const v = rationalValue(form);
      if (Q.isInteger(v) || terminates(v.den)) return false;
    }
    if (!gDecimal && Q.isInteger(pd.value)) return false;
  }
  return within(a, b, digits, 1, 2);
}

/** Whether 1/n is a finite decimal: its value can be written in full, so that rounding is no excuse. */
function terminates(n: Z.Int): bool {
  let rest = n;
  while (!failed && Z.modSmall(rest, 2) == 0) rest = Z.divSmall(rest, 2);
  while (!failed && Z.modSmall(rest, 5) == 0) rest = Z.divSmall(rest, 5);
  return Z.isOne(rest);
}

/**
 * Bits of the numbers in two expressions up to which agreement to 2^-120 is evidence: sin(10^-50) and 10^-50, or √(10^200 + 1) and
 * 10^100, agree to more digits than are compared.
 */
const EVIDENCE_BITS: i32 = 240;
const MAX_WEIGHT: i32 = 1 << 20;

function baseWeight(x: Node): i32 {
  // e^-200 is as small as 2^-288
  return x.kind == K.PI || (x.kind == K.SYM && x.op == SYM_E) ? 2 : weight(x);
}

/** Bits it takes to write the numbers of x, powers written out. */
function weight(x: Node): i32 {
  if (x.kind == K.NUM) return Z.bitLength(x.value.num) + Z.bitLength(x.value.den);
  if (x.kind == K.POW) {
    const e = kid(x, 1);
    const exponent = e.kind == K.NEG ? kid(e, 0) : e;
    if (exponent.kind == K.NUM && Q.isInteger(exponent.value)) {
      if (Z.bitLength(exponent.value.num) > 16) return MAX_WEIGHT;
      return min(MAX_WEIGHT, baseWeight(kid(x, 0)) * max(1, Z.toI32(exponent.value.num)));
    }
  }
  if (x.kind == K.FACT && kid(x, 0).kind == K.NUM)
    return min(MAX_WEIGHT, 8 * (Z.bitLength(kid(x, 0).value.num) > 16 ? MAX_WEIGHT / 8 : Z.toI32(kid(x, 0).value.num)));
  let sum = 0;
  for (let i = 0; i < x.n; i++) sum = min(MAX_WEIGHT, sum + weight(kid(x, i)));
  return sum;
}

/** Whether two scalars are equal as exact values. */
export function sameValue(g: Node, p: Node): bool {
  if (identical(g, p)) return true;
  if (failed) return false;
  if (g.kind == K.NUM && p.kind == K.NUM) return Q.equal(g.value, p.value);
  const a = normalForm(g);
  let open = exhausted;
  const b = normalForm(p);
  if (exhausted) open = true;
  if (changetype<usize>(a) != 0 && changetype<usize>(b) != 0) {
    if (isRational(a) && isRational(b)) return Q.equal(rationalValue(a), rationalValue(b));
    const v = decide(a, b);
    if (v == V.SAME) return true;
    if (v == V.DIFFERENT) return false;
    if (exhausted) open = true;
  }
  // Sampling alone is no evidence where a form was too large to build: huge values agree in their leading digits.
  const s = sample(g, p);
  if (open || weight(g) + weight(p) > EVIDENCE_BITS) {
    if (s != N.DIFFER) undecided = true;
    return false;
  }
  return s == N.AGREE;
}

/** Whether the prediction's scalar is accepted for the gold's. */
export function equalScalar(g: Node, p: Node): bool {
  return sameValue(g, p) || (!failed && rounds(g, p));
}

/** Whether l1 - r1 and l2 - r2 differ by a nonzero constant factor; its sign in `scaleSign`. */
export let scaleSign: i32 = 0;

export function sameUpToScale(l1: Node, r1: Node, l2: Node, r2: Node): bool {
  scaleSign = 0;
  const a = formOfDifference(l1, r1);
  let open = exhausted;
  const b = formOfDifference(l2, r2);
  if (exhausted) open = true;
  if (changetype<usize>(a) != 0 && changetype<usize>(b) != 0) {
    const c = proportional(a, b);
    if (changetype<usize>(c) != 0 && !failed) {
      scaleSign = isConstant(a.den) && isConstant(b.den) ? Q.sign(c) : 0;
      return true;
    }
  }
  if (open || failed) {
    undecided = true;
    return false;
  }
  if (isConstantNode(l1) && isConstantNode(r1)) return false;
  if (sampleRatio(l1, r1, l2, r2) != N.AGREE) return false;
  if (weight(l1) + weight(r1) + weight(l2) + weight(r2) > EVIDENCE_BITS) {
    undecided = true;
    return false;
  }
  scaleSign = ratioSign;
  return true;
}

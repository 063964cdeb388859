// Values of functions in normal form: trigonometric, logarithms, absolute values, factorials, binomials.
import { fail, failed } from '../arena';
import { isNull, nil } from '../memory';
import * as combinatorics from '../number/combinatorics';
import * as int from '../number/integer';
import { Int } from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { among, Func } from '../parse/symbols';
import * as poly from './polynomial';
import { Mono, Poly } from './polynomial';
import {
  absGenerator,
  addFrac,
  divFrac,
  Frac,
  functionOf,
  Gen,
  Generator,
  generator,
  isRational,
  mulFrac,
  negFrac,
  noForm,
  ofGenerator,
  ofInt,
  ofPoly,
  ofRat,
  ok,
  rationalValue,
  simple,
} from './quotient';
import { factorsOf, powRational, rationalPower } from './roots';

/** Ids of logarithms: those of primes are independent of one another. */
const LN_OF_OTHER: i32 = 0;
export const LN_OF_PRIME: i32 = 1;

/** Largest shift of a factorial's argument that is worked off, and largest lower index of a binomial that is written out. */
const MAX_SHIFT: i32 = 24;

/** f = c·π for a rational c, which is returned; null otherwise. */
function multipleOfPi(f: Frac): Rat {
  const no = nil<Rat>();
  if (!poly.isConstant(f.den)) return no;
  if (f.num.n == 0) return rat.ofI32(0);
  if (f.num.n != 1) return no;
  const m = poly.monomial(f.num, 0);
  if (m.n != 1 || generator(poly.generatorAt(m, 0)).kind != Gen.PI || poly.exponentNum(m, 0) != 1 || poly.exponentDen(m, 0) != 1)
    return no;
  return rat.div(poly.coefficient(f.num, 0), poly.constantValue(f.den));
}

function sqrtOf(n: i32): Frac {
  return rationalPower(rat.ofI32(n), 1, 2);
}

/** cos(rπ) for r in [0, 1/2] with a denominator of 1, 2, 3, 4, 5, 6 or 12 in simple radicals; null otherwise. */
function exactCosine(r: Rat): Frac {
  const no = nil<Frac>();
  if (!int.fitsI32(r.den)) return no;
  const n = int.toI32(r.num);
  switch (int.toI32(r.den)) {
    case 1:
      return ofInt(1);
    case 2:
      return ofInt(0);
    case 3:
      return ofRat(rat.ofFraction(1, 2));
    case 4:
      return mulFrac(ofRat(rat.ofFraction(1, 2)), sqrtOf(2));
    case 6:
      return mulFrac(ofRat(rat.ofFraction(1, 2)), sqrtOf(3));
    case 5:
      return mulFrac(ofRat(rat.ofFraction(1, 4)), addFrac(sqrtOf(5), ofInt(n == 1 ? 1 : -1)));
    case 12:
      return mulFrac(ofRat(rat.ofFraction(1, 4)), addFrac(sqrtOf(6), n == 1 ? sqrtOf(2) : negFrac(sqrtOf(2))));
  }
  return no;
}

export function leadingNegative(f: Frac): bool {
  return f.num.n > 0 && rat.sign(poly.coefficient(f.num, 0)) < 0;
}

/** sin or cos */
export function trigonometric(f: i32, x: Frac): Frac {
  if (!ok()) return x;
  if (f == Func.SIN && x.num.n == 0) return ofInt(0);
  const r = multipleOfPi(x);
  if (!isNull(r)) {
    // sin(rπ) = cos((1/2 - r)π); then fold into [0, 1/2]
    let t = f == Func.SIN ? rat.sub(rat.ofFraction(1, 2), r) : r;
    t = rat.sub(t, rat.ofInt(int.mul(int.fromU64(2), rat.floor(rat.div(t, rat.ofI32(2))))));
    if (rat.compare(t, rat.ofI32(1)) > 0) t = rat.sub(rat.ofI32(2), t);
    let sign = 1;
    if (rat.compare(t, rat.ofFraction(1, 2)) > 0) {
      t = rat.sub(rat.ofI32(1), t);
      sign = -1;
    }
    if (failed) return x;
    const exact = exactCosine(t);
    let v: Frac;
    if (!isNull(exact)) v = exact;
    else {
      const pi = ofGenerator(simple(Gen.PI));
      v = ofGenerator(functionOf(Gen.FUNC, Func.COS, 1, mulFrac(ofRat(t), pi)));
    }
    return sign < 0 ? negFrac(v) : v;
  }
  if (leadingNegative(x)) {
    const v = trigonometric(f, negFrac(x));
    return f == Func.SIN ? negFrac(v) : v;
  }
  return ofGenerator(functionOf(Gen.FUNC, f, 1, x));
}

/** Natural logarithm. */
export function logarithm(x: Frac): Frac {
  if (!ok()) return x;
  if (x.num.n == 0) return noForm();
  if (x.num.n == 1 && x.den.n == 1) {
    const mn = poly.monomial(x.num, 0);
    const md = poly.monomial(x.den, 0);
    const c = rat.div(poly.coefficient(x.num, 0), poly.coefficient(x.den, 0));
    if (rat.sign(c) > 0 && divides(mn) && divides(md)) {
      let r = addFrac(integerLog(c.num), negFrac(integerLog(c.den)));
      r = addFrac(r, monoLog(mn));
      return addFrac(r, negFrac(monoLog(md)));
    }
  }
  return ofGenerator(functionOf(Gen.LN, LN_OF_OTHER, 1, x));
}

function integerLog(n: Int): Frac {
  let r = ofInt(0);
  const factors = factorsOf(n);
  while (factors.next())
    r = addFrac(r, mulFrac(ofInt(factors.power), ofGenerator(functionOf(Gen.LN, LN_OF_PRIME, 1, ofInt(<i32>factors.prime)))));
  if (!factors.hasRest) return r;
  const kind = factors.restIsPrime ? LN_OF_PRIME : LN_OF_OTHER;
  return addFrac(r, ofGenerator(functionOf(Gen.LN, kind, 1, ofRat(rat.ofInt(factors.rest)))));
}

/** Whether the logarithm of a monomial is that of its factors: they are positive, or even powers. */
function divides(m: Mono): bool {
  for (let i = 0; i < m.n; i++) if (!isPositive(m, i) && !isEvenPower(m, i)) return false;
  return true;
}

function isEvenPower(m: Mono, i: i32): bool {
  return (poly.exponentNum(m, i) & 1) == 0 && poly.exponentDen(m, i) == 1;
}

/** Whether the i-th factor is a constant, an absolute value, a factorial, or a power of a constant: positive. */
function isPositive(m: Mono, i: i32): bool {
  const g = generator(poly.generatorAt(m, i));
  return g.kind == Gen.POWER ? isPowerOfConstant(g) : among(g.kind, Gen.E, Gen.FACT);
}

/** e^u, 2^u */
function isPowerOfConstant(g: Generator): bool {
  if (g.kind != Gen.POWER || g.n != 0) return false;
  const base = generator(g.id);
  // (-1)^u has a base of this kind too
  return base.kind == Gen.E || (base.kind == Gen.PRIME && base.prime != 0);
}

/** ln of a generator that is e or a prime. */
function constantLog(g: Generator): Frac {
  return g.kind == Gen.E ? ofInt(1) : integerLog(g.int);
}

function monoLog(m: Mono): Frac {
  let r = ofInt(0);
  for (let i = 0; i < m.n; i++) {
    const index = poly.generatorAt(m, i);
    const g = generator(index);
    let log: Frac;
    if (g.kind == Gen.E || g.kind == Gen.PRIME) log = constantLog(g);
    else if (isPowerOfConstant(g)) log = mulFrac(constantLog(generator(g.id)), ofPoly(poly.term(rat.ofI32(1), g.mono)));
    else
      log = ofGenerator(functionOf(Gen.LN, LN_OF_OTHER, 1, isPositive(m, i) ? ofGenerator(index) : absolute(ofGenerator(index))));
    r = addFrac(r, mulFrac(ofRat(rat.ofFraction(poly.exponentNum(m, i), poly.exponentDen(m, i))), log));
  }
  return r;
}

export function absolute(x: Frac): Frac {
  if (!ok()) return x;
  if (isRational(x)) {
    const v = rationalValue(x);
    return rat.sign(v) < 0 ? negFrac(x) : x;
  }
  return divFrac(absolutePoly(x.num), absolutePoly(x.den));
}

function absolutePoly(p: Poly): Frac {
  if (poly.isConstant(p)) {
    const v = poly.constantValue(p);
    return ofRat(rat.sign(v) < 0 ? rat.neg(v) : v);
  }
  const c = poly.content(p);
  const s = rat.sign(poly.coefficient(p, 0)) < 0 ? rat.neg(c) : c;
  const rest = poly.scalePoly(p, rat.div(rat.ofI32(1), s));
  if (p.n == 1) {
    // |2ab| = 2|a||b|
    const m = poly.monomial(rest, 0);
    let r = ofRat(c);
    for (let i = 0; i < m.n; i++) {
      let g = poly.generatorAt(m, i);
      if (generator(g).kind == Gen.I) return noForm();
      if (!isPositive(m, i) && poly.exponentDen(m, i) & 1) g = absGenerator(ofGenerator(g).num);
      r = mulFrac(r, ofGenerator(g, poly.exponentNum(m, i), poly.exponentDen(m, i)));
    }
    return r;
  }
  for (let i = 0; i < rest.n; i++) {
    const m = poly.monomial(rest, i);
    for (let k = 0; k < m.n; k++) if (generator(poly.generatorAt(m, k)).kind == Gen.I) return noForm();
  }
  return mulFrac(ofRat(c), ofGenerator(absGenerator(rest)));
}

/** (k - 1/2)! = √π · 1/2 · 3/2 ⋯ (k - 1/2) */
function halfFactorial(v: Rat): Frac {
  const k = rat.add(v, rat.ofFraction(1, 2));
  if (!rat.isInteger(k) || !int.fitsI32(k.num) || abs(int.toI32(k.num)) > MAX_SHIFT) return noForm();
  let r = powRational(ofGenerator(simple(Gen.PI)), rat.ofFraction(1, 2));
  const shift = int.toI32(k.num);
  for (let i = 0; i < shift; i++) r = mulFrac(r, ofRat(rat.ofFraction(2 * i + 1, 2)));
  for (let i = 0; i > shift; i--) r = divFrac(r, ofRat(rat.ofFraction(2 * i - 1, 2)));
  return r;
}

/** x! with the integer part of the argument worked off: (n+1)! = (n+1)·n!. */
export function factorial(x: Frac): Frac {
  if (!ok()) return x;
  if (isRational(x)) {
    const v = rationalValue(x);
    if (!rat.isInteger(v)) return halfFactorial(v);
    if (rat.sign(v) < 0) return noForm();
    if (!int.fitsI32(v.num)) {
      fail();
      return x;
    }
    return ofRat(rat.ofInt(combinatorics.factorial(int.toI32(v.num))));
  }
  let shift = 0;
  if (poly.isConstant(x.den)) {
    for (let i = 0; i < x.num.n; i++)
      if (poly.monomial(x.num, i).n == 0) {
        const c = rat.div(poly.coefficient(x.num, i), poly.constantValue(x.den));
        const whole = rat.floor(c);
        if (int.fitsI32(whole)) shift = int.toI32(whole);
      }
  }
  if (abs(shift) > MAX_SHIFT) shift = 0;
  let r = ofInt(1);
  let base = x;
  if (shift != 0) {
    base = addFrac(x, ofInt(-shift));
    for (let k = 1; k <= abs(shift) && ok(); k++) {
      const factor = addFrac(base, ofInt(shift > 0 ? k : 1 - k));
      r = shift > 0 ? mulFrac(r, factor) : divFrac(r, factor);
    }
  }
  return mulFrac(r, ofGenerator(functionOf(Gen.FACT, 0, 1, base)));
}

export function smallInteger(x: Frac): i32 {
  if (!isRational(x)) return -1;
  const v = rationalValue(x);
  if (!rat.isInteger(v) || rat.sign(v) < 0 || !int.fitsI32(v.num)) return -1;
  return int.toI32(v.num);
}

export function binomial(n: Frac, k: Frac): Frac {
  if (!ok()) return n;
  const whole = smallInteger(n);
  let low = smallInteger(k);
  if (whole >= 0 && low >= 0) {
    if (low > whole) return ofInt(0);
    return ofRat(rat.ofInt(combinatorics.binomial(whole, low)));
  }
  if (low < 0) {
    const other = smallInteger(addFrac(n, negFrac(k)));
    if (other >= 0) low = other;
  }
  if (low >= 0 && low <= MAX_SHIFT) {
    let r = ofInt(1);
    for (let i = 0; i < low && ok(); i++) r = divFrac(mulFrac(r, addFrac(n, ofInt(-i))), ofInt(i + 1));
    return r;
  }
  return divFrac(factorial(n), mulFrac(factorial(k), factorial(addFrac(n, negFrac(k)))));
}

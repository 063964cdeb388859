// Rational powers: roots of integers, of rational numbers, of polynomials.
import { alloc, fail, failed } from '../arena';
import * as combinatorics from '../number/combinatorics';
import * as int from '../number/integer';
import { Int } from '../number/integer';
import * as rat from '../number/rational';
import { among } from '../parse/symbols';
import { Rat } from '../number/rational';
import * as poly from './polynomial';
import { Poly } from './polynomial';
import {
  absGenerator,
  divFrac,
  foldTerm,
  Frac,
  frac,
  Gen,
  generator,
  mulFrac,
  negFrac,
  noForm,
  ofInt,
  ofPoly,
  ok,
  powPoly,
  primeGenerator,
  rootGenerator,
  simple,
} from './quotient';

/** Largest exponent of a perfect power that is looked for. */
const MAX_PERFECT_POWER: i32 = 7;
/** Largest index of a root with a normal form. */
const MAX_ROOT: i32 = 10_000;

/** Trial division bound. */
const TRIAL: u32 = 2048;
/** Bits up to which a number without a factor below the bound is prime. */
const PRIME_BITS: i32 = 22;

/** The prime factors of a positive integer below the bound, one by one, and what is left. */
@unmanaged
class Factors {
  /** what is left; 1 at the end where all was found */
  rest: Int;
  divisor: u32;
  prime: u32;
  power: i32;

  /** Finds the next prime and its power; false where there is none. */
  next(): bool {
    while (this.divisor < TRIAL && !int.isOne(this.rest) && ok()) {
      const d = this.divisor;
      if (int.bitLength(this.rest) <= PRIME_BITS && <u32>int.toI32(this.rest) < d * d) return false;
      this.divisor += d == 2 ? 1 : 2;
      let power = 0;
      while (int.modSmall(this.rest, d) == 0 && ok()) {
        this.rest = int.divSmall(this.rest, d);
        power++;
      }
      if (power == 0) continue;
      this.prime = d;
      this.power = power;
      return true;
    }
    return false;
  }

  /** Whether something is left. */
  get hasRest(): bool {
    return !int.isOne(this.rest) && ok();
  }

  /** Whether what is left is known to be prime. */
  get restIsPrime(): bool {
    return int.bitLength(this.rest) <= PRIME_BITS;
  }
}

/** The factors of n > 0. */
export function factorsOf(n: Int): Factors {
  const f = changetype<Factors>(alloc(offsetof<Factors>()));
  f.rest = n;
  f.divisor = 2;
  return f;
}

/** Product over the prime factors p^k of n > 0 of generators p^(k·num/den), folded; what trial division leaves is one factor. */
function integerPower(n: Int, num: i32, den: i32): Poly {
  let m = poly.unit();
  const factors = factorsOf(n);
  while (factors.next()) {
    const prime = primeGenerator(int.fromU64(<u64>factors.prime), true);
    m = poly.mulMono(m, poly.power(prime, factors.power * num, den));
  }
  if (factors.hasRest) {
    const isPrime = factors.restIsPrime;
    const rest = factors.rest;
    let base = rest;
    let k = 1;
    // a perfect power of a large factor
    for (let e = MAX_PERFECT_POWER; e >= 2 && !isPrime && k == 1; e--) {
      const r = combinatorics.root(rest, e);
      if (failed || int.compareInt(int.powInt(r, e), rest) != 0) continue;
      base = r;
      k = e;
    }
    m = poly.mulMono(m, poly.power(primeGenerator(base, isPrime), k * num, den));
  }
  return foldTerm(rat.ofI32(1), m);
}

/** c^(num/den) for rational c, den > 1. */
export function rationalPower(c: Rat, num: i32, den: i32): Frac {
  if (rat.isZero(c)) return num > 0 ? ofInt(0) : noForm();
  let sign = 1;
  let imaginary = 0;
  if (rat.sign(c) < 0) {
    c = rat.neg(c);
    if (den & 1) sign = num & 1 ? -1 : 1;
    else if (den == 2) imaginary = num;
    else return noForm();
  }
  if (num < 0) {
    c = rat.div(rat.ofI32(1), c);
    num = -num;
  }
  let r = divFrac(ofPoly(integerPower(c.num, num, den)), ofPoly(integerPower(c.den, num, den)));
  if (sign < 0) r = negFrac(r);
  if (imaginary != 0) r = mulFrac(r, ofPoly(foldTerm(rat.ofI32(1), poly.power(simple(Gen.I), imaginary, 1))));
  return r;
}

/** Whether the value of p is a constant: no symbols inside. */
export function isConstantPoly(p: Poly): bool {
  for (let i = 0; i < p.n; i++) {
    const m = poly.monomial(p, i);
    for (let k = 0; k < m.n; k++) {
      const g = generator(poly.generatorAt(m, k));
      if (!among(g.kind, Gen.E, Gen.EULER)) return false;
    }
  }
  return true;
}

/** p^(num/den) for den > 1 and num > 0. */
function rootPoly(p: Poly, num: i32, den: i32): Frac {
  if (p.n == 0) return ofInt(0);
  if (p.n == 1) {
    const m = poly.monomial(p, 0);
    const c = poly.coefficient(p, 0);
    if (m.n == 0) return rationalPower(c, num, den);
    if (den & 1 || rat.sign(c) > 0 || isConstantPoly(p)) {
      let r = rationalPower(c, num, den);
      for (let i = 0; i < m.n && ok(); i++) {
        const g = generator(poly.generatorAt(m, i));
        const en = poly.exponentNum(m, i);
        const ed = poly.exponentDen(m, i);
        if (g.kind == Gen.I) return noForm();
        const positive = among(g.kind, Gen.E, Gen.FACT) || (g.kind == Gen.ROOT && !(ed & 1));
        let base = poly.generatorAt(m, i);
        if (!(den & 1) && !(en & 1) && ed & 1 && !positive) {
          // an even power under an even root: the root is of |x|
          const reduced = (<i64>en * <i64>num) % (<i64>2 * <i64>ed * <i64>den);
          if (reduced != 0) base = absGenerator(poly.term(rat.ofI32(1), poly.power(base, 1, 1)));
        } else if (g.kind == Gen.ROOT && !(den & 1) && en >= ed) return noForm();
        const pm = poly.powMono(poly.power(base, en, ed), num, den);
        r = mulFrac(r, ofPoly(foldTerm(rat.ofI32(1), pm)));
      }
      return r;
    }
  }
  // content out, primitive polynomial in
  let c = poly.content(p);
  if (den & 1 && rat.sign(poly.coefficient(p, 0)) < 0) c = rat.neg(c);
  const rest = poly.scalePoly(p, rat.div(rat.ofI32(1), c));
  if (!ok()) return noForm();
  const outer = rationalPower(c, num, den);
  const g = rootGenerator(rest);
  return mulFrac(outer, ofPoly(foldTerm(rat.ofI32(1), poly.power(g, num, den))));
}

/** f^r for a rational exponent. */
export function powRational(f: Frac, r: Rat): Frac {
  if (!int.fitsI32(r.num) || !int.fitsI32(r.den)) {
    fail();
    return f;
  }
  const num = int.toI32(r.num);
  const den = int.toI32(r.den);
  // 0^0 = 1
  if (num == 0) return ofInt(1);
  if (num < 0) return powRational(divFrac(ofInt(1), f), rat.neg(r));
  if (den == 1) return frac(powPoly(f.num, num), powPoly(f.den, num));
  if (den > MAX_ROOT) return noForm();
  if (poly.isConstant(f.den)) return rootPoly(f.num, num, den);
  if (f.num.n == 1 && f.den.n == 1 && rat.sign(poly.coefficient(f.num, 0)) < 0 && !(den & 1)) return noForm();
  return divFrac(rootPoly(f.num, num, den), rootPoly(f.den, num, den));
}

// Multivariate polynomials with exact rational coefficients over generators (symbols, constants, radicals, function values), and their
// quotients. Monomials may have rational exponents, so that radicals of primes and of symbols need no rules of their own.
import { alloc, fail, failed, spend } from '../arena';
import { nil } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';

/** Product of powers of generators, sorted by generator; entries are (generator, numerator, denominator), i32 each. */
@unmanaged
export class Mono {
  n: i32;
  hash: u32;
}

function entry(m: Mono, i: i32): usize {
  return changetype<usize>(m) + 8 + <usize>i * 12;
}

export function generatorAt(m: Mono, i: i32): i32 {
  return load<i32>(entry(m, i));
}

export function exponentNum(m: Mono, i: i32): i32 {
  return load<i32>(entry(m, i), 4);
}

export function exponentDen(m: Mono, i: i32): i32 {
  return load<i32>(entry(m, i), 8);
}

function setEntry(m: Mono, i: i32, g: i32, num: i32, den: i32): void {
  const p = entry(m, i);
  store<i32>(p, g);
  store<i32>(p, num, 4);
  store<i32>(p, den, 8);
}

const UNIT_WORDS: usize = memory.data<u32>([0, 0, 0, 0]);

/** The empty product. */
export function unit(): Mono {
  return changetype<Mono>(UNIT_WORDS);
}

function blank(n: i32): Mono {
  const m = changetype<Mono>(alloc(8 + <usize>n * 12));
  m.n = n;
  m.hash = 0;
  return m;
}

function seal(m: Mono): Mono {
  let h: u32 = 0;
  for (let i = 0; i < m.n; i++)
    h = ((h ^ (<u32>generatorAt(m, i))) * 16777619) ^ (<u32>exponentNum(m, i) * 31 + <u32>exponentDen(m, i) - 1);
  m.hash = h;
  return m;
}

function gcd32(a: i32, b: i32): i32 {
  a = abs(a);
  b = abs(b);
  while (b != 0) {
    const r = a % b;
    a = b;
    b = r;
  }
  return a;
}

/** Largest exponent numerator or denominator. */
const MAX_EXPONENT: i64 = 1 << 24;

/** g^(num/den); the unit for exponent 0. */
export function power(g: i32, num: i32, den: i32): Mono {
  if (num == 0) return unit();
  const d = gcd32(num, den);
  const m = blank(1);
  setEntry(m, 0, g, num / d, den / d);
  return seal(m);
}

export function mulMono(a: Mono, b: Mono): Mono {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  spend((a.n + b.n) * 4);
  const m = blank(a.n + b.n);
  let i = 0;
  let j = 0;
  let n = 0;
  while (i < a.n || j < b.n) {
    const ga = i < a.n ? generatorAt(a, i) : i32.MAX_VALUE;
    const gb = j < b.n ? generatorAt(b, j) : i32.MAX_VALUE;
    if (ga < gb) {
      setEntry(m, n++, ga, exponentNum(a, i), exponentDen(a, i));
      i++;
    } else if (gb < ga) {
      setEntry(m, n++, gb, exponentNum(b, j), exponentDen(b, j));
      j++;
    } else {
      const da = <i64>exponentDen(a, i);
      const db = <i64>exponentDen(b, j);
      let num = <i64>exponentNum(a, i) * db + <i64>exponentNum(b, j) * da;
      let den = da * db;
      if (num > MAX_EXPONENT || num < -MAX_EXPONENT || den > MAX_EXPONENT) {
        fail();
        return unit();
      }
      if (num != 0) {
        const d = <i64>gcd32(<i32>num, <i32>den);
        num /= d;
        den /= d;
        setEntry(m, n++, ga, <i32>num, <i32>den);
      }
      i++;
      j++;
    }
  }
  m.n = n;
  return seal(m);
}

/** m^(num/den) */
export function powMono(m: Mono, num: i32, den: i32): Mono {
  if (num == 0) return unit();
  const r = blank(m.n);
  for (let i = 0; i < m.n; i++) {
    const a = <i64>exponentNum(m, i) * <i64>num;
    const b = <i64>exponentDen(m, i) * <i64>den;
    if (a > MAX_EXPONENT || a < -MAX_EXPONENT || b > MAX_EXPONENT) {
      fail();
      return unit();
    }
    const d = gcd32(<i32>a, <i32>b);
    setEntry(r, i, generatorAt(m, i), <i32>a / d, <i32>b / d);
  }
  return seal(r);
}

/** m without its entry i. */
export function without(m: Mono, i: i32): Mono {
  const r = blank(m.n - 1);
  for (let k = 0, at = 0; k < m.n; k++) if (k != i) setEntry(r, at++, generatorAt(m, k), exponentNum(m, k), exponentDen(m, k));
  return seal(r);
}

/** m with entry i raised to another exponent (not zero). */
export function withExponent(m: Mono, i: i32, num: i32, den: i32): Mono {
  if (num == 0) return without(m, i);
  const r = blank(m.n);
  for (let k = 0; k < m.n; k++) setEntry(r, k, generatorAt(m, k), exponentNum(m, k), exponentDen(m, k));
  setEntry(r, i, generatorAt(m, i), num, den);
  return seal(r);
}

/** A total order; 0 only for equal monomials. */
export function compareMono(a: Mono, b: Mono): i32 {
  if (a == b) return 0;
  const n = min(a.n, b.n);
  spend(6);
  for (let i = 0; i < n; i++) {
    spend(4);
    const ga = generatorAt(a, i);
    const gb = generatorAt(b, i);
    if (ga != gb) return ga < gb ? 1 : -1;
    const ea = <i64>exponentNum(a, i) * <i64>exponentDen(b, i);
    const eb = <i64>exponentNum(b, i) * <i64>exponentDen(a, i);
    if (ea != eb) return ea < eb ? -1 : 1;
  }
  return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

@unmanaged
export class Poly {
  n: i32;
  cap: i32;
  /** pairs (coefficient, monomial), sorted by falling monomial once normal */
  terms: usize;
}

export function coefficient(p: Poly, i: i32): Rat {
  return changetype<Rat>(load<usize>(p.terms + ((<usize>i) << 3)));
}

export function monomial(p: Poly, i: i32): Mono {
  return changetype<Mono>(load<usize>(p.terms + ((<usize>i) << 3), 4));
}

/** Most terms of one polynomial. */
const MAX_TERMS: i32 = 6000;

export function emptyPoly(cap: i32): Poly {
  if (cap > MAX_TERMS) {
    fail();
    cap = 1;
  }
  const p = changetype<Poly>(alloc(offsetof<Poly>()));
  p.n = 0;
  p.cap = cap;
  p.terms = alloc((<usize>cap) << 3);
  return p;
}

export function pushTerm(p: Poly, c: Rat, m: Mono): void {
  if (rat.isZero(c)) return;
  if (p.n == p.cap) {
    const cap = p.cap * 2;
    if (cap > MAX_TERMS * 2) {
      fail();
      return;
    }
    const terms = alloc((<usize>cap) << 3);
    memory.copy(terms, p.terms, (<usize>p.n) << 3);
    p.terms = terms;
    p.cap = cap;
  }
  const at = p.terms + ((<usize>p.n) << 3);
  store<usize>(at, changetype<usize>(c));
  store<usize>(at, changetype<usize>(m), 4);
  p.n++;
}

export function constant(c: Rat): Poly {
  const p = emptyPoly(1);
  pushTerm(p, c, unit());
  return p;
}

export function term(c: Rat, m: Mono): Poly {
  const p = emptyPoly(1);
  pushTerm(p, c, m);
  return p;
}

export function isZeroPoly(p: Poly): bool {
  return p.n == 0;
}

/** Whether p is a rational number. */
export function isConstant(p: Poly): bool {
  return p.n == 0 || (p.n == 1 && monomial(p, 0).n == 0);
}

export function constantValue(p: Poly): Rat {
  return p.n == 0 ? rat.ofI32(0) : coefficient(p, 0);
}

/** Sorts the terms and adds those with equal monomials. */
export function normal(p: Poly): Poly {
  const n = p.n;
  if (n <= 1 || failed) return p;
  let from = p.terms;
  let to = alloc((<usize>n) << 3);
  for (let width = 1; width < n; width <<= 1) {
    if (!spend(n * 3)) return p;
    for (let lo = 0; lo < n; lo += width << 1) {
      const mid = min(lo + width, n);
      const hi = min(lo + (width << 1), n);
      let i = lo;
      let j = mid;
      for (let k = lo; k < hi; k++) {
        const left =
          i < mid &&
          (j >= hi ||
            compareMono(
              changetype<Mono>(load<usize>(from + ((<usize>i) << 3), 4)),
              changetype<Mono>(load<usize>(from + ((<usize>j) << 3), 4)),
            ) >= 0);
        store<u64>(to + ((<usize>k) << 3), load<u64>(from + ((<usize>(left ? i++ : j++)) << 3)));
      }
    }
    const t = from;
    from = to;
    to = t;
  }
  p.terms = from;
  p.cap = n;
  let out = 0;
  let i = 0;
  while (i < n) {
    const m = monomial(p, i);
    let c = coefficient(p, i);
    i++;
    while (i < n && compareMono(m, monomial(p, i)) == 0) c = rat.add(c, coefficient(p, i++));
    if (!rat.isZero(c)) {
      const at = p.terms + ((<usize>out) << 3);
      out++;
      store<usize>(at, changetype<usize>(c));
      store<usize>(at, changetype<usize>(m), 4);
    }
  }
  p.n = out;
  return p;
}

export function addPoly(a: Poly, b: Poly): Poly {
  if (a.n == 0) return b;
  if (b.n == 0) return a;
  spend((a.n + b.n) * 8);
  const r = emptyPoly(a.n + b.n);
  let i = 0;
  let j = 0;
  while ((i < a.n || j < b.n) && !failed) {
    const c = i == a.n ? -1 : j == b.n ? 1 : compareMono(monomial(a, i), monomial(b, j));
    if (c > 0) {
      pushTerm(r, coefficient(a, i), monomial(a, i));
      i++;
    } else if (c < 0) {
      pushTerm(r, coefficient(b, j), monomial(b, j));
      j++;
    } else {
      pushTerm(r, rat.add(coefficient(a, i), coefficient(b, j)), monomial(a, i));
      i++;
      j++;
    }
  }
  return r;
}

export function scalePoly(p: Poly, c: Rat): Poly {
  if (rat.isOne(c)) return p;
  const r = emptyPoly(p.n > 0 ? p.n : 1);
  spend(p.n * 8);
  for (let i = 0; i < p.n && !failed; i++) pushTerm(r, rat.mul(coefficient(p, i), c), monomial(p, i));
  return r;
}

export function negPoly(p: Poly): Poly {
  return scalePoly(p, rat.ofI32(-1));
}

export function equalPoly(a: Poly, b: Poly): bool {
  if (a.n != b.n) return false;
  for (let i = 0; i < a.n; i++) {
    spend(10);
    if (compareMono(monomial(a, i), monomial(b, i)) != 0) return false;
    if (!rat.equal(coefficient(a, i), coefficient(b, i))) return false;
  }
  return true;
}

/** Positive rational c such that p/c has coprime integer coefficients. */
export function content(p: Poly): Rat {
  let num = int.zero();
  let den = int.one();
  for (let i = 0; i < p.n && !failed; i++) {
    const c = coefficient(p, i);
    num = int.gcd(num, c.num);
    den = int.mul(den, int.div(c.den, int.gcd(den, c.den)));
  }
  if (int.isZero(num) || failed) return rat.ofI32(1);
  return rat.ratio(num, den);
}

/** c with a = c·b for a rational c, or null: whether two polynomials are proportional. */
export function proportion(a: Poly, b: Poly): Rat {
  const no = nil<Rat>();
  if (a.n != b.n || a.n == 0) return no;
  const c = rat.div(coefficient(a, 0), coefficient(b, 0));
  for (let i = 0; i < a.n; i++) {
    if (failed || compareMono(monomial(a, i), monomial(b, i)) != 0) return no;
    if (i > 0 && !rat.equal(coefficient(a, i), rat.mul(c, coefficient(b, i)))) return no;
  }
  return failed ? no : c;
}

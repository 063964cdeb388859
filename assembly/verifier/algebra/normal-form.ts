// Algebraic normal form: an expression as a quotient of two polynomials over generators.
//
// Generators: symbols, π, e, i, primes under fractional exponents (radicals), polynomials under fractional exponents, powers with
// symbolic exponents, values of functions, unknown functions. Products fold what is known about them: √2·√2 = 2, i² = -1,
// sin² = 1 - cos². The form of a difference being 0 proves equality; a difference that is not 0 proves inequality when its generators
// are independent (symbols, radicals of primes, and at most one of π, e, ln p), and decides nothing otherwise.
import { elementAt, isNull, nil, setElement } from '../memory';
import { alloc, beginTrial, endTrial, fail, failed, pair, spend } from '../arena';
import { integer, Kind, kid, Node, number, substitute } from '../parse/tree';
import * as int from '../number/integer';
import { Int } from '../number/integer';
import { Func, Sign, SYM_E, SYM_I } from '../parse/symbols';
import * as poly from './polynomial';
import { Poly } from './polynomial';
import { Mono } from './polynomial';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';

/** Kinds of generator. */
const enum Gen {
  SYM,
  PI,
  E,
  I,
  /** integer > 1 (or -1 as the base of a symbolic power) */
  PRIME,
  /** a polynomial of two or more terms under a fractional or symbolic exponent */
  ROOT,
  /** base generator to a symbolic exponent */
  POWER,
  FUNC,
  CALL,
  ABS,
  FLOOR,
  CEIL,
  FACT,
  LN,
  SERIES,
  INTEGRAL,
  EXTREME,
  EULER,
}

@unmanaged
export class Frac {
  num: Poly;
  den: Poly;
}

@unmanaged
class Generator {
  kind: i32;
  /** symbol, function or base generator */
  id: i32;
  n: i32;
  /** arguments: Frac pointers */
  args: usize;
  int: Int;
  poly: Poly;
  mono: Mono;
  /** whether the integer is known to be prime */
  prime: i32;
}

const MAX_GENERATORS: i32 = 240;
let table: usize = 0;
let count: i32 = 0;
/** The pair that the table belongs to. */
let tablePair: i32 = -1;
/** Set when an expression has no normal form (or an undefined value). */
let broken: bool = false;
let depth: i32 = 0;

/** Starts an empty table where the one that is there belongs to another pair. */
function beginTable(): void {
  if (tablePair == pair) return;
  tablePair = pair;
  table = alloc((<usize>MAX_GENERATORS) << 2);
  count = 0;
}

function generator(i: i32): Generator {
  return elementAt<Generator>(table, i);
}

function fresh(kind: i32, id: i32): Generator {
  const g = changetype<Generator>(alloc(offsetof<Generator>()));
  g.kind = kind;
  g.id = id;
  g.n = 0;
  g.args = 0;
  g.int = int.zero();
  g.poly = nil<Poly>();
  g.mono = poly.unit();
  g.prime = 0;
  return g;
}

/** Index of a generator equal to g, which is added when there is none. */
function intern(g: Generator): i32 {
  for (let i = 0; i < count; i++) {
    const h = generator(i);
    if (h.kind != g.kind || h.id != g.id || h.n != g.n) continue;
    spend(2);
    if (int.compareInt(h.int, g.int) != 0) continue;
    if (!isNull(g.poly) && !poly.equalPoly(g.poly, h.poly)) continue;
    if (poly.compareMono(g.mono, h.mono) != 0) continue;
    let same = true;
    for (let k = 0; k < g.n && same; k++) same = equalFrac(arg(g, k), arg(h, k));
    if (same) return i;
  }
  if (count == MAX_GENERATORS) {
    fail();
    return 0;
  }
  setElement<usize>(table, count, changetype<usize>(g));
  return count++;
}

function arg(g: Generator, i: i32): Frac {
  return elementAt<Frac>(g.args, i);
}

function simple(kind: i32, id: i32 = 0): i32 {
  return intern(fresh(kind, id));
}

function primeGenerator(v: Int, prime: bool): i32 {
  const g = fresh(Gen.PRIME, 0);
  g.int = v;
  g.prime = prime ? 1 : 0;
  return intern(g);
}

function rootGenerator(p: Poly): i32 {
  const g = fresh(Gen.ROOT, 0);
  g.poly = p;
  return intern(g);
}

function functionOf(kind: i32, id: i32, n: i32, a: Frac, b: Frac = nil<Frac>(), c: Frac = nil<Frac>()): i32 {
  const g = fresh(kind, id);
  g.n = n;
  g.args = alloc((<usize>n) << 2);
  store<usize>(g.args, changetype<usize>(a));
  if (n > 1) store<usize>(g.args, changetype<usize>(b), 4);
  if (n > 2) store<usize>(g.args, changetype<usize>(c), 8);
  return intern(g);
}

// --- Quotients

function undefined(): Frac {
  broken = true;
  return ofInt(0);
}

function ok(): bool {
  return !broken && !failed;
}

function rawFrac(num: Poly, den: Poly): Frac {
  const f = changetype<Frac>(alloc(offsetof<Frac>()));
  f.num = num;
  f.den = den;
  return f;
}

export function ofRat(c: Rat): Frac {
  return rawFrac(poly.constant(c), poly.constant(rat.ofI32(1)));
}

function ofInt(v: i32): Frac {
  return ofRat(rat.ofI32(v));
}

function ofGenerator(g: i32, num: i32 = 1, den: i32 = 1): Frac {
  return rawFrac(poly.term(rat.ofI32(1), poly.power(g, num, den)), poly.constant(rat.ofI32(1)));
}

function ofPoly(p: Poly): Frac {
  return rawFrac(p, poly.constant(rat.ofI32(1)));
}

/** Whether f is a rational number. */
export function isRational(f: Frac): bool {
  return poly.isConstant(f.num) && poly.isConstant(f.den);
}

export function rationalValue(f: Frac): Rat {
  return rat.div(poly.constantValue(f.num), poly.constantValue(f.den));
}

/** Takes the common content and monomial out of num and den; a constant den becomes 1. */
function frac(num: Poly, den: Poly): Frac {
  if (!ok()) return rawFrac(poly.constant(rat.ofI32(0)), poly.constant(rat.ofI32(1)));
  if (den.n == 0) return undefined();
  if (num.n == 0) return rawFrac(num, poly.constant(rat.ofI32(1)));
  if (poly.isConstant(den))
    return rawFrac(poly.scalePoly(num, rat.div(rat.ofI32(1), poly.constantValue(den))), poly.constant(rat.ofI32(1)));
  // monomial common to all terms
  let common = poly.monomial(den, 0);
  for (let i = 0; i < den.n && common.n > 0; i++) common = commonPart(common, poly.monomial(den, i));
  for (let i = 0; i < num.n && common.n > 0; i++) common = commonPart(common, poly.monomial(num, i));
  if (common.n > 0) {
    const inverse = poly.powMono(common, -1, 1);
    num = shiftPoly(num, inverse);
    den = shiftPoly(den, inverse);
  }
  const c = poly.content(den);
  const s = rat.sign(poly.coefficient(den, 0)) < 0 ? rat.neg(c) : c;
  const inverse = rat.div(rat.ofI32(1), s);
  num = poly.scalePoly(num, inverse);
  den = poly.scalePoly(den, inverse);
  if (!failed && num.n == den.n) {
    const k = poly.proportion(num, den);
    if (!isNull(k)) return ofRat(k);
  }
  if (poly.isConstant(den))
    return rawFrac(poly.scalePoly(num, rat.div(rat.ofI32(1), poly.constantValue(den))), poly.constant(rat.ofI32(1)));
  return rawFrac(num, den);
}

/** Product of the smaller powers of generators that occur in both. */
function commonPart(a: Mono, b: Mono): Mono {
  let r = poly.unit();
  for (let i = 0; i < a.n; i++) {
    for (let j = 0; j < b.n; j++) {
      if (poly.generatorAt(a, i) != poly.generatorAt(b, j)) continue;
      const an = poly.exponentNum(a, i);
      const ad = poly.exponentDen(a, i);
      const bn = poly.exponentNum(b, j);
      const bd = poly.exponentDen(b, j);
      const less = <i64>an * <i64>bd <= <i64>bn * <i64>ad;
      r = poly.mulMono(r, less ? poly.power(poly.generatorAt(a, i), an, ad) : poly.power(poly.generatorAt(b, j), bn, bd));
    }
  }
  return r;
}

/** p with every monomial multiplied by m, where no folding can arise (m divides out a common factor). */
function shiftPoly(p: Poly, m: Mono): Poly {
  const r = poly.emptyPoly(p.n > 0 ? p.n : 1);
  for (let i = 0; i < p.n; i++) poly.pushTerm(r, poly.coefficient(p, i), poly.mulMono(poly.monomial(p, i), m));
  return poly.normal(r);
}

/** Whether generators of m need folding. */
function folds(m: Mono): bool {
  for (let i = 0; i < m.n; i++) {
    const k = generator(poly.generatorAt(m, i)).kind;
    const num = poly.exponentNum(m, i);
    const den = poly.exponentDen(m, i);
    if (k == Gen.PRIME || k == Gen.ROOT) {
      if (num >= den || num < 0) return true;
    } else if (k == Gen.I) {
      if (num != 1 || den != 1) return true;
    } else if (k == Gen.FUNC && generator(poly.generatorAt(m, i)).id == Func.SIN) {
      if (num >= 2 * den) return true;
    } else if (k == Gen.ABS) {
      if (num >= 2 * den) return true;
    }
  }
  return false;
}

/** c·m as a polynomial, with every known relation applied. */
function foldTerm(c: Rat, m: Mono): Poly {
  let extra = nil<Poly>();
  let i = 0;
  while (i < m.n && ok()) {
    const index = poly.generatorAt(m, i);
    const g = generator(index);
    const num = poly.exponentNum(m, i);
    const den = poly.exponentDen(m, i);
    if (g.kind == Gen.PRIME && (num >= den || num < 0)) {
      let whole = num / den;
      if (num < 0 && num % den != 0) whole--;
      c = rat.mul(c, rat.pow(rat.ofInt(g.int), whole));
      m = poly.withExponent(m, i, num - whole * den, den);
      if (num - whole * den != 0) i++;
      continue;
    }
    if (g.kind == Gen.I && (num != 1 || den != 1)) {
      if (den != 1) {
        undefined();
        break;
      }
      const turn = ((num % 4) + 4) % 4;
      if (turn >= 2) c = rat.neg(c);
      m = poly.withExponent(m, i, turn & 1, 1);
      if (turn & 1) i++;
      continue;
    }
    if (g.kind == Gen.ROOT && num >= den) {
      const whole = num / den;
      m = poly.withExponent(m, i, num - whole * den, den);
      const factor = powPoly(g.poly, whole);
      extra = isNull(extra) ? factor : mulPoly(extra, factor);
      if (num - whole * den != 0) i++;
      continue;
    }
    if (g.kind == Gen.FUNC && g.id == Func.SIN && num >= 2 * den) {
      const pairs = num / den / 2;
      const cosine = functionOf(Gen.FUNC, Func.COS, 1, arg(g, 0));
      const square = poly.emptyPoly(2);
      poly.pushTerm(square, rat.ofI32(-1), poly.power(cosine, 2, 1));
      poly.pushTerm(square, rat.ofI32(1), poly.unit());
      const factor = powPoly(poly.normal(square), pairs);
      m = poly.withExponent(m, i, num - 2 * pairs * den, den);
      extra = isNull(extra) ? factor : mulPoly(extra, factor);
      if (num - 2 * pairs * den != 0) i++;
      continue;
    }
    if (g.kind == Gen.ABS && num >= 2 * den && !isNull(g.poly)) {
      // |u|² = u²
      const pairs = num / den / 2;
      const factor = powPoly(g.poly, pairs * 2);
      m = poly.withExponent(m, i, num - 2 * pairs * den, den);
      extra = isNull(extra) ? factor : mulPoly(extra, factor);
      if (num - 2 * pairs * den != 0) i++;
      continue;
    }
    i++;
  }
  const t = poly.term(c, m);
  return isNull(extra) ? t : mulPoly(extra, t);
}

let nesting: i32 = 0;

function mulPoly(a: Poly, b: Poly): Poly {
  if (a.n == 0) return a;
  if (b.n == 0) return b;
  nesting++;
  if (nesting > 40) fail();
  const r = poly.emptyPoly(a.n * b.n);
  for (let i = 0; i < a.n; i++) {
    if (!spend(b.n * 8)) break;
    for (let j = 0; j < b.n && ok(); j++) {
      const c = rat.mul(poly.coefficient(a, i), poly.coefficient(b, j));
      const m = poly.mulMono(poly.monomial(a, i), poly.monomial(b, j));
      if (!folds(m)) poly.pushTerm(r, c, m);
      else {
        const f = foldTerm(c, m);
        for (let k = 0; k < f.n; k++) poly.pushTerm(r, poly.coefficient(f, k), poly.monomial(f, k));
      }
    }
  }
  nesting--;
  return poly.normal(r);
}

function powPoly(p: Poly, n: i32): Poly {
  if (n == 0) return poly.constant(rat.ofI32(1));
  if (p.n == 1) {
    const c = rat.pow(poly.coefficient(p, 0), n);
    if (failed) return p;
    const m = poly.powMono(poly.monomial(p, 0), n, 1);
    if (failed) return p;
    return folds(m) ? foldTerm(c, m) : poly.term(c, m);
  }
  if (n > 400) {
    fail();
    return p;
  }
  let r = poly.constant(rat.ofI32(1));
  let b = p;
  while (ok()) {
    if (n & 1) r = mulPoly(r, b);
    n >>= 1;
    if (n == 0) break;
    b = mulPoly(b, b);
  }
  return r;
}

export function addFrac(a: Frac, b: Frac): Frac {
  if (!ok()) return a;
  if (poly.equalPoly(a.den, b.den)) return frac(poly.addPoly(a.num, b.num), a.den);
  return frac(poly.addPoly(mulPoly(a.num, b.den), mulPoly(b.num, a.den)), mulPoly(a.den, b.den));
}

export function negFrac(a: Frac): Frac {
  return rawFrac(poly.negPoly(a.num), a.den);
}

export function mulFrac(a: Frac, b: Frac): Frac {
  if (!ok()) return a;
  return frac(mulPoly(a.num, b.num), mulPoly(a.den, b.den));
}

export function divFrac(a: Frac, b: Frac): Frac {
  if (!ok()) return a;
  if (b.num.n == 0) return undefined();
  return frac(mulPoly(a.num, b.den), mulPoly(a.den, b.num));
}

/** a.num·b.den - b.num·a.den */
export function difference(a: Frac, b: Frac): Poly {
  if (poly.equalPoly(a.den, b.den)) return poly.addPoly(a.num, poly.negPoly(b.num));
  return poly.addPoly(mulPoly(a.num, b.den), poly.negPoly(mulPoly(b.num, a.den)));
}

function equalFrac(a: Frac, b: Frac): bool {
  if (a == b || (poly.equalPoly(a.num, b.num) && poly.equalPoly(a.den, b.den))) return true;
  if (poly.isConstant(a.den) && poly.isConstant(b.den)) return false;
  return poly.isZeroPoly(difference(a, b)) && ok();
}

// --- Powers

/** Trial division bound of radicands. */
const TRIAL: u32 = 2048;

/** Product over the prime factors p^k of n > 0 of generators p^(k·num/den), folded; what trial division leaves is one factor. */
function integerPower(n: Int, num: i32, den: i32): Poly {
  let m = poly.unit();
  let rest = n;
  let d: u32 = 2;
  while (d < TRIAL && !int.isOne(rest) && ok()) {
    if (int.modSmall(rest, d) == 0) {
      let k = 0;
      while (int.modSmall(rest, d) == 0 && ok()) {
        rest = int.divSmall(rest, d);
        k++;
      }
      m = poly.mulMono(m, poly.power(primeGenerator(int.fromU64(<u64>d), true), k * num, den));
    } else if (int.bitLength(rest) <= 22 && <u32>int.toI32(rest) < d * d) break;
    d += d == 2 ? 1 : 2;
  }
  if (!int.isOne(rest) && ok()) {
    const isPrime = int.bitLength(rest) <= 22;
    let base = rest;
    let k = 1;
    if (!isPrime) {
      // a perfect power of a large factor
      for (let e = 7; e >= 2; e--) {
        const r = int.rootInt(rest, e);
        if (!failed && int.compareInt(int.powInt(r, e), rest) == 0) {
          base = r;
          k = e;
          break;
        }
      }
    }
    m = poly.mulMono(m, poly.power(primeGenerator(base, isPrime), k * num, den));
  }
  return foldTerm(rat.ofI32(1), m);
}

/** c^(num/den) for rational c, den > 1. */
function rationalPower(c: Rat, num: i32, den: i32): Frac {
  if (rat.isZero(c)) return num > 0 ? ofInt(0) : undefined();
  let sign = 1;
  let imaginary = 0;
  if (rat.sign(c) < 0) {
    c = rat.neg(c);
    if (den & 1) sign = num & 1 ? -1 : 1;
    else if (den == 2) imaginary = num;
    else return undefined();
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

function absGenerator(p: Poly): i32 {
  const g = fresh(Gen.ABS, 0);
  g.poly = p;
  return intern(g);
}

/** Whether the value of p is a constant: no symbols inside. */
function isConstantPoly(p: Poly): bool {
  for (let i = 0; i < p.n; i++) {
    const m = poly.monomial(p, i);
    for (let k = 0; k < m.n; k++) {
      const g = generator(poly.generatorAt(m, k));
      if (g.kind != Gen.PI && g.kind != Gen.E && g.kind != Gen.PRIME && g.kind != Gen.EULER) return false;
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
        if (g.kind == Gen.I) return undefined();
        const positive =
          g.kind == Gen.PI ||
          g.kind == Gen.E ||
          g.kind == Gen.PRIME ||
          g.kind == Gen.POWER ||
          g.kind == Gen.ABS ||
          g.kind == Gen.FACT ||
          (g.kind == Gen.ROOT && !(ed & 1));
        let base = poly.generatorAt(m, i);
        if (!(den & 1) && !(en & 1) && ed & 1 && !positive) {
          // an even power under an even root: the root is of |x|
          const reduced = (<i64>en * <i64>num) % (<i64>2 * <i64>ed * <i64>den);
          if (reduced != 0) base = absGenerator(poly.term(rat.ofI32(1), poly.power(base, 1, 1)));
        } else if (g.kind == Gen.ROOT && !(den & 1) && en >= ed) return undefined();
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
  if (!ok()) return undefined();
  const outer = rationalPower(c, num, den);
  const g = rootGenerator(rest);
  return mulFrac(outer, ofPoly(foldTerm(rat.ofI32(1), poly.power(g, num, den))));
}

/** f^r for a rational exponent. */
function powRational(f: Frac, r: Rat): Frac {
  if (!int.fitsI32(r.num) || !int.fitsI32(r.den)) {
    fail();
    return f;
  }
  const num = int.toI32(r.num);
  const den = int.toI32(r.den);
  if (num == 0) return f.num.n == 0 ? undefined() : ofInt(1);
  if (num < 0) return powRational(divFrac(ofInt(1), f), rat.neg(r));
  if (den == 1) return frac(powPoly(f.num, num), powPoly(f.den, num));
  if (den > 60) return undefined();
  if (poly.isConstant(f.den)) return rootPoly(f.num, num, den);
  if (f.num.n == 1 && f.den.n == 1 && rat.sign(poly.coefficient(f.num, 0)) < 0 && !(den & 1)) return undefined();
  return divFrac(rootPoly(f.num, num, den), rootPoly(f.den, num, den));
}

/** generator^(c·m), m a monomial of symbols. */
function symbolicPower(base: i32, c: Rat, m: Mono, e: Frac): Frac {
  const g = fresh(Gen.POWER, base);
  if (!isNull(e)) {
    g.n = 1;
    g.args = alloc(4);
    store<usize>(g.args, changetype<usize>(e));
    return ofGenerator(intern(g));
  }
  g.mono = m;
  if (!int.fitsI32(c.num) || !int.fitsI32(c.den) || int.toI32(c.den) > 100000 || abs(int.toI32(c.num)) > 100000) {
    fail();
    return ofInt(0);
  }
  const num = int.toI32(c.num);
  const r = ofGenerator(intern(g), abs(num), int.toI32(c.den));
  return num < 0 ? divFrac(ofInt(1), r) : r;
}

/** One base generator to the exponent e. */
function powGenerator(base: i32, e: Frac): Frac {
  if (isRational(e)) return powRational(ofGenerator(base), rationalValue(e));
  if (!poly.isConstant(e.den)) return symbolicPower(base, rat.ofI32(1), poly.unit(), e);
  let r = ofInt(1);
  const baseKind = generator(base).kind;
  for (let i = 0; i < e.num.n && ok(); i++) {
    const c = poly.coefficient(e.num, i);
    const m = poly.monomial(e.num, i);
    if (m.n == 0) {
      r = mulFrac(r, powRational(baseKind == Gen.PRIME ? ofRat(rat.ofInt(generator(base).int)) : ofGenerator(base), c));
      continue;
    }
    if (baseKind == Gen.E) {
      // e^(c ln u) = u^c
      if (
        m.n == 1 &&
        generator(poly.generatorAt(m, 0)).kind == Gen.LN &&
        poly.exponentNum(m, 0) == 1 &&
        poly.exponentDen(m, 0) == 1
      ) {
        r = mulFrac(r, powRational(arg(generator(poly.generatorAt(m, 0)), 0), c));
        continue;
      }
      // e^(iθ) = cos θ + i sin θ
      let at = -1;
      for (let k = 0; k < m.n; k++) if (generator(poly.generatorAt(m, k)).kind == Gen.I) at = k;
      if (at >= 0) {
        const angle = ofPoly(poly.term(c, poly.without(m, at)));
        r = mulFrac(
          r,
          addFrac(trigonometric(Func.COS, angle), mulFrac(ofGenerator(simple(Gen.I)), trigonometric(Func.SIN, angle))),
        );
        continue;
      }
    }
    r = mulFrac(r, symbolicPower(base, c, m, nil<Frac>()));
  }
  return r;
}

/** p^e for a symbolic exponent. */
function powPolySymbolic(p: Poly, e: Frac): Frac {
  if (p.n == 0) return undefined();
  if (p.n > 1) {
    const c = poly.content(p);
    const rest = poly.scalePoly(p, rat.div(rat.ofI32(1), c));
    const r = powGenerator(rootGenerator(rest), e);
    return rat.isOne(c) ? r : mulFrac(powPolySymbolic(poly.constant(c), e), r);
  }
  const c = poly.coefficient(p, 0);
  const m = poly.monomial(p, 0);
  let r = ofInt(1);
  if (rat.sign(c) < 0) r = symbolicPowerOf(primeGenerator(int.fromI64(-1), false), e);
  if (!int.isOne(int.absInt(c.num))) r = mulFrac(r, integerSymbolic(int.absInt(c.num), e));
  if (!int.isOne(c.den)) r = divFrac(r, integerSymbolic(c.den, e));
  for (let i = 0; i < m.n && ok(); i++) {
    const k = ofRat(rat.ofFraction(poly.exponentNum(m, i), poly.exponentDen(m, i)));
    const g = poly.generatorAt(m, i);
    if (generator(g).kind == Gen.POWER && generator(g).n == 0) {
      // (2^n)^m = 2^(nm)
      r = mulFrac(r, powGenerator(generator(g).id, mulFrac(mulFrac(ofPoly(poly.term(rat.ofI32(1), generator(g).mono)), k), e)));
    } else r = mulFrac(r, powGenerator(g, mulFrac(k, e)));
  }
  return r;
}

/** (-1)^e: integer parts of the exponent are signs. */
function symbolicPowerOf(base: i32, e: Frac): Frac {
  if (!poly.isConstant(e.den)) return symbolicPower(base, rat.ofI32(1), poly.unit(), e);
  let r = ofInt(1);
  for (let i = 0; i < e.num.n && ok(); i++) {
    const c = poly.coefficient(e.num, i);
    const m = poly.monomial(e.num, i);
    if (m.n == 0) {
      if (!rat.isInteger(c)) return undefined();
      if (int.isOdd(c.num)) r = negFrac(r);
    } else if (rat.isInteger(c)) r = mulFrac(r, symbolicPower(base, rat.ofInt(int.absInt(c.num)), m, nil<Frac>()));
    else return undefined();
  }
  return r;
}

function integerSymbolic(n: Int, e: Frac): Frac {
  let r = ofInt(1);
  let rest = n;
  let d: u32 = 2;
  while (d < TRIAL && !int.isOne(rest) && ok()) {
    let k = 0;
    while (int.modSmall(rest, d) == 0 && ok()) {
      rest = int.divSmall(rest, d);
      k++;
    }
    if (k > 0) r = mulFrac(r, powGenerator(primeGenerator(int.fromU64(<u64>d), true), mulFrac(ofInt(k), e)));
    if (int.bitLength(rest) <= 22 && <u32>int.toI32(rest) < d * d) break;
    d += d == 2 ? 1 : 2;
  }
  if (!int.isOne(rest)) r = mulFrac(r, powGenerator(primeGenerator(rest, int.bitLength(rest) <= 22), e));
  return r;
}

function powFrac(f: Frac, e: Frac): Frac {
  if (!ok()) return f;
  if (isRational(e)) return powRational(f, rationalValue(e));
  const r = powPolySymbolic(f.num, e);
  if (poly.isConstant(f.den) && rat.isOne(poly.constantValue(f.den))) return r;
  return divFrac(r, powPolySymbolic(f.den, e));
}

// --- Functions

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

function leadingNegative(f: Frac): bool {
  return f.num.n > 0 && rat.sign(poly.coefficient(f.num, 0)) < 0;
}

/** sin or cos */
function trigonometric(f: i32, x: Frac): Frac {
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
function logarithm(x: Frac): Frac {
  if (!ok()) return x;
  if (x.num.n == 0) return undefined();
  if (x.num.n == 1 && x.den.n == 1) {
    const mn = poly.monomial(x.num, 0);
    const md = poly.monomial(x.den, 0);
    const c = rat.div(poly.coefficient(x.num, 0), poly.coefficient(x.den, 0));
    if (rat.sign(c) > 0 && isConstantPoly(x.num) && isConstantPoly(x.den)) {
      let r = addFrac(integerLog(c.num), negFrac(integerLog(c.den)));
      r = addFrac(r, monoLog(mn));
      return addFrac(r, negFrac(monoLog(md)));
    }
  }
  // ln e^u = u
  if (x.num.n == 1 && poly.isConstant(x.den) && rat.isOne(poly.coefficient(x.num, 0))) {
    const m = poly.monomial(x.num, 0);
    if (m.n == 1) {
      const g = generator(poly.generatorAt(m, 0));
      if (g.kind == Gen.POWER && g.n == 0 && generator(g.id).kind == Gen.E)
        return mulFrac(
          ofRat(rat.ofFraction(poly.exponentNum(m, 0), poly.exponentDen(m, 0))),
          ofPoly(poly.term(rat.ofI32(1), g.mono)),
        );
    }
  }
  return ofGenerator(functionOf(Gen.LN, 0, 1, x));
}

function integerLog(n: Int): Frac {
  let r = ofInt(0);
  let rest = n;
  let d: u32 = 2;
  while (d < TRIAL && !int.isOne(rest) && ok()) {
    let k = 0;
    while (int.modSmall(rest, d) == 0 && ok()) {
      rest = int.divSmall(rest, d);
      k++;
    }
    if (k > 0) r = addFrac(r, mulFrac(ofInt(k), ofGenerator(functionOf(Gen.LN, 1, 1, ofInt(<i32>d)))));
    if (int.bitLength(rest) <= 22 && <u32>int.toI32(rest) < d * d) break;
    d += d == 2 ? 1 : 2;
  }
  if (!int.isOne(rest) && ok())
    r = addFrac(r, ofGenerator(functionOf(Gen.LN, int.bitLength(rest) <= 22 ? 1 : 0, 1, ofRat(rat.ofInt(rest)))));
  return r;
}

function monoLog(m: Mono): Frac {
  let r = ofInt(0);
  for (let i = 0; i < m.n; i++) {
    const e = ofRat(rat.ofFraction(poly.exponentNum(m, i), poly.exponentDen(m, i)));
    const g = generator(poly.generatorAt(m, i));
    if (g.kind == Gen.E) r = addFrac(r, e);
    else if (g.kind == Gen.PRIME) r = addFrac(r, mulFrac(e, integerLog(g.int)));
    else r = addFrac(r, mulFrac(e, ofGenerator(functionOf(Gen.LN, 0, 1, ofGenerator(poly.generatorAt(m, i))))));
  }
  return r;
}

function absolute(x: Frac): Frac {
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
  if (p.n == 1 && isConstantPoly(p)) return mulFrac(ofRat(c), ofPoly(rest));
  for (let i = 0; i < rest.n; i++) {
    const m = poly.monomial(rest, i);
    for (let k = 0; k < m.n; k++) if (generator(poly.generatorAt(m, k)).kind == Gen.I) return undefined();
  }
  return mulFrac(ofRat(c), ofGenerator(absGenerator(rest)));
}

/** x! with the integer part of the argument worked off: (n+1)! = (n+1)·n!. */
function factorial(x: Frac): Frac {
  if (!ok()) return x;
  if (isRational(x)) {
    const v = rationalValue(x);
    if (!rat.isInteger(v) || rat.sign(v) < 0) return undefined();
    if (!int.fitsI32(v.num)) {
      fail();
      return x;
    }
    return ofRat(rat.ofInt(int.factorialInt(int.toI32(v.num))));
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
  if (abs(shift) > 24) shift = 0;
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

function smallInteger(x: Frac): i32 {
  if (!isRational(x)) return -1;
  const v = rationalValue(x);
  if (!rat.isInteger(v) || rat.sign(v) < 0 || !int.fitsI32(v.num)) return -1;
  return int.toI32(v.num);
}

function binomial(n: Frac, k: Frac): Frac {
  if (!ok()) return n;
  const whole = smallInteger(n);
  let low = smallInteger(k);
  if (whole >= 0 && low >= 0) {
    if (low > whole) return ofInt(0);
    return ofRat(rat.ofInt(binomialInt(whole, low)));
  }
  if (low < 0) {
    const other = smallInteger(addFrac(n, negFrac(k)));
    if (other >= 0) low = other;
  }
  if (low >= 0 && low <= 24) {
    let r = ofInt(1);
    for (let i = 0; i < low && ok(); i++) r = divFrac(mulFrac(r, addFrac(n, ofInt(-i))), ofInt(i + 1));
    return r;
  }
  return divFrac(factorial(n), mulFrac(factorial(k), factorial(addFrac(n, negFrac(k)))));
}

/** n over k for 0 <= k <= n. */
export function binomialInt(n: i32, k: i32): Int {
  if (k > n - k) k = n - k;
  if (k > 4000) {
    fail();
    return int.zero();
  }
  let r = int.one();
  for (let i = 1; i <= k && !failed; i++) r = int.divSmall(int.mul(r, int.fromU64(<u64>(n - k + i))), <u32>i);
  return r;
}

function ofFunction(x: Node): Frac {
  const f = x.op;
  const a = ofNode(kid(x, 0));
  if (!ok()) return a;
  switch (f) {
    case Func.SIN:
    case Func.COS:
      return trigonometric(f, a);
    case Func.TAN:
      return divFrac(trigonometric(Func.SIN, a), trigonometric(Func.COS, a));
    case Func.COT:
      return divFrac(trigonometric(Func.COS, a), trigonometric(Func.SIN, a));
    case Func.SEC:
      return divFrac(ofInt(1), trigonometric(Func.COS, a));
    case Func.CSC:
      return divFrac(ofInt(1), trigonometric(Func.SIN, a));
    case Func.SINH:
    case Func.COSH:
    case Func.TANH:
    case Func.COTH: {
      const e = ofGenerator(simple(Gen.E));
      const up = powFrac(e, a);
      const down = powFrac(e, negFrac(a));
      const s = addFrac(up, negFrac(down));
      const c = addFrac(up, down);
      if (f == Func.TANH) return divFrac(s, c);
      if (f == Func.COTH) return divFrac(c, s);
      return mulFrac(ofRat(rat.ofFraction(1, 2)), f == Func.SINH ? s : c);
    }
    case Func.LN:
      return logarithm(a);
    case Func.LOG:
      if (x.n == 2) return divFrac(logarithm(a), logarithm(ofNode(kid(x, 1))));
      return divFrac(logarithm(a), logarithm(ofInt(10)));
    case Func.LG:
      return divFrac(logarithm(a), logarithm(ofInt(10)));
    case Func.GCD:
    case Func.LCM:
    case Func.MAX:
    case Func.MIN: {
      let all = true;
      let v = nil<Rat>();
      for (let i = 0; i < x.n && ok(); i++) {
        const k = ofNode(kid(x, i));
        if (!isRational(k)) {
          all = false;
          break;
        }
        const w = rationalValue(k);
        if (i == 0) v = w;
        else if (f == Func.MAX) v = rat.compare(v, w) < 0 ? w : v;
        else if (f == Func.MIN) v = rat.compare(v, w) > 0 ? w : v;
        else {
          if (!rat.isInteger(v) || !rat.isInteger(w)) return undefined();
          const g = int.gcd(v.num, w.num);
          if (f == Func.GCD) v = rat.ofInt(g);
          else {
            if (int.isZero(g)) return undefined();
            v = rat.ofInt(int.absInt(int.mul(v.num, int.div(w.num, g))));
          }
        }
      }
      if (all) return ofRat(v);
      if (x.n == 2) {
        // symmetric in two arguments: keyed by sum and product
        const b = ofNode(kid(x, 1));
        return ofGenerator(functionOf(Gen.EXTREME, f, 2, addFrac(a, b), mulFrac(a, b)));
      }
      return undefined();
    }
    case Func.SGN:
    case Func.RE:
    case Func.IM:
    case Func.ARG:
    case Func.DET:
      return undefined();
  }
  if (x.n != 1) return undefined();
  if ((f == Func.ASIN || f == Func.ATAN) && leadingNegative(a))
    return negFrac(ofGenerator(functionOf(Gen.FUNC, f, 1, negFrac(a))));
  if ((f == Func.ASIN || f == Func.ATAN) && a.num.n == 0) return ofInt(0);
  return ofGenerator(functionOf(Gen.FUNC, f, 1, a));
}

/** Largest number of terms a sum or product is written out to. */
const MAX_SERIES: i32 = 500;

function series(x: Node): Frac {
  const variable = kid(x, 0);
  const low = ofNode(kid(x, 1));
  const high = ofNode(kid(x, 2));
  if (!ok()) return low;
  if (isRational(low) && isRational(high)) {
    const a = rationalValue(low);
    const b = rationalValue(high);
    if (!rat.isInteger(a) || !rat.isInteger(b) || !int.fitsI32(a.num) || !int.fitsI32(b.num)) return undefined();
    const from = int.toI32(a.num);
    const to = int.toI32(b.num);
    if (<i64>to - <i64>from > MAX_SERIES) {
      fail();
      return low;
    }
    let r = ofInt(x.op);
    for (let k = from; k <= to && ok(); k++) {
      const v = ofNode(substitute(kid(x, 3), variable.op, integer(k)));
      r = x.op == 0 ? addFrac(r, v) : mulFrac(r, v);
    }
    return r;
  }
  if (depth > 60) return undefined();
  const marker = changetype<Node>(substitute(kid(x, 3), variable.op, placeholder(Sign.BOUND)));
  const body = ofNode(marker);
  return ofGenerator(functionOf(Gen.SERIES, x.op, 3, low, high, body));
}

function placeholder(id: i32): Node {
  const n = integer(0);
  const s = changetype<Node>(alloc(offsetof<Node>()));
  memory.copy(changetype<usize>(s), changetype<usize>(n), offsetof<Node>());
  s.kind = Kind.SYM;
  s.op = id;
  s.value = nil<Rat>();
  return s;
}

/** Antiderivative of polynomials in the variable; other integrands are generators of their own. */
function integral(x: Node): Frac {
  const variable = kid(x, 1);
  const body = ofNode(kid(x, 0));
  if (!ok()) return body;
  const g = simple(Gen.SYM, variable.op);
  let exact = x.n == 4;
  for (let i = 0; i < body.den.n && exact; i++) if (mentions(poly.monomial(body.den, i), g)) exact = false;
  for (let i = 0; i < body.num.n && exact; i++) {
    const m = poly.monomial(body.num, i);
    for (let k = 0; k < m.n; k++) {
      const h = poly.generatorAt(m, k);
      if (
        h != g &&
        generator(h).kind != Gen.SYM &&
        generator(h).kind != Gen.PI &&
        generator(h).kind != Gen.E &&
        generator(h).kind != Gen.PRIME
      )
        exact = false;
    }
  }
  if (!exact) return undefined();
  const low = ofNode(kid(x, 2));
  const high = ofNode(kid(x, 3));
  let r = ofInt(0);
  for (let i = 0; i < body.num.n && ok(); i++) {
    const m = poly.monomial(body.num, i);
    let rest = m;
    let num = 0;
    let den = 1;
    for (let k = 0; k < m.n; k++)
      if (poly.generatorAt(m, k) == g) {
        num = poly.exponentNum(m, k);
        den = poly.exponentDen(m, k);
        rest = poly.without(m, k);
      }
    const e = rat.ofFraction(num + den, den);
    const span = addFrac(powRational(high, e), negFrac(low.num.n == 0 ? ofInt(0) : powRational(low, e)));
    const c = ofPoly(poly.term(rat.div(poly.coefficient(body.num, i), e), rest));
    r = addFrac(r, mulFrac(c, span));
  }
  return divFrac(r, ofPoly(body.den));
}

function mentions(m: Mono, g: i32): bool {
  for (let i = 0; i < m.n; i++) if (poly.generatorAt(m, i) == g) return true;
  return false;
}

/** The normal form of an expression; sets `broken` where there is none. */
function ofNode(x: Node): Frac {
  if (!ok()) return ofInt(0);
  if (!spend(20)) return ofInt(0);
  depth++;
  if (depth > 200) fail();
  const r = dispatch(x);
  depth--;
  return r;
}

function dispatch(x: Node): Frac {
  switch (x.kind) {
    case Kind.NUM:
      return ofRat(x.value);
    case Kind.SYM:
      if (x.op == SYM_E) return ofGenerator(simple(Gen.E));
      if (x.op == SYM_I) return ofGenerator(simple(Gen.I));
      return ofGenerator(simple(Gen.SYM, x.op));
    case Kind.PI:
      return ofGenerator(simple(Gen.PI));
    case Kind.ADD: {
      let r = ofNode(kid(x, 0));
      for (let i = 1; i < x.n && ok(); i++) r = addFrac(r, ofNode(kid(x, i)));
      return r;
    }
    case Kind.MUL: {
      let r = ofNode(kid(x, 0));
      for (let i = 1; i < x.n && ok(); i++) r = mulFrac(r, ofNode(kid(x, i)));
      return r;
    }
    case Kind.NEG:
      return negFrac(ofNode(kid(x, 0)));
    case Kind.DIV:
    case Kind.RATIO: {
      if (x.n != 2) return undefined();
      const a = ofNode(kid(x, 0));
      return divFrac(a, ofNode(kid(x, 1)));
    }
    case Kind.POW: {
      const a = ofNode(kid(x, 0));
      const e = ofNode(kid(x, 1));
      return powFrac(a, e);
    }
    case Kind.ROOT: {
      const a = ofNode(kid(x, 0));
      const n = ofNode(kid(x, 1));
      return powFrac(a, divFrac(ofInt(1), n));
    }
    case Kind.FUNC:
      return ofFunction(x);
    case Kind.CALL: {
      const g = fresh(Gen.CALL, x.op * 4 + (x.aux & 3));
      g.n = x.n;
      g.args = alloc((<usize>x.n) << 2);
      for (let i = 0; i < x.n; i++) store<usize>(g.args + ((<usize>i) << 2), 0);
      for (let i = 0; i < x.n && ok(); i++) setElement<usize>(g.args, i, changetype<usize>(ofNode(kid(x, i))));
      if (!ok()) return ofInt(0);
      return ofGenerator(intern(g));
    }
    case Kind.FACT:
      return factorial(ofNode(kid(x, 0)));
    case Kind.DFACT: {
      const n = smallInteger(ofNode(kid(x, 0)));
      if (n < 0 || n > 3000) return undefined();
      let r = int.one();
      for (let k = n; k > 1 && ok(); k -= 2) r = int.mul(r, int.fromU64(<u64>k));
      return ofRat(rat.ofInt(r));
    }
    case Kind.ABS:
      return absolute(ofNode(kid(x, 0)));
    case Kind.FLOOR:
    case Kind.CEIL: {
      const a = ofNode(kid(x, 0));
      if (!ok()) return a;
      if (isRational(a)) {
        const v = rationalValue(a);
        return ofRat(rat.ofInt(x.kind == Kind.FLOOR ? rat.floor(v) : int.negate(rat.floor(rat.neg(v)))));
      }
      return ofGenerator(functionOf(x.kind == Kind.FLOOR ? Gen.FLOOR : Gen.CEIL, 0, 1, a));
    }
    case Kind.BINOM: {
      const n = ofNode(kid(x, 0));
      return binomial(n, ofNode(kid(x, 1)));
    }
    case Kind.PERCENT:
      return mulFrac(ofNode(kid(x, 0)), ofRat(rat.ofFraction(1, 100)));
    case Kind.DEGREE:
      return mulFrac(mulFrac(ofNode(kid(x, 0)), ofGenerator(simple(Gen.PI))), ofRat(rat.ofFraction(1, 180)));
    case Kind.SERIES:
      return series(x);
    case Kind.INTEGRAL:
      return integral(x);
  }
  return undefined();
}

/** Fuel of one normal form: the rest stays for sampling. */
const TRIAL_FUEL: i32 = 2_500_000;

/** True when the last `normalForm` or `decide` ran out of its budget, rather than met an expression without a form. */
export let exhausted: bool = false;

/** Normal form of x, or null. */
export function normalForm(x: Node): Frac {
  broken = false;
  exhausted = false;
  if (failed) return nil<Frac>();
  beginTable();
  const aside = beginTrial(TRIAL_FUEL);
  depth = 0;
  nesting = 0;
  const f = ofNode(x);
  exhausted = endTrial(aside);
  return broken || exhausted ? nil<Frac>() : f;
}

/** Verdicts of the normal form. */
export const enum Decision {
  SAME,
  DIFFERENT,
  OPEN,
}

/** Whether two normal forms are the same value. */
export function decide(a: Frac, b: Frac): i32 {
  broken = false;
  exhausted = false;
  if (failed) return Decision.OPEN;
  const aside = beginTrial(TRIAL_FUEL);
  nesting = 0;
  const d = difference(a, b);
  exhausted = endTrial(aside);
  if (broken || exhausted) return Decision.OPEN;
  if (poly.isZeroPoly(d)) return Decision.SAME;
  return independent(d) ? Decision.DIFFERENT : Decision.OPEN;
}

/** Whether the generators of d are such that d, not being the zero polynomial, is not the zero function. */
export function independent(d: Poly): bool {
  if (poly.isConstant(d)) return true;
  let transcendental = -1;
  for (let i = 0; i < d.n; i++) {
    const m = poly.monomial(d, i);
    for (let k = 0; k < m.n; k++) {
      const index = poly.generatorAt(m, k);
      const g = generator(index);
      if (g.kind == Gen.SYM || g.kind == Gen.I) continue;
      if (g.kind == Gen.PRIME) {
        if (g.prime == 0) return false;
        continue;
      }
      if (g.kind == Gen.PI || g.kind == Gen.E || (g.kind == Gen.LN && g.id == 1)) {
        if (transcendental >= 0 && transcendental != index) return false;
        transcendental = index;
        continue;
      }
      return false;
    }
  }
  return true;
}

/** Numerators of two quotients, for equations lhs - rhs = 0: the rational factor between them, or null. */
export function proportional(a: Frac, b: Frac): Rat {
  return poly.proportion(a.num, b.num);
}

/** lhs - rhs of a relation as a quotient, or null. */
export function formOfDifference(l: Node, r: Node): Frac {
  const a = normalForm(l);
  if (isNull(a)) return a;
  const b = normalForm(r);
  if (isNull(b)) return b;
  broken = false;
  const aside = beginTrial(TRIAL_FUEL);
  const d = addFrac(a, negFrac(b));
  exhausted = endTrial(aside);
  return broken || exhausted ? nil<Frac>() : d;
}

/**
 * x = c1·v + c0 with rational c1 ≠ 0 and any constant c0 in the symbol v: the node of the v where x = 0, with the sign of c1 in
 * `slopeSign`; null when x is not linear in v.
 */
export let slopeSign: i32 = 0;
export function rationalRoot(f: Frac, v: i32): Node {
  const no = nil<Node>();
  slopeSign = 0;
  if (!poly.isConstant(f.den) || f.num.n == 0 || f.num.n > 2) return no;
  let c1 = nil<Rat>();
  let c0 = rat.ofI32(0);
  for (let i = 0; i < f.num.n; i++) {
    const m = poly.monomial(f.num, i);
    if (m.n == 0) c0 = poly.coefficient(f.num, i);
    else if (
      m.n == 1 &&
      generator(poly.generatorAt(m, 0)).kind == Gen.SYM &&
      generator(poly.generatorAt(m, 0)).id == v &&
      poly.exponentNum(m, 0) == 1 &&
      poly.exponentDen(m, 0) == 1
    )
      c1 = poly.coefficient(f.num, i);
    else return no;
  }
  if (isNull(c1)) return no;
  slopeSign = rat.sign(c1) * rat.sign(poly.constantValue(f.den));
  return number(rat.div(rat.neg(c0), c1));
}

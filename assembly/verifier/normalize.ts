// Algebraic normal form: an expression as a quotient of two polynomials over generators.
//
// Generators: symbols, π, e, i, primes under fractional exponents (radicals), polynomials under fractional exponents, powers with
// symbolic exponents, values of functions, unknown functions. Products fold what is known about them: √2·√2 = 2, i² = -1,
// sin² = 1 - cos². The form of a difference being 0 proves equality; a difference that is not 0 proves inequality when its generators
// are independent (symbols, radicals of primes, and at most one of π, e, ln p), and decides nothing otherwise.
import { alloc, beginTrial, endTrial, fail, failed, spend } from './arena';
import { integer, K, kid, Node, number, substitute } from './expression';
import * as Z from './integer';
import { F, nameId, SYM_E, SYM_I } from './lexer';
import * as P from './polynomial';
import * as Q from './rational';

/** Kinds of generator. */
const enum G {
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
  num: P.Poly;
  den: P.Poly;
}

@unmanaged
class Generator {
  kind: i32;
  /** symbol, function or base generator */
  id: i32;
  n: i32;
  /** arguments: Frac pointers */
  args: usize;
  int: Z.Int;
  poly: P.Poly;
  mono: P.Mono;
  /** whether the integer is known to be prime */
  prime: i32;
}

const MAX_GENERATORS: i32 = 240;
let table: usize = 0;
let count: i32 = 0;
/** Set when an expression has no normal form (or an undefined value). */
let broken: bool = false;
let depth: i32 = 0;

export function resetGenerators(): void {
  table = alloc((<usize>MAX_GENERATORS) << 2);
  count = 0;
  broken = false;
  depth = 0;
}

function generator(i: i32): Generator {
  return changetype<Generator>(load<usize>(table + ((<usize>i) << 2)));
}

function fresh(kind: i32, id: i32): Generator {
  const g = changetype<Generator>(alloc(offsetof<Generator>()));
  g.kind = kind;
  g.id = id;
  g.n = 0;
  g.args = 0;
  g.int = Z.zero();
  g.poly = changetype<P.Poly>(0);
  g.mono = P.unit();
  g.prime = 0;
  return g;
}

/** Index of a generator equal to g, which is added when there is none. */
function intern(g: Generator): i32 {
  for (let i = 0; i < count; i++) {
    const h = generator(i);
    if (h.kind != g.kind || h.id != g.id || h.n != g.n) continue;
    spend(2);
    if (Z.compareInt(h.int, g.int) != 0) continue;
    if (changetype<usize>(g.poly) != 0 && !P.equalPoly(g.poly, h.poly)) continue;
    if (P.compareMono(g.mono, h.mono) != 0) continue;
    let same = true;
    for (let k = 0; k < g.n && same; k++) same = equalFrac(arg(g, k), arg(h, k));
    if (same) return i;
  }
  if (count == MAX_GENERATORS) {
    fail();
    return 0;
  }
  store<usize>(table + ((<usize>count) << 2), changetype<usize>(g));
  return count++;
}

function arg(g: Generator, i: i32): Frac {
  return changetype<Frac>(load<usize>(g.args + ((<usize>i) << 2)));
}

function simple(kind: i32, id: i32 = 0): i32 {
  return intern(fresh(kind, id));
}

function primeGenerator(v: Z.Int, prime: bool): i32 {
  const g = fresh(G.PRIME, 0);
  g.int = v;
  g.prime = prime ? 1 : 0;
  return intern(g);
}

function rootGenerator(p: P.Poly): i32 {
  const g = fresh(G.ROOT, 0);
  g.poly = p;
  return intern(g);
}

function functionOf(kind: i32, id: i32, n: i32, a: Frac, b: Frac = changetype<Frac>(0), c: Frac = changetype<Frac>(0)): i32 {
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

function rawFrac(num: P.Poly, den: P.Poly): Frac {
  const f = changetype<Frac>(alloc(offsetof<Frac>()));
  f.num = num;
  f.den = den;
  return f;
}

export function ofRat(c: Q.Rat): Frac {
  return rawFrac(P.constant(c), P.constant(Q.ofI32(1)));
}

function ofInt(v: i32): Frac {
  return ofRat(Q.ofI32(v));
}

function ofGenerator(g: i32, num: i32 = 1, den: i32 = 1): Frac {
  return rawFrac(P.term(Q.ofI32(1), P.power(g, num, den)), P.constant(Q.ofI32(1)));
}

function ofPoly(p: P.Poly): Frac {
  return rawFrac(p, P.constant(Q.ofI32(1)));
}

/** Whether f is a rational number. */
export function isRational(f: Frac): bool {
  return P.isConstant(f.num) && P.isConstant(f.den);
}

export function rationalValue(f: Frac): Q.Rat {
  return Q.div(P.constantValue(f.num), P.constantValue(f.den));
}

/** Takes the common content and monomial out of num and den; a constant den becomes 1. */
function frac(num: P.Poly, den: P.Poly): Frac {
  if (!ok()) return rawFrac(P.constant(Q.ofI32(0)), P.constant(Q.ofI32(1)));
  if (den.n == 0) return undefined();
  if (num.n == 0) return rawFrac(num, P.constant(Q.ofI32(1)));
  if (P.isConstant(den)) return rawFrac(P.scalePoly(num, Q.div(Q.ofI32(1), P.constantValue(den))), P.constant(Q.ofI32(1)));
  // monomial common to all terms
  let common = P.monomial(den, 0);
  for (let i = 0; i < den.n && common.n > 0; i++) common = commonPart(common, P.monomial(den, i));
  for (let i = 0; i < num.n && common.n > 0; i++) common = commonPart(common, P.monomial(num, i));
  if (common.n > 0) {
    const inverse = P.powMono(common, -1, 1);
    num = shiftPoly(num, inverse);
    den = shiftPoly(den, inverse);
  }
  const c = P.content(den);
  const s = Q.sign(P.coefficient(den, 0)) < 0 ? Q.neg(c) : c;
  const inverse = Q.div(Q.ofI32(1), s);
  num = P.scalePoly(num, inverse);
  den = P.scalePoly(den, inverse);
  if (!failed && num.n == den.n) {
    const k = P.proportion(num, den);
    if (changetype<usize>(k) != 0) return ofRat(k);
  }
  if (P.isConstant(den)) return rawFrac(P.scalePoly(num, Q.div(Q.ofI32(1), P.constantValue(den))), P.constant(Q.ofI32(1)));
  return rawFrac(num, den);
}

/** Product of the smaller powers of generators that occur in both. */
function commonPart(a: P.Mono, b: P.Mono): P.Mono {
  let r = P.unit();
  for (let i = 0; i < a.n; i++) {
    for (let j = 0; j < b.n; j++) {
      if (P.generatorAt(a, i) != P.generatorAt(b, j)) continue;
      const an = P.exponentNum(a, i);
      const ad = P.exponentDen(a, i);
      const bn = P.exponentNum(b, j);
      const bd = P.exponentDen(b, j);
      const less = <i64>an * <i64>bd <= <i64>bn * <i64>ad;
      r = P.mulMono(r, less ? P.power(P.generatorAt(a, i), an, ad) : P.power(P.generatorAt(b, j), bn, bd));
    }
  }
  return r;
}

/** p with every monomial multiplied by m, where no folding can arise (m divides out a common factor). */
function shiftPoly(p: P.Poly, m: P.Mono): P.Poly {
  const r = P.emptyPoly(p.n > 0 ? p.n : 1);
  for (let i = 0; i < p.n; i++) P.pushTerm(r, P.coefficient(p, i), P.mulMono(P.monomial(p, i), m));
  return P.normal(r);
}

/** Whether generators of m need folding. */
function folds(m: P.Mono): bool {
  for (let i = 0; i < m.n; i++) {
    const k = generator(P.generatorAt(m, i)).kind;
    const num = P.exponentNum(m, i);
    const den = P.exponentDen(m, i);
    if (k == G.PRIME || k == G.ROOT) {
      if (num >= den || num < 0) return true;
    } else if (k == G.I) {
      if (num != 1 || den != 1) return true;
    } else if (k == G.FUNC && generator(P.generatorAt(m, i)).id == F.SIN) {
      if (num >= 2 * den) return true;
    } else if (k == G.ABS) {
      if (num >= 2 * den) return true;
    }
  }
  return false;
}

/** c·m as a polynomial, with every known relation applied. */
function foldTerm(c: Q.Rat, m: P.Mono): P.Poly {
  let extra = changetype<P.Poly>(0);
  let i = 0;
  while (i < m.n && ok()) {
    const index = P.generatorAt(m, i);
    const g = generator(index);
    const num = P.exponentNum(m, i);
    const den = P.exponentDen(m, i);
    if (g.kind == G.PRIME && (num >= den || num < 0)) {
      let whole = num / den;
      if (num < 0 && num % den != 0) whole--;
      c = Q.mul(c, Q.pow(Q.ofInt(g.int), whole));
      m = P.withExponent(m, i, num - whole * den, den);
      if (num - whole * den != 0) i++;
      continue;
    }
    if (g.kind == G.I && (num != 1 || den != 1)) {
      if (den != 1) {
        undefined();
        break;
      }
      const turn = ((num % 4) + 4) % 4;
      if (turn >= 2) c = Q.neg(c);
      m = P.withExponent(m, i, turn & 1, 1);
      if (turn & 1) i++;
      continue;
    }
    if (g.kind == G.ROOT && num >= den) {
      const whole = num / den;
      m = P.withExponent(m, i, num - whole * den, den);
      const factor = powPoly(g.poly, whole);
      extra = changetype<usize>(extra) == 0 ? factor : mulPoly(extra, factor);
      if (num - whole * den != 0) i++;
      continue;
    }
    if (g.kind == G.FUNC && g.id == F.SIN && num >= 2 * den) {
      const pairs = num / den / 2;
      const cosine = functionOf(G.FUNC, F.COS, 1, arg(g, 0));
      const square = P.emptyPoly(2);
      P.pushTerm(square, Q.ofI32(-1), P.power(cosine, 2, 1));
      P.pushTerm(square, Q.ofI32(1), P.unit());
      const factor = powPoly(P.normal(square), pairs);
      m = P.withExponent(m, i, num - 2 * pairs * den, den);
      extra = changetype<usize>(extra) == 0 ? factor : mulPoly(extra, factor);
      if (num - 2 * pairs * den != 0) i++;
      continue;
    }
    if (g.kind == G.ABS && num >= 2 * den && changetype<usize>(g.poly) != 0) {
      // |u|² = u²
      const pairs = num / den / 2;
      const factor = powPoly(g.poly, pairs * 2);
      m = P.withExponent(m, i, num - 2 * pairs * den, den);
      extra = changetype<usize>(extra) == 0 ? factor : mulPoly(extra, factor);
      if (num - 2 * pairs * den != 0) i++;
      continue;
    }
    i++;
  }
  const t = P.term(c, m);
  return changetype<usize>(extra) == 0 ? t : mulPoly(extra, t);
}

let nesting: i32 = 0;

function mulPoly(a: P.Poly, b: P.Poly): P.Poly {
  if (a.n == 0) return a;
  if (b.n == 0) return b;
  nesting++;
  if (nesting > 40) fail();
  const r = P.emptyPoly(a.n * b.n);
  for (let i = 0; i < a.n; i++) {
    if (!spend(b.n * 8)) break;
    for (let j = 0; j < b.n && ok(); j++) {
      const c = Q.mul(P.coefficient(a, i), P.coefficient(b, j));
      const m = P.mulMono(P.monomial(a, i), P.monomial(b, j));
      if (!folds(m)) P.pushTerm(r, c, m);
      else {
        const f = foldTerm(c, m);
        for (let k = 0; k < f.n; k++) P.pushTerm(r, P.coefficient(f, k), P.monomial(f, k));
      }
    }
  }
  nesting--;
  return P.normal(r);
}

function powPoly(p: P.Poly, n: i32): P.Poly {
  if (n == 0) return P.constant(Q.ofI32(1));
  if (p.n == 1) {
    const c = Q.pow(P.coefficient(p, 0), n);
    if (failed) return p;
    const m = P.powMono(P.monomial(p, 0), n, 1);
    if (failed) return p;
    return folds(m) ? foldTerm(c, m) : P.term(c, m);
  }
  if (n > 400) {
    fail();
    return p;
  }
  let r = P.constant(Q.ofI32(1));
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
  if (P.equalPoly(a.den, b.den)) return frac(P.addPoly(a.num, b.num), a.den);
  return frac(P.addPoly(mulPoly(a.num, b.den), mulPoly(b.num, a.den)), mulPoly(a.den, b.den));
}

export function negFrac(a: Frac): Frac {
  return rawFrac(P.negPoly(a.num), a.den);
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
export function difference(a: Frac, b: Frac): P.Poly {
  if (P.equalPoly(a.den, b.den)) return P.addPoly(a.num, P.negPoly(b.num));
  return P.addPoly(mulPoly(a.num, b.den), P.negPoly(mulPoly(b.num, a.den)));
}

function equalFrac(a: Frac, b: Frac): bool {
  if (a == b || (P.equalPoly(a.num, b.num) && P.equalPoly(a.den, b.den))) return true;
  if (P.isConstant(a.den) && P.isConstant(b.den)) return false;
  return P.isZeroPoly(difference(a, b)) && ok();
}

// --- Powers

/** Trial division bound of radicands. */
const TRIAL: u32 = 2048;

/** Product over the prime factors p^k of n > 0 of generators p^(k·num/den), folded; what trial division leaves is one factor. */
function integerPower(n: Z.Int, num: i32, den: i32): P.Poly {
  let m = P.unit();
  let rest = n;
  let d: u32 = 2;
  while (d < TRIAL && !Z.isOne(rest) && ok()) {
    if (Z.modSmall(rest, d) == 0) {
      let k = 0;
      while (Z.modSmall(rest, d) == 0 && ok()) {
        rest = Z.divSmall(rest, d);
        k++;
      }
      m = P.mulMono(m, P.power(primeGenerator(Z.fromU64(<u64>d), true), k * num, den));
    } else if (Z.bitLength(rest) <= 22 && <u32>Z.toI32(rest) < d * d) break;
    d += d == 2 ? 1 : 2;
  }
  if (!Z.isOne(rest) && ok()) {
    const isPrime = Z.bitLength(rest) <= 22;
    let base = rest;
    let k = 1;
    if (!isPrime) {
      // a perfect power of a large factor
      for (let e = 7; e >= 2; e--) {
        const r = Z.rootInt(rest, e);
        if (!failed && Z.compareInt(Z.powInt(r, e), rest) == 0) {
          base = r;
          k = e;
          break;
        }
      }
    }
    m = P.mulMono(m, P.power(primeGenerator(base, isPrime), k * num, den));
  }
  return foldTerm(Q.ofI32(1), m);
}

/** c^(num/den) for rational c, den > 1. */
function rationalPower(c: Q.Rat, num: i32, den: i32): Frac {
  if (Q.isZero(c)) return num > 0 ? ofInt(0) : undefined();
  let sign = 1;
  let imaginary = 0;
  if (Q.sign(c) < 0) {
    c = Q.neg(c);
    if (den & 1) sign = num & 1 ? -1 : 1;
    else if (den == 2) imaginary = num;
    else return undefined();
  }
  if (num < 0) {
    c = Q.div(Q.ofI32(1), c);
    num = -num;
  }
  let r = divFrac(ofPoly(integerPower(c.num, num, den)), ofPoly(integerPower(c.den, num, den)));
  if (sign < 0) r = negFrac(r);
  if (imaginary != 0) r = mulFrac(r, ofPoly(foldTerm(Q.ofI32(1), P.power(simple(G.I), imaginary, 1))));
  return r;
}

function absGenerator(p: P.Poly): i32 {
  const g = fresh(G.ABS, 0);
  g.poly = p;
  return intern(g);
}

/** Whether the value of p is a constant: no symbols inside. */
function isConstantPoly(p: P.Poly): bool {
  for (let i = 0; i < p.n; i++) {
    const m = P.monomial(p, i);
    for (let k = 0; k < m.n; k++) {
      const g = generator(P.generatorAt(m, k));
      if (g.kind != G.PI && g.kind != G.E && g.kind != G.PRIME && g.kind != G.EULER) return false;
    }
  }
  return true;
}

/** p^(num/den) for den > 1 and num > 0. */
function rootPoly(p: P.Poly, num: i32, den: i32): Frac {
  if (p.n == 0) return ofInt(0);
  if (p.n == 1) {
    const m = P.monomial(p, 0);
    const c = P.coefficient(p, 0);
    if (m.n == 0) return rationalPower(c, num, den);
    if (den & 1 || Q.sign(c) > 0 || isConstantPoly(p)) {
      let r = rationalPower(c, num, den);
      for (let i = 0; i < m.n && ok(); i++) {
        const g = generator(P.generatorAt(m, i));
        const en = P.exponentNum(m, i);
        const ed = P.exponentDen(m, i);
        if (g.kind == G.I) return undefined();
        const positive =
          g.kind == G.PI ||
          g.kind == G.E ||
          g.kind == G.PRIME ||
          g.kind == G.POWER ||
          g.kind == G.ABS ||
          g.kind == G.FACT ||
          (g.kind == G.ROOT && !(ed & 1));
        let base = P.generatorAt(m, i);
        if (!(den & 1) && !(en & 1) && ed & 1 && !positive) {
          // an even power under an even root: the root is of |x|
          const reduced = (<i64>en * <i64>num) % (<i64>2 * <i64>ed * <i64>den);
          if (reduced != 0) base = absGenerator(P.term(Q.ofI32(1), P.power(base, 1, 1)));
        } else if (g.kind == G.ROOT && !(den & 1) && en >= ed) return undefined();
        const pm = P.powMono(P.power(base, en, ed), num, den);
        r = mulFrac(r, ofPoly(foldTerm(Q.ofI32(1), pm)));
      }
      return r;
    }
  }
  // content out, primitive polynomial in
  let c = P.content(p);
  if (den & 1 && Q.sign(P.coefficient(p, 0)) < 0) c = Q.neg(c);
  const rest = P.scalePoly(p, Q.div(Q.ofI32(1), c));
  if (!ok()) return undefined();
  const outer = rationalPower(c, num, den);
  const g = rootGenerator(rest);
  return mulFrac(outer, ofPoly(foldTerm(Q.ofI32(1), P.power(g, num, den))));
}

/** f^r for a rational exponent. */
function powRational(f: Frac, r: Q.Rat): Frac {
  if (!Z.fitsI32(r.num) || !Z.fitsI32(r.den)) {
    fail();
    return f;
  }
  const num = Z.toI32(r.num);
  const den = Z.toI32(r.den);
  if (num == 0) return f.num.n == 0 ? undefined() : ofInt(1);
  if (num < 0) return powRational(divFrac(ofInt(1), f), Q.neg(r));
  if (den == 1) return frac(powPoly(f.num, num), powPoly(f.den, num));
  if (den > 60) return undefined();
  if (P.isConstant(f.den)) return rootPoly(f.num, num, den);
  if (f.num.n == 1 && f.den.n == 1 && Q.sign(P.coefficient(f.num, 0)) < 0 && !(den & 1)) return undefined();
  return divFrac(rootPoly(f.num, num, den), rootPoly(f.den, num, den));
}

/** generator^(c·m), m a monomial of symbols. */
function symbolicPower(base: i32, c: Q.Rat, m: P.Mono, e: Frac): Frac {
  const g = fresh(G.POWER, base);
  if (changetype<usize>(e) != 0) {
    g.n = 1;
    g.args = alloc(4);
    store<usize>(g.args, changetype<usize>(e));
    return ofGenerator(intern(g));
  }
  g.mono = m;
  if (!Z.fitsI32(c.num) || !Z.fitsI32(c.den) || Z.toI32(c.den) > 100000 || abs(Z.toI32(c.num)) > 100000) {
    fail();
    return ofInt(0);
  }
  const num = Z.toI32(c.num);
  const r = ofGenerator(intern(g), abs(num), Z.toI32(c.den));
  return num < 0 ? divFrac(ofInt(1), r) : r;
}

/** One base generator to the exponent e. */
function powGenerator(base: i32, e: Frac): Frac {
  if (isRational(e)) return powRational(ofGenerator(base), rationalValue(e));
  if (!P.isConstant(e.den)) return symbolicPower(base, Q.ofI32(1), P.unit(), e);
  let r = ofInt(1);
  const baseKind = generator(base).kind;
  for (let i = 0; i < e.num.n && ok(); i++) {
    const c = P.coefficient(e.num, i);
    const m = P.monomial(e.num, i);
    if (m.n == 0) {
      r = mulFrac(r, powRational(baseKind == G.PRIME ? ofRat(Q.ofInt(generator(base).int)) : ofGenerator(base), c));
      continue;
    }
    if (baseKind == G.E) {
      // e^(c ln u) = u^c
      if (m.n == 1 && generator(P.generatorAt(m, 0)).kind == G.LN && P.exponentNum(m, 0) == 1 && P.exponentDen(m, 0) == 1) {
        r = mulFrac(r, powRational(arg(generator(P.generatorAt(m, 0)), 0), c));
        continue;
      }
      // e^(iθ) = cos θ + i sin θ
      let at = -1;
      for (let k = 0; k < m.n; k++) if (generator(P.generatorAt(m, k)).kind == G.I) at = k;
      if (at >= 0) {
        const angle = ofPoly(P.term(c, P.without(m, at)));
        r = mulFrac(r, addFrac(trigonometric(F.COS, angle), mulFrac(ofGenerator(simple(G.I)), trigonometric(F.SIN, angle))));
        continue;
      }
    }
    r = mulFrac(r, symbolicPower(base, c, m, changetype<Frac>(0)));
  }
  return r;
}

/** p^e for a symbolic exponent. */
function powPolySymbolic(p: P.Poly, e: Frac): Frac {
  if (p.n == 0) return undefined();
  if (p.n > 1) {
    const c = P.content(p);
    const rest = P.scalePoly(p, Q.div(Q.ofI32(1), c));
    const r = powGenerator(rootGenerator(rest), e);
    return Q.isOne(c) ? r : mulFrac(powPolySymbolic(P.constant(c), e), r);
  }
  const c = P.coefficient(p, 0);
  const m = P.monomial(p, 0);
  let r = ofInt(1);
  if (Q.sign(c) < 0) r = symbolicPowerOf(primeGenerator(Z.fromI64(-1), false), e);
  if (!Z.isOne(Z.absInt(c.num))) r = mulFrac(r, integerSymbolic(Z.absInt(c.num), e));
  if (!Z.isOne(c.den)) r = divFrac(r, integerSymbolic(c.den, e));
  for (let i = 0; i < m.n && ok(); i++) {
    const k = ofRat(Q.ofFraction(P.exponentNum(m, i), P.exponentDen(m, i)));
    const g = P.generatorAt(m, i);
    if (generator(g).kind == G.POWER && generator(g).n == 0) {
      // (2^n)^m = 2^(nm)
      r = mulFrac(r, powGenerator(generator(g).id, mulFrac(mulFrac(ofPoly(P.term(Q.ofI32(1), generator(g).mono)), k), e)));
    } else r = mulFrac(r, powGenerator(g, mulFrac(k, e)));
  }
  return r;
}

/** (-1)^e: integer parts of the exponent are signs. */
function symbolicPowerOf(base: i32, e: Frac): Frac {
  if (!P.isConstant(e.den)) return symbolicPower(base, Q.ofI32(1), P.unit(), e);
  let r = ofInt(1);
  for (let i = 0; i < e.num.n && ok(); i++) {
    const c = P.coefficient(e.num, i);
    const m = P.monomial(e.num, i);
    if (m.n == 0) {
      if (!Q.isInteger(c)) return undefined();
      if (Z.isOdd(c.num)) r = negFrac(r);
    } else if (Q.isInteger(c)) r = mulFrac(r, symbolicPower(base, Q.ofInt(Z.absInt(c.num)), m, changetype<Frac>(0)));
    else return undefined();
  }
  return r;
}

function integerSymbolic(n: Z.Int, e: Frac): Frac {
  let r = ofInt(1);
  let rest = n;
  let d: u32 = 2;
  while (d < TRIAL && !Z.isOne(rest) && ok()) {
    let k = 0;
    while (Z.modSmall(rest, d) == 0 && ok()) {
      rest = Z.divSmall(rest, d);
      k++;
    }
    if (k > 0) r = mulFrac(r, powGenerator(primeGenerator(Z.fromU64(<u64>d), true), mulFrac(ofInt(k), e)));
    if (Z.bitLength(rest) <= 22 && <u32>Z.toI32(rest) < d * d) break;
    d += d == 2 ? 1 : 2;
  }
  if (!Z.isOne(rest)) r = mulFrac(r, powGenerator(primeGenerator(rest, Z.bitLength(rest) <= 22), e));
  return r;
}

function powFrac(f: Frac, e: Frac): Frac {
  if (!ok()) return f;
  if (isRational(e)) return powRational(f, rationalValue(e));
  const r = powPolySymbolic(f.num, e);
  if (P.isConstant(f.den) && Q.isOne(P.constantValue(f.den))) return r;
  return divFrac(r, powPolySymbolic(f.den, e));
}

// --- Functions

/** f = c·π for a rational c, which is returned; null otherwise. */
function multipleOfPi(f: Frac): Q.Rat {
  const no = changetype<Q.Rat>(0);
  if (!P.isConstant(f.den)) return no;
  if (f.num.n == 0) return Q.ofI32(0);
  if (f.num.n != 1) return no;
  const m = P.monomial(f.num, 0);
  if (m.n != 1 || generator(P.generatorAt(m, 0)).kind != G.PI || P.exponentNum(m, 0) != 1 || P.exponentDen(m, 0) != 1) return no;
  return Q.div(P.coefficient(f.num, 0), P.constantValue(f.den));
}

function sqrtOf(n: i32): Frac {
  return rationalPower(Q.ofI32(n), 1, 2);
}

/** cos(rπ) for r in [0, 1/2] with a denominator of 1, 2, 3, 4, 5, 6 or 12 in simple radicals; null otherwise. */
function exactCosine(r: Q.Rat): Frac {
  const no = changetype<Frac>(0);
  if (!Z.fitsI32(r.den)) return no;
  const n = Z.toI32(r.num);
  switch (Z.toI32(r.den)) {
    case 1:
      return ofInt(1);
    case 2:
      return ofInt(0);
    case 3:
      return ofRat(Q.ofFraction(1, 2));
    case 4:
      return mulFrac(ofRat(Q.ofFraction(1, 2)), sqrtOf(2));
    case 6:
      return mulFrac(ofRat(Q.ofFraction(1, 2)), sqrtOf(3));
    case 5:
      return mulFrac(ofRat(Q.ofFraction(1, 4)), addFrac(sqrtOf(5), ofInt(n == 1 ? 1 : -1)));
    case 12:
      return mulFrac(ofRat(Q.ofFraction(1, 4)), addFrac(sqrtOf(6), n == 1 ? sqrtOf(2) : negFrac(sqrtOf(2))));
  }
  return no;
}

function leadingNegative(f: Frac): bool {
  return f.num.n > 0 && Q.sign(P.coefficient(f.num, 0)) < 0;
}

/** sin or cos */
function trigonometric(f: i32, x: Frac): Frac {
  if (!ok()) return x;
  if (f == F.SIN && x.num.n == 0) return ofInt(0);
  const r = multipleOfPi(x);
  if (changetype<usize>(r) != 0) {
    // sin(rπ) = cos((1/2 - r)π); then fold into [0, 1/2]
    let t = f == F.SIN ? Q.sub(Q.ofFraction(1, 2), r) : r;
    t = Q.sub(t, Q.ofInt(Z.mul(Z.fromU64(2), Q.floor(Q.div(t, Q.ofI32(2))))));
    if (Q.compare(t, Q.ofI32(1)) > 0) t = Q.sub(Q.ofI32(2), t);
    let sign = 1;
    if (Q.compare(t, Q.ofFraction(1, 2)) > 0) {
      t = Q.sub(Q.ofI32(1), t);
      sign = -1;
    }
    if (failed) return x;
    const exact = exactCosine(t);
    let v: Frac;
    if (changetype<usize>(exact) != 0) v = exact;
    else {
      const pi = ofGenerator(simple(G.PI));
      v = ofGenerator(functionOf(G.FUNC, F.COS, 1, mulFrac(ofRat(t), pi)));
    }
    return sign < 0 ? negFrac(v) : v;
  }
  if (leadingNegative(x)) {
    const v = trigonometric(f, negFrac(x));
    return f == F.SIN ? negFrac(v) : v;
  }
  return ofGenerator(functionOf(G.FUNC, f, 1, x));
}

/** Natural logarithm. */
function logarithm(x: Frac): Frac {
  if (!ok()) return x;
  if (x.num.n == 0) return undefined();
  if (x.num.n == 1 && x.den.n == 1) {
    const mn = P.monomial(x.num, 0);
    const md = P.monomial(x.den, 0);
    const c = Q.div(P.coefficient(x.num, 0), P.coefficient(x.den, 0));
    if (Q.sign(c) > 0 && isConstantPoly(x.num) && isConstantPoly(x.den)) {
      let r = addFrac(integerLog(c.num), negFrac(integerLog(c.den)));
      r = addFrac(r, monoLog(mn));
      return addFrac(r, negFrac(monoLog(md)));
    }
  }
  // ln e^u = u
  if (x.num.n == 1 && P.isConstant(x.den) && Q.isOne(P.coefficient(x.num, 0))) {
    const m = P.monomial(x.num, 0);
    if (m.n == 1) {
      const g = generator(P.generatorAt(m, 0));
      if (g.kind == G.POWER && g.n == 0 && generator(g.id).kind == G.E)
        return mulFrac(ofRat(Q.ofFraction(P.exponentNum(m, 0), P.exponentDen(m, 0))), ofPoly(P.term(Q.ofI32(1), g.mono)));
    }
  }
  return ofGenerator(functionOf(G.LN, 0, 1, x));
}

function integerLog(n: Z.Int): Frac {
  let r = ofInt(0);
  let rest = n;
  let d: u32 = 2;
  while (d < TRIAL && !Z.isOne(rest) && ok()) {
    let k = 0;
    while (Z.modSmall(rest, d) == 0 && ok()) {
      rest = Z.divSmall(rest, d);
      k++;
    }
    if (k > 0) r = addFrac(r, mulFrac(ofInt(k), ofGenerator(functionOf(G.LN, 1, 1, ofInt(<i32>d)))));
    if (Z.bitLength(rest) <= 22 && <u32>Z.toI32(rest) < d * d) break;
    d += d == 2 ? 1 : 2;
  }
  if (!Z.isOne(rest) && ok())
    r = addFrac(r, ofGenerator(functionOf(G.LN, Z.bitLength(rest) <= 22 ? 1 : 0, 1, ofRat(Q.ofInt(rest)))));
  return r;
}

function monoLog(m: P.Mono): Frac {
  let r = ofInt(0);
  for (let i = 0; i < m.n; i++) {
    const e = ofRat(Q.ofFraction(P.exponentNum(m, i), P.exponentDen(m, i)));
    const g = generator(P.generatorAt(m, i));
    if (g.kind == G.E) r = addFrac(r, e);
    else if (g.kind == G.PRIME) r = addFrac(r, mulFrac(e, integerLog(g.int)));
    else r = addFrac(r, mulFrac(e, ofGenerator(functionOf(G.LN, 0, 1, ofGenerator(P.generatorAt(m, i))))));
  }
  return r;
}

function absolute(x: Frac): Frac {
  if (!ok()) return x;
  if (isRational(x)) {
    const v = rationalValue(x);
    return Q.sign(v) < 0 ? negFrac(x) : x;
  }
  return divFrac(absolutePoly(x.num), absolutePoly(x.den));
}

function absolutePoly(p: P.Poly): Frac {
  if (P.isConstant(p)) {
    const v = P.constantValue(p);
    return ofRat(Q.sign(v) < 0 ? Q.neg(v) : v);
  }
  const c = P.content(p);
  const s = Q.sign(P.coefficient(p, 0)) < 0 ? Q.neg(c) : c;
  const rest = P.scalePoly(p, Q.div(Q.ofI32(1), s));
  if (p.n == 1 && isConstantPoly(p)) return mulFrac(ofRat(c), ofPoly(rest));
  for (let i = 0; i < rest.n; i++) {
    const m = P.monomial(rest, i);
    for (let k = 0; k < m.n; k++) if (generator(P.generatorAt(m, k)).kind == G.I) return undefined();
  }
  return mulFrac(ofRat(c), ofGenerator(absGenerator(rest)));
}

/** x! with the integer part of the argument worked off: (n+1)! = (n+1)·n!. */
function factorial(x: Frac): Frac {
  if (!ok()) return x;
  if (isRational(x)) {
    const v = rationalValue(x);
    if (!Q.isInteger(v) || Q.sign(v) < 0) return undefined();
    if (!Z.fitsI32(v.num)) {
      fail();
      return x;
    }
    return ofRat(Q.ofInt(Z.factorialInt(Z.toI32(v.num))));
  }
  let shift = 0;
  if (P.isConstant(x.den)) {
    for (let i = 0; i < x.num.n; i++)
      if (P.monomial(x.num, i).n == 0) {
        const c = Q.div(P.coefficient(x.num, i), P.constantValue(x.den));
        const whole = Q.floor(c);
        if (Z.fitsI32(whole)) shift = Z.toI32(whole);
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
  return mulFrac(r, ofGenerator(functionOf(G.FACT, 0, 1, base)));
}

function smallInteger(x: Frac): i32 {
  if (!isRational(x)) return -1;
  const v = rationalValue(x);
  if (!Q.isInteger(v) || Q.sign(v) < 0 || !Z.fitsI32(v.num)) return -1;
  return Z.toI32(v.num);
}

function binomial(n: Frac, k: Frac): Frac {
  if (!ok()) return n;
  const whole = smallInteger(n);
  let low = smallInteger(k);
  if (whole >= 0 && low >= 0) {
    if (low > whole) return ofInt(0);
    return ofRat(Q.ofInt(binomialInt(whole, low)));
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
export function binomialInt(n: i32, k: i32): Z.Int {
  if (k > n - k) k = n - k;
  if (k > 4000) {
    fail();
    return Z.zero();
  }
  let r = Z.one();
  for (let i = 1; i <= k && !failed; i++) r = Z.divSmall(Z.mul(r, Z.fromU64(<u64>(n - k + i))), <u32>i);
  return r;
}

function ofFunction(x: Node): Frac {
  const f = x.op;
  const a = ofNode(kid(x, 0));
  if (!ok()) return a;
  switch (f) {
    case F.SIN:
    case F.COS:
      return trigonometric(f, a);
    case F.TAN:
      return divFrac(trigonometric(F.SIN, a), trigonometric(F.COS, a));
    case F.COT:
      return divFrac(trigonometric(F.COS, a), trigonometric(F.SIN, a));
    case F.SEC:
      return divFrac(ofInt(1), trigonometric(F.COS, a));
    case F.CSC:
      return divFrac(ofInt(1), trigonometric(F.SIN, a));
    case F.SINH:
    case F.COSH:
    case F.TANH:
    case F.COTH: {
      const e = ofGenerator(simple(G.E));
      const up = powFrac(e, a);
      const down = powFrac(e, negFrac(a));
      const s = addFrac(up, negFrac(down));
      const c = addFrac(up, down);
      if (f == F.TANH) return divFrac(s, c);
      if (f == F.COTH) return divFrac(c, s);
      return mulFrac(ofRat(Q.ofFraction(1, 2)), f == F.SINH ? s : c);
    }
    case F.LN:
      return logarithm(a);
    case F.LOG:
      if (x.n == 2) return divFrac(logarithm(a), logarithm(ofNode(kid(x, 1))));
      return divFrac(logarithm(a), logarithm(ofInt(10)));
    case F.LG:
      return divFrac(logarithm(a), logarithm(ofInt(10)));
    case F.GCD:
    case F.LCM:
    case F.MAX:
    case F.MIN: {
      let all = true;
      let v = changetype<Q.Rat>(0);
      for (let i = 0; i < x.n && ok(); i++) {
        const k = ofNode(kid(x, i));
        if (!isRational(k)) {
          all = false;
          break;
        }
        const w = rationalValue(k);
        if (i == 0) v = w;
        else if (f == F.MAX) v = Q.compare(v, w) < 0 ? w : v;
        else if (f == F.MIN) v = Q.compare(v, w) > 0 ? w : v;
        else {
          if (!Q.isInteger(v) || !Q.isInteger(w)) return undefined();
          const g = Z.gcd(v.num, w.num);
          if (f == F.GCD) v = Q.ofInt(g);
          else {
            if (Z.isZero(g)) return undefined();
            v = Q.ofInt(Z.absInt(Z.mul(v.num, Z.div(w.num, g))));
          }
        }
      }
      if (all) return ofRat(v);
      if (x.n == 2) {
        // symmetric in two arguments: keyed by sum and product
        const b = ofNode(kid(x, 1));
        return ofGenerator(functionOf(G.EXTREME, f, 2, addFrac(a, b), mulFrac(a, b)));
      }
      return undefined();
    }
    case F.SGN:
    case F.RE:
    case F.IM:
    case F.ARG:
    case F.DET:
      return undefined();
  }
  if (x.n != 1) return undefined();
  if ((f == F.ASIN || f == F.ATAN) && leadingNegative(a)) return negFrac(ofGenerator(functionOf(G.FUNC, f, 1, negFrac(a))));
  if ((f == F.ASIN || f == F.ATAN) && a.num.n == 0) return ofInt(0);
  return ofGenerator(functionOf(G.FUNC, f, 1, a));
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
    if (!Q.isInteger(a) || !Q.isInteger(b) || !Z.fitsI32(a.num) || !Z.fitsI32(b.num)) return undefined();
    const from = Z.toI32(a.num);
    const to = Z.toI32(b.num);
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
  const bound = nameId(0, changetype<usize>('#'), 1);
  if (depth > 60) return undefined();
  const marker = changetype<Node>(substitute(kid(x, 3), variable.op, placeholder(bound)));
  const body = ofNode(marker);
  return ofGenerator(functionOf(G.SERIES, x.op, 3, low, high, body));
}

function placeholder(id: i32): Node {
  const n = integer(0);
  const s = changetype<Node>(alloc(offsetof<Node>()));
  memory.copy(changetype<usize>(s), changetype<usize>(n), offsetof<Node>());
  s.kind = K.SYM;
  s.op = id;
  s.value = changetype<Q.Rat>(0);
  return s;
}

/** Antiderivative of polynomials in the variable; other integrands are generators of their own. */
function integral(x: Node): Frac {
  const variable = kid(x, 1);
  const body = ofNode(kid(x, 0));
  if (!ok()) return body;
  const g = simple(G.SYM, variable.op);
  let exact = x.n == 4;
  for (let i = 0; i < body.den.n && exact; i++) if (mentions(P.monomial(body.den, i), g)) exact = false;
  for (let i = 0; i < body.num.n && exact; i++) {
    const m = P.monomial(body.num, i);
    for (let k = 0; k < m.n; k++) {
      const h = P.generatorAt(m, k);
      if (
        h != g &&
        generator(h).kind != G.SYM &&
        generator(h).kind != G.PI &&
        generator(h).kind != G.E &&
        generator(h).kind != G.PRIME
      )
        exact = false;
    }
  }
  if (!exact) return undefined();
  const low = ofNode(kid(x, 2));
  const high = ofNode(kid(x, 3));
  let r = ofInt(0);
  for (let i = 0; i < body.num.n && ok(); i++) {
    const m = P.monomial(body.num, i);
    let rest = m;
    let num = 0;
    let den = 1;
    for (let k = 0; k < m.n; k++)
      if (P.generatorAt(m, k) == g) {
        num = P.exponentNum(m, k);
        den = P.exponentDen(m, k);
        rest = P.without(m, k);
      }
    const e = Q.ofFraction(num + den, den);
    const span = addFrac(powRational(high, e), negFrac(low.num.n == 0 ? ofInt(0) : powRational(low, e)));
    const c = ofPoly(P.term(Q.div(P.coefficient(body.num, i), e), rest));
    r = addFrac(r, mulFrac(c, span));
  }
  return divFrac(r, ofPoly(body.den));
}

function mentions(m: P.Mono, g: i32): bool {
  for (let i = 0; i < m.n; i++) if (P.generatorAt(m, i) == g) return true;
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
    case K.NUM:
      return ofRat(x.value);
    case K.SYM:
      if (x.op == SYM_E) return ofGenerator(simple(G.E));
      if (x.op == SYM_I) return ofGenerator(simple(G.I));
      return ofGenerator(simple(G.SYM, x.op));
    case K.PI:
      return ofGenerator(simple(G.PI));
    case K.ADD: {
      let r = ofNode(kid(x, 0));
      for (let i = 1; i < x.n && ok(); i++) r = addFrac(r, ofNode(kid(x, i)));
      return r;
    }
    case K.MUL: {
      let r = ofNode(kid(x, 0));
      for (let i = 1; i < x.n && ok(); i++) r = mulFrac(r, ofNode(kid(x, i)));
      return r;
    }
    case K.NEG:
      return negFrac(ofNode(kid(x, 0)));
    case K.DIV:
    case K.RATIO: {
      if (x.n != 2) return undefined();
      const a = ofNode(kid(x, 0));
      return divFrac(a, ofNode(kid(x, 1)));
    }
    case K.POW: {
      const a = ofNode(kid(x, 0));
      const e = ofNode(kid(x, 1));
      return powFrac(a, e);
    }
    case K.ROOT: {
      const a = ofNode(kid(x, 0));
      const n = ofNode(kid(x, 1));
      return powFrac(a, divFrac(ofInt(1), n));
    }
    case K.FUNC:
      return ofFunction(x);
    case K.CALL: {
      const g = fresh(G.CALL, x.op * 4 + (x.aux & 3));
      g.n = x.n;
      g.args = alloc((<usize>x.n) << 2);
      for (let i = 0; i < x.n; i++) store<usize>(g.args + ((<usize>i) << 2), 0);
      for (let i = 0; i < x.n && ok(); i++) store<usize>(g.args + ((<usize>i) << 2), changetype<usize>(ofNode(kid(x, i))));
      if (!ok()) return ofInt(0);
      return ofGenerator(intern(g));
    }
    case K.FACT:
      return factorial(ofNode(kid(x, 0)));
    case K.DFACT: {
      const n = smallInteger(ofNode(kid(x, 0)));
      if (n < 0 || n > 3000) return undefined();
      let r = Z.one();
      for (let k = n; k > 1 && ok(); k -= 2) r = Z.mul(r, Z.fromU64(<u64>k));
      return ofRat(Q.ofInt(r));
    }
    case K.ABS:
      return absolute(ofNode(kid(x, 0)));
    case K.FLOOR:
    case K.CEIL: {
      const a = ofNode(kid(x, 0));
      if (!ok()) return a;
      if (isRational(a)) {
        const v = rationalValue(a);
        return ofRat(Q.ofInt(x.kind == K.FLOOR ? Q.floor(v) : Z.negate(Q.floor(Q.neg(v)))));
      }
      return ofGenerator(functionOf(x.kind == K.FLOOR ? G.FLOOR : G.CEIL, 0, 1, a));
    }
    case K.BINOM: {
      const n = ofNode(kid(x, 0));
      return binomial(n, ofNode(kid(x, 1)));
    }
    case K.PERCENT:
      return mulFrac(ofNode(kid(x, 0)), ofRat(Q.ofFraction(1, 100)));
    case K.DEGREE:
      return mulFrac(mulFrac(ofNode(kid(x, 0)), ofGenerator(simple(G.PI))), ofRat(Q.ofFraction(1, 180)));
    case K.SERIES:
      return series(x);
    case K.INTEGRAL:
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
  if (failed) return changetype<Frac>(0);
  const aside = beginTrial(TRIAL_FUEL);
  depth = 0;
  nesting = 0;
  const f = ofNode(x);
  exhausted = endTrial(aside);
  return broken || exhausted ? changetype<Frac>(0) : f;
}

/** Verdicts of the normal form. */
export const enum V {
  SAME,
  DIFFERENT,
  OPEN,
}

/** Whether two normal forms are the same value. */
export function decide(a: Frac, b: Frac): i32 {
  broken = false;
  exhausted = false;
  if (failed) return V.OPEN;
  const aside = beginTrial(TRIAL_FUEL);
  nesting = 0;
  const d = difference(a, b);
  exhausted = endTrial(aside);
  if (broken || exhausted) return V.OPEN;
  if (P.isZeroPoly(d)) return V.SAME;
  return independent(d) ? V.DIFFERENT : V.OPEN;
}

/** Whether the generators of d are such that d, not being the zero polynomial, is not the zero function. */
export function independent(d: P.Poly): bool {
  if (P.isConstant(d)) return true;
  let transcendental = -1;
  for (let i = 0; i < d.n; i++) {
    const m = P.monomial(d, i);
    for (let k = 0; k < m.n; k++) {
      const index = P.generatorAt(m, k);
      const g = generator(index);
      if (g.kind == G.SYM || g.kind == G.I) continue;
      if (g.kind == G.PRIME) {
        if (g.prime == 0) return false;
        continue;
      }
      if (g.kind == G.PI || g.kind == G.E || (g.kind == G.LN && g.id == 1)) {
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
export function proportional(a: Frac, b: Frac): Q.Rat {
  return P.proportion(a.num, b.num);
}

/** lhs - rhs of a relation as a quotient, or null. */
export function formOfDifference(l: Node, r: Node): Frac {
  const a = normalForm(l);
  if (changetype<usize>(a) == 0) return a;
  const b = normalForm(r);
  if (changetype<usize>(b) == 0) return b;
  broken = false;
  const aside = beginTrial(TRIAL_FUEL);
  const d = addFrac(a, negFrac(b));
  exhausted = endTrial(aside);
  return broken || exhausted ? changetype<Frac>(0) : d;
}

/**
 * x = c1·v + c0 with rational c1 ≠ 0 and any constant c0 in the symbol v: the node of the v where x = 0, with the sign of c1 in
 * `slopeSign`; null when x is not linear in v.
 */
export let slopeSign: i32 = 0;
export function rationalRoot(f: Frac, v: i32): Node {
  const no = changetype<Node>(0);
  slopeSign = 0;
  if (!P.isConstant(f.den) || f.num.n == 0 || f.num.n > 2) return no;
  let c1 = changetype<Q.Rat>(0);
  let c0 = Q.ofI32(0);
  for (let i = 0; i < f.num.n; i++) {
    const m = P.monomial(f.num, i);
    if (m.n == 0) c0 = P.coefficient(f.num, i);
    else if (
      m.n == 1 &&
      generator(P.generatorAt(m, 0)).kind == G.SYM &&
      generator(P.generatorAt(m, 0)).id == v &&
      P.exponentNum(m, 0) == 1 &&
      P.exponentDen(m, 0) == 1
    )
      c1 = P.coefficient(f.num, i);
    else return no;
  }
  if (changetype<usize>(c1) == 0) return no;
  slopeSign = Q.sign(c1) * Q.sign(P.constantValue(f.den));
  return number(Q.div(Q.neg(c0), c1));
}

// Quotients of polynomials over generators: symbols, π, e, i, primes under fractional exponents (radicals), polynomials under fractional
// exponents, powers with symbolic exponents, values of functions, unknown functions. Products fold what is known about them: √2·√2 = 2,
// i² = -1, sin² = 1 - cos².
import { alloc, fail, failed, pair, spend } from '../arena';
import { elementAt, isNull, nil, setElement } from '../memory';
import * as int from '../number/integer';
import { Int } from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { Func } from '../parse/symbols';
import * as poly from './polynomial';
import { Mono, Poly } from './polynomial';

/** Kinds of generator. What is asked of several stands together: see the uses of `among`. */
export const enum Gen {
  I,
  SYM,
  // positive from here to FACT, powers of what is positive among them
  E,
  PI,
  /** integer > 1 (or -1 as the base of a symbolic power) */
  PRIME,
  EULER,
  /** base generator to a symbolic exponent */
  POWER,
  ABS,
  FACT,
  /** a polynomial of two or more terms under a fractional or symbolic exponent */
  ROOT,
  FUNC,
  CALL,
  FLOOR,
  CEIL,
  LN,
  SERIES,
  INTEGRAL,
  EXTREME,
}

@unmanaged
export class Frac {
  num: Poly;
  den: Poly;
}

@unmanaged
export class Generator {
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
/** Deepest nesting of products that fold. */
const MAX_NESTING: i32 = 40;
/** Highest power of a polynomial that is written out. */
const MAX_POWER: i32 = 400;

/** The generators of one pair, and the state of the form that is being built. */
@unmanaged
class Table {
  entries: usize;
  count: i32;
  /** the pair that the entries belong to */
  pair: i32;
  /** the expression has no normal form, or an undefined value */
  broken: bool;
  nesting: i32;
}

const table = changetype<Table>(memory.data(20, 4));
table.pair = -1;

/** Starts a form, with an empty table where the one that is there belongs to another pair. */
export function beginForm(): void {
  table.broken = false;
  table.nesting = 0;
  if (table.pair == pair) return;
  table.pair = pair;
  table.entries = alloc((<usize>MAX_GENERATORS) << 2);
  table.count = 0;
}

export function generator(i: i32): Generator {
  return elementAt<Generator>(table.entries, i);
}

export function fresh(kind: i32, id: i32): Generator {
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
export function intern(g: Generator): i32 {
  for (let i = 0; i < table.count; i++) {
    spend(6);
    const h = generator(i);
    if (h.kind != g.kind || h.id != g.id || h.n != g.n) continue;
    if (int.compareInt(h.int, g.int) != 0) continue;
    if (!isNull(g.poly) && !poly.equalPoly(g.poly, h.poly)) continue;
    if (poly.compareMono(g.mono, h.mono) != 0) continue;
    let same = true;
    for (let k = 0; k < g.n && same; k++) same = equalFrac(arg(g, k), arg(h, k));
    if (same) return i;
  }
  if (table.count == MAX_GENERATORS) {
    fail();
    return 0;
  }
  setElement<usize>(table.entries, table.count, changetype<usize>(g));
  table.count++;
  return table.count - 1;
}

export function arg(g: Generator, i: i32): Frac {
  return elementAt<Frac>(g.args, i);
}

export function simple(kind: i32, id: i32 = 0): i32 {
  return intern(fresh(kind, id));
}

export function primeGenerator(v: Int, prime: bool): i32 {
  const g = fresh(Gen.PRIME, 0);
  g.int = v;
  g.prime = prime ? 1 : 0;
  return intern(g);
}

export function rootGenerator(p: Poly): i32 {
  const g = fresh(Gen.ROOT, 0);
  g.poly = p;
  return intern(g);
}

export function absGenerator(p: Poly): i32 {
  const g = fresh(Gen.ABS, 0);
  g.poly = p;
  return intern(g);
}

export function functionOf(kind: i32, id: i32, n: i32, a: Frac, b: Frac = nil<Frac>(), c: Frac = nil<Frac>()): i32 {
  const g = fresh(kind, id);
  g.n = n;
  g.args = alloc((<usize>n) << 2);
  store<usize>(g.args, changetype<usize>(a));
  if (n > 1) store<usize>(g.args, changetype<usize>(b), 4);
  if (n > 2) store<usize>(g.args, changetype<usize>(c), 8);
  return intern(g);
}

export function noForm(): Frac {
  table.broken = true;
  return ofInt(0);
}

export function ok(): bool {
  return !table.broken && !failed;
}

function rawFrac(num: Poly, den: Poly): Frac {
  const f = changetype<Frac>(alloc(offsetof<Frac>()));
  f.num = num;
  f.den = den;
  return f;
}

export function ofRat(c: Rat): Frac {
  return ofPoly(poly.constant(c));
}

export function ofInt(v: i32): Frac {
  return ofRat(rat.ofI32(v));
}

export function ofGenerator(g: i32, num: i32 = 1, den: i32 = 1): Frac {
  return ofPoly(poly.term(rat.ofI32(1), poly.power(g, num, den)));
}

export function ofPoly(p: Poly): Frac {
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
export function frac(num: Poly, den: Poly): Frac {
  if (!ok()) return ofInt(0);
  if (den.n == 0) return noForm();
  if (num.n == 0) return ofPoly(num);
  // monomial common to all terms
  let common = poly.monomial(den, 0);
  for (let i = 0; i < den.n && common.n > 0; i++) common = commonPart(common, poly.monomial(den, i));
  for (let i = 0; i < num.n && common.n > 0; i++) common = commonPart(common, poly.monomial(num, i));
  if (common.n > 0) {
    const inverse = poly.powMono(common, -1, 1);
    num = shiftPoly(num, inverse);
    den = shiftPoly(den, inverse);
  }
  if (poly.isConstant(den)) return ofPoly(poly.scalePoly(num, rat.div(rat.ofI32(1), poly.constantValue(den))));
  const c = poly.content(den);
  const s = rat.sign(poly.coefficient(den, 0)) < 0 ? rat.neg(c) : c;
  const inverse = rat.div(rat.ofI32(1), s);
  num = poly.scalePoly(num, inverse);
  den = poly.scalePoly(den, inverse);
  if (!failed && num.n == den.n) {
    const k = poly.proportion(num, den);
    if (!isNull(k)) return ofRat(k);
  }
  return rawFrac(num, den);
}

/** Product of the smaller powers of generators that occur in both. */
function commonPart(a: Mono, b: Mono): Mono {
  let r = poly.unit();
  spend(a.n * b.n * 2);
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
export function foldTerm(c: Rat, m: Mono): Poly {
  let extra = nil<Poly>();
  let i = 0;
  while (i < m.n && ok()) {
    const g = generator(poly.generatorAt(m, i));
    const num = poly.exponentNum(m, i);
    const den = poly.exponentDen(m, i);
    // what is taken off the exponent's numerator, and what stands for it
    let taken = 0;
    let factor = nil<Poly>();
    if (g.kind == Gen.PRIME) {
      let whole = num / den;
      if (num < 0 && num % den != 0) whole--;
      if (whole != 0) c = rat.mul(c, rat.pow(rat.ofInt(g.int), whole));
      taken = whole * den;
    } else if (g.kind == Gen.I) {
      if (den != 1) noForm();
      if (num & 2) c = rat.neg(c);
      taken = num - (num & 1);
    } else if (g.kind == Gen.ROOT && num >= den) {
      const whole = num / den;
      taken = whole * den;
      factor = powPoly(g.poly, whole);
    } else if (num >= 2 * den) {
      const pairs = num / den / 2;
      if (g.kind == Gen.FUNC && g.id == Func.SIN) {
        const square = poly.emptyPoly(2);
        poly.pushTerm(square, rat.ofI32(-1), poly.power(functionOf(Gen.FUNC, Func.COS, 1, arg(g, 0)), 2, 1));
        poly.pushTerm(square, rat.ofI32(1), poly.unit());
        factor = powPoly(poly.normal(square), pairs);
      } else if (g.kind == Gen.ABS && !isNull(g.poly)) {
        // |u|² = u²
        factor = powPoly(g.poly, pairs * 2);
      }
      if (!isNull(factor)) taken = 2 * pairs * den;
    }
    if (!isNull(factor)) extra = isNull(extra) ? factor : mulPoly(extra, factor);
    if (taken != 0) m = poly.withExponent(m, i, num - taken, den);
    if (num != taken) i++;
  }
  const t = poly.term(c, m);
  return isNull(extra) ? t : mulPoly(extra, t);
}

function mulPoly(a: Poly, b: Poly): Poly {
  if (a.n == 0) return a;
  if (b.n == 0) return b;
  table.nesting++;
  if (table.nesting > MAX_NESTING) fail();
  const r = poly.emptyPoly(a.n * b.n);
  for (let i = 0; i < a.n; i++) {
    if (!spend(b.n * 16)) break;
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
  table.nesting--;
  return poly.normal(r);
}

export function powPoly(p: Poly, n: i32): Poly {
  if (n == 0) return poly.constant(rat.ofI32(1));
  if (p.n == 1) {
    const c = rat.pow(poly.coefficient(p, 0), n);
    if (failed) return p;
    const m = poly.powMono(poly.monomial(p, 0), n, 1);
    if (failed) return p;
    return folds(m) ? foldTerm(c, m) : poly.term(c, m);
  }
  if (n > MAX_POWER) {
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
  if (b.num.n == 0) return noForm();
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

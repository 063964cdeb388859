// From a tree to its normal form: a quotient of two polynomials over generators.
import { alloc, fail, spend } from '../arena';
import { isNull, nil, setElement } from '../memory';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { among, Func, Sign, SYM_E, SYM_I } from '../parse/symbols';
import { binary, integer, kid, Kind, leaf, Node, substitute } from '../parse/tree';
import { absolute, binomial, factorial, leadingNegative, logarithm, smallInteger, trigonometric } from './functions';
import * as poly from './polynomial';
import { Mono } from './polynomial';
import { powFrac } from './powers';
import {
  addFrac,
  divFrac,
  Frac,
  fresh,
  functionOf,
  Gen,
  generator,
  intern,
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
import { powRational } from './roots';
import { closedProduct, closedSum, endlessSeries } from './series';

/** Largest number of terms a sum or product is written out to. */
const MAX_SERIES: i32 = 500;
/** Largest argument of a double factorial. */
const MAX_DOUBLE_FACTORIAL: i32 = 3000;
/** Deepest expression, and deepest symbolic sum. */
const MAX_DEPTH: i32 = 200;
const MAX_SERIES_DEPTH: i32 = 60;

let depth: i32 = 0;

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
      let best = a;
      for (let i = 1; i < x.n && ok(); i++) best = extreme(f, best, ofNode(kid(x, i)));
      return best;
    }
    case Func.SGN:
    case Func.RE:
    case Func.IM:
    case Func.ARG:
    case Func.DET:
      return noForm();
  }
  if (x.n != 1) return noForm();
  if ((f == Func.ASIN || f == Func.ATAN) && leadingNegative(a))
    return negFrac(ofGenerator(functionOf(Gen.FUNC, f, 1, negFrac(a))));
  if ((f == Func.ASIN || f == Func.ATAN) && a.num.n == 0) return ofInt(0);
  return ofGenerator(functionOf(Gen.FUNC, f, 1, a));
}

/** gcd, lcm, max or min of two values. */
function extreme(f: i32, a: Frac, b: Frac): Frac {
  if (!ok()) return a;
  const isOrdered = f == Func.MAX || f == Func.MIN;
  if (isRational(a) && isRational(b)) {
    const v = rationalValue(a);
    const w = rationalValue(b);
    if (isOrdered) return rat.compare(v, w) < 0 == (f == Func.MAX) ? b : a;
    if (!rat.isInteger(v) || !rat.isInteger(w)) return noForm();
    const g = int.gcd(v.num, w.num);
    if (f == Func.GCD) return ofRat(rat.ofInt(g));
    return int.isZero(g) ? noForm() : ofRat(rat.ofInt(int.absInt(int.mul(v.num, int.div(w.num, g)))));
  }
  // symmetric in two arguments: keyed by sum and product
  if (!isOrdered) return ofGenerator(functionOf(Gen.EXTREME, f, 2, addFrac(a, b), mulFrac(a, b)));
  // max(a, b) = (a + b + |a - b|)/2
  const distance = absolute(addFrac(a, negFrac(b)));
  return mulFrac(ofRat(rat.ofFraction(1, 2)), addFrac(addFrac(a, b), f == Func.MAX ? distance : negFrac(distance)));
}

function series(x: Node): Frac {
  const variable = kid(x, 0);
  const low = ofNode(kid(x, 1));
  if (kid(x, 2).kind == Kind.INF && x.op == 0) return endlessSeries(bodyFrom(x, low));
  const high = ofNode(kid(x, 2));
  if (!ok()) return low;
  if (isRational(low) && isRational(high)) {
    const a = rationalValue(low);
    const b = rationalValue(high);
    if (!rat.isInteger(a) || !rat.isInteger(b) || !int.fitsI32(a.num) || !int.fitsI32(b.num)) return noForm();
    const from = int.toI32(a.num);
    const to = int.toI32(b.num);
    if (<i64>to - <i64>from > MAX_SERIES) {
      const closed = x.op == 0 && to > from ? closedSum(bodyFrom(x, low), addFrac(high, negFrac(low))) : nil<Frac>();
      if (!isNull(closed)) return closed;
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
  if (depth > MAX_SERIES_DEPTH) return noForm();
  const body = bodyFrom(x, low);
  const length = addFrac(high, negFrac(low));
  if (!ok()) return low;
  const closed = x.op == 0 ? closedSum(body, length) : closedProduct(body, length);
  return isNull(closed) ? ofGenerator(functionOf(Gen.SERIES, x.op, 2, length, body)) : closed;
}

/** The general term of a series in the bound variable, counted from 0. */
function bodyFrom(x: Node, low: Frac): Frac {
  if (!ok()) return low;
  const k = leaf(Kind.SYM, Sign.BOUND);
  const place = low.num.n == 0 ? k : binary(Kind.ADD, k, kid(x, 1));
  return ofNode(substitute(kid(x, 3), kid(x, 0).op, place));
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
      if (h != g && !among(generator(h).kind, Gen.SYM, Gen.PRIME)) exact = false;
    }
  }
  if (!exact) return noForm();
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
  if (depth > MAX_DEPTH) fail();
  const r = dispatch(x);
  depth--;
  return r;
}

/** Whether the monomial is a power of the symbol that stands for a whole number. */
function isWhole(m: Mono): bool {
  if (m.n != 1 || poly.exponentDen(m, 0) != 1 || poly.exponentNum(m, 0) < 0) return false;
  const g = generator(poly.generatorAt(m, 0));
  return g.kind == Gen.SYM && g.id == Sign.WHOLE;
}

/** ⌊a⌋, with the whole part of its constant taken out. */
function floorOf(a: Frac): Frac {
  if (!ok()) return a;
  if (isRational(a)) return ofRat(rat.ofInt(rat.floor(rationalValue(a))));
  if (!poly.isConstant(a.den)) return ofGenerator(functionOf(Gen.FLOOR, 0, 1, a));
  let whole = rat.ofI32(0);
  for (let i = 0; i < a.num.n; i++)
    if (poly.monomial(a.num, i).n == 0)
      whole = rat.ofInt(rat.floor(rat.div(poly.coefficient(a.num, i), poly.constantValue(a.den))));
  let out = ofRat(whole);
  for (let i = 0; i < a.num.n; i++) {
    const m = poly.monomial(a.num, i);
    const c = rat.div(poly.coefficient(a.num, i), poly.constantValue(a.den));
    if (rat.isInteger(c) && isWhole(m)) out = addFrac(out, ofPoly(poly.term(c, m)));
  }
  const rest = addFrac(a, negFrac(out));
  if (isRational(rest)) return addFrac(out, ofRat(rat.ofInt(rat.floor(rationalValue(rest)))));
  return addFrac(out, ofGenerator(functionOf(Gen.FLOOR, 0, 1, rest)));
}

/** A root; that of an even power is an absolute value: √(u²) = |u|. */
function root(x: Node): Frac {
  const power = kid(x, 0);
  const index = kid(x, 1);
  const n = ofNode(index);
  if (power.kind == Kind.POW && ok()) {
    const e = ofNode(kid(power, 1));
    if (isRational(n) && isRational(e) && isEven(rationalValue(n)) && isEven(rationalValue(e)))
      return powFrac(absolute(ofNode(kid(power, 0))), divFrac(e, n));
  }
  const a = ofNode(power);
  return powFrac(a, divFrac(ofInt(1), n));
}

function isEven(r: Rat): bool {
  return rat.isInteger(r) && !int.isOdd(r.num);
}

/** The normal form of a whole expression. */
export function formOf(x: Node): Frac {
  depth = 0;
  return ofNode(x);
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
      if (x.n != 2) return noForm();
      const a = ofNode(kid(x, 0));
      return divFrac(a, ofNode(kid(x, 1)));
    }
    case Kind.POW: {
      const a = ofNode(kid(x, 0));
      const e = ofNode(kid(x, 1));
      return powFrac(a, e);
    }
    case Kind.ROOT:
      return root(x);
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
      if (n < 0 || n > MAX_DOUBLE_FACTORIAL) return noForm();
      let r = int.one();
      for (let k = n; k > 1 && ok(); k -= 2) r = int.mul(r, int.fromU64(<u64>k));
      return ofRat(rat.ofInt(r));
    }
    case Kind.ABS:
      return absolute(ofNode(kid(x, 0)));
    case Kind.FLOOR:
      return floorOf(ofNode(kid(x, 0)));
    case Kind.CEIL:
      // ⌈u⌉ = -⌊-u⌋
      return negFrac(floorOf(negFrac(ofNode(kid(x, 0)))));
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
  return noForm();
}

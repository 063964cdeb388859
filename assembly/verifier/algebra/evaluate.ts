// Evaluation of expressions at rational points, in complex numbers of high precision with an error bound. It refuses quickly and gives
// strong evidence (agreement to 60 digits at several points) where the normal form leaves a question open.
import { failed, spend } from '../arena';
import { elementAt, isNull, nil, setElement } from '../memory';
import * as combinatorics from '../number/combinatorics';
import * as float from '../number/float';
import { Float } from '../number/float';
import * as int from '../number/integer';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';
import { among, Func, SYM_E, SYM_I } from '../parse/symbols';
import { kid, Kind, Node } from '../parse/tree';
import {
  addComplex,
  complex,
  Complex,
  divComplex,
  expComplex,
  imaginary,
  isReal,
  modulus,
  mulComplex,
  negComplex,
  powComplex,
  real,
  rootComplex,
} from './complex';

/** Most symbols that are bound at once. */
const MAX_SYMBOLS: i32 = 24;
/** Largest exponent, index of a root, argument of a factorial, number of terms, upper index of a binomial, depth. */
const MAX_POWER: i32 = 200_000;
const MAX_ROOT: i32 = 10_000;
const MAX_FACTORIAL: i32 = 200;
const MAX_TERMS: i32 = 200;
const MAX_BINOMIAL: i32 = 1000;
const MAX_DEPTH: i32 = 200;

/** What the symbols stand for while an expression is evaluated. */
@unmanaged
class Bindings {
  ids: usize;
  values: usize;
  count: i32;
  depth: i32;
  /** symbols are real variables: roots of negative numbers are outside the domain */
  realOnly: bool;

  find(id: i32): i32 {
    for (let i = this.count - 1; i >= 0; i--) if (elementAt<i32>(this.ids, i) == id) return i;
    return -1;
  }

  value(i: i32): Complex {
    return elementAt<Complex>(this.values, i);
  }

  bind(id: i32, v: Complex): bool {
    if (this.count == MAX_SYMBOLS) return false;
    setElement<i32>(this.ids, this.count, id);
    setElement<Complex>(this.values, this.count, v);
    this.count++;
    return true;
  }
}

const bindings = changetype<Bindings>(memory.data(20, 4));
bindings.ids = memory.data(MAX_SYMBOLS * 4, 4);
bindings.values = memory.data(MAX_SYMBOLS * 4, 4);

/** Forgets all bindings. */
export function clearBindings(realOnly: bool): void {
  bindings.count = 0;
  bindings.depth = 0;
  bindings.realOnly = realOnly;
}

/** Binds a symbol to a real value. */
export function bindReal(id: i32, v: Float): void {
  bindings.bind(id, real(v));
}

/** x as a rational number written without symbols, or null: exponents decide which root is meant. */
export function rationalLiteral(x: Node): Rat {
  const no = nil<Rat>();
  if (x.kind == Kind.NUM) return x.value;
  if (x.kind == Kind.NEG) {
    const v = rationalLiteral(kid(x, 0));
    return isNull(v) ? no : rat.neg(v);
  }
  if (x.kind == Kind.DIV) {
    const a = rationalLiteral(kid(x, 0));
    const b = rationalLiteral(kid(x, 1));
    if (isNull(a) || isNull(b) || rat.isZero(b)) return no;
    return rat.div(a, b);
  }
  return no;
}

function power(x: Node): Complex {
  const base = kid(x, 0);
  const e = rationalLiteral(kid(x, 1));
  if (!isNull(e)) {
    if (!int.fitsI32(e.num) || !int.fitsI32(e.den)) return nil<Complex>();
    const z = evaluate(base);
    if (isNull(z)) return z;
    const num = int.toI32(e.num);
    const den = int.toI32(e.den);
    if (abs(num) > MAX_POWER || den > MAX_ROOT) return nil<Complex>();
    if (den == 1) return powComplex(z, num);
    return powComplex(rootComplex(z, den, bindings.realOnly), num);
  }
  const w = evaluate(kid(x, 1));
  if (isNull(w)) return w;
  if (base.kind == Kind.SYM && base.op == SYM_E && bindings.find(SYM_E) < 0) return expComplex(w);
  const z = evaluate(base);
  if (isNull(z)) return z;
  if (isReal(w)) {
    const n = float.exactI32(w.re);
    if (n != i32.MIN_VALUE && abs(n) <= MAX_POWER) return powComplex(z, n);
  }
  if (!isReal(z) || z.re.man.neg) return nil<Complex>();
  if (float.maybeZero(z.re)) return nil<Complex>();
  const p = mulComplex(real(float.logarithm(z.re)), w);
  return isNull(p) ? p : expComplex(p);
}

/** A smooth stand-in for an unknown function, so that equal arguments give equal values. */
function unknown(x: Node): Complex {
  let u = float.ofRat(rat.ofFraction(((x.op * 37 + x.aux * 11) % 101) + 7, 13));
  for (let i = 0; i < x.n; i++) u = float.add(u, float.mul(realOf(kid(x, i)), float.ofRat(rat.ofFraction(i * 5 + 7, 11))));
  return real(float.add(float.sine(u, 0), float.ofI32(2)));
}

function func(x: Node): Complex {
  const f = x.op;
  const z = evaluate(kid(x, 0));
  if (isNull(z)) return z;
  if (f == Func.RE) return real(z.re);
  if (f == Func.IM) return real(imaginary(z));
  if (!isReal(z)) return nil<Complex>();
  const v = z.re;
  if (among(f, Func.MAX, Func.MIN)) {
    let best = v;
    for (let i = 1; i < x.n; i++) {
      const w = realOf(kid(x, i));
      if (float.isNone(w)) return nil<Complex>();
      const c = float.compare(w, best);
      if (f == Func.MAX ? c > 0 : c < 0) best = w;
    }
    return real(best);
  }
  const one = float.ofI32(1);
  switch (f) {
    case Func.SIN:
      return real(float.sine(v, 0));
    case Func.COS:
      return real(float.sine(v, 1));
    case Func.TAN:
      return real(float.div(float.sine(v, 0), float.sine(v, 1)));
    case Func.COT:
      return real(float.div(float.sine(v, 1), float.sine(v, 0)));
    case Func.SEC:
      return real(float.div(one, float.sine(v, 1)));
    case Func.CSC:
      return real(float.div(one, float.sine(v, 0)));
    case Func.ATAN:
      return real(float.arctangent(v));
    case Func.ACOT:
      return real(float.sub(float.mul(float.pi(), float.ofRat(rat.ofFraction(1, 2))), float.arctangent(v)));
    case Func.ASIN:
    case Func.ACOS: {
      const c = float.root(float.sub(one, float.mul(v, v)), 2);
      if (float.isNone(c)) return nil<Complex>();
      const half = float.mul(float.pi(), float.ofRat(rat.ofFraction(1, 2)));
      const s = float.maybeZero(c) ? (v.man.neg ? float.neg(half) : half) : float.arctangent(float.div(v, c));
      return real(f == Func.ASIN ? s : float.sub(half, s));
    }
    case Func.SINH:
    case Func.COSH:
    case Func.TANH:
    case Func.COTH: {
      const up = float.exponential(v);
      const down = float.div(one, up);
      const s = float.sub(up, down);
      const c = float.add(up, down);
      if (f == Func.TANH) return real(float.div(s, c));
      if (f == Func.COTH) return real(float.div(c, s));
      return real(float.mul(f == Func.SINH ? s : c, float.ofRat(rat.ofFraction(1, 2))));
    }
    case Func.LN:
      return real(float.logarithm(v));
    case Func.LOG:
    case Func.LG:
      return real(float.div(float.logarithm(v), float.logarithm(x.n == 2 ? realOf(kid(x, 1)) : float.ofI32(10))));
    case Func.SGN:
      if (float.maybeZero(v)) return float.isExactZero(v) ? real(v) : nil<Complex>();
      return real(float.ofI32(float.sign(v)));
  }
  return nil<Complex>();
}

function factorial(n: i32): Complex {
  if (n < 0 || n > MAX_FACTORIAL) return nil<Complex>();
  return real(float.ofRat(rat.ofInt(combinatorics.factorial(n))));
}

function series(x: Node): Complex {
  const from = wholeOf(kid(x, 1));
  const to = wholeOf(kid(x, 2));
  if (from == i32.MIN_VALUE || to == i32.MIN_VALUE || <i64>to - <i64>from > MAX_TERMS) return nil<Complex>();
  let r = real(float.ofI32(x.op));
  for (let k = from; k <= to; k++) {
    if (!bindings.bind(kid(x, 0).op, real(float.ofI32(k)))) return nil<Complex>();
    const v = evaluate(kid(x, 3));
    bindings.count--;
    r = x.op == 0 ? addComplex(r, v) : mulComplex(r, v);
    if (isNull(r)) return r;
  }
  return r;
}

/** Value of x under the bound symbols; null where it is undefined. */
export function evaluate(x: Node): Complex {
  if (failed || !spend(10)) return nil<Complex>();
  bindings.depth++;
  const z = bindings.depth > MAX_DEPTH ? nil<Complex>() : dispatch(x);
  bindings.depth--;
  return failed ? nil<Complex>() : z;
}

/** Value of x where it is real, else null. */
export function realOf(x: Node): Float {
  const z = evaluate(x);
  return isNull(z) || !isReal(z) ? float.none() : z.re;
}

/** Value of x where it is an integer of less than 31 bits, else i32.MIN_VALUE. */
function wholeOf(x: Node): i32 {
  return float.exactI32(realOf(x));
}

function dispatch(x: Node): Complex {
  switch (x.kind) {
    case Kind.NUM:
      return real(float.ofRat(x.value));
    case Kind.SYM: {
      const i = bindings.find(x.op);
      if (i >= 0) return bindings.value(i);
      if (x.op == SYM_E) return real(float.exponential(float.ofI32(1)));
      if (x.op == SYM_I) return complex(float.ofI32(0), float.ofI32(1));
      return nil<Complex>();
    }
    case Kind.PI:
      return real(float.pi());
    case Kind.ADD: {
      let r = evaluate(kid(x, 0));
      for (let i = 1; i < x.n && !isNull(r); i++) r = addComplex(r, evaluate(kid(x, i)));
      return r;
    }
    case Kind.MUL: {
      let r = evaluate(kid(x, 0));
      for (let i = 1; i < x.n && !isNull(r); i++) r = mulComplex(r, evaluate(kid(x, i)));
      return r;
    }
    case Kind.NEG:
      return negComplex(evaluate(kid(x, 0)));
    case Kind.DIV:
    case Kind.RATIO: {
      if (x.n != 2) return nil<Complex>();
      const a = evaluate(kid(x, 0));
      return divComplex(a, evaluate(kid(x, 1)));
    }
    case Kind.POW:
      return power(x);
    case Kind.ROOT: {
      const a = evaluate(kid(x, 0));
      const k = wholeOf(kid(x, 1));
      if (isNull(a) || k < 2 || k > MAX_ROOT) return nil<Complex>();
      return rootComplex(a, k, bindings.realOnly);
    }
    case Kind.FUNC:
      return func(x);
    case Kind.CALL:
      return unknown(x);
    case Kind.ABS: {
      const v = evaluate(kid(x, 0));
      return isNull(v) ? v : real(modulus(v));
    }
    case Kind.FLOOR:
      return real(float.floor(realOf(kid(x, 0))));
    case Kind.CEIL:
      return real(float.neg(float.floor(float.neg(realOf(kid(x, 0))))));
    case Kind.FACT:
      return factorial(wholeOf(kid(x, 0)));
    case Kind.DFACT: {
      const n = wholeOf(kid(x, 0));
      if (n < 0 || n > MAX_FACTORIAL) return nil<Complex>();
      let r = int.one();
      for (let k = n; k > 1; k -= 2) r = int.mul(r, int.fromU64(<u64>k));
      return real(float.ofRat(rat.ofInt(r)));
    }
    case Kind.BINOM: {
      const n = wholeOf(kid(x, 0));
      const k = wholeOf(kid(x, 1));
      if (n < 0 || k < 0 || n > MAX_BINOMIAL) return nil<Complex>();
      return real(float.ofRat(rat.ofInt(k > n ? int.zero() : combinatorics.binomial(n, k))));
    }
    case Kind.PERCENT:
      return divComplex(evaluate(kid(x, 0)), real(float.ofI32(100)));
    case Kind.DEGREE:
      return divComplex(mulComplex(evaluate(kid(x, 0)), real(float.pi())), real(float.ofI32(180)));
    case Kind.SERIES:
      return series(x);
  }
  return nil<Complex>();
}

/** Value of an expression without free symbols as a real number, or null. */
export function constantValue(x: Node): Float {
  clearBindings(false);
  return realOf(x);
}

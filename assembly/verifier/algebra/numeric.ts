// Evaluation of expressions at rational points, in complex numbers of high precision with an error bound. It refuses quickly and gives
// strong evidence (agreement to 60 digits at several points) where the normal form leaves a question open.
import { elementAt, isNull, nil, setElement } from '../memory';
import { alloc, failed, mark, release, spend } from '../arena';
import { Kind, kid, Node } from '../parse/tree';
import * as float from '../number/float';
import { Float } from '../number/float';
import * as int from '../number/integer';
import { Func, SYM_E, SYM_I } from '../parse/symbols';
import { binomialInt } from './normal-form';
import * as rat from '../number/rational';
import { Rat } from '../number/rational';

@unmanaged
export class Complex {
  re: Float;
  /** null when real */
  im: Float;
}

const MAX_SYMBOLS: i32 = 24;
const ids: usize = memory.data(24 * 4);
const values: usize = memory.data(24 * 4);
let symbols: i32 = 0;
let depth: i32 = 0;
/** Symbols are real variables: roots of negative numbers are outside the domain. */
let realOnly: bool = false;

function none(): Complex {
  return nil<Complex>();
}

function isNone(x: Complex): bool {
  return isNull(x);
}

function make(re: Float, im: Float): Complex {
  if (float.isNone(re)) return none();
  const z = changetype<Complex>(alloc(offsetof<Complex>()));
  z.re = re;
  z.im = !float.isNone(im) && float.isExactZero(im) ? float.none() : im;
  return z;
}

function real(re: Float): Complex {
  return make(re, float.none());
}

function isReal(z: Complex): bool {
  return float.isNone(z.im);
}

function imaginary(z: Complex): Float {
  return isReal(z) ? float.ofI32(0) : z.im;
}

function add(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) return real(float.add(a.re, b.re));
  const im = float.add(imaginary(a), imaginary(b));
  if (float.isNone(im)) return none();
  return make(float.add(a.re, b.re), im);
}

function neg(a: Complex): Complex {
  return make(float.neg(a.re), isReal(a) ? float.none() : float.neg(a.im));
}

function mul(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) return real(float.mul(a.re, b.re));
  const re = float.sub(float.mul(a.re, b.re), float.mul(imaginary(a), imaginary(b)));
  const im = float.add(float.mul(a.re, imaginary(b)), float.mul(imaginary(a), b.re));
  if (float.isNone(im)) return none();
  return make(re, im);
}

function div(a: Complex, b: Complex): Complex {
  if (isReal(b)) {
    if (isReal(a)) return real(float.div(a.re, b.re));
    const im = float.div(a.im, b.re);
    if (float.isNone(im)) return none();
    return make(float.div(a.re, b.re), im);
  }
  const norm = float.add(float.mul(b.re, b.re), float.mul(b.im, b.im));
  const conjugate = make(b.re, float.neg(b.im));
  if (isNone(conjugate)) return none();
  const top = mul(a, conjugate);
  if (isNone(top)) return none();
  const im = float.div(imaginary(top), norm);
  if (float.isNone(im)) return none();
  return make(float.div(top.re, norm), im);
}

function powInteger(z: Complex, n: i32): Complex {
  if (isReal(z)) {
    if (float.maybeZero(z.re) && n <= 0) return none();
    return real(float.powInteger(z.re, n));
  }
  if (n < 0) {
    const p = powInteger(z, -n);
    return isNone(p) ? p : div(real(float.ofI32(1)), p);
  }
  let r = real(float.ofI32(1));
  let b = z;
  while (!failed) {
    if (n & 1) {
      r = mul(r, b);
      if (isNone(r)) return r;
    }
    n >>= 1;
    if (n == 0) break;
    b = mul(b, b);
    if (isNone(b)) return b;
  }
  return r;
}

function modulus(z: Complex): Float {
  if (isReal(z)) return z.re.man.neg ? float.neg(z.re) : z.re;
  return float.root(float.add(float.mul(z.re, z.re), float.mul(z.im, z.im)), 2);
}

/** n-th root: real for real arguments where there is one, principal square root otherwise. */
function root(z: Complex, n: i32): Complex {
  if (isReal(z)) {
    if (!z.re.man.neg || n & 1) return real(float.root(z.re, n));
    if (realOnly || n != 2) return none();
    if (float.maybeZero(z.re)) return none();
    const r = float.root(float.neg(z.re), 2);
    return float.isNone(r) ? none() : make(float.ofI32(0), r);
  }
  if (n != 2 || realOnly) return none();
  const m = modulus(z);
  const half = float.ofRat(rat.ofFraction(1, 2));
  const re = float.root(float.mul(float.add(m, z.re), half), 2);
  const im = float.root(float.mul(float.sub(m, z.re), half), 2);
  if (float.isNone(im) || float.isNone(re)) return none();
  return make(re, z.im.man.neg ? float.neg(im) : im);
}

function exponential(z: Complex): Complex {
  const e = float.exponential(z.re);
  if (isReal(z)) return real(e);
  const im = float.mul(e, float.sine(z.im, 0));
  if (float.isNone(im)) return none();
  return make(float.mul(e, float.sine(z.im, 1)), im);
}

/** x as a rational number written without symbols, or null: exponents decide which root is meant. */
function rationalLiteral(x: Node): Rat {
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
    if (!int.fitsI32(e.num) || !int.fitsI32(e.den)) return none();
    const z = evaluate(base);
    if (isNone(z)) return z;
    const num = int.toI32(e.num);
    const den = int.toI32(e.den);
    if (abs(num) > 200000 || den > 60) return none();
    if (den == 1) return powInteger(z, num);
    const r = root(z, den);
    return isNone(r) ? r : powInteger(r, num);
  }
  const w = evaluate(kid(x, 1));
  if (isNone(w)) return w;
  if (base.kind == Kind.SYM && base.op == SYM_E && lookup(SYM_E) < 0) return exponential(w);
  const z = evaluate(base);
  if (isNone(z)) return z;
  if (isReal(w)) {
    const n = float.exactI32(w.re);
    if (n != i32.MIN_VALUE && abs(n) <= 200000) return powInteger(z, n);
  }
  if (!isReal(z) || z.re.man.neg) return none();
  if (float.maybeZero(z.re)) return none();
  const l = real(float.logarithm(z.re));
  if (isNone(l)) return l;
  const p = mul(l, w);
  return isNone(p) ? p : exponential(p);
}

function lookup(id: i32): i32 {
  for (let i = symbols - 1; i >= 0; i--) if (elementAt<i32>(ids, i) == id) return i;
  return -1;
}

function bind(id: i32, v: Complex): bool {
  if (symbols == MAX_SYMBOLS) return false;
  setElement<i32>(ids, symbols, id);
  setElement<usize>(values, symbols, changetype<usize>(v));
  symbols++;
  return true;
}

/** A smooth stand-in for an unknown function, so that equal arguments give equal values. */
function unknown(x: Node): Complex {
  let u = float.ofRat(rat.ofFraction(((x.op * 37 + x.aux * 11) % 101) + 7, 13));
  for (let i = 0; i < x.n; i++) {
    const v = evaluate(kid(x, i));
    if (isNone(v) || !isReal(v)) return none();
    u = float.add(u, float.mul(v.re, float.ofRat(rat.ofFraction(i * 5 + 7, 11))));
    if (float.isNone(u)) return none();
  }
  return real(float.add(float.sine(u, 0), float.ofI32(2)));
}

function func(x: Node): Complex {
  const f = x.op;
  const z = evaluate(kid(x, 0));
  if (isNone(z)) return z;
  if (f == Func.GCD || f == Func.LCM || f == Func.MAX || f == Func.MIN) {
    let best = z;
    if (!isReal(z)) return none();
    for (let i = 1; i < x.n; i++) {
      const w = evaluate(kid(x, i));
      if (isNone(w) || !isReal(w)) return none();
      if (f == Func.MAX || f == Func.MIN) {
        const c = float.compare(w.re, best.re);
        if (f == Func.MAX ? c > 0 : c < 0) best = w;
      } else {
        const a = float.exactI32(best.re);
        const b = float.exactI32(w.re);
        if (a == i32.MIN_VALUE || b == i32.MIN_VALUE || a == 0 || b == 0) return none();
        const g = int.toI32(int.gcd(int.fromI64(<i64>a), int.fromI64(<i64>b)));
        if (f == Func.LCM && abs((<i64>a / g) * <i64>b) > 1000000000) return none();
        best = real(float.ofI32(f == Func.GCD ? g : abs((a / g) * b)));
      }
    }
    return best;
  }
  if (f == Func.RE) return real(z.re);
  if (f == Func.IM) return real(imaginary(z));
  if (!isReal(z)) return none();
  const v = z.re;
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
      if (float.isNone(c)) return none();
      const half = float.mul(float.pi(), float.ofRat(rat.ofFraction(1, 2)));
      const s = float.maybeZero(c) ? (v.man.neg ? float.neg(half) : half) : float.arctangent(float.div(v, c));
      if (float.isNone(s)) return none();
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
    case Func.LG: {
      let b = float.ofI32(10);
      if (x.n == 2) {
        const w = evaluate(kid(x, 1));
        if (isNone(w) || !isReal(w)) return none();
        b = w.re;
      }
      return real(float.div(float.logarithm(v), float.logarithm(b)));
    }
    case Func.SGN:
      if (float.maybeZero(v)) return float.isExactZero(v) ? real(v) : none();
      return real(float.ofI32(float.sign(v)));
  }
  return none();
}

function factorial(n: i32): Complex {
  if (n < 0 || n > 200) return none();
  return real(float.ofRat(rat.ofInt(int.factorialInt(n))));
}

function series(x: Node): Complex {
  const low = evaluate(kid(x, 1));
  const high = evaluate(kid(x, 2));
  if (isNone(low) || isNone(high) || !isReal(low) || !isReal(high)) return none();
  const from = float.exactI32(low.re);
  const to = float.exactI32(high.re);
  if (from == i32.MIN_VALUE || to == i32.MIN_VALUE || <i64>to - <i64>from > 200) return none();
  let r = real(float.ofI32(x.op));
  for (let k = from; k <= to; k++) {
    if (!bind(kid(x, 0).op, real(float.ofI32(k)))) return none();
    const v = evaluate(kid(x, 3));
    symbols--;
    if (isNone(v)) return v;
    r = x.op == 0 ? add(r, v) : mul(r, v);
    if (isNone(r)) return r;
  }
  return r;
}

/** Value of x under the bound symbols; null where it is undefined. */
function evaluate(x: Node): Complex {
  if (failed || !spend(10)) return none();
  depth++;
  const z = depth > 200 ? none() : dispatch(x);
  depth--;
  return failed ? none() : z;
}

function dispatch(x: Node): Complex {
  switch (x.kind) {
    case Kind.NUM:
      return real(float.ofRat(x.value));
    case Kind.SYM: {
      const i = lookup(x.op);
      if (i >= 0) return elementAt<Complex>(values, i);
      if (x.op == SYM_E) return real(float.exponential(float.ofI32(1)));
      if (x.op == SYM_I) return make(float.ofI32(0), float.ofI32(1));
      return none();
    }
    case Kind.PI:
      return real(float.pi());
    case Kind.ADD: {
      let r = evaluate(kid(x, 0));
      for (let i = 1; i < x.n && !isNone(r); i++) {
        const v = evaluate(kid(x, i));
        if (isNone(v)) return v;
        r = add(r, v);
      }
      return r;
    }
    case Kind.MUL: {
      let r = evaluate(kid(x, 0));
      for (let i = 1; i < x.n && !isNone(r); i++) {
        const v = evaluate(kid(x, i));
        if (isNone(v)) return v;
        r = mul(r, v);
      }
      return r;
    }
    case Kind.NEG: {
      const v = evaluate(kid(x, 0));
      return isNone(v) ? v : neg(v);
    }
    case Kind.DIV:
    case Kind.RATIO: {
      if (x.n != 2) return none();
      const a = evaluate(kid(x, 0));
      const b = evaluate(kid(x, 1));
      if (isNone(a) || isNone(b)) return none();
      return div(a, b);
    }
    case Kind.POW:
      return power(x);
    case Kind.ROOT: {
      const a = evaluate(kid(x, 0));
      const n = evaluate(kid(x, 1));
      if (isNone(a) || isNone(n) || !isReal(n)) return none();
      const k = float.exactI32(n.re);
      if (k < 2 || k > 60) return none();
      return root(a, k);
    }
    case Kind.FUNC:
      return func(x);
    case Kind.CALL:
      return unknown(x);
    case Kind.ABS: {
      const v = evaluate(kid(x, 0));
      return isNone(v) ? v : real(modulus(v));
    }
    case Kind.FLOOR:
    case Kind.CEIL: {
      const v = evaluate(kid(x, 0));
      if (isNone(v) || !isReal(v)) return none();
      if (x.kind == Kind.FLOOR) return real(float.floor(v.re));
      const c = float.floor(float.neg(v.re));
      return float.isNone(c) ? none() : real(float.neg(c));
    }
    case Kind.FACT: {
      const v = evaluate(kid(x, 0));
      if (isNone(v) || !isReal(v)) return none();
      return factorial(float.exactI32(v.re));
    }
    case Kind.DFACT: {
      const v = evaluate(kid(x, 0));
      if (isNone(v) || !isReal(v)) return none();
      const n = float.exactI32(v.re);
      if (n < 0 || n > 200) return none();
      let r = int.one();
      for (let k = n; k > 1; k -= 2) r = int.mul(r, int.fromU64(<u64>k));
      return real(float.ofRat(rat.ofInt(r)));
    }
    case Kind.BINOM: {
      const a = evaluate(kid(x, 0));
      const b = evaluate(kid(x, 1));
      if (isNone(a) || isNone(b) || !isReal(a) || !isReal(b)) return none();
      const n = float.exactI32(a.re);
      const k = float.exactI32(b.re);
      if (n < 0 || k < 0 || n > 1000) return none();
      return real(float.ofRat(rat.ofInt(k > n ? int.zero() : binomialInt(n, k))));
    }
    case Kind.PERCENT: {
      const v = evaluate(kid(x, 0));
      return isNone(v) ? v : div(v, real(float.ofI32(100)));
    }
    case Kind.DEGREE: {
      const v = evaluate(kid(x, 0));
      return isNone(v) ? v : div(mul(v, real(float.pi())), real(float.ofI32(180)));
    }
    case Kind.SERIES:
      return series(x);
  }
  return none();
}

/** Value of an expression without free symbols as a real number, or null. */
export function constantValue(x: Node): Float {
  symbols = 0;
  depth = 0;
  realOnly = false;
  const z = evaluate(x);
  if (isNone(z) || !isReal(z)) return float.none();
  return z.re;
}

// --- Sampling

const MAX_VARIABLES: i32 = 12;
const variables: usize = memory.data(12 * 4);
const kinds: usize = memory.data(12 * 4);
let variableCount: i32 = 0;
let overflow: bool = false;

function note(id: i32, whole: bool): void {
  for (let i = 0; i < variableCount; i++)
    if (elementAt<i32>(variables, i) == id) {
      if (whole) setElement<i32>(kinds, i, 1);
      return;
    }
  if (variableCount == MAX_VARIABLES) {
    overflow = true;
    return;
  }
  setElement<i32>(variables, variableCount, id);
  setElement<i32>(kinds, variableCount, whole ? 1 : 0);
  variableCount++;
}

/** Notes the free symbols of x; those in factorials, binomials and bounds of sums stand for integers. */
function gather(x: Node, whole: bool, bound: i32): void {
  if (!spend(2)) return;
  if (x.kind == Kind.SYM) {
    if (x.op != bound && x.op != SYM_E && x.op != SYM_I) note(x.op, whole);
    return;
  }
  if (x.kind == Kind.SERIES) {
    gather(kid(x, 1), true, bound);
    gather(kid(x, 2), true, bound);
    gather(kid(x, 3), whole, kid(x, 0).op);
    return;
  }
  if (x.kind == Kind.INTEGRAL) {
    for (let i = 2; i < x.n; i++) gather(kid(x, i), whole, bound);
    gather(kid(x, 0), whole, kid(x, 1).op);
    return;
  }
  let inside =
    whole ||
    x.kind == Kind.FACT ||
    x.kind == Kind.DFACT ||
    x.kind == Kind.BINOM ||
    (x.kind == Kind.FUNC && (x.op == Func.GCD || x.op == Func.LCM));
  if (x.kind == Kind.POW && !inside) {
    // (-1)^n wants integers
    const b = kid(x, 0);
    const negative = b.kind == Kind.NEG || (b.kind == Kind.NUM && rat.sign(b.value) < 0);
    gather(b, false, bound);
    gather(kid(x, 1), negative, bound);
    return;
  }
  for (let i = 0; i < x.n; i++) gather(kid(x, i), inside, bound);
}

/** Sample points: numerator, denominator of the s-th value of the j-th variable. */
function bindPoint(s: i32): void {
  symbols = 0;
  for (let j = 0; j < variableCount; j++) {
    const whole = elementAt<i32>(kinds, j) == 1;
    let num: i32;
    let den: i32;
    if (whole) {
      num = 3 + ((s * 5 + j * 7) % 11) + (s > 5 ? j : 0);
      den = 1;
    } else {
      // positive near 1, in (0, 1), larger, then with signs
      num = 17 + ((s * 29 + j * 41 + s * j * 13) % 53);
      den = s == 1 || s == 5 ? 97 + 2 * j : s == 3 ? 5 : 29 + j;
      if ((s == 2 && !(j & 1)) || (s == 4 && j & 1) || s == 5 || s == 7) num = -num;
      if (s == 6) den = 3;
    }
    bind(elementAt<i32>(variables, j), real(float.ofRat(rat.ofFraction(num, den))));
  }
}

/** Outcome of sampling. */
export const enum Sampled {
  /** agreed at every point where both are defined, at three points at least */
  AGREE,
  DIFFER,
  UNKNOWN,
}

/** 1 equal within the error, which is small; 0 not told apart but too inexact; -1 different. */
function compareAt(a: Float, b: Float): i32 {
  const d = float.sub(a, b);
  if (float.isNone(d)) return 0;
  if (!float.maybeZero(d)) return -1;
  const scale = max(float.magnitude(a), float.magnitude(b));
  if (d.err == float.EXACT) return 1;
  if (float.maybeZero(a) && float.maybeZero(b)) return d.err <= -120 ? 1 : 0;
  return d.err <= scale - 120 ? 1 : 0;
}

const POINTS: i32 = 8;

/** Compares two expressions at fixed points (once when they have no free symbols). */
export function sample(x: Node, y: Node): i32 {
  return ratioAt(x, nil<Node>(), y, nil<Node>());
}

/** Sign of the ratio found by the last `sampleRatio`. */
export let ratioSign: i32 = 0;

/**
 * Whether (a - b)/(c - d) has the same value at all points: two equations or inequalities that differ by a constant factor.
 * With b and d null: whether a = c.
 */
function ratioAt(a: Node, b: Node, c: Node, d: Node): i32 {
  const asRatio = !isNull(b);
  variableCount = 0;
  overflow = false;
  gather(a, false, -1);
  gather(c, false, -1);
  if (asRatio) {
    gather(b, false, -1);
    gather(d, false, -1);
  }
  if (overflow || failed) return Sampled.UNKNOWN;
  // without a variable every ratio is constant
  if (asRatio && variableCount == 0) return Sampled.UNKNOWN;
  realOnly = variableCount > 0;
  depth = 0;
  const points = variableCount == 0 ? 1 : POINTS;
  const needed = variableCount == 0 ? 1 : asRatio ? 4 : 3;
  let agreed = 0;
  let ratio = float.none();
  // π and ln 2 are cached in the arena: made before the mark
  float.pi();
  float.logarithm(float.ofI32(2));
  for (let s = 0; s < points && !failed; s++) {
    const at = mark();
    bindPoint(s);
    const u = evaluate(a);
    const v = isNone(u) ? u : evaluate(c);
    if (!isNone(u) && !isNone(v)) {
      if (asRatio) {
        const l = evaluate(b);
        const r = isNone(l) ? l : evaluate(d);
        if (!isNone(l) && !isNone(r) && isReal(u) && isReal(v) && isReal(l) && isReal(r)) {
          const q = float.div(float.sub(u.re, l.re), float.sub(v.re, r.re));
          if (!float.isNone(q)) {
            if (float.isNone(ratio)) {
              if (float.maybeZero(q)) return Sampled.DIFFER;
              ratio = q;
              ratioSign = float.sign(q);
              agreed = 1;
              continue;
            }
            const same = compareAt(q, ratio);
            if (same < 0) return Sampled.DIFFER;
            if (same > 0) agreed++;
          }
        }
      } else {
        const re = compareAt(u.re, v.re);
        const im = isReal(u) && isReal(v) ? 1 : compareAt(imaginary(u), imaginary(v));
        if (re < 0 || im < 0) return Sampled.DIFFER;
        if (re > 0 && im > 0) agreed++;
      }
    }
    if (float.isNone(ratio)) release(at);
  }
  return !failed && agreed >= needed ? Sampled.AGREE : Sampled.UNKNOWN;
}

/** Whether a - b and c - d differ by a constant factor only. */
export function sampleRatio(a: Node, b: Node, c: Node, d: Node): i32 {
  return ratioAt(a, b, c, d);
}

/** Number of free symbols of x. */
export function freeSymbols(x: Node): i32 {
  variableCount = 0;
  overflow = false;
  gather(x, false, -1);
  return variableCount;
}

/** Id of the i-th free symbol found by the last `freeSymbols`. */
export function freeSymbol(i: i32): i32 {
  return elementAt<i32>(variables, i);
}

/** Whether x has no free symbols and no unknown functions. */
export function isConstantNode(x: Node): bool {
  return freeSymbols(x) == 0 && !hasCall(x);
}

function hasCall(x: Node): bool {
  if (x.kind == Kind.CALL) return true;
  spend(1);
  for (let i = 0; i < x.n; i++) if (hasCall(kid(x, i))) return true;
  return false;
}

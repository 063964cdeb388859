// Evaluation of expressions at rational points, in complex numbers of high precision with an error bound. It refuses quickly and gives
// strong evidence (agreement to 60 digits at several points) where the normal form leaves a question open.
import { alloc, failed, mark, release, spend } from './arena';
import { K, kid, Node } from './expression';
import * as R from './float';
import { Float } from './float';
import * as Z from './integer';
import { F, SYM_E, SYM_I } from './lexer';
import { binomialInt } from './normalize';
import * as Q from './rational';

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
  return changetype<Complex>(0);
}

function isNone(x: Complex): bool {
  return changetype<usize>(x) == 0;
}

function make(re: Float, im: Float): Complex {
  if (R.isNone(re)) return none();
  const z = changetype<Complex>(alloc(offsetof<Complex>()));
  z.re = re;
  z.im = !R.isNone(im) && R.isExactZero(im) ? R.none() : im;
  return z;
}

function real(re: Float): Complex {
  return make(re, R.none());
}

function isReal(z: Complex): bool {
  return R.isNone(z.im);
}

function imaginary(z: Complex): Float {
  return isReal(z) ? R.ofI32(0) : z.im;
}

function add(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) return real(R.add(a.re, b.re));
  const im = R.add(imaginary(a), imaginary(b));
  if (R.isNone(im)) return none();
  return make(R.add(a.re, b.re), im);
}

function neg(a: Complex): Complex {
  return make(R.neg(a.re), isReal(a) ? R.none() : R.neg(a.im));
}

function mul(a: Complex, b: Complex): Complex {
  if (isReal(a) && isReal(b)) return real(R.mul(a.re, b.re));
  const re = R.sub(R.mul(a.re, b.re), R.mul(imaginary(a), imaginary(b)));
  const im = R.add(R.mul(a.re, imaginary(b)), R.mul(imaginary(a), b.re));
  if (R.isNone(im)) return none();
  return make(re, im);
}

function div(a: Complex, b: Complex): Complex {
  if (isReal(b)) {
    if (isReal(a)) return real(R.div(a.re, b.re));
    const im = R.div(a.im, b.re);
    if (R.isNone(im)) return none();
    return make(R.div(a.re, b.re), im);
  }
  const norm = R.add(R.mul(b.re, b.re), R.mul(b.im, b.im));
  const conjugate = make(b.re, R.neg(b.im));
  if (isNone(conjugate)) return none();
  const top = mul(a, conjugate);
  if (isNone(top)) return none();
  const im = R.div(imaginary(top), norm);
  if (R.isNone(im)) return none();
  return make(R.div(top.re, norm), im);
}

function powInteger(z: Complex, n: i32): Complex {
  if (isReal(z)) {
    if (R.maybeZero(z.re) && n <= 0) return none();
    return real(R.powInteger(z.re, n));
  }
  if (n < 0) {
    const p = powInteger(z, -n);
    return isNone(p) ? p : div(real(R.ofI32(1)), p);
  }
  let r = real(R.ofI32(1));
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
  if (isReal(z)) return z.re.man.neg ? R.neg(z.re) : z.re;
  return R.root(R.add(R.mul(z.re, z.re), R.mul(z.im, z.im)), 2);
}

/** n-th root: real for real arguments where there is one, principal square root otherwise. */
function root(z: Complex, n: i32): Complex {
  if (isReal(z)) {
    if (!z.re.man.neg || n & 1) return real(R.root(z.re, n));
    if (realOnly || n != 2) return none();
    if (R.maybeZero(z.re)) return none();
    const r = R.root(R.neg(z.re), 2);
    return R.isNone(r) ? none() : make(R.ofI32(0), r);
  }
  if (n != 2 || realOnly) return none();
  const m = modulus(z);
  const half = R.ofRat(Q.ofFraction(1, 2));
  const re = R.root(R.mul(R.add(m, z.re), half), 2);
  const im = R.root(R.mul(R.sub(m, z.re), half), 2);
  if (R.isNone(im) || R.isNone(re)) return none();
  return make(re, z.im.man.neg ? R.neg(im) : im);
}

function exponential(z: Complex): Complex {
  const e = R.exponential(z.re);
  if (isReal(z)) return real(e);
  const im = R.mul(e, R.sine(z.im, 0));
  if (R.isNone(im)) return none();
  return make(R.mul(e, R.sine(z.im, 1)), im);
}

/** x as a rational number written without symbols, or null: exponents decide which root is meant. */
function rationalLiteral(x: Node): Q.Rat {
  const no = changetype<Q.Rat>(0);
  if (x.kind == K.NUM) return x.value;
  if (x.kind == K.NEG) {
    const v = rationalLiteral(kid(x, 0));
    return changetype<usize>(v) == 0 ? no : Q.neg(v);
  }
  if (x.kind == K.DIV) {
    const a = rationalLiteral(kid(x, 0));
    const b = rationalLiteral(kid(x, 1));
    if (changetype<usize>(a) == 0 || changetype<usize>(b) == 0 || Q.isZero(b)) return no;
    return Q.div(a, b);
  }
  return no;
}

function power(x: Node): Complex {
  const base = kid(x, 0);
  const e = rationalLiteral(kid(x, 1));
  if (changetype<usize>(e) != 0) {
    if (!Z.fitsI32(e.num) || !Z.fitsI32(e.den)) return none();
    const z = evaluate(base);
    if (isNone(z)) return z;
    const num = Z.toI32(e.num);
    const den = Z.toI32(e.den);
    if (abs(num) > 200000 || den > 60) return none();
    if (den == 1) return powInteger(z, num);
    const r = root(z, den);
    return isNone(r) ? r : powInteger(r, num);
  }
  const w = evaluate(kid(x, 1));
  if (isNone(w)) return w;
  if (base.kind == K.SYM && base.op == SYM_E && lookup(SYM_E) < 0) return exponential(w);
  const z = evaluate(base);
  if (isNone(z)) return z;
  if (isReal(w)) {
    const n = R.exactI32(w.re);
    if (n != i32.MIN_VALUE && abs(n) <= 200000) return powInteger(z, n);
  }
  if (!isReal(z) || z.re.man.neg) return none();
  if (R.maybeZero(z.re)) return none();
  const l = real(R.logarithm(z.re));
  if (isNone(l)) return l;
  const p = mul(l, w);
  return isNone(p) ? p : exponential(p);
}

function lookup(id: i32): i32 {
  for (let i = symbols - 1; i >= 0; i--) if (load<i32>(ids + ((<usize>i) << 2)) == id) return i;
  return -1;
}

function bind(id: i32, v: Complex): bool {
  if (symbols == MAX_SYMBOLS) return false;
  store<i32>(ids + ((<usize>symbols) << 2), id);
  store<usize>(values + ((<usize>symbols) << 2), changetype<usize>(v));
  symbols++;
  return true;
}

/** A smooth stand-in for an unknown function, so that equal arguments give equal values. */
function unknown(x: Node): Complex {
  let u = R.ofRat(Q.ofFraction(((x.op * 37 + x.aux * 11) % 101) + 7, 13));
  for (let i = 0; i < x.n; i++) {
    const v = evaluate(kid(x, i));
    if (isNone(v) || !isReal(v)) return none();
    u = R.add(u, R.mul(v.re, R.ofRat(Q.ofFraction(i * 5 + 7, 11))));
    if (R.isNone(u)) return none();
  }
  return real(R.add(R.sine(u, 0), R.ofI32(2)));
}

function func(x: Node): Complex {
  const f = x.op;
  const z = evaluate(kid(x, 0));
  if (isNone(z)) return z;
  if (f == F.GCD || f == F.LCM || f == F.MAX || f == F.MIN) {
    let best = z;
    if (!isReal(z)) return none();
    for (let i = 1; i < x.n; i++) {
      const w = evaluate(kid(x, i));
      if (isNone(w) || !isReal(w)) return none();
      if (f == F.MAX || f == F.MIN) {
        const c = R.compare(w.re, best.re);
        if (f == F.MAX ? c > 0 : c < 0) best = w;
      } else {
        const a = R.exactI32(best.re);
        const b = R.exactI32(w.re);
        if (a == i32.MIN_VALUE || b == i32.MIN_VALUE || a == 0 || b == 0) return none();
        const g = Z.toI32(Z.gcd(Z.fromI64(<i64>a), Z.fromI64(<i64>b)));
        if (f == F.LCM && abs((<i64>a / g) * <i64>b) > 1000000000) return none();
        best = real(R.ofI32(f == F.GCD ? g : abs((a / g) * b)));
      }
    }
    return best;
  }
  if (f == F.RE) return real(z.re);
  if (f == F.IM) return real(imaginary(z));
  if (!isReal(z)) return none();
  const v = z.re;
  const one = R.ofI32(1);
  switch (f) {
    case F.SIN:
      return real(R.sine(v, 0));
    case F.COS:
      return real(R.sine(v, 1));
    case F.TAN:
      return real(R.div(R.sine(v, 0), R.sine(v, 1)));
    case F.COT:
      return real(R.div(R.sine(v, 1), R.sine(v, 0)));
    case F.SEC:
      return real(R.div(one, R.sine(v, 1)));
    case F.CSC:
      return real(R.div(one, R.sine(v, 0)));
    case F.ATAN:
      return real(R.arctangent(v));
    case F.ACOT:
      return real(R.sub(R.mul(R.pi(), R.ofRat(Q.ofFraction(1, 2))), R.arctangent(v)));
    case F.ASIN:
    case F.ACOS: {
      const c = R.root(R.sub(one, R.mul(v, v)), 2);
      if (R.isNone(c)) return none();
      const half = R.mul(R.pi(), R.ofRat(Q.ofFraction(1, 2)));
      const s = R.maybeZero(c) ? (v.man.neg ? R.neg(half) : half) : R.arctangent(R.div(v, c));
      if (R.isNone(s)) return none();
      return real(f == F.ASIN ? s : R.sub(half, s));
    }
    case F.SINH:
    case F.COSH:
    case F.TANH:
    case F.COTH: {
      const up = R.exponential(v);
      const down = R.div(one, up);
      const s = R.sub(up, down);
      const c = R.add(up, down);
      if (f == F.TANH) return real(R.div(s, c));
      if (f == F.COTH) return real(R.div(c, s));
      return real(R.mul(f == F.SINH ? s : c, R.ofRat(Q.ofFraction(1, 2))));
    }
    case F.LN:
      return real(R.logarithm(v));
    case F.LOG:
    case F.LG: {
      let b = R.ofI32(10);
      if (x.n == 2) {
        const w = evaluate(kid(x, 1));
        if (isNone(w) || !isReal(w)) return none();
        b = w.re;
      }
      return real(R.div(R.logarithm(v), R.logarithm(b)));
    }
    case F.SGN:
      if (R.maybeZero(v)) return R.isExactZero(v) ? real(v) : none();
      return real(R.ofI32(R.sign(v)));
  }
  return none();
}

function factorial(n: i32): Complex {
  if (n < 0 || n > 200) return none();
  return real(R.ofRat(Q.ofInt(Z.factorialInt(n))));
}

function series(x: Node): Complex {
  const low = evaluate(kid(x, 1));
  const high = evaluate(kid(x, 2));
  if (isNone(low) || isNone(high) || !isReal(low) || !isReal(high)) return none();
  const from = R.exactI32(low.re);
  const to = R.exactI32(high.re);
  if (from == i32.MIN_VALUE || to == i32.MIN_VALUE || <i64>to - <i64>from > 200) return none();
  let r = real(R.ofI32(x.op));
  for (let k = from; k <= to; k++) {
    if (!bind(kid(x, 0).op, real(R.ofI32(k)))) return none();
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
    case K.NUM:
      return real(R.ofRat(x.value));
    case K.SYM: {
      const i = lookup(x.op);
      if (i >= 0) return changetype<Complex>(load<usize>(values + ((<usize>i) << 2)));
      if (x.op == SYM_E) return real(R.exponential(R.ofI32(1)));
      if (x.op == SYM_I) return make(R.ofI32(0), R.ofI32(1));
      return none();
    }
    case K.PI:
      return real(R.pi());
    case K.ADD: {
      let r = evaluate(kid(x, 0));
      for (let i = 1; i < x.n && !isNone(r); i++) {
        const v = evaluate(kid(x, i));
        if (isNone(v)) return v;
        r = add(r, v);
      }
      return r;
    }
    case K.MUL: {
      let r = evaluate(kid(x, 0));
      for (let i = 1; i < x.n && !isNone(r); i++) {
        const v = evaluate(kid(x, i));
        if (isNone(v)) return v;
        r = mul(r, v);
      }
      return r;
    }
    case K.NEG: {
      const v = evaluate(kid(x, 0));
      return isNone(v) ? v : neg(v);
    }
    case K.DIV:
    case K.RATIO: {
      if (x.n != 2) return none();
      const a = evaluate(kid(x, 0));
      const b = evaluate(kid(x, 1));
      if (isNone(a) || isNone(b)) return none();
      return div(a, b);
    }
    case K.POW:
      return power(x);
    case K.ROOT: {
      const a = evaluate(kid(x, 0));
      const n = evaluate(kid(x, 1));
      if (isNone(a) || isNone(n) || !isReal(n)) return none();
      const k = R.exactI32(n.re);
      if (k < 2 || k > 60) return none();
      return root(a, k);
    }
    case K.FUNC:
      return func(x);
    case K.CALL:
      return unknown(x);
    case K.ABS: {
      const v = evaluate(kid(x, 0));
      return isNone(v) ? v : real(modulus(v));
    }
    case K.FLOOR:
    case K.CEIL: {
      const v = evaluate(kid(x, 0));
      if (isNone(v) || !isReal(v)) return none();
      if (x.kind == K.FLOOR) return real(R.floor(v.re));
      const c = R.floor(R.neg(v.re));
      return R.isNone(c) ? none() : real(R.neg(c));
    }
    case K.FACT: {
      const v = evaluate(kid(x, 0));
      if (isNone(v) || !isReal(v)) return none();
      return factorial(R.exactI32(v.re));
    }
    case K.DFACT: {
      const v = evaluate(kid(x, 0));
      if (isNone(v) || !isReal(v)) return none();
      const n = R.exactI32(v.re);
      if (n < 0 || n > 200) return none();
      let r = Z.one();
      for (let k = n; k > 1; k -= 2) r = Z.mul(r, Z.fromU64(<u64>k));
      return real(R.ofRat(Q.ofInt(r)));
    }
    case K.BINOM: {
      const a = evaluate(kid(x, 0));
      const b = evaluate(kid(x, 1));
      if (isNone(a) || isNone(b) || !isReal(a) || !isReal(b)) return none();
      const n = R.exactI32(a.re);
      const k = R.exactI32(b.re);
      if (n < 0 || k < 0 || n > 1000) return none();
      return real(R.ofRat(Q.ofInt(k > n ? Z.zero() : binomialInt(n, k))));
    }
    case K.PERCENT: {
      const v = evaluate(kid(x, 0));
      return isNone(v) ? v : div(v, real(R.ofI32(100)));
    }
    case K.DEGREE: {
      const v = evaluate(kid(x, 0));
      return isNone(v) ? v : div(mul(v, real(R.pi())), real(R.ofI32(180)));
    }
    case K.SERIES:
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
  if (isNone(z) || !isReal(z)) return R.none();
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
    if (load<i32>(variables + ((<usize>i) << 2)) == id) {
      if (whole) store<i32>(kinds + ((<usize>i) << 2), 1);
      return;
    }
  if (variableCount == MAX_VARIABLES) {
    overflow = true;
    return;
  }
  store<i32>(variables + ((<usize>variableCount) << 2), id);
  store<i32>(kinds + ((<usize>variableCount) << 2), whole ? 1 : 0);
  variableCount++;
}

/** Notes the free symbols of x; those in factorials, binomials and bounds of sums stand for integers. */
function gather(x: Node, whole: bool, bound: i32): void {
  if (!spend(2)) return;
  if (x.kind == K.SYM) {
    if (x.op != bound && x.op != SYM_E && x.op != SYM_I) note(x.op, whole);
    return;
  }
  if (x.kind == K.SERIES) {
    gather(kid(x, 1), true, bound);
    gather(kid(x, 2), true, bound);
    gather(kid(x, 3), whole, kid(x, 0).op);
    return;
  }
  if (x.kind == K.INTEGRAL) {
    for (let i = 2; i < x.n; i++) gather(kid(x, i), whole, bound);
    gather(kid(x, 0), whole, kid(x, 1).op);
    return;
  }
  let inside =
    whole || x.kind == K.FACT || x.kind == K.DFACT || x.kind == K.BINOM || (x.kind == K.FUNC && (x.op == F.GCD || x.op == F.LCM));
  if (x.kind == K.POW && !inside) {
    // (-1)^n wants integers
    const b = kid(x, 0);
    const negative = b.kind == K.NEG || (b.kind == K.NUM && Q.sign(b.value) < 0);
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
    const whole = load<i32>(kinds + ((<usize>j) << 2)) == 1;
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
    bind(load<i32>(variables + ((<usize>j) << 2)), real(R.ofRat(Q.ofFraction(num, den))));
  }
}

/** Outcome of sampling. */
export const enum N {
  /** agreed at every point where both are defined, at three points at least */
  AGREE,
  DIFFER,
  UNKNOWN,
}

/** 1 equal within the error, which is small; 0 not told apart but too inexact; -1 different. */
function compareAt(a: Float, b: Float): i32 {
  const d = R.sub(a, b);
  if (R.isNone(d)) return 0;
  if (!R.maybeZero(d)) return -1;
  const scale = max(R.magnitude(a), R.magnitude(b));
  if (d.err == R.EXACT) return 1;
  if (R.maybeZero(a) && R.maybeZero(b)) return d.err <= -120 ? 1 : 0;
  return d.err <= scale - 120 ? 1 : 0;
}

const POINTS: i32 = 8;

/** Compares two expressions at fixed points (once when they have no free symbols). */
export function sample(x: Node, y: Node): i32 {
  return ratioAt(x, changetype<Node>(0), y, changetype<Node>(0));
}

/** Sign of the ratio found by the last `sampleRatio`. */
export let ratioSign: i32 = 0;

/**
 * Whether (a - b)/(c - d) has the same value at all points: two equations or inequalities that differ by a constant factor.
 * With b and d null: whether a = c.
 */
function ratioAt(a: Node, b: Node, c: Node, d: Node): i32 {
  const asRatio = changetype<usize>(b) != 0;
  variableCount = 0;
  overflow = false;
  gather(a, false, -1);
  gather(c, false, -1);
  if (asRatio) {
    gather(b, false, -1);
    gather(d, false, -1);
  }
  if (overflow || failed) return N.UNKNOWN;
  // without a variable every ratio is constant
  if (asRatio && variableCount == 0) return N.UNKNOWN;
  realOnly = variableCount > 0;
  depth = 0;
  const points = variableCount == 0 ? 1 : POINTS;
  const needed = variableCount == 0 ? 1 : asRatio ? 4 : 3;
  let agreed = 0;
  let ratio = R.none();
  // π and ln 2 are cached in the arena: made before the mark
  R.pi();
  R.logarithm(R.ofI32(2));
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
          const q = R.div(R.sub(u.re, l.re), R.sub(v.re, r.re));
          if (!R.isNone(q)) {
            if (R.isNone(ratio)) {
              if (R.maybeZero(q)) return N.DIFFER;
              ratio = q;
              ratioSign = R.sign(q);
              agreed = 1;
              continue;
            }
            const same = compareAt(q, ratio);
            if (same < 0) return N.DIFFER;
            if (same > 0) agreed++;
          }
        }
      } else {
        const re = compareAt(u.re, v.re);
        const im = isReal(u) && isReal(v) ? 1 : compareAt(imaginary(u), imaginary(v));
        if (re < 0 || im < 0) return N.DIFFER;
        if (re > 0 && im > 0) agreed++;
      }
    }
    if (R.isNone(ratio)) release(at);
  }
  return !failed && agreed >= needed ? N.AGREE : N.UNKNOWN;
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
  return load<i32>(variables + ((<usize>i) << 2));
}

/** Whether x has no free symbols and no unknown functions. */
export function isConstantNode(x: Node): bool {
  return freeSymbols(x) == 0 && !hasCall(x);
}

function hasCall(x: Node): bool {
  if (x.kind == K.CALL) return true;
  spend(1);
  for (let i = 0; i < x.n; i++) if (hasCall(kid(x, i))) return true;
  return false;
}

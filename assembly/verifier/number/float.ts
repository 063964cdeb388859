// Binary floating point of high precision with a running error bound: |true value - man·2^exp| <= 2^err. Values are real;
// numeric.ts pairs them for complex arithmetic. A function returns null where the value is undefined or out of range.
import { alloc, failed, resetArena, START_FUEL } from '../arena';
import { isNull, nil } from '../memory';
import * as combinatorics from './combinatorics';
import * as int from './integer';
import { Int } from './integer';
import * as rat from './rational';
import { Rat } from './rational';

/** Bits kept of a mantissa. */
const PRECISION: i32 = 256;
/** Bits behind the point in the series of transcendental functions. */
const WORK: i32 = 320;
/** `err` of an exact value. */
export const EXACT: i32 = -0x10000000;
/** Largest binary exponent. */
const MAX_MAGNITUDE: i32 = 1 << 22;

@unmanaged
export class Float {
  man: Int;
  exp: i32;
  err: i32;
}

export function none(): Float {
  return nil<Float>();
}

export function isNone(x: Float): bool {
  return isNull(x);
}

function make(man: Int, exp: i32, err: i32): Float {
  if (failed) return none();
  const extra = int.bitLength(man) - PRECISION;
  if (extra > 0) {
    man = int.shiftRight(man, extra);
    exp += extra;
    err = max(err, exp) + 1;
  }
  if (!int.isZero(man) && abs(exp) > MAX_MAGNITUDE) return none();
  if (int.isZero(man)) exp = 0;
  const x = changetype<Float>(alloc(offsetof<Float>()));
  x.man = man;
  x.exp = exp;
  x.err = err;
  return x;
}

/** |x| < 2^magnitude; EXACT for zero. */
export function magnitude(x: Float): i32 {
  return int.isZero(x.man) ? EXACT : x.exp + int.bitLength(x.man);
}

export function sign(x: Float): i32 {
  return int.sign(x.man);
}

/** Whether x cannot be told from zero. */
export function maybeZero(x: Float): bool {
  return int.isZero(x.man) || magnitude(x) - 1 <= x.err;
}

export function isExactZero(x: Float): bool {
  return int.isZero(x.man) && x.err == EXACT;
}

export function ofI32(v: i32): Float {
  return make(int.fromI64(<i64>v), 0, EXACT);
}

export function ofRat(v: Rat): Float {
  if (rat.isInteger(v)) return make(v.num, 0, EXACT);
  const shift = PRECISION + 2 + int.bitLength(v.den) - int.bitLength(v.num);
  const man = shift >= 0 ? int.div(int.shiftLeft(v.num, shift), v.den) : int.div(v.num, int.shiftLeft(v.den, -shift));
  return make(man, -shift, -shift + 1);
}

export function neg(x: Float): Float {
  return isNone(x) ? x : make(int.negate(x.man), x.exp, x.err);
}

export function add(a: Float, b: Float): Float {
  if (isNone(a) || isNone(b)) return none();
  if (int.isZero(a.man)) return make(b.man, b.exp, a.err == EXACT ? b.err : max(a.err, b.err) + 1);
  if (int.isZero(b.man)) return make(a.man, a.exp, b.err == EXACT ? a.err : max(a.err, b.err) + 1);
  let err = max(a.err, b.err);
  if (err > EXACT) err++;
  // a term far below the other's last bit only adds to the error
  const gap = magnitude(a) - magnitude(b);
  if (gap > PRECISION * 2) return make(a.man, a.exp, max(err, magnitude(b)) + 1);
  if (gap < -PRECISION * 2) return make(b.man, b.exp, max(err, magnitude(a)) + 1);
  const exp = min(a.exp, b.exp);
  return make(int.add(int.shiftLeft(a.man, a.exp - exp), int.shiftLeft(b.man, b.exp - exp)), exp, err);
}

export function sub(a: Float, b: Float): Float {
  return add(a, neg(b));
}

export function mul(a: Float, b: Float): Float {
  if (isNone(a) || isNone(b)) return none();
  let err = EXACT;
  if (a.err > EXACT || b.err > EXACT) {
    const ma = magnitude(a);
    const mb = magnitude(b);
    err = max(max(ma + b.err, mb + a.err), a.err + b.err);
    err = max(err, EXACT / 2) + 2;
  }
  return make(int.mul(a.man, b.man), a.exp + b.exp, err);
}

export function div(a: Float, b: Float): Float {
  if (isNone(a) || isNone(b) || maybeZero(b)) return none();
  if (isExactZero(a)) return a;
  const mb = magnitude(b) - 1;
  const shift = PRECISION + 2 + int.bitLength(b.man) - int.bitLength(a.man);
  const d = shift >= 0 ? int.divide(int.shiftLeft(a.man, shift), b.man) : int.divide(a.man, int.shiftLeft(b.man, -shift));
  const man = d.quotient;
  const exact = a.err == EXACT && b.err == EXACT && int.isZero(d.remainder);
  const exp = a.exp - b.exp - shift;
  let err = EXACT;
  if (!exact) {
    err = exp;
    if (a.err > EXACT) err = max(err, a.err - mb + 1);
    if (b.err > EXACT) err = max(err, magnitude(a) + b.err - 2 * mb + 2);
    err += 2;
  }
  return make(man, exp, err);
}

/** x^(1/n) for x >= 0; odd n takes negative x too. */
export function root(x: Float, n: i32): Float {
  if (isNone(x)) return none();
  if (int.isZero(x.man)) return x.err == EXACT ? x : make(int.zero(), 0, x.err / n + 1);
  if (maybeZero(x)) return make(int.zero(), 0, (x.err + 2) / n + 2);
  const negative = x.man.neg != 0;
  if (negative && !(n & 1)) return none();
  const m = int.absInt(x.man);
  let shift = (PRECISION + 8) * n - int.bitLength(m);
  if (shift < 0) shift = 0;
  let exp = x.exp - shift;
  // exponent divisible by n
  let r = exp % n;
  if (r < 0) r += n;
  shift += r;
  exp -= r;
  if (n > 8) {
    const y = exponential(div(logarithm(negative ? neg(x) : x), ofI32(n)));
    return negative ? neg(y) : y;
  }
  const scaled = int.shiftLeft(m, shift);
  const s = combinatorics.root(scaled, n);
  if (failed) return none();
  const perfect = x.err == EXACT && int.compareInt(int.powInt(s, n), scaled) == 0;
  const e = exp / n;
  let err = EXACT;
  if (!perfect) {
    const mag = magnitude(x);
    err = e;
    if (x.err > EXACT) err = max(err, x.err - mag + floorDiv(mag, n) + 3);
    err += 2;
  }
  return make(negative ? int.negate(s) : s, e, err);
}

function floorDiv(a: i32, b: i32): i32 {
  const q = a / b;
  return a % b != 0 && a < 0 ? q - 1 : q;
}

export function powInteger(x: Float, n: i32): Float {
  if (n < 0) return div(ofI32(1), powInteger(x, -n));
  let r = ofI32(1);
  while (true) {
    if (n & 1) r = mul(r, x);
    n >>= 1;
    if (n == 0) return r;
    x = mul(x, x);
  }
}

// --- Constants and series in fixed point

/** atan(1/n) or artanh(1/n) times 2^bits. */
function inverseSeries(n: u32, bits: i32, alternate: bool): Int {
  let power = int.divSmall(int.shiftLeft(int.one(), bits), n);
  let sum = power;
  const square = n * n;
  for (let k: u32 = 3; !int.isZero(power) && !failed; k += 2) {
    power = int.divSmall(power, square);
    const t = int.divSmall(power, k);
    sum = alternate && (k & 2) != 0 ? int.sub(sum, t) : int.add(sum, t);
  }
  return sum;
}

const PI_BITS: i32 = WORK + 64;

// The constants are computed once, when the module starts, and copied out of the arena.
resetArena(START_FUEL);
/** π·2^PI_BITS */
const PI_FIXED: Int = kept(
  int.shiftRight(
    int.sub(int.mulSmall(inverseSeries(5, PI_BITS + 16, true), 16), int.mulSmall(inverseSeries(239, PI_BITS + 16, true), 4)),
    16,
  ),
);
/** ln 2·2^PI_BITS */
const LN2_FIXED: Int = kept(int.shiftRight(inverseSeries(3, PI_BITS + 16, false), 15));

function kept(x: Int): Int {
  const bytes = int.byteLength(x);
  const copy = heap.alloc(bytes);
  memory.copy(copy, changetype<usize>(x), bytes);
  return changetype<Int>(copy);
}

export function pi(): Float {
  return make(PI_FIXED, -PI_BITS, -PI_BITS + 4);
}

/** x·2^bits, toward zero. */
function fixed(x: Float, bits: i32): Int {
  return int.shiftLeft(x.man, x.exp + bits);
}

function fixedMul(a: Int, b: Int): Int {
  return int.shiftRight(int.mul(a, b), WORK);
}

export function exponential(x: Float): Float {
  if (isNone(x)) return none();
  if (isExactZero(x)) return ofI32(1);
  const mag = magnitude(x);
  if (mag > 21 || x.err > -8) return none();
  const ln2 = LN2_FIXED;
  const v = fixed(x, PI_BITS);
  // x = k ln 2 + r
  const k = int.floorDiv(v, ln2);
  const r = int.shiftRight(int.sub(v, int.mul(k, ln2)), PI_BITS - WORK);
  if (failed || !int.fitsI32(k)) return none();
  // e^(r/256) by its series, then eight squarings
  const s = int.shiftRight(r, 8);
  let sum = int.shiftLeft(int.one(), WORK);
  let t = sum;
  for (let i: u32 = 1; !int.isZero(t) && !failed && i < 80; i++) {
    t = int.divSmall(fixedMul(t, s), i);
    sum = int.add(sum, t);
  }
  for (let i = 0; i < 8; i++) sum = fixedMul(sum, sum);
  const n = int.toI32(k);
  let err = n + 1 - WORK + 24;
  if (x.err > EXACT) err = max(err, n + 1 + x.err + 2);
  return make(sum, n - WORK, err);
}

export function logarithm(x: Float): Float {
  if (isNone(x) || maybeZero(x) || x.man.neg) return none();
  // x = m·2^k with m in [1, 2); Newton on e^y = m
  const bits = int.bitLength(x.man);
  const k = x.exp + bits - 1;
  const m = make(x.man, 1 - bits, EXACT);
  if (isNone(m)) return none();
  const lead = (int.toF64(int.shiftRight(int.shiftLeft(x.man, 64), bits)) / 18446744073709551616.0) * 2.0;
  // starting value from the leading bits; 44 bits are right
  let y = make(int.fromI64(<i64>(approximateLog(lead) * 1099511627776.0)), -40, EXACT);
  for (let i = 0; i < 3 && !failed; i++) {
    // y += 2 (m - e^y)/(m + e^y): cubic convergence
    const e = exponential(y);
    const step = div(sub(m, e), add(m, e));
    if (isNone(step)) return none();
    y = add(y, mul(step, ofI32(2)));
    y = make(y.man, y.exp, EXACT);
    if (isNone(y)) return none();
  }
  y = make(y.man, y.exp, -PRECISION + 16);
  const ln2 = make(LN2_FIXED, -PI_BITS, -PI_BITS + 6);
  const r = add(mul(ln2, ofI32(k)), y);
  if (isNone(r)) return r;
  return x.err > EXACT ? make(r.man, r.exp, max(r.err, x.err - (x.exp + bits - 1) + 1) + 1) : r;
}

/** ln of a value in [1, 2], to about 1e-12, by artanh. */
function approximateLog(v: f64): f64 {
  const z = (v - 1) / (v + 1);
  const q = z * z;
  let s: f64 = 0;
  for (let k = 25; k >= 1; k -= 2) s = s * q + 1 / <f64>k;
  return 2 * z * s;
}

/** sin (quarter = 0) or cos (quarter = 1) */
export function sine(x: Float, quarter: i32): Float {
  if (isNone(x)) return none();
  if (magnitude(x) > 40 || x.err > -8) return none();
  const half = int.shiftRight(PI_FIXED, 1);
  const v = fixed(x, PI_BITS);
  const k = int.floorDiv(v, half);
  const r = int.shiftRight(int.sub(v, int.mul(k, half)), PI_BITS - WORK);
  if (failed) return none();
  let turn = <i32>int.modSmall(k, 4);
  if (k.neg) turn = (4 - turn) & 3;
  turn = (turn + quarter) & 3;
  const square = fixedMul(r, r);
  const odd = !(turn & 1);
  // sin r or cos r by its series
  let t = odd ? r : int.shiftLeft(int.one(), WORK);
  let sum = t;
  for (let i: u32 = odd ? 2 : 1; !int.isZero(t) && !failed && i < 160; i += 2) {
    t = int.negate(int.divSmall(fixedMul(t, square), i * (i + 1)));
    sum = int.add(sum, t);
  }
  if (turn >= 2) sum = int.negate(sum);
  let err = -WORK + 24;
  // k·(error of π) grows with the argument
  err = max(err, magnitude(x) - PI_BITS + 8);
  if (x.err > EXACT) err = max(err, x.err + 1);
  return make(sum, -WORK, err + 1);
}

export function arctangent(x: Float): Float {
  if (isNone(x)) return none();
  if (isExactZero(x)) return x;
  if (magnitude(x) > 1) {
    const a = arctangent(div(ofI32(1), x));
    const q = mul(pi(), make(int.one(), -1, EXACT));
    return x.man.neg ? sub(neg(q), a) : sub(q, a);
  }
  // atan x = 2 atan(x / (1 + √(1 + x²))), twice
  let y = x;
  for (let i = 0; i < 3; i++) {
    const s = root(add(ofI32(1), mul(y, y)), 2);
    y = div(y, add(ofI32(1), s));
    if (isNone(y)) return none();
  }
  const v = fixed(y, WORK);
  const square = fixedMul(v, v);
  let t = v;
  let sum = v;
  for (let i: u32 = 3; !int.isZero(t) && !failed && i < 400; i += 2) {
    t = int.negate(fixedMul(t, square));
    sum = int.add(sum, int.divSmall(t, i));
  }
  const err = y.err > EXACT ? max(y.err + 4, -WORK + 24) : -WORK + 24;
  return make(sum, 3 - WORK, err);
}

/** -1, 0 or 1; 0 when the two cannot be told apart. */
export function compare(a: Float, b: Float): i32 {
  const d = sub(a, b);
  if (isNone(d) || maybeZero(d)) return 0;
  return sign(d);
}

/** Integer value when x is an exact integer of less than 31 bits; i32.MIN_VALUE otherwise. */
export function exactI32(x: Float): i32 {
  if (isNone(x) || x.err != EXACT || magnitude(x) > 30) return i32.MIN_VALUE;
  if (int.isZero(x.man)) return 0;
  const v = int.shiftLeft(x.man, x.exp);
  if (x.exp < 0 && int.compareInt(int.shiftLeft(v, -x.exp), x.man) != 0) return i32.MIN_VALUE;
  return int.toI32(v);
}

/** floor(x) when the error bound allows to know it. */
export function floor(x: Float): Float {
  if (isNone(x) || magnitude(x) > 200) return none();
  if (x.exp >= 0 && x.err == EXACT) return x;
  const scale = int.shiftLeft(int.one(), x.exp < 0 ? -x.exp : 0);
  const f = x.exp < 0 ? int.floorDiv(x.man, scale) : int.shiftLeft(x.man, x.exp);
  const r = make(f, 0, EXACT);
  if (x.err == EXACT) return r;
  // not within the error of an integer
  const low = sub(x, r);
  const high = sub(add(r, ofI32(1)), x);
  if (isNone(low) || isNone(high) || maybeZero(low) || maybeZero(high)) return none();
  return r;
}

// Integers of any size (up to a digit cap): sign and magnitude, little-endian 32-bit limbs, immutable, in the arena.
import { alloc, fail, failed, spend } from '../arena';
import { elementAt, setElement } from '../memory';

/** Largest magnitude in limbs (about 9,800 decimal digits); beyond it the pair is undecided. */
const MAX_LIMBS: i32 = 1024;

@unmanaged
export class Int {
  neg: i32;
  /** limbs in use; 0 for zero; the top limb is not zero */
  len: i32;
}

// @inline
function at(x: Int, i: i32): u32 {
  return elementAt<u32>(changetype<usize>(x) + 8, i);
}

// @inline
function put(x: Int, i: i32, v: u32): void {
  setElement<u32>(changetype<usize>(x) + 8, i, v);
}

const ZERO_WORDS: usize = memory.data<u32>([0, 0, 0]);
const ONE_WORDS: usize = memory.data<u32>([0, 1, 1]);

export function zero(): Int {
  return changetype<Int>(ZERO_WORDS);
}

export function one(): Int {
  return changetype<Int>(ONE_WORDS);
}

function blank(len: i32): Int {
  if (len > MAX_LIMBS + 2) {
    fail();
    len = 1;
  }
  const x = changetype<Int>(alloc(8 + ((<usize>len) << 2)));
  x.neg = 0;
  x.len = len;
  return x;
}

function trim(x: Int): Int {
  let n = x.len;
  while (n > 0 && at(x, n - 1) == 0) n--;
  x.len = n;
  if (n == 0) x.neg = 0;
  if (n > MAX_LIMBS) {
    fail();
    return zero();
  }
  return x;
}

/** Bytes that x takes. */
export function byteLength(x: Int): usize {
  return 8 + ((<usize>x.len) << 2);
}

export function fromU64(v: u64): Int {
  if (v == 0) return zero();
  if (v == 1) return one();
  const x = blank(2);
  put(x, 0, <u32>v);
  put(x, 1, <u32>(v >> 32));
  return trim(x);
}

export function fromI64(v: i64): Int {
  if (v >= 0) return fromU64(<u64>v);
  const x = fromU64(<u64>-v);
  return negate(x);
}

export function isZero(x: Int): bool {
  return x.len == 0;
}

export function isOne(x: Int): bool {
  return x.len == 1 && x.neg == 0 && at(x, 0) == 1;
}

export function isOdd(x: Int): bool {
  return x.len > 0 && (at(x, 0) & 1) == 1;
}

export function sign(x: Int): i32 {
  return x.len == 0 ? 0 : x.neg ? -1 : 1;
}

/** True when x fits an i32. */
export function fitsI32(x: Int): bool {
  return x.len == 0 || (x.len == 1 && at(x, 0) <= 0x7fffffff);
}

export function toI32(x: Int): i32 {
  if (x.len == 0) return 0;
  const v = <i32>at(x, 0);
  return x.neg ? -v : v;
}

export function bitLength(x: Int): i32 {
  if (x.len == 0) return 0;
  return x.len * 32 - clz(at(x, x.len - 1));
}

/** Hash of value and sign. */
export function hashInt(x: Int): u32 {
  let h: u32 = 2166136261 ^ (<u32>x.neg);
  for (let i = 0; i < x.len; i++) h = (h ^ at(x, i)) * 16777619;
  return h;
}

export function negate(x: Int): Int {
  if (x.len == 0) return x;
  const r = blank(x.len);
  memory.copy(changetype<usize>(r) + 8, changetype<usize>(x) + 8, (<usize>x.len) << 2);
  r.neg = 1 - x.neg;
  return r;
}

export function absInt(x: Int): Int {
  return x.neg ? negate(x) : x;
}

function compareMagnitude(x: Int, y: Int): i32 {
  if (x.len != y.len) return x.len < y.len ? -1 : 1;
  for (let i = x.len - 1; i >= 0; i--) {
    const a = at(x, i);
    const b = at(y, i);
    if (a != b) return a < b ? -1 : 1;
  }
  return 0;
}

/** -1, 0 or 1 as x <, =, > y. */
export function compareInt(x: Int, y: Int): i32 {
  if (x.neg != y.neg) return x.neg ? -1 : 1;
  const c = compareMagnitude(x, y);
  return x.neg ? -c : c;
}

function addMagnitude(x: Int, y: Int): Int {
  if (x.len < y.len) {
    const t = x;
    x = y;
    y = t;
  }
  const n = x.len;
  spend(n + 4);
  const r = blank(n + 1);
  if (failed) return zero();
  let carry: u64 = 0;
  for (let i = 0; i < n; i++) {
    carry += <u64>at(x, i) + (i < y.len ? <u64>at(y, i) : 0);
    put(r, i, <u32>carry);
    carry >>= 32;
  }
  put(r, n, <u32>carry);
  return r;
}

/** |x| - |y| for |x| >= |y|. */
function subMagnitude(x: Int, y: Int): Int {
  const n = x.len;
  spend(n + 4);
  const r = blank(n);
  if (failed) return zero();
  let borrow: i64 = 0;
  for (let i = 0; i < n; i++) {
    borrow += <i64>(<u64>at(x, i)) - (i < y.len ? <i64>(<u64>at(y, i)) : 0);
    put(r, i, <u32>borrow);
    borrow >>= 32;
  }
  return r;
}

function sum(x: Int, y: Int, yNeg: i32): Int {
  if (failed) return zero();
  if (y.len == 0) return x;
  if (x.len == 0) return y.neg == yNeg ? y : negate(y);
  if (x.neg == yNeg) {
    const r = addMagnitude(x, y);
    if (failed) return zero();
    r.neg = x.neg;
    return trim(r);
  }
  const c = compareMagnitude(x, y);
  if (c == 0) return zero();
  const r = c > 0 ? subMagnitude(x, y) : subMagnitude(y, x);
  if (failed) return zero();
  r.neg = c > 0 ? x.neg : yNeg;
  return trim(r);
}

export function add(x: Int, y: Int): Int {
  return sum(x, y, y.neg);
}

export function sub(x: Int, y: Int): Int {
  return sum(x, y, 1 - y.neg);
}

/** Adds a times x to r from its limb `from` on; gives what is carried over. */
function addMultiple(r: Int, from: i32, x: Int, a: u64): u32 {
  let carry: u64 = 0;
  for (let j = 0; j < x.len; j++) {
    carry += a * <u64>at(x, j) + <u64>at(r, from + j);
    put(r, from + j, <u32>carry);
    carry >>= 32;
  }
  return <u32>carry;
}

export function mul(x: Int, y: Int): Int {
  if (x.len == 0 || y.len == 0) return zero();
  if (isOne(x)) return y;
  if (isOne(y)) return x;
  const n = x.len + y.len;
  if (n > MAX_LIMBS + 1) fail();
  spend(x.len * y.len + 4);
  if (failed) return zero();
  const r = blank(n);
  // the inner loop is the longer one
  const short = x.len < y.len ? x : y;
  const long = x.len < y.len ? y : x;
  memory.fill(changetype<usize>(r) + 8, 0, (<usize>long.len) << 2);
  for (let i = 0; i < short.len; i++) put(r, i + long.len, addMultiple(r, i, long, at(short, i)));
  r.neg = x.neg ^ y.neg;
  return trim(r);
}

export function mulSmall(x: Int, m: u32): Int {
  return mul(x, fromU64(<u64>m));
}

/** Quotient toward zero by a positive word. */
export function divSmall(x: Int, d: u32): Int {
  if (failed || x.len == 0) return zero();
  spend(x.len * 6 + 4);
  const r = blank(x.len);
  if (failed) return zero();
  let rest: u64 = 0;
  for (let i = x.len - 1; i >= 0; i--) {
    const v = (rest << 32) | (<u64>at(x, i));
    put(r, i, <u32>(v / <u64>d));
    rest = v % <u64>d;
  }
  r.neg = x.neg;
  return trim(r);
}

/** Magnitude of x modulo a positive word. */
export function modSmall(x: Int, d: u32): u32 {
  spend(x.len * 4 + 1);
  let rest: u64 = 0;
  for (let i = x.len - 1; i >= 0; i--) rest = ((rest << 32) | (<u64>at(x, i))) % <u64>d;
  return <u32>rest;
}

export function shiftLeft(x: Int, bits: i32): Int {
  if (x.len == 0 || bits == 0) return x;
  if (bits < 0) return shiftRight(x, -bits);
  const words = bits >> 5;
  const part = bits & 31;
  if (words > MAX_LIMBS || x.len + words > MAX_LIMBS) {
    fail();
    return zero();
  }
  const n = x.len + words + 1;
  spend(n);
  const r = blank(n);
  if (failed) return zero();
  for (let i = 0; i < words; i++) put(r, i, 0);
  let carry: u64 = 0;
  for (let i = 0; i < x.len; i++) {
    carry |= (<u64>at(x, i)) << part;
    put(r, i + words, <u32>carry);
    carry >>= 32;
  }
  put(r, n - 1, <u32>carry);
  r.neg = x.neg;
  return trim(r);
}

/** Toward zero. */
export function shiftRight(x: Int, bits: i32): Int {
  if (x.len == 0 || bits == 0) return x;
  if (bits < 0) return shiftLeft(x, -bits);
  const words = bits >> 5;
  const part = bits & 31;
  if (words >= x.len) return zero();
  const n = x.len - words;
  spend(n);
  const r = blank(n);
  if (failed) return zero();
  for (let i = 0; i < n; i++) {
    const low = (<u64>at(x, i + words)) >> part;
    const high = i + words + 1 < x.len ? (<u64>at(x, i + words + 1)) << (32 - part) : 0;
    put(r, i, <u32>(low | high));
  }
  r.neg = x.neg;
  return trim(r);
}

/** Quotient toward zero, and the remainder, which has the dividend's sign. */
@unmanaged
export class Division {
  quotient: Int;
  remainder: Int;
}

function division(quotient: Int, remainder: Int): Division {
  const d = changetype<Division>(alloc(offsetof<Division>()));
  d.quotient = failed ? zero() : quotient;
  d.remainder = failed ? zero() : remainder;
  return d;
}

/** x/y with its remainder (Knuth, TAOCP 4.3.1, algorithm D). The divisor must not be zero. */
export function divide(x: Int, y: Int): Division {
  if (failed || y.len == 0) {
    fail();
    return division(zero(), zero());
  }
  if (compareMagnitude(x, y) < 0) return division(zero(), x);
  if (y.len == 1) {
    const d = at(y, 0);
    const q = divSmall(x, d);
    const r = fromU64(<u64>modSmall(x, d));
    return division(y.neg ? negate(q) : q, x.neg ? negate(r) : r);
  }
  const shift = clz(at(y, y.len - 1));
  const n = y.len;
  const m = x.len - n;
  spend((m + 1) * (n + 16));
  const v = shiftLeft(y, shift);
  const u = blank(x.len + 1);
  const q = blank(m + 1);
  if (failed) return division(zero(), zero());
  let carry: u64 = 0;
  for (let i = 0; i < x.len; i++) {
    carry |= (<u64>at(x, i)) << shift;
    put(u, i, <u32>carry);
    carry >>= 32;
  }
  put(u, x.len, <u32>carry);
  const vTop: u64 = at(v, n - 1);
  const vNext: u64 = at(v, n - 2);
  for (let j = m; j >= 0; j--) {
    const head = ((<u64>at(u, j + n)) << 32) | (<u64>at(u, j + n - 1));
    let digit = head / vTop;
    let rest = head % vTop;
    while (digit >= 0x100000000 || digit * vNext > ((rest << 32) | (<u64>at(u, j + n - 2)))) {
      digit--;
      rest += vTop;
      if (rest >= 0x100000000) break;
    }
    let borrow: i64 = 0;
    let over: u64 = 0;
    for (let i = 0; i < n; i++) {
      over += digit * <u64>at(v, i);
      borrow += <i64>(<u64>at(u, i + j)) - <i64>(over & 0xffffffff);
      put(u, i + j, <u32>borrow);
      borrow >>= 32;
      over >>= 32;
    }
    borrow += <i64>(<u64>at(u, j + n)) - <i64>over;
    put(u, j + n, <u32>borrow);
    if (borrow < 0) {
      digit--;
      let back: u64 = 0;
      for (let i = 0; i < n; i++) {
        back += <u64>at(u, i + j) + <u64>at(v, i);
        put(u, i + j, <u32>back);
        back >>= 32;
      }
      put(u, j + n, at(u, j + n) + <u32>back);
    }
    put(q, j, <u32>digit);
  }
  u.len = n;
  const r = trim(u);
  const rest = shiftRight(r, shift);
  if (failed) return division(zero(), zero());
  if (rest.len != 0) rest.neg = x.neg;
  q.neg = x.neg ^ y.neg;
  return division(trim(q), rest);
}

/** Quotient toward zero. */
export function div(x: Int, y: Int): Int {
  return divide(x, y).quotient;
}

export function mod(x: Int, y: Int): Int {
  return divide(x, y).remainder;
}

/** Quotient toward minus infinity, for y > 0. */
export function floorDiv(x: Int, y: Int): Int {
  const d = divide(x, y);
  return x.neg && d.remainder.len != 0 ? sub(d.quotient, one()) : d.quotient;
}

function low64(x: Int): u64 {
  let v: u64 = x.len > 0 ? <u64>at(x, 0) : 0;
  if (x.len > 1) v |= (<u64>at(x, 1)) << 32;
  return v;
}

/** Greatest common divisor, not negative. */
export function gcd(x: Int, y: Int): Int {
  let a = absInt(x);
  let b = absInt(y);
  while (b.len > 2 || a.len > 2) {
    if (failed) return one();
    if (b.len == 0) return a;
    const r = mod(a, b);
    a = b;
    b = r;
  }
  let p = low64(a);
  let q = low64(b);
  while (q != 0) {
    spend(4);
    const r = p % q;
    p = q;
    q = r;
  }
  return fromU64(p);
}

/** x^n for n >= 0. Fails past the cap before any large work is done. */
export function powInt(x: Int, n: i32): Int {
  if (n == 0) return one();
  if (x.len == 0 || isOne(x)) return x;
  if (x.len == 1 && at(x, 0) == 1) return n & 1 ? x : one();
  if (<i64>(bitLength(x) - 1) * <i64>n > <i64>MAX_LIMBS * 32) {
    fail();
    return zero();
  }
  let result = one();
  let base = x;
  while (true) {
    if (n & 1) result = mul(result, base);
    n >>= 1;
    if (n == 0 || failed) break;
    base = mul(base, base);
  }
  return result;
}

/** Value of `len` ASCII digits at `ptr` in `base` (2..36; letters from ten on). */
export function parseInt(ptr: usize, len: i32, base: u32): Int {
  const perChunk: i32 = base == 10 ? 9 : 5;
  if (base == 10 && len > MAX_LIMBS * 9) {
    fail();
    return zero();
  }
  const size = base == 10 ? (len * 27) / 256 + 3 : (len * 6) / 32 + 3;
  const x = blank(size);
  if (failed) return zero();
  let n = 0;
  let i = 0;
  while (i < len) {
    let chunk: u64 = 0;
    let scale: u64 = 1;
    for (let j = 0; j < perChunk && i < len; j++, i++) {
      const c = load<u8>(ptr + i);
      const digit: u32 = c <= 57 ? c - 48 : (c | 32) - 87;
      chunk = chunk * base + digit;
      scale *= base;
    }
    spend(n + 2);
    if (failed) return zero();
    let carry = chunk;
    for (let j = 0; j < n; j++) {
      carry += <u64>at(x, j) * scale;
      put(x, j, <u32>carry);
      carry >>= 32;
    }
    if (carry != 0 && n < size) put(x, n++, <u32>carry);
  }
  x.len = n;
  return trim(x);
}

/** Nearest f64 of the leading bits; infinite past its range. */
export function toF64(x: Int): f64 {
  let v: f64 = 0;
  const from = x.len > 3 ? x.len - 3 : 0;
  for (let i = x.len - 1; i >= from; i--) v = v * 4294967296.0 + <f64>at(x, i);
  for (let i = 0; i < from && v < Infinity; i++) v *= 4294967296.0;
  return x.neg ? -v : v;
}

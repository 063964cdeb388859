// Weights of any format as f32. A kernel decodes a strip that fits the cache and then knows f32 alone; how a format lies in memory is known here
// and in blocks.ts only.
import { q4Blocks, q4Quad, q8Blocks, q8Quad } from './blocks';

/** Codes of formats: their places in WEIGHTS of src/numbers/weights.ts. */
export const F32: u32 = 0;
export const BF16: u32 = 1;
export const F16: u32 = 2;
export const Q8: u32 = 3;
export const Q4: u32 = 4;

/** Address of element `i` of a tensor that is not in blocks. */
function element(base: usize, dtype: u32, i: usize): usize {
  return base + (i << (dtype == F32 ? 2 : 1));
}

/**
 * Four bf16 or f16, in the low halves of the lanes. The bits of a bf16 are the high half of an f32's. The exponent of an f16 is moved by a
 * product, which makes subnormals right too; infinities and NaN keep the largest exponent.
 */
function widen(half: v128, dtype: u32): v128 {
  if (dtype == BF16) return i32x4.shl(half, 16);
  const magnitude = v128.and(half, i32x4.splat(0x7fff));
  const value = f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(5.192296858534828e33)); // 2^112
  const special = v128.and(i32x4.ge_u(magnitude, i32x4.splat(0x7c00)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(value, special), i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16));
}

/** Elements 4i … 4i + 3 of a tensor in blocks. */
function quad(base: usize, dtype: u32, i: usize): v128 {
  return dtype == Q8 ? q8Quad(base, i) : q4Quad(base, i);
}

/** Four elements from element `i` on as f32. */
export function decode4(base: usize, dtype: u32, i: usize): v128 {
  if (dtype >= Q8) {
    if ((i & 3) == 0) return quad(base, dtype, i >> 2);
    let some = f32x4.splat(weight(base, dtype, i));
    some = f32x4.replace_lane(some, 1, weight(base, dtype, i + 1));
    some = f32x4.replace_lane(some, 2, weight(base, dtype, i + 2));
    return f32x4.replace_lane(some, 3, weight(base, dtype, i + 3));
  }
  const from = element(base, dtype, i);
  return dtype == F32 ? v128.load(from) : widen(v128.load16x4_u(from), dtype);
}

/** Element `i` as f32. */
export function weight(base: usize, dtype: u32, i: usize): f32 {
  if (dtype >= Q8) {
    const v = quad(base, dtype, i >> 2);
    const far = i & 2 ? i32x4.shuffle(v, v, 2, 3, 2, 3) : v;
    return i & 1 ? f32x4.extract_lane(far, 1) : f32x4.extract_lane(far, 0);
  }
  const from = element(base, dtype, i);
  return dtype == F32 ? load<f32>(from) : f32x4.extract_lane(widen(i32x4.splat(load<u16>(from)), dtype), 0);
}

/** `count` elements from element `i` on, as f32 at `to`. */
export function decode(base: usize, dtype: u32, i: usize, count: usize, to: usize): void {
  if (dtype >= Q8) return decodeBlocks(base, dtype, i, count, to);
  let from = element(base, dtype, i);
  const whole: usize = count & ~3;
  const end = to + (whole << 2);
  if (dtype == F32) return memory.copy(to, from, count << 2);
  if (dtype == BF16) {
    for (; to < end; to += 16, from += 8) v128.store(to, i32x4.shl(v128.load16x4_u(from), 16));
  } else {
    for (; to < end; to += 16, from += 8) v128.store(to, widen(v128.load16x4_u(from), dtype));
  }
  for (let k = whole; k < count; k++, to += 4) store<f32>(to, weight(base, dtype, i + k));
}

/** Whole blocks where the range starts at one, the rest by fours and ones. */
function decodeBlocks(base: usize, dtype: u32, i: usize, count: usize, to: usize): void {
  const end = i + count;
  if ((i & 31) == 0) {
    const blocks = count >> 5;
    if (dtype == Q8) q8Blocks(base, i >> 5, blocks, to);
    else q4Blocks(base, i >> 5, blocks, to);
    i += blocks << 5;
    to += blocks << 7;
  }
  while (i < end) {
    if ((i & 3) == 0 && i + 4 <= end) {
      v128.store(to, quad(base, dtype, i >> 2));
      i += 4;
      to += 16;
    } else {
      store<f32>(to, weight(base, dtype, i++));
      to += 4;
    }
  }
}

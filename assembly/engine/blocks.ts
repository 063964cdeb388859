// Weights in blocks of 32 that share a scale: an f32, then 32 signed bytes (q8), or 16 bytes with elements 0 … 15 in their low halves and 16 … 31
// in their high ones, each plus 8 (q4). src/numbers/blocks.ts makes them.

const Q8_BYTES: usize = 36;
const Q4_BYTES: usize = 20;

/** Elements 4i … 4i + 3. */
export function q8Quad(base: usize, i: usize): v128 {
  const block = base + (i >> 3) * Q8_BYTES;
  return Blocks.scaled(i16x8.extend_low_i8x16_s(v128.load32_zero(block + 4 + ((i & 7) << 2))), v128.load32_splat(block));
}

/** Elements 4i … 4i + 3. */
export function q4Quad(base: usize, i: usize): v128 {
  const block = base + (i >> 3) * Q4_BYTES;
  const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(block + 4 + ((i & 3) << 2)));
  return Blocks.scaled(Blocks.nibbles(i16x8.shr_u(bytes, <i32>(i & 4))), v128.load32_splat(block));
}

/** `count` blocks from block `first` on, as f32 at `to`. */
export function q8Blocks(base: usize, first: usize, count: usize, to: usize): void {
  let from = base + first * Q8_BYTES;
  for (const end = from + count * Q8_BYTES; from < end; from += Q8_BYTES) {
    const scale = v128.load32_splat(from);
    for (let k: usize = 4; k < Q8_BYTES; k += 8, to += 32) Blocks.store8(to, v128.load8x8_s(from + k), scale);
  }
}

/** `count` blocks from block `first` on, as f32 at `to`. */
export function q4Blocks(base: usize, first: usize, count: usize, to: usize): void {
  let from = base + first * Q4_BYTES;
  for (const end = from + count * Q4_BYTES; from < end; from += Q4_BYTES, to += 128) {
    const scale = v128.load32_splat(from);
    const left = v128.load8x8_u(from + 4);
    const right = v128.load8x8_u(from + 12);
    Blocks.store8(to, Blocks.nibbles(left), scale);
    Blocks.store8(to + 32, Blocks.nibbles(right), scale);
    Blocks.store8(to + 64, Blocks.nibbles(i16x8.shr_u(left, 4)), scale);
    Blocks.store8(to + 96, Blocks.nibbles(i16x8.shr_u(right, 4)), scale);
  }
}

class Blocks {
  /** The integers in the low halves of bytes. */
  @inline
  static nibbles(bytes: v128): v128 {
    return i16x8.sub(v128.and(bytes, i16x8.splat(15)), i16x8.splat(8));
  }

  /** scale · the first four of eight integers. */
  @inline
  static scaled(integers: v128, scale: v128): v128 {
    return f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(integers)), scale);
  }

  /** Stores scale · eight integers. */
  @inline
  static store8(to: usize, integers: v128, scale: v128): void {
    v128.store(to, Blocks.scaled(integers, scale));
    v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(integers)), scale), 16);
  }
}

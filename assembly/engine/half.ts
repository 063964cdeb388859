// Numbers of a cache that is kept in f16: finite and normal or 0. What is larger than 65504 becomes 65504, what is smaller than 2^-14 becomes 0:
// a product with a subnormal number takes a processor a hundred times as long.

/** By which the numbers that are read of a cache in f16 have to be multiplied: their exponents are as they were. */
export const HALF: f32 = 5.192296858534828e33; // 2^112

/** A cache of f32 (T = f32) or f16 (T = u16), read as f32. */
export class Stored {
  /** Bytes of `count` elements. */
  @inline
  static bytes<T>(count: u32): usize {
    return <usize>count * sizeof<T>();
  }

  /** Four elements from an address on, and from the element of that number after it. */
  @inline
  static four<T>(from: usize): v128 {
    return sizeof<T>() == 4 ? v128.load(from) : Stored.widen(v128.load16x4_s(from));
  }

  @inline
  static fourAt4<T>(from: usize): v128 {
    return sizeof<T>() == 4 ? v128.load(from, 16) : Stored.widen(v128.load16x4_s(from, 8));
  }

  @inline
  static fourAt8<T>(from: usize): v128 {
    return sizeof<T>() == 4 ? v128.load(from, 32) : Stored.widen(v128.load16x4_s(from, 16));
  }

  @inline
  static fourAt12<T>(from: usize): v128 {
    return sizeof<T>() == 4 ? v128.load(from, 48) : Stored.widen(v128.load16x4_s(from, 24));
  }

  /** Element `i` after an address. */
  @inline
  static one<T>(from: usize, i: u32): f32 {
    if (sizeof<T>() == 4) return load<f32>(from + Stored.bytes<T>(i));
    return f32x4.extract_lane(Stored.widen(i32x4.splat(load<i16>(from + Stored.bytes<T>(i)))), 0);
  }

  /** Four f16 in lanes, their signs repeated above them: the exponent is moved by a product. */
  @inline
  static widen(half: v128): v128 {
    return v128.and(i32x4.shl(half, 13), i32x4.splat(0x8fffe000));
  }

  /** The bits of four f16 in lanes, rounded to nearest, ties to even. */
  @inline
  static narrow(x: v128): v128 {
    const magnitude = f32x4.pmin(f32x4.abs(x), f32x4.splat(65504.0));
    const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
    const rounded = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, odd), i32x4.splat(0xfff - (112 << 23))), 13);
    const normal = v128.and(rounded, f32x4.ge(magnitude, f32x4.splat(6.103515625e-5))); // 2^-14
    return v128.or(normal, v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000)));
  }
}

/** `count` elements as f16. */
export function toHalf(from: usize, to: usize, count: u32): void {
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4, from += 16, to += 8) {
    const bits = Stored.narrow(v128.load(from));
    v128.store_lane<i64>(to, i16x8.narrow_i32x4_u(bits, bits), 0);
  }
  for (; i < count; i++, from += 4, to += 2) store<u16>(to, <u16>i32x4.extract_lane(Stored.narrow(v128.load32_splat(from)), 0));
}

// Four f32 at a time: exp, sums across lanes, loads and stores of fewer than four. The logarithm of an f64 beside them.

/** ln x in f64 of a positive normal x, good to 1e-15 or one part in 1e13: e ln 2 + 2 artanh((m − 1) / (m + 1)). */
export function log64(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  const shifted = bits - 0x3fe6a09e667f3bcd; // the bits of sqrt(1/2)
  const e = <f64>((<i64>shifted) >> 52);
  const m = reinterpret<f64>((shifted & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
  const s = (m - 1.0) / (m + 1.0);
  const t = s * s;
  let p: f64 = 0.0;
  for (let k: f64 = 19.0; k > 2.0; k -= 2.0) p = t * (1.0 / k + p);
  return e * 0.6931471805599453 + 2.0 * (s + s * p);
}

/** Operations on four f32, written out wherever they stand. */
export class Lanes {
  /**
   * e^x, good to 1.5 ulp: 2^n e^f with n = round(x / ln 2), |f| ≤ ln 2 / 2, by the Taylor series to f^7 / 7!. Below −86.98 (2^−125.5): 0; where
   * e^x is past the largest f32: Infinity.
   */
  @inline
  static exp(x: v128): v128 {
    const shifted = Lanes.shifted(x);
    return Lanes.scaled(Lanes.series(Lanes.rest(x, shifted)), Lanes.power(x, shifted));
  }

  /** Of e^x: n + 1.5 · 2^23, which leaves n in the low bits. */
  @inline
  static shifted(x: v128): v128 {
    return f32x4.add(f32x4.mul(Lanes.bounded(x), f32x4.splat(1.44269504)), f32x4.splat(12582912.0));
  }

  /** Of e^x: f. */
  @inline
  static rest(x: v128, shifted: v128): v128 {
    const n = f32x4.sub(shifted, f32x4.splat(12582912.0));
    const y = f32x4.sub(Lanes.bounded(x), f32x4.mul(n, f32x4.splat(0.693359375)));
    return f32x4.sub(y, f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
  }

  /** Of e^x: 2^(n − 1), or 0. */
  @inline
  static power(x: v128, shifted: v128): v128 {
    const power = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(126 << 23));
    return v128.andnot(power, f32x4.lt(x, f32x4.splat(-86.98)));
  }

  /** e^f */
  @inline
  static series(f: v128): v128 {
    let p = f32x4.add(f32x4.mul(f, f32x4.splat(1.0 / 5040.0)), f32x4.splat(1.0 / 720.0));
    p = f32x4.add(f32x4.mul(f, p), f32x4.splat(1.0 / 120.0));
    p = f32x4.add(f32x4.mul(f, p), f32x4.splat(1.0 / 24.0));
    p = f32x4.add(f32x4.mul(f, p), f32x4.splat(1.0 / 6.0));
    p = f32x4.add(f32x4.mul(f, p), f32x4.splat(0.5));
    return f32x4.add(f32x4.splat(1.0), f32x4.add(f, f32x4.mul(f32x4.mul(f, f), p)));
  }

  /** series · 2^(n − 1), doubled last: n reaches 128. */
  @inline
  static scaled(series: v128, power: v128): v128 {
    return f32x4.add(f32x4.mul(series, power), f32x4.mul(series, power));
  }

  /** x where e^x is neither 0 nor too large; NaN stays. */
  @inline
  static bounded(x: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87.0)), f32x4.splat(89.0));
  }

  /** sum + x · y, rounded twice; in the relaxed module (wasm-modules.mjs) rounded once where the processor has an instruction for it. */
  @inline
  static madd(sum: v128, x: v128, y: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, sum) : f32x4.add(sum, f32x4.mul(x, y));
  }

  /** The sum of the lanes. */
  @inline
  static sum(v: v128): f32 {
    const pairs = f32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
    return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
  }

  /** The largest of the lanes. */
  @inline
  static largest(v: v128): f32 {
    const pairs = f32x4.max(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
    return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
  }

  /** The sums of the lanes of four vectors. */
  @inline
  static sums(a: v128, b: v128, c: v128, d: v128): v128 {
    const ab = f32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
    const cd = f32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
    return f32x4.add(i32x4.shuffle(ab, cd, 0, 1, 4, 5), i32x4.shuffle(ab, cd, 2, 3, 6, 7));
  }
}

/** The first 1 to 3 f32 at an address, and zeros. */
export function loadSome(from: usize, count: u32): v128 {
  if (count == 1) return v128.load32_zero(from);
  const two = v128.load64_zero(from);
  return count == 2 ? two : v128.load_lane<f32>(from, two, 2, 8);
}

/** Stores the first 1 to 3 lanes. */
export function storeSome(to: usize, v: v128, count: u32): void {
  if (count == 1) return v128.store_lane<f32>(to, v, 0);
  v128.store_lane<f64>(to, v, 0);
  if (count == 3) v128.store_lane<f32>(to, v, 2, 8);
}

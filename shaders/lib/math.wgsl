// exp and log good to about 1 and 2 ulp. WGSL lets the builtin exp err by 3 + 2|x| ulp, and log by 2^-21 near 1; both show in gradients.

// e^x = 2^n e^f with n = round(x / ln 2), |f| <= ln 2 / 2, by the Taylor series to f^7 / 7!. Below -87: 0; above 88: clamped.
fn precise_exp(x: f32) -> f32 {
  let y = clamp(x, -87.0, 88.0);
  let n = round(y * 1.44269504);
  // ln 2 in two parts, the first with few bits, so that n * part is exact.
  let f = fma(n, 2.12194440e-4, fma(n, -0.693359375, y));
  var p = fma(f, 1.0 / 5040.0, 1.0 / 720.0);
  p = fma(f, p, 1.0 / 120.0);
  p = fma(f, p, 1.0 / 24.0);
  p = fma(f, p, 1.0 / 6.0);
  p = fma(f, p, 0.5);
  p = fma(f, p, 1.0);
  let series = fma(f, p, 1.0);
  return select(series * bitcast<f32>(u32(i32(n) + 127) << 23), 0.0, x < -87.0);
}

// ln x = e ln 2 + 2 artanh(s), s = (m - 1) / (m + 1), for x = m 2^e with m in [sqrt(1/2), sqrt 2). For positive, normal x.
fn precise_log(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let shifted = bits - 0x3f3504f3u; // the bits of sqrt(1/2)
  let e = f32(bitcast<i32>(shifted) >> 23);
  let m = bitcast<f32>((shifted & 0x007fffffu) + 0x3f3504f3u);
  let s = (m - 1.0) / (m + 1.0);
  let t = s * s;
  let series = fma(t, fma(t, fma(t, fma(t, 2.0 / 9.0, 2.0 / 7.0), 0.4), 2.0 / 3.0), 2.0);
  return fma(e, 0.693359375, fma(e, -2.12194440e-4, s * series));
}

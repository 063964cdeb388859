// 1 / sqrt(mean(x²) + eps) of a row by the lanes of a workgroup, over lib/lanes-* and lib/pack-*. The text that includes this binds x.
fn inverse_rms(base: u32, width: u32, eps: f32, lane: u32) -> f32 {
  var squares = V();
  for (var i = lane; i < width; i += LANES) {
    let v = x[base + i];
    squares = fma(v, v, squares);
  }
  return inverseSqrt(lane_sum(total(squares), lane) / f32(width * N) + eps);
}

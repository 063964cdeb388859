// A bias in f32.
fn bias_at(c: u32) -> f32 {
  return bitcast<f32>(bias[c]);
}

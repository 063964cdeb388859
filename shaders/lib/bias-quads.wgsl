// A bias in blocks; the format's file gives quad_bias.
fn bias_at(c: u32) -> f32 {
  return quad_bias(c / 4)[c % 4];
}

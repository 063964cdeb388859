// Two bf16 of one word as f32; the element with the even index is in the low half.
fn unpack(pair: u32) -> vec2f {
  return bitcast<vec2f>(vec2u(pair << 16, pair & 0xffff0000u));
}

// Two f16 of one word as f32; the element with the even index is in the low half.
fn unpack(pair: u32) -> vec2f {
  return unpack2x16float(pair);
}

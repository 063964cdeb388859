// A bias of 16 bits an element, two a word; the format's file gives unpack_bias.
fn bias_at(c: u32) -> f32 {
  let pair = unpack_bias(bias[c / 2]);
  return select(pair.x, pair.y, c % 2 == 1);
}

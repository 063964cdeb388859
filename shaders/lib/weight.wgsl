// A weight array is bound as array<u32>: one f32 a word, or two bf16 a word, the even element in the low half.
// Element i of w is weight_value(w[weight_word(i)], i).
override BF16: bool = false;

fn weight_word(i: u32) -> u32 {
  return select(i, i >> 1u, BF16);
}

fn weight_value(word: u32, i: u32) -> f32 {
  if (BF16) { return bitcast<f32>(select(word << 16u, word & 0xffff0000u, (i & 1u) == 1u)); }
  return bitcast<f32>(word);
}

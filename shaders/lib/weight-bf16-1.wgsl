// Weights in bf16, two a word, the even one in the low half, for pack-1: weight i is weight(w[weight_word(i)], i).
alias W = u32;

fn weight_word(i: u32) -> u32 {
  return i / 2u;
}

fn weight(word: W, i: u32) -> V {
  return bitcast<f32>(select(word << 16u, word & 0xffff0000u, (i & 1u) == 1u));
}

// Weights in bf16, two a word, the even one in the low half, for pack-4: weights 4i .. 4i + 3 are weight(w[weight_word(i)], i).
alias W = vec2u;

fn weight_word(i: u32) -> u32 {
  return i;
}

fn weight(word: W, i: u32) -> V {
  return bitcast<vec4f>(vec4u(word.x << 16u, word.x & 0xffff0000u, word.y << 16u, word.y & 0xffff0000u));
}

// Weights of 16 bits, two a word, for pack-4: weights 4i .. 4i + 3 are weight(w[weight_word(i)], i). The format's file gives unpack.
alias W = vec2u;

fn weight_word(i: u32) -> u32 {
  return i;
}

fn weight(word: W, i: u32) -> V {
  return vec4f(unpack(word.x), unpack(word.y));
}

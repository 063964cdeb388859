// Weights in f32: V number i is weight(w[weight_word(i)], i).
alias W = V;

fn weight_word(i: u32) -> u32 {
  return i;
}

fn weight(word: W, i: u32) -> V {
  return word;
}

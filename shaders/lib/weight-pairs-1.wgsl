// Weights of 16 bits, two a word, for pack-1: weight i is weight(w[weight_word(i)], i). The format's file gives unpack.
alias W = u32;

fn weight_word(i: u32) -> u32 {
  return i / 2;
}

fn weight(word: W, i: u32) -> V {
  let pair = unpack(word);
  return select(pair.x, pair.y, i % 2 == 1);
}

// Weights of 16 bits, two a word, for pack-1: weight i of what is bound as `weights`, array<W>. The format's file gives unpack.
alias W = u32;

fn weight(i: u32) -> V {
  let pair = unpack(weights[i / 2]);
  return select(pair.x, pair.y, i % 2 == 1);
}

// Weights in blocks, for pack-1: weight i of what is bound as `weights`, array<W>. The format's file gives quad.
alias W = u32;

fn weight(i: u32) -> V {
  return quad(i / 4)[i % 4];
}

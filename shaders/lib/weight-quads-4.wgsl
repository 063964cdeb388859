// Weights in blocks, for pack-4: weights 4i .. 4i + 3 of what is bound as `weights`, array<W>. The format's file gives quad.
alias W = u32;

fn weight(i: u32) -> V {
  return quad(i);
}

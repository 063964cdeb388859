// Weights in f32: V number i of what is bound as `weights`, array<W>.
alias W = V;

fn weight(i: u32) -> V {
  return weights[i];
}

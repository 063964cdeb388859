// Weights of 16 bits, two a word, for pack-4: weights 4i .. 4i + 3 of what is bound as `weights`, array<W>. The format's file gives unpack.
alias W = vec2u;

fn weight(i: u32) -> V {
  let word = weights[i];
  return vec4f(unpack(word.x), unpack(word.y));
}

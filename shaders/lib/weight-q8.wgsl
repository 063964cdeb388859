// Weights of 8 bits in blocks of 32, nine words each: the scale in f32, then signed bytes. quad(i): elements 4i .. 4i + 3.
fn quad(i: u32) -> vec4f {
  let block = 9 * (i / 8);
  let integers = bitcast<vec4i>(vec4u(weights[block + 1 + i % 8]) << vec4u(24, 16, 8, 0)) >> vec4u(24);
  return bitcast<f32>(weights[block]) * vec4f(integers);
}

// Weights of 4 bits in blocks of 32, five words each: the scale in f32, then bytes with elements 0 .. 15 in their low halves and 16 .. 31 in
// their high ones, each plus 8. quad(i): elements 4i .. 4i + 3.
fn quad(i: u32) -> vec4f {
  let block = 5 * (i / 8);
  let integers = vec4i((vec4u(weights[block + 1 + i % 4]) >> (vec4u(0, 8, 16, 24) + (i & 4))) & vec4u(15)) - 8;
  return bitcast<f32>(weights[block]) * vec4f(integers);
}

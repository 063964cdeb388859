// Four neighbouring elements of a head vector of HEAD_DIM elements that begins at `base`; elements past its end read as 0.
fn load_4(x: ptr<storage, array<f32>, read>, base: u32, column: u32) -> vec4f {
  let at = base + column;
  return select(vec4f(), vec4f(x[at], x[at + 1], x[at + 2], x[at + 3]), column + vec4u(0, 1, 2, 3) < vec4u(HEAD_DIM));
}

fn store_4(x: ptr<storage, array<f32>, read_write>, base: u32, column: u32, value: vec4f) {
  for (var i = 0u; i < min(4u, HEAD_DIM - column); i++) { x[base + column + i] = value[i]; }
}

// Logits whose rows are no whole vectors: what lies past a row's end counts as −3e38.
@group(0) @binding(0) var<storage, read> logits: array<f32>;

fn load_logits(r: u32, i: u32) -> vec4f {
  let at = r * p.columns + 4 * i;
  let four = vec4f(logits[at], logits[at + 1], logits[at + 2], logits[at + 3]);
  return select(vec4f(-3e38), four, 4 * i + vec4u(0, 1, 2, 3) < vec4u(p.columns));
}

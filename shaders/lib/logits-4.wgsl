// Logits whose rows are whole vectors: four in one load.
@group(0) @binding(0) var<storage, read> logits: array<vec4f>;

fn load_logits(r: u32, i: u32) -> vec4f {
  return logits[r * (p.columns / 4) + i];
}

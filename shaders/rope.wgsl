// Rotary position embedding, half-split rotation (Su et al. 2021; Hugging Face layout), in place.
// For head vector x of width d and i < d/2, with c = cos[p, i], s = sin[p, i], p = positions[t]:
//   (x[i], x[i + d/2]) <- (x[i] c - x[i + d/2] s, x[i + d/2] c + x[i] s)
// The backward pass is the rotation by the opposite angle: direction = -1.
// x f32[T, heads, d], cos and sin f32[maxPos, d/2], positions u32[T]. Grid: one workgroup per token; lanes over i, loop over heads.
// The prelude gives LANES.
#include "index"

struct Params {
  tokens: u32,
  heads: u32,
  half_dim: u32,
  direction: f32,
}

@group(0) @binding(0) var<storage, read> cos_table: array<f32>;
@group(0) @binding(1) var<storage, read> sin_table: array<f32>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(LANES)
fn rope(group: Group, @builtin(local_invocation_index) lane: u32) {
  let t = linear_index(group.id, group.count);
  if (t >= params.tokens) { return; }
  let table = positions[t] * params.half_dim;
  let width = 2 * params.half_dim;
  for (var i = lane; i < params.half_dim; i += LANES) {
    let c = cos_table[table + i];
    let s = params.direction * sin_table[table + i];
    var at = t * params.heads * width + i;
    for (var h = 0u; h < params.heads; h++) {
      let a = x[at];
      let b = x[at + params.half_dim];
      x[at] = a * c - b * s;
      x[at + params.half_dim] = b * c + a * s;
      at += width;
    }
  }
}

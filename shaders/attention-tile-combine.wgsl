// Puts together the pieces of a context that attention-tile-decode.wgsl has left, in their order:
//   o = Σ_i e^(m_i − m) s_i / Σ_i e^(m_i − m) t_i, m = max m_i, for the sums s_i = Σ p v and t_i = Σ p of piece i under its largest score m_i
// One piece alone gives s / t. An invocation makes one vector of a head. The prelude gives `Vec`, VECS and SPAN.
// Grid: slots x heads x VECS, vectors fastest.
struct Params {
  slots: u32,
  heads: u32,
  pieces: u32,
  window: u32,
}

@group(0) @binding(0) var<storage, read> parts: array<Vec>; // [slots, heads, pieces, VECS + 1]
@group(0) @binding(1) var<storage, read> context_length: array<u32>;
@group(0) @binding(2) var<storage, read_write> o: array<Vec>;
@group(1) @binding(0) var<uniform> params: Params;

#include "index"

@compute @workgroup_size(64)
fn attention_decode_combine(group: Group, @builtin(local_invocation_index) lane: u32) {
  let index = linear_index(group.id, group.count) * 64 + lane;
  let pair = index / VECS;
  if (pair >= params.slots * params.heads) { return; }
  let context = context_length[pair / params.heads];
  let first = (context - min(context, params.window)) / SPAN;
  let end = (context + SPAN - 1) / SPAN;
  let base = pair * params.pieces;
  var highest = -1e30;
  for (var i = first; i < end; i++) { highest = max(highest, parts[(base + i) * (VECS + 1) + VECS][0]); }
  var total = 0.0;
  var sum = Vec();
  for (var i = first; i < end; i++) {
    let at = (base + i) * (VECS + 1);
    let m = parts[at + VECS][0];
    let weight = select(exp(m - highest), 1.0, m == highest);
    total += weight * parts[at + VECS][1];
    sum += weight * parts[at + index % VECS];
  }
  o[index] = sum * select(1.0 / total, 0.0, context == 0);
}

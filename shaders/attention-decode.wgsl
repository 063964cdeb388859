// Attention of one new query per slot over the cached keys and values that the slot's index names:
//   s_j = scale q.kCache[kvIndex[b, j]] for the last `window` j < contextLength[b];  o = softmax(s) . vCache;  o = 0 where contextLength is 0.
// q, o f32[B, H, d]; kCache, vCache f32 or f16[rows, KV, d]; kvIndex u32[B, maxContext]; contextLength u32[B].
// The prelude gives `Vec`, a vector of 2 or 4 f32, VECS, vectors per head, and LANES.
#include "math"
#include "cache-cell"
#include "attention-cached"
#include "index"

// One invocation per (slot, head).
@compute @workgroup_size(LANES)
fn attention_decode_rows(group: Group, @builtin(local_invocation_index) lane: u32) {
  let pair = linear_index(group.id, group.count) * LANES + lane;
  if (pair >= params.slots * params.heads) { return; }
  let slot = pair / params.heads;
  let kv_head = pair % params.heads / (params.heads / params.kv_heads);
  var query: array<Vec, VECS>;
  var sum: array<Vec, VECS>;
  for (var i = 0u; i < VECS; i++) { query[i] = q[pair * VECS + i] * params.scale; }
  var highest = -1e30;
  var total = 0.0;
  let context = context_length[slot];
  for (var j = context - min(context, params.window); j < context; j++) {
    let key = (kv_index[slot * params.max_context + j] * params.kv_heads + kv_head) * VECS;
    var s = 0.0;
    for (var i = 0u; i < VECS; i++) { s += dot(query[i], vec_of(k_cache[key + i])); }
    let next = max(highest, s);
    let decay = precise_exp(highest - next);
    let p = precise_exp(s - next);
    highest = next;
    total = total * decay + p;
    for (var i = 0u; i < VECS; i++) { sum[i] = sum[i] * decay + p * vec_of(v_cache[key + i]); }
  }
  let norm = select(1.0 / total, 0.0, total == 0.0);
  for (var i = 0u; i < VECS; i++) { o[pair * VECS + i] = sum[i] * norm; }
}

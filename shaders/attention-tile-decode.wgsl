// attention-decode.wgsl for GPUs: a workgroup of 64 invocations per (slot, query head). 64 positions at a time, one score each; then the
// invocations share out the head's vectors and, where there are fewer than 64, the positions. The prelude gives `Vec` and VECS.
// Grid: slots x heads, heads fastest.
#include "attention-cached"
#include "index"

const LANES = 64u;
const PARTS = LANES / VECS; // shares of the positions in the weighted sum

var<workgroup> query: array<Vec, VECS>;
var<workgroup> keys: array<u32, LANES>; // first vector of every position's key
var<workgroup> scores: array<f32, LANES>;
var<workgroup> weights: array<f32, LANES>;
var<workgroup> parts: array<Vec, LANES>;

@compute @workgroup_size(LANES)
fn attention_decode_tile(group: Group, @builtin(local_invocation_index) lane: u32) {
  let pair = linear_index(group.id, group.count);
  if (pair >= params.slots * params.heads) { return; }
  let slot = pair / params.heads;
  let kv_head = pair % params.heads / (params.heads / params.kv_heads);
  let context = context_length[slot];
  let column = lane % VECS;
  let part = lane / VECS;
  if (lane < VECS) { query[lane] = q[pair * VECS + lane] * params.scale; }
  var highest = -1e30;
  var total = 0.0;
  var sum = Vec();
  for (var j = context - min(context, params.window); j < context; j += LANES) {
    workgroupBarrier();
    let position = min(j + lane, context - 1);
    let key = (kv_index[slot * params.max_context + position] * params.kv_heads + kv_head) * VECS;
    var s = 0.0;
    for (var c = 0u; c < VECS; c++) { s += dot(query[c], k_cache[key + c]); }
    keys[lane] = key;
    scores[lane] = select(-1e30, s, j + lane < context);
    workgroupBarrier();
    var next = highest;
    for (var i = 0u; i < LANES; i++) { next = max(next, scores[i]); }
    let decay = exp(highest - next);
    highest = next;
    weights[lane] = exp(scores[lane] - next); // 0 past the context: there -1e30, and next is a score
    workgroupBarrier();
    total *= decay;
    for (var i = 0u; i < LANES; i++) { total += weights[i]; }
    sum *= decay;
    if (part < PARTS) {
      for (var i = part; i < min(LANES, context - j); i += PARTS) { sum += weights[i] * v_cache[keys[i] + column]; }
    }
  }
  parts[lane] = sum;
  workgroupBarrier();
  if (lane < VECS) {
    var all = parts[lane];
    for (var i = 1u; i < PARTS; i++) { all += parts[i * VECS + lane]; }
    o[pair * VECS + lane] = all * select(1.0 / total, 0.0, context == 0);
  }
}

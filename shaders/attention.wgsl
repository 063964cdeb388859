// Causal grouped-query attention over packed sequences, forward, one invocation per (row, head):
//   s_j = scale q.k_j for j = seqStart[t]..t;  lse = log sum_j exp s_j;  o = sum_j exp(s_j - lse) v_j
// with a running maximum (Dao et al. 2022, FlashAttention, algorithm 1).
// q, o f32[T, H, d]; k, v f32[T, KV, d]; lse f32[T, H]; query head h reads key head h / (H / KV).
// The prelude gives `Vec`, a vector of 2 or 4 f32, and the constant VECS, vectors per head.
// Grid: blocks of LANES rows x heads, heads fastest.
#include "math"
#include "index"

override LANES: u32 = 4;

struct Params {
  tokens: u32,
  heads: u32,
  kv_heads: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<Vec>;
@group(0) @binding(1) var<storage, read> k: array<Vec>;
@group(0) @binding(2) var<storage, read> v: array<Vec>;
@group(0) @binding(3) var<storage, read> seq_start: array<u32>;
@group(0) @binding(4) var<storage, read_write> o: array<Vec>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(LANES)
fn attention_fwd_rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_index(group, groups);
  let head = index % params.heads;
  let first = index / params.heads * LANES;
  if (first >= params.tokens) { return; }
  let last = min(first + LANES, params.tokens) - 1u;
  let row = min(first + lane, last); // surplus lanes repeat the last row
  let start = seq_start[row];
  let at = (row * params.heads + head) * VECS;
  var query: array<Vec, VECS>;
  var sum: array<Vec, VECS>;
  for (var i = 0u; i < VECS; i++) { query[i] = q[at + i] * params.scale; }
  var highest = -1e30;
  var total = 0.0;
  let stride = params.kv_heads * VECS;
  let kv_head = head / (params.heads / params.kv_heads);
  for (var j = seq_start[first]; j <= last; j++) {
    let key = j * stride + kv_head * VECS;
    var s = 0.0;
    for (var i = 0u; i < VECS; i++) { s += dot(query[i], k[key + i]); }
    let seen = j >= start && j <= row;
    let next = select(highest, max(highest, s), seen);
    let decay = precise_exp(highest - next);
    let p = select(0.0, precise_exp(s - next), seen);
    highest = next;
    total = total * decay + p;
    for (var i = 0u; i < VECS; i++) { sum[i] = sum[i] * decay + p * v[key + i]; }
  }
  if (first + lane <= last) {
    for (var i = 0u; i < VECS; i++) { o[at + i] = sum[i] / total; }
    lse[row * params.heads + head] = highest + precise_log(total);
  }
}

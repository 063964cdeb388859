// Causal grouped-query attention over packed sequences, backward. With D_i = dO_i.o_i, p_ij = exp(scale q_i.k_j - lse_i) and
// ds_ij = p_ij (dO_i.v_j - D_i):
//   dq_i = scale sum_j ds_ij k_j;  dk_j = scale sum_i ds_ij q_i;  dv_j = sum_i p_ij dO_i   (i over rows and the group's query heads)
// Probabilities are recomputed from lse (Dao et al. 2022, FlashAttention, algorithm 4); every output has one writer: no atomics.
// q, o, dO, dq f32[T, H, d]; k, v, dk, dv f32[T, KV, d]; lse, delta f32[T, H].
// The prelude gives `Vec`, a vector of 2 or 4 f32, and the constant VECS, vectors per head.
#include "math"
#include "index"

override LANES: u32 = 4;

struct Params {
  tokens: u32,
  heads: u32,
  kv_heads: u32,
  scale: f32,
}

@group(1) @binding(0) var<uniform> params: Params;

// D. Grid: (row, head) pairs / LANES.
@group(0) @binding(0) var<storage, read> delta_o: array<Vec>;
@group(0) @binding(1) var<storage, read> delta_d_o: array<Vec>;
@group(0) @binding(2) var<storage, read_write> delta_out: array<f32>;

@compute @workgroup_size(LANES)
fn attention_bwd_delta(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let pair = linear_index(group, groups) * LANES + lane;
  if (pair >= params.tokens * params.heads) { return; }
  var sum = 0.0;
  for (var i = pair * VECS; i < pair * VECS + VECS; i++) { sum += dot(delta_o[i], delta_d_o[i]); }
  delta_out[pair] = sum;
}

@group(0) @binding(0) var<storage, read> q: array<Vec>;
@group(0) @binding(1) var<storage, read> k: array<Vec>;
@group(0) @binding(2) var<storage, read> v: array<Vec>;
@group(0) @binding(3) var<storage, read> d_o: array<Vec>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> delta: array<f32>;
@group(0) @binding(6) var<storage, read> bound: array<u32>; // dq: seqStart; dk, dv: seqEnd
@group(0) @binding(7) var<storage, read_write> dq: array<Vec>;

// dq. Grid: blocks of LANES rows x heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dq_rows(
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
  let start = bound[row];
  let pair = row * params.heads + head;
  var query: array<Vec, VECS>;
  var upstream: array<Vec, VECS>;
  var sum: array<Vec, VECS>;
  for (var i = 0u; i < VECS; i++) {
    query[i] = q[pair * VECS + i] * params.scale;
    upstream[i] = d_o[pair * VECS + i];
  }
  let row_lse = lse[pair];
  let row_delta = delta[pair];
  let stride = params.kv_heads * VECS;
  let kv_head = head / (params.heads / params.kv_heads);
  for (var j = bound[first]; j <= last; j++) {
    let key = j * stride + kv_head * VECS;
    var s = 0.0;
    var dp = 0.0;
    for (var i = 0u; i < VECS; i++) {
      s += dot(query[i], k[key + i]);
      dp += dot(upstream[i], v[key + i]);
    }
    let ds = select(0.0, precise_exp(s - row_lse) * (dp - row_delta) * params.scale, j >= start && j <= row);
    for (var i = 0u; i < VECS; i++) { sum[i] += ds * k[key + i]; }
  }
  if (first + lane <= last) {
    for (var i = 0u; i < VECS; i++) { dq[pair * VECS + i] = sum[i]; }
  }
}

@group(0) @binding(7) var<storage, read_write> dk: array<Vec>;
@group(0) @binding(8) var<storage, read_write> dv: array<Vec>;

// dk, dv. Grid: blocks of LANES rows x key heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dkv_rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_index(group, groups);
  let kv_head = index % params.kv_heads;
  let first = index / params.kv_heads * LANES;
  if (first >= params.tokens) { return; }
  let last = min(first + LANES, params.tokens) - 1u;
  let row = min(first + lane, last); // surplus lanes repeat the last row
  let end = bound[row];
  let at = (row * params.kv_heads + kv_head) * VECS;
  var key: array<Vec, VECS>;
  var value: array<Vec, VECS>;
  var key_sum: array<Vec, VECS>;
  var value_sum: array<Vec, VECS>;
  for (var i = 0u; i < VECS; i++) {
    key[i] = k[at + i] * params.scale;
    value[i] = v[at + i];
  }
  let repeats = params.heads / params.kv_heads;
  for (var t = first; t < bound[last]; t++) {
    let seen = t >= row && t < end;
    for (var h = kv_head * repeats; h < (kv_head + 1u) * repeats; h++) {
      let pair = t * params.heads + h;
      var s = 0.0;
      var dp = 0.0;
      for (var i = 0u; i < VECS; i++) {
        s += dot(key[i], q[pair * VECS + i]);
        dp += dot(value[i], d_o[pair * VECS + i]);
      }
      let p = select(0.0, precise_exp(s - lse[pair]), seen);
      let ds = p * (dp - delta[pair]) * params.scale;
      for (var i = 0u; i < VECS; i++) {
        key_sum[i] += ds * q[pair * VECS + i];
        value_sum[i] += p * d_o[pair * VECS + i];
      }
    }
  }
  if (first + lane <= last) {
    for (var i = 0u; i < VECS; i++) {
      dk[at + i] = key_sum[i];
      dv[at + i] = value_sum[i];
    }
  }
}

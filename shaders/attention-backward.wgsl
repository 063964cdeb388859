// Causal grouped-query attention over packed sequences, backward. With D_i = dO_i.o_i, p_ij = exp(scale q_i.k_j - lse_i) and
// ds_ij = p_ij (dO_i.v_j - D_i):
//   dq_i = scale sum_j ds_ij k_j;  dk_j = scale sum_i ds_ij q_i;  dv_j = sum_i p_ij dO_i   (i over rows and the group's query heads)
// Probabilities are recomputed from lse (Dao et al. 2022, FlashAttention, algorithm 4); every output has one writer: no atomics.
// q, o, dO, dq f32[T, H, d]; k, v, dk, dv f32[T, KV, d]; lse, D f32[T, H].
// The prelude gives `Vec`, a vector of 2 or 4 f32, VECS, vectors per head, and LANES.
#include "math"
#include "attention-gradient"
#include "attention-rows"

// What the other passes need of a (row, head) pair: (lse, D), in one array, for no stage may have more than 8 storage buffers.
// Grid: (row, head) pairs / LANES.
@group(0) @binding(0) var<storage, read> delta_o: array<Vec>;
@group(0) @binding(1) var<storage, read> delta_d_o: array<Vec>;
@group(0) @binding(2) var<storage, read> delta_lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> delta_out: array<vec2f>;

@compute @workgroup_size(LANES)
fn attention_bwd_delta(group: Group, @builtin(local_invocation_index) lane: u32) {
  let pair = linear_index(group.id, group.count) * LANES + lane;
  if (pair >= params.tokens * params.heads) { return; }
  var sum = 0.0;
  for (var i = pair * VECS; i < pair * VECS + VECS; i++) { sum += dot(delta_o[i], delta_d_o[i]); }
  delta_out[pair] = vec2f(delta_lse[pair], sum);
}

// dq. Grid: blocks of LANES rows x heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dq_rows(group: Group, @builtin(local_invocation_index) lane: u32) {
  let block = rows_of(group, params.heads);
  if (block.first >= params.tokens) { return; }
  let row = min(block.first + lane, block.last); // surplus lanes repeat the last row
  let start = first_seen(row, seq_start[row]);
  let pair = row * params.heads + block.head;
  var query: array<Vec, VECS>;
  var upstream: array<Vec, VECS>;
  var sum: array<Vec, VECS>;
  for (var i = 0u; i < VECS; i++) {
    query[i] = q[pair * VECS + i] * params.scale;
    upstream[i] = d_o[pair * VECS + i];
  }
  let row_lse = lse_delta[pair].x;
  let row_delta = lse_delta[pair].y;
  let stride = params.kv_heads * VECS;
  let kv_head = block.head / (params.heads / params.kv_heads);
  for (var j = first_key(block.first); j <= block.last; j = next_seen(j + 1, block.first)) {
    let key = j * stride + kv_head * VECS;
    var s = 0.0;
    var dp = 0.0;
    for (var i = 0u; i < VECS; i++) {
      s += dot(query[i], k[key + i]);
      dp += dot(upstream[i], v[key + i]);
    }
    let seen = sees(row, start, j, seq_end[j]);
    let ds = select(0.0, precise_exp(s - row_lse) * (dp - row_delta) * params.scale, seen);
    for (var i = 0u; i < VECS; i++) { sum[i] += ds * k[key + i]; }
  }
  if (block.first + lane <= block.last) {
    for (var i = 0u; i < VECS; i++) { dq[pair * VECS + i] = sum[i]; }
  }
}

// dk, dv. Grid: blocks of LANES rows x key heads, heads fastest.
@compute @workgroup_size(LANES)
fn attention_bwd_dkv_rows(group: Group, @builtin(local_invocation_index) lane: u32) {
  let block = rows_of(group, params.kv_heads);
  if (block.first >= params.tokens) { return; }
  let row = min(block.first + lane, block.last); // surplus lanes repeat the last row
  let end = end_of_view(row, seq_end[row]);
  let at = (row * params.kv_heads + block.head) * VECS;
  var key: array<Vec, VECS>;
  var value: array<Vec, VECS>;
  var key_sum: array<Vec, VECS>;
  var value_sum: array<Vec, VECS>;
  for (var i = 0u; i < VECS; i++) {
    key[i] = k[at + i] * params.scale;
    value[i] = v[at + i];
  }
  let repeats = params.heads / params.kv_heads;
  let last_end = end_of_views(block.first, block.last);
  for (var t = block.first; t < last_end; t++) {
    let seen = t >= row && t < end;
    for (var h = block.head * repeats; h < (block.head + 1) * repeats; h++) {
      let pair = t * params.heads + h;
      var s = 0.0;
      var dp = 0.0;
      for (var i = 0u; i < VECS; i++) {
        s += dot(key[i], q[pair * VECS + i]);
        dp += dot(value[i], d_o[pair * VECS + i]);
      }
      let p = select(0.0, precise_exp(s - lse_delta[pair].x), seen);
      let ds = p * (dp - lse_delta[pair].y) * params.scale;
      for (var i = 0u; i < VECS; i++) {
        key_sum[i] += ds * q[pair * VECS + i];
        value_sum[i] += p * d_o[pair * VECS + i];
      }
    }
  }
  if (block.first + lane <= block.last) {
    for (var i = 0u; i < VECS; i++) {
      dk[at + i] = key_sum[i];
      dv[at + i] = value_sum[i];
    }
  }
}

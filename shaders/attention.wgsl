// Causal grouped-query attention over packed sequences, forward, one invocation per (row, head):
//   s_j = scale q.k_j for j = max(seqStart[t], t + 1 - window)..t with seqEnd[j] > t;  lse = log sum_j exp s_j;  o = sum_j exp(s_j - lse) v_j
// with a running maximum (Dao et al. 2022, FlashAttention, algorithm 1).
// q, o f32[T, H, d]; k, v f32[T, KV, d]; lse f32[T, H]; query head h reads key head h / (H / KV).
// The prelude gives `Vec`, a vector of 2 or 4 f32, VECS, vectors per head, and LANES.
// Grid: blocks of LANES rows x heads, heads fastest.
#include "math"
#include "attention-forward"
#include "attention-rows"

@compute @workgroup_size(LANES)
fn attention_fwd_rows(group: Group, @builtin(local_invocation_index) lane: u32) {
  let block = rows_of(group, params.heads);
  if (block.first >= params.tokens) { return; }
  let row = min(block.first + lane, block.last); // surplus lanes repeat the last row
  let start = first_seen(row, seq_start[row]);
  let at = (row * params.heads + block.head) * VECS;
  var query: array<Vec, VECS>;
  var sum: array<Vec, VECS>;
  for (var i = 0u; i < VECS; i++) { query[i] = q[at + i] * params.scale; }
  var highest = -1e30;
  var total = 0.0;
  let stride = params.kv_heads * VECS;
  let kv_head = block.head / (params.heads / params.kv_heads);
  for (var j = first_key(block.first); j <= block.last; j = next_seen(j + 1, block.first)) {
    let key = j * stride + kv_head * VECS;
    var s = 0.0;
    for (var i = 0u; i < VECS; i++) { s += dot(query[i], k[key + i]); }
    let seen = sees(row, start, j, seq_end[j]);
    let next = select(highest, max(highest, s), seen);
    let decay = precise_exp(highest - next);
    let p = select(0.0, precise_exp(s - next), seen);
    highest = next;
    total = total * decay + p;
    for (var i = 0u; i < VECS; i++) { sum[i] = sum[i] * decay + p * v[key + i]; }
  }
  if (block.first + lane <= block.last) {
    for (var i = 0u; i < VECS; i++) { o[at + i] = sum[i] / total; }
    lse[row * params.heads + block.head] = highest + precise_log(total);
  }
}

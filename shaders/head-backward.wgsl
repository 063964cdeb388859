// Gradient of log-softmax and entropy to a chunk of logits, in place.
//
//   d logits_j = (d logp · (1[j = target] − p_j) − dH · p_j (log p_j + H)) / temperature,   log p_j = logits_j / temperature − lse
//
// logits f32[rows, columns] are the entries [column0, column0 + columns) of the vocabulary; arrays with a value per row are indexed
// from row0. Grid: one workgroup of LANES per row and BLOCK packs.
// Put before this text: LANES; V, N and their functions by lib/pack-1 or lib/pack-4.
const BLOCK = 512u;

struct Params {
  rows: u32,
  columns: u32,
  column0: u32,
  row0: u32,
  blocks: u32, // of BLOCK packs in a row
  scale: f32, // 1 / temperature
}

@group(0) @binding(0) var<storage, read> targets: array<u32>;
@group(0) @binding(1) var<storage, read> lse: array<f32>;
@group(0) @binding(2) var<storage, read> entropies: array<f32>;
@group(0) @binding(3) var<storage, read> dlogps: array<f32>;
@group(0) @binding(4) var<storage, read> dentropies: array<f32>;
@group(0) @binding(5) var<storage, read_write> logits: array<V>;
@group(1) @binding(0) var<uniform> p: Params;

#include "index"

@compute @workgroup_size(LANES)
fn head_bwd_logits(group: Group, @builtin(local_invocation_index) lane: u32) {
  let index = linear_index(group.id, group.count);
  let r = index / p.blocks;
  if (r >= p.rows) { return; }
  let row = p.row0 + r;
  let row_lse = lse[row];
  let entropy = entropies[row];
  let dlogp = dlogps[row];
  let dentropy = dentropies[row];
  let target_column = targets[row] - p.column0; // beyond all columns where the target is in another chunk
  let packs = p.columns / N;
  let start = (index % p.blocks) * BLOCK;
  let end = min(start + BLOCK, packs);
  for (var i = start + lane; i < end; i += LANES) {
    let at = r * packs + i;
    let log_p = max(logits[at] * p.scale, V(-1e30)) - V(row_lse);
    let probability = exp_each(log_p);
    let hit = select(V(0.0), V(1.0), VU(i * N) + OFFSETS == VU(target_column));
    let d = dlogp * (hit - probability) - dentropy * probability * (log_p + V(entropy));
    logits[at] = d * p.scale;
  }
}

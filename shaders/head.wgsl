// Log-softmax and entropy over rows of logits, a chunk of the vocabulary at a time.
//
//   l = logits / temperature    lse = log Σ_j e^{l_j}    p_j = e^{l_j − lse}    logp = l[target] − lse    H = −Σ_j p_j log p_j
//
// Between chunks a row's state is (m, S, D, t): the largest l, Σ e^{l − m}, Σ (l − m) e^{l − m}, and l[target]. At the end
// lse = m + log S, logp = (t − m) − log S, H = log S − D / S, which lose nothing to cancellation.
// logits f32[rows, columns] are the entries [column0, column0 + columns) of the vocabulary; the arrays with a value per row
// (targets u32, others f32; state vec4) are indexed from row0. Sums in f32. Grid: one workgroup of LANES per row. Put before this text:
// LANES, lane_sum and lane_max by lib/lanes-subgroup or lib/lanes-shared, and logits with load_logits(r, i) by lib/logits-4 or
// lib/logits-1, which gives the columns 4i … 4i + 3 of row r, and −3e38 past its end.
struct Params {
  rows: u32,
  columns: u32,
  column0: u32,
  row0: u32,
  part: u32, // bit 0: first chunk of the vocabulary, bit 1: last
  scale: f32, // 1 / temperature
}

@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> logps: array<f32>;
@group(0) @binding(4) var<storage, read_write> entropies: array<f32>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(1) @binding(0) var<uniform> p: Params;

#include "index"
#include "pack-4"

// (m, S, D) relative to a larger m
fn rescale(sums: vec3f, m: f32) -> vec3f {
  let e = precise_exp(sums.x - m);
  return vec3f(m, e * sums.y, e * (sums.z + (sums.x - m) * sums.y));
}

@compute @workgroup_size(LANES)
fn head_stats(group: Group, @builtin(local_invocation_index) lane: u32) {
  let r = linear_index(group.id, group.count);
  if (r >= p.rows) { return; }
  let packs = (p.columns + 3) / 4;
  var mine = vec3f(-1e30, 0, 0);
  for (var i = lane; i < packs; i += LANES) {
    let l = max(load_logits(r, i) * p.scale, V(-2e30));
    let top = largest(l);
    if (top > mine.x) { mine = rescale(mine, top); }
    let z = l - V(mine.x);
    let e = exp_each(z);
    mine += vec3f(0, total(e), total(z * e));
  }
  mine = rescale(mine, lane_max(mine.x, lane));
  var sums = vec3f(mine.x, lane_sum(mine.y, lane), lane_sum(mine.z, lane));
  if (lane != 0) { return; }
  let row = p.row0 + r;
  var chosen = 0.0;
  if ((p.part & 1) == 0) {
    let before = state[row];
    let m = max(before.x, sums.x);
    sums = vec3f(m, rescale(before.xyz, m).yz + rescale(sums, m).yz);
    chosen = before.w;
  }
  let at = targets[row] - p.column0; // wraps around where the target is in an earlier chunk
  if (at < p.columns) { chosen = load_logits(r, at / 4)[at % 4] * p.scale; }
  if ((p.part & 2) == 0) {
    state[row] = vec4f(sums, chosen);
    return;
  }
  let log_sum = precise_log(sums.y);
  lse[row] = sums.x + log_sum;
  logps[row] = (chosen - sums.x) - log_sum;
  entropies[row] = log_sum - sums.z / sums.y;
}

// Log-softmax and entropy over rows of logits, a chunk of the vocabulary at a time.
//
//   l = logits / temperature    lse = log Σ_j e^{l_j}    p_j = e^{l_j − lse}    logp = l[target] − lse    H = −Σ_j p_j log p_j
//
// Between chunks a row's state is (m, S, D, t): the largest l, Σ e^{l − m}, Σ (l − m) e^{l − m}, and l[target]. At the end
// lse = m + log S, logp = (t − m) − log S, H = log S − D / S, which lose nothing to cancellation.
// logits f32[rows, columns] are the entries [column0, column0 + columns) of the vocabulary; the arrays with a value per row
// (targets u32, others f32; state vec4) are indexed from row0. Sums in f32. Grid: one workgroup per row.
struct Params {
  rows: u32,
  columns: u32,
  column0: u32,
  row0: u32,
  part: u32, // bit 0: first chunk of the vocabulary, bit 1: last
  scale: f32, // 1 / temperature
}

override LANES: u32 = 64;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> logps: array<f32>;
@group(0) @binding(4) var<storage, read_write> entropies: array<f32>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(1) @binding(0) var<uniform> p: Params;

#include "math"
#include "index"

// (m, S, D) of the union of two sets
fn merge(a: vec3f, b: vec3f) -> vec3f {
  let m = max(a.x, b.x);
  let ea = precise_exp(a.x - m);
  let eb = precise_exp(b.x - m);
  return vec3f(m, ea * a.y + eb * b.y, ea * (a.z + (a.x - m) * a.y) + eb * (b.z + (b.x - m) * b.y));
}

var<workgroup> parts: array<vec3f, LANES>;

@compute @workgroup_size(LANES)
fn head_stats(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r = linear_index(group, groups);
  if (r >= p.rows) { return; }
  let base = r * p.columns;
  var m = -1e30;
  for (var j = lane; j < p.columns; j += LANES) { m = max(m, logits[base + j] * p.scale); }
  var sums = vec3f(m, 0, 0);
  for (var j = lane; j < p.columns; j += LANES) {
    let z = max(logits[base + j] * p.scale, -1e30) - m;
    let e = precise_exp(z);
    sums += vec3f(0, e, z * e);
  }
  parts[lane] = sums;
  workgroupBarrier();
  for (var half = LANES / 2; half > 0; half /= 2) {
    if (lane < half) { parts[lane] = merge(parts[lane], parts[lane + half]); }
    workgroupBarrier();
  }
  if (lane != 0) { return; }
  sums = parts[0];
  let row = p.row0 + r;
  var chosen = 0.0;
  if ((p.part & 1) == 0) {
    let before = state[row];
    sums = merge(before.xyz, sums);
    chosen = before.w;
  }
  let target_column = targets[row] - p.column0; // wraps around for earlier chunks
  if (target_column < p.columns) { chosen = logits[base + target_column] * p.scale; }
  if ((p.part & 2) == 0) {
    state[row] = vec4f(sums, chosen);
    return;
  }
  let log_sum = precise_log(sums.y);
  lse[row] = sums.x + log_sum;
  logps[row] = (chosen - sums.x) - log_sum;
  entropies[row] = log_sum - sums.z / sums.y;
}

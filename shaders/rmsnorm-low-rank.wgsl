// RMSNorm of few rows on GPUs with the low-rank products that read what it gives, in one dispatch:
//   y[r] = x[r] (offset + w) rstd[r]   (rmsnorm.wgsl)
//   u_i[r, e] = Σ_d y[r, d] · a_i[e, d],  e < rank, for up to three factors a_i
// A workgroup normalises one row, which is little work, and makes OUTPUTS of its sums; that of the first tile stores y and rstd too. Lanes share out
// the SLICES chunks of the depth, summed as in matmul-rows.wgsl: equal bits. The factors lie in one buffer, and so do the results; a part begins
// so many elements after the first.
// Grid: [parts · rank / OUTPUTS, rows, 1]. The prelude gives the names in capitals (WIDTH in units of N), lane_sum, V, and the format of w.
#include "index"
#include "rms"

struct Params {
  width: u32, // WIDTH; not as a constant, by which compilers divide otherwise than rmsnorm.wgsl does
  eps: f32,
  offset: f32, // of the weight: 0 or 1
  rank: u32,
  sums: u32, // parts · rank
  factor1: u32, // first elements of parts 1 and 2, in units of N
  factor2: u32,
  low1: u32,
  low2: u32,
}

@group(0) @binding(0) var<storage, read> x: array<V>;
@group(0) @binding(1) var<storage, read> weights: array<W>; // w
@group(0) @binding(2) var<storage, read> factors: array<V>; // a
@group(0) @binding(3) var<storage, read_write> y: array<V>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(5) var<storage, read_write> low: array<f32>; // u
@group(1) @binding(0) var<uniform> p: Params;

var<workgroup> normed: array<V, WIDTH>;
var<workgroup> partial: array<f32, SLICES * OUTPUTS>;

@compute @workgroup_size(LANES)
fn rmsnorm_low_rank(group: Group, @builtin(local_invocation_index) lane: u32) {
  let row = group.id.y;
  let base = row * WIDTH;
  let r = inverse_rms(base, p.width, p.eps, lane);
  for (var i = lane; i < WIDTH; i += LANES) {
    let value = x[base + i] * r * (p.offset + weight(i));
    normed[i] = value;
    if (group.id.x == 0) { y[base + i] = value; }
  }
  if (group.id.x == 0 && lane == 0) { rstd[row] = r; }
  workgroupBarrier();
  let first = group.id.x * OUTPUTS;
  for (var i = lane; i < SLICES * OUTPUTS; i += LANES) {
    let sum = first + i % OUTPUTS;
    let part = sum / p.rank;
    let a = select(select(p.factor2, p.factor1, part == 1), 0, part == 0) + sum % p.rank * WIDTH;
    let start = i / OUTPUTS * CHUNK;
    var value = 0.0;
    for (var d = start; d < min(start + CHUNK, WIDTH); d++) {
      let v = normed[d];
      let f = factors[a + d];
      for (var c = 0u; c < N; c++) { value = fma(element(v, c), element(f, c), value); }
    }
    partial[i] = value;
  }
  workgroupBarrier();
  for (var i = lane; i < OUTPUTS; i += LANES) {
    let sum = first + i;
    if (sum >= p.sums) { continue; }
    var value = 0.0;
    for (var s = 0u; s < SLICES; s++) { value += partial[s * OUTPUTS + i]; }
    let part = sum / p.rank;
    low[select(select(p.low2, p.low1, part == 1), 0, part == 0) + row * p.rank + sum % p.rank] = value;
  }
}

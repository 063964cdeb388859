// RMSNorm (Zhang and Sennrich 2019): y = x (offset + w) r with r = rstd = 1 / sqrt(mean(x^2) + eps) per row.
// Backward: with f = offset + w: dx = r (f dy) - x r^3 mean(x f dy); dw = sum over rows of dy x r.
// x, y, dy, dx f32[rows, width]; w [width] in any format of weights; rstd f32[rows]; dw f32[width]. Sums in f32.
// Put before this text: LANES and lane_sum by lib/lanes-subgroup or lib/lanes-shared; V, N by lib/pack-1 or lib/pack-4; W and weight by lib/weights.
// Widths in the parameters are in units of N.
#include "index"
#include "rms"

const BLOCK = 64u; // workgroup size of the kernels with one thread per V of columns

struct Forward {
  rows: u32,
  width: u32,
  eps: f32,
  offset: f32, // of the weight: 0 or 1
}

@group(0) @binding(0) var<storage, read> x: array<V>;
@group(0) @binding(1) var<storage, read> weights: array<W>; // w
@group(0) @binding(2) var<storage, read_write> y: array<V>;
@group(0) @binding(3) var<storage, read_write> rstd: array<f32>;
@group(1) @binding(0) var<uniform> forward: Forward;

// Grid: one workgroup per row.
@compute @workgroup_size(LANES)
fn rmsnorm_fwd(group: Group, @builtin(local_invocation_index) lane: u32) {
  let row = linear_index(group.id, group.count);
  if (row >= forward.rows) { return; }
  let width = forward.width;
  let base = row * width;
  let r = inverse_rms(base, width, forward.eps, lane);
  for (var i = lane; i < width; i += LANES) {
    y[base + i] = x[base + i] * r * (forward.offset + weight(i));
  }
  if (lane == 0) { rstd[row] = r; }
}

struct Backward {
  rows: u32,
  width: u32,
  accumulate: u32, // 1: dx += ; 0: dx =
  offset: f32,
}

@group(0) @binding(2) var<storage, read> rstd_in: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<V>;
@group(0) @binding(4) var<storage, read_write> dx: array<V>;
@group(1) @binding(0) var<uniform> backward: Backward;

// Grid: one workgroup per row.
@compute @workgroup_size(LANES)
fn rmsnorm_bwd_x(group: Group, @builtin(local_invocation_index) lane: u32) {
  let row = linear_index(group.id, group.count);
  if (row >= backward.rows) { return; }
  let width = backward.width;
  let base = row * width;
  let r = rstd_in[row];
  var product = V();
  for (var i = lane; i < width; i += LANES) {
    product = fma(x[base + i] * (backward.offset + weight(i)), dy[base + i], product);
  }
  let k = r * r * r * lane_sum(total(product), lane) / f32(width * N);
  for (var i = lane; i < width; i += LANES) {
    var d = r * (backward.offset + weight(i)) * dy[base + i] - k * x[base + i];
    if (backward.accumulate == 1) { d += dx[base + i]; }
    dx[base + i] = d;
  }
}

struct Columns {
  rows: u32,
  width: u32,
  block_rows: u32,
  accumulate: u32, // 1: out += ; 0: out =
}

@group(0) @binding(1) var<storage, read> rstd_rows: array<f32>;
@group(0) @binding(2) var<storage, read> dy_rows: array<V>;
@group(0) @binding(3) var<storage, read_write> out: array<V>;
@group(1) @binding(0) var<uniform> columns: Columns;

// out[block, i] = sum over the rows of a block of dy x r. Grid: (ceil(width / BLOCK), blocks).
@compute @workgroup_size(BLOCK)
fn rmsnorm_bwd_w(@builtin(global_invocation_id) id: vec3u) {
  let width = columns.width;
  if (id.x >= width) { return; }
  let first = id.y * columns.block_rows;
  let end = min(first + columns.block_rows, columns.rows);
  var sum = V();
  for (var row = first; row < end; row++) {
    let at = row * width + id.x;
    sum = fma(dy_rows[at] * x[at], V(rstd_rows[row]), sum);
  }
  let to = id.y * width + id.x;
  if (columns.accumulate == 1) { sum += out[to]; }
  out[to] = sum;
}

@group(0) @binding(1) var<storage, read_write> dw: array<V>;

// dw[i] += sum over blocks of x[block, i] (x: the partial sums). Grid: ceil(width / BLOCK).
@compute @workgroup_size(BLOCK)
fn rmsnorm_bwd_w_combine(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= columns.width) { return; }
  var sum = V();
  for (var block = 0u; block < columns.rows; block++) { sum += x[block * columns.width + id.x]; }
  dw[id.x] += sum;
}

// Sums over the rows of a matrix, in a fixed order, in two uses:
//   column_sum:     out[c] (+)= alpha · Σ_r in[r, c]   bias gradient; also adds up the splits of a matrix product (a split is a row)
// in f32[rows, columns], out f32[columns]. Grid: (columns / 64) · splits workgroups of 64 invocations, one column each; split s sums its
// range of rows and writes the s-th row of `out`.
struct Params {
  rows: u32,
  columns: u32,
  split_rows: u32,
  column_groups: u32,
  accumulate: u32,
  alpha: f32,
}

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> p: Params;

#include "index"

@compute @workgroup_size(64)
fn column_sum(group: Group, @builtin(local_invocation_index) local: u32) {
  let index = linear_index(group.id, group.count);
  let c = (index % p.column_groups) * 64 + local;
  let split = index / p.column_groups;
  let start = split * p.split_rows;
  if (c >= p.columns || start >= p.rows) { return; }
  let end = min(start + p.split_rows, p.rows);
  var sum = 0.0;
  for (var r = start; r < end; r++) { sum += values[r * p.columns + c]; }
  sum *= p.alpha;
  if (p.accumulate != 0) { sum += out[split * p.columns + c]; }
  out[split * p.columns + c] = sum;
}

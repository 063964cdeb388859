// Element-wise and row-wise operations on f32. Sizes and widths are in units of N (lib/pack-1 or lib/pack-4, before this text).
// Grid: linear, one thread per V.
#include "index"

struct Params {
  size: u32,
  factor: f32,
}

struct Rows {
  rows: u32,
  width: u32,
}

@group(0) @binding(0) var<storage, read> x: array<V>;
@group(0) @binding(1) var<storage, read_write> y: array<V>;
@group(1) @binding(0) var<uniform> params: Params;

// y[i] += factor x[i]
@compute @workgroup_size(64)
fn add(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i < params.size) { y[i] = fma(V(params.factor), x[i], y[i]); }
}

@group(0) @binding(0) var<storage, read_write> z: array<V>;

// z[i] *= factor
@compute @workgroup_size(64)
fn scale(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i < params.size) { z[i] *= params.factor; }
}

@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<V>;
@group(1) @binding(0) var<uniform> shape: Rows;

// out[r] = x[index[r]]; x f32[.., width], index u32[rows], out f32[rows, width]
@compute @workgroup_size(64)
fn gather_rows(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i < shape.rows * shape.width) {
    let r = i / shape.width;
    out[i] = x[index[r] * shape.width + (i - r * shape.width)];
  }
}

// out[index[r]] += x[r]; x f32[rows, width], index u32[rows] all different, out f32[.., width]
@compute @workgroup_size(64)
fn scatter_rows_add(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i < shape.rows * shape.width) {
    let r = i / shape.width;
    out[index[r] * shape.width + (i - r * shape.width)] += x[i];
  }
}

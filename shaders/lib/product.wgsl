// What the variants of a matrix product share: parameters, outputs, and what is done with the sums.
struct Params {
  rows: u32,
  columns: u32,
  depth: u32,
  split_depth: u32, // range of d per split, a multiple of 4
  stride: u32, // elements from one row of out to the next
  first: u32, // element of out that belongs to [0, 0]
  chunk: u32, // steps of d whose sums are added up by themselves first, on GPUs
  alpha: f32,
}

// Known when the pipeline is made: SwiftShader runs both sides of every `if`, so that choosing here would double the time of a store.
override ACCUMULATE: bool = false;
override RESIDUAL: bool = false;
override BIAS: bool = false;

@group(0) @binding(2) var<storage, read> bias: array<u32>; // read by bias_at of lib/weights; this and residual are bound to `a` where there is none
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> p: Params;

// out[r, c … c + 3] (+)= alpha · sums (+ bias) (+ residual), as far as they are in the matrix; splits are stacked below each other.
fn store4(split: u32, r: u32, c: u32, sums: vec4f) {
  if (r >= p.rows || c >= p.columns) { return; }
  let at = p.first + (split * p.rows + r) * p.stride + c;
  var value = p.alpha * sums;
  if (BIAS) { value += vec4f(bias_at(c), bias_at(c + 1), bias_at(c + 2), bias_at(c + 3)); }
  if (RESIDUAL) { value += vec4f(residual[at], residual[at + 1], residual[at + 2], residual[at + 3]); }
  if (ACCUMULATE) { value += vec4f(out[at], out[at + 1], out[at + 2], out[at + 3]); }
  out[at] = value.x;
  if (c + 1 < p.columns) { out[at + 1] = value.y; }
  if (c + 2 < p.columns) { out[at + 2] = value.z; }
  if (c + 3 < p.columns) { out[at + 3] = value.w; }
}

// The same for one value, without splits.
fn store1(r: u32, c: u32, sum: f32) {
  if (r >= p.rows || c >= p.columns) { return; }
  let at = p.first + r * p.stride + c;
  var value = p.alpha * sum;
  if (BIAS) { value += bias_at(c); }
  if (RESIDUAL) { value += residual[at]; }
  if (ACCUMULATE) { value += out[at]; }
  out[at] = value;
}

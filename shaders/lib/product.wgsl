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
  accumulate: u32, // this and residual as 0 or 1, for kernels that choose when they run
  residual: u32,
  a_row: u32, // from one row of A to the next, from one step of d to the next, and the same for columns of B: for kernels that take any order
  a_step: u32,
  b_column: u32,
  b_step: u32,
  b_part: u32, // from the B of one product to that of the next that reads the same A, where there are several, and the same for out
  out_part: u32,
}

// Known when the pipeline is made. Kernels of software devices, where compiling takes longer than a step, go by the parameters instead.
override ACCUMULATE: bool = false;
override RESIDUAL: bool = false;
override BIAS: bool = false;

@group(0) @binding(2) var<storage, read> bias: array<u32>; // read by bias_at of lib/weights; this and residual are bound to `a` where there is none
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> p: Params;

// Where out[r, c] is; splits are stacked below each other.
fn place(split: u32, r: u32, c: u32) -> u32 {
  return p.first + (split * p.rows + r) * p.stride + c;
}

// alpha · sums (+ bias) of columns c … c + 3.
fn scaled(c: u32, sums: vec4f) -> vec4f {
  var value = p.alpha * sums;
  if (BIAS) { value += vec4f(bias_at(c), bias_at(c + 1), bias_at(c + 2), bias_at(c + 3)); }
  return value;
}

// The first of four values, as many as are left of a row.
fn put(at: u32, left: u32, value: vec4f) {
  if (left == 0) { return; }
  out[at] = value.x;
  if (left > 1) { out[at + 1] = value.y; }
  if (left > 2) { out[at + 2] = value.z; }
  if (left > 3) { out[at + 3] = value.w; }
}

// out[r, c … c + 3] (+)= alpha · sums (+ bias) (+ residual), as far as they are in the matrix.
fn store4(split: u32, r: u32, c: u32, sums: vec4f) {
  if (r >= p.rows || c >= p.columns) { return; }
  let at = place(split, r, c);
  var value = scaled(c, sums);
  if (RESIDUAL) { value += vec4f(residual[at], residual[at + 1], residual[at + 2], residual[at + 3]); }
  if (ACCUMULATE) { value += vec4f(out[at], out[at + 1], out[at + 2], out[at + 3]); }
  put(at, p.columns - c, value);
}

// The same for two neighbouring values.
fn store2(split: u32, r: u32, c: u32, sums: vec2f) {
  if (r >= p.rows || c >= p.columns) { return; }
  let at = place(split, r, c);
  var value = p.alpha * sums;
  if (BIAS) { value += vec2f(bias_at(c), bias_at(c + 1)); }
  if (RESIDUAL) { value += vec2f(residual[at], residual[at + 1]); }
  if (ACCUMULATE) { value += vec2f(out[at], out[at + 1]); }
  put2(at, p.columns - c, value);
}

// The first of two values, or both, as put.
fn put2(at: u32, left: u32, value: vec2f) {
  out[at] = value.x;
  if (left > 1) { out[at + 1] = value.y; }
}

// Sums that wait in out[r, c … c + 1] until the product is whole.
fn park(r: u32, c: u32, sums: vec2f) {
  if (r >= p.rows || c >= p.columns) { return; }
  put2(place(0, r, c), p.columns - c, sums);
}

// Those sums, if there are any; read without a branch.
fn parked(r: u32, c: u32, any: bool) -> vec2f {
  let at = place(0, r, c);
  return select(vec2f(), vec2f(out[at], out[at + 1]), any);
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

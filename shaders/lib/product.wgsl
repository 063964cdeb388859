// What the variants of a matrix product share: parameters, outputs, and what is done with the sums.
struct Params {
  rows: u32,
  columns: u32,
  depth: u32,
  split_depth: u32, // range of d per split, a multiple of 4
  stride: u32, // elements from one row of out to the next
  first: u32, // element of out that belongs to [0, 0]
  alpha: f32,
}

// Known when the pipeline is made: SwiftShader runs both sides of every `if`, so that choosing here would double the time of a store.
override ACCUMULATE: bool = false;
override RESIDUAL: bool = false;
override BIAS: u32 = 0; // 0: none, 1: f32, 2: bf16

@group(0) @binding(2) var<storage, read> bias: array<u32>; // f32, or packed bf16; this and residual are bound to `a` where there is none
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> p: Params;

fn bias_at(c: u32) -> f32 {
  if (BIAS == 1) { return bitcast<f32>(bias[c]); }
  let pair = bias[c / 2];
  return bitcast<f32>(select(pair << 16, pair & 0xffff0000u, c % 2 == 1));
}

// out[r, c … c + 3] (+)= alpha · sums (+ bias) (+ residual), as far as they are in the matrix; splits are stacked below each other.
fn store4(split: u32, r: u32, c: u32, sums: vec4f) {
  if (r >= p.rows || c >= p.columns) { return; }
  let at = p.first + (split * p.rows + r) * p.stride + c;
  var value = p.alpha * sums;
  if (BIAS != 0) { value += vec4f(bias_at(c), bias_at(c + 1), bias_at(c + 2), bias_at(c + 3)); }
  if (RESIDUAL) { value += vec4f(residual[at], residual[at + 1], residual[at + 2], residual[at + 3]); }
  if (ACCUMULATE) { value += vec4f(out[at], out[at + 1], out[at + 2], out[at + 3]); }
  out[at] = value.x;
  if (c + 1 < p.columns) { out[at + 1] = value.y; }
  if (c + 2 < p.columns) { out[at + 2] = value.z; }
  if (c + 3 < p.columns) { out[at + 3] = value.w; }
}

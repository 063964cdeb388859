// SwiGLU (Shazeer 2020): y = silu(g) u with silu(g) = g s, s = 1 / (1 + exp(-g)).
// Backward: du = dy g s; dg = dy u s (1 + g (1 - s)).
// All f32[size]. Grid: linear, ITEMS * 64 elements a workgroup.
#include "math"
#include "index"

override ITEMS: u32 = 4;

struct Params {
  size: u32,
}

@group(0) @binding(0) var<storage, read> gate: array<f32>;
@group(0) @binding(1) var<storage, read> up: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn sigmoid(g: f32) -> f32 {
  return 1.0 / (1.0 + precise_exp(-max(g, -80.0))); // exp stays finite
}

@compute @workgroup_size(64)
fn swiglu_fwd(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = linear_index(group, groups) * ITEMS * 64u + lane;
  for (var k = 0u; k < ITEMS; k++) {
    let i = first + 64u * k;
    if (i < params.size) { y[i] = gate[i] * sigmoid(gate[i]) * up[i]; }
  }
}

@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_gate: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_up: array<f32>;

@compute @workgroup_size(64)
fn swiglu_bwd(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = linear_index(group, groups) * ITEMS * 64u + lane;
  for (var k = 0u; k < ITEMS; k++) {
    let i = first + 64u * k;
    if (i < params.size) {
      let g = gate[i];
      let s = sigmoid(g);
      d_gate[i] = dy[i] * up[i] * s * (1.0 + g * (1.0 - s));
      d_up[i] = dy[i] * g * s;
    }
  }
}

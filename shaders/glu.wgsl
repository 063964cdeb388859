// Gated linear units (Shazeer 2020): y = f(g) u with f(g) = g s, s = 1 / (1 + exp(-z)). silu: z = g.
// gelu_tanh: z = 2 sqrt(2 / pi) (g + 0.044715 g^3), as (1 + tanh(z / 2)) / 2 = s.
// Backward: du = dy g s; dg = dy u s (1 + g (1 - s) dz/dg).
// All f32[size], size in units of N (lib/pack-1 or lib/pack-4, before this text). Grid: linear, one thread per V.
#include "index"
#include "gate"

struct Params {
  size: u32,
}

@group(0) @binding(0) var<storage, read> gate: array<V>;
@group(0) @binding(1) var<storage, read> up: array<V>;
@group(0) @binding(2) var<storage, read_write> y: array<V>;
@group(1) @binding(0) var<uniform> params: Params;

// dz/dg.
fn slope(g: V) -> V {
  if (GELU == 1) { return 1.5957691216 * (1.0 + 0.134145 * g * g); }
  return V(1.0);
}

@compute @workgroup_size(64)
fn glu_fwd(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i >= params.size) { return; }
  let g = gate[i];
  y[i] = g * share(g) * up[i];
}

@group(0) @binding(2) var<storage, read> dy: array<V>;
@group(0) @binding(3) var<storage, read_write> d_gate: array<V>;
@group(0) @binding(4) var<storage, read_write> d_up: array<V>;

@compute @workgroup_size(64)
fn glu_bwd(group: Group, @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group.id, group.count) * 64 + lane;
  if (i >= params.size) { return; }
  let g = gate[i];
  let s = share(g);
  let ds = dy[i] * s;
  d_gate[i] = ds * up[i] * (1.0 + g * (1.0 - s) * slope(g));
  d_up[i] = ds * g;
}

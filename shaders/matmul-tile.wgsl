// Dense matrix products for any shape: a 64×64 tile of the result per workgroup of 256 invocations, 4×4 values each, operands staged
// through 8 KiB of workgroup memory, 16 steps of the summed dimension at a time.
//
//   out[r, c] (+)= alpha · Σ_d A(r, d) · B(d, c)  (+ bias[c]) (+ residual[r, c])
//
//   op   A(r, d)        B(d, c)        TRANSPOSED_A  TRANSPOSED_B
//   NT   x[r, d]        w[c, d]        false         true
//   NN   dy[r, d]       w[d, c]        false         false
//   TN   dy[d, r]       x[d, c]        true          false
//
// a is f32, b in the format that the prelude gives (lib/pack-1, lib/weight-*, lib/bias-*). Sums are f32, in ascending d.
// Grid: [columns / 64, rows / 64, splits]; split s sums its own range of d into the s-th block of `out`.
override TRANSPOSED_A: bool;
override TRANSPOSED_B: bool;

#include "index"
#include "product"

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<W>; // b

var<workgroup> tile_a: array<vec4f, 256>; // [d][r / 4]
var<workgroup> tile_b: array<vec4f, 256>; // [d][c / 4]

fn a_at(r: u32, d: u32, end: u32) -> f32 {
  if (r >= p.rows || d >= end) { return 0; }
  if (TRANSPOSED_A) { return a[d * p.rows + r]; }
  return a[r * p.depth + d];
}

fn b_at(d: u32, c: u32, end: u32) -> f32 {
  if (c >= p.columns || d >= end) { return 0; }
  if (TRANSPOSED_B) { return weight(c * p.depth + d); }
  return weight(d * p.columns + c);
}

@compute @workgroup_size(256)
fn matmul_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let row0 = group.id.y * 64;
  let column0 = group.id.x * 64;
  let start = group.id.z * p.split_depth;
  let end = min(start + p.split_depth, p.depth);
  // neighbouring invocations read neighbouring addresses
  let slot_a = select(vec2u(local % 16, local / 16), vec2u(local / 16, local % 16), TRANSPOSED_A); // (d, r / 4)
  let slot_b = select(vec2u(local / 16, local % 16), vec2u(local % 16, local / 16), TRANSPOSED_B); // (d, c / 4)
  let r = row0 + 4 * slot_a.y;
  let c = column0 + 4 * slot_b.y;
  let y = local / 16;
  let x = local % 16;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var d0 = start; d0 < end; d0 += 16) {
    let da = d0 + slot_a.x;
    let db = d0 + slot_b.x;
    tile_a[slot_a.x * 16 + slot_a.y] = vec4f(a_at(r, da, end), a_at(r + 1, da, end), a_at(r + 2, da, end), a_at(r + 3, da, end));
    tile_b[slot_b.x * 16 + slot_b.y] = vec4f(b_at(db, c, end), b_at(db, c + 1, end), b_at(db, c + 2, end), b_at(db, c + 3, end));
    workgroupBarrier();
    for (var d = 0u; d < 16; d++) {
      let va = tile_a[d * 16 + y];
      let vb = tile_b[d * 16 + x];
      sum0 = fma(vec4f(va.x), vb, sum0);
      sum1 = fma(vec4f(va.y), vb, sum1);
      sum2 = fma(vec4f(va.z), vb, sum2);
      sum3 = fma(vec4f(va.w), vb, sum3);
    }
    workgroupBarrier();
  }
  store4(group.id.z, row0 + 4 * y, column0 + 4 * x, sum0);
  store4(group.id.z, row0 + 4 * y + 1, column0 + 4 * x, sum1);
  store4(group.id.z, row0 + 4 * y + 2, column0 + 4 * x, sum2);
  store4(group.id.z, row0 + 4 * y + 3, column0 + 4 * x, sum3);
}

// Dense matrix products for any shape on GPUs: a 64×64 tile of the result per workgroup of 256 invocations, 4×4 values each, operands
// staged through workgroup memory, 16 steps of the summed dimension at a time.
//
//   out[r, c] (+)= alpha · Σ_d A(r, d) · B(d, c)  (+ bias[c]) (+ residual[r, c])
//
//   op   A(r, d)        B(d, c)        TRANSPOSED_A  TRANSPOSED_B
//   NT   x[r, d]        w[c, d]        0             1
//   NN   dy[r, d]       w[d, c]        0             0
//   TN   dy[d, r]       x[d, c]        1             0
//
// Every invocation fetches four neighbouring elements of A and of B, without a branch around a load: one wait for memory per tile, during which
// the tile before is multiplied. What lies past the last row or column is computed from whatever is there, and not stored; steps past the end
// count as zero (TAIL: there are some). Sums are f32 in ascending d; those of `chunk` steps are added up by themselves first, as in matmul-rows.wgsl, so that a row has
// the same bits by both kernels.
// Grid: [columns / 64, rows / 64, splits]; split s sums its own range of d into the s-th block of `out`. #if is expanded by
// src/kernels/unroll.ts. The prelude gives the format of b.
#include "index"
#include "product"
#include "operands"

const STEPS = 16u;
const PITCH = 68u; // of a step: 16 bytes apart in the memory banks

var<workgroup> tile_a: array<f32, STEPS * PITCH>; // [d][r]
var<workgroup> tile_b: array<f32, STEPS * PITCH>; // [d][c]

@compute @workgroup_size(256)
fn matmul_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let row0 = group.id.y * 64;
  let column0 = group.id.x * 64;
  let start = group.id.z * p.split_depth;
  let end = min(start + p.split_depth, p.depth);
  // What each fetches: four steps of a row, or a step of four rows.
  let along = vec2u(local / 4, local % 4 * 4);
  let across = vec2u(local % 16 * 4, local / 16);
  #if TRANSPOSED_A
  let da = across.y;
  let ra = across.x;
  var at_a = (start + da) * p.rows + row0 + ra;
  let next_a = STEPS * p.rows;
  #end
  #if !TRANSPOSED_A
  let da = along.y;
  let ra = along.x;
  var at_a = (row0 + ra) * p.depth + start + da;
  let next_a = STEPS;
  #end
  #if TRANSPOSED_B
  let db = along.y;
  let cb = along.x;
  var at_b = (column0 + cb) * p.depth + start + db;
  let next_b = STEPS;
  #end
  #if !TRANSPOSED_B
  let db = across.y;
  let cb = across.x;
  var at_b = (start + db) * p.columns + column0 + cb;
  let next_b = STEPS * p.columns;
  #end
  let y = local / 16 % 16; // the second step tells compilers the range, who then load vectors
  let x = local % 16;
  #for r 4
  var sum$r = vec4f();
  var total$r = vec4f();
  #end
  var left = p.chunk;
  var held_a = load_a(at_a);
  var held_b = load_b(at_b);
  for (var d = start; d < end; d += STEPS) {
    #if TAIL
    #if TRANSPOSED_A
    held_a = select(vec4f(), held_a, d + da < end);
    #end
    #if !TRANSPOSED_A
    held_a = select(vec4f(), held_a, d + da + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #if TRANSPOSED_B
    held_b = select(vec4f(), held_b, d + db + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #if !TRANSPOSED_B
    held_b = select(vec4f(), held_b, d + db < end);
    #end
    #end
    #for e 4
    #if TRANSPOSED_A
    tile_a[da * PITCH + ra + $e] = held_a[$e];
    #end
    #if !TRANSPOSED_A
    tile_a[(da + $e) * PITCH + ra] = held_a[$e];
    #end
    #if TRANSPOSED_B
    tile_b[(db + $e) * PITCH + cb] = held_b[$e];
    #end
    #if !TRANSPOSED_B
    tile_b[db * PITCH + cb + $e] = held_b[$e];
    #end
    #end
    workgroupBarrier();
    at_a += next_a;
    at_b += next_b;
    held_a = load_a(at_a);
    held_b = load_b(at_b);
    for (var step = 0u; step < STEPS; step++) {
      let i = step * PITCH + 4 * y;
      let a4 = vec4f(tile_a[i], tile_a[i + 1], tile_a[i + 2], tile_a[i + 3]);
      let j = step * PITCH + 4 * x;
      let b4 = vec4f(tile_b[j], tile_b[j + 1], tile_b[j + 2], tile_b[j + 3]);
      #for r 4
      sum$r = fma(vec4f(a4[$r]), b4, sum$r);
      #end
    }
    left -= STEPS;
    if (left == 0) {
      left = p.chunk;
      #for r 4
      total$r += sum$r;
      sum$r = vec4f();
      #end
    }
    workgroupBarrier();
  }
  #for r 4
  store4(group.id.z, row0 + 4 * y + $r, column0 + 4 * x, total$r + sum$r);
  #end
}

// Dense matrix products for any shape on GPUs: a 64×64 tile of the result per workgroup, 4 × 4 values per invocation (FOURS 1) or two such blocks
// below each other (FOURS 2), operands staged through workgroup memory, 16 steps of the summed dimension at a time.
//
//   out[r, c] (+)= alpha · Σ_d A(r, d) · B(d, c)  (+ bias[c]) (+ residual[r, c])
//
//   op   A(r, d)        B(d, c)        TRANSPOSED_A  TRANSPOSED_B
//   NT   x[r, d]        w[c, d]        0             1
//   NN   dy[r, d]       w[d, c]        0             0
//   TN   dy[d, r]       x[d, c]        1             0
//
// An invocation fetches four neighbouring elements at a time, without a branch around a load: one wait for memory per tile, during which the tile
// before is multiplied. What lies past the last row or column is computed from whatever is there, and not stored; steps past the end count as
// zero (TAIL: there are some). Sums are f32 in ascending d; with CHUNKS those of `chunk` steps are added up by themselves first, as in
// matmul-rows.wgsl, so that a row has the same bits by both kernels.
// Grid: [columns / 64, rows / 64, splits]; split s sums its own range of d into the s-th block of `out`. #for and #if are
// expanded by src/kernels/unroll.ts. The prelude gives the format of b, and DOWN: 16 / FOURS.
#include "index"
#include "product"
#include "operands"

const STEPS = 16u;
const PITCH = 68u; // of a step: 16 bytes apart in the memory banks

var<workgroup> tile_a: array<f32, STEPS * PITCH>; // [d][r]
var<workgroup> tile_b: array<f32, STEPS * PITCH>; // [d][c]

@compute @workgroup_size(16 * DOWN)
fn matmul_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let row0 = group.id.y * 64;
  let column0 = group.id.x * 64;
  let start = group.id.z * p.split_depth;
  let end = min(start + p.split_depth, p.depth);
  // What each fetches first: four steps of a row, or a step of four rows. The last step of `%` tells compilers the range.
  let along = vec2u(local / 4 % 64, local % 4 * 4);
  let across = vec2u(local % 16 * 4, local / 16 % 16);
  #if TRANSPOSED_A
  let da = across.y;
  let ra = across.x;
  var at_a = (start + da) * p.rows + row0 + ra;
  let next_a = STEPS * p.rows;
  let far_a = DOWN * p.rows;
  #end
  #if !TRANSPOSED_A
  let da = along.y;
  let ra = along.x;
  var at_a = (row0 + ra) * p.depth + start + da;
  let next_a = STEPS;
  let far_a = 4 * DOWN * p.depth;
  #end
  #if TRANSPOSED_B
  let db = along.y;
  let cb = along.x;
  var at_b = (column0 + cb) * p.depth + start + db;
  let next_b = STEPS;
  let far_b = 4 * DOWN * p.depth;
  #end
  #if !TRANSPOSED_B
  let db = across.y;
  let cb = across.x;
  var at_b = (start + db) * p.columns + column0 + cb;
  let next_b = STEPS * p.columns;
  let far_b = DOWN * p.columns;
  #end
  let y = local / 16 % DOWN * 4;
  let x = local % 16 * 4;
  #for g FOURS
  #for r 4
  var sum$g$r = vec4f();
  #if CHUNKS
  var total$g$r = vec4f();
  #end
  #end
  #end
  #if CHUNKS
  var left = p.chunk;
  #end
  #for f FOURS
  var held_a$f = load_a(at_a + $f * far_a);
  var held_b$f = load_b(at_b + $f * far_b);
  #end
  for (var d = start; d < end; d += STEPS) {
    #for f FOURS
    #if TAIL
    #if TRANSPOSED_A
    held_a$f = select(vec4f(), held_a$f, d + da + $f * DOWN < end);
    #end
    #if !TRANSPOSED_A
    held_a$f = select(vec4f(), held_a$f, d + da + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #if TRANSPOSED_B
    held_b$f = select(vec4f(), held_b$f, d + db + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #if !TRANSPOSED_B
    held_b$f = select(vec4f(), held_b$f, d + db + $f * DOWN < end);
    #end
    #end
    #for e 4
    #if TRANSPOSED_A
    tile_a[(da + $f * DOWN) % STEPS * PITCH + ra + $e] = held_a$f[$e];
    #end
    #if !TRANSPOSED_A
    tile_a[(da + $e) * PITCH + (ra + $f * (4 * DOWN)) % 64] = held_a$f[$e];
    #end
    #if TRANSPOSED_B
    tile_b[(db + $e) * PITCH + (cb + $f * (4 * DOWN)) % 64] = held_b$f[$e];
    #end
    #if !TRANSPOSED_B
    tile_b[(db + $f * DOWN) % STEPS * PITCH + cb + $e] = held_b$f[$e];
    #end
    #end
    #end
    workgroupBarrier();
    at_a += next_a;
    at_b += next_b;
    #for f FOURS
    held_a$f = load_a(at_a + $f * far_a);
    held_b$f = load_b(at_b + $f * far_b);
    #end
    // The operands of a step are read while those of the step before are multiplied.
    #for g FOURS
    let i$g = y + $g * (4 * DOWN);
    var a$g = vec4f(tile_a[i$g], tile_a[i$g + 1], tile_a[i$g + 2], tile_a[i$g + 3]);
    #end
    var b4 = vec4f(tile_b[x], tile_b[x + 1], tile_b[x + 2], tile_b[x + 3]);
    for (var step = 0u; step < STEPS; step += 4) {
      #for s 4
      let at$s = (step + $s + 1) % STEPS * PITCH;
      #for g FOURS
      let i$s$g = at$s + y + $g * (4 * DOWN);
      let next_a$s$g = vec4f(tile_a[i$s$g], tile_a[i$s$g + 1], tile_a[i$s$g + 2], tile_a[i$s$g + 3]);
      #end
      let j$s = at$s + x;
      let next_b$s = vec4f(tile_b[j$s], tile_b[j$s + 1], tile_b[j$s + 2], tile_b[j$s + 3]);
      #for g FOURS
      #for r 4
      sum$g$r = fma(vec4f(a$g[$r]), b4, sum$g$r);
      #end
      #end
      #for g FOURS
      a$g = next_a$s$g;
      #end
      b4 = next_b$s;
      #end
    }
    #if CHUNKS
    left -= STEPS;
    if (left == 0) {
      left = p.chunk;
      #for g FOURS
      #for r 4
      total$g$r += sum$g$r;
      sum$g$r = vec4f();
      #end
      #end
    }
    #end
    workgroupBarrier();
  }
  #for g FOURS
  #for r 4
  #if CHUNKS
  sum$g$r += total$g$r;
  #end
  store4(group.id.z, row0 + y + $g * (4 * DOWN) + $r, column0 + x, sum$g$r);
  #end
  #end
}

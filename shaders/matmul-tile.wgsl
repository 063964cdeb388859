// Dense matrix products for any shape on GPUs: a tile of HEIGHT × WIDTH values of the result per workgroup, TALL × WIDE parts of it per invocation,
// of 4 × 4 values (with PAIRS 2 × 2) each, operands staged through workgroup memory, STEPS steps of the summed dimension at a time.
//
//   out[r, c] (+)= alpha · Σ_d A(r, d) · B(d, c)  (+ bias[c]) (+ residual[r, c])
//
//   op   A(r, d)        B(d, c)        TRANSPOSED_A  TRANSPOSED_B
//   NT   x[r, d]        w[c, d]        0             1
//   NN   dy[r, d]       w[d, c]        0             0
//   TN   dy[d, r]       x[d, c]        1             0
//
// An invocation fetches four neighbouring elements at a time, without a branch around a load: one wait for memory per tile, during which the tile
// before is multiplied. In workgroup memory step d of a tile begins at d · length + d / 4 · SKEW: the four steps that an invocation fetched of a
// row then lie in banks of their own, and so do those of its neighbours. What lies past the last row or column is computed from whatever is there,
// and not stored; steps past the end count as zero (TAIL: there are some). Sums are f32 in ascending d; with CHUNKS those of `chunk` steps are
// added up by themselves first, as in matmul-rows.wgsl, so that a row has the same bits by both kernels, and by tiles of any size. The sums
// of all chunks are kept in registers (KEEPS), or wait in `out` while those of a chunk are made (PARKS).
// Grid: [columns / WIDTH, rows / HEIGHT, splits]; split s sums its own range of d into the s-th block of `out`. #for and #if are expanded by
// src/kernels/unroll.ts. The prelude gives the format of b, the workgroup's invocations (DOWN × ACROSS), how many of them fetch, HEIGHT, WIDTH and STEPS.
#include "index"
#include "product"
#include "operands"

const SKEW = 128 / STEPS;
const QUAD_A = 4 * HEIGHT + SKEW; // from one four of steps to the next
const QUAD_B = 4 * WIDTH + SKEW;
const FETCHED = FETCHERS * 4; // elements at a time by all who fetch

var<workgroup> tile_a: array<f32, STEPS / 4 * QUAD_A>; // [d][r]
var<workgroup> tile_b: array<f32, STEPS / 4 * QUAD_B>; // [d][c]

#if PAIRS
const PART = 2u;
alias Part = vec2f;
#end
#if !PAIRS
const PART = 4u;
alias Part = vec4f;
#end

@compute @workgroup_size(DOWN * ACROSS)
fn matmul_tile(group: Group, @builtin(local_invocation_index) local: u32) {
  let row0 = group.id.y * HEIGHT;
  let column0 = group.id.x * WIDTH;
  let start = group.id.z * p.split_depth;
  let end = min(start + p.split_depth, p.depth);
  // What each fetches first: four steps of a row, or a step of four rows. The last step of `%` tells compilers the range.
  #if TRANSPOSED_A
  let da = local / (HEIGHT / 4) % STEPS;
  let ra = local % (HEIGHT / 4) * 4;
  var at_a = (start + da) * p.rows + row0 + ra;
  let next_a = STEPS * p.rows;
  let far_a = FETCHED / HEIGHT * p.rows;
  #end
  #if !TRANSPOSED_A
  let da = local % (STEPS / 4) * 4;
  let ra = local / (STEPS / 4) % HEIGHT;
  var at_a = (row0 + ra) * p.depth + start + da;
  let next_a = STEPS;
  let far_a = FETCHED / STEPS * p.depth;
  #end
  #if TRANSPOSED_B
  let db = local % (STEPS / 4) * 4;
  let cb = local / (STEPS / 4) % WIDTH;
  var at_b = (column0 + cb) * p.depth + start + db;
  let next_b = STEPS;
  let far_b = FETCHED / STEPS * p.depth;
  #end
  #if !TRANSPOSED_B
  let db = local / (WIDTH / 4) % STEPS;
  let cb = local % (WIDTH / 4) * 4;
  var at_b = (start + db) * p.columns + column0 + cb;
  let next_b = STEPS * p.columns;
  let far_b = FETCHED / WIDTH * p.columns;
  #end
  let y = local / ACROSS % DOWN * PART;
  let x = local % ACROSS * PART;
  #for g TALL
  #for r PART
  #for h WIDE
  var sum$g$r$h = Part();
  #if KEEPS
  var total$g$r$h = Part();
  #end
  #end
  #end
  #end
  #if CHUNKS
  var left = p.chunk;
  #end
  #for f FETCHES_A
  var held_a$f = load_a(at_a + $f * far_a);
  #end
  #for f FETCHES_B
  var held_b$f = load_b(at_b + $f * far_b);
  #end
  for (var d = start; d < end; d += STEPS) {
    #if SOME_FETCH
    if (local < FETCHERS) {
    #end
    #for f FETCHES_A
    #if TRANSPOSED_A
    let da$f = (da + $f * (FETCHED / HEIGHT)) % STEPS;
    #if TAIL
    held_a$f = select(vec4f(), held_a$f, d + da$f < end);
    #end
    #end
    #if !TRANSPOSED_A
    #if TAIL
    held_a$f = select(vec4f(), held_a$f, d + da + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #end
    #for e 4
    #if TRANSPOSED_A
    tile_a[da$f / 4 * QUAD_A + da$f % 4 * HEIGHT + ra + $e] = held_a$f[$e];
    #end
    #if !TRANSPOSED_A
    tile_a[da / 4 * QUAD_A + $e * HEIGHT + (ra + $f * (FETCHED / STEPS)) % HEIGHT] = held_a$f[$e];
    #end
    #end
    #end
    #for f FETCHES_B
    #if TRANSPOSED_B
    #if TAIL
    held_b$f = select(vec4f(), held_b$f, d + db + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #end
    #if !TRANSPOSED_B
    let db$f = (db + $f * (FETCHED / WIDTH)) % STEPS;
    #if TAIL
    held_b$f = select(vec4f(), held_b$f, d + db$f < end);
    #end
    #end
    #for e 4
    #if TRANSPOSED_B
    tile_b[db / 4 * QUAD_B + $e * WIDTH + (cb + $f * (FETCHED / STEPS)) % WIDTH] = held_b$f[$e];
    #end
    #if !TRANSPOSED_B
    tile_b[db$f / 4 * QUAD_B + db$f % 4 * WIDTH + cb + $e] = held_b$f[$e];
    #end
    #end
    #end
    #if SOME_FETCH
    }
    #end
    workgroupBarrier();
    at_a += next_a;
    at_b += next_b;
    #for f FETCHES_A
    held_a$f = load_a(at_a + $f * far_a);
    #end
    #for f FETCHES_B
    held_b$f = load_b(at_b + $f * far_b);
    #end
    #for g TALL
    let i$g = y + $g * (PART * DOWN);
    #end
    #for h WIDE
    let j$h = x + $h * (PART * ACROSS);
    #end
    // Parts of four of a step are read while those of the step before are multiplied; at the end of a tile for nothing. Pairs leave no registers for that.
    #if !PAIRS
    #for g TALL
    var a$g = vec4f(tile_a[i$g], tile_a[i$g + 1], tile_a[i$g + 2], tile_a[i$g + 3]);
    #end
    #for h WIDE
    var b$h = vec4f(tile_b[j$h], tile_b[j$h + 1], tile_b[j$h + 2], tile_b[j$h + 3]);
    #end
    #end
    for (var quad = 0u; quad < STEPS / 4; quad++) {
      #for s 4
      #if !PAIRS
      let next$s = (quad + ($s + 1) / 4) % (STEPS / 4);
      #for g TALL
      let i$s$g = next$s * QUAD_A + ($s + 1) % 4 * HEIGHT + i$g;
      let next_a$s$g = vec4f(tile_a[i$s$g], tile_a[i$s$g + 1], tile_a[i$s$g + 2], tile_a[i$s$g + 3]);
      #end
      #for h WIDE
      let j$s$h = next$s * QUAD_B + ($s + 1) % 4 * WIDTH + j$h;
      let next_b$s$h = vec4f(tile_b[j$s$h], tile_b[j$s$h + 1], tile_b[j$s$h + 2], tile_b[j$s$h + 3]);
      #end
      #end
      #if PAIRS
      #for g TALL
      let i$s$g = quad * QUAD_A + $s * HEIGHT + i$g;
      let a$s$g = vec2f(tile_a[i$s$g], tile_a[i$s$g + 1]);
      #end
      #for h WIDE
      let j$s$h = quad * QUAD_B + $s * WIDTH + j$h;
      let b$s$h = vec2f(tile_b[j$s$h], tile_b[j$s$h + 1]);
      #end
      #end
      #for g TALL
      #for r PART
      #for h WIDE
      #if !PAIRS
      sum$g$r$h = fma(Part(a$g[$r]), b$h, sum$g$r$h);
      #end
      #if PAIRS
      sum$g$r$h = fma(Part(a$s$g[$r]), b$s$h, sum$g$r$h);
      #end
      #end
      #end
      #end
      #if !PAIRS
      #for g TALL
      a$g = next_a$s$g;
      #end
      #for h WIDE
      b$h = next_b$s$h;
      #end
      #end
      #end
    }
    #if CHUNKS
    left -= STEPS;
    #if KEEPS
    if (left == 0) {
      left = p.chunk;
      #for g TALL
      #for r PART
      #for h WIDE
      total$g$r$h += sum$g$r$h;
      sum$g$r$h = Part();
      #end
      #end
      #end
    }
    #end
    #if PARKS
    // Some rows at a time: stores keep compilers from reading all of them first.
    if (left == 0 && d + STEPS < end) {
      left = p.chunk;
      #for g TALL
      #for r PART
      #for h WIDE
      let total$g$r$h = parked(row0 + y + $g * (PART * DOWN) + $r, column0 + x + $h * (PART * ACROSS), d >= p.chunk) + sum$g$r$h;
      sum$g$r$h = Part();
      #end
      #end
      #for r PART
      #for h WIDE
      park(row0 + y + $g * (PART * DOWN) + $r, column0 + x + $h * (PART * ACROSS), total$g$r$h);
      #end
      #end
      #end
    }
    #end
    #end
    workgroupBarrier();
  }
  #for g TALL
  #for r PART
  #for h WIDE
  #if KEEPS
  sum$g$r$h += total$g$r$h;
  #end
  #if PARKS
  sum$g$r$h += parked(row0 + y + $g * (PART * DOWN) + $r, column0 + x + $h * (PART * ACROSS), p.depth > p.chunk);
  #end
  #if PAIRS
  store2(group.id.z, row0 + y + $g * (PART * DOWN) + $r, column0 + x + $h * (PART * ACROSS), sum$g$r$h);
  #end
  #if !PAIRS
  store4(group.id.z, row0 + y + $g * (PART * DOWN) + $r, column0 + x + $h * (PART * ACROSS), sum$g$r$h);
  #end
  #end
  #end
  #end
}

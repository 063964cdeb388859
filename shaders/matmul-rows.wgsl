// x · wᵀ for few rows on GPUs, as in decoding: many small workgroups, and within each the depth split over its invocations.
//
//   out[r, c] (+)= alpha · Σ_d x[r, d] · w[c, d]  (+ bias[c]) (+ residual[r, c])
//
// A workgroup makes HEIGHT × WIDTH values, an invocation the sums of ROWS × COLUMNS of them over one of the SLICES chunks of the depth. The sums
// of a chunk are in ascending d, and those of all chunks are added in their order: the bits of matmul-tile.wgsl, for any number of rows.
// What lies past the last row or column is computed from whatever is there, and not stored; steps past the end count as zero.
// Grid: [columns / WIDTH, rows / HEIGHT, 1]. #for and #if are expanded by src/kernels/unroll.ts. The prelude gives the names in capitals and the
// format of w.
#include "index"
#include "product"
#include "operands"

const ACROSS = WIDTH / COLUMNS;
const BLOCKS = HEIGHT / ROWS * ACROSS;

var<workgroup> partial: array<f32, SLICES * HEIGHT * WIDTH>;

@compute @workgroup_size(SLICES * BLOCKS)
fn matmul_rows(group: Group, @builtin(local_invocation_index) local: u32) {
  let slice = local / BLOCKS;
  let row = local % BLOCKS / ACROSS * ROWS;
  let column = local % ACROSS * COLUMNS;
  #for r ROWS
  let x$r = (group.id.y * HEIGHT + row + $r) * p.depth;
  #end
  #for c COLUMNS
  let w$c = (group.id.x * WIDTH + column + $c) * p.depth;
  #end
  #for r ROWS
  #for c COLUMNS
  var sum$r_$c = 0.0;
  #end
  #end
  let start = slice * p.chunk;
  let end = min(start + p.chunk, p.depth);
  for (var d = start; d < end; d += 4) {
    #if TAIL
    let inside = d + vec4u(0, 1, 2, 3) < vec4u(end);
    #end
    #for c COLUMNS
    #if TAIL
    let b$c = select(vec4f(), load_b(w$c + d), inside);
    #end
    #if !TAIL
    let b$c = load_b(w$c + d);
    #end
    #end
    #for r ROWS
    #if TAIL
    let a$r = select(vec4f(), load_a(x$r + d), inside);
    #end
    #if !TAIL
    let a$r = load_a(x$r + d);
    #end
    #for e 4
    #for c COLUMNS
    sum$r_$c = fma(a$r[$e], b$c[$e], sum$r_$c);
    #end
    #end
    #end
  }
  #for r ROWS
  #for c COLUMNS
  partial[(slice * HEIGHT + row + $r) * WIDTH + column + $c] = sum$r_$c;
  #end
  #end
  workgroupBarrier();
  for (var i = local; i < HEIGHT * WIDTH; i += SLICES * BLOCKS) {
    var total = 0.0;
    for (var s = 0u; s < SLICES; s++) { total += partial[s * HEIGHT * WIDTH + i]; }
    store1(group.id.y * HEIGHT + i / WIDTH, group.id.x * WIDTH + i % WIDTH, total);
  }
}

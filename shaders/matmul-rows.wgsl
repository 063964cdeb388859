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
#include "rows"

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
#include "rows-sums"
  for (var i = local; i < HEIGHT * WIDTH; i += SLICES * BLOCKS) {
    store1(group.id.y * HEIGHT + i / WIDTH, group.id.x * WIDTH + i % WIDTH, total_of(i));
  }
}

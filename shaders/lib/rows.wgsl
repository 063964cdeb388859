// Products of few rows: how a workgroup shares out its HEIGHT × WIDTH sums over SLICES chunks of the depth, and where it adds the chunks up.
const ACROSS = WIDTH / COLUMNS;
const BLOCKS = HEIGHT / ROWS * ACROSS;

var<workgroup> partial: array<f32, SLICES * HEIGHT * WIDTH>;

// The sum of a cell over all chunks, in their order.
fn total_of(cell: u32) -> f32 {
  var total = 0.0;
  for (var s = 0u; s < SLICES; s++) { total += partial[s * HEIGHT * WIDTH + cell]; }
  return total;
}

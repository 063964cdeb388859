// Matrix products for adapters whose lanes are those of a CPU's vectors: one workgroup is one subgroup, without shared memory or
// barriers. A workgroup makes ROWS × (LANES · 4 · GROUPS) values; every lane has its own columns and all of the rows.
//
//   out[r, c] (+)= alpha · Σ_d A(r, d) · B(d, c)  (+ bias[c]) (+ residual[r, c])
//
//   op   A(r, d)        B(d, c)
//   NT   x[r, d]        w[c, d]
//   NN   dy[r, d]       w[d, c]
//   TN   dy[d, r]       x[d, c]
//
// Four steps of d at a time. With QUAD, each lane loads a quarter of A's 4×4 blocks and quadBroadcast hands them around; without,
// every lane loads all. `load_a`, `load_b` (prelude) give four neighbouring elements from an index in elements, f32 or packed bf16.
// Sums are f32, in ascending d. Rows and columns past the end repeat the last one and are not stored.
// Grid: [columns / (LANES · 4 · GROUPS), rows / ROWS, splits]; split s sums its own range of d into the s-th block of `out`.
// #for and #if are expanded by src/kernels/unroll.ts.
override LANES: u32 = 4;

struct Params {
  rows: u32,
  columns: u32,
  depth: u32,
  split_depth: u32, // range of d per split, a multiple of 4
  stride: u32, // elements from one row of out to the next
  first: u32, // element of out that belongs to [0, 0]
  flags: u32,
  alpha: f32,
}

@group(0) @binding(2) var<storage, read> bias: array<u32>; // f32, or packed bf16
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> p: Params;

@compute @workgroup_size(LANES)
fn matmul_lanes(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row0 = group.y * ROWS;
  let column0 = (group.x * LANES + lane) * (4 * GROUPS);
  let start = group.z * p.split_depth;
  let end = min(start + p.split_depth, p.depth);
  let last_row = p.rows - 1;
  let last_column = p.columns - 1;
#for i in ROW_BLOCKS
#for r in BLOCK
  let row{i}{r} = min(row0 + BLOCK * {i} + {r}, last_row);
#end
#end

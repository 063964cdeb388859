// Dense matrix products on the matrix units of a GPU: a tile of 64 × 64 values of the result per workgroup, operands rounded to f16 on their way
// into workgroup memory, STEPS of the summed dimension at a time, sums in f32.
//
//   out[r, c] (+)= alpha / SCALE · Σ_d f16(SCALE · A(r, d)) · f16(B(d, c))  (+ bias[c]) (+ residual[r, c])
//
//   op   A(r, d)        B(d, c)        TRANSPOSED_A  TRANSPOSED_B
//   NT   x[r, d]        w[c, d]        0             1
//   NN   dy[r, d]       w[d, c]        0             0
//   TN   dy[d, r]       x[d, c]        1             0
//
// SCALE, a power of two, keeps gradients in the range of f16. Operands lie in workgroup memory as they do in their matrices, and a
// unit's load turns them. As in matmul-tile.wgsl: no branch around a load, the next tile is fetched while one is multiplied, what lies past the last
// row or column is not stored, and steps past the end count as zero. The sums' order is the device's.
// Grid: [columns / 64, rows / 64, splits]; split s sums its own range of d into the s-th block of `out`. #for and #if are expanded by
// src/kernels/unroll.ts. The prelude gives the format of b; STEPS, DOWN × ACROSS subgroups of LANES invocations; UNIT_M, UNIT_N,
// UNIT_K of a unit; and SCALE.
#include "index"
#include "product"
#include "operands"

const TILE = 64u;
const FETCHED = 4 * DOWN * ACROSS * LANES; // elements at a time by all
// From one row to the next, in elements: 16 bytes more than a row has, so that eight rows of a unit lie in banks of their own.
#if TRANSPOSED_A
const PITCH_A = TILE + 8;
var<workgroup> tile_a: array<f16, STEPS * PITCH_A>; // [d][r]
#end
#if !TRANSPOSED_A
const PITCH_A = STEPS + 8;
var<workgroup> tile_a: array<f16, TILE * PITCH_A>; // [r][d]
#end
#if TRANSPOSED_B
const PITCH_B = STEPS + 8;
var<workgroup> tile_b: array<f16, TILE * PITCH_B>; // [c][d]
#end
#if !TRANSPOSED_B
const PITCH_B = TILE + 8;
var<workgroup> tile_b: array<f16, STEPS * PITCH_B>; // [d][c]
#end
var<workgroup> sums: array<f32, DOWN * ACROSS * UNIT_M * UNIT_N>; // a unit's of each subgroup

alias Left = subgroup_matrix_left<f16, UNIT_K, UNIT_M>;
alias Right = subgroup_matrix_right<f16, UNIT_N, UNIT_K>;
alias Result = subgroup_matrix_result<f32, UNIT_N, UNIT_M>;

@compute @workgroup_size(DOWN * ACROSS * LANES)
fn matmul_matrix(group: Group, @builtin(local_invocation_index) local: u32, @builtin(subgroup_id) subgroup: u32) {
  let row0 = group.id.y * TILE;
  let column0 = group.id.x * TILE;
  let start = group.id.z * p.split_depth;
  let end = min(start + p.split_depth, p.depth);
  #if TRANSPOSED_A
  let da = local / 16 % (FETCHED / TILE);
  let ra = local % 16 * 4;
  var at_a = (start + da) * p.rows + row0 + ra;
  let next_a = STEPS * p.rows;
  let far_a = FETCHED / TILE * p.rows;
  #end
  #if !TRANSPOSED_A
  let da = local % (STEPS / 4) * 4;
  let ra = local / (STEPS / 4) % (FETCHED / STEPS);
  var at_a = (row0 + ra) * p.depth + start + da;
  let next_a = STEPS;
  let far_a = FETCHED / STEPS * p.depth;
  #end
  #if TRANSPOSED_B
  let db = local % (STEPS / 4) * 4;
  let cb = local / (STEPS / 4) % (FETCHED / STEPS);
  var at_b = (column0 + cb) * p.depth + start + db;
  let next_b = STEPS;
  let far_b = FETCHED / STEPS * p.depth;
  #end
  #if !TRANSPOSED_B
  let db = local / 16 % (FETCHED / TILE);
  let cb = local % 16 * 4;
  var at_b = (start + db) * p.columns + column0 + cb;
  let next_b = STEPS * p.columns;
  let far_b = FETCHED / TILE * p.columns;
  #end
  let y = subgroup / ACROSS * (TILE / DOWN);
  let x = subgroup % ACROSS * (TILE / ACROSS);
  #for r ROWS
  #for c COLUMNS
  var sum$r$c = Result();
  #end
  #end
  #for f FETCHES
  var held_a$f = load_a(at_a + $f * far_a);
  var held_b$f = load_b(at_b + $f * far_b);
  #end
  for (var d = start; d < end; d += STEPS) {
    #for f FETCHES
    #if TAIL
    #if TRANSPOSED_A
    held_a$f = select(vec4f(), held_a$f, d + da + $f * (FETCHED / TILE) < end);
    #end
    #if !TRANSPOSED_A
    held_a$f = select(vec4f(), held_a$f, d + da + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #if TRANSPOSED_B
    held_b$f = select(vec4f(), held_b$f, d + db + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #if !TRANSPOSED_B
    held_b$f = select(vec4f(), held_b$f, d + db + $f * (FETCHED / TILE) < end);
    #end
    #end
    #for e 4
    #if TRANSPOSED_A
    tile_a[(da + $f * (FETCHED / TILE)) * PITCH_A + ra + $e] = f16(SCALE * held_a$f[$e]);
    #end
    #if !TRANSPOSED_A
    tile_a[(ra + $f * (FETCHED / STEPS)) * PITCH_A + da + $e] = f16(SCALE * held_a$f[$e]);
    #end
    #if TRANSPOSED_B
    tile_b[(cb + $f * (FETCHED / STEPS)) * PITCH_B + db + $e] = f16(held_b$f[$e]);
    #end
    #if !TRANSPOSED_B
    tile_b[(db + $f * (FETCHED / TILE)) * PITCH_B + cb + $e] = f16(held_b$f[$e]);
    #end
    #end
    #end
    workgroupBarrier();
    at_a += next_a;
    at_b += next_b;
    #for f FETCHES
    held_a$f = load_a(at_a + $f * far_a);
    held_b$f = load_b(at_b + $f * far_b);
    #end
    for (var k = 0u; k < STEPS; k += UNIT_K) {
      #for r ROWS
      #if TRANSPOSED_A
      let a$r = subgroupMatrixLoad<Left, col_major>(&tile_a, k * PITCH_A + y + $r * UNIT_M, PITCH_A);
      #end
      #if !TRANSPOSED_A
      let a$r = subgroupMatrixLoad<Left, row_major>(&tile_a, (y + $r * UNIT_M) * PITCH_A + k, PITCH_A);
      #end
      #end
      #for c COLUMNS
      #if TRANSPOSED_B
      let b$c = subgroupMatrixLoad<Right, col_major>(&tile_b, (x + $c * UNIT_N) * PITCH_B + k, PITCH_B);
      #end
      #if !TRANSPOSED_B
      let b$c = subgroupMatrixLoad<Right, row_major>(&tile_b, k * PITCH_B + x + $c * UNIT_N, PITCH_B);
      #end
      #for r ROWS
      sum$r$c = subgroupMatrixMultiplyAccumulate(a$r, b$c, sum$r$c);
      #end
      #end
    }
    workgroupBarrier();
  }
  let mine = subgroup * (UNIT_M * UNIT_N);
  #for r ROWS
  #for c COLUMNS
  subgroupMatrixStore<row_major>(&sums, mine, sum$r$c, UNIT_N);
  workgroupBarrier();
  for (var i = local % LANES * 4; i < UNIT_M * UNIT_N; i += 4 * LANES) {
    let four = vec4f(sums[mine + i], sums[mine + i + 1], sums[mine + i + 2], sums[mine + i + 3]);
    store4(group.id.z, row0 + y + $r * UNIT_M + i / UNIT_N, column0 + x + $c * UNIT_N + i % UNIT_N, four / SCALE);
  }
  workgroupBarrier();
  #end
  #end
}

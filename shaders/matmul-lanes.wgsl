// Matrix products for devices whose lanes are those of a CPU's vectors: one workgroup is one subgroup, without shared memory or
// barriers. A workgroup makes (ROW_BLOCKS · BLOCK) × (LANES · 4 · GROUPS) values; every lane has columns of its own, and all the rows.
//
//   out[r, c] (+)= alpha · Σ_d A(r, d) · B(d, c)  (+ bias[c]) (+ residual[r, c])
//
//   op   A(r, d)        B(d, c)        TRANSPOSED_A  TRANSPOSED_B
//   NT   x[r, d]        w[c, d]        0             1
//   NN   dy[r, d]       w[d, c]        0             0
//   TN   dy[d, r]       x[d, c]        1             0
//
// Four steps of d at a time, in vectors of four columns. With QUAD the four lanes of a quad load one vector each of a 4×4 block of A
// and hand it around, with SHARED SHARE lanes of all rows; ALONE, every lane loads all. Sums are f32, in ascending d. What lies past the last row or
// column is computed from whatever is there, and not stored; with TAIL (the depth may be no multiple of 4), steps past the end count as zero. With
// STRIDED one text serves all three orders, in f32: elements are found by the parameters' strides, for devices that load each by itself anyhow.
// Grid: [columns / (LANES · 4 · GROUPS), rows / (ROW_BLOCKS · BLOCK), splits or parts]; split s sums its own range of d into the s-th block of
// `out`; without splits, part s is a product of its own, of the same A. #for and #if are expanded by src/kernels/unroll.ts. The prelude gives
// LANES, the sizes of a tile, and the format of b (lib/pack-1 or lib/pack-4 if aligned, lib/weights).
#include "index"
#include "product"
#include "operands"

@compute @workgroup_size(LANES)
fn matmul_lanes(group: Group, @builtin(local_invocation_index) lane: u32) {
  let row0 = group.id.y * (ROW_BLOCKS * BLOCK);
  let column0 = (group.id.x * LANES + lane) * (4 * GROUPS);
  let part = select(0u, group.id.z, p.split_depth >= p.depth);
  let split = group.id.z - part;
  let b_first = part * p.b_part;
  let start = split * p.split_depth;
  let end = min(start + p.split_depth, p.depth);
  let mine = lane % 4;
  #for i ROW_BLOCKS
  #for r BLOCK
  #for j GROUPS
  var sum$i$r_$j = vec4f();
  #end
  #end
  #end
  #if STRIDED
  let a_row = p.a_row;
  let a_step = p.a_step;
  let b_column = p.b_column;
  let b_step = p.b_step;
  let a_step2 = 2 * a_step;
  let a_step3 = 3 * a_step;
  let b_column2 = 2 * b_column;
  let b_column3 = 3 * b_column;
  #if QUAD
  var a_start = (row0 + mine) * a_row + start * a_step;
  #end
  #if !QUAD
  var a_start = row0 * a_row + start * a_step;
  #end
  #for j GROUPS
  var b_at$j = b_first + (column0 + 4 * $j) * b_column + start * b_step;
  #end
  #end
  for (var d = start; d < end; d += 4) {
    // g$j$e: B(d + e, four columns of group j)
    #if STRIDED
    // Past the end A counts as zero, and B is read at the last step once more: what lies behind it may be no number.
    let inside = d + vec4u(0, 1, 2, 3) < vec4u(end);
    let b_steps = select(vec4u(), vec4u(b_step), d + vec4u(1, 2, 3, 4) < vec4u(end));
    #for j GROUPS
    #for e 4
    let g$j$e = vec4f(weight(b_at$j), weight(b_at$j + b_column), weight(b_at$j + b_column2), weight(b_at$j + b_column3));
    b_at$j += b_steps[$e];
    #end
    let m$j = mat4x4f(g$j0, g$j1, g$j2, g$j3);
    #end
    var a_at = a_start;
    a_start += 4 * a_step;
    #for i ROW_BLOCKS
    {
      // v$r: A(row r of block i, d … d + 3)
      #if QUAD
      let own = select(vec4f(), vec4f(a[a_at], a[a_at + a_step], a[a_at + a_step2], a[a_at + a_step3]), inside);
      a_at += 4 * a_row;
      #for r 4
      let v$r = quadBroadcast(own, $ru);
      #end
      #end
      #if !QUAD
      #for r BLOCK
      let v$r = select(vec4f(), vec4f(a[a_at], a[a_at + a_step], a[a_at + a_step2], a[a_at + a_step3]), inside);
      a_at += a_row;
      #end
      #end
      #for r BLOCK
      #for j GROUPS
      sum$i$r_$j += m$j * v$r;
      #end
      #end
    }
    #end
    #end
    #if !STRIDED
    #for j GROUPS
    #if TRANSPOSED_B
    #for e 4
    #if TAIL
    let b$j$e = select(vec4f(), load_b(b_first + (column0 + (4 * $j + $e)) * p.depth + d), d + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #if !TAIL
    let b$j$e = load_b(b_first + (column0 + (4 * $j + $e)) * p.depth + d);
    #end
    #end
    let m$j = mat4x4f(b$j0, b$j1, b$j2, b$j3);
    #end
    #if !TRANSPOSED_B
    #for e 4
    #if TAIL
    let g$j$e = select(vec4f(), load_b(b_first + (d + $e) * p.columns + column0 + 4 * $j), d + $e < end);
    #end
    #if !TAIL
    let g$j$e = load_b(b_first + (d + $e) * p.columns + column0 + 4 * $j);
    #end
    #end
    let m$j = mat4x4f(g$j0, g$j1, g$j2, g$j3);
    #end
    #end
    #if SHARED
    // A(row i · SHARE + lane, d … d + 3), or four rows of step d + lane % 4
    var owned: array<vec4f, (ROW_BLOCKS * BLOCK + SHARE - 1) / SHARE>;
    #for i SHARES
    #if TRANSPOSED_A
    owned[$i] = select(vec4f(), load_a((d + mine) * p.rows + row0 + SHARE * $i + lane % SHARE / 4 * 4), d + mine < end);
    #end
    #if !TRANSPOSED_A
    #if TAIL
    owned[$i] = select(vec4f(), load_a((row0 + SHARE * $i + lane % SHARE) * p.depth + d), d + vec4u(0, 1, 2, 3) < vec4u(end));
    #end
    #if !TAIL
    owned[$i] = load_a((row0 + SHARE * $i + lane % SHARE) * p.depth + d);
    #end
    #end
    #end
    #end
    #for i ROW_BLOCKS
    {
      // v$r: A(row r of block i, d … d + 3)
      #if SHARED
      #if TRANSPOSED_A
      #for e 4
      let a$e = subgroupBroadcast(owned[4u * $i / SHARE], 4u * $i % SHARE + $e);
      #end
      #for r 4
      let v$r = vec4f(a0[$r], a1[$r], a2[$r], a3[$r]);
      #end
      #end
      #if !TRANSPOSED_A
      #for r 4
      let v$r = subgroupBroadcast(owned[(4u * $i + $r) / SHARE], (4u * $i + $r) % SHARE);
      #end
      #end
      #end
      #if QUAD
      #if TRANSPOSED_A
      #if TAIL
      let own = select(vec4f(), load_a((d + mine) * p.rows + row0 + 4 * $i), d + mine < end);
      #end
      #if !TAIL
      let own = load_a((d + mine) * p.rows + row0 + 4 * $i);
      #end
      #for e 4
      let a$e = quadBroadcast(own, $eu);
      #end
      #for r 4
      let v$r = vec4f(a0[$r], a1[$r], a2[$r], a3[$r]);
      #end
      #end
      #if !TRANSPOSED_A
      #if TAIL
      let own = select(vec4f(), load_a((row0 + 4 * $i + mine) * p.depth + d), d + vec4u(0, 1, 2, 3) < vec4u(end));
      #end
      #if !TAIL
      let own = load_a((row0 + 4 * $i + mine) * p.depth + d);
      #end
      #for r 4
      let v$r = quadBroadcast(own, $ru);
      #end
      #end
      #end
      #if ALONE
      #if TRANSPOSED_A
      #for e 4
      let a$e = select(vec4f(), load_a((d + $e) * p.rows + row0 + BLOCK * $i), d + $e < end);
      #end
      #for r BLOCK
      let v$r = vec4f(a0[$r], a1[$r], a2[$r], a3[$r]);
      #end
      #end
      #if !TRANSPOSED_A
      #for r BLOCK
      #if TAIL
      let v$r = select(vec4f(), load_a((row0 + (BLOCK * $i + $r)) * p.depth + d), d + vec4u(0, 1, 2, 3) < vec4u(end));
      #end
      #if !TAIL
      let v$r = load_a((row0 + (BLOCK * $i + $r)) * p.depth + d);
      #end
      #end
      #end
      #end
      #for r BLOCK
      #for j GROUPS
      #if TRANSPOSED_B
      sum$i$r_$j += v$r * m$j;
      #end
      #if !TRANSPOSED_B
      sum$i$r_$j += m$j * v$r;
      #end
      #end
      #end
    }
    #end
    #end
  }
  #if ONCE
  // One place that stores, for each such takes some drivers several milliseconds to compile; a row's sums are picked, so that all stay in registers.
  let height = min(ROW_BLOCKS * BLOCK, p.rows - row0);
  let left = max(p.columns, column0) - column0;
  var at = place(split, row0, column0) + part * p.out_part;
  for (var r = 0u; r < height; r++) {
    var sums = sum00_0;
    #for i ROW_BLOCKS
    #for r BLOCK
    sums = select(sums, sum$i$r_0, r == BLOCK * $i + $r);
    #end
    #end
    sums *= p.alpha;
    for (var e = 0u; e < min(4u, left); e++) {
      var value = sums[e];
      if (BIAS) { value += bias_at(column0 + e); }
      for (var turn = 0u; turn < p.residual; turn++) { value += residual[at + e]; }
      for (var turn = 0u; turn < p.accumulate; turn++) { value += out[at + e]; }
      out[at + e] = value;
    }
    at += p.stride;
  }
  #end
  #if !ONCE
  // Loops that store, not one piece of text per value: half the time to compile. What is added to the sums decides which of them has turns: software
  // devices run both sides of an `if`, but no loop without turns.
  var tile: array<vec4f, ROW_BLOCKS * BLOCK * GROUPS>;
  #for i ROW_BLOCKS
  #for r BLOCK
  #for j GROUPS
  tile[(BLOCK * $i + $r) * GROUPS + $j] = sum$i$r_$j;
  #end
  #end
  #end
  let height = min(ROW_BLOCKS * BLOCK, p.rows - row0);
  let added = height * p.residual;
  let accumulated = (height - added) * p.accumulate;
  let origin = place(split, row0, column0) + part * p.out_part;
  let stride = p.stride;
  #for j GROUPS
  let left$j = max(p.columns, column0 + 4 * $j) - (column0 + 4 * $j);
  #end
  var at = origin;
  for (var r = 0u; r < height - added - accumulated; r++) {
    #for j GROUPS
    put(at + 4 * $j, left$j, scaled(column0 + 4 * $j, tile[r * GROUPS + $j]));
    #end
    at += stride;
  }
  for (var i = 0u; i < accumulated * GROUPS; i++) {
    let c = 4 * (i & (GROUPS - 1));
    let at = origin + (i >> firstTrailingBit(GROUPS)) * stride + c;
    put(at, max(left0, c) - c, scaled(column0 + c, tile[i]) + vec4f(out[at], out[at + 1], out[at + 2], out[at + 3]));
  }
  for (var i = 0u; i < added * GROUPS; i++) {
    let c = 4 * (i & (GROUPS - 1));
    let at = origin + (i >> firstTrailingBit(GROUPS)) * stride + c;
    var value = scaled(column0 + c, tile[i]) + vec4f(residual[at], residual[at + 1], residual[at + 2], residual[at + 3]);
    for (var turn = 0u; turn < p.accumulate; turn++) { value += vec4f(out[at], out[at + 1], out[at + 2], out[at + 3]); }
    put(at, max(left0, c) - c, value);
  }
  #end
}

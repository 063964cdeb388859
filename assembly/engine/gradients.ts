// The products of the backward pass, sums of outer products: dx = alpha · dy · w (NN) and dw = alpha · dyᵀ · x (TN), or +=.
//
// A share is 16 × 64 of the output, or 64 × 64 where there are many. Strips of both operands are packed so that the inner loop reads two streams without gaps and needs no
// tails; dtypes are decoded on the way. Sums run over blocks of 256 of the depth, then over the blocks, the same for any number of threads.
import { loadSome } from './lanes';
import { Product, finish } from './matmul';
import { at, parts } from './op';
import { decode4, weight } from './weights';

const MOST_ROWS: u32 = 64;
const COLUMNS: u32 = 64;
const DEPTH: u32 = 256;

/** Bytes of scratch: the share's sums, a packed by 4 rows, a strip of b by 8 columns. */
const PACKED_A: usize = 4 * MOST_ROWS * COLUMNS;
const PACKED_B: usize = PACKED_A + 4 * MOST_ROWS * DEPTH;

/** Cuts the product: high shares read b less often, low ones keep more threads busy. */
export function gradientUnits(op: Product): u32 {
  const grid = parts(op.columns, COLUMNS);
  op.unitRows = parts(op.rows, MOST_ROWS) * grid >= 16 ? MOST_ROWS : 16;
  return parts(op.rows, op.unitRows) * grid;
}

/** Four rows of sums by eight columns, over `depth` steps of the packed strips; added to the share's sums. */
function tile(a: usize, b: usize, depth: usize, sums: usize): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  for (const end = a + (depth << 4); a < end; a += 16, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let y = v128.load32_splat(a);
    s00 = f32x4.add(s00, f32x4.mul(y, b0));
    s01 = f32x4.add(s01, f32x4.mul(y, b1));
    y = v128.load32_splat(a, 4);
    s10 = f32x4.add(s10, f32x4.mul(y, b0));
    s11 = f32x4.add(s11, f32x4.mul(y, b1));
    y = v128.load32_splat(a, 8);
    s20 = f32x4.add(s20, f32x4.mul(y, b0));
    s21 = f32x4.add(s21, f32x4.mul(y, b1));
    y = v128.load32_splat(a, 12);
    s30 = f32x4.add(s30, f32x4.mul(y, b0));
    s31 = f32x4.add(s31, f32x4.mul(y, b1));
  }
  Tile.add(sums, s00, s01);
  Tile.add(sums + 4 * COLUMNS, s10, s11);
  Tile.add(sums + 8 * COLUMNS, s20, s21);
  Tile.add(sums + 12 * COLUMNS, s30, s31);
}

class Tile {
  @inline
  static add(to: usize, left: v128, right: v128): void {
    v128.store(to, f32x4.add(v128.load(to), left));
    v128.store(to, f32x4.add(v128.load(to, 16), right), 16);
  }
}

/** Packs [d0, d0 + depth) of four rows from `row` on of aᵀ (a is [depth, rows]) as f32[depth, 4], zeros beyond the last row. */
function packTransposed(op: Product, row: u32, d0: u32, depth: u32, to: usize): void {
  const count = min<u32>(4, op.rows - row);
  let from = at(op.a, d0 * op.rows + row);
  const step = at(0, op.rows);
  for (let d: u32 = 0; d < depth; d++, from += step, to += 16) {
    v128.store(to, count == 4 ? v128.load(from) : loadSome(from, count));
  }
}

/** The same of a itself, [rows, depth]. */
function packRows(op: Product, row: u32, d0: u32, depth: u32, to: usize): void {
  for (let i: u32 = 0; i < 4; i++) {
    let target = at(to, i);
    if (row + i >= op.rows) {
      for (let d: u32 = 0; d < depth; d++, target += 16) store<f32>(target, 0);
    } else {
      let from = at(op.a, (row + i) * op.depth + d0);
      for (let d: u32 = 0; d < depth; d++, target += 16, from += 4) store<f32>(target, load<f32>(from));
    }
  }
}

/** Packs [d0, d0 + depth) of eight columns from `column` on of b, [depth, columns], as f32[depth, 8], zeros beyond the last column. */
function packColumns(op: Product, column: u32, d0: u32, depth: u32, to: usize): void {
  const count = min<u32>(8, op.columns - column);
  let first: usize = <usize>d0 * op.columns + column;
  for (let d: u32 = 0; d < depth; d++, first += op.columns, to += 32) {
    if (count == 8) {
      v128.store(to, decode4(op.b, op.dtype, first));
      v128.store(to, decode4(op.b, op.dtype, first + 4), 16);
    } else {
      for (let j: u32 = 0; j < 8; j++) store<f32>(at(to, j), j < count ? weight(op.b, op.dtype, first + j) : 0);
    }
  }
}

function share(op: Product, unit: u32, scratch: usize, transposed: bool): void {
  const grid = parts(op.columns, COLUMNS);
  const row0 = (unit / grid) * op.unitRows;
  const rows = min(op.unitRows, op.rows - row0);
  const column0 = (unit % grid) * COLUMNS;
  const columns = min(COLUMNS, op.columns - column0);
  const a = scratch + PACKED_A;
  const b = scratch + PACKED_B;
  memory.fill(scratch, 0, PACKED_A);
  for (let d0: u32 = 0; d0 < op.depth; d0 += DEPTH) {
    const depth = min(DEPTH, op.depth - d0);
    for (let r: u32 = 0; r < rows; r += 4) {
      const to = a + at(0, r * DEPTH);
      if (transposed) packTransposed(op, row0 + r, d0, depth, to);
      else packRows(op, row0 + r, d0, depth, to);
    }
    for (let c: u32 = 0; c < columns; c += 8) {
      packColumns(op, column0 + c, d0, depth, b);
      for (let r: u32 = 0; r < rows; r += 4) tile(a + at(0, r * DEPTH), b, depth, at(scratch, r * COLUMNS + c));
    }
  }
  for (let r: u32 = 0; r < rows; r++) {
    for (let c: u32 = 0; c < columns; c += 4) {
      finish(op, row0 + r, column0 + c, min<u32>(4, columns - c), v128.load(at(scratch, r * COLUMNS + c)));
    }
  }
}

/** dx[m, k] = dy[m, n] · w[n, k]: rows m, columns k, depth n. */
export function matmulGradientInput(op: Product, unit: u32, scratch: usize): void {
  share(op, unit, scratch, false);
}

/** dw[n, k] = dyᵀ[n, m] · x[m, k]: rows n, columns k, depth m. */
export function matmulGradientWeight(op: Product, unit: u32, scratch: usize): void {
  share(op, unit, scratch, true);
}

// The products of the backward pass, sums of outer products: dx = alpha · dy · w (NN) and dw = alpha · dyᵀ · x (TN), or +=.
//
// A share is 16 × 64 of the output, or 64 × 64 where there are many. Strips of both operands are packed so that the inner loop reads two streams without gaps and needs no
// tails; dtypes are decoded on the way. Sums run over blocks of 256 of the depth, then over the blocks, the same for any number of threads.
import { Lanes, loadSome } from './lanes';
import { Product, finish } from './matmul';
import { at, parts } from './op';
import { F32, decode } from './weights';

const MOST_ROWS: u32 = 64;
const COLUMNS: u32 = 64;
const DEPTH: u32 = 256;

/** Bytes of a strip of eight columns of b. */
const STRIP: usize = 32 * DEPTH;
/** Places in scratch: the share's sums, a packed by 4 rows, the strips of b, a row of b. */
const PACKED_A: usize = 4 * MOST_ROWS * COLUMNS;
const PACKED_B: usize = PACKED_A + 4 * MOST_ROWS * DEPTH;
const ROW: usize = PACKED_B + 4 * COLUMNS * DEPTH;

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
    s00 = Lanes.madd(s00, y, b0);
    s01 = Lanes.madd(s01, y, b1);
    y = v128.load32_splat(a, 4);
    s10 = Lanes.madd(s10, y, b0);
    s11 = Lanes.madd(s11, y, b1);
    y = v128.load32_splat(a, 8);
    s20 = Lanes.madd(s20, y, b0);
    s21 = Lanes.madd(s21, y, b1);
    y = v128.load32_splat(a, 12);
    s30 = Lanes.madd(s30, y, b0);
    s31 = Lanes.madd(s31, y, b1);
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
  const first = at(op.a, row * op.depth + d0);
  const step = at(0, op.depth);
  const count = min<u32>(4, op.rows - row);
  let d: u32 = 0;
  if (count == 4) {
    for (; d + 4 <= depth; d += 4) {
      const from = at(first, d);
      const x = v128.load(from);
      const y = v128.load(from + step);
      const z = v128.load(from + 2 * step);
      const w = v128.load(from + 3 * step);
      const xy = i32x4.shuffle(x, y, 0, 4, 1, 5);
      const zw = i32x4.shuffle(z, w, 0, 4, 1, 5);
      const xyLast = i32x4.shuffle(x, y, 2, 6, 3, 7);
      const zwLast = i32x4.shuffle(z, w, 2, 6, 3, 7);
      v128.store(to, i64x2.shuffle(xy, zw, 0, 2));
      v128.store(to, i64x2.shuffle(xy, zw, 1, 3), 16);
      v128.store(to, i64x2.shuffle(xyLast, zwLast, 0, 2), 32);
      v128.store(to, i64x2.shuffle(xyLast, zwLast, 1, 3), 48);
      to += 64;
    }
  }
  for (; d < depth; d++, to += 16) {
    for (let i: u32 = 0; i < 4; i++) store<f32>(at(to, i), i < count ? load<f32>(at(first, d) + i * step) : 0);
  }
}

/**
 * Packs [d0, d0 + depth) of `columns` columns from `column` on of b, [depth, columns], as strips f32[DEPTH, 8], with zeros beyond the last
 * column. A row is decoded to `row`.
 */
function packColumns(op: Product, column: u32, columns: u32, d0: u32, depth: u32, to: usize, row: usize): void {
  const whole = columns & ~3;
  for (let d: u32 = 0; d < depth; d++, to += 32) {
    const first: usize = <usize>(d0 + d) * op.columns + column;
    let from = op.b + (first << 2);
    if (op.dtype != F32) {
      decode(op.b, op.dtype, first, columns, row);
      from = row;
    }
    let strip = to;
    let c: u32 = 0;
    for (; c < whole; c += 4, from += 16) {
      v128.store(strip, v128.load(from));
      strip += c & 4 ? STRIP - 16 : 16;
    }
    if (c < columns) {
      v128.store(strip, loadSome(from, columns - c));
      c += 4;
      strip += 16;
    }
    if (c & 4) v128.store(strip, f32x4.splat(0));
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
    packColumns(op, column0, columns, d0, depth, b, scratch + ROW);
    for (let c: u32 = 0; c < columns; c += 8) {
      const strip = b + at(0, c * DEPTH);
      for (let r: u32 = 0; r < rows; r += 4) tile(a + at(0, r * DEPTH), strip, depth, at(scratch, r * COLUMNS + c));
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

// out = alpha · x · wᵀ (+ bias) (+ residual), or += : the forward product of a linear layer, a product of rows.
//
// Each sum runs over the depth four at a time, then over the four lanes, whatever stands beside it: a row has the same bits in a batch of any
// size. Two rows of x by four of w are in registers (8 of the 16 that x64 has). Where there are rows enough, rows of w are woven into panels: one
// stream with fixed offsets, 33 of the 36 GF/s that a core of 3 GHz allows. A lone row is bound by memory: its dots read w as one stream.
import { Lanes, loadSome, storeSome } from './lanes';
import { Op, at, parts } from './op';
import { F32, decode, decode4, weight } from './weights';

/** A product out[rows, columns] over `depth`. Its three kinds differ in how a and b lie: here, and in gradients.ts. */
@unmanaged
export class Product extends Op {
  a: usize;
  b: usize;
  out: usize;
  bias: usize;
  residual: usize;
  rows: u32;
  columns: u32;
  depth: u32;
  /** Elements from one row of `out` and `residual` to the next. */
  stride: u32;
  alpha: f32;
  /** 1: out += */
  accumulate: u32;
  /** Of b and of the bias. */
  dtype: u32;
  biasDtype: u32;
  /** Size of a share, set by `prepare`. */
  unitRows: u32;
  unitColumns: u32;
}

/** Products of one share, for arithmetic and for memory traffic: 5 to 30 µs. */
const UNIT_PRODUCTS: u32 = 1 << 17;
const UNIT_WEIGHTS: u32 = 1 << 15;
/** Weights up to this many elements stay in a core's second cache. */
const CACHED_WEIGHTS: u32 = 1 << 18;

/** Rows of x for which weaving w pays, and bytes of panels that stay in a core's first cache. */
const PANEL_ROWS: u32 = 16;
const PANEL_BYTES: u32 = 1 << 15;

/** Cuts the product into shares of a block of rows by a block of columns: high blocks where weights come from far away, or rows are many. */
export function matmulUnits(op: Product): u32 {
  const rows: u32 = op.columns * op.depth > CACHED_WEIGHTS ? 128 : op.rows >= 512 ? 64 : 16;
  op.unitRows = max<u32>(1, min<u32>(rows, op.rows));
  const columns = min(UNIT_PRODUCTS / (op.unitRows * op.depth + 1), UNIT_WEIGHTS / (op.depth + 1));
  op.unitColumns = max<u32>(16, columns & ~3);
  return parts(op.rows, op.unitRows) * parts(op.columns, op.unitColumns);
}

/** Writes up to four sums from [row, column] on, with what is to be added to them. */
export function finish(op: Product, row: u32, column: u32, count: u32, sums: v128): void {
  const place = row * op.stride + column;
  let value = f32x4.mul(sums, f32x4.splat(op.alpha));
  if (count == 4) {
    if (op.bias) value = f32x4.add(value, decode4(op.bias, op.biasDtype, column));
    if (op.residual) value = f32x4.add(value, v128.load(at(op.residual, place)));
    if (op.accumulate) value = f32x4.add(value, v128.load(at(op.out, place)));
    return v128.store(at(op.out, place), value);
  }
  if (op.bias) {
    const last = count - 1;
    let bias = f32x4.splat(weight(op.bias, op.biasDtype, column));
    bias = f32x4.replace_lane(bias, 1, weight(op.bias, op.biasDtype, column + min<u32>(1, last)));
    bias = f32x4.replace_lane(bias, 2, weight(op.bias, op.biasDtype, column + last));
    value = f32x4.add(value, bias);
  }
  if (op.residual) value = f32x4.add(value, loadSome(at(op.residual, place), count));
  if (op.accumulate) value = f32x4.add(value, loadSome(at(op.out, place), count));
  storeSome(at(op.out, place), value, count);
}

/** Two rows of x by four of w, whose `depth` is a multiple of 4. */
function pair(
  op: Product,
  depth: usize,
  x0: usize,
  x1: usize,
  w0: usize,
  w1: usize,
  w2: usize,
  w3: usize,
  row: u32,
  column: u32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  const end = depth << 2;
  for (let k: usize = 0; k < end; k += 16) {
    const x = v128.load(x0 + k);
    const y = v128.load(x1 + k);
    let w = v128.load(w0 + k);
    a0 = Lanes.madd(a0, x, w);
    b0 = Lanes.madd(b0, y, w);
    w = v128.load(w1 + k);
    a1 = Lanes.madd(a1, x, w);
    b1 = Lanes.madd(b1, y, w);
    w = v128.load(w2 + k);
    a2 = Lanes.madd(a2, x, w);
    b2 = Lanes.madd(b2, y, w);
    w = v128.load(w3 + k);
    a3 = Lanes.madd(a3, x, w);
    b3 = Lanes.madd(b3, y, w);
  }
  const count = min<u32>(4, op.columns - column);
  finish(op, row, column, count, Lanes.sums(a0, a1, a2, a3));
  finish(op, row + 1, column, count, Lanes.sums(b0, b1, b2, b3));
}

/** Row `r` of a [rows, width] matrix as f32 with a multiple of 4 elements: where it lies, if it may, else decoded to `to`. */
function rowOf(base: usize, dtype: u32, r: u32, width: u32, to: usize): usize {
  const first = <usize>r * width;
  if (dtype == F32 && (width & 3) == 0) return base + (first << 2);
  decode(base, dtype, first, width, to);
  for (let k = width; k & 3; k++) store<f32>(at(to, k), 0);
  return to;
}

/** Puts a row into a panel of four, f32[depth / 4][4 rows][4]. */
function weave(row: usize, depth: usize, to: usize): void {
  for (const end = row + (depth << 2); row < end; row += 16, to += 64) v128.store(to, v128.load(row));
}

/** {@link pair} with the rows of w in a panel: the same sums in the same order, a quarter faster. */
function pairOfPanel(op: Product, depth: usize, x0: usize, x1: usize, panel: usize, row: u32, column: u32): void {
  const zero = f32x4.splat(0);
  let s0 = zero;
  let s1 = zero;
  let s2 = zero;
  let s3 = zero;
  let t0 = zero;
  let t1 = zero;
  let t2 = zero;
  let t3 = zero;
  let left = x0;
  let right = x1;
  for (const end = panel + (depth << 4); panel < end; panel += 64) {
    const x = v128.load(left);
    const y = v128.load(right);
    let w = v128.load(panel);
    s0 = Lanes.madd(s0, x, w);
    t0 = Lanes.madd(t0, y, w);
    w = v128.load(panel, 16);
    s1 = Lanes.madd(s1, x, w);
    t1 = Lanes.madd(t1, y, w);
    w = v128.load(panel, 32);
    s2 = Lanes.madd(s2, x, w);
    t2 = Lanes.madd(t2, y, w);
    w = v128.load(panel, 48);
    s3 = Lanes.madd(s3, x, w);
    t3 = Lanes.madd(t3, y, w);
    left += 16;
    right += 16;
  }
  const count = min<u32>(4, op.columns - column);
  finish(op, row, column, count, Lanes.sums(s0, s1, s2, s3));
  if (x1 != x0) finish(op, row + 1, column, count, Lanes.sums(t0, t1, t2, t3));
}

/**
 * The products of a row of x and one of w, lane by lane. Rows of w that a lone row of x meets one after the other come from memory at twice the
 * rate of four at once: processors foresee one stream. Written out four times, which is three times as fast as a loop of one.
 */
function dot(x: usize, w: usize, depth: usize): v128 {
  let sums = f32x4.splat(0);
  const end = x + (depth << 2);
  for (const most = x + ((depth << 2) & ~63); x < most; x += 64, w += 64) {
    sums = Lanes.madd(sums, v128.load(x), v128.load(w));
    sums = Lanes.madd(sums, v128.load(x, 16), v128.load(w, 16));
    sums = Lanes.madd(sums, v128.load(x, 32), v128.load(w, 32));
    sums = Lanes.madd(sums, v128.load(x, 48), v128.load(w, 48));
  }
  for (; x < end; x += 16, w += 16) sums = Lanes.madd(sums, v128.load(x), v128.load(w));
  return sums;
}

/** Brings bytes into the first cache, as one stream; gives what nobody needs, so that the loads stay. */
function touch(from: usize, bytes: usize): v128 {
  let seen = i32x4.splat(0);
  for (const end = from + bytes; from < end; from += 64) seen = v128.or(seen, v128.load(from));
  return seen;
}

/** A block of few rows: four rows of w stay in the first cache while those of x pass. */
function matmulOfFew(op: Product, row0: u32, row1: u32, column0: u32, column1: u32, scratch: usize): void {
  const last = op.columns - 1;
  const depth: usize = (op.depth + 3) & ~3;
  const space = depth << 2;
  const x = scratch + 4 * space;
  for (let c = column0; c < column1; c += 4) {
    const w0 = rowOf(op.b, op.dtype, c, op.depth, scratch);
    const w1 = rowOf(op.b, op.dtype, min(c + 1, last), op.depth, scratch + space);
    const w2 = rowOf(op.b, op.dtype, min(c + 2, last), op.depth, scratch + 2 * space);
    const w3 = rowOf(op.b, op.dtype, min(c + 3, last), op.depth, scratch + 3 * space);
    if (row1 - row0 > 1) v128.store(x + 2 * space, touch(w0, w3 - w0 + space));
    for (let r = row0; r < row1; r += 2) {
      const x0 = rowOf(op.a, F32, r, op.depth, x);
      if (r + 1 < row1) {
        pair(op, depth, x0, rowOf(op.a, F32, r + 1, op.depth, x + space), w0, w1, w2, w3, r, c);
      } else {
        const sums = Lanes.sums(dot(x0, w0, depth), dot(x0, w1, depth), dot(x0, w2, depth), dot(x0, w3, depth));
        finish(op, r, c, min<u32>(4, op.columns - c), sums);
      }
    }
  }
}

/** A share. In one of many rows, some panels stay in the first cache while those of x pass. */
export function matmul(op: Product, unit: u32, scratch: usize): void {
  const grid = parts(op.columns, op.unitColumns);
  const row0 = (unit / grid) * op.unitRows;
  const row1 = min(row0 + op.unitRows, op.rows);
  const column0 = (unit % grid) * op.unitColumns;
  const column1 = min(column0 + op.unitColumns, op.columns);
  if (row1 - row0 < PANEL_ROWS) return matmulOfFew(op, row0, row1, column0, column1, scratch);
  const last = op.columns - 1;
  const depth: usize = (op.depth + 3) & ~3;
  const space = depth << 2;
  const panels = scratch + 3 * space;
  const most = max<u32>(4, (PANEL_BYTES / <u32>space) & ~3);
  for (let c = column0; c < column1; c += most) {
    const end = min(c + most, column1);
    for (let j = c; j < ((end + 3) & ~3); j++) {
      const k = j - c;
      weave(rowOf(op.b, op.dtype, min(j, last), op.depth, scratch), depth, panels + (k >> 2) * (space << 2) + ((k & 3) << 4));
    }
    for (let r = row0; r < row1; r += 2) {
      const x0 = rowOf(op.a, F32, r, op.depth, scratch + space);
      const x1 = r + 1 < row1 ? rowOf(op.a, F32, r + 1, op.depth, scratch + 2 * space) : x0;
      for (let j = c, panel = panels; j < end; j += 4, panel += space << 2) pairOfPanel(op, depth, x0, x1, panel, r, j);
    }
  }
}

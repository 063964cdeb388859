// Attention of one new query per slot over cached keys and values, by the arithmetic of packed attention in its order (attention.ts): the same
// blocks of keys, the same sums. A share is a slot where there are many, so that whole rows of the cache are read, one after the other as they
// lie; else it is a slot and a key head. Up to three query heads that read one key head go together, so that a key is loaded once for them.
import {
  addRows,
  AFTER_SCORES,
  Attention,
  beginRows,
  finishRows,
  firstBlock,
  KEYS,
  K_ROWS,
  O_ROWS,
  Q_ROWS,
  ROWS,
  scaleRow,
  SCORES,
  soften,
  V_ROWS,
} from './attention';
import { HALF, Stored } from './half';
import { Lanes } from './lanes';
import { at } from './op';
import { F16 } from './weights';

@unmanaged
export class CachedAttention extends Attention {
  /** u32[slots, maxContext]: cache row of every position. */
  kvIndex: usize;
  /** u32[slots]; 0: the slot's o becomes 0. */
  contextLength: usize;
  maxContext: u32;
  /** Of k and v: F32 or F16. */
  dtype: u32;
}

/** So many slots are enough for all threads. */
const MANY: u32 = 8;
/** Rows of the cache that are fetched before they are used, and values that all heads take before the next ones. */
const FETCHED: u32 = 32;
const VALUES: u32 = 8;
/** Bytes from one row of scores to the next. */
const NEXT: usize = 4 * KEYS;

/** Scratch: where the cache's rows of a block begin and, of each row, where its key head begins there, in bytes; heads that go together from it on. */
const PLACES: usize = K_ROWS;
const HEAD_PLACES: usize = V_ROWS;
const TOGETHER: usize = AFTER_SCORES;
const SINK: usize = TOGETHER + 4 * ROWS;
/** Queries, scaled. */
const COPIES: usize = SINK + 16;

function sharesOf(op: CachedAttention): u32 {
  return op.tokens < MANY ? op.kvHeads : 1;
}

export function cachedUnits(op: CachedAttention): u32 {
  return op.tokens * sharesOf(op);
}

export function cachedAttention(op: CachedAttention, unit: u32, scratch: usize): void {
  const shares = sharesOf(op);
  const slot = unit / shares;
  const heads = op.heads / shares;
  const end = ((unit % shares) + 1) * heads;
  const count = load<u32>(at(op.contextLength, slot));
  for (let h = end - heads; h < end; h += ROWS) {
    const rows = addRows(op, slot, h, min(h + ROWS, end), count, 0, scratch);
    const index = at(op.kvIndex, slot * op.maxContext);
    if (op.dtype == F16) {
      groupHeads<u16>(op, h, rows, scratch);
      attend<u16>(op, rows, count, index, scratch);
    } else {
      groupHeads<f32>(op, h, rows, scratch);
      attend<f32>(op, rows, count, index, scratch);
    }
  }
}

/** Fills the tables of where the key heads of the heads from `first` on begin, and of how many go together: four are two and two. */
function groupHeads<T>(op: CachedAttention, first: u32, rows: u32, scratch: usize): void {
  const group = op.heads / op.kvHeads;
  for (let r: u32 = 0; r < rows; r++) {
    store<usize>(at(scratch + HEAD_PLACES, r), Stored.bytes<T>(((first + r) / group) * op.headDim));
    const left = min(rows - r, group - ((first + r) % group));
    store<u32>(at(scratch + TOGETHER, r), left == 4 ? 2 : min<u32>(left, 3));
  }
}

/** Attention of as many heads as there are `rows` over the rows in `index`. The tables of heads and limits are filled. */
function attend<T>(op: CachedAttention, rows: u32, count: u32, index: usize, scratch: usize): void {
  const width = op.headDim;
  if (sizeof<T>() == 2) scaleQueries(rows, width, scratch);
  beginRows(rows, width, scratch);
  for (let j0 = firstBlock(op, scratch); j0 < count; j0 += KEYS) {
    const keys = min(KEYS, count - j0);
    const seen = (keys + 3) & ~3;
    findRows<T>(op, at(index, j0), keys, seen, scratch);
    for (let j: u32 = 0; j < seen; j += 4) {
      if (j % FETCHED == 0) fetch<T>(op, op.k, rows, j, min(FETCHED, seen - j), scratch);
      scoreKeys<T>(op, rows, j, scratch);
    }
    for (let r: u32 = 0; r < rows; r++) {
      soften(op, r, j0, seen, scratch);
      if (sizeof<T>() == 2) scaleRow(scratch + SCORES + <usize>r * NEXT, HALF, seen);
    }
    for (let j: u32 = 0; j < keys; j += VALUES) {
      if (j % FETCHED == 0) fetch<T>(op, op.v, rows, j, min(FETCHED, keys - j), scratch);
      addValues<T>(op, rows, j, min(VALUES, keys - j), scratch);
    }
  }
  finishRows(rows, width, scratch);
}

/** Puts scaled copies in the place of the queries. */
function scaleQueries(rows: u32, width: u32, scratch: usize): void {
  const to = scratch + COPIES;
  memory.copy(to, load<usize>(scratch + Q_ROWS), at(0, rows * width));
  scaleRow(to, HALF, rows * width);
  for (let r: u32 = 0; r < rows; r++) store<usize>(at(scratch + Q_ROWS, r), at(to, r * width));
}

/** Finds the rows of `keys` positions; the last is repeated up to `seen`. */
function findRows<T>(op: CachedAttention, index: usize, keys: u32, seen: u32, scratch: usize): void {
  const step = Stored.bytes<T>(op.kvHeads * op.headDim);
  for (let j: u32 = 0; j < seen; j++) {
    store<usize>(at(scratch + PLACES, j), <usize>load<u32>(at(index, min(j, keys - 1))) * step);
  }
}

/** Touches what heads read of `count` rows, line by line: memory is fastest in order, and knows nothing of the arithmetic that comes after. */
function fetch<T>(op: CachedAttention, base: usize, rows: u32, j: u32, count: u32, scratch: usize): void {
  const from = load<usize>(scratch + HEAD_PLACES);
  const start = base + from;
  const bytes = load<usize>(at(scratch + HEAD_PLACES, rows - 1)) + Stored.bytes<T>(op.headDim) - from;
  let sum: u32 = 0;
  for (let i = j; i < j + count; i++) {
    const row = start + load<usize>(at(scratch + PLACES, i));
    let line = row;
    for (const end = row + bytes; line + 256 <= end; line += 256) {
      sum |= load<u32>(line) | load<u32>(line, 64) | load<u32>(line, 128) | load<u32>(line, 192);
    }
    for (; line < row + bytes; line += 64) sum |= load<u32>(line);
  }
  store<u32>(scratch + SINK, sum);
}

/** Scores of all heads with the keys j … j + 3 of a block. */
function scoreKeys<T>(op: CachedAttention, rows: u32, j: u32, scratch: usize): void {
  const width = op.headDim;
  for (let r: u32 = 0, n: u32 = 0; r < rows; r += n) {
    n = load<u32>(at(scratch + TOGETHER, r));
    const base = op.k + load<usize>(at(scratch + HEAD_PLACES, r));
    const k0 = base + load<usize>(at(scratch + PLACES, j));
    const k1 = base + load<usize>(at(scratch + PLACES, j), 4);
    const k2 = base + load<usize>(at(scratch + PLACES, j), 8);
    const k3 = base + load<usize>(at(scratch + PLACES, j), 12);
    const q = load<usize>(at(scratch + Q_ROWS, r));
    const to = scratch + SCORES + <usize>r * NEXT + at(0, j);
    if (n == 3) {
      dots3<T>(q, k0, k1, width, to);
      dots3<T>(q, k2, k3, width, to + 8);
    } else if (n == 2) dots2<T>(q, k0, k1, k2, k3, width, to);
    else dots1<T>(q, k0, k1, k2, k3, width, to);
    if (width & 3) {
      for (let i: u32 = 0; i < n; i++) dotsRest<T>(at(q, i * width), k0, k1, k2, k3, width & ~3, to + <usize>i * NEXT);
    }
  }
}

/** Products of three neighbouring queries with two keys. */
function dots3<T>(x0: usize, k0: usize, k1: usize, width: u32, to: usize): void {
  let x1 = at(x0, width);
  let x2 = at(x1, width);
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  for (
    const end = at(x0, width & ~3);
    x0 < end;
    x0 += 16, x1 += 16, x2 += 16, k0 += Stored.bytes<T>(4), k1 += Stored.bytes<T>(4)
  ) {
    const y = Stored.four<T>(k0);
    const z = Stored.four<T>(k1);
    let x = v128.load(x0);
    a0 = f32x4.add(a0, f32x4.mul(x, y));
    a1 = f32x4.add(a1, f32x4.mul(x, z));
    x = v128.load(x1);
    b0 = f32x4.add(b0, f32x4.mul(x, y));
    b1 = f32x4.add(b1, f32x4.mul(x, z));
    x = v128.load(x2);
    c0 = f32x4.add(c0, f32x4.mul(x, y));
    c1 = f32x4.add(c1, f32x4.mul(x, z));
  }
  const ab = Lanes.sums(a0, a1, b0, b1);
  v128.store_lane<f64>(to, ab, 0);
  v128.store_lane<f64>(to, ab, 1, NEXT);
  v128.store_lane<f64>(to, Lanes.sums(c0, c1, c0, c1), 0, 2 * NEXT);
}

/** Products of two neighbouring queries with four keys. */
function dots2<T>(x0: usize, k0: usize, k1: usize, k2: usize, k3: usize, width: u32, to: usize): void {
  let x1 = at(x0, width);
  let a0 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  for (
    const end = at(x0, width & ~3);
    x0 < end;
    x0 += 16, x1 += 16, k0 += Stored.bytes<T>(4), k1 += Stored.bytes<T>(4), k2 += Stored.bytes<T>(4), k3 += Stored.bytes<T>(4)
  ) {
    const x = v128.load(x0);
    const y = v128.load(x1);
    let k = Stored.four<T>(k0);
    a0 = f32x4.add(a0, f32x4.mul(x, k));
    b0 = f32x4.add(b0, f32x4.mul(y, k));
    k = Stored.four<T>(k1);
    a1 = f32x4.add(a1, f32x4.mul(x, k));
    b1 = f32x4.add(b1, f32x4.mul(y, k));
    k = Stored.four<T>(k2);
    a2 = f32x4.add(a2, f32x4.mul(x, k));
    b2 = f32x4.add(b2, f32x4.mul(y, k));
    k = Stored.four<T>(k3);
    a3 = f32x4.add(a3, f32x4.mul(x, k));
    b3 = f32x4.add(b3, f32x4.mul(y, k));
  }
  v128.store(to, Lanes.sums(a0, a1, a2, a3));
  v128.store(to, Lanes.sums(b0, b1, b2, b3), NEXT);
}

/** Products of a query with four keys. */
function dots1<T>(x: usize, k0: usize, k1: usize, k2: usize, k3: usize, width: u32, to: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  for (
    const end = at(x, width & ~3);
    x < end;
    x += 16, k0 += Stored.bytes<T>(4), k1 += Stored.bytes<T>(4), k2 += Stored.bytes<T>(4), k3 += Stored.bytes<T>(4)
  ) {
    const y = v128.load(x);
    a0 = f32x4.add(a0, f32x4.mul(y, Stored.four<T>(k0)));
    a1 = f32x4.add(a1, f32x4.mul(y, Stored.four<T>(k1)));
    a2 = f32x4.add(a2, f32x4.mul(y, Stored.four<T>(k2)));
    a3 = f32x4.add(a3, f32x4.mul(y, Stored.four<T>(k3)));
  }
  v128.store(to, Lanes.sums(a0, a1, a2, a3));
}

/** Adds what the last two elements of a query and four keys give, those from element `from` on. */
function dotsRest<T>(x: usize, k0: usize, k1: usize, k2: usize, k3: usize, from: u32, to: usize): void {
  const a = load<f32>(at(x, from));
  const b = load<f32>(at(x, from), 4);
  store<f32>(to, load<f32>(to) + (a * Stored.one<T>(k0, from) + b * Stored.one<T>(k0, from + 1)));
  store<f32>(to, load<f32>(to, 4) + (a * Stored.one<T>(k1, from) + b * Stored.one<T>(k1, from + 1)), 4);
  store<f32>(to, load<f32>(to, 8) + (a * Stored.one<T>(k2, from) + b * Stored.one<T>(k2, from + 1)), 8);
  store<f32>(to, load<f32>(to, 12) + (a * Stored.one<T>(k3, from) + b * Stored.one<T>(k3, from + 1)), 12);
}

/** Adds `count` values from j on to the sums of all heads, weighted. */
function addValues<T>(op: CachedAttention, rows: u32, j: u32, count: u32, scratch: usize): void {
  const width = op.headDim;
  const table = at(scratch + PLACES, j);
  const end = at(table, count);
  for (let r: u32 = 0, n: u32 = 0; r < rows; r += n) {
    n = load<u32>(at(scratch + TOGETHER, r));
    const base = op.v + load<usize>(at(scratch + HEAD_PLACES, r));
    const y = load<usize>(at(scratch + O_ROWS, r));
    const p = scratch + SCORES + <usize>r * NEXT + at(0, j);
    const done = n == 3 ? mix3<T>(y, p, base, table, end, width) : n == 2 ? mix2<T>(y, p, base, table, end, width) : 0;
    for (let i: u32 = 0; i < n; i++) mix1<T>(at(y, i * width), p + <usize>i * NEXT, base, table, end, done, width);
  }
}

/** y += Σ_j p[j] · row(j) for three neighbouring rows, over whole groups of 8 elements. @returns how many elements */
function mix3<T>(y0: usize, p: usize, base: usize, table: usize, end: usize, width: u32): u32 {
  let y1 = at(y0, width);
  let y2 = at(y1, width);
  for (const stop = at(y0, width & ~7); y0 < stop; y0 += 32, y1 += 32, y2 += 32, base += Stored.bytes<T>(8)) {
    let a0 = v128.load(y0);
    let a1 = v128.load(y0, 16);
    let b0 = v128.load(y1);
    let b1 = v128.load(y1, 16);
    let c0 = v128.load(y2);
    let c1 = v128.load(y2, 16);
    let q = p;
    for (let j = table; j < end; j += 4, q += 4) {
      const row = base + load<usize>(j);
      const v = Stored.four<T>(row);
      const w = Stored.fourAt4<T>(row);
      let x = v128.load32_splat(q);
      a0 = f32x4.add(a0, f32x4.mul(x, v));
      a1 = f32x4.add(a1, f32x4.mul(x, w));
      x = v128.load32_splat(q, NEXT);
      b0 = f32x4.add(b0, f32x4.mul(x, v));
      b1 = f32x4.add(b1, f32x4.mul(x, w));
      x = v128.load32_splat(q, 2 * NEXT);
      c0 = f32x4.add(c0, f32x4.mul(x, v));
      c1 = f32x4.add(c1, f32x4.mul(x, w));
    }
    v128.store(y0, a0);
    v128.store(y0, a1, 16);
    v128.store(y1, b0);
    v128.store(y1, b1, 16);
    v128.store(y2, c0);
    v128.store(y2, c1, 16);
  }
  return width & ~7;
}

/** The same for two, over whole groups of 16. */
function mix2<T>(y0: usize, p: usize, base: usize, table: usize, end: usize, width: u32): u32 {
  let y1 = at(y0, width);
  for (const stop = at(y0, width & ~15); y0 < stop; y0 += 64, y1 += 64, base += Stored.bytes<T>(16)) {
    let a0 = v128.load(y0);
    let a1 = v128.load(y0, 16);
    let a2 = v128.load(y0, 32);
    let a3 = v128.load(y0, 48);
    let b0 = v128.load(y1);
    let b1 = v128.load(y1, 16);
    let b2 = v128.load(y1, 32);
    let b3 = v128.load(y1, 48);
    let q = p;
    for (let j = table; j < end; j += 4, q += 4) {
      const row = base + load<usize>(j);
      const x = v128.load32_splat(q);
      const z = v128.load32_splat(q, NEXT);
      let v = Stored.four<T>(row);
      a0 = f32x4.add(a0, f32x4.mul(x, v));
      b0 = f32x4.add(b0, f32x4.mul(z, v));
      v = Stored.fourAt4<T>(row);
      a1 = f32x4.add(a1, f32x4.mul(x, v));
      b1 = f32x4.add(b1, f32x4.mul(z, v));
      v = Stored.fourAt8<T>(row);
      a2 = f32x4.add(a2, f32x4.mul(x, v));
      b2 = f32x4.add(b2, f32x4.mul(z, v));
      v = Stored.fourAt12<T>(row);
      a3 = f32x4.add(a3, f32x4.mul(x, v));
      b3 = f32x4.add(b3, f32x4.mul(z, v));
    }
    v128.store(y0, a0);
    v128.store(y0, a1, 16);
    v128.store(y0, a2, 32);
    v128.store(y0, a3, 48);
    v128.store(y1, b0);
    v128.store(y1, b1, 16);
    v128.store(y1, b2, 32);
    v128.store(y1, b3, 48);
  }
  return width & ~15;
}

/** The same for one row, from element `c` on. */
function mix1<T>(y: usize, p: usize, base: usize, table: usize, end: usize, c: u32, width: u32): void {
  for (; c + 16 <= width; c += 16) {
    const to = at(y, c);
    let a0 = v128.load(to);
    let a1 = v128.load(to, 16);
    let a2 = v128.load(to, 32);
    let a3 = v128.load(to, 48);
    let q = p;
    for (let j = table; j < end; j += 4, q += 4) {
      const row = base + load<usize>(j) + Stored.bytes<T>(c);
      const x = v128.load32_splat(q);
      a0 = f32x4.add(a0, f32x4.mul(x, Stored.four<T>(row)));
      a1 = f32x4.add(a1, f32x4.mul(x, Stored.fourAt4<T>(row)));
      a2 = f32x4.add(a2, f32x4.mul(x, Stored.fourAt8<T>(row)));
      a3 = f32x4.add(a3, f32x4.mul(x, Stored.fourAt12<T>(row)));
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, a2, 32);
    v128.store(to, a3, 48);
  }
  for (; c + 4 <= width; c += 4) {
    let a = v128.load(at(y, c));
    let q = p;
    for (let j = table; j < end; j += 4, q += 4) {
      a = f32x4.add(a, f32x4.mul(v128.load32_splat(q), Stored.four<T>(base + load<usize>(j) + Stored.bytes<T>(c))));
    }
    v128.store(at(y, c), a);
  }
  for (; c < width; c++) {
    let a = load<f32>(at(y, c));
    let q = p;
    for (let j = table; j < end; j += 4, q += 4) a += load<f32>(q) * Stored.one<T>(base + load<usize>(j), c);
    store<f32>(at(y, c), a);
  }
}

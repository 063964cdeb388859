// Attention of one new query per slot over cached keys and values, by the arithmetic of packed attention in its order (attention.ts): the same
// blocks of keys, the same sums. A share is a slot where there are many, so that whole rows of the cache are read, one after the other as they
// lie; else it is a slot and a key head. Up to three query heads that read one key head go together, so that a key is loaded once for them. What they
// read beside it is woven into one stream with fixed offsets each: few instructions beside the arithmetic.
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
/** Rows of the cache that are fetched before they are used, by all heads. */
const FETCHED: u32 = 32;
/** Bytes from one row of scores to the next. */
const NEXT: usize = 4 * KEYS;

/** Scratch: where the cache's rows of a block begin and, of each row, where its key head begins there, in bytes; heads that go together from it on. */
const PLACES: usize = K_ROWS;
const HEAD_PLACES: usize = V_ROWS;
const TOGETHER: usize = AFTER_SCORES;
const SINK: usize = TOGETHER + 4 * ROWS;
/** Per key of those fetched, its weights for up to three heads, then the address of its value. */
const WEIGHED: usize = SINK + 16;
/** Queries, scaled where keys are in f16; those that go together are woven by fours of their elements. */
const WOVEN: usize = WEIGHED + 16 * FETCHED;

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
  weaveQueries<T>(rows, width, scratch);
  beginRows(rows, width, scratch);
  for (let j0 = firstBlock(op, scratch); j0 < count; j0 += KEYS) {
    const keys = min(KEYS, count - j0);
    const seen = (keys + 3) & ~3;
    findRows<T>(op, at(index, j0), keys, seen, scratch);
    for (let j: u32 = 0; j < seen; j += FETCHED) {
      const some = min(FETCHED, seen - j);
      fetch<T>(op, op.k, rows, j, some, scratch);
      for (let r: u32 = 0; r < rows; r += load<u32>(at(scratch + TOGETHER, r))) scoreKeys<T>(op, r, j, some, scratch);
    }
    for (let r: u32 = 0; r < rows; r++) {
      soften(op, r, j0, seen, scratch);
      if (sizeof<T>() == 2) scaleRow(scratch + SCORES + <usize>r * NEXT, HALF, seen);
    }
    for (let j: u32 = 0; j < keys; j += FETCHED) {
      const some = min(FETCHED, keys - j);
      fetch<T>(op, op.v, rows, j, some, scratch);
      for (let r: u32 = 0; r < rows; r += load<u32>(at(scratch + TOGETHER, r))) addValues<T>(op, r, j, some, scratch);
    }
  }
  finishRows(rows, width, scratch);
}

/** Copies queries, scaled where keys are in f16, so that those that go together are one stream: four elements of each, then the next four. */
function weaveQueries<T>(rows: u32, width: u32, scratch: usize): void {
  for (let r: u32 = 0, n: u32 = 0; r < rows; r += n) {
    n = load<u32>(at(scratch + TOGETHER, r));
    for (let i: u32 = 0; i < n; i++) {
      let from = load<usize>(at(scratch + Q_ROWS, r + i));
      let to = at(scratch + WOVEN, r * width + 4 * i);
      for (const end = at(from, width & ~3); from < end; from += 16, to += at(0, 4 * n)) v128.store(to, v128.load(from));
      if (width & 3) store<u64>(at(scratch + WOVEN, r * width + n * (width & ~3) + 2 * i), load<u64>(from));
    }
  }
  if (sizeof<T>() == 2) scaleRow(scratch + WOVEN, HALF, rows * width);
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

/** Scores of the heads from r on that go together with the keys j … j + count − 1 of a block. */
function scoreKeys<T>(op: CachedAttention, r: u32, j: u32, count: u32, scratch: usize): void {
  const width = op.headDim;
  const n = load<u32>(at(scratch + TOGETHER, r));
  const base = op.k + load<usize>(at(scratch + HEAD_PLACES, r));
  const table = at(scratch + PLACES, j);
  const q = at(scratch + WOVEN, r * width);
  const to = scratch + SCORES + <usize>r * NEXT + at(0, j);
  if (n == 3) dots3<T>(q, base, table, count, width, to);
  else if (n == 2) dots2<T>(q, base, table, count, width, to);
  else dots1<T>(q, base, table, count, width, to);
  if (width & 3) {
    for (let i: u32 = 0; i < n; i++)
      dotsRest<T>(at(q, n * (width & ~3) + 2 * i), base + Stored.bytes<T>(width & ~3), table, count, to + <usize>i * NEXT);
  }
}

/** Products of three woven queries with `count` keys, two at a time. */
function dots3<T>(q: usize, base: usize, table: usize, count: u32, width: u32, to: usize): void {
  const last = q + 12 * (width & ~3);
  for (const end = at(table, count); table < end; table += 8, to += 8) {
    let k0 = base + load<usize>(table);
    let k1 = base + load<usize>(table, 4);
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    let c0 = f32x4.splat(0);
    let c1 = f32x4.splat(0);
    for (let x = q; x < last; x += 48, k0 += Stored.bytes<T>(4), k1 += Stored.bytes<T>(4)) {
      const y = Stored.four<T>(k0);
      const z = Stored.four<T>(k1);
      let e = v128.load(x);
      a0 = Lanes.madd(a0, e, y);
      a1 = Lanes.madd(a1, e, z);
      e = v128.load(x, 16);
      b0 = Lanes.madd(b0, e, y);
      b1 = Lanes.madd(b1, e, z);
      e = v128.load(x, 32);
      c0 = Lanes.madd(c0, e, y);
      c1 = Lanes.madd(c1, e, z);
    }
    const ab = Lanes.sums(a0, a1, b0, b1);
    v128.store_lane<f64>(to, ab, 0);
    v128.store_lane<f64>(to, ab, 1, NEXT);
    v128.store_lane<f64>(to, Lanes.sums(c0, c1, c0, c1), 0, 2 * NEXT);
  }
}

/** The same of two queries, four keys at a time. */
function dots2<T>(q: usize, base: usize, table: usize, count: u32, width: u32, to: usize): void {
  const last = q + 8 * (width & ~3);
  for (const end = at(table, count); table < end; table += 16, to += 16) {
    let k0 = base + load<usize>(table);
    let k1 = base + load<usize>(table, 4);
    let k2 = base + load<usize>(table, 8);
    let k3 = base + load<usize>(table, 12);
    let a0 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    let a2 = f32x4.splat(0);
    let b2 = f32x4.splat(0);
    let a3 = f32x4.splat(0);
    let b3 = f32x4.splat(0);
    for (let e = q; e < last; e += 32) {
      const x = v128.load(e);
      const y = v128.load(e, 16);
      let k = Stored.four<T>(k0);
      a0 = Lanes.madd(a0, x, k);
      b0 = Lanes.madd(b0, y, k);
      k = Stored.four<T>(k1);
      a1 = Lanes.madd(a1, x, k);
      b1 = Lanes.madd(b1, y, k);
      k = Stored.four<T>(k2);
      a2 = Lanes.madd(a2, x, k);
      b2 = Lanes.madd(b2, y, k);
      k = Stored.four<T>(k3);
      a3 = Lanes.madd(a3, x, k);
      b3 = Lanes.madd(b3, y, k);
      k0 += Stored.bytes<T>(4);
      k1 += Stored.bytes<T>(4);
      k2 += Stored.bytes<T>(4);
      k3 += Stored.bytes<T>(4);
    }
    v128.store(to, Lanes.sums(a0, a1, a2, a3));
    v128.store(to, Lanes.sums(b0, b1, b2, b3), NEXT);
  }
}

/** The same of a lone query. */
function dots1<T>(q: usize, base: usize, table: usize, count: u32, width: u32, to: usize): void {
  const last = at(q, width & ~3);
  for (const end = at(table, count); table < end; table += 16, to += 16) {
    let k0 = base + load<usize>(table);
    let k1 = base + load<usize>(table, 4);
    let k2 = base + load<usize>(table, 8);
    let k3 = base + load<usize>(table, 12);
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let a2 = f32x4.splat(0);
    let a3 = f32x4.splat(0);
    for (let e = q; e < last; e += 16) {
      const x = v128.load(e);
      a0 = Lanes.madd(a0, x, Stored.four<T>(k0));
      a1 = Lanes.madd(a1, x, Stored.four<T>(k1));
      a2 = Lanes.madd(a2, x, Stored.four<T>(k2));
      a3 = Lanes.madd(a3, x, Stored.four<T>(k3));
      k0 += Stored.bytes<T>(4);
      k1 += Stored.bytes<T>(4);
      k2 += Stored.bytes<T>(4);
      k3 += Stored.bytes<T>(4);
    }
    v128.store(to, Lanes.sums(a0, a1, a2, a3));
  }
}

/** Adds what the last two elements of a query and of keys give, at `x` and from `base` on. */
function dotsRest<T>(x: usize, base: usize, table: usize, count: u32, to: usize): void {
  const a = load<f32>(x);
  const b = load<f32>(x, 4);
  for (const end = at(table, count); table < end; table += 4, to += 4) {
    const k = base + load<usize>(table);
    store<f32>(to, load<f32>(to) + (a * Stored.one<T>(k, 0) + b * Stored.one<T>(k, 1)));
  }
}

/** Adds the values j … j + count − 1 of a block to the sums of the heads from r on that go together, weighted. */
function addValues<T>(op: CachedAttention, r: u32, j: u32, count: u32, scratch: usize): void {
  const width = op.headDim;
  const n = load<u32>(at(scratch + TOGETHER, r));
  const y = load<usize>(at(scratch + O_ROWS, r));
  weigh(op.v + load<usize>(at(scratch + HEAD_PLACES, r)), r, j, count, scratch);
  const from = scratch + WEIGHED;
  const end = from + 16 * <usize>count;
  const done = n == 3 ? mix3<T>(y, from, end, width) : n == 2 ? mix2<T>(y, from, end, width) : 0;
  if (done == width) return;
  for (let i: u32 = 0; i < n; i++) mix1<T>(at(y, i * width), from + 4 * i, from, end, done, width);
}

/** Fills the table of weights and addresses of values of a key head that begins at `base` in the first row; four keys at a time. */
function weigh(base: usize, r: u32, j: u32, count: u32, scratch: usize): void {
  const first = i32x4.splat(base);
  let p = scratch + SCORES + <usize>r * NEXT + at(0, j);
  let place = at(scratch + PLACES, j);
  let to = scratch + WEIGHED;
  for (const end = at(place, count); place < end; place += 16, p += 16, to += 64) {
    const a = v128.load(p);
    const b = v128.load(p, NEXT);
    const c = v128.load(p, 2 * NEXT);
    const d = i32x4.add(v128.load(place), first);
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const ba = i32x4.shuffle(a, b, 2, 6, 3, 7);
    const dc = i32x4.shuffle(c, d, 2, 6, 3, 7);
    v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
    v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 16);
    v128.store(to, i64x2.shuffle(ba, dc, 0, 2), 32);
    v128.store(to, i64x2.shuffle(ba, dc, 1, 3), 48);
  }
}

/** y += Σ_j p[j] · row(j) for three neighbouring rows, over whole groups of 8 elements. @returns how many elements */
function mix3<T>(y0: usize, from: usize, end: usize, width: u32): u32 {
  let y1 = at(y0, width);
  let y2 = at(y1, width);
  let c: usize = 0;
  for (const stop = at(y0, width & ~7); y0 < stop; y0 += 32, y1 += 32, y2 += 32, c += Stored.bytes<T>(8)) {
    let a0 = v128.load(y0);
    let a1 = v128.load(y0, 16);
    let b0 = v128.load(y1);
    let b1 = v128.load(y1, 16);
    let c0 = v128.load(y2);
    let c1 = v128.load(y2, 16);
    for (let p = from; p < end; p += 16) {
      const row = load<usize>(p, 12) + c;
      const v = Stored.four<T>(row);
      const w = Stored.fourAt4<T>(row);
      let x = v128.load32_splat(p);
      a0 = Lanes.madd(a0, x, v);
      a1 = Lanes.madd(a1, x, w);
      x = v128.load32_splat(p, 4);
      b0 = Lanes.madd(b0, x, v);
      b1 = Lanes.madd(b1, x, w);
      x = v128.load32_splat(p, 8);
      c0 = Lanes.madd(c0, x, v);
      c1 = Lanes.madd(c1, x, w);
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
function mix2<T>(y0: usize, from: usize, end: usize, width: u32): u32 {
  let y1 = at(y0, width);
  let c: usize = 0;
  for (const stop = at(y0, width & ~15); y0 < stop; y0 += 64, y1 += 64, c += Stored.bytes<T>(16)) {
    let a0 = v128.load(y0);
    let a1 = v128.load(y0, 16);
    let a2 = v128.load(y0, 32);
    let a3 = v128.load(y0, 48);
    let b0 = v128.load(y1);
    let b1 = v128.load(y1, 16);
    let b2 = v128.load(y1, 32);
    let b3 = v128.load(y1, 48);
    for (let p = from; p < end; p += 16) {
      const row = load<usize>(p, 12) + c;
      const x = v128.load32_splat(p);
      const z = v128.load32_splat(p, 4);
      let v = Stored.four<T>(row);
      a0 = Lanes.madd(a0, x, v);
      b0 = Lanes.madd(b0, z, v);
      v = Stored.fourAt4<T>(row);
      a1 = Lanes.madd(a1, x, v);
      b1 = Lanes.madd(b1, z, v);
      v = Stored.fourAt8<T>(row);
      a2 = Lanes.madd(a2, x, v);
      b2 = Lanes.madd(b2, z, v);
      v = Stored.fourAt12<T>(row);
      a3 = Lanes.madd(a3, x, v);
      b3 = Lanes.madd(b3, z, v);
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

/** The same for one row, whose weights are from `q` on, from element `c` on. */
function mix1<T>(y: usize, q: usize, from: usize, end: usize, c: u32, width: u32): void {
  const shift = q - from;
  for (; c + 16 <= width; c += 16) {
    const to = at(y, c);
    let a0 = v128.load(to);
    let a1 = v128.load(to, 16);
    let a2 = v128.load(to, 32);
    let a3 = v128.load(to, 48);
    for (let p = from; p < end; p += 16) {
      const row = load<usize>(p, 12) + Stored.bytes<T>(c);
      const x = v128.load32_splat(p + shift);
      a0 = Lanes.madd(a0, x, Stored.four<T>(row));
      a1 = Lanes.madd(a1, x, Stored.fourAt4<T>(row));
      a2 = Lanes.madd(a2, x, Stored.fourAt8<T>(row));
      a3 = Lanes.madd(a3, x, Stored.fourAt12<T>(row));
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, a2, 32);
    v128.store(to, a3, 48);
  }
  for (; c + 4 <= width; c += 4) {
    let a = v128.load(at(y, c));
    for (let p = from; p < end; p += 16) {
      a = Lanes.madd(a, v128.load32_splat(p + shift), Stored.four<T>(load<usize>(p, 12) + Stored.bytes<T>(c)));
    }
    v128.store(at(y, c), a);
  }
  for (; c < width; c++) {
    let a = load<f32>(at(y, c));
    for (let p = from; p < end; p += 16) a += load<f32>(p + shift) * Stored.one<T>(load<usize>(p, 12), c);
    store<f32>(at(y, c), a);
  }
}

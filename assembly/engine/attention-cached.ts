// Attention of one new query per slot over cached keys and values, by the arithmetic of packed attention in its order (attention.ts): the same
// blocks of keys, the same sums. A share is a slot where there are many, so that whole rows of the cache are read, one after the other as they
// lie; else it is a slot and a key head. Up to three query heads that read one key head go together, so that a key is loaded once for them. What they
// read beside it is woven into one stream with fixed offsets each: few instructions beside the arithmetic.
//
// Processors foresee what is read in order and at an even pace, and the arithmetic reads two to four rows side by side. So the next four rows are
// touched meanwhile, half a line with each of its steps.
import {
  addRows,
  AFTER_SCORES,
  Attention,
  beginRows,
  finishRows,
  firstBlock,
  KEYS,
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

/** Rows of the cache up to this many bytes are touched in order. In longer ones those that the arithmetic reads together share places of the first cache. */
const NARROW: usize = 2048;
/** So many slots are enough for all threads: where rows are narrow, since a part of such a row is no faster to read than the whole, and else. */
const SOME: u32 = 4;
const MANY: u32 = 8;
/** Rows that are in the arithmetic together, and that are touched meanwhile. */
const STEP: u32 = 4;
/** Rows that are fetched at once where they are not touched in order. */
const FETCHED: u32 = 32;
/** Bytes from one row of scores to the next. */
const NEXT: usize = 4 * KEYS;

/** Scratch: of each head, where its key head begins in a row of the cache, in bytes; how many heads go together from it on. */
const HEAD_PLACES: usize = V_ROWS;
const TOGETHER: usize = AFTER_SCORES;
const SINK: usize = TOGETHER + 4 * ROWS;
/** Where the rows of a block begin, and the first of the next one. */
const PLACES: usize = SINK + 16;
/** Queries, scaled where keys are in f16; those that go together are woven by fours of their elements. */
const WOVEN: usize = PLACES + 4 * (KEYS + STEP);

/** Bytes of a row of the cache. */
function rowBytes(op: CachedAttention): usize {
  return (<usize>(op.kvHeads * op.headDim)) << (op.dtype == F16 ? 1 : 2);
}

function sharesOf(op: CachedAttention): u32 {
  return op.tokens < (rowBytes(op) <= NARROW ? SOME : MANY) ? op.kvHeads : 1;
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
  const touching = sharesOf(op) == 1 && rowBytes(op) <= NARROW;
  const step = touching ? STEP : FETCHED;
  weaveQueries<T>(rows, width, scratch);
  beginRows(rows, width, scratch);
  for (let j0 = firstBlock(op, scratch); j0 < count; j0 += KEYS) {
    const keys = min(KEYS, count - j0);
    const seen = (keys + 3) & ~3;
    const more = min(STEP, count - j0 - keys);
    findRows(op, at(index, j0), keys + more, scratch);
    for (let j: u32 = 0; j < seen; j += step) {
      const some = min(step, seen - j);
      let next: usize = 0;
      if (!touching) fetch<T>(op, op.k, rows, j, some, scratch);
      else next = j + STEP < seen ? ahead<T>(op, op.k, rows, j + STEP, scratch) : ahead<T>(op, op.v, rows, 0, scratch);
      for (let r: u32 = 0; r < rows;) r = scoreKeys<T>(op, rows, r, j, some, next, scratch);
    }
    for (let r: u32 = 0; r < rows; r++) {
      soften(op, r, j0, seen, scratch);
      if (sizeof<T>() == 2) scaleRow(scratch + SCORES + <usize>r * NEXT, HALF, seen);
    }
    for (let j: u32 = 0; j < seen; j += step) {
      const some = min(step, seen - j);
      let next: usize = 0;
      if (!touching) fetch<T>(op, op.v, rows, j, some, scratch);
      else if (j + STEP < seen) next = ahead<T>(op, op.v, rows, j + STEP, scratch);
      else if (more) next = ahead<T>(op, op.k, rows, seen, scratch);
      for (let r: u32 = 0; r < rows;) r = addValues<T>(op, rows, r, j, some, next, scratch);
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

/** Finds the rows of `count` positions; the last is repeated up to a multiple of four. */
function findRows(op: CachedAttention, index: usize, count: u32, scratch: usize): void {
  const step = rowBytes(op);
  for (let j: u32 = 0; j < ((count + 3) & ~3); j++) {
    store<usize>(at(scratch + PLACES, j), <usize>load<u32>(at(index, min(j, count - 1))) * step);
  }
}

/** Where four rows begin that are to be touched while those before them are in the arithmetic; where they do not lie in order they are fetched now: 0. */
function ahead<T>(op: CachedAttention, base: usize, rows: u32, j: u32, scratch: usize): usize {
  const first = load<usize>(at(scratch + PLACES, j));
  const last = load<usize>(at(scratch + PLACES, j), 4 * (STEP - 1));
  if (last - first == (STEP - 1) * rowBytes(op)) return base + first;
  fetch<T>(op, base, rows, j, STEP, scratch);
  return 0;
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

/**
 * Scores of the heads from r on that go together by as many, with `count` keys from j on. Meanwhile the four rows that begin at `next` are touched,
 * each key head's share of them beside its keys; nothing new where it is 0.
 * @returns the first of the other heads
 */
function scoreKeys<T>(op: CachedAttention, rows: u32, r: u32, j: u32, count: u32, next: usize, scratch: usize): u32 {
  const n = load<u32>(at(scratch + TOGETHER, r));
  if (n == 3) return dots3<T>(op, rows, r, j, count, next, scratch);
  if (n == 2) return dotsFew<T, u16>(op, rows, r, j, count, next, scratch);
  return dotsFew<T, u8>(op, rows, r, j, count, next, scratch);
}

/** Products of three woven queries with the keys, two at a time. */
function dots3<T>(op: CachedAttention, rows: u32, r: u32, j: u32, count: u32, next: usize, scratch: usize): u32 {
  const width = op.headDim;
  do {
    const head = load<usize>(at(scratch + HEAD_PLACES, r));
    const q = at(scratch + WOVEN, r * width);
    const last = q + 12 * (width & ~3);
    let to = scratch + SCORES + <usize>r * NEXT + at(0, j);
    let touched = next ? next + STEP * head : scratch;
    const step = next ? Stored.bytes<T>(2 * width) : 0;
    let place = at(scratch + PLACES, j);
    for (const end = at(place, count); place < end; place += 8, to += 8, touched += step) {
      let t = touched;
      let k0 = op.k + head + load<usize>(place);
      let k1 = op.k + head + load<usize>(place, 4);
      let a0 = f32x4.splat(0);
      let a1 = f32x4.splat(0);
      let b0 = f32x4.splat(0);
      let b1 = f32x4.splat(0);
      let c0 = f32x4.splat(0);
      let c1 = f32x4.splat(0);
      for (let x = q; x < last; x += 48, k0 += Stored.bytes<T>(4), k1 += Stored.bytes<T>(4), t += Stored.bytes<T>(8)) {
        load<u32>(t);
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
    if (width & 3) dotsRest<T>(op, r, 3, j, count, scratch);
    r += 3;
  } while (r < rows && load<u32>(at(scratch + TOGETHER, r)) == 3);
  return r;
}

/** The same of as many queries as N has bytes, one or two, four keys at a time. */
function dotsFew<T, N>(op: CachedAttention, rows: u32, r: u32, j: u32, count: u32, next: usize, scratch: usize): u32 {
  const n: u32 = sizeof<N>();
  const width = op.headDim;
  do {
    const head = load<usize>(at(scratch + HEAD_PLACES, r));
    const touched = next ? next + STEP * head : scratch;
    let to = scratch + SCORES + <usize>r * NEXT + at(0, j);
    let place = at(scratch + PLACES, j);
    for (const end = at(place, count); place < end; place += 16, to += 16) {
      let t = touched;
      let x = at(scratch + WOVEN, r * width);
      let k0 = op.k + head + load<usize>(place);
      let k1 = op.k + head + load<usize>(place, 4);
      let k2 = op.k + head + load<usize>(place, 8);
      let k3 = op.k + head + load<usize>(place, 12);
      let a0 = f32x4.splat(0);
      let b0 = f32x4.splat(0);
      let a1 = f32x4.splat(0);
      let b1 = f32x4.splat(0);
      let a2 = f32x4.splat(0);
      let b2 = f32x4.splat(0);
      let a3 = f32x4.splat(0);
      let b3 = f32x4.splat(0);
      for (const last = at(x, n * (width & ~3)); x < last; x += 16 * n, t += Stored.bytes<T>(16)) {
        load<u32>(t);
        const y = v128.load(x);
        const z = n == 2 ? v128.load(x, 16) : y;
        let k = Stored.four<T>(k0);
        a0 = Lanes.madd(a0, y, k);
        if (n == 2) b0 = Lanes.madd(b0, z, k);
        k = Stored.four<T>(k1);
        a1 = Lanes.madd(a1, y, k);
        if (n == 2) b1 = Lanes.madd(b1, z, k);
        k = Stored.four<T>(k2);
        a2 = Lanes.madd(a2, y, k);
        if (n == 2) b2 = Lanes.madd(b2, z, k);
        k = Stored.four<T>(k3);
        a3 = Lanes.madd(a3, y, k);
        if (n == 2) b3 = Lanes.madd(b3, z, k);
        k0 += Stored.bytes<T>(4);
        k1 += Stored.bytes<T>(4);
        k2 += Stored.bytes<T>(4);
        k3 += Stored.bytes<T>(4);
      }
      v128.store(to, Lanes.sums(a0, a1, a2, a3));
      if (n == 2) v128.store(to, Lanes.sums(b0, b1, b2, b3), NEXT);
    }
    if (width & 3) dotsRest<T>(op, r, n, j, count, scratch);
    r += n;
  } while (r < rows && load<u32>(at(scratch + TOGETHER, r)) == n);
  return r;
}

/** Adds what the last two elements of `n` woven queries and of the keys give. */
function dotsRest<T>(op: CachedAttention, r: u32, n: u32, j: u32, count: u32, scratch: usize): void {
  const whole = op.headDim & ~3;
  const base = op.k + load<usize>(at(scratch + HEAD_PLACES, r)) + Stored.bytes<T>(whole);
  for (let i: u32 = 0; i < n; i++) {
    const x = at(scratch + WOVEN, r * op.headDim + n * whole + 2 * i);
    let to = scratch + SCORES + <usize>(r + i) * NEXT + at(0, j);
    let place = at(scratch + PLACES, j);
    for (const end = at(to, count); to < end; to += 4, place += 4) {
      const k = base + load<usize>(place);
      store<f32>(to, load<f32>(to) + (load<f32>(x) * Stored.one<T>(k, 0) + load<f32>(x, 4) * Stored.one<T>(k, 1)));
    }
  }
}

/** Adds values, weighted, to the sums of the heads from r on that go together by as many; else as {@link scoreKeys}. */
function addValues<T>(op: CachedAttention, rows: u32, r: u32, j: u32, count: u32, next: usize, scratch: usize): u32 {
  const n = load<u32>(at(scratch + TOGETHER, r));
  if (n == 3) return mix3<T>(op, rows, r, j, count, next, scratch);
  if (n == 2) return mixFew<T, u16>(op, rows, r, j, count, next, scratch);
  return mixFew<T, u8>(op, rows, r, j, count, next, scratch);
}

/** The sums of three heads, two values at a time. */
function mix3<T>(op: CachedAttention, rows: u32, r: u32, j: u32, count: u32, next: usize, scratch: usize): u32 {
  const width = op.headDim;
  do {
    const head = load<usize>(at(scratch + HEAD_PLACES, r));
    const y = load<usize>(at(scratch + O_ROWS, r));
    const last = at(y, width & ~3);
    let p = scratch + SCORES + <usize>r * NEXT + at(0, j);
    let touched = next ? next + STEP * head : scratch;
    const step = next ? Stored.bytes<T>(2 * width) : 0;
    let place = at(scratch + PLACES, j);
    for (const end = at(place, count); place < end; place += 8, p += 8, touched += step) {
      let t = touched;
      const a0 = v128.load32_splat(p);
      const a1 = v128.load32_splat(p, 4);
      const b0 = v128.load32_splat(p, NEXT);
      const b1 = v128.load32_splat(p, NEXT + 4);
      const c0 = v128.load32_splat(p, 2 * NEXT);
      const c1 = v128.load32_splat(p, 2 * NEXT + 4);
      let v0 = op.v + head + load<usize>(place);
      let v1 = op.v + head + load<usize>(place, 4);
      let y0 = y;
      let y1 = at(y0, width);
      let y2 = at(y1, width);
      while (y0 < last) {
        load<u32>(t);
        const v = Stored.four<T>(v0);
        const w = Stored.four<T>(v1);
        v128.store(y0, Lanes.madd(Lanes.madd(v128.load(y0), a0, v), a1, w));
        v128.store(y1, Lanes.madd(Lanes.madd(v128.load(y1), b0, v), b1, w));
        v128.store(y2, Lanes.madd(Lanes.madd(v128.load(y2), c0, v), c1, w));
        y0 += 16;
        y1 += 16;
        y2 += 16;
        v0 += Stored.bytes<T>(4);
        v1 += Stored.bytes<T>(4);
        t += Stored.bytes<T>(8);
      }
    }
    if (width & 3) mixRest<T>(op, r, 3, j, count, scratch);
    r += 3;
  } while (r < rows && load<u32>(at(scratch + TOGETHER, r)) == 3);
  return r;
}

/** The same of as many heads as N has bytes, one or two, four values at a time. */
function mixFew<T, N>(op: CachedAttention, rows: u32, r: u32, j: u32, count: u32, next: usize, scratch: usize): u32 {
  const n: u32 = sizeof<N>();
  const width = op.headDim;
  do {
    const head = load<usize>(at(scratch + HEAD_PLACES, r));
    const touched = next ? next + STEP * head : scratch;
    let p = scratch + SCORES + <usize>r * NEXT + at(0, j);
    let place = at(scratch + PLACES, j);
    for (const end = at(place, count); place < end; place += 16, p += 16) {
      const a0 = v128.load32_splat(p);
      const a1 = v128.load32_splat(p, 4);
      const a2 = v128.load32_splat(p, 8);
      const a3 = v128.load32_splat(p, 12);
      const b0 = v128.load32_splat(p, NEXT);
      const b1 = v128.load32_splat(p, NEXT + 4);
      const b2 = v128.load32_splat(p, NEXT + 8);
      const b3 = v128.load32_splat(p, NEXT + 12);
      let t = touched;
      let v0 = op.v + head + load<usize>(place);
      let v1 = op.v + head + load<usize>(place, 4);
      let v2 = op.v + head + load<usize>(place, 8);
      let v3 = op.v + head + load<usize>(place, 12);
      let y0 = load<usize>(at(scratch + O_ROWS, r));
      let y1 = at(y0, width);
      for (const last = at(y0, width & ~3); y0 < last; y0 += 16, y1 += 16, t += Stored.bytes<T>(16)) {
        load<u32>(t);
        let y = v128.load(y0);
        let z = n == 2 ? v128.load(y1) : y;
        let v = Stored.four<T>(v0);
        y = Lanes.madd(y, a0, v);
        if (n == 2) z = Lanes.madd(z, b0, v);
        v = Stored.four<T>(v1);
        y = Lanes.madd(y, a1, v);
        if (n == 2) z = Lanes.madd(z, b1, v);
        v = Stored.four<T>(v2);
        y = Lanes.madd(y, a2, v);
        if (n == 2) z = Lanes.madd(z, b2, v);
        v = Stored.four<T>(v3);
        v128.store(y0, Lanes.madd(y, a3, v));
        if (n == 2) v128.store(y1, Lanes.madd(z, b3, v));
        v0 += Stored.bytes<T>(4);
        v1 += Stored.bytes<T>(4);
        v2 += Stored.bytes<T>(4);
        v3 += Stored.bytes<T>(4);
      }
    }
    if (width & 3) mixRest<T>(op, r, n, j, count, scratch);
    r += n;
  } while (r < rows && load<u32>(at(scratch + TOGETHER, r)) == n);
  return r;
}

/** The same of the last two elements of `n` heads. */
function mixRest<T>(op: CachedAttention, r: u32, n: u32, j: u32, count: u32, scratch: usize): void {
  const base = op.v + load<usize>(at(scratch + HEAD_PLACES, r));
  for (let i = r; i < r + n; i++) {
    const p = scratch + SCORES + <usize>i * NEXT + at(0, j);
    for (let c = op.headDim & ~3; c < op.headDim; c++) {
      const y = at(load<usize>(at(scratch + O_ROWS, i)), c);
      let sum = load<f32>(y);
      for (let k: u32 = 0; k < count; k++) {
        sum += load<f32>(at(p, k)) * Stored.one<T>(base + load<usize>(at(scratch + PLACES, j + k)), c);
      }
      store<f32>(y, sum);
    }
  }
}

// Causal grouped-query attention, packed and cached: s_tj = scale · q_t·k_j over the last `window` keys up to t (0: all), p = softmax(s),
// o_t = Σ_j p_tj v_j, lse_t = log Σ_j exp s_tj.
//
// A share is a block of queries with the heads that read one key head: rows of q, at most 64 at a time. Keys come in blocks of 64 from the
// sequence's first on, with the running maximum of online softmax (Dao et al. 2022), and are found through a table of addresses. So cached
// and packed attention do the same arithmetic in the same order, whatever else is in the batch.
import { Lanes, log64 } from './lanes';
import { Op, at, parts } from './op';

/** What all kinds of attention have in common. */
@unmanaged
export class Attention extends Op {
  q: usize;
  /** k and v: [tokens or cache rows, kvHeads, headDim]. */
  k: usize;
  v: usize;
  o: usize;
  /** Queries per head: tokens, or slots. */
  tokens: u32;
  heads: u32;
  kvHeads: u32;
  headDim: u32;
  window: u32;
  scale: f32;
  /** [tokens, heads] */
  lse: usize;
  /** u32[tokens]: first row of the token's sequence. */
  seqStart: usize;
  /** u32[tokens]: one past the last row that sees the token's key. */
  seqEnd: usize;
}

/** Queries of one share, heads that pass together, rows of both, and keys of one block. */
export const QUERIES: u32 = 16;
export const HEADS: u32 = 4;
export const ROWS: u32 = QUERIES * HEADS;
export const KEYS: u32 = 64;

export const LOWEST: f32 = -3e38;

/** Scratch of a share: tables with an entry per row or key, and the scores of every row. */
export const Q_ROWS: usize = 0;
export const O_ROWS: usize = 256;
/** Keys that a row may see, from the sequence's first on. */
export const LIMITS: usize = 512;
export const TOPS: usize = 768;
export const SUMS: usize = 1024;
export const K_ROWS: usize = 1280;
export const V_ROWS: usize = 1536;
/** Powers of two of a row that is made weights. */
const POWERS: usize = 1808;
export const SCORES: usize = POWERS + 4 * KEYS;
export const AFTER_SCORES: usize = SCORES + 4 * ROWS * KEYS;

export function attentionUnits(op: Attention): u32 {
  return parts(op.tokens, QUERIES) * op.kvHeads;
}

/** Address of head `head` of row `row` in [rows, heads, headDim]. */
export function headAt(base: usize, row: u32, head: u32, heads: u32, headDim: u32): usize {
  return at(base, (row * heads + head) * headDim);
}

/** Products of two rows with the rows of a table, a multiple of 4 of them: to[j] = x · row(j). */
function dots(x0: usize, x1: usize, table: usize, count: u32, width: u32, to0: usize, to1: usize): void {
  const end = at(0, width & ~3);
  for (let j: u32 = 0; j < count; j += 4) {
    const k0 = load<usize>(at(table, j));
    const k1 = load<usize>(at(table, j), 4);
    const k2 = load<usize>(at(table, j), 8);
    const k3 = load<usize>(at(table, j), 12);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    let t0 = f32x4.splat(0);
    let t1 = f32x4.splat(0);
    let t2 = f32x4.splat(0);
    let t3 = f32x4.splat(0);
    for (let i: usize = 0; i < end; i += 16) {
      const x = v128.load(x0 + i);
      const y = v128.load(x1 + i);
      let k = v128.load(k0 + i);
      s0 = Lanes.madd(s0, x, k);
      t0 = Lanes.madd(t0, y, k);
      k = v128.load(k1 + i);
      s1 = Lanes.madd(s1, x, k);
      t1 = Lanes.madd(t1, y, k);
      k = v128.load(k2 + i);
      s2 = Lanes.madd(s2, x, k);
      t2 = Lanes.madd(t2, y, k);
      k = v128.load(k3 + i);
      s3 = Lanes.madd(s3, x, k);
      t3 = Lanes.madd(t3, y, k);
    }
    v128.store(at(to0, j), Lanes.sums(s0, s1, s2, s3));
    v128.store(at(to1, j), Lanes.sums(t0, t1, t2, t3));
  }
  if (width & 3) {
    // Widths are even: two elements are left.
    for (let j: u32 = 0; j < count; j++) {
      const k = load<usize>(at(table, j)) + end;
      store<f32>(
        at(to0, j),
        load<f32>(at(to0, j)) + (load<f32>(x0 + end) * load<f32>(k) + load<f32>(x0 + end, 4) * load<f32>(k, 4)),
      );
      if (to1 == to0) continue;
      store<f32>(
        at(to1, j),
        load<f32>(at(to1, j)) + (load<f32>(x1 + end) * load<f32>(k) + load<f32>(x1 + end, 4) * load<f32>(k, 4)),
      );
    }
  }
}

/** Sums of the rows of a table, weighted: y += Σ_j p[j] · row(j), for two y and p; p has `step` bytes from one j to the next. */
export function mix(y0: usize, y1: usize, p0: usize, p1: usize, step: usize, table: usize, count: u32, width: u32): void {
  const end = table + at(0, count);
  let c: usize = 0;
  for (; c + 64 <= at(0, width); c += 64) {
    let a0 = v128.load(y0 + c);
    let a1 = v128.load(y0 + c, 16);
    let a2 = v128.load(y0 + c, 32);
    let a3 = v128.load(y0 + c, 48);
    let b0 = v128.load(y1 + c);
    let b1 = v128.load(y1 + c, 16);
    let b2 = v128.load(y1 + c, 32);
    let b3 = v128.load(y1 + c, 48);
    let p = p0;
    let q = p1;
    for (let j = table; j < end; j += 4, p += step, q += step) {
      const row = load<usize>(j) + c;
      const x = v128.load32_splat(p);
      const y = v128.load32_splat(q);
      let v = v128.load(row);
      a0 = Lanes.madd(a0, x, v);
      b0 = Lanes.madd(b0, y, v);
      v = v128.load(row, 16);
      a1 = Lanes.madd(a1, x, v);
      b1 = Lanes.madd(b1, y, v);
      v = v128.load(row, 32);
      a2 = Lanes.madd(a2, x, v);
      b2 = Lanes.madd(b2, y, v);
      v = v128.load(row, 48);
      a3 = Lanes.madd(a3, x, v);
      b3 = Lanes.madd(b3, y, v);
    }
    v128.store(y0 + c, a0);
    v128.store(y0 + c, a1, 16);
    v128.store(y0 + c, a2, 32);
    v128.store(y0 + c, a3, 48);
    v128.store(y1 + c, b0);
    v128.store(y1 + c, b1, 16);
    v128.store(y1 + c, b2, 32);
    v128.store(y1 + c, b3, 48);
  }
  for (; c + 16 <= at(0, width); c += 16) {
    let a = v128.load(y0 + c);
    let b = v128.load(y1 + c);
    let p = p0;
    let q = p1;
    for (let j = table; j < end; j += 4, p += step, q += step) {
      const v = v128.load(load<usize>(j) + c);
      a = Lanes.madd(a, v128.load32_splat(p), v);
      b = Lanes.madd(b, v128.load32_splat(q), v);
    }
    v128.store(y0 + c, a);
    v128.store(y1 + c, b);
  }
  for (; c < at(0, width); c += 4) {
    let a = load<f32>(y0 + c);
    let b = load<f32>(y1 + c);
    let p = p0;
    let q = p1;
    for (let j = table; j < end; j += 4, p += step, q += step) {
      const v = load<f32>(load<usize>(j) + c);
      a += load<f32>(p) * v;
      b += load<f32>(q) * v;
    }
    store<f32>(y0 + c, a);
    store<f32>(y1 + c, b);
  }
}

/** {@link dots} of the rows r and s of a table with those of `keys`, into their rows of scores at `to`. */
export function rowDots(rows: usize, r: u32, s: u32, keys: usize, count: u32, width: u32, to: usize): void {
  dots(load<usize>(at(rows, r)), load<usize>(at(rows, s)), keys, count, width, at(to, r * KEYS), at(to, s * KEYS));
}

/** {@link mix} of `values` into the rows r and s of a table, by their rows of weights. */
export function rowMix(rows: usize, r: u32, s: u32, weights: usize, values: usize, count: u32, width: u32): void {
  mix(load<usize>(at(rows, r)), load<usize>(at(rows, s)), at(weights, r * KEYS), at(weights, s * KEYS), 4, values, count, width);
}

/** x *= factor over `width` elements. */
export function scaleRow(x: usize, factor: f32, width: u32): void {
  let i: u32 = 0;
  for (; i + 4 <= width; i += 4) v128.store(at(x, i), f32x4.mul(v128.load(at(x, i)), f32x4.splat(factor)));
  for (; i < width; i++) store<f32>(at(x, i), load<f32>(at(x, i)) * factor);
}

/** The keys [from, to) of a block that a row sees, as a mask of four from `j` on. */
export class Mask {
  @inline
  static of(j: u32, from: u32, to: u32): v128 {
    const index = i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3));
    return v128.and(i32x4.ge_s(index, i32x4.splat(from)), i32x4.lt_s(index, i32x4.splat(to)));
  }
}

/** First key of the block at `j0` that a row with `limit` keys sees, from the block's start on. */
export function firstSeen(limit: u32, window: u32, j0: u32): u32 {
  return window > 0 && limit > window + j0 ? limit - window - j0 : 0;
}

/** First block of keys that any row sees; the rows are in order of their limits. */
export function firstBlock(op: Attention, scratch: usize): u32 {
  return firstSeen(load<u32>(scratch + LIMITS), op.window, 0) & ~(KEYS - 1);
}

/** Turns a row's scores of the block at `j0` into weights relative to its largest score so far; the sums before are brought in line. */
export function soften(op: Attention, r: u32, j0: u32, count: u32, scratch: usize): void {
  const scores = scratch + SCORES + at(0, r * KEYS);
  const limit = load<u32>(at(scratch + LIMITS, r));
  const from = firstSeen(limit, op.window, j0);
  const to = limit > j0 ? min(limit - j0, count) : 0;
  const scale = f32x4.splat(op.scale);
  let best = f32x4.splat(LOWEST);
  for (let j: u32 = 0; j < count; j += 4) {
    let z = f32x4.mul(v128.load(at(scores, j)), scale);
    if (j < from || j + 4 > to) z = v128.bitselect(z, f32x4.splat(LOWEST), Mask.of(j, from, to));
    v128.store(at(scores, j), z);
    best = f32x4.pmax(best, z);
  }
  if (from >= to) return memory.fill(scores, 0, at(0, count));
  const before = load<f32>(at(scratch + TOPS, r));
  const top = max(before, Lanes.largest(best));
  let sum = load<f32>(at(scratch + SUMS, r));
  if (top > before) {
    const factor = f32x4.extract_lane(Lanes.exp(f32x4.splat(before - top)), 0);
    sum *= factor;
    scaleRow(load<usize>(at(scratch + O_ROWS, r)), factor, op.headDim);
    store<f32>(at(scratch + TOPS, r), top);
  }
  // In two passes, since a processor looks but so far ahead. A weight is 0 where the row does not look.
  const powers = scratch + POWERS;
  for (let j: u32 = 0; j < count; j += 4) {
    const x = f32x4.sub(v128.load(at(scores, j)), f32x4.splat(top));
    const shifted = Lanes.shifted(x);
    v128.store(at(powers, j), Lanes.power(x, shifted));
    v128.store(at(scores, j), Lanes.rest(x, shifted));
  }
  let sums = f32x4.splat(0);
  for (let j: u32 = 0; j < count; j += 4) {
    const p = Lanes.scaled(Lanes.series(v128.load(at(scores, j))), v128.load(at(powers, j)));
    v128.store(at(scores, j), p);
    sums = f32x4.add(sums, p);
  }
  store<f32>(at(scratch + SUMS, r), sum + Lanes.sum(sums));
}

/**
 * Where the positions of a sequence lie: its trunk, which others may have in common with it, from row `first` on, then its own rows, `shift`
 * rows further.
 */
@unmanaged
export class Place {
  first: u32;
  trunk: u32;
  shift: u32;
}

/** Scratch of the sequence that a share is at. */
export const PLACE: usize = 1792;

/** Row of a position. */
export function rowOf(place: Place, position: u32): u32 {
  return place.first + position + (position >= place.trunk ? place.shift : 0);
}

/** Finds out where the sequence of token `t`, which begins at `start`, lies. */
export function placeOf(op: Attention, t: u32, start: u32, scratch: usize): Place {
  const place = changetype<Place>(scratch + PLACE);
  place.first = start;
  const all = load<u32>(at(op.seqEnd, start));
  let end = start + 1;
  while (end < all && load<u32>(at(op.seqEnd, end)) == all) end++;
  place.trunk = end - start;
  place.shift = 0;
  if (t < end) return place;
  const own = load<u32>(at(op.seqEnd, t));
  while (load<u32>(at(op.seqEnd, t - 1)) == own) t--;
  place.shift = t - end;
  return place;
}

/** Fills the tables with the addresses of `count` keys and values (and repeats the last, up to a multiple of 4). */
export function tables(op: Attention, kvHead: u32, index: usize, j0: u32, count: u32, scratch: usize): void {
  const place = changetype<Place>(scratch + PLACE);
  for (let j: u32 = 0; j < ((count + 3) & ~3); j++) {
    const position = j0 + min(j, count - 1);
    const row = index ? load<u32>(at(index, position)) : rowOf(place, position);
    store<usize>(at(scratch + K_ROWS, j), headAt(op.k, row, kvHead, op.kvHeads, op.headDim));
    store<usize>(at(scratch + V_ROWS, j), headAt(op.v, row, kvHead, op.kvHeads, op.headDim));
  }
}

/** Before the first key: the outputs of `rows` rows and the sums of their weights are 0. */
export function beginRows(rows: u32, width: u32, scratch: usize): void {
  for (let r: u32 = 0; r < rows; r++) {
    store<f32>(at(scratch + TOPS, r), LOWEST);
    store<f32>(at(scratch + SUMS, r), 0);
    memory.fill(load<usize>(at(scratch + O_ROWS, r)), 0, at(0, width));
  }
}

/** After the last key: outputs by the sums of their weights; a row that saw no key stays 0. */
export function finishRows(rows: u32, width: u32, scratch: usize): void {
  for (let r: u32 = 0; r < rows; r++) {
    const sum = load<f32>(at(scratch + SUMS, r));
    if (sum > 0) scaleRow(load<usize>(at(scratch + O_ROWS, r)), 1 / sum, width);
  }
}

/**
 * Attention of `rows` rows, in order of their limits, over the keys of their sequence's place, or of the rows in `index`. The tables of q, o
 * and limits are filled.
 */
function attend(op: Attention, kvHead: u32, rows: u32, index: usize, scratch: usize): void {
  const width = op.headDim;
  const count = load<u32>(at(scratch + LIMITS, rows - 1));
  beginRows(rows, width, scratch);
  for (let j0 = firstBlock(op, scratch); j0 < count; j0 += KEYS) {
    const keys = min(KEYS, count - j0);
    tables(op, kvHead, index, j0, keys, scratch);
    for (let r: u32 = 0; r < rows; r += 2) {
      const s = min(r + 1, rows - 1);
      const limit = load<u32>(at(scratch + LIMITS, s));
      if (limit <= j0) continue;
      const seen = (min(keys, limit - j0) + 3) & ~3;
      rowDots(scratch + Q_ROWS, r, s, scratch + K_ROWS, seen, width, scratch + SCORES);
      soften(op, r, j0, seen, scratch);
      if (s != r) soften(op, s, j0, seen, scratch);
      rowMix(scratch + O_ROWS, r, s, scratch + SCORES, scratch + V_ROWS, min(seen, keys), width);
    }
  }
  finishRows(rows, width, scratch);
}

/** Fills the tables for query `t` with heads [h0, h1) and gives the number of rows then. */
export function addRows(op: Attention, t: u32, h0: u32, h1: u32, limit: u32, rows: u32, scratch: usize): u32 {
  for (let h = h0; h < h1; h++, rows++) {
    store<usize>(at(scratch + Q_ROWS, rows), headAt(op.q, t, h, op.heads, op.headDim));
    store<usize>(at(scratch + O_ROWS, rows), headAt(op.o, t, h, op.heads, op.headDim));
    store<u32>(at(scratch + LIMITS, rows), limit);
  }
  return rows;
}

/** One past the last token before `last` that has the same bounds as token `t`. */
export function samePart(op: Attention, t: u32, last: u32): u32 {
  const start = load<u32>(at(op.seqStart, t));
  const end = load<u32>(at(op.seqEnd, t));
  while (t < last && load<u32>(at(op.seqStart, t)) == start && load<u32>(at(op.seqEnd, t)) == end) t++;
  return t;
}

/** Keys that the first token of a part sees before itself. */
export function keysBefore(place: Place, t: u32): u32 {
  return t - place.first - place.shift;
}

export function attention(op: Attention, unit: u32, scratch: usize): void {
  const kvHead = unit % op.kvHeads;
  const group = op.heads / op.kvHeads;
  const last = min((unit / op.kvHeads + 1) * QUERIES, op.tokens);
  for (let t = (unit / op.kvHeads) * QUERIES; t < last;) {
    const start = load<u32>(at(op.seqStart, t));
    const end = samePart(op, t, last);
    const before = keysBefore(placeOf(op, t, start, scratch), t);
    for (let h0 = kvHead * group; h0 < (kvHead + 1) * group; h0 += HEADS) {
      const h1 = min(h0 + HEADS, (kvHead + 1) * group);
      let rows: u32 = 0;
      for (let i = t; i < end; i++) rows = addRows(op, i, h0, h1, before + i - t + 1, rows, scratch);
      attend(op, kvHead, rows, 0, scratch);
      let r: u32 = 0;
      for (let i = t; i < end; i++) {
        for (let h = h0; h < h1; h++, r++) {
          const lse = <f64>load<f32>(at(scratch + TOPS, r)) + log64(<f64>load<f32>(at(scratch + SUMS, r)));
          store<f32>(at(op.lse, i * op.heads + h), <f32>lse);
        }
      }
    }
    t = end;
  }
}

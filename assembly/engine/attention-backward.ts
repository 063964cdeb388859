// Gradients of attention, weights recomputed from lse: with D_t = dO_t·o_t, p_tj = exp(s_tj − lse_t) and ds_tj = scale · p_tj (dO_t·v_j − D_t):
// dq_t = Σ_j ds_tj k_j, dk_j = Σ_t ds_tj q_t, dv_j = Σ_t p_tj dO_t, the sums over t also over the query heads of the group.
//
// A share does all of a key head for the sequences that begin in a block of tokens, so every element has one writer and one order.
import {
  AFTER_SCORES,
  Attention,
  HEADS,
  KEYS,
  K_ROWS,
  LIMITS,
  Mask,
  QUERIES,
  Q_ROWS,
  ROWS,
  SCORES,
  V_ROWS,
  Place,
  firstBlock,
  firstSeen,
  headAt,
  keysBefore,
  mix,
  placeOf,
  rowDots,
  rowMix,
  rowOf,
  samePart,
  tables,
} from './attention';
import { Lanes } from './lanes';
import { at } from './op';

@unmanaged
export class AttentionBackward extends Attention {
  dO: usize;
  dq: usize;
  dk: usize;
  dv: usize;
}

/** Scratch behind that of the forward pass. */
const SLOPES: usize = AFTER_SCORES;
const DO_ROWS: usize = SLOPES + 4 * ROWS * KEYS;
const DQ_ROWS: usize = DO_ROWS + 256;
const LSES: usize = DQ_ROWS + 256;
const DELTAS: usize = LSES + 256;

function product(x: usize, y: usize, width: u32): f32 {
  let sums = f32x4.splat(0);
  let i: u32 = 0;
  for (; i + 4 <= width; i += 4) sums = f32x4.add(sums, f32x4.mul(v128.load(at(x, i)), v128.load(at(y, i))));
  let sum = Lanes.sum(sums);
  for (; i < width; i++) sum += load<f32>(at(x, i)) * load<f32>(at(y, i));
  return sum;
}

/** Fills the tables for query `t` with heads [h0, h1) and gives the number of rows then. */
function addRows(op: AttentionBackward, t: u32, h0: u32, h1: u32, limit: u32, rows: u32, scratch: usize): u32 {
  for (let h = h0; h < h1; h++, rows++) {
    const dO = headAt(op.dO, t, h, op.heads, op.headDim);
    store<usize>(at(scratch + Q_ROWS, rows), headAt(op.q, t, h, op.heads, op.headDim));
    store<usize>(at(scratch + DO_ROWS, rows), dO);
    store<usize>(at(scratch + DQ_ROWS, rows), headAt(op.dq, t, h, op.heads, op.headDim));
    store<u32>(at(scratch + LIMITS, rows), limit);
    store<f32>(at(scratch + LSES, rows), load<f32>(at(op.lse, t * op.heads + h)));
    store<f32>(at(scratch + DELTAS, rows), product(dO, headAt(op.o, t, h, op.heads, op.headDim), op.headDim));
  }
  return rows;
}

/** A row's scores and dO·v of the block at `j0` become p and ds. */
function slopes(op: AttentionBackward, r: u32, j0: u32, count: u32, scratch: usize): void {
  const p = scratch + SCORES + at(0, r * KEYS);
  const ds = scratch + SLOPES + at(0, r * KEYS);
  const limit = load<u32>(at(scratch + LIMITS, r));
  const from = firstSeen(limit, op.window, j0);
  const to = limit > j0 ? min(limit - j0, count) : 0;
  const scale = f32x4.splat(op.scale);
  const lse = v128.load32_splat(at(scratch + LSES, r));
  const delta = v128.load32_splat(at(scratch + DELTAS, r));
  for (let j: u32 = 0; j < count; j += 4) {
    const mask = Mask.of(j, from, to);
    const weight = v128.and(Lanes.exp(f32x4.sub(f32x4.mul(v128.load(at(p, j)), scale), lse)), mask);
    v128.store(at(p, j), weight);
    const slope = f32x4.mul(f32x4.mul(weight, f32x4.sub(v128.load(at(ds, j)), delta)), scale);
    v128.store(at(ds, j), v128.and(slope, mask));
  }
}

/** A block of queries against all keys of its sequence. */
function block(op: AttentionBackward, kvHead: u32, rows: u32, place: Place, scratch: usize): void {
  const width = op.headDim;
  const count = load<u32>(at(scratch + LIMITS, rows - 1));
  for (let j0 = firstBlock(op, scratch); j0 < count; j0 += KEYS) {
    const keys = min(KEYS, count - j0);
    tables(op, kvHead, 0, j0, keys, scratch);
    memory.fill(scratch + SCORES, 0, 2 * (AFTER_SCORES - SCORES));
    for (let r: u32 = 0; r < rows; r += 2) {
      const s = min(r + 1, rows - 1);
      const limit = load<u32>(at(scratch + LIMITS, s));
      if (limit <= j0) continue;
      const seen = (min(keys, limit - j0) + 3) & ~3;
      rowDots(scratch + Q_ROWS, r, s, scratch + K_ROWS, seen, width, scratch + SCORES);
      rowDots(scratch + DO_ROWS, r, s, scratch + V_ROWS, seen, width, scratch + SLOPES);
      slopes(op, r, j0, seen, scratch);
      if (s != r) slopes(op, s, j0, seen, scratch);
      rowMix(scratch + DQ_ROWS, r, s, scratch + SLOPES, scratch + K_ROWS, min(seen, keys), width);
    }
    for (let j: u32 = 0; j < keys; j += 2) {
      const i = min(j + 1, keys - 1);
      const first = rowOf(place, j0 + j) * op.kvHeads + kvHead;
      const second = rowOf(place, j0 + i) * op.kvHeads + kvHead;
      keyMix(op.dv, first, second, scratch + SCORES, j, i, scratch + DO_ROWS, rows, width);
      keyMix(op.dk, first, second, scratch + SLOPES, j, i, scratch + Q_ROWS, rows, width);
    }
  }
}

/** {@link mix} of the `count` rows of a table into two heads of `base`, by the weights of the keys j and i. */
function keyMix(base: usize, first: u32, second: u32, weights: usize, j: u32, i: u32, rows: usize, count: u32, width: u32): void {
  mix(at(base, first * width), at(base, second * width), at(weights, j), at(weights, i), at(0, KEYS), rows, count, width);
}

function clear(base: usize, row: u32, head: u32, heads: u32, headDim: u32): void {
  memory.fill(headAt(base, row, head, heads, headDim), 0, at(0, headDim));
}

export function attentionBackward(op: AttentionBackward, unit: u32, scratch: usize): void {
  const kvHead = unit % op.kvHeads;
  const group = op.heads / op.kvHeads;
  const last = min((unit / op.kvHeads + 1) * QUERIES, op.tokens);
  for (let start = (unit / op.kvHeads) * QUERIES; start < last; start++) {
    if (load<u32>(at(op.seqStart, start)) != start) continue;
    const end = load<u32>(at(op.seqEnd, start));
    for (let t = start; t < end; t++) {
      clear(op.dk, t, kvHead, op.kvHeads, op.headDim);
      clear(op.dv, t, kvHead, op.kvHeads, op.headDim);
      for (let h = kvHead * group; h < (kvHead + 1) * group; h++) clear(op.dq, t, h, op.heads, op.headDim);
    }
    for (let t = start; t < end;) {
      const next = samePart(op, t, min(t + QUERIES, end));
      const place = placeOf(op, t, start, scratch);
      const before = keysBefore(place, t);
      for (let h0 = kvHead * group; h0 < (kvHead + 1) * group; h0 += HEADS) {
        const h1 = min(h0 + HEADS, (kvHead + 1) * group);
        let rows: u32 = 0;
        for (let i = t; i < next; i++) rows = addRows(op, i, h0, h1, before + i - t + 1, rows, scratch);
        block(op, kvHead, rows, place, scratch);
      }
      t = next;
    }
  }
}

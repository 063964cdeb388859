// Draws one token per row of logits, and moves the slots of a decoding batch on by one token. What is drawn is what shaders/sampling.wgsl
// draws on a software device: the same order of summation, the same random word.
//   z = penalised logit / temperature; every filter keeps {z ≥ cut}, so the filters are one cut (ties are kept)
//   top-k: the k-th largest z; top-p: the largest value whose mass {z ≥ cut} reaches p of what top-k kept; min-p: max z + ln(minP)
//   draw: inverse CDF at u = philox(seed; step, stream, 0, 0) / 2^32, cut to 24 bits
//   logp = log-softmax of the raw logits / temperature at the drawn id
// The CDF runs over lanes: element e belongs to lane (e / pack) mod lanes, and the lanes follow each other, each with its elements in order.
import { largestOf } from './head';
import { Lanes, loadSome, log64 } from './lanes';
import { Op, at } from './op';

@unmanaged
export class Sample extends Op {
  logits: usize;
  tokens: usize;
  streams: usize;
  steps: usize;
  actives: usize;
  logps: usize;
  /** u32[rows, ceil(vocab / 32)] or 0: no penalty. */
  seen: usize;
  /** f32[rows, vocab] or 0. */
  probs: usize;
  rows: u32;
  vocab: u32;
  seed0: u32;
  seed1: u32;
  inverseTemperature: f32;
  greedy: u32;
  /** 0: off. */
  topK: u32;
  /** 1: off. */
  topP: f32;
  /** Below −1e30: off. */
  logMinP: f32;
  penalty: f32;
  inversePenalty: f32;
}

const LOWEST: f32 = -3e38;
/** Scratch: histogram, sums of the lanes, then z, kept and raw masses of the row. */
const MASS_SUMS: usize = 8 * 256;
const RAW_SUMS: usize = MASS_SUMS + 4 * 256;
const ROW: usize = RAW_SUMS + 4 * 256;

/** Philox 4x32-10 (Salmon et al., SC 2011): the first word for a key and counter (c0, c1, 0, 0). */
function philox(k0: u32, k1: u32, c0: u32, c1: u32): u32 {
  let c2: u32 = 0;
  let c3: u32 = 0;
  for (let round = 0; round < 10; round++) {
    const p = <u64>0xd2511f53 * <u64>c0;
    const q = <u64>0xcd9e8d57 * <u64>c2;
    c0 = (<u32>(q >> 32)) ^ c1 ^ k0;
    c1 = <u32>q;
    c2 = (<u32>(p >> 32)) ^ c3 ^ k1;
    c3 = <u32>p;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  return c0;
}

/** Bits of z in the order of the values; −0 and 0 are one value. */
function ordered(z: f32): u32 {
  const bits = reinterpret<u32>(z == 0 ? <f32>0 : z);
  return bits ^ (bits >= 0x80000000 ? 0xffffffff : 0x80000000);
}

/** z of the row: logits / temperature, those of ids seen before divided by the penalty, or multiplied below 0 (Keskar et al. 2019). */
function scaled(op: Sample, row: u32, z: usize): void {
  const logits = at(op.logits, row * op.vocab);
  let i: u32 = 0;
  for (; i < op.vocab; i += 4) {
    const count = op.vocab - i;
    const raw = count >= 4 ? v128.load(at(logits, i)) : loadSome(at(logits, i), count);
    v128.store(at(z, i), f32x4.mul(raw, f32x4.splat(op.inverseTemperature)));
  }
  for (let k = op.vocab; k < i; k++) store<f32>(at(z, k), LOWEST);
  if (!op.seen) return;
  const words = (op.vocab + 31) / 32;
  for (let w: u32 = 0; w < words; w++) {
    for (let bits = load<u32>(at(op.seen, row * words + w)); bits; bits &= bits - 1) {
      const id = w * 32 + ctz(bits);
      if (id >= op.vocab) break;
      const raw = load<f32>(at(z, id));
      store<f32>(at(z, id), raw * (raw < 0 ? op.penalty : op.inversePenalty));
    }
  }
}

function binWeight(bin: u32, scratch: usize): f32 {
  const weight = load<u64>(scratch + ((<usize>bin) << 3));
  return <f32>(<u32>(weight >> 32)) + <f32>(<u32>weight) * 2.3283064365386963e-10;
}

/**
 * Order-preserving bits of the largest value v among {z ≥ floor} with weight({z ≥ v}) ≥ goal, by radix selection, 8 bits a pass. Weights: 1
 * each and goal = share, or exp(z − top) (at `mass`) and goal = share of all of it. They are summed as integers: in no order.
 */
function selectCut(z: usize, mass: usize, vocab: u32, floor: u32, byMass: bool, share: f32, scratch: usize): u32 {
  let prefix: u32 = 0;
  let goal = share;
  for (let shift = 24; shift >= 0; shift -= 8) {
    memory.fill(scratch, 0, 8 * 256);
    const fixed: u32 = shift == 24 ? 0 : 0xffffffff << (shift + 8);
    for (let i: u32 = 0; i < vocab; i++) {
      const key = ordered(load<f32>(at(z, i)));
      if (key < floor || (key & fixed) != prefix) continue;
      const bin = scratch + ((<usize>((key >> shift) & 255)) << 3);
      // At most 4096 a value: the sum over 2^20 ids fits in 32 bits before the point.
      const weight = byMass ? <u64>(<f64>(load<f32>(at(mass, i)) * 4096.0) * 4294967296.0) : (<u64>1) << 32;
      store<u64>(bin, load<u64>(bin) + weight);
    }
    if (byMass && shift == 24) {
      let all: f32 = 0;
      for (let b = 256; b > 0; b--) all += binWeight(b - 1, scratch);
      goal = share * all;
    }
    let above: f32 = 0;
    let chosen: u32 = 0;
    let chosenAbove: f32 = 0;
    for (let b = 256; b > 0; b--) {
      const weight = binWeight(b - 1, scratch);
      if (weight == 0) continue;
      chosen = b - 1; // the lowest one if rounding leaves the goal out of reach
      chosenAbove = above;
      above += weight;
      if (above >= goal) break;
    }
    goal -= chosenAbove;
    prefix |= chosen << shift;
  }
  return prefix;
}

/** How the ids of a row are summed: `lanes` lanes of packs of `pack` ids. */
function lanesFor(vocab: u32): u32 {
  return vocab <= 1024 ? 1 : 64;
}

function packFor(vocab: u32): u32 {
  return vocab & 3 ? 1 : 4;
}

/** Sum of a pack at `from`. */
function packSum(from: usize, pack: u32): f32 {
  if (pack == 1) return load<f32>(from);
  return load<f32>(from) + load<f32>(from, 4) + (load<f32>(from, 8) + load<f32>(from, 12));
}

/** Sums a row of masses by lanes; leaves each lane's sum at `sums` and gives that of all. */
function laneSums(mass: usize, vocab: u32, sums: usize): f32 {
  const pack = packFor(vocab);
  const lanes = lanesFor(vocab);
  const width = lanes * pack;
  memory.fill(sums, 0, at(0, width));
  if (width == 1) {
    let sum: f32 = 0;
    for (let i: u32 = 0; i < vocab; i++) sum += load<f32>(at(mass, i));
    store<f32>(sums, sum);
    return sum;
  }
  for (let base: u32 = 0; base < vocab; base += width) {
    const end = min(width, vocab - base);
    for (let i: u32 = 0; i < end; i += 4) {
      v128.store(at(sums, i), f32x4.add(v128.load(at(sums, i)), v128.load(at(mass, base + i))));
    }
  }
  let all: f32 = 0;
  for (let l: u32 = 0; l < lanes; l++) {
    const sum = packSum(at(sums, l * pack), pack);
    store<f32>(at(sums, l), sum);
    all += sum;
  }
  return all;
}

/** The id at which the CDF of the masses passes u · total. Where rounding leaves it out of reach: the last one with any mass. */
function pick(mass: usize, vocab: u32, sums: usize, target: f32): u32 {
  const pack = packFor(vocab);
  const lanes = lanesFor(vocab);
  let before: f32 = 0;
  let segment: u32 = 0;
  let segmentBefore: f32 = 0;
  for (let l: u32 = 0; l < lanes; l++) {
    const weight = load<f32>(at(sums, l));
    if (!(weight > 0)) continue;
    segment = l;
    segmentBefore = before;
    before += weight;
    if (before > target) break;
  }
  const goal = target - segmentBefore;
  let sum: f32 = 0;
  let chosen: u32 = 0;
  for (let p = segment; p * pack < vocab; p += lanes) {
    const weight = packSum(at(mass, p * pack), pack);
    if (!(weight > 0)) continue;
    chosen = p;
    if (sum + weight > goal) break;
    sum += weight;
  }
  let token = chosen * pack;
  for (let c: u32 = 0; c < pack; c++) {
    const weight = load<f32>(at(mass, chosen * pack + c));
    if (!(weight > 0)) continue;
    token = chosen * pack + c;
    sum += weight;
    if (sum > goal) break;
  }
  return token;
}

/** Masses exp(z − top) of a row. */
function masses(z: usize, top: f32, vocab: u32, to: usize): void {
  for (let i: u32 = 0; i < vocab; i += 4) v128.store(at(to, i), Lanes.exp(f32x4.sub(v128.load(at(z, i)), f32x4.splat(top))));
}

/** The first id of that value; the last of all where none has it, as where logits are NaN. */
function firstOf(z: usize, vocab: u32, value: f32): u32 {
  let i: u32 = 0;
  while (i + 1 < vocab && load<f32>(at(z, i)) != value) i++;
  return i;
}

/** One row a share. */
export function sample(op: Sample, row: u32, scratch: usize): void {
  if (load<u32>(at(op.actives, row)) == 0) return;
  const vocab = op.vocab;
  const space = at(0, (vocab + 3) & ~3);
  const z = scratch + ROW;
  const kept = z + space;
  const logits = at(op.logits, row * vocab);
  scaled(op, row, z);
  const top = largestOf(z, vocab, 1);
  masses(z, top, vocab, kept);

  // The raw distribution: all masses, without a penalty.
  let rawTop = top;
  let rawSum: f32 = 0;
  if (op.seen) {
    const raw = kept + space;
    rawTop = largestOf(logits, vocab, op.inverseTemperature);
    for (let i: u32 = 0; i < vocab; i++) store<f32>(at(raw, i), load<f32>(at(logits, i)) * op.inverseTemperature);
    for (let i = vocab; i & 3; i++) store<f32>(at(raw, i), LOWEST);
    masses(raw, rawTop, vocab, raw);
    rawSum = laneSums(raw, vocab, scratch + RAW_SUMS);
  } else rawSum = laneSums(kept, vocab, scratch + RAW_SUMS);

  let cut: u32 = 0;
  if (!op.greedy) {
    if (op.topK > 0) cut = selectCut(z, kept, vocab, 0, false, <f32>op.topK, scratch);
    if (op.topP < 1) cut = max(cut, selectCut(z, kept, vocab, cut, true, op.topP, scratch));
    if (op.logMinP > -1e30) cut = max(cut, ordered(top + op.logMinP));
  }
  if (cut > 0) for (let i: u32 = 0; i < vocab; i++) if (ordered(load<f32>(at(z, i))) < cut) store<f32>(at(kept, i), 0);

  const keptSum = laneSums(kept, vocab, scratch + MASS_SUMS);
  let token: u32 = 0;
  if (op.greedy) token = firstOf(z, vocab, top);
  else {
    const word = philox(op.seed0, op.seed1, load<u32>(at(op.steps, row)), load<u32>(at(op.streams, row)));
    token = pick(kept, vocab, scratch + MASS_SUMS, <f32>(word >> 8) * 5.9604644775390625e-8 * keptSum);
  }
  if (op.probs) {
    for (let i: u32 = 0; i < vocab; i++) {
      const p = op.greedy ? <f32>(i == token ? 1 : 0) : load<f32>(at(kept, i)) / keptSum;
      store<f32>(at(op.probs, row * vocab + i), p);
    }
  }
  store<u32>(at(op.tokens, row), token);
  const chosen = load<f32>(at(logits, token)) * op.inverseTemperature - rawTop;
  store<f32>(at(op.logps, row), <f32>(<f64>chosen - log64(<f64>rawSum)));
  if (op.seen) {
    const word = at(op.seen, row * ((vocab + 31) / 32) + token / 32);
    store<u32>(word, load<u32>(word) | (1 << (token & 31)));
  }
}

@unmanaged
export class Advance extends Op {
  state: usize;
  sampled: usize;
  kvIndex: usize;
  eos: usize;
  outTokens: usize;
  outLogps: usize;
  slots: u32;
  /** Elements from one column of the state to the next. */
  stride: u32;
  maxContext: u32;
  maxNew: u32;
  eosCount: u32;
}

/** Columns of the state: DECODE_FIELDS of the host. */
const TOKEN: u32 = 0;
const POSITION: u32 = 1;
const CONTEXT: u32 = 2;
const CACHE_ROW: u32 = 3;
const STEP: u32 = 4;
const ACTIVE: u32 = 5;
const LIMIT: u32 = 6;

function field(op: Advance, column: u32, slot: u32): usize {
  return at(op.state, column * op.stride + slot);
}

/** Keeps the sampled token of every active slot and moves the slot on, or stops it at an end id or at its limit. One share. */
export function advance(op: Advance): void {
  for (let slot: u32 = 0; slot < op.slots; slot++) {
    if (load<u32>(field(op, ACTIVE, slot)) == 0) continue;
    const token = load<u32>(field(op, TOKEN, slot));
    const step = load<u32>(field(op, STEP, slot));
    if (step < op.maxNew) {
      store<u32>(at(op.outTokens, slot * op.maxNew + step), token);
      store<f32>(at(op.outLogps, slot * op.maxNew + step), load<f32>(at(op.sampled, slot)));
    }
    store<u32>(field(op, STEP, slot), step + 1);
    const position = load<u32>(field(op, POSITION, slot)) + 1;
    let stop = step + 1 >= min(load<u32>(field(op, LIMIT, slot)), op.maxNew) || position >= op.maxContext;
    for (let e: u32 = 0; e < op.eosCount; e++) stop = stop || load<u32>(at(op.eos, e)) == token;
    if (stop) {
      store<u32>(field(op, ACTIVE, slot), 0);
      store<u32>(field(op, CONTEXT, slot), 0);
      store<u32>(field(op, CACHE_ROW, slot), 0xffffffff);
    } else {
      store<u32>(field(op, POSITION, slot), position);
      store<u32>(field(op, CONTEXT, slot), load<u32>(field(op, CONTEXT, slot)) + 1);
      store<u32>(field(op, CACHE_ROW, slot), load<u32>(at(op.kvIndex, slot * op.maxContext + position)));
    }
  }
}

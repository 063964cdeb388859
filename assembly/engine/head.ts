// Log-softmax and entropy over rows of logits, and their gradient, in place:
//   l = logits / temperature    lse = log Σ e^l    p = e^(l − lse)    logp = l[target] − lse    H = −Σ p log p
//   d logits_j = (dLogp · (1[j = target] − p_j) − dH · p_j (log p_j + H)) / temperature
// With z = l − max: lse = max + log S, logp = z[target] − log S, H = log S − D / S, S = Σ e^z, D = Σ z e^z, which lose nothing to cancellation.
import { Lanes, loadSome, log64, storeSome } from './lanes';
import { Op, at } from './op';

const LOWEST: f32 = -3e38;
/** Logits are no lower than this, so that z e^z is finite. */
const FLOOR: f32 = -1e30;
/** Elements that are summed in f32 before they are added to a sum in f64. */
const RUN: u32 = 1024;

@unmanaged
export class RowStats extends Op {
  logits: usize;
  targets: usize;
  logps: usize;
  entropies: usize;
  lse: usize;
  rows: u32;
  vocab: u32;
  /** 1 / temperature */
  scale: f32;
}

/** The largest of `count` f32, each times `scale`. */
export function largestOf(x: usize, count: u32, scale: f32): f32 {
  let best = f32x4.splat(LOWEST);
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) best = f32x4.max(best, f32x4.mul(v128.load(at(x, i)), f32x4.splat(scale)));
  let top = Lanes.largest(best);
  for (; i < count; i++) top = max(top, load<f32>(at(x, i)) * scale);
  return top;
}

/** One row a share. */
export function rowStats(op: RowStats, row: u32): void {
  const logits = at(op.logits, row * op.vocab);
  const scale = f32x4.splat(op.scale);
  const top = max(largestOf(logits, op.vocab, op.scale), FLOOR);
  let total: f64 = 0;
  let weighted: f64 = 0;
  for (let i: u32 = 0; i < op.vocab;) {
    let s = f32x4.splat(0);
    let d = f32x4.splat(0);
    const stop = min(i + RUN, op.vocab);
    for (; i < stop; i += 4) {
      const count = stop - i;
      // Past the end of the row: FLOOR, whose weight is 0.
      let l = f32x4.splat(FLOOR);
      if (count >= 4) l = f32x4.max(f32x4.mul(v128.load(at(logits, i)), scale), l);
      else {
        const some = f32x4.max(f32x4.mul(loadSome(at(logits, i), count), scale), l);
        const inside = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
        l = v128.bitselect(some, l, inside);
      }
      const z = f32x4.sub(l, f32x4.splat(top));
      const e = Lanes.exp(z);
      s = f32x4.add(s, e);
      d = f32x4.add(d, f32x4.mul(z, e));
    }
    total += <f64>Lanes.sum(s);
    weighted += <f64>Lanes.sum(d);
  }
  const logSum = log64(total);
  const target = load<u32>(at(op.targets, row));
  const chosen = target < op.vocab ? load<f32>(at(logits, target)) * op.scale : <f32>NaN;
  store<f32>(at(op.lse, row), <f32>(<f64>top + logSum));
  store<f32>(at(op.logps, row), <f32>(<f64>(chosen - top) - logSum));
  store<f32>(at(op.entropies, row), <f32>(logSum - weighted / total));
}

@unmanaged
export class LogitsBackward extends Op {
  logits: usize;
  targets: usize;
  lse: usize;
  entropies: usize;
  dLogps: usize;
  dEntropies: usize;
  rows: u32;
  vocab: u32;
  scale: f32;
}

/** One row a share. */
export function logitsBackward(op: LogitsBackward, row: u32): void {
  const logits = at(op.logits, row * op.vocab);
  const scale = f32x4.splat(op.scale);
  const lse = v128.load32_splat(at(op.lse, row));
  const entropy = v128.load32_splat(at(op.entropies, row));
  const dLogp = load<f32>(at(op.dLogps, row));
  const dEntropy = v128.load32_splat(at(op.dEntropies, row));
  const target = load<u32>(at(op.targets, row));
  for (let i: u32 = 0; i < op.vocab; i += 4) {
    const count = min<u32>(4, op.vocab - i);
    const l = count == 4 ? v128.load(at(logits, i)) : loadSome(at(logits, i), count);
    const logp = f32x4.sub(f32x4.max(f32x4.mul(l, scale), f32x4.splat(FLOOR)), lse);
    const p = Lanes.exp(logp);
    const hit = v128.and(i32x4.eq(i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3)), i32x4.splat(target)), f32x4.splat(1));
    const bend = f32x4.mul(f32x4.mul(dEntropy, p), f32x4.add(logp, entropy));
    const d = f32x4.mul(f32x4.sub(f32x4.mul(f32x4.splat(dLogp), f32x4.sub(hit, p)), bend), scale);
    if (count == 4) v128.store(at(logits, i), d);
    else storeSome(at(logits, i), d, count);
  }
}

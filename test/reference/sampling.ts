import { philox } from '../../src/rng.js';

/** Settings of the twin; absent filters are off. */
export interface SamplingSettings {
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
}

/** f64 log-softmax of logits / temperature. */
export function logSoftmax(logits: ArrayLike<number>, temperature: number): Float64Array {
  const z = Float64Array.from(logits, (x) => x / temperature);
  const top = z.reduce((a, b) => Math.max(a, b), -Infinity);
  const log = top + Math.log(z.reduce((sum, x) => sum + Math.exp(x - top), 0));
  return z.map((x) => x - log);
}

/** f64 twin of the distribution that is drawn from: penalty, temperature, top-k, top-p, min-p, as transformers applies them. */
export function samplingProbs(logits: ArrayLike<number>, history: Iterable<number>, s: SamplingSettings): Float64Array {
  const z = Float64Array.from(logits);
  const penalty = s.repetitionPenalty ?? 1;
  for (const id of new Set(history)) z[id] = z[id]! < 0 ? z[id]! * penalty : z[id]! / penalty;
  if (s.temperature === 0) {
    const best = z.indexOf(z.reduce((a, b) => Math.max(a, b), -Infinity));
    return z.map((_, i) => Number(i === best));
  }
  for (let i = 0; i < z.length; i++) z[i]! /= s.temperature;
  const softmax = (): Float64Array => logSoftmax(z, 1).map(Math.exp);
  const cut = (keep: (x: number, i: number) => boolean): void => {
    const kept = z.map((x, i) => Number(keep(x, i)));
    kept.forEach((k, i) => (k ? 0 : (z[i] = -Infinity)));
  };
  if (s.topK && s.topK < z.length) {
    const kth = Float64Array.from(z).sort()[z.length - s.topK]!;
    cut((x) => x >= kth);
  }
  if (s.topP !== undefined && s.topP < 1) {
    const p = softmax();
    const order = Array.from(z.keys()).sort((a, b) => z[b]! - z[a]!);
    let mass = 0;
    let lowest = Infinity;
    for (const i of order) {
      if (mass >= s.topP) break;
      mass += p[i]!;
      lowest = z[i]!;
    }
    cut((x) => x >= lowest);
  }
  if (s.minP) {
    const p = softmax();
    const least = s.minP * p.reduce((a, b) => Math.max(a, b), 0);
    cut((_, i) => p[i]! >= least);
  }
  return softmax();
}

/** The uniform number of a draw: 24 bits of Philox with key `seed` and counter (step, stream, 0, 0). */
export function drawUniform(seed: readonly [number, number], stream: number, step: number): number {
  return (philox(seed, [step, stream, 0, 0])[0] >>> 8) / 2 ** 24;
}

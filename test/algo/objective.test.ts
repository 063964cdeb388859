import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveGRPOConfig } from '../../src/config/grpo.js';
import type { GRPOConfigInput } from '../../src/config/grpo.js';
import { policyObjective, quantile, tokenWeights } from '../../src/algo/objective.js';
import type { ObjectiveBatch, ObjectiveContext, ObjectiveSettings } from '../../src/algo/objective.js';
import { goldenCases, goldenMissing, readTensors } from './golden.js';

/** A deterministic stream of numbers in [0, 1). */
function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

function offsetsOf(lengths: readonly number[]): number[] {
  return lengths.reduce<number[]>((out, n) => [...out, out[out.length - 1]! + n], [0]);
}

/** Random micro-batch; log-ratios spread wide enough that every branch of every surrogate is met. */
function randomBatch(seed: number, lengths: readonly number[], options: { old?: boolean; mask?: boolean } = {}): ObjectiveBatch {
  const u = stream(seed);
  const offsets = offsetsOf(lengths);
  const N = offsets[offsets.length - 1]!;
  const logps = Float64Array.from({ length: N }, () => -0.05 - 3 * u());
  return {
    offsets,
    logps,
    oldLogps: options.old === false ? null : logps.map((x) => x + 1.2 * (u() - 0.5)),
    refLogps: logps.map((x) => x + 0.8 * (u() - 0.5)),
    entropies: Float64Array.from({ length: N }, () => 3 * u()),
    advantages: lengths.map((_, i) => (i === 2 ? 0 : 2 * u() - 1)),
    mask: options.mask ? Uint8Array.from({ length: N }, (_, t) => (t < lengths[0]! || u() < 0.2 ? 0 : 1)) : null,
  };
}

const settingsOf = (input: GRPOConfigInput): ObjectiveSettings => ({
  ...resolveGRPOConfig({ maxCompletionLength: 16 }),
  ...input,
});

/** sum of (l_num - l_ana)^2 over sum l_num^2, central differences with `eps`. */
function gradientError(
  batch: ObjectiveBatch,
  settings: ObjectiveSettings,
  context: ObjectiveContext,
  of: 'logps' | 'entropies',
): { error: number; norm: number } {
  const { gradLogps, gradEntropies } = policyObjective(batch, settings, context);
  const analytic = of === 'logps' ? gradLogps : gradEntropies;
  const x = Float64Array.from(batch[of]!);
  const h = 1e-6;
  let diff = 0;
  let norm = 0;
  for (let t = 0; t < x.length; t++) {
    const at = (value: number): number => {
      const moved = x.slice();
      moved[t] = value;
      return policyObjective({ ...batch, [of]: moved }, settings, context).loss;
    };
    const numeric = (at(x[t]! + h) - at(x[t]! - h)) / (2 * h);
    diff += (numeric - analytic[t]!) ** 2;
    norm += numeric ** 2;
  }
  return { error: Math.sqrt(diff / Math.max(norm, 1e-30)), norm: Math.sqrt(norm) };
}

const LOSSES: Record<string, GRPOConfigInput> = {
  grpo: { lossType: 'grpo' },
  bnpo: { lossType: 'bnpo' },
  dr_grpo: { lossType: 'dr_grpo' },
  dapo: { lossType: 'dapo', epsilonHigh: 0.28 },
  luspo: { lossType: 'luspo' },
  sapo: { lossType: 'sapo' },
  delta: { lossType: 'grpo', delta: 1.3 },
  'delta below the clip': { lossType: 'grpo', delta: 1.1 },
};
const VARIANTS: Record<string, GRPOConfigInput> = {
  'without KL': { beta: 0 },
  'with KL': { beta: 0.3 },
  'with corrected KL': { beta: 0.3, useBiasCorrectionKl: true },
  'with one ratio per sequence': { beta: 0.1, importanceSamplingLevel: 'sequence', epsilon: 0.05 },
  'with one ratio per sequence and corrected KL': {
    beta: 0.1,
    importanceSamplingLevel: 'sequence',
    useBiasCorrectionKl: true,
    epsilon: 0.05,
  },
  'with an off-policy mask': { beta: 0.1, offPolicyMaskThreshold: 0.01 },
};
const context: ObjectiveContext = { accumulationSteps: 3, windowTokens: 61 };

describe('policyObjective', () => {
  for (const [loss, base] of Object.entries(LOSSES)) {
    for (const [variant, extra] of Object.entries(VARIANTS)) {
      it(`has the gradient of its loss in logps: ${loss} ${variant}`, () => {
        for (const mask of [false, true]) {
          const { error, norm } = gradientError(
            randomBatch(7, [3, 9, 4, 1, 8], { mask }),
            settingsOf({ ...base, ...extra }),
            context,
            'logps',
          );
          expect(norm).toBeGreaterThan(1e-4);
          expect(error).toBeLessThan(1e-7);
        }
      });
    }
  }

  it('gives cispo and vespo the gradient of -weight A logp with the weight held fixed', () => {
    const batch = randomBatch(3, [5, 7, 2, 6]);
    for (const settings of [
      settingsOf({ lossType: 'cispo', epsilonHigh: 1.1, beta: 0 }),
      settingsOf({ lossType: 'vespo', beta: 0 }),
    ]) {
      const { gradLogps, loss } = policyObjective(batch, settings, context);
      // l = slope * logp, so the loss is the inner product of the gradient and the log-probs.
      const inner = gradLogps.reduce((sum, g, t) => sum + g * batch.logps[t]!, 0);
      expect(loss).toBeCloseTo(inner, 12);
    }
    const first = policyObjective(batch, settingsOf({ lossType: 'cispo', epsilonHigh: 1.1, beta: 0 }), context).gradLogps;
    const c = Math.exp(batch.logps[0]! - batch.oldLogps![0]!);
    expect(first[0]).toBeCloseTo((-Math.min(c, 1.1) * batch.advantages[0]!) / 61, 14);
  });

  it('weighs vespo tokens with phi of the clamped sequence ratio', () => {
    const batch = randomBatch(3, [5, 7]);
    const { gradLogps, metrics } = policyObjective(batch, settingsOf({ lossType: 'vespo', beta: 0 }), context);
    const phis = [0, 1].map((i) => {
      let lnW = 0;
      for (let t = batch.offsets[i]!; t < batch.offsets[i + 1]!; t++) lnW += batch.logps[t]! - batch.oldLogps![t]!;
      const [k, lambda] = batch.advantages[i]! >= 0 ? [2, 3] : [3, 2];
      return Math.exp(lambda + k * lnW - lambda * Math.exp(lnW));
    });
    expect(gradLogps[6]).toBeCloseTo((-phis[1]! * batch.advantages[1]!) / 61, 14);
    expect(metrics['vespo/phi_seq_mean']).toBeCloseTo((phis[0]! + phis[1]!) / 2, 14);
  });

  it('gives topr the gradient of -min(product of ratios, 1) A logp where A < 0, of -A logp elsewhere, summed over tokens', () => {
    const batch = { ...randomBatch(3, [5, 7, 6]), advantages: [0.5, -0.25, -1] };
    // Ratio of sequence 1 above 1, of sequence 2 below.
    const sign = [1, 1, -1];
    const oldLogps = Float64Array.from(batch.logps, (x, t) => x - 0.1 * sign[t < 5 ? 0 : t < 12 ? 1 : 2]!);
    const settings = settingsOf({ lossType: 'topr', beta: 0.2 });
    const { gradLogps, loss, metrics } = policyObjective({ ...batch, oldLogps }, settings, {
      accumulationSteps: 1,
      windowTokens: 18,
    });
    const weights = [1, 1, Math.exp(-0.6)];
    expect(metrics['topr/weight_seq_mean']).toBeCloseTo((2 + Math.exp(-0.6)) / 3, 14);
    // The twin, with the weights held fixed, and its finite differences.
    const twin = (logps: ArrayLike<number>): number => {
      let sum = 0;
      for (let i = 0; i < 3; i++) {
        for (let t = batch.offsets[i]!; t < batch.offsets[i + 1]!; t++) {
          const d = batch.refLogps![t]! - logps[t]!;
          sum += (-weights[i]! * batch.advantages[i]! * logps[t]! + 0.2 * (Math.exp(d) - d - 1)) / 3;
        }
      }
      return sum;
    };
    expect(loss).toBeCloseTo(twin(batch.logps), 12);
    for (let t = 0; t < 18; t++) {
      const at = (h: number): number => twin(Float64Array.from(batch.logps, (x, u) => (u === t ? x + h : x)));
      expect(gradLogps[t]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 8);
    }
  });

  it('has the gradient of its loss in logps under the entropy mask, and in entropies with a bonus', () => {
    const batch = randomBatch(11, [3, 9, 4, 1, 8], { mask: true });
    expect(gradientError(batch, settingsOf({ topEntropyQuantile: 0.4, beta: 0.2 }), context, 'logps').error).toBeLessThan(1e-7);
    for (const lossType of ['grpo', 'dapo'] as const) {
      const { error, norm } = gradientError(batch, settingsOf({ lossType, entropyCoef: 0.3, beta: 0.2 }), context, 'entropies');
      expect(norm).toBeGreaterThan(1e-3);
      expect(error).toBeLessThan(1e-7);
    }
  });

  it('leaves the KL term on tokens that the entropy mask and the off-policy mask drop', () => {
    const batch = { ...randomBatch(5, [6, 6]), advantages: [-1, -1] };
    const settings = settingsOf({ beta: 0.5, topEntropyQuantile: 0.3, offPolicyMaskThreshold: 1e-9 });
    const off = { ...batch, oldLogps: Float64Array.from(batch.logps, (x) => x + 1) };
    const zero = policyObjective({ ...batch, advantages: [0, 0] }, settings, context);
    expect(policyObjective(off, settings, context).gradLogps).toEqual(zero.gradLogps);
    expect(zero.gradLogps.every((g) => g !== 0)).toBe(true);
  });

  it('has ratio 1 and the gradient -A / L without old log-probs', () => {
    const batch = randomBatch(13, [4, 6], { old: false });
    const { gradLogps, metrics } = policyObjective(batch, settingsOf({ beta: 0 }), { accumulationSteps: 1, windowTokens: 10 });
    expect(gradLogps[0]).toBeCloseTo(-batch.advantages[0]! / 2 / 4, 15);
    expect(gradLogps[9]).toBeCloseTo(-batch.advantages[1]! / 2 / 6, 15);
    expect(metrics['clip_ratio/region_mean']).toBe(0);
  });

  it('turns the gradient of the corrected KL on policy into -(ref - logp)', () => {
    const batch = { ...randomBatch(17, [5], { old: false }), advantages: [0] };
    const { gradLogps } = policyObjective(batch, settingsOf({ beta: 1, useBiasCorrectionKl: true }), {
      accumulationSteps: 1,
      windowTokens: 5,
    });
    for (let t = 0; t < 5; t++) expect(gradLogps[t]).toBeCloseTo(-(batch.refLogps![t]! - batch.logps[t]!) / 5, 14);
  });

  it('counts a fully masked sequence as 0 in a mean over sequences', () => {
    const full = randomBatch(19, [4, 5]);
    const mask = Uint8Array.from([0, 0, 0, 0, 1, 1, 1, 1, 1]);
    const both = policyObjective({ ...full, mask }, settingsOf({ beta: 0.1 }), { accumulationSteps: 1, windowTokens: 5 });
    const slice = (x: ArrayLike<number> | null): Float64Array => Float64Array.from(x!).slice(4);
    const alone = policyObjective(
      {
        offsets: [0, 5],
        logps: slice(full.logps),
        oldLogps: slice(full.oldLogps),
        refLogps: slice(full.refLogps),
        entropies: null,
        advantages: [full.advantages[1]!],
        mask: null,
      },
      settingsOf({ beta: 0.1 }),
      { accumulationSteps: 1, windowTokens: 5 },
    );
    expect(both.loss).toBeCloseTo(alone.loss / 2, 14);
    expect([...both.gradLogps.slice(0, 4)]).toEqual([0, 0, 0, 0]);
    const nothing = policyObjective({ ...full, mask: new Uint8Array(9) }, settingsOf({ beta: 0.1 }), {
      accumulationSteps: 1,
      windowTokens: 0,
    });
    expect(nothing.loss).toBe(0);
    expect(Object.values(nothing.metrics).every(Number.isFinite)).toBe(true);
  });

  it('gives the same step however a window is cut into micro-batches (grpo, sapo, dr_grpo, luspo, dapo)', () => {
    const lengths = [3, 9, 4, 1, 8, 2];
    const batch = randomBatch(23, lengths);
    const sequenceWeights = lengths.map(() => 1 / 6);
    for (const lossType of ['grpo', 'sapo', 'dr_grpo', 'luspo', 'dapo'] as const) {
      const settings = settingsOf({ lossType, beta: 0.1 });
      const run = (size: number): { loss: number; grad: number[] } => {
        let loss = 0;
        const grad: number[] = [];
        for (let i = 0; i < 6; i += size) {
          const [from, to] = [batch.offsets[i]!, batch.offsets[i + size]!];
          const cut = (x: ArrayLike<number> | null): Float64Array => Float64Array.from(x!).slice(from, to);
          const part = policyObjective(
            {
              offsets: offsetsOf(lengths.slice(i, i + size)),
              logps: cut(batch.logps),
              oldLogps: cut(batch.oldLogps),
              refLogps: cut(batch.refLogps),
              entropies: null,
              advantages: Array.from(batch.advantages).slice(i, i + size),
              mask: null,
            },
            settings,
            {
              accumulationSteps: 6 / size,
              windowTokens: 27,
              windowSequences: 6,
              sequenceWeights: sequenceWeights.slice(i, i + size),
            },
          );
          loss += part.loss;
          grad.push(...part.gradLogps);
        }
        return { loss, grad };
      };
      const whole = run(6);
      const plain = policyObjective(batch, settings, { accumulationSteps: 1, windowTokens: 27 });
      expect(whole.loss).toBeCloseTo(plain.loss, 13);
      for (const size of [1, 2, 3]) {
        const { loss, grad } = run(size);
        expect(loss).toBeCloseTo(whole.loss, 13);
        grad.forEach((g, t) => expect(g).toBeCloseTo(whole.grad[t]!, 13));
      }
    }
  });

  it('says which array is missing or of the wrong length', () => {
    const batch = randomBatch(1, [2, 3]);
    expect(() => policyObjective({ ...batch, refLogps: null }, settingsOf({ beta: 0.1 }), context)).toThrow(
      /beta 0.1 needs refLogps/,
    );
    expect(() => policyObjective({ ...batch, entropies: null }, settingsOf({ entropyCoef: 0.1 }), context)).toThrow(
      /need entropies/,
    );
    expect(() => policyObjective({ ...batch, oldLogps: [0] }, settingsOf({}), context)).toThrow(
      /expected 5 values for oldLogps.*got 1/,
    );
    expect(() =>
      tokenWeights(
        [1],
        { lossType: 'dapo', maxCompletionLength: 4 },
        { accumulationSteps: 1, windowTokens: 1, sequenceWeights: [1] },
      ),
    ).toThrow(/windowSequences/);
  });

  it('takes well under a microsecond per token', () => {
    const batch = randomBatch(
      29,
      Array.from({ length: 64 }, () => 128),
    );
    const settings = settingsOf({ beta: 0.1 });
    const run = (): number => {
      const from = performance.now();
      policyObjective(batch, settings, { accumulationSteps: 1, windowTokens: 8192 });
      return performance.now() - from;
    };
    const best = Math.min(...Array.from({ length: 30 }, run));
    expect(best).toBeLessThan(8.192);
  });
});

describe('quantile', () => {
  it('returns the element itself where the rank is whole, despite rounding of 1 - rho', () => {
    const values = Float64Array.from({ length: 21 }, (_, i) => i * 0.37);
    for (let k = 0; k <= 20; k++) expect(quantile(values.slice(), 1 - (1 - k / 20))).toBe(values[k]);
    expect(quantile(Float64Array.from([4, 1, 3, 2]), 0.5)).toBe(2.5);
  });

  it('lies between the extremes and is monotone in q', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (xs, q) => {
          const at = (p: number): number => quantile(Float64Array.from(xs), p);
          expect(at(q)).toBeGreaterThanOrEqual(Math.min(...xs));
          expect(at(q)).toBeLessThanOrEqual(Math.max(...xs));
          expect(at(q * 0.5)).toBeLessThanOrEqual(at(q) + 1e-12);
        },
      ),
    );
  });
});

interface PolicyCase {
  settings: GRPOConfigInput;
  windowTokens: number;
  microBatches: { completions: number[][]; advantages: number[]; oldLogps: number[][] | null; refLogps: number[][] | null }[];
  expected: { loss: number[]; metrics: Record<string, number[]> };
}

describe.skipIf(goldenMissing)('policyObjective against TRL', () => {
  for (const { name, folder, json } of goldenCases<PolicyCase>('policy')) {
    it(`matches loss and metrics of ${name}`, () => {
      const tensors = readTensors(join(folder, 'expected.safetensors'));
      let at = 0;
      json.microBatches.forEach((mb, index) => {
        const offsets = offsetsOf(mb.completions.map((c) => c.length));
        const N = offsets[offsets.length - 1]!;
        const cut = (key: string): Float32Array | null => tensors.get(key)?.slice(at, at + N) ?? null;
        const result = policyObjective(
          {
            offsets,
            logps: cut('logps')!,
            oldLogps: mb.oldLogps?.flat() ?? null,
            refLogps: mb.refLogps?.flat() ?? cut('refLogps'),
            entropies: cut('entropies'),
            advantages: mb.advantages,
            mask: null,
          },
          settingsOf(json.settings),
          { accumulationSteps: json.microBatches.length, windowTokens: json.windowTokens },
        );
        at += N;
        expect(Math.abs(result.loss - json.expected.loss[index]!)).toBeLessThan(
          2e-6 * Math.max(1, Math.abs(json.expected.loss[index]!)),
        );
        expect(Object.keys(result.metrics).sort()).toEqual(Object.keys(json.expected.metrics).sort());
        for (const [key, values] of Object.entries(json.expected.metrics))
          expect(Math.abs(result.metrics[key]! - values[index]!), key).toBeLessThan(2e-6);
      });
      expect(at).toBe(tensors.get('logps')!.length);
    });
  }
});

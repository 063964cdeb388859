import { describe, expect, it } from 'vitest';
import { policyObjective, quantile, tokenWeights } from '../../src/algo/objective.js';
import { resolveGRPOConfig } from '../../src/config/grpo.js';
import type { GRPOConfigInput } from '../../src/config/grpo.js';
import { objective } from '../../src/kernels/objective.js';
import { expectClose, noise } from '../support/compare.js';
import { skipGpu, testGpu } from '../support/gpu.js';
import { guarded } from '../support/guard.js';

// The f64 twin is src/algo/objective.ts; test/algo/objective.test.ts checks its gradient by finite differences and its golden values.
const LENGTHS = [1, 7, 0, 64, 65, 3, 300, 33];
const offsets = LENGTHS.reduce<number[]>((all, n) => [...all, all.at(-1)! + n], [0]);
const N = offsets.at(-1)!;
const shift = (base: Float32Array, seed: number, by: number): Float32Array<ArrayBuffer> =>
  noise(N, seed).map((x, i) => base[i]! + by * x);
const logps = noise(N, 1).map((x) => 2 * x - 2.1);
const data = {
  logps,
  oldLogps: shift(logps, 2, 0.5),
  refLogps: shift(logps, 3, 0.8).map((x, i) => (i % 3 ? x : logps[i]! + 1e-3 * (x - logps[i]!))),
  entropies: noise(N, 4).map((x) => 1.2 + x),
  mask: Uint32Array.from({ length: N }, (_, t) => Number(t % 5 !== 2)),
  advantages: noise(LENGTHS.length, 5).map((a, i) => (i === 4 ? 0 : 1.5 * a)),
};

const cases: (GRPOConfigInput & { readonly firstStep?: boolean; readonly whole?: boolean })[] = [
  { lossType: 'grpo', beta: 0.04, useBiasCorrectionKl: false },
  { lossType: 'grpo', beta: 0.04, useBiasCorrectionKl: true, firstStep: true },
  { lossType: 'bnpo', epsilonHigh: 0.3, delta: 1.1, whole: true },
  { lossType: 'dr_grpo', beta: 0.1, useBiasCorrectionKl: true, maxCompletionLength: 400 },
  { lossType: 'dapo', epsilonHigh: 0.28, topEntropyQuantile: 0.3, beta: 0.01, useBiasCorrectionKl: false },
  { lossType: 'luspo', importanceSamplingLevel: 'sequence', epsilon: 0.02, beta: 0.05, useBiasCorrectionKl: true },
  { lossType: 'grpo', importanceSamplingLevel: 'sequence', epsilon: 0.05, delta: 1.5 },
  { lossType: 'cispo', epsilonHigh: 1.2 },
  { lossType: 'sapo', beta: 0.02, useBiasCorrectionKl: false },
  { lossType: 'vespo' },
  { lossType: 'dapo', offPolicyMaskThreshold: 0.01, entropyCoef: 0.02, topEntropyQuantile: 0.5 },
];

describe.skipIf(skipGpu)('objective', () => {
  it.each(cases)('matches the host’s objective with %o', async ({ firstStep, whole, ...input }) => {
    const settings = resolveGRPOConfig(input);
    const batch = {
      ...data,
      offsets,
      oldLogps: firstStep ? null : data.oldLogps,
      mask: whole ? null : data.mask,
      refLogps: settings.beta === 0 ? null : data.refLogps,
    };
    const lengths = LENGTHS.map((_, i) => {
      let n = 0;
      for (let t = offsets[i]!; t < offsets[i + 1]!; t++) n += batch.mask ? batch.mask[t]! : 1;
      return n;
    });
    const tokens = lengths.reduce((a, b) => a + b, 0);
    const context = { accumulationSteps: 2, windowTokens: tokens + 100 };
    const expected = policyObjective(batch, settings, context);
    const inLoss = Float64Array.from(data.entropies.filter((_, t) => !batch.mask || batch.mask[t]));
    const entropyFloor = settings.topEntropyQuantile < 1 ? quantile(inLoss, 1 - settings.topEntropyQuantile) : -Infinity;
    for (const options of [{}, { subgroups: false }]) {
      const gpu = await testGpu(options);
      const upload = (x: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | null) => x && gpu.from(x);
      const [dLogps, dEntropies, losses, kls] = [0, 1, 2, 3].map(() => guarded(gpu, [N])) as [Guard, Guard, Guard, Guard];
      const rec = gpu.recorder();
      objective(rec, {
        offsets,
        advantages: data.advantages,
        weights: tokenWeights(lengths, settings, context),
        logps: gpu.from(data.logps),
        oldLogps: upload(batch.oldLogps),
        refLogps: upload(batch.refLogps),
        entropies: gpu.from(data.entropies),
        mask: upload(batch.mask),
        settings,
        entropyFloor,
        entropyWeight: settings.entropyCoef / context.windowTokens,
        dLogps,
        dEntropies,
        losses,
        kls,
      });
      rec.submit();
      expectClose(await dLogps.values(), expected.gradLogps, 'd logps', 2e-6);
      expectClose(await dEntropies.values(), expected.gradEntropies, 'd entropies', 1e-6);
      const bonus = expected.gradEntropies.reduce((sum, g, t) => sum + g * data.entropies[t]!, 0);
      const sum = (values: Float32Array): number => values.reduce((a: number, b) => a + b, 0);
      const scale = (await losses.values()).reduce((a: number, b) => a + Math.abs(b), 0);
      expect(Math.abs(sum(await losses.values()) - (expected.loss - bonus)), 'loss').toBeLessThan(1e-6 * scale);
      expect(sum(await kls.values()) / tokens, 'kl').toBeCloseTo(expected.metrics['kl'] ?? 0, 6);
    }
  });

  it('refuses what the settings need and is missing, and says so', async () => {
    const gpu = await testGpu();
    const t = gpu.tensor([4]);
    const args = {
      offsets: [0, 4],
      advantages: [1],
      weights: [1],
      logps: t,
      oldLogps: null,
      refLogps: null,
      entropies: null,
      mask: null,
    };
    const outs = { dLogps: t, losses: t, kls: t };
    const run = (input: GRPOConfigInput): void =>
      objective(gpu.recorder(), { ...args, ...outs, settings: resolveGRPOConfig({ lossType: 'grpo', ...input }) });
    expect(() => run({ beta: 0.1 })).toThrow(/beta 0.1 needs refLogps/);
    expect(() => objective(gpu.recorder(), { ...args, ...outs, offsets: [0], settings: resolveGRPOConfig({}) })).toThrow(
      /2 offsets/,
    );
  });
});

type Guard = ReturnType<typeof guarded>;

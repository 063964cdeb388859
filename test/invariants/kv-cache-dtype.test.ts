// A cache in f16: what it changes (log-probabilities of sampling, memory) and what it does not.
import { describe, expect, it } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { scoreSequences, withOldLogps } from '../../src/train/update.js';
import { resolveGRPOConfig } from '../../src/config/grpo.js';
import { generate, type GenerateOptions } from '../../src/sampling/generate.js';
import { KvCache, maxRows, rowBytes } from '../../src/sampling/kv-cache.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

const prompts = [
  [3, 40, 41, 42, 4],
  [3, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 4],
];
const options: GenerateOptions = { temperature: 0.9, maxCompletionLength: 24, eosIds: new Set(), seed: 5 };
const requests = prompts.map((prompt, i) => ({ prompt, streams: [10 * i, 10 * i + 1, 10 * i + 2] }));
const half = { kvCacheDtype: 'f16' } as const;

/** The largest difference of log-probabilities of sampling and of a pass over the same tokens. */
async function difference(kvCacheDtype: 'f32' | 'f16'): Promise<number> {
  const { decoder } = await randomPolicy(await testDevice(), 7, true, { kvCacheDtype });
  const samples = await generate(decoder, requests, options);
  const sequences = samples.map(({ ids }, i) => ({ promptIds: prompts[Math.floor(i / 3)]!, completionIds: ids }));
  const scored = await scoreSequences(decoder, sequences, 0.9);
  const sampled = samples.flatMap(({ logps }) => [...logps]);
  return Math.max(...sampled.map((x, i) => Math.abs(x - scored[i]!)));
}

describe('a cache in f16', () => {
  it('gives the same samples for the same seed, in any number of slots', async () => {
    const { decoder } = await randomPolicy(await testDevice(), 7, true, half);
    const all = await generate(decoder, requests, options);
    expect(await generate(decoder, requests, { ...options, maxSlots: 2 })).toEqual(all);
    expect(await generate(decoder, requests, options)).toEqual(all);
  });

  it('changes log-probabilities of sampling a little, where one in f32 does not', async () => {
    expect(await difference('f32')).toBeLessThan(1e-5);
    const found = await difference('f16');
    expect(found).toBeGreaterThan(1e-5);
    expect(found).toBeLessThan(1e-2);
  });

  it('takes half of the memory, and twice the rows fit a binding', async () => {
    const device = await testDevice();
    const [whole, short] = [(await randomPolicy(device)).decoder, (await randomPolicy(device, 7, true, half)).decoder];
    const bytesOf = (decoder: typeof whole): number => {
      const before = device.memory.allocated;
      const cache = new KvCache(decoder, 1024);
      const bytes = device.memory.allocated - before;
      cache.free();
      return bytes;
    };
    expect(rowBytes(short)).toBe(rowBytes(whole) / 2);
    expect(maxRows(short)).toBeGreaterThanOrEqual(2 * maxRows(whole));
    expect(bytesOf(whole)).toBe(1024 * rowBytes(whole));
    expect(bytesOf(short)).toBe(1024 * rowBytes(short));
  });

  it('has old log-probabilities computed again, of sequences that count', async () => {
    const { decoder } = await randomPolicy(await testDevice(), 7, true, half);
    const settings = resolveGRPOConfig({ beta: 0, temperature: 0.9 });
    const sequences = [1, 0].map((advantage, i) => ({
      ...{ promptIds: prompts[i]!, completionIds: [50, 51, 52], oldLogps: new Float32Array(3), advantage, masked: false },
    }));
    const batch = { layer: 1, sequences, settings, context: { accumulationSteps: 1, numGenerations: 2 } };
    const [found] = await withOldLogps(decoder, [batch as never]);
    expect(found!.sequences[0]!.oldLogps).toEqual(await scoreSequences(decoder, [sequences[0]!], 0.9));
    expect(found!.sequences[1]).toBe(sequences[1]);
  });

  it.each(['f32', 'f16'] as const)('leaves the ratio 1 where the weights have hardly moved, %s', async (kvCacheDtype) => {
    const policy = await randomPolicy(await testDevice(), 7, true, { kvCacheDtype });
    const events: TrainEvent[] = [];
    const trainer = new GRPOTrainer({
      policy,
      args: {
        ...{ numGenerations: 4, perDeviceTrainBatchSize: 8, gradientAccumulationSteps: 1, maxCompletionLength: 12 },
        ...{ numIterations: 2, learningRate: 1e-12, epsilon: 2e-5, maxSteps: 2, loggingSteps: 1 },
      },
      rewardFuncs: [digitReward],
      trainDataset: problems(8),
      onEvent: (e) => void events.push(e),
    });
    await trainer.train();
    trainer.free();
    const logs = events.flatMap((e) => (e.type === 'step' ? [e.metrics] : []));
    for (const metrics of logs) expect(metrics['clip_ratio/region_mean']).toBe(0);
    const most = Math.max(...logs.map((metrics) => metrics['sampling/sampling_logp_difference/max'] ?? 0));
    if (kvCacheDtype === 'f16') expect(most).toBeGreaterThan(2e-5);
    else expect(most).toBeLessThan(2e-5);
  });
});

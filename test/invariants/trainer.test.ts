import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/ops/device.js';
import { MemoryFiles } from '../../src/platform/files.js';
import type { TrainEvent } from '../../src/train/events.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { loadPolicy } from '../../src/train/policy.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy, weightBytes } from '../support/policy.js';

const shared = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 12,
  learningRate: 1e-3,
  lrSchedulerType: 'constant',
  temperature: 1,
  loggingSteps: 1,
} as const;
/** The random model is hardly ever right: every query is kept. */
const layer2 = { numGenerations: 2, selection: 'none', correctThreshold: 0.05 } as const;

/** Trains from the same start and gives the bytes of all weights, and what was told. */
async function run(
  gpu: Device,
  config: object,
  algorithm: 'grpo' | 'mgrpo',
): Promise<{ bytes: Uint8Array[]; events: TrainEvent[] }> {
  const policy = await randomPolicy(gpu);
  const events: TrainEvent[] = [];
  const Trainer = algorithm === 'grpo' ? GRPOTrainer : MGRPOTrainer;
  const trainer = new Trainer({
    policy,
    args: { ...shared, maxSteps: 3, ...config },
    rewardFuncs: [digitReward],
    trainDataset: problems(16),
    onEvent: (e) => void events.push(e),
  });
  await trainer.train();
  const bytes = await weightBytes(policy);
  trainer.free();
  policy.free();
  return { bytes, events };
}

describe('trainers', () => {
  it('give the same bytes for the same seed, and others for another', async () => {
    const gpu = await testDevice();
    const [a, b, c] = [
      await run(gpu, { layer2 }, 'mgrpo'),
      await run(gpu, { layer2 }, 'mgrpo'),
      await run(gpu, { layer2, seed: 43 }, 'mgrpo'),
    ];
    expect(a.bytes).toEqual(b.bytes);
    expect(a.bytes).not.toEqual(c.bytes);
  });

  it('are the same with layer 2 off as GRPO', async () => {
    const gpu = await testDevice();
    const [off, grpo] = [await run(gpu, { layer2: { enabled: false } }, 'mgrpo'), await run(gpu, {}, 'grpo')];
    expect(off.bytes).toEqual(grpo.bytes);
  });

  it.each([
    { schedule: 'joint' },
    { mode: 'open_think' },
    { answersPerQuery: 2, answerChoice: 'balanced' },
    { baseline: 'question', normalizer: 'paper', correctionBonus: 0.5 },
  ] as const)('change the weights with layer2 %o', async (options) => {
    const gpu = await testDevice();
    const { events, bytes } = await run(gpu, { maxSteps: 1, layer2: { ...layer2, ...options } }, 'mgrpo');
    const step = events.find((e) => e.type === 'step');
    expect(step?.type === 'step' && Number.isFinite(step.metrics['loss'])).toBe(true);
    expect(bytes).not.toEqual(await weightBytes(await randomPolicy(gpu)));
  });

  it('raise the reward', async () => {
    const { events } = await run(
      await testDevice(),
      { maxSteps: 30, learningRate: 1e-2, beta: 0, perDeviceTrainBatchSize: 32, numGenerations: 8 },
      'grpo',
    );
    const rewards = events.flatMap((e) => (e.type === 'step' ? [e.metrics['reward']!] : []));
    expect(rewards[0]).toBeLessThan(0.2);
    expect(Math.max(...rewards.slice(-5))).toBeGreaterThan(0.3);
  });

  it('see a ratio of 1 and equal log-probs at the first inner iteration', async () => {
    const { events } = await run(await testDevice(), { layer2 }, 'mgrpo');
    for (const event of events) {
      if (event.type !== 'step') continue;
      expect(event.metrics['clip_ratio/region_mean']).toBe(0);
      expect(event.metrics['sampling/sampling_logp_difference/max']).toBeLessThan(1e-4);
      expect(event.metrics['layer2/sampling/sampling_logp_difference/max']).toBeLessThan(1e-4);
    }
  });

  it('go on from a saved state to the same bytes as an uninterrupted run', async () => {
    const gpu = await testDevice();
    const files = new MemoryFiles('checkpoint');
    const policy = await randomPolicy(gpu);
    const stop = new AbortController();
    const config = { ...shared, maxSteps: 4, layer2, beta: 0.01 };
    const first = new MGRPOTrainer({
      policy,
      args: config,
      rewardFuncs: [digitReward],
      trainDataset: problems(16),
      signal: stop.signal,
      onEvent: (e) => (e.type === 'step' && e.step === 2 ? stop.abort() : undefined),
    });
    const { steps, reason } = await first.train();
    expect([steps, reason]).toEqual([2, 'interrupted']);
    await policy.save(files);
    await first.saveState(files);
    // The reference is the start model: it has to be given again, as a run's folder does.
    const reference = new MGRPOTrainer({
      policy: await randomPolicy(gpu),
      args: config,
      rewardFuncs: [digitReward],
      trainDataset: problems(16),
    });
    await reference.train();
    const resumed = await loadPolicy(gpu, files, { train: 'full' });
    const second = new MGRPOTrainer({
      policy: resumed,
      args: config,
      rewardFuncs: [digitReward],
      trainDataset: problems(16),
      referencePolicy: await randomPolicy(gpu),
    });
    await second.restoreState(files);
    await second.train();
    expect(await weightBytes(resumed)).toEqual(await weightBytes(reference.policy));
  });

  it('refuse settings and data that do not fit together, before anything runs', async () => {
    const gpu = await testDevice();
    const policy = await randomPolicy(gpu);
    const make = (config: object, rows = problems(16)): GRPOTrainer =>
      new GRPOTrainer({ policy, args: { ...shared, ...config }, rewardFuncs: [digitReward], trainDataset: rows });
    expect(() => make({ numGenerations: 3 })).toThrow(/numGenerations/);
    expect(() => make({ maxCompletionLength: 400 })).toThrow(/lower maxCompletionLength to at most \d+/);
    expect(() => make({ rewardWeights: [1, 2] })).toThrow(/1 rewardWeights/);
    expect(() => make({}, problems(1))).toThrow(/at least 2 rows/);
  });

  it('let an error of a reward function through, by name', async () => {
    const policy = await randomPolicy(await testDevice());
    const make = (rewards: [() => number[]]): GRPOTrainer =>
      new GRPOTrainer({ policy, args: { ...shared, maxSteps: 1 }, rewardFuncs: rewards, trainDataset: problems(16) });
    await expect(
      make([
        function broken() {
          throw new Error('no such column');
        },
      ]).train(),
    ).rejects.toThrow(/broken.*no such column/);
    await expect(
      make([
        function short() {
          return [1];
        },
      ]).train(),
    ).rejects.toThrow(/short.*expected 8 scores.*got 1/);
  });
});

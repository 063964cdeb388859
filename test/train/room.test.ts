import { describe, expect, it } from 'vitest';
import { MgrpoError } from '../../src/errors.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { named } from '../../src/reward/run.js';
import type { TrainEvent } from '../../src/train/events.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import type { Policy } from '../../src/train/policy.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy, weightBytes } from '../support/policy.js';

const args = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 6,
  learningRate: 1e-2,
  maxSteps: 3,
  loggingSteps: 1,
} as const;

/** Trains while the device has no room for what is asked for; gives what was told. */
async function train(policy: Policy, given: object = {}, rewardFuncs = digitReward) {
  const events: TrainEvent[] = [];
  const trainer = new GRPOTrainer({
    policy,
    rewardFuncs,
    trainDataset: problems(16),
    args: { ...args, ...given },
    onEvent: (event) => void events.push(event),
  });
  const notices = (): string[] => events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  const completions = (): readonly object[] => events.flatMap((event) => (event.type === 'completions' ? event.rows : []));
  const metrics = (): readonly object[] => events.flatMap((event) => (event.type === 'step' ? [event.metrics] : []));
  return { trainer, notices, completions, metrics };
}

/** Makes tensors of a device fail that are larger than `bytes`, while some work is done. */
async function withRoomFor(
  policy: Policy,
  fits: (label: string, bytes: number) => boolean,
  work: () => Promise<unknown>,
): Promise<void> {
  const { device: gpu } = policy.decoder;
  const { tensor } = gpu;
  gpu.tensor = (shape, dtype, label = 'tensor') => {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    if (!fits(label, bytes)) throw new MgrpoError('out_of_memory', `no room for ${label}`);
    return tensor.call(gpu, shape, dtype, label);
  };
  try {
    await work();
  } finally {
    gpu.tensor = tensor;
  }
}

describe('a device without room', () => {
  it('trains with smaller parts of micro-batches, says so, keeps to it, and comes to the same weights but for rounding', async () => {
    const gpu = await testDevice();
    const whole = await randomPolicy(gpu);
    const { trainer } = await train(whole);
    await trainer.train();
    const expected = await weightBytes(whole);

    const policy = await randomPolicy(gpu);
    const small = await train(policy);
    // Activations that are kept for the backward pass.
    await withRoomFor(
      policy,
      (label, bytes) => !/^x\.1/.test(label) || bytes < 7000,
      () => small.trainer.train(),
    );
    expect(small.notices()).toEqual(
      [
        'no room for x.1; micro-batches are cut into 2 parts from here on',
        'no room for x.1; micro-batches are cut into 4 parts from here on',
      ].slice(0, small.notices().length),
    );
    expect(small.notices().length).toBeGreaterThan(0);
    const found = await weightBytes(policy);
    let largest = 0;
    found.forEach((bytes, i) => {
      const [a, b] = [bytes, expected[i]!].map((x) => new Float32Array(x.slice().buffer));
      a!.forEach((value, j) => (largest = Math.max(largest, Math.abs(value - b![j]!))));
    });
    expect(largest).toBeLessThan(1e-4);
    const files = new MemoryFiles('state');
    await small.trainer.saveState(files);
    expect(JSON.parse(await files.readText('trainer_state.json'))).toMatchObject({ parts: 2 ** small.notices().length });
  });

  it('samples fewer at a time, says so, and draws the same tokens', async () => {
    const gpu = await testDevice();
    const whole = await train(await randomPolicy(gpu));
    await whole.trainer.train();
    const policy = await randomPolicy(gpu);
    const small = await train(policy);
    const limit = { bytes: 0 };
    await withRoomFor(
      policy,
      (label, bytes) => {
        if (!/^(keys|values|kv|cache)/i.test(label)) return true;
        limit.bytes ||= bytes / 2;
        return bytes <= limit.bytes;
      },
      () => small.trainer.train(),
    );
    expect(small.notices()).toEqual([expect.stringMatching(/at most 4 samples are decoded at a time from here on/)]);
    expect(small.completions()).toEqual(whole.completions());
  });

  it('is an error where not even one sequence fits', async () => {
    const policy = await randomPolicy(await testDevice());
    const { trainer } = await train(policy);
    const before = await weightBytes(policy);
    await withRoomFor(
      policy,
      (label) => !/^x\.1/.test(label),
      async () => {
        await expect(trainer.train()).rejects.toThrow('no room for x.1');
      },
    );
    expect(await weightBytes(policy)).toEqual(before);
    expect(await trainer.train()).toMatchObject({ steps: 3 });
  });
});

describe('an update that is not finite', () => {
  /** Rewards that f32 holds, and whose gradients it does not. */
  const extreme = named('extreme', ({ completions }) => completions.map((_, i) => (i % 2 === 0 ? 3e38 : 0)));
  const settings = { beta: 0, scaleRewards: 'none' };

  it('names the first operation under detectAnomaly, and leaves weights and memory as they were', async () => {
    const policy = await randomPolicy(await testDevice());
    const before = await weightBytes(policy);
    const { trainer } = await train(policy, { ...settings, detectAnomaly: true }, extreme);
    await expect(trainer.train()).rejects.toThrow(
      /got loss .* in optimiser step 1; the first that is not finite is \w+ of \w+, operation \d+ of the update; the weights are those before it/,
    );
    expect(await weightBytes(policy)).toEqual(before);
    const { allocated } = policy.decoder.device.memory;
    await expect(trainer.train()).rejects.toThrow(/not finite/);
    expect(policy.decoder.device.memory.allocated).toBe(allocated);
  });

  it('is left out where that is asked for, and the run goes on', async () => {
    const policy = await randomPolicy(await testDevice());
    const before = await weightBytes(policy);
    const { trainer, notices, metrics } = await train(policy, { ...settings, divergedUpdates: 'skip' }, extreme);
    expect(await trainer.train()).toMatchObject({ steps: 3, reason: 'done' });
    expect(metrics()[0]).toMatchObject({ diverged: 1 });
    expect(notices()[0]).toMatch(/expected a finite loss and gradient.*; the update is left out/);
    expect(await weightBytes(policy)).toEqual(before);
  });
});

describe('a reward that fails', () => {
  it('skips its step, with its questions and streams, where that is asked for', async () => {
    let calls = 0;
    const flaky = named('flaky', (given) => {
      if (++calls === 2) throw new Error('no luck');
      return digitReward(given);
    });
    const policy = await randomPolicy(await testDevice());
    const { trainer, notices } = await train(policy, { rewardErrors: 'skip' }, flaky);
    expect(await trainer.train()).toMatchObject({ steps: 3, reason: 'done' });
    expect(notices()).toEqual(['reward function "flaky" threw: no luck; the step is skipped']);
    expect(calls).toBe(3);
  });
});

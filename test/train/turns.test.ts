import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/ops/device.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { generate } from '../../src/sampling/generate.js';
import { evaluate } from '../../src/train/evaluate.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { SFTTrainer } from '../../src/train/sft-trainer.js';
import { takeTurn } from '../../src/train/turns.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy, weightBytes } from '../support/policy.js';

const shared = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 5,
  learningRate: 1e-3,
  beta: 0.01,
  maxSteps: 2,
} as const;
const rows = problems(16);

/** Public calls that use the device; each gives what it found, as something to compare. */
const CALLS: Readonly<Record<string, (gpu: Device, seed: number) => Promise<unknown>>> = {
  async grpo(gpu, seed) {
    const policy = await randomPolicy(gpu, seed);
    await new GRPOTrainer({ policy, rewardFuncs: digitReward, trainDataset: rows, args: shared }).train();
    return weightBytes(policy);
  },
  async mgrpo(gpu, seed) {
    const policy = await randomPolicy(gpu, seed);
    const layer2 = { numGenerations: 2, selection: 'none' } as const;
    await new MGRPOTrainer({ policy, rewardFuncs: digitReward, trainDataset: rows, args: { ...shared, layer2 } }).train();
    return weightBytes(policy);
  },
  async sft(gpu, seed) {
    const policy = await randomPolicy(gpu, seed);
    const trainDataset = [{ prompt: [{ role: 'user', content: '1+2=' }], prefix: '', completion: '3' }];
    await new SFTTrainer({ policy, trainDataset, args: { maxSteps: 3, perDeviceTrainBatchSize: 4 } }).train();
    return weightBytes(policy);
  },
  async evaluate(gpu, seed) {
    const policy = await randomPolicy(gpu, seed);
    return evaluate(policy, rows.slice(0, 4), { layer2: {}, maxCompletionLength: 5, temperature: 1 });
  },
  async complete(gpu, seed) {
    const policy = await randomPolicy(gpu, seed);
    return policy.complete(['12+3=', '4-1='], { numGenerations: 3, maxCompletionLength: 9 });
  },
  async generate(gpu, seed) {
    const { decoder, eosIds } = await randomPolicy(gpu, seed);
    const requests = [{ prompt: [3, 20, 21], streams: [0, 1, 2] }];
    return generate(decoder, requests, { temperature: 1, maxCompletionLength: 9, eosIds, seed });
  },
  async save(gpu, seed) {
    const policy = await randomPolicy(gpu, seed);
    const files = new MemoryFiles('saved');
    await policy.save(files);
    return files.files.get('model.safetensors');
  },
};

const names = Object.keys(CALLS);
const pairs = names.flatMap((a, i) => names.slice(i).map((b) => [a, b] as const));

describe('two users of one device', () => {
  const alone = new Map<string, unknown>();
  const single = async (gpu: Device, name: string, seed: number): Promise<unknown> => {
    const key = `${name} ${seed}`;
    if (!alone.has(key)) alone.set(key, await CALLS[name]!(gpu, seed));
    return alone.get(key);
  };

  it.each(pairs)('%s and %s at the same time give what each gives alone', async (a, b) => {
    const gpu = await testDevice();
    const expected = [await single(gpu, a, 1), await single(gpu, b, 2)];
    expect(await Promise.all([CALLS[a]!(gpu, 1), CALLS[b]!(gpu, 2)])).toEqual(expected);
  });

  it('cannot train one policy at the same time', async () => {
    const policy = await randomPolicy(await testDevice());
    const make = (): GRPOTrainer => new GRPOTrainer({ policy, rewardFuncs: digitReward, trainDataset: rows, args: shared });
    const [first, second] = [make(), make()];
    const training = first.train();
    await expect(second.train()).rejects.toThrow(/expected a policy that nobody else trains, got random/);
    await expect(first.train()).rejects.toThrow(/nobody else trains/);
    await training;
    await second.train();
  });

  it.each(['sft', 'load'] as const)(
    'change weights by %s in the middle of an evaluation with corrections, which says so',
    async (change) => {
      const policy = await randomPolicy(await testDevice());
      const saved = new MemoryFiles('saved');
      await policy.save(saved);
      const trainDataset = [{ prompt: '1+2=', prefix: '', completion: '3' }];
      const trainer = new SFTTrainer({ policy, trainDataset, args: { maxSteps: 2, perDeviceTrainBatchSize: 1 } });
      const changed = (): Promise<unknown> => (change === 'sft' ? trainer.train() : policy.load(saved));
      const measure = (layer2: object | null): Promise<unknown> =>
        evaluate(policy, rows.slice(0, 4), { layer2, maxCompletionLength: 5, temperature: 1 });
      const [measured, trained] = await Promise.allSettled([measure({}), changed()]);
      expect(trained.status).toBe('fulfilled');
      expect(measured).toMatchObject({
        reason: {
          code: 'invalid_argument',
          message: expect.stringMatching(
            /^evaluate: expected the weights of random .* got others: a training or load changed them .*; await the one before the other/,
          ) as string,
        },
      });
      // Answers alone are sampled in one piece.
      if (change === 'load') await Promise.all([measure(null), changed()]);
      await measure({});
    },
  );

  it('can complete with a policy while it is trained, and what is saved meanwhile are the weights between two updates', async () => {
    const policy = await randomPolicy(await testDevice());
    const saved = async (): Promise<string> => {
      const files = new MemoryFiles('saved');
      await policy.save(files);
      return Buffer.from(files.files.get('model.safetensors')!).toString('latin1');
    };
    const between = new Set([await saved()]);
    const trainer = new GRPOTrainer({
      policy,
      rewardFuncs: digitReward,
      trainDataset: rows,
      args: { ...shared, maxSteps: 4, lrSchedulerType: 'constant' },
      onEvent: async ({ type }) => void (type === 'step' && between.add(await saved())),
    });
    let isTraining = true;
    const training = trainer.train().finally(() => (isTraining = false));
    const meanwhile: string[] = [];
    while (isTraining) {
      meanwhile.push(await saved());
      expect((await policy.complete(['1+1='], { maxCompletionLength: 2 }))[0]![0]!.ids.length).toBeGreaterThan(0);
    }
    await training;
    expect(meanwhile.length).toBeGreaterThan(3);
    expect(meanwhile.filter((bytes) => !between.has(bytes)).length).toBe(0);
    expect(between.size).toBe(5);
  });
});

describe('takeTurn', () => {
  it('does one piece of work at a time, in order, whatever became of the one before', async () => {
    const device = {};
    const order: string[] = [];
    const work = (name: string, fails = false) =>
      takeTurn(device, async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 2));
        order.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    const all = await Promise.allSettled([work('a'), work('b', true), work('c')]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });
});

it('the memory of a policy that is being trained is not freed, and the training goes on', async () => {
  const policy = await randomPolicy(await testDevice());
  const said: string[] = [];
  const tries = (free: () => void): void => {
    try {
      free();
    } catch (error) {
      said.push((error as Error).message);
    }
  };
  const trainer = new GRPOTrainer({
    policy,
    rewardFuncs: digitReward,
    trainDataset: rows,
    args: { ...shared, maxSteps: 1 },
    onEvent(event) {
      if (event.type !== 'completions') return;
      tries(() => trainer.free());
      tries(() => policy.free());
    },
  });
  expect(await trainer.train()).toMatchObject({ steps: 1, reason: 'done' });
  const text = expect.stringMatching(
    /^free: expected a policy that nobody trains, got random in the middle of a training;/,
  ) as string;
  expect(said).toEqual([text, text]);
  trainer.free();
  policy.free();
});

describe('a policy that was freed', () => {
  it('leaves memory that others got since alone, however often it is freed', async () => {
    const device = await testDevice();
    const policy = await randomPolicy(device, 1);
    const trainer = new GRPOTrainer({ policy, rewardFuncs: digitReward, trainDataset: rows, args: shared });
    trainer.free();
    policy.free();
    const { allocated } = device.memory;
    const other = await randomPolicy(device, 2);
    const before = await weightBytes(other);
    trainer.free();
    policy.free();
    await policy[Symbol.asyncDispose]();
    const third = await randomPolicy(device, 3);
    expect(await weightBytes(other)).toEqual(before);
    third.free();
    other.free();
    device.freeScratch();
    expect(device.memory.allocated).toBeLessThanOrEqual(allocated);
  });

  it('is refused by name, and so is a trainer that was freed', async () => {
    const device = await testDevice();
    const policy = await randomPolicy(device);
    const make = (): GRPOTrainer => new GRPOTrainer({ policy, rewardFuncs: digitReward, trainDataset: rows, args: shared });
    const trainer = make();
    const freed = make();
    freed.free();
    const gone = /trainer: expected one whose memory is held, got one that was freed; make another/;
    await expect(freed.train()).rejects.toThrow(gone);
    await expect(freed.saveState(new MemoryFiles('state'))).rejects.toThrow(gone);
    const running = policy.complete(['1+1='], { maxCompletionLength: 60 });
    policy.free();
    const said = /policy: expected one whose memory is held, got one that was freed; load it again/;
    await expect(running).rejects.toThrow(said);
    await expect(policy.complete(['1+1='])).rejects.toThrow(said);
    await expect(policy.save(new MemoryFiles('model'))).rejects.toThrow(said);
    await expect(trainer.train()).rejects.toThrow(said);
    await expect(evaluate(policy, rows.slice(0, 2), { layer2: null })).rejects.toThrow(said);
    expect(make).toThrow(said);
  });
});

it('a trainer of SFT frees its memory between trainings alone, and is refused afterwards', async () => {
  const device = await testDevice();
  const policy = await randomPolicy(device);
  const { allocated } = device.memory;
  const said: string[] = [];
  const trainer = new SFTTrainer({
    policy,
    trainDataset: [{ prompt: '1+2=', prefix: '', completion: '3' }],
    args: { maxSteps: 1, perDeviceTrainBatchSize: 1, gradientAccumulationSteps: 1 },
    onEvent({ type }) {
      if (type !== 'step') return;
      expect(() => trainer.free()).toThrow(/^free: expected a policy that nobody trains/);
      said.push(type);
    },
  });
  const moments = device.memory.allocated - allocated;
  expect(await trainer.train()).toMatchObject({ steps: 1, reason: 'done' });
  expect(said).toEqual(['step']);
  const before = device.memory.allocated;
  trainer.free();
  expect(before - device.memory.allocated).toBe(moments);
  await expect(trainer.saveState(new MemoryFiles('state'))).rejects.toThrow(/got one that was freed; make another/);
  policy.free();
});

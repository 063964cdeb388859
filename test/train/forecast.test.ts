// What a run will hold is known before it begins, and given back when it ends.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import type { Device } from '../../src/ops/device.js';
import { nodeThreads } from '../../src/platform/threads-node.js';
import type { TrainEvent } from '../../src/train/events.js';
import { loadPolicy, type Policy } from '../../src/train/policy.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { WasmDevice } from '../../src/wasm/device.js';
import { skipGpu, testGpu } from '../support/gpu.js';
import { digitReward, randomPolicy } from '../support/policy.js';

let device: WasmDevice;
beforeAll(async () => {
  device = await WasmDevice.open(nodeThreads, { threads: 2 });
});
afterAll(() => device.destroy());
afterEach(() => device.freeScratch());

const args = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 24,
  beta: 0.04,
  maxSteps: 3,
} as const;
const layer2 = { selection: 'none', numGenerations: 2, maxCompletionLength: 16, phrases: ['Wait.'] };

/** The policy without ids that end a text: all completions have full length. */
function endless(policy: Policy): Policy {
  return Object.create(policy, { eosIds: { value: new Set<number>() } }) as Policy;
}

/** Trains on prompts of one length; gives the start event and the memory of every step. */
async function train(policy: Policy, given: object) {
  const memory: { readonly allocated: number; readonly peak: number }[] = [];
  const starts: Extract<TrainEvent, { type: 'start' }>[] = [];
  const trainer = new MGRPOTrainer({
    policy: endless(policy),
    rewardFuncs: digitReward,
    trainDataset: Array.from({ length: 8 }, (_, i) => ({ prompt: `${10 + i}+${30 + i}=`, gold: '40' })),
    args: { ...args, ...given },
    onEvent: (event) => {
      if (event.type === 'start') starts.push(event);
      if (event.type === 'step') memory.push(event.memory);
    },
  });
  const done = await trainer.train().then(
    () => undefined,
    (error: unknown) => error,
  );
  trainer.free();
  return { forecast: starts[0]?.memory, memory, done };
}

/** Does some work on a device that has fewer bytes than it has. */
async function withTotal<T>(total: number, work: () => Promise<T>): Promise<T> {
  const { limits } = device;
  Object.assign(device, { limits: { ...limits, total } });
  try {
    return await work();
  } finally {
    Object.assign(device, { limits });
  }
}

const RUNS: Readonly<Record<string, { readonly checkpointing?: boolean; readonly lora?: boolean; readonly given: object }>> = {
  'one layer': { given: { layer2: { enabled: false } } },
  'two layers': { given: { layer2 } },
  'two layers, answers kept for their corrections': { given: { layer2: { ...layer2, schedule: 'joint' } } },
  'activations kept': { checkpointing: false, given: { layer2 } },
  'an adapter': { lora: true, given: { layer2 } },
};

async function policyOf(on: Device, { checkpointing = true, lora = false }): Promise<Policy> {
  const full = await randomPolicy(on, 7, checkpointing);
  if (!lora) return full;
  const files = new MemoryFiles('random');
  await full.save(files);
  full.free();
  return loadPolicy(on, files, { train: { r: 4 } });
}

describe('the memory of a run', () => {
  it.each(Object.entries(RUNS))('is forecast within 10 %% where completions have full length: %s', async (_, run) => {
    const policy = await policyOf(device, run);
    const { forecast, memory, done } = await train(policy, run.given);
    expect(done).toBeUndefined();
    const peak = Math.max(...memory.map((step) => step.peak));
    expect(forecast!.total).toBe(device.limits.total);
    expect(forecast!.peak / peak).toBeGreaterThan(0.9);
    expect(forecast!.peak / peak).toBeLessThan(1.1);
    policy.free();
  });

  it.skipIf(skipGpu).each(['two layers', 'one layer', 'an adapter'])('is forecast as closely on WebGPU: %s', async (name) => {
    const gpu = await testGpu();
    const policy = await policyOf(gpu, RUNS[name]!);
    const { forecast, memory, done } = await train(policy, { ...RUNS[name]!.given, maxSteps: 2 });
    expect(done).toBeUndefined();
    const peak = Math.max(...memory.map((step) => step.peak));
    expect(forecast!.total).toBeUndefined();
    expect(forecast!.peak / peak).toBeGreaterThan(0.9);
    expect(forecast!.peak / peak).toBeLessThan(1.1);
    policy.free();
    gpu.freeScratch();
  });

  it('does not grow from step to step, and all of it is given back', async () => {
    const before = device.memory.allocated;
    const policy = await policyOf(device, {});
    const { memory } = await train(policy, { layer2 });
    const [first, , last] = memory.map(({ allocated }) => allocated);
    expect(last! / first!).toBeLessThan(1.001);
    policy.free();
    device.freeScratch();
    expect(device.memory.allocated).toBe(before);
  });

  it('is forecast without touching the device', async () => {
    const policy = await policyOf(device, {});
    device.resetPeak();
    const counting = device.rehearsal();
    const counted = policy.decoder.on(counting);
    counted.device.tensor([1000]);
    expect([device.memory.peak, counting.memory.peak]).toEqual([device.memory.allocated, 4000]);
    policy.free();
  });

  it('is refused before the first step where not even one sequence at a time fits', async () => {
    const policy = await policyOf(device, {});
    const { memory, done } = await withTotal(device.memory.allocated + 300_000, () => train(policy, { layer2 }));
    expect(memory).toEqual([]);
    expect(done).toMatchObject({
      code: 'out_of_memory',
      message: expect.stringMatching(/for one sequence at a time .* lower maxCompletionLength/) as string,
    });
    policy.free();
  });

  it('may be more than there is where smaller pieces fit', async () => {
    const policy = await policyOf(device, {});
    const { forecast, done } = await withTotal(device.memory.allocated + 800_000, () => train(policy, { layer2 }));
    expect(done).toBeUndefined();
    expect(forecast!.peak).toBeGreaterThan(forecast!.total!);
    policy.free();
  });
});

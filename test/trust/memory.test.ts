import { expect, it } from 'vitest';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

const args = {
  numGenerations: 2,
  perDeviceTrainBatchSize: 2,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 2,
  beta: 0.01,
  saveSteps: null,
} as const;

it('device memory is the same at step 1,000 as at step 100', async () => {
  const device = await testDevice();
  const policy = await randomPolicy(device);
  const allocated: number[] = [];
  const trainer = new GRPOTrainer({
    policy,
    rewardFuncs: digitReward,
    trainDataset: problems(4),
    args: { ...args, maxSteps: 1000 },
    onEvent: (event) => void (event.type === 'step' && allocated.push(event.memory.allocated)),
  });
  await trainer.train();
  expect(allocated[999]! / allocated[99]!).toBeLessThan(1.02);
  trainer.free();
  policy.free();
});

it('device memory is as before after a hundred trainers that were made and freed', async () => {
  const device = await testDevice();
  const once = async (): Promise<void> => {
    const policy = await randomPolicy(device);
    const trainer = new GRPOTrainer({
      policy,
      rewardFuncs: digitReward,
      trainDataset: problems(4),
      args: { ...args, maxSteps: 1 },
    });
    await trainer.train();
    trainer.free();
    policy.free();
  };
  await once();
  const { allocated } = device.memory;
  for (let i = 0; i < 100; i++) await once();
  expect(device.memory.allocated).toBe(allocated);
});

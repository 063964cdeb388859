import { describe, expect, it } from 'vitest';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

describe('learnability', () => {
  it.each([1, 2, 3])('takes a toy task from a mean reward below 0.2 to at least 0.6 within 20 steps (seed %i)', async (seed) => {
    const policy = await randomPolicy(await testDevice(), seed, false);
    const rewards: number[] = [];
    const trainer = new GRPOTrainer({
      policy,
      args: {
        seed,
        numGenerations: 8,
        perDeviceTrainBatchSize: 64,
        gradientAccumulationSteps: 1,
        maxCompletionLength: 12,
        learningRate: 2e-2,
        lrSchedulerType: 'constant',
        temperature: 1,
        scaleRewards: 'group',
        beta: 0,
        maxSteps: 20,
      },
      rewardFuncs: [digitReward],
      trainDataset: problems(64),
      onEvent: (event) => void (event.type === 'step' && rewards.push(event.metrics['reward']!)),
    });
    await trainer.train();
    trainer.free();
    policy.free();
    process.stdout.write(`  seed ${seed}: reward ${rewards.map((r) => r.toFixed(2)).join(' ')}\n`);
    expect(rewards[0]).toBeLessThan(0.2);
    expect(Math.max(...rewards)).toBeGreaterThanOrEqual(0.6);
  });
});

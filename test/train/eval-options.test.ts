import { describe, expect, it } from 'vitest';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { skipGpu, testGpu } from '../support/gpu.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

describe.skipIf(skipGpu)('the options of evaluation', () => {
  it.each([1, 3])('numGenerationsEval %i is k of pass@k', async (k) => {
    const policy = await randomPolicy(await testGpu());
    const config = { maxCompletionLength: 4, evalTemperature: 1, numGenerationsEval: k };
    const trainer = new GRPOTrainer({
      policy,
      args: config,
      rewardFuncs: [digitReward],
      trainDataset: problems(8),
      evalDataset: problems(2),
    });
    const metrics = await trainer.evaluate();
    expect(Object.keys(metrics).filter((name) => name.startsWith('pass@'))).toEqual(k === 1 ? ['pass@1'] : ['pass@1', 'pass@3']);
    trainer.free();
    policy.free();
  });
});

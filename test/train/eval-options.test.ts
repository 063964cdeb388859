import { describe, expect, it } from 'vitest';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { testDevice } from '../support/device.js';
import { evaluate } from '../../src/train/evaluate.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

describe('the options of evaluation', () => {
  it.each([1, 3])('numGenerationsEval %i is k of pass@k', async (k) => {
    const policy = await randomPolicy(await testDevice());
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

  it.each(['eq5', 'open_think'] as const)('a third turn gets the second’s answer and a phrase (%s)', async (mode) => {
    const policy = await randomPolicy(await testDevice());
    const rows = problems(3);
    const options = { layer2: { mode }, maxCompletionLength: 6, temperature: 1, numGenerations: 2 };
    const two = await evaluate(policy, rows, options);
    const three = await evaluate(policy, rows, { ...options, turns: 3 });
    expect(three.turns.slice(0, 2)).toEqual(two.turns);
    expect(three.records.slice(0, two.records.length)).toEqual(two.records);
    expect(three.metrics).toMatchObject(two.metrics);
    expect(three.metrics['acc_t3']!.n).toBe(3);

    const [second, third] = [three.records.slice(6, 12), three.records.slice(12)];
    expect(third).toHaveLength(6);
    third.forEach(({ prompt, answer, phrase }, i) => {
      const question = three.records[i]!.prompt;
      // In mode open_think the text of a correction is the whole turn, and what is shown of it the open thought.
      expect(answer).toBe(second[i]!.completion);
      const shown = mode === 'eq5' ? answer! : answer!.split('</think>')[0]!;
      expect(prompt).toBe(`${question}${shown}\n${phrase}\n`);
    });
    policy.free();
  });
});

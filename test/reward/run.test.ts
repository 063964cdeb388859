import { describe, expect, it } from 'vitest';
import { named, scoreAll } from '../../src/reward/run.js';
import type { RewardArgs, RewardFunction } from '../../src/reward/types.js';

const args: RewardArgs = { prompts: ['a', 'b', 'c'], completions: ['x', 'y', 'z'], completionIds: [[1], [2], [3]] };
const constant = (name: string, scores: unknown): RewardFunction => named(name, () => scores as number[]);

describe('scoreAll', () => {
  it('gives every score by completion and function, and the weighted sum of those that are not null', async () => {
    const scores = await scoreAll([constant('one', [1, null, null]), constant('two', [2, 3, null])], [0.5, 10], args);
    expect(scores).toEqual({
      names: ['one', 'two'],
      rewards: [
        [1, 2],
        [null, 3],
        [null, null],
      ],
      totals: [20.5, 30, null],
    });
  });

  it('weighs every function 1 by default', async () => {
    expect((await scoreAll([constant('one', [1, 2, 3]), constant('two', [1, 1, 1])], null, args)).totals).toEqual([2, 3, 4]);
  });

  it('awaits asynchronous functions and hands them every column', async () => {
    const reward: RewardFunction = async function length({ completions, gold }) {
      return await Promise.resolve(completions.map((text, i) => text.length + (gold as number[])[i]!));
    };
    expect(await scoreAll([reward], null, { ...args, gold: [10, 20, 30] })).toMatchObject({
      names: ['length'],
      totals: [11, 21, 31],
    });
  });

  it('names the function that throws and keeps its error as the cause', async () => {
    const boom = new TypeError('no such column');
    const reward = named('mine', () => {
      throw boom;
    });
    await expect(scoreAll([reward], null, args)).rejects.toMatchObject({
      code: 'reward_function',
      cause: boom,
      message: expect.stringMatching(/"mine".*no such column/) as string,
    });
  });

  it('names the function and both counts where the number of scores is wrong', async () => {
    await expect(scoreAll([constant('short', [1, 2])], null, args)).rejects.toThrow(/"short": expected 3 scores.*got 2/);
    await expect(scoreAll([constant('none', undefined)], null, args)).rejects.toThrow(/"none": expected 3 scores/);
  });

  it('refuses scores that are not finite numbers or null', async () => {
    for (const bad of [NaN, Infinity, undefined, '1', true])
      await expect(scoreAll([constant('bad', [1, bad, 1])], null, args)).rejects.toThrow(
        /"bad": expected a finite number or null for score 1/,
      );
  });

  it('refuses weights that do not fit the functions', async () => {
    await expect(scoreAll([constant('one', [1, 1, 1])], [1, 2], args)).rejects.toThrow(
      /expected 1 finite numbers for rewardWeights/,
    );
    await expect(scoreAll([], null, args)).rejects.toThrow(/at least one reward function/);
  });
});

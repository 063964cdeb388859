import { describe, expect, it } from 'vitest';
import { named, scoreAll } from '../../src/reward/run.js';
import type { RewardArgs, RewardFunction } from '../../src/reward/types.js';

const args: RewardArgs = { prompts: ['a', 'b', 'c'], completions: ['x', 'y', 'z'], completionIds: [[1], [2], [3]] };
const constant = (name: string, scores: unknown): RewardFunction => named(name, () => scores as number[]);

describe('scoreAll', () => {
  it('gives every score by completion and function', async () => {
    const scores = await scoreAll([constant('one', [1, null, null]), constant('two', [2, 3, null])], args);
    expect(scores).toEqual({
      names: ['one', 'two'],
      rewards: [
        [1, 2],
        [null, 3],
        [null, null],
      ],
    });
  });

  it('awaits asynchronous functions and hands them every column', async () => {
    const reward: RewardFunction = async function length({ completions, gold }) {
      return await Promise.resolve(completions.map((text, i) => text.length + (gold as number[])[i]!));
    };
    expect(await scoreAll([reward], { ...args, gold: [10, 20, 30] })).toMatchObject({
      names: ['length'],
      rewards: [[11], [21], [31]],
    });
  });

  it('names the function that throws and keeps its error as the cause', async () => {
    const boom = new TypeError('no such column');
    const reward = named('mine', () => {
      throw boom;
    });
    await expect(scoreAll([reward], args)).rejects.toMatchObject({
      code: 'reward_function',
      cause: boom,
      message: expect.stringMatching(/"mine".*no such column/) as string,
    });
  });

  it('names the function and both counts where the number of scores is wrong', async () => {
    await expect(scoreAll([constant('short', [1, 2])], args)).rejects.toThrow(/"short": expected 3 scores.*got 2/);
    await expect(scoreAll([constant('none', undefined)], args)).rejects.toThrow(/"none": expected 3 scores/);
  });

  it('refuses scores that are not finite numbers or null', async () => {
    for (const bad of [NaN, Infinity, undefined, '1', true])
      await expect(scoreAll([constant('bad', [1, bad, 1])], args)).rejects.toThrow(
        /"bad": expected a finite number or null for score 1/,
      );
  });

  it('waits no longer than it may, and tells the function so', async () => {
    let told: unknown;
    const silent = named('silent', ({ signal }) => {
      signal!.addEventListener('abort', () => (told = signal!.reason));
      return new Promise(() => undefined);
    });
    await expect(scoreAll([silent], args, { timeout: 0.02 })).rejects.toThrow(
      /"silent": expected scores within 0.02 s, got none/,
    );
    expect(told).toMatchObject({ code: 'reward_function' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 20);
    await expect(scoreAll([silent], args, { signal: stop.signal, failuresAreNull: true })).rejects.toThrow('enough');
  });

  it('counts a function that fails as not judged where that is asked for, and says so', async () => {
    const failures: string[] = [];
    const onFailure = ({ message }: Error): void => void failures.push(message);
    const bad = named('bad', () => Promise.reject(new Error('no luck')));
    const { rewards } = await scoreAll([bad, constant('good', [1, 2, 3])], args, { failuresAreNull: true, onFailure });
    expect(rewards).toEqual([
      [null, 1],
      [null, 2],
      [null, 3],
    ]);
    expect(failures).toEqual(['reward function "bad" threw: no luck']);
  });

  it('refuses an empty list of functions', async () => {
    await expect(scoreAll([], args)).rejects.toThrow(/at least one reward function/);
  });
});

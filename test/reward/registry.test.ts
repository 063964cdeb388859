import { describe, expect, it } from 'vitest';
import { goldOf, isCountdownTask } from '../../src/reward/countdown-task.js';
import { REWARDS, rewardRow, verifierFor } from '../../src/reward/registry.js';
import type { RewardFunction } from '../../src/reward/types.js';

describe('the reward functions by name', () => {
  it.each(REWARDS)('$name is made under one of its names, and found by all of them', ({ name, also, make }) => {
    const reward = make({ maxCompletionLength: 8 });
    expect(also).toContain(reward.rewardName);
    for (const other of [name, ...also]) expect(rewardRow(other, 'test').name).toBe(name);
  });

  it('have names that are theirs alone', () => {
    const names = REWARDS.flatMap(({ name, also }) => [name, ...also]);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(REWARDS)('$name reads the columns that it names, and no others', async ({ columns, make }) => {
    const args = { prompts: ['p'], completions: ['<think>1</think>\\boxed{1}'], completionIds: [[1, 2]] };
    const data: Record<string, unknown[]> = { gold: ['1'], numbers: [[1]], target: [1] };
    const given = Object.fromEntries(columns.map((column) => [column, data[column]!]));
    const reward = make({ maxCompletionLength: 8 });
    const scores = await reward({ ...args, ...given });
    expect(scores).toEqual([expect.any(Number)]);
    for (const column of columns) {
      const rest = Object.fromEntries(Object.entries(given).filter(([name]) => name !== column));
      await expect(async () => reward({ ...args, ...rest })).rejects.toThrow(column);
    }
  });

  it('find and compare answers as the options of the checker say, and tell the metrics', async () => {
    const verifier = { mode: 'lenient', tolerance: 0.1 } as const;
    const make = (name: string, options: object): RewardFunction =>
      rewardRow(name, 'test').make({ maxCompletionLength: 8, ...options });
    const args = { prompts: ['p'], completions: ['So 1.05'], completionIds: [[1]], gold: ['1'], numbers: [[1]], target: [1] };
    for (const name of ['accuracy', 'cosine']) {
      const [without] = await make(name, {})(args);
      const [withIt] = await make(name, { verifier })(args);
      expect([without! > 0, withIt! > 0], name).toEqual([false, true]);
    }
    const correction = {
      ...{ prompts: ['p'], completions: ['<think>hmm</think>1.05'], completionIds: [[1]], gold: ['1'] },
      ...{ firstCompletions: ['2'], firstCompletionIds: [[1]], firstTruncated: [false] },
    };
    expect(await make('reflection', {})(correction)).toEqual([0]);
    expect(await make('reflection', { verifier })(correction)).toEqual([1]);
    expect(make('accuracy', { verifier }).verifier).toMatchObject(verifier);
    expect(make('countdown', { verifier }).verifier).toMatchObject({ mode: 'lenient' });
    expect(await make('countdown', { verifier })({ ...args, completions: ['So 1'] })).toEqual([1]);
  });

  it('are refused with the nearest one', () => {
    expect(() => rewardRow('acuracy', '--reward')).toThrow(
      /^--reward: expected names out of accuracy, .*; the nearest is accuracy$/,
    );
    expect(() => rewardRow('think_format_rewards', 'x')).toThrow(/the nearest is think_format_reward$/);
  });
});

describe('a Countdown problem', () => {
  it.each([
    [{ numbers: [1, 2], target: 3 }, true],
    [{ numbers: [1, 2], target: -0.5, gold: 'x' }, true],
    [{ numbers: [0], target: 0 }, true],
    [{ numbers: [], target: 0 }, false],
    [{ numbers: [1, -2], target: 3 }, false],
    [{ numbers: [1.5], target: 3 }, false],
    [{ numbers: ['1'], target: 3 }, false],
    [{ numbers: [1], target: '3' }, false],
    [{ numbers: [1] }, false],
    [null, false],
    ['1 2 = 3', false],
  ])('%j: %s', (value, expected) => expect(isCountdownTask(value)).toBe(expected));

  it('is its own gold', () => {
    expect(goldOf({ gold: 'x', numbers: [1, 2], target: 3 } as { gold: string })).toEqual({ numbers: [1, 2], target: 3 });
    expect(goldOf({ gold: 'x' })).toBe('x');
  });

  it('asks for its verifier, where every row is one', () => {
    const row = { numbers: [1, 2], target: 3 };
    expect(verifierFor([row, row])).toBe('countdown');
    expect(verifierFor([row, { gold: '1' }])).toBe('accuracy');
  });
});

import { describe, expect, it } from 'vitest';
import { rewardRow, verifierFor } from '../../src/reward/registry.js';
import { TASKS, TASK_NAMES, taskKind } from '../../src/tasks/registry.js';

describe('the generated tasks by name', () => {
  it('have names that are theirs alone', () => {
    expect(new Set(TASK_NAMES).size).toBe(TASKS.length);
    for (const task of TASKS) expect(taskKind(task.name)).toBe(task);
  });

  it.each(TASKS)('$name gives rows with the columns it names and those its verifier reads, and examples', ({ make, sft }) => {
    for (const size of ['small', 'medium', 'large'] as const) {
      const task = make(size);
      const rows = task.rows('train', 3, 1);
      expect(Object.keys(rows[0]!).sort()).toEqual(['gold', 'prompt', ...task.columns].sort());
      for (const column of rewardRow(verifierFor(rows), 'test').columns) expect(Object.keys(rows[0]!)).toContain(column);
      expect(sft(size, 4, 1, { guidingTexts: ['\nAgain:\n'] })).toHaveLength(4);
    }
  });

  it.each(TASKS)('$name writes examples of train problems alone', ({ make, sft }) => {
    const held = (['tuning', 'test'] as const).flatMap((split) => make('small').rows(split, 100, 1));
    const prompts = new Set(held.map(({ prompt }) => JSON.stringify(prompt)));
    const examples = sft('small', 2000, 1, { guidingTexts: ['\nAgain:\n'] });
    expect(examples.filter(({ prompt }) => prompts.has(JSON.stringify(prompt)))).toEqual([]);
    // Drawn without a split, some would be held out: so many are of the same problems among themselves.
    expect(new Set(examples.map(({ prompt }) => JSON.stringify(prompt))).size).toBeLessThan(2000);
  });
});

import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { readStudy } from '../../src/study/plan.js';
import { runStudy } from '../../src/study/run.js';
import type { StudyRun } from '../../src/study/run.js';
import { studyCsv, summarizeStudy } from '../../src/study/summary.js';
import { loadPolicy } from '../../src/train/policy.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

const STUDY = {
  arms: ['grpo-second-turn', 'mgrpo', 'grpo'],
  seeds: [1, 2],
  budget: { steps: 2 },
  evaluation: { points: 2, rows: 4, temperature: 1 },
  settings: {
    beta: 0,
    learningRate: 1e-2,
    temperature: 1,
    numGenerations: 2,
    perDeviceTrainBatchSize: 4,
    gradientAccumulationSteps: 1,
    maxCompletionLength: 4,
    layer2: { numGenerations: 2, selection: 'none' },
  },
  tasks: { sums: {} },
};

describe('a study', () => {
  const studyOf = (change: object = {}, files = new MemoryFiles('study')) => {
    const opened: string[] = [];
    const run: StudyRun<object> = {
      plan: readStudy('tiny', { ...STUDY, ...change }, {}),
      files,
      async open({ id, training, seed }, checkpoint) {
        opened.push(checkpoint ? `${id} again` : id);
        const gpu = await testDevice();
        const policy = checkpoint ? await loadPolicy(gpu, checkpoint, { train: 'full' }) : await randomPolicy(gpu);
        const config = { ...training.config, seed };
        return { policy, config, rewardFuncs: [digitReward], trainDataset: problems(8), evalDataset: problems(4) };
      },
    };
    return { run, opened, files };
  };
  /** Everything of the points but how long they took. */
  const numbers = (points: ReadonlyMap<string, readonly object[]>) =>
    [...points].map(([id, list]) => [id, list.map((point) => ({ ...point, seconds: 0 }))]);

  it('runs every cell once, pairs seeds, and makes its tables', async () => {
    const { run, opened, files } = studyOf();
    const points = await runStudy(run);
    const ids = ['sums/grpo-second-turn/seed-1', 'sums/mgrpo/seed-1', 'sums/grpo-second-turn/seed-2', 'sums/mgrpo/seed-2'];
    expect(opened).toEqual(ids);
    const steps = [...points.values()].map((list) => list.map(({ point, step, turns }) => [point, step, turns.length]));
    expect(steps).toEqual(ids.map(() => [0, 1, 2].map((i) => [i, i, 2])));
    // The start is the same for arms of one seed; MGRPO samples more tokens a step.
    const [grpo, mgrpo] = [points.get(ids[0]!)!, points.get(ids[1]!)!];
    expect(mgrpo[0]!.turns).toEqual(grpo[0]!.turns);
    expect(mgrpo[2]!.tokens).toBeGreaterThan(grpo[2]!.tokens);
    expect([...files.files.keys()].sort()).toEqual(
      ids.flatMap((id) => [`cells/${id}/result.jsonl`, `cells/${id}/setup.json`]).sort(),
    );

    const summary = summarizeStudy(run.plan, points);
    expect(summary.comparisons.map(({ arm, measure, differences }) => [arm, measure, differences.length])).toEqual([
      ['mgrpo', 'accuracy', 2],
      ['grpo', 'accuracy', 2],
      ['mgrpo', 'gain', 2],
    ]);
    expect(studyCsv(summary).trim().split('\n')).toHaveLength(1 + 3 * 2 * 3);

    // The same file in another folder: the same numbers, and so the same tables.
    const rerun = await runStudy(studyOf().run);
    expect(numbers(rerun)).toEqual(numbers(points));
    expect(summarizeStudy(run.plan, rerun).comparisons).toEqual(summary.comparisons);

    const again = studyOf({}, files);
    expect(numbers(await runStudy(again.run))).toEqual(numbers(points));
    expect(again.opened).toEqual([]);
  });

  it.each([1, 2])('killed after step %i and run again it comes to the same numbers', async (step) => {
    const change = { arms: ['mgrpo'], seeds: [1] };
    const whole = await runStudy(studyOf(change).run);
    const { run, files } = studyOf(change);
    const killed = new AbortController();
    await expect(
      runStudy({
        ...run,
        signal: killed.signal,
        onProgress: ({ last }) => last.step === step && killed.abort(new Error('killed')),
      }),
    ).rejects.toThrow('killed');
    // What a kill in the middle of a save leaves.
    await files.write('cells/sums/mgrpo/seed-1/.checkpoint.1234.part/model.safetensors', 'half');
    const again = studyOf(change, files);
    expect(numbers(await runStudy(again.run))).toEqual(numbers(whole));
    expect(again.opened).toEqual(['sums/mgrpo/seed-1 again']);
  });

  it('begins a cell anew whose checkpoint is damaged, says so, and comes to the same numbers', async () => {
    const change = { arms: ['mgrpo'], seeds: [1] };
    const whole = await runStudy(studyOf(change).run);
    const { run, files } = studyOf(change);
    const killed = new AbortController();
    const stopped = { ...run, signal: killed.signal, onProgress: () => killed.abort(new Error('killed')) };
    await expect(runStudy(stopped)).rejects.toThrow('killed');
    const place = 'cells/sums/mgrpo/seed-1/checkpoint';
    await files.write(`${place}/points.jsonl`, 'null\n');
    const again = studyOf(change, files);
    const said: string[] = [];
    expect(numbers(await runStudy({ ...again.run, onDamage: (text) => void said.push(text) }))).toEqual(numbers(whole));
    expect(again.opened).toEqual(['sums/mgrpo/seed-1']);
    expect(said.join()).toMatch(/points\.jsonl: expected \d+ bytes, got 5.*begins anew/);
    await files.write('cells/sums/mgrpo/seed-1/result.jsonl', 'null\n');
    await expect(runStudy(again.run)).rejects.toThrow(/result\.jsonl: expected an evaluation in each line, got "null"/);
  });

  it('ends a training with the step that uses up the tokens', async () => {
    const change = { arms: ['grpo', 'mgrpo'], seeds: [1], evaluation: { points: 1, rows: 4 } };
    const settings = { ...STUDY.settings, lrSchedulerType: 'constant' };
    const points = await runStudy(studyOf({ ...change, settings, budget: { generatedTokens: 60 } }).run);
    const ends = [...points.values()].map((list) => list.at(-1)!);
    for (const { tokens } of ends) expect(tokens).toBeGreaterThanOrEqual(60);
    expect(ends[0]!.step).toBeGreaterThan(ends[1]!.step);
    for (const { tokens, step } of ends) expect(tokens - 60).toBeLessThan(tokens / step + 1);
  });

  it('refuses a folder with cells of other settings', async () => {
    const change = { arms: ['grpo'], seeds: [1], budget: { steps: 1 } };
    const { run, files } = studyOf(change);
    await runStudy(run);
    const other = studyOf({ ...change, evaluation: { points: 1, rows: 4, temperature: 0.5 } }, files);
    await expect(runStudy(other.run)).rejects.toThrow('expected a cell of this study, got one with other settings');
    expect(other.opened).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import type { FileSink, FileSource } from '../../src/platform/files.js';
import { latestCheckpoint } from '../../src/run/checkpoints.js';
import { RunFolder, checkFree, readRunConfig, runName } from '../../src/run/folder.js';
import { readReportData } from '../../src/run/reader.js';
import type { KeepSettings } from '../../src/run/folder.js';
import type { TrainEvent } from '../../src/train/events.js';
import { reportData } from '../support/report-data.js';

const config = reportData().run;
const metric = { value: 0.5, ci95: [0.4, 0.6], n: 10 } as const;
const keepAll: KeepSettings = {
  saveTotalLimit: null,
  loadBestModelAtEnd: false,
  metricForBestModel: null,
  greaterIsBetter: true,
};
const loaded: string[] = [];
const trainer = {
  config: keepAll,
  policy: {
    save: (sink: FileSink) => sink.write('model.safetensors', 'weights'),
    load: (files: FileSource) => Promise.resolve(void loaded.push(files.name)),
  },
  saveState: (sink: FileSink) => sink.write('trainer_state.json', '{}'),
};
const step = (n: number): TrainEvent => {
  const { metrics, seconds, memory } = reportData().steps[0]!;
  return { type: 'step', step: n, steps: 4, metrics, seconds, memory, secondsLeft: 0 };
};

/** A run of steps 1 to `last` with checkpoints after every second. */
async function makeRun(last: number, keep = keepAll, values = [0.5]): Promise<{ files: MemoryFiles; run: RunFolder }> {
  const files = new MemoryFiles('run');
  const run = await RunFolder.create(files, config);
  run.follow({ ...trainer, config: keep });
  for (let n = 1; n <= last; n++) {
    await run.listen(step(n));
    await run.listen({ type: 'log', step: n, metrics: { reward: n } });
    await run.listen({ type: 'completions', step: n, rows: reportData().completions.map((record) => ({ ...record, step: n })) });
    const value = values[(n - 1) % values.length]!;
    await run.listen({ type: 'evaluation', step: n, metrics: { acc_t1: { ...metric, value } } });
    if (n % 2 === 0) await run.listen({ type: 'checkpoint', step: n, last: false });
  }
  return { files, run };
}

describe('a run folder', () => {
  it('holds what a trainer told, and a report of it', async () => {
    const { files, run } = await makeRun(3);
    await run.evaluated('before', { acc_t2: metric });
    await run.evaluated('after', { acc_t2: { ...metric, value: 0.7 } });
    await run.saveResult('adapter', trainer.policy);
    const names = (await files.entries())!.map(({ name }) => name);
    expect(names).toEqual([
      'adapter',
      'checkpoints',
      'completions.jsonl',
      'config.json',
      'evaluation.json',
      'metrics.jsonl',
      'report.html',
      'steps.jsonl',
    ]);
    expect(await files.readText('metrics.jsonl')).toBe('{"step":1,"reward":1}\n{"step":2,"reward":2}\n{"step":3,"reward":3}\n');
    expect(await readRunConfig(files)).toEqual(config);
    const data = await readReportData(files);
    expect(data.steps.map((record) => record.step)).toEqual([1, 2, 3]);
    expect(data.evaluations.after!['acc_t1p']).toEqual(metric);
    expect(data.completions.filter((record) => record.layer === 1)).toHaveLength(3);
    expect(await files.readText('report.html')).toContain('first answer');
  });

  it('saves at checkpoints and at its end, and finds the newest', async () => {
    const { files, run } = await makeRun(2);
    expect(await latestCheckpoint(files)).toMatchObject({ step: 2, config, damaged: [] });
    await run.listen({ type: 'checkpoint', step: 3, last: true });
    const { step: at, files: saved, evaluations } = (await latestCheckpoint(files))!;
    expect(at).toBe(3);
    expect(await saved.readText('model.safetensors')).toBe('weights');
    expect(evaluations.during.map((evaluation) => evaluation.step)).toEqual([1, 2]);
    expect(await latestCheckpoint(new MemoryFiles('empty'))).toBeUndefined();
  });

  it('goes on after a step: later, torn and foreign lines and what killed writes left are dropped, and damage is named', async () => {
    const { files } = await makeRun(3);
    await files.append('steps.jsonl', 'null\n{"step":4,"met');
    await files.write('.config.json.12ab34cd.part', '{');
    await files.write('checkpoints/.step-4.12ab34cd.part/model.safetensors', 'w');
    const run = await RunFolder.resume(files, { ...config, device: 'other' }, await latestCheckpoint(files));
    await run.listen(step(3));
    const { steps, evaluations } = await readReportData(files);
    expect(steps.map((record) => record.step)).toEqual([1, 2, 3]);
    expect(evaluations.during.map((evaluation) => evaluation.step)).toEqual([1, 2]);
    expect(run.evaluations.during).toHaveLength(2);
    expect((await readRunConfig(files)).device).toBe('other');
    expect(run.notes).toEqual([
      'run/steps.jsonl: expected a record of a step in line 4, got something else; it is left out',
      'run/steps.jsonl: expected a record of a step in line 5, got something else; it is left out',
    ]);
    expect(await files.list()).not.toContainEqual(expect.stringContaining('.part'));
  });

  it('begins anew where it has no checkpoint yet', async () => {
    const { files } = await makeRun(1);
    const run = await RunFolder.resume(files, config, await latestCheckpoint(files));
    expect(run.evaluations.during).toEqual([]);
    expect((await readReportData(files)).steps).toEqual([]);
  });

  it('keeps as many checkpoints as it may, the last and the best among them', async () => {
    const stepsOf = async (saveTotalLimit: number | null, metricForBestModel: string | null): Promise<string[]> => {
      const { files } = await makeRun(
        10,
        { ...keepAll, saveTotalLimit, metricForBestModel },
        [0, 0.1, 0, 0.9, 0, 0.2, 0, 0.3, 0, 0.4],
      );
      return (await files.entries('checkpoints'))!.map(({ name }) => name.slice(5)).sort((a, b) => Number(a) - Number(b));
    };
    expect(await stepsOf(null, null)).toEqual(['2', '4', '6', '8', '10']);
    expect(await stepsOf(2, null)).toEqual(['8', '10']);
    expect(await stepsOf(3, 'acc_t1')).toEqual(['4', '8', '10']);
    expect(await stepsOf(1, 'acc_t1')).toEqual(['4', '10']);
  });

  it('ends with the best checkpoint where that is asked for', async () => {
    const keep = { ...keepAll, loadBestModelAtEnd: true, metricForBestModel: 'acc_t1' };
    const { run } = await makeRun(4, keep, [0, 0.9, 0, 0.2]);
    loaded.length = 0;
    await run.listen({ type: 'end', step: 4, steps: 4, reason: 'interrupted' });
    expect(loaded).toEqual([]);
    await run.listen({ type: 'end', step: 4, steps: 4, reason: 'done' });
    expect(loaded).toEqual(['run/checkpoints/step-2']);
    const least = await makeRun(4, { ...keep, greaterIsBetter: false }, [0, 0.9, 0, 0.2]);
    await least.run.listen({ type: 'end', step: 4, steps: 4, reason: 'done' });
    expect(loaded).toHaveLength(1);
    await expect(makeRun(1, { ...keep, metricForBestModel: 'acc' })).rejects.toThrow(
      /metricForBestModel, got acc; there are acc_t1/,
    );
  });

  it('is refused where there is one, unless it may be replaced; other files stay', async () => {
    const { files } = await makeRun(2);
    await files.write('notes.txt', 'mine');
    await expect(RunFolder.create(files, config)).rejects.toMatchObject({ code: 'exists' });
    await expect(checkFree(files, false)).rejects.toThrow(/set overwrite, or resume that run/);
    await RunFolder.create(files, config, true);
    expect((await files.entries())!.map(({ name }) => name)).toEqual(['config.json', 'notes.txt']);
  });

  it('is gone where the work failed before a step was finished, and stays after one', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('no memory'));
    const files = new MemoryFiles('run');
    const run = await RunFolder.create(files, config);
    await expect(run.orAbandon(fail)).rejects.toThrow('no memory');
    expect(await files.entries()).toBeNull();
    const { files: kept, run: started } = await makeRun(1);
    await expect(started.orAbandon(fail)).rejects.toThrow('no memory');
    expect(await kept.exists('steps.jsonl')).toBe(true);
  });

  it('has a name of time, algorithm and model', () => {
    const time = new Date('2026-11-23T10:15:00Z');
    expect(runName('mgrpo', 'models/SmolLM2 135M/', time)).toBe('2026-11-23-101500-mgrpo-SmolLM2-135M');
    expect(runName('sft', '..', time)).toBe('2026-11-23-101500-sft-model');
  });
});

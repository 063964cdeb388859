import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import type { FileSink } from '../../src/platform/files.js';
import { RunFolder, checkFree, latestCheckpoint, readReportData, readRunConfig, runName } from '../../src/run/folder.js';
import type { TrainEvent } from '../../src/train/events.js';
import { reportData } from '../support/report-data.js';

const config = reportData().run;
const metric = { value: 0.5, ci95: [0.4, 0.6], n: 10 } as const;
const trainer = {
  policy: { save: (sink: FileSink) => sink.write('model.safetensors', 'weights') },
  saveState: (sink: FileSink) => sink.write('trainer_state.json', '{}'),
};
const step = (n: number): TrainEvent => {
  const { metrics, seconds, memory } = reportData().steps[0]!;
  return { type: 'step', step: n, steps: 4, metrics, seconds, memory, secondsLeft: 0 };
};

/** A run of steps 1 to `last` with checkpoints after every second. */
async function makeRun(last: number): Promise<{ files: MemoryFiles; run: RunFolder }> {
  const files = new MemoryFiles('run');
  const run = await RunFolder.create(files, config);
  run.follow(trainer);
  for (let n = 1; n <= last; n++) {
    await run.listen(step(n));
    await run.listen({ type: 'log', step: n, metrics: { reward: n } });
    await run.listen({ type: 'completions', step: n, rows: reportData().completions.map((record) => ({ ...record, step: n })) });
    await run.listen({ type: 'evaluation', step: n, metrics: { acc_t1: metric } });
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

  it('saves at checkpoints and where it is interrupted, and finds the newest', async () => {
    const { files, run } = await makeRun(2);
    expect(await latestCheckpoint(files)).toMatchObject({ step: 2 });
    await run.listen({ type: 'checkpoint', step: 3, last: true });
    await run.listen({ type: 'end', step: 3, steps: 9, reason: 'done' });
    expect((await latestCheckpoint(files))!.step).toBe(2);
    await run.listen({ type: 'end', step: 10, steps: 20, reason: 'interrupted' });
    const { step: at, files: saved } = (await latestCheckpoint(files))!;
    expect(at).toBe(10);
    expect(await saved.readText('model.safetensors')).toBe('weights');
    expect(await latestCheckpoint(new MemoryFiles('empty'))).toBeUndefined();
  });

  it('goes on after a step: later and torn lines are dropped', async () => {
    const { files } = await makeRun(3);
    await files.append('steps.jsonl', '{"step":4,"met');
    const run = await RunFolder.resume(files, { ...config, device: 'other' }, 2);
    await run.listen(step(3));
    const { steps, evaluations } = await readReportData(files);
    expect(steps.map((record) => record.step)).toEqual([1, 2, 3]);
    expect(evaluations.during.map((evaluation) => evaluation.step)).toEqual([1, 2]);
    expect(run.evaluations.during).toHaveLength(2);
    expect((await readRunConfig(files)).device).toBe('other');
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

import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { fileStart, scalarsRecord } from '../../src/run/tensorboard.js';
import { evaluationValues, openTrackers, trainValues } from '../../src/run/trackers.js';

it("events have the bytes of TensorBoard's own writer", () => {
  // tensorboard 2.21: RecordWriter over Event(wall_time, file_version) and Event(wall_time, step, summary).
  const bytes = [fileStart(1767225600.5), scalarsRecord(1767225601.25, 300, { 'train/reward': 0.1, 'train/größe': -2.5 })];
  expect(Buffer.concat(bytes).toString('hex')).toBe(
    '1800000000000000a37f4b2209000020406e55da411a0d627261696e2e4576656e743a3284ffcb7139000000000000008b0737f109000050406e55da4110ac022a2b0a130a0c747261696e2f72657761726415cdcccc3d0a140a0d747261696e2f6772c3b6c39f6515000020c0b7eb707b',
  );
});

const before = { acc_t1: { value: 0.25, ci95: [0.2, 0.3] as const, n: 10 } };

describe('trackers of a run', () => {
  it('hold what comes, a column per name', async () => {
    const files = new MemoryFiles('run');
    const [csv] = await openTrackers(files, ['csv'], { during: [] });
    await csv!.log(0, evaluationValues(before));
    await csv!.log(1, trainValues({ reward: 0.5, broken: null, kl: Number.NaN }));
    await csv!.log(2, trainValues({ reward: 0.75, 'layer2/reward': 1 }));
    expect(await files.readText('metrics.csv')).toBe(
      'step,eval/acc_t1,train/reward,train/layer2/reward\n0,0.25,,\n1,,0.5,\n2,,0.75,1\n',
    );
  });

  it('hold what the logs hold where a run goes on, and no line twice', async () => {
    const files = new MemoryFiles('run', {
      'metrics.jsonl': '{"step":1,"reward":0.5}\n{"step":2,"reward":1}\n',
      'metrics.csv': 'old',
    });
    const evaluations = { before, during: [{ step: 1, metrics: before }] };
    const sizes: number[] = [];
    for (let time = 0; time < 2; time++) {
      await openTrackers(files, ['tensorboard', 'csv'], evaluations);
      const [name, ...more] = (await files.list()).filter((path) => path.startsWith('tensorboard/'));
      expect(more).toEqual([]);
      sizes.push(await files.size(name!));
    }
    expect(sizes[1]).toBe(sizes[0]);
    expect(await files.readText('metrics.csv')).toBe('step,eval/acc_t1,train/reward\n0,0.25,\n1,,0.5\n1,0.25,\n2,,1\n');
  });
});

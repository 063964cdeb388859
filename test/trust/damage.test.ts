import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { latestCheckpoint } from '../../src/run/checkpoints.js';
import { RunFolder } from '../../src/run/folder.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { loadPolicy } from '../../src/train/policy.js';
import { damages } from '../support/damage.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';
import { reportData } from '../support/report-data.js';

const args = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 4,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 4,
  learningRate: 1e-2,
  lrSchedulerType: 'constant',
  beta: 0,
  maxSteps: 5,
  saveSteps: 2,
  loggingSteps: 1,
} as const;
const trainDataset = problems(8);

/** Trains to the end in a folder, from its checkpoint where it has one; gives the weights, and what was said. */
async function train(files: MemoryFiles, resume: boolean, maxSteps: number = args.maxSteps, stopAfter?: number) {
  const gpu = await testDevice();
  const checkpoint = resume ? await latestCheckpoint(files) : undefined;
  const policy = checkpoint ? await loadPolicy(gpu, checkpoint.files, { train: 'full' }) : await randomPolicy(gpu);
  const run = resume
    ? await RunFolder.resume(files, reportData().run, checkpoint)
    : await RunFolder.create(files, reportData().run);
  const stop = new AbortController();
  const trainer = new GRPOTrainer({
    policy,
    rewardFuncs: digitReward,
    trainDataset,
    args: { ...args, maxSteps },
    signal: stop.signal,
    onEvent: async (event) => {
      await run.listen(event);
      if (event.type === 'step' && event.step === stopAfter) stop.abort();
    },
  });
  if (checkpoint) await trainer.restoreState(checkpoint.files);
  run.follow(trainer);
  await trainer.train();
  await run.saveResult('model', policy);
  trainer.free();
  policy.free();
  const weights = Buffer.from(files.files.get('model/model.safetensors')!).toString('base64');
  return { weights, notes: run.notes, from: checkpoint?.step };
}

const copy = (files: MemoryFiles): MemoryFiles => new MemoryFiles('run', Object.fromEntries(files.files));

describe('a run whose folder was damaged', () => {
  let whole: string;
  /** As it lies there when a run was killed in step 5. */
  const killed = new MemoryFiles('run');
  beforeAll(async () => {
    whole = (await train(new MemoryFiles('run'), false)).weights;
    await train(killed, false, args.maxSteps, 4);
    await killed.remove('model');
  });

  it('goes on to the same bytes where nothing was damaged', async () => {
    const files = copy(killed);
    expect(await train(files, true)).toEqual({ weights: whole, notes: [], from: 4 });
    expect((await files.readText('steps.jsonl')).trim().split('\n')).toHaveLength(5);
  });

  it.each(damages('model.safetensors', 'config.json').map((damage) => [damage.name, damage] as const))(
    'goes on to the same bytes: %s',
    async (_, { harm, from, says }) => {
      const files = copy(killed);
      await harm(files);
      const done = await train(files, true);
      expect(done.from).toBe(from);
      expect(done.weights === whole).toBe(true);
      if (says) expect(done.notes.join('\n')).toMatch(says);
      else expect(done.notes).toEqual([]);
    },
  );

  it('is refused with the reasons where no checkpoint is sound', async () => {
    const files = copy(killed);
    for (const step of [2, 4]) await files.write(`checkpoints/step-${step}/trainer_state.json`, '{}');
    await expect(latestCheckpoint(files)).rejects.toThrow(/got none:\n {2}- run\/checkpoints\/step-4.*\n {2}- .*step-2/);
  });

  it('lengthened after its end has the bytes of one that was as long from the start', async () => {
    const files = new MemoryFiles('run');
    await train(files, false, 3);
    expect(await latestCheckpoint(files)).toMatchObject({ step: 3 });
    expect(await train(files, true)).toMatchObject({ weights: whole, from: 3 });
    expect((await latestCheckpoint(files))!.step).toBe(5);
  });
});

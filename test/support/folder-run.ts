// Short trainings in the folder of a run, begun and gone on with as the command line does it.
import type { FileFolder } from '../../src/platform/files.js';
import { latestCheckpoint } from '../../src/run/checkpoints.js';
import { RunFolder } from '../../src/run/folder.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { loadPolicy } from '../../src/train/policy.js';
import { testDevice } from './device.js';
import { digitReward, problems, randomPolicy } from './policy.js';
import { reportData } from './report-data.js';

const ARGS = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 4,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 4,
  learningRate: 1e-2,
  lrSchedulerType: 'constant',
  beta: 0,
  saveSteps: 2,
  loggingSteps: 1,
} as const;
const trainDataset = problems(8);

/** What a training of {@link trainIn} gave. */
export interface FolderRun {
  /** Its weights as text, to compare. */
  readonly weights: string;
  /** What was found damaged. */
  readonly notes: readonly string[];
  /** The step of the checkpoint that it went on from. */
  readonly from: number | undefined;
}

/**
 * Trains to the end in a folder, from its checkpoint where it has one.
 * @param stopAfter the step after which it is interrupted
 */
export async function trainIn(files: FileFolder, resume: boolean, maxSteps: number, stopAfter?: number): Promise<FolderRun> {
  const gpu = await testDevice();
  const checkpoint = resume ? await latestCheckpoint(files) : undefined;
  const policy = checkpoint ? await loadPolicy(gpu, checkpoint.files, { train: 'full' }) : await randomPolicy(gpu);
  const stop = new AbortController();
  const trainer = new GRPOTrainer({
    policy,
    rewardFuncs: digitReward,
    trainDataset,
    args: { ...ARGS, maxSteps },
    signal: stop.signal,
    onEvent: async (event) => {
      await run.listen(event);
      if (event.type === 'step' && event.step === stopAfter) stop.abort();
    },
  });
  let run: RunFolder;
  try {
    if (checkpoint) await trainer.restoreState(checkpoint.files);
    const { run: config } = reportData();
    run = resume ? await RunFolder.resume(files, config, checkpoint) : await RunFolder.create(files, config);
    run.follow(trainer);
    await trainer.train().catch(async (error: unknown) => {
      await run.saveCheckpoint(trainer.step, trainer).catch(() => undefined);
      throw error;
    });
    await run.saveResult('model', policy);
  } finally {
    trainer.free();
    policy.free();
  }
  const name = 'model/model.safetensors';
  const weights = Buffer.from(await files.readRange(name, 0, await files.size(name))).toString('base64');
  return { weights, notes: run.notes, from: checkpoint?.step };
}

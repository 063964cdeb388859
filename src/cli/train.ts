// `mgrpo train`: flags, files and data become a trainer and a run folder. The training itself is in train/, the folder in run/.
import path from 'node:path';
import {
  GRPOTrainer,
  GRPO_OPTIONS,
  LAYER2_OPTIONS,
  MGRPOTrainer,
  RunFolder,
  checkLengths,
  checkRounds,
  latestCheckpoint,
  POLICY_OPTIONS,
  TASK_NAMES,
} from '../index.js';
import { DEVICE_OPTIONS } from '../open/choice.js';
import { completeGRPO } from '../config/grpo.js';
import { completeMGRPO } from '../config/mgrpo.js';
import { withBestMetric } from '../config/saving.js';
import { REWARD_VERIFIER_OPTIONS } from '../config/verifier.js';
import type { VerifierSettings } from '../config/verifier.js';
import type {
  Checkpoint,
  FileSource,
  GRPOConfig,
  Listener,
  PolicyTrainer,
  RewardFunction,
  TaskRow,
  Tokenizer,
  TrackerName,
} from '../index.js';
import type { OptionTable, Settings } from '../options/table.js';
import { unlessAborted } from '../platform/in-time.js';
import type { NodeFiles } from '../platform/node-files.js';
import { checkData, checkRewards, needsGold, openRewards, readRows, verifierOf } from './data.js';
import { ownSettings, readFlags, refuse, valuesOf } from './flags.js';
import type { CommandSpec, GivenValues, Work } from './flags.js';
import { throughLosses } from './losses.js';
import { modelOf, openAdapter, openCritic, openModel } from './model.js';
import {
  CRITIC_OPTIONS,
  DATA_OPTIONS,
  EVAL_DATA_OPTIONS,
  MODEL_OPTIONS,
  REWARD_OPTIONS,
  RUN_OPTIONS,
  TRACKER_OPTIONS,
} from './options.js';
import { metricTable } from '../report/format.js';
import { printResult, say } from './output.js';
import { fittingLength, textOf } from './lengths.js';
import { RESUME_OPTION, newCourse, resumedFrom } from './resume.js';
import { checkOutput, hubNames, outputFolder, runConfig, withFolder } from './run.js';
import { Samples } from './samples.js';
import { withSession } from './session.js';
import type { Session } from './session.js';
import { INTERRUPTED } from './signals.js';
import { together } from './together.js';
import { forResume, openReference, openTrainedPolicy } from './trained.js';
import type { TrainedModel } from './trained.js';

const OWN = {
  ...DEVICE_OPTIONS,
  ...MODEL_OPTIONS,
  ...CRITIC_OPTIONS,
  ...POLICY_OPTIONS,
  ...DATA_OPTIONS,
  ...EVAL_DATA_OPTIONS,
  evalRows: {
    section: 'data',
    type: 'integer',
    min: 0,
    default: 100,
    doc: 'Most problems of the evaluation (at --eval-temperature); 0: no evaluation.',
  },
  algorithm: {
    section: 'algorithm',
    type: 'choice',
    choices: ['mgrpo', 'grpo'],
    default: 'mgrpo',
    doc: 'Multi-Layer GRPO (arXiv 2506.04746), or GRPO alone.',
  },
  ...REWARD_OPTIONS,
  ...RUN_OPTIONS,
  ...TRACKER_OPTIONS,
  ...RESUME_OPTION,
  logCompletions: {
    section: 'run',
    type: 'boolean',
    default: false,
    doc: 'Also print some prompts and completions every loggingSteps, and write all of a step to completions/completions_STEP.parquet, as TRL does.',
  },
} as const satisfies OptionTable;

export const trainSpec: CommandSpec = {
  name: 'train',
  summary: 'train a model with MGRPO or GRPO',
  usage: `mgrpo train: reinforcement learning with MGRPO (two layers: answer, then correct) or GRPO

  mgrpo train --model M --dataset F.jsonl [--eval-dataset G.jsonl] [--lora-r 16 --learning-rate 1e-5] [options]
  mgrpo train --model M --task ${TASK_NAMES.join('|')} [options]
  mgrpo train --resume --output-dir RUN

The last line on stdout is {"run","steps","metrics","before","after"}: the folder, the means over the last logged steps, and the
metrics on held-out problems, each {"value","ci95","n"}, where there are any.
Ctrl-C stops before the next update of the weights and saves (exit code ${INTERRUPTED}); a second one exits at once.`,
  own: OWN,
  common: [
    'model',
    'adapter',
    'dataset',
    'evalDataset',
    'task',
    'algorithm',
    'reward',
    'loraR',
    'loraAlpha',
    'learningRate',
    'maxSteps',
    'numGenerations',
    'maxCompletionLength',
    'temperature',
    'beta',
    'layer2.phrases',
    'layer2.numGenerations',
    'saveSteps',
    'evalSteps',
    'seed',
    'outputDir',
    'resume',
    'reportTo',
    'device',
    'config',
  ],
  takesTrl: true,
  tables: { '': GRPO_OPTIONS, layer2: LAYER2_OPTIONS, verifier: REWARD_VERIFIER_OPTIONS },
};

type TrainSettings = Settings<typeof OWN> & { readonly verifier: VerifierSettings };

/** Everything that is known before a device is opened: flags, files and data have been checked. */
interface Plan {
  readonly settings: TrainSettings;
  readonly config: GRPOConfig;
  readonly folder: NodeFiles;
  readonly checkpoint: Checkpoint | undefined;
  readonly model: FileSource;
  readonly adapter: FileSource | undefined;
  readonly tokenizer: Tokenizer;
  readonly rows: readonly TaskRow[];
  readonly evalRows: readonly TaskRow[];
}

/** `mgrpo train` */
export async function trainCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const given = readFlags(trainSpec, argv, problems);
  if (given === null) return null;
  const plan = await makePlan(given, problems);
  const rewards = await openRewards(
    plan.settings.reward,
    plan.settings.rewardModule,
    { ...plan.config, verifier: plan.settings.verifier },
    plan.rows,
  );
  return () =>
    withFolder(plan.folder, () =>
      withSession(plan.settings, 'stopping: the run is saved', (session) =>
        throughLosses(session, plan, resumed, (now) => trainOnce(session, now, rewards)),
      ),
    );
}

/** The plan that goes on with a run from what it has saved. */
async function resumed(plan: Plan): Promise<{ readonly plan: Plan; readonly step: number }> {
  const checkpoint = await latestCheckpoint(plan.folder);
  const settings = { ...plan.settings, resume: true };
  const config = { ...plan.config, ...forResume(settings, { reference: plan.config.reference }) };
  return { plan: { ...plan, settings, config, checkpoint }, step: checkpoint?.step ?? 0 };
}

async function trainOnce(session: Session, plan: Plan, rewards: readonly RewardFunction[]): Promise<number> {
  const { device, progress, signal } = session;
  const policy = await openTrainedPolicy(device, trainedOf(plan));
  const referencePolicy = await openReference(device, trainedOf(plan));
  const critic = await openCritic(device, plan.settings);
  const samples = new Samples((text) => progress.line(text));
  const onEvent: Listener = async (event) => {
    await progress.listen(event);
    if (plan.settings.logCompletions) samples.listen(event);
    await run.listen(event);
  };
  const options = {
    policy,
    rewardFuncs: rewards,
    trainDataset: plan.rows,
    evalDataset: plan.evalRows,
    onEvent,
    signal,
    ...(referencePolicy && { referencePolicy }),
    ...(critic && { critic }),
  };
  const { layer2, ...args } = plan.config;
  const trainer = layer2 ? new MGRPOTrainer({ ...options, args: { ...args, layer2 } }) : new GRPOTrainer({ ...options, args });
  if (plan.checkpoint) await trainer.restoreState(plan.checkpoint.files);
  const run = await openRun(plan, device.info.description);
  for (const note of [...run.notes, ...newCourse(plan.checkpoint, plan.config)]) progress.line(note);
  await run.report((plan.settings.reportTo ?? []) as TrackerName[], plan.settings.logCompletions);
  run.follow(trainer);
  return run.orAbandon(() => runTraining(run, trainer, plan, session));
}

async function makePlan(flags: GivenValues, problems: string[]): Promise<Plan> {
  const { given, checkpoint } = await resumedFrom(trainSpec, flags, problems);
  const verifier = verifierOf(given, problems);
  const settings = { ...ownSettings(trainSpec, OWN, given, problems), verifier };
  const config = completeConfig(settings, given, problems);
  const model = modelOf(settings, problems);
  checkData(settings, problems);
  checkRewards(valuesOf(given, REWARD_OPTIONS)['reward'], problems);
  refuse('train', problems);

  const folder = outputFolder(settings.outputDir, settings.algorithm, model);
  if (!settings.resume) await checkOutput(folder, settings.overwrite);
  const { seed } = config;
  const goldOptional = !needsGold(settings.reward, settings.rewardModule);
  const [files, adapter, rows, evalRows] = await together(
    () => openModel(model),
    () => openAdapter(settings.adapter),
    () => readRows({ settings, seed, split: 'train', limit: settings.limit, goldOptional }),
    () => readEvalRows(settings, seed),
  );
  checkRounds('mgrpo train', config, rows.length);
  const text = await textOf(files, config.maxContextLength);
  const isGiven = given.has('maxCompletionLength');
  const maxCompletionLength = isGiven ? config.maxCompletionLength : fittingLength(text, [...rows, ...evalRows], config.layer2);
  const fitted = { ...config, maxCompletionLength: Math.min(config.maxCompletionLength, maxCompletionLength) };
  checkLengths(text, fitted, [...rows, ...evalRows]);
  const { tokenizer } = text;
  return { settings, config: fitted, folder, checkpoint, model: files, adapter, tokenizer, rows, evalRows };
}

/** The trainer's settings. */
function completeConfig(settings: TrainSettings, given: GivenValues, problems: string[]): GRPOConfig {
  const layer2 = valuesOf(given, LAYER2_OPTIONS, 'layer2');
  let shared = valuesOf(given, GRPO_OPTIONS);
  if (settings.resume) shared = forResume(settings, shared);
  if (shared['reference'] === 'adapter_off' && settings.loraR === null && settings.adapter === null)
    problems.push(
      'reference adapter_off needs an adapter, and all weights are trained; give --lora-r or --adapter, or set reference to frozen_copy',
    );
  if (settings.algorithm === 'mgrpo') return completeMGRPO({ ...shared, layer2 }, problems);
  if (settings.critic !== null)
    problems.push('--critic has no effect with --algorithm grpo, which corrects nothing; leave it out');
  for (const name of Object.keys(layer2)) problems.push(`layer2.${name} has no effect with --algorithm grpo; leave it out`);
  return { ...withBestMetric(completeGRPO(shared, problems), 'acc_t1'), layer2: null };
}

function readEvalRows(settings: TrainSettings, seed: number): Promise<TaskRow[]> {
  const { evalDataset: dataset, evalRows: limit, task } = settings;
  if (limit === 0 || (dataset === null && task === null)) return Promise.resolve([]);
  return readRows({
    settings: { ...settings, dataset, task: dataset === null ? task : null },
    split: 'test',
    limit,
    seed,
  });
}

function trainedOf({ settings, config, model, adapter, tokenizer, checkpoint }: Plan): TrainedModel {
  return { settings, config, model, adapter, tokenizer, checkpoint: checkpoint?.files };
}

function openRun({ settings, config, folder, checkpoint }: Plan, device: string): Promise<RunFolder> {
  const content = runConfig('train', settings, config, device);
  return settings.resume ? RunFolder.resume(folder, content, checkpoint) : RunFolder.create(folder, content, settings.overwrite);
}

async function runTraining(run: RunFolder, trainer: PolicyTrainer, plan: Plan, { signal, progress }: Session): Promise<number> {
  const evaluates = plan.evalRows.length > 0;
  const evaluated = async (when: 'before' | 'after'): Promise<void> => {
    progress.line(`evaluating on ${plan.evalRows.length} held-out problems, ${when} the training`);
    const metrics = await unlessAborted(signal, () => trainer.evaluate());
    progress.clear();
    if (metrics) await run.evaluated(when, metrics);
  };
  if (evaluates && !run.evaluations.before) await evaluated('before');
  const { steps, reason, metrics } = await trainer.train().catch(async (error: unknown) => {
    // What is whole is saved; where that fails too, the first error is the one to be told.
    await run.saveCheckpoint(trainer.step, trainer).catch(() => undefined);
    throw error;
  });
  const { policy } = trainer;
  if (reason === 'done' && evaluates) await evaluated('after');
  const result = policy.decoder.lora ? 'adapter' : 'model';
  await run.saveResult(result, policy, await hubNames(plan.settings));
  trainer.free();

  const { before, after } = run.evaluations;
  if (before && after) say(`\n${metricTable(before, after)}\n`);
  const { name } = plan.folder;
  say(`${result}: ${path.join(name, result)}\nreport: ${path.join(name, 'report.html')}`);
  const isInterrupted = signal.aborted;
  if (isInterrupted) say(`interrupted after step ${steps}; go on with: mgrpo train --resume --output-dir ${name}`);
  await printResult(
    {
      run: name,
      steps,
      metrics,
      ...(before && { before }),
      ...(after && { after }),
      ...(isInterrupted && { interrupted: true }),
    },
    true,
  );
  return isInterrupted ? INTERRUPTED : 0;
}

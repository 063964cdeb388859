// `mgrpo sft`: supervised fine-tuning, or a small model from nothing.
import path from 'node:path';
import {
  RunFolder,
  LAYER2_OPTIONS,
  PHRASE_POOLS,
  POLICY_OPTIONS,
  SFTTrainer,
  SFT_OPTIONS,
  charTokenizer,
  TASK_NAMES,
  taskKind,
  createPolicy,
  guidingText,
  latestCheckpoint,
  loraOf,
  parseModelConfig,
  sftExamples,
} from '../index.js';
import { DEVICE_OPTIONS } from '../open/choice.js';
import type {
  Checkpoint,
  Device,
  FileSource,
  Layer2Config,
  Listener,
  Policy,
  SFTConfig,
  SftExample,
  TrackerName,
} from '../index.js';
import { completeSFT } from '../config/sft.js';
import type { OptionTable, Settings } from '../options/table.js';
import type { NodeFiles } from '../platform/node-files.js';
import { columnNames, readNamed } from './data.js';
import { ownSettings, readFlags, refuse, valuesOf } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { throughLosses } from './losses.js';
import { modelOf, openModel, openPolicy } from './model.js';
import { DATA_OPTIONS, MODEL_OPTIONS, RUN_OPTIONS, TRACKER_OPTIONS } from './options.js';
import { printResult, say } from './output.js';
import { RESUME_OPTION, newCourse, resumedFrom } from './resume.js';
import { checkOutput, hubNames, outputFolder, runConfig, withFolder } from './run.js';
import { withSession } from './session.js';
import type { Session } from './session.js';
import { INTERRUPTED } from './signals.js';
import { together } from './together.js';

const size = (value: number, doc: string) => ({ section: 'new model', type: 'integer', min: 1, default: value, doc }) as const;
const share = (doc: string) =>
  ({ section: 'examples', type: 'number', nullable: true, min: 0, max: 1, default: null, doc }) as const;

const OWN = {
  ...DEVICE_OPTIONS,
  model: MODEL_OPTIONS.model,
  revision: MODEL_OPTIONS.revision,
  dtype: MODEL_OPTIONS.dtype,
  loraR: POLICY_OPTIONS.loraR,
  loraAlpha: POLICY_OPTIONS.loraAlpha,
  useRslora: POLICY_OPTIONS.useRslora,
  targetModules: POLICY_OPTIONS.targetModules,
  gradientCheckpointing: { ...POLICY_OPTIONS.gradientCheckpointing, default: false },
  init: {
    section: 'new model',
    type: 'choice',
    nullable: true,
    choices: ['llama', 'qwen2', 'qwen3'],
    default: null,
    doc: 'Start from random weights of this architecture and a character-level tokenizer, instead of --model.',
  },
  hiddenSize: size(64, 'Width of the residual stream.'),
  numHiddenLayers: size(4, 'Layers.'),
  numAttentionHeads: size(4, 'Query heads; they divide the hidden size.'),
  numKeyValueHeads: size(4, 'Key and value heads; they divide the query heads.'),
  intermediateSize: size(192, 'Width of the MLP.'),
  maxPositionEmbeddings: size(512, 'Longest sequence, tokens.'),
  task: { ...DATA_OPTIONS.task, section: 'examples', doc: 'Generated examples, by a writer of mixed habits.' },
  taskSize: { ...DATA_OPTIONS.taskSize, section: 'examples' },
  dataset: {
    section: 'examples',
    type: 'string',
    nullable: true,
    default: null,
    doc:
      'Data instead of generated examples, named as in mgrpo train: messages (the assistant’s turns are learnt), or prompt and completion; ' +
      'of the hub the split train.',
  },
  column: { ...DATA_OPTIONS.column, section: 'examples' },
  examples: {
    section: 'examples',
    type: 'integer',
    min: 1,
    default: 50_000,
    doc: 'How many examples are generated, or at most read.',
  },
  secondTurns: share('Share of examples that are second turns; none: 0.5.'),
  repeats: share('Share of second turns that only repeat the first answer; none: the task’s own.'),
  carelessAnswers: share(
    'Share of careless first answers (arithmetic: carries are dropped; signs: a number is left out); none: the task’s own.',
  ),
  checks: share(
    'countdown: share of the second turns that do not repeat which check the answer and keep what is right; none: 0.',
  ),
  mode: { ...LAYER2_OPTIONS.mode, section: 'examples' },
  phrases: {
    ...LAYER2_OPTIONS.phrases,
    section: 'examples',
    doc: 'Guiding phrases of the second turns; each is one token of a new tokenizer.',
  },
  ...RUN_OPTIONS,
  ...RESUME_OPTION,
  ...TRACKER_OPTIONS,
} as const satisfies OptionTable;

export const sftSpec: CommandSpec = {
  name: 'sft',
  summary: 'supervised fine-tuning, or a small model from nothing',
  usage: `mgrpo sft: supervised fine-tuning on generated or given examples

  mgrpo sft --init llama --task arithmetic [--hidden-size 64 --num-hidden-layers 4 …] [options]
  mgrpo sft --model M --task ${TASK_NAMES.join('|')} [options]
  mgrpo sft --model M --dataset F.jsonl [--lora-r 16] [options]
  mgrpo sft --resume --output-dir RUN

The model is written to model/ in the run's folder, an adapter (--lora-r) to adapter/.
The last line on stdout is {"run","steps","metrics"}.
Ctrl-C stops after the present step and saves (exit code ${INTERRUPTED}); a second one exits at once.`,
  own: OWN,
  common: [
    'model',
    'init',
    'dataset',
    'task',
    'examples',
    'learningRate',
    'maxSteps',
    'perDeviceTrainBatchSize',
    'seed',
    'saveSteps',
    'outputDir',
    'resume',
    'reportTo',
    'device',
    'config',
  ],
  takesTrl: true,
  tables: { '': SFT_OPTIONS },
};

type SftSettings = Settings<typeof OWN>;

/** `mgrpo sft` */
export async function sftCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const flags = readFlags(sftSpec, argv, problems);
  if (flags === null) return null;
  const { given, checkpoint } = await resumedFrom(sftSpec, flags, problems);
  const settings = ownSettings(sftSpec, OWN, given, problems);
  const config = completeSFT(valuesOf(given, SFT_OPTIONS), problems);
  if ((settings.model === null) === (settings.init === null)) {
    const got = settings.model === null ? 'neither' : 'both';
    problems.push(`expected either --model or --init (random weights), got ${got}`);
  }
  if ((settings.task === null) === (settings.dataset === null)) {
    const got = settings.task === null ? 'neither' : 'both';
    problems.push(`expected either --task or --dataset, got ${got}`);
  }
  if (settings.init !== null && settings.loraR !== null)
    problems.push('--lora-r needs --model, got --init: of random weights all are trained; leave one of them out');
  if (settings.init !== null && settings.revision !== null)
    problems.push('--revision needs --model, got --init; leave one of them out');
  const model = settings.model === null ? null : modelOf(settings, problems);
  columnNames(settings.column, problems);
  refuse('sft', problems);
  const folder = outputFolder(settings.outputDir, 'sft', settings.model ?? `${settings.task ?? 'data'}-${settings.init}`);
  if (!settings.resume) await checkOutput(folder, settings.overwrite);
  const [examples, openStart] = await together(
    () => makeExamples(settings, config.seed),
    () => prepareStart(settings, config, model),
  );

  const plan: Plan = { settings, config, folder, checkpoint, examples, openStart };
  return () =>
    withFolder(folder, () =>
      withSession(settings, 'stopping after this step: the run is saved', (session) =>
        throughLosses(session, plan, resumed, (now) => trainOnce(session, now)),
      ),
    );
}

/** Everything that is known before a device is opened. */
interface Plan {
  readonly settings: SftSettings;
  readonly config: SFTConfig;
  readonly folder: NodeFiles;
  readonly checkpoint: Checkpoint | undefined;
  readonly examples: readonly SftExample[];
  openStart(device: Device, checkpoint: FileSource | undefined): Promise<Policy>;
}

/** The plan that goes on with a run from what it has saved. */
async function resumed(plan: Plan): Promise<{ readonly plan: Plan; readonly step: number }> {
  const checkpoint = await latestCheckpoint(plan.folder);
  return { plan: { ...plan, settings: { ...plan.settings, resume: true }, checkpoint }, step: checkpoint?.step ?? 0 };
}

async function trainOnce({ device, progress, signal }: Session, plan: Plan): Promise<number> {
  const { settings, config, folder, checkpoint, examples } = plan;
  const policy = await plan.openStart(device, checkpoint?.files);
  // An adapter was opened from its checkpoint.
  if (checkpoint && !policy.decoder.lora) await policy.load(checkpoint.files);
  const onEvent: Listener = async (event) => {
    await progress.listen(event);
    await run.listen(event);
  };
  const trainer = new SFTTrainer({ policy, trainDataset: examples, args: config, onEvent, signal });
  if (checkpoint) await trainer.restoreState(checkpoint.files);
  const content = runConfig('sft', settings, config, device.info.description);
  const run = settings.resume
    ? await RunFolder.resume(folder, content, checkpoint)
    : await RunFolder.create(folder, content, settings.overwrite);
  for (const note of [...run.notes, ...newCourse(checkpoint, config)]) progress.line(note);
  await run.report((settings.reportTo ?? []) as TrackerName[]);
  run.follow(trainer);
  return run.orAbandon(async () => {
    const { steps, reason, metrics } = await trainer.train();
    const result = policy.decoder.lora ? 'adapter' : 'model';
    await run.saveResult(result, policy, await hubNames(settings));
    say(`${result}: ${path.join(folder.name, result)}\nreport: ${path.join(folder.name, 'report.html')}`);
    const isInterrupted = reason === 'interrupted';
    if (isInterrupted) say(`interrupted after step ${steps}; go on with: mgrpo sft --resume --output-dir ${folder.name}`);
    await printResult({ run: folder.name, steps, metrics, ...(isInterrupted && { interrupted: true }) }, true);
    return isInterrupted ? INTERRUPTED : 0;
  });
}

function phraseTexts(phrases: Layer2Config['phrases']): readonly string[] {
  return typeof phrases === 'string' ? PHRASE_POOLS[phrases] : phrases;
}

async function makeExamples(settings: SftSettings, seed: number): Promise<SftExample[]> {
  const { task, taskSize, dataset, examples, mode, phrases, secondTurns, repeats, carelessAnswers, checks } = settings;
  if (dataset !== null) {
    const { records, columns } = await readNamed({ dataset, column: settings.column }, { split: 'train', limit: examples });
    return sftExamples(records, { columns });
  }
  return taskKind(task!).sft(taskSize, examples, seed, {
    mode,
    guidingTexts: phraseTexts(phrases).map(guidingText),
    ...(secondTurns !== null && { secondTurns }),
    ...(repeats !== null && { repeats }),
    ...(carelessAnswers !== null && { carelessAnswers }),
    ...(checks !== null && { checks }),
  });
}

/** Checks what the training starts from; what is returned opens it on a device, an adapter as the checkpoint has it. */
async function prepareStart(settings: SftSettings, { seed }: SFTConfig, model: string | null): Promise<Plan['openStart']> {
  const { gradientCheckpointing, dtype } = settings;
  if (model !== null) {
    const files = await openModel(model);
    const lora = loraOf(settings);
    return (device, checkpoint) =>
      openPolicy(device, files, {
        ...(lora && checkpoint ? { train: 'adapter', adapter: checkpoint } : { train: lora ?? 'full' }),
        ...{ seed, dtype, gradientCheckpointing, name: model },
      });
  }
  const tokenizer = charTokenizer(phraseTexts(settings.phrases));
  const json = {
    model_type: settings.init,
    vocab_size: tokenizer.vocabSize,
    hidden_size: settings.hiddenSize,
    num_hidden_layers: settings.numHiddenLayers,
    num_attention_heads: settings.numAttentionHeads,
    num_key_value_heads: settings.numKeyValueHeads,
    head_dim: settings.hiddenSize / settings.numAttentionHeads,
    intermediate_size: settings.intermediateSize,
    max_position_embeddings: settings.maxPositionEmbeddings,
    tie_word_embeddings: true,
    eos_token_id: tokenizer.eosTokenId,
    pad_token_id: tokenizer.padTokenId,
    dtype: 'float32',
  };
  const config = parseModelConfig(json, 'mgrpo sft --init');
  const name = `${settings.task ?? 'new'}-${settings.init}`;
  return (device) => createPolicy(device, { name, config, tokenizerFiles: tokenizer.files, seed, gradientCheckpointing });
}

// `mgrpo eval`: measures a model on problems with answers.
import { GRPO_OPTIONS, LAYER2_OPTIONS, SPLITS, TASK_NAMES, checkLengths, evaluate } from '../index.js';
import { DEVICE_OPTIONS } from '../open/choice.js';
import type { OptionTable } from '../options/table.js';
import { completeMGRPO } from '../config/mgrpo.js';
import { REWARD_VERIFIER_OPTIONS } from '../config/verifier.js';
import { checkData, openRewards, readRows, verifierOf } from './data.js';
import { settingsOfRun } from './finished-run.js';
import { ownSettings, readFlags, refuse, valuesOf } from './flags.js';
import type { CommandSpec, GivenValues, Work } from './flags.js';
import { fittingLength, textOf } from './lengths.js';
import { heldAs, modelOf, openAdapter, openCritic, openModel, openPolicy } from './model.js';
import { CRITIC_OPTIONS, DATA_OPTIONS, LENGTH_OPTION, MODEL_OPTIONS } from './options.js';
import { metricTable, turnTable } from '../report/format.js';
import { printResult } from './output.js';
import { withSession } from './session.js';
import { together } from './together.js';

/** Corrections are asked for as in training; how many there are and what is learnt from them has no place here. */
const { mode, shown, revision, phrases, systemPrompt, maxCompletionLength: secondLength } = LAYER2_OPTIONS;
const SECOND_TURN = {
  mode,
  shown,
  revision,
  phrases,
  systemPrompt,
  maxCompletionLength: secondLength,
} as const satisfies OptionTable;

const OWN = {
  run: {
    section: 'model',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Folder of a run: its result, held-out problems, phrases, lengths and temperature, where no flag says otherwise.',
  },
  ...DEVICE_OPTIONS,
  ...MODEL_OPTIONS,
  ...CRITIC_OPTIONS,
  ...DATA_OPTIONS,
  split: {
    section: 'data',
    type: 'choice',
    choices: SPLITS,
    default: 'test',
    doc: 'Problems of a generated task: test, which a finished model is measured on once; tuning, to choose settings by; or train.',
  },
  turns: {
    section: 'evaluation',
    type: 'integer',
    min: 1,
    default: 2,
    doc: 'Turns: each after the first gets the answer before and a guiding phrase (acc_t2, acc_t3, ... and what changes); 1: answers only.',
  },
  temperature: { section: 'evaluation', type: 'number', min: 0, default: 0, doc: 'Sampling temperature; 0: greedy.' },
  numSamples: {
    section: 'evaluation',
    type: 'integer',
    min: 1,
    max: 65_536,
    default: 1,
    doc: 'k of pass@k and maj@k: answers per problem. Give a temperature above 0 with more than 1.',
  },
  maxCompletionLength: LENGTH_OPTION,
  seed: { ...GRPO_OPTIONS.seed, doc: 'Seed of sampling, of the phrases drawn, and of generated problems.' },
} as const satisfies OptionTable;

export const evalSpec: CommandSpec = {
  name: 'eval',
  summary: 'measure a model on problems with known answers: answers and corrections',
  usage: `mgrpo eval: accuracy of answers and corrections of one model, each with its 95 % interval

  mgrpo eval --model M [--adapter A] --dataset F.jsonl [--limit N] [options]
  mgrpo eval --model M --task ${TASK_NAMES.join('|')} [options]
  mgrpo eval --run RUN [options]

The last line on stdout is one object of metrics, each {"value","ci95":[lo,hi],"n"}: acc_t1, acc_t2, delta_t1_t2, delta_i_to_c,
delta_c_to_i, answer_change_rate, pass@k, maj@k, reward, and acc_t1_lenient, acc_t2_lenient, which also take unmarked numbers.
With --turns 3 also acc_t3, delta_t2_t3, delta_t1_t3, delta_i_to_c_t3, delta_c_to_i_t3, answer_change_rate_t3, and so on.`,
  own: OWN,
  tables: { layer2: SECOND_TURN, verifier: REWARD_VERIFIER_OPTIONS },
};

/** `mgrpo eval` */
export async function evalCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const flags = readFlags(evalSpec, argv, problems);
  if (flags === null) return null;
  const given = await withRun(flags, problems);
  const settings = ownSettings(evalSpec, OWN, given, problems);
  const verifier = verifierOf(given, problems);
  const model = modelOf(settings, problems);
  checkData(settings, problems);
  const second = { ...valuesOf(given, SECOND_TURN, 'layer2'), enabled: settings.turns > 1 };
  const { layer2 } = completeMGRPO({ layer2: second }, problems);
  if (settings.critic !== null && settings.turns === 1)
    problems.push('--critic has no effect with --turns 1, which corrects nothing; leave it out, or ask for more turns');
  refuse('eval', problems);
  const [files, adapter, rows] = await together(
    () => openModel(model),
    () => openAdapter(settings.adapter),
    () => readRows({ settings, split: settings.split, limit: settings.limit, seed: settings.seed }),
  );
  const text = await textOf(files);
  const maxCompletionLength = settings.maxCompletionLength ?? fittingLength(text, rows, layer2);
  checkLengths(text, { maxContextLength: null, maxCompletionLength, layer2 }, rows);
  return () =>
    withSession(settings, 'stopping: an evaluation that is not finished has no result', async ({ device, progress, signal }) => {
      const policy = await openPolicy(device, files, {
        train: 'none',
        adapter,
        tokenizer: text.tokenizer,
        ...heldAs(settings),
        name: model,
      });
      const critic = await openCritic(device, settings);
      const rewards = await openRewards(null, null, { maxCompletionLength, verifier }, rows);
      progress.line(`evaluating on ${rows.length} problems`);
      const { metrics } = await evaluate(policy, rows, {
        layer2,
        ...(critic && { critic }),
        ...(settings.turns > 1 && { turns: settings.turns }),
        temperature: settings.temperature,
        maxCompletionLength,
        numGenerations: settings.numSamples,
        rewardFuncs: rewards,
        seed: settings.seed,
        signal,
        onProgress: progress.completing,
      });
      if (settings.turns > 2) progress.line(`\n${turnTable(metrics)}`);
      progress.line(`\n${metricTable(metrics)}\n`);
      await printResult(metrics, true);
      return 0;
    });
}

/** Flags win over what `--run` says; data that a flag names, over both kinds of data of the run. */
async function withRun(flags: GivenValues, problems: string[]): Promise<GivenValues> {
  const run = flags.get('run');
  if (typeof run !== 'string') return flags;
  // Without the run nobody knows what else is missing.
  refuse('eval', problems);
  const kept = await settingsOfRun(evalSpec, run, problems);
  if (flags.has('dataset') || flags.has('task')) for (const name of ['dataset', 'task']) kept.delete(name);
  return new Map([...kept, ...flags]);
}

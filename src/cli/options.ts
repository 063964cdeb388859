// Options that several commands share, in the form of the tables of src/config/.
import { POLICY_OPTIONS, REWARDS, TASKS, TASK_NAMES, TRACKERS } from '../index.js';
import type { OptionSpec } from '../options/table.js';

/** Most tokens of a completion, for commands that can do with fewer than the default where the context is short. */
export const LENGTH_OPTION = {
  section: 'sampling',
  type: 'integer',
  min: 1,
  nullable: true,
  default: null,
  doc: "Most tokens of one completion; none: 512, or what the model's context leaves.",
} as const;

const MODEL = {
  model: {
    section: 'model',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Folder in Hugging Face layout, or owner/name on the hub, which is downloaded into its cache (HF_TOKEN for gated ones).',
  },
  revision: {
    section: 'model',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Branch, tag or commit of a model on the hub; the same as owner/name@REVISION.',
  },
  adapter: {
    section: 'model',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'LoRA adapter in PEFT layout: a folder, or owner/name on the hub. With train: the adapter to go on from.',
  },
} as const;

/** Which model, and how it is held. */
export const MODEL_OPTIONS: typeof MODEL & Pick<typeof POLICY_OPTIONS, 'dtype' | 'kvCacheDtype'> = {
  ...MODEL,
  dtype: POLICY_OPTIONS.dtype,
  kvCacheDtype: POLICY_OPTIONS.kvCacheDtype,
};

/** Who writes on answers before they are corrected. */
export const CRITIC_OPTIONS = {
  critic: {
    section: 'model',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'A second model with the tokenizer of --model, a folder or owner/name, that writes on each answer before it is corrected (after MedCritical). It is never trained; its tokens count.',
  },
} as const;

/** The row of `--task`: its names and their meaning are those of the registry. */
interface TaskOption extends OptionSpec {
  readonly type: 'choice';
  readonly nullable: true;
  readonly default: null;
  readonly choices: readonly string[];
}
const TASK: TaskOption = {
  section: 'data',
  type: 'choice',
  nullable: true,
  choices: TASK_NAMES,
  default: null,
  doc: `Generated problems instead of a file: ${TASKS.map(({ name, doc }) => `${name} (${doc})`).join(', ')}.`,
};

const DATA = {
  dataset: {
    section: 'data',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'A file or its address (JSON lines, JSON, CSV, TSV, parquet; with .gz too), or owner/name[:config[:split]] of the hub. Columns: question or problem, and answer or solution (GSM8K, SVAMP, MATH), numbers and target (Countdown), prompt and answer (TRL), messages.',
  },
  column: {
    section: 'data',
    type: 'strings',
    nullable: true,
    default: null,
    doc: 'NAME=COLUMN: another name for a column of the data, for example question=problem.',
  },
  taskSize: {
    section: 'data',
    type: 'choice',
    choices: ['small', 'medium', 'large'],
    default: 'medium',
    doc: 'How large the numbers of a generated task get.',
  },
  systemPrompt: {
    section: 'data',
    type: 'string',
    nullable: true,
    default: 'default',
    doc: 'System message before questions that bring none; default: the one of the paper (think first, inside <think></think>); none: no message.',
  },
  limit: {
    section: 'data',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Most problems; none: the whole file, 1024 generated ones.',
  },
} as const;

/** Where problems come from. */
export const DATA_OPTIONS: typeof DATA & { readonly task: TaskOption } = { task: TASK, ...DATA };

/** Held-out problems of a file. */
export const EVAL_DATA_OPTIONS = {
  evalDataset: {
    section: 'data',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Data to evaluate on before and after the training, named as --dataset; of the hub the split test. A generated task brings held-out problems.',
  },
} as const;

/** Names of something; none: what the row says. */
interface NamesOption extends OptionSpec {
  readonly type: 'strings';
  readonly nullable: true;
  readonly default: null;
}

/** What scores completions. */
export const REWARD_OPTIONS: { readonly reward: NamesOption; readonly rewardModule: NamesOption } = {
  reward: {
    section: 'reward',
    type: 'strings',
    nullable: true,
    default: null,
    doc:
      `Reward functions, the verifier first: ${REWARDS.map(({ name, doc }) => `${name} (${doc})`).join(', ')}. ` +
      'None: countdown for Countdown problems, else accuracy; with --reward-module only the module’s.',
  },
  rewardModule: {
    section: 'reward',
    type: 'strings',
    nullable: true,
    default: null,
    doc: 'JavaScript modules whose default export is a reward function, or an object of them by name; they follow those of --reward.',
  },
};

export const RUN_OPTIONS = {
  outputDir: {
    section: 'run',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Folder of the run: settings, metrics, completions, checkpoints, the result, report.html. None: runs/<time>-<algorithm>-<model>.',
  },
  overwrite: { section: 'run', type: 'boolean', default: false, doc: 'Replace the run that is in the output folder.' },
} as const;

/** Whom a training reports to beside its folder's own logs. */
export const TRACKER_OPTIONS: { readonly reportTo: NamesOption } = {
  reportTo: {
    section: 'run',
    type: 'strings',
    nullable: true,
    default: null,
    doc: `Files for other programs in the run's folder: ${TRACKERS.join(', ')} (metrics.csv, which trackio.import_csv takes too); none: metrics.jsonl alone.`,
  },
};

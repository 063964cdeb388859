/**
 * The settings of training, written once: the tables below hold name, type, range, default, meaning and source of every option, the
 * TypeScript types are derived from them, and so are the command line's flags and its help.
 *
 * Names are TRL's in camelCase. Defaults are TRL 1.16's, except where the MGRPO paper prints a value or where an option is ours; those
 * are marked "Departure" or "Ours" and listed in docs/paper-map.md.
 */
import { MgrpoError, show } from './errors.js';

/** Description of one option: what the tables hold. */
export interface OptionSpec {
  /** `choice`: one of `choices`; `integer`, `number`, `boolean`, `string`; `numbers`, `strings`: lists. */
  readonly type: 'choice' | 'integer' | 'number' | 'boolean' | 'string' | 'numbers' | 'strings';
  readonly default: string | number | boolean | null | readonly (string | number)[];
  /** Meaning, unit and source, in one or two sentences. */
  readonly doc: string;
  /** Heading in the help text. */
  readonly section: string;
  readonly choices?: readonly string[];
  /** Words that stand for a value of a list type, such as `paper` for the paper's phrases. */
  readonly keywords?: readonly string[];
  /** Whether null is a value. */
  readonly nullable?: true;
  /** Inclusive bounds; `above` and `below` are exclusive. */
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

/** The options that GRPO and MGRPO share. */
export const GRPO_OPTIONS = {
  lossType: {
    section: 'objective',
    type: 'choice',
    choices: ['grpo', 'bnpo', 'dr_grpo', 'dapo', 'cispo', 'sapo', 'luspo', 'vespo'],
    default: 'grpo',
    doc: 'Per-token surrogate and its normaliser. Departure from TRL (dapo): Eq. 4 of the paper is a mean over answers of the mean over tokens.',
  },
  importanceSamplingLevel: {
    section: 'objective',
    type: 'choice',
    choices: ['token', 'sequence'],
    default: 'token',
    doc: 'Ratio per token, or one per sequence from the mean log-ratio (GSPO).',
  },
  epsilon: {
    section: 'objective',
    type: 'number',
    above: 0,
    below: 1,
    default: 0.2,
    doc: 'Lower clip: the ratio is clamped at 1 - epsilon. The paper does not say; 0.2 is ours and TRL’s.',
  },
  epsilonHigh: {
    section: 'objective',
    type: 'number',
    nullable: true,
    above: 0,
    default: null,
    doc: 'Upper clip at 1 + epsilonHigh; null: as epsilon (DAPO uses 0.28). With cispo it is an absolute cap of the ratio (for example 5) and required.',
  },
  delta: {
    section: 'objective',
    type: 'number',
    nullable: true,
    above: 0,
    default: null,
    doc: 'Cap of the ratio in the unclipped term (two-sided clipping of INTELLECT-2); null: none. Should exceed 1 + epsilonHigh.',
  },
  beta: {
    section: 'objective',
    type: 'number',
    min: 0,
    default: 0.001,
    doc: 'Weight of the KL term (k3, Eq. 3); 0 loads no reference. Departure from TRL (0): printed in the paper.',
  },
  useBiasCorrectionKl: {
    section: 'objective',
    type: 'boolean',
    default: false,
    doc: 'Multiply k3 by the importance ratio, with its gradient (DeepSeek-V3.2). Departure from TRL 1.10+ (true): Eq. 3 has no ratio.',
  },
  topEntropyQuantile: {
    section: 'objective',
    type: 'number',
    above: 0,
    max: 1,
    default: 1,
    doc: 'Only the tokens in the top share of entropy carry the policy term (0.2 in "Beyond the 80/20 Rule"); 1: all. The KL term stays on all.',
  },
  offPolicyMaskThreshold: {
    section: 'objective',
    type: 'number',
    nullable: true,
    above: 0,
    default: null,
    doc: 'Drop the policy term of a sequence with negative advantage whose mean(old - new log-prob) exceeds this (DeepSeek-V3.2, Eq. 9); null: keep all.',
  },
  entropyCoef: {
    section: 'objective',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'Weight of the mean token entropy that is subtracted from the loss.',
  },
  sapoTemperaturePos: {
    section: 'objective',
    type: 'number',
    above: 0,
    default: 1,
    doc: 'SAPO: slope of the soft gate where the advantage is positive.',
  },
  sapoTemperatureNeg: {
    section: 'objective',
    type: 'number',
    above: 0,
    default: 1.05,
    doc: 'SAPO: slope of the soft gate elsewhere.',
  },
  vespoKPos: {
    section: 'objective',
    type: 'number',
    min: 0,
    default: 2,
    doc: 'VESPO: exponent k where the advantage is not negative.',
  },
  vespoLambdaPos: {
    section: 'objective',
    type: 'number',
    min: 0,
    default: 3,
    doc: 'VESPO: decay lambda where the advantage is not negative.',
  },
  vespoKNeg: {
    section: 'objective',
    type: 'number',
    min: 0,
    default: 3,
    doc: 'VESPO: exponent k where the advantage is negative.',
  },
  vespoLambdaNeg: {
    section: 'objective',
    type: 'number',
    min: 0,
    default: 2,
    doc: 'VESPO: decay lambda where the advantage is negative.',
  },
  maskTruncatedCompletions: {
    section: 'objective',
    type: 'boolean',
    default: false,
    doc: 'Leave answers that were cut at maxCompletionLength out of the loss (they count as 0 in a mean over sequences).',
  },

  scaleRewards: {
    section: 'reward',
    type: 'choice',
    choices: ['none', 'group', 'batch'],
    default: 'none',
    doc: 'Division of the advantage by a standard deviation: none, of its group, or of the whole batch. Departure from TRL (group): section 3.1 only subtracts the group mean.',
  },
  multiObjectiveAggregation: {
    section: 'reward',
    type: 'choice',
    choices: ['sum_then_normalize', 'normalize_then_sum'],
    default: 'sum_then_normalize',
    doc: 'Sum the weighted rewards, then take the advantage; or z-score each function per group, sum, z-score over the batch (GDPO; scaleRewards has no effect then).',
  },
  rewardWeights: {
    section: 'reward',
    type: 'numbers',
    nullable: true,
    default: null,
    doc: 'One weight per reward function; null: 1 each.',
  },
  filterZeroVariance: {
    section: 'reward',
    type: 'boolean',
    default: false,
    doc: 'Leave groups whose advantages are all zero out of the update (and out of its mean): they carry no policy gradient, only their KL term. Ours.',
  },
  dynamicSampling: {
    section: 'reward',
    type: 'boolean',
    default: false,
    doc: 'DAPO: replace groups whose advantages are all zero by newly sampled questions (implies filterZeroVariance).',
  },
  maxResampleRounds: {
    section: 'reward',
    type: 'integer',
    min: 1,
    default: 3,
    doc: 'Most rounds of new questions per step under dynamicSampling; what is still missing then is left out, and counted. Ours.',
  },

  numGenerations: {
    section: 'sampling',
    type: 'integer',
    min: 2,
    default: 8,
    doc: 'G: answers per question in layer 1, the group of the baseline.',
  },
  numGenerationsEval: {
    section: 'sampling',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Answers per question in evaluation; null: as numGenerations.',
  },
  maxCompletionLength: { section: 'sampling', type: 'integer', min: 1, default: 512, doc: 'Most tokens of one completion.' },
  maxContextLength: {
    section: 'sampling',
    type: 'integer',
    nullable: true,
    min: 2,
    default: null,
    doc: 'Most tokens of prompt and completion together; null: the model’s max_position_embeddings. Ours.',
  },
  temperature: {
    section: 'sampling',
    type: 'number',
    above: 0,
    default: 0.7,
    doc: 'Logits are divided by it when sampling and in every log-probability. Departure from TRL (1.0): printed in the paper.',
  },
  topP: {
    section: 'sampling',
    type: 'number',
    above: 0,
    max: 1,
    default: 1,
    doc: 'Nucleus: keep the most probable tokens whose mass reaches this share.',
  },
  topK: { section: 'sampling', type: 'integer', min: 0, default: 0, doc: 'Keep the k most probable tokens; 0: all.' },
  minP: {
    section: 'sampling',
    type: 'number',
    nullable: true,
    min: 0,
    max: 1,
    default: null,
    doc: 'Keep tokens at least this fraction as probable as the most probable one; null: all.',
  },
  repetitionPenalty: {
    section: 'sampling',
    type: 'number',
    above: 0,
    default: 1,
    doc: 'Divide positive and multiply negative logits of tokens seen before; 1: none.',
  },

  perDeviceTrainBatchSize: { section: 'batch', type: 'integer', min: 1, default: 8, doc: 'Completions per micro-batch.' },
  gradientAccumulationSteps: {
    section: 'batch',
    type: 'integer',
    min: 1,
    default: 4,
    doc: 'Micro-batches per optimiser step. Departure from TRL (1): the paper’s batch is 32, which we read as completions, 4 x 8.',
  },
  stepsPerGeneration: {
    section: 'batch',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Micro-batches that one sampling round feeds; null: gradientAccumulationSteps. Must be a multiple of it.',
  },
  generationBatchSize: {
    section: 'batch',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Completions per sampling round, perDeviceTrainBatchSize x stepsPerGeneration; set this or stepsPerGeneration.',
  },
  numIterations: {
    section: 'batch',
    type: 'integer',
    min: 1,
    default: 1,
    doc: 'Passes over the completions of one sampling round (mu).',
  },

  learningRate: {
    section: 'optimiser',
    type: 'number',
    above: 0,
    default: 5e-7,
    doc: 'Peak learning rate. Departure from TRL (1e-6): printed in the paper, for a 7B model; small models and LoRA want 1e-5 to 1e-4.',
  },
  lrSchedulerType: {
    section: 'optimiser',
    type: 'choice',
    choices: ['constant', 'constant_with_warmup', 'linear', 'cosine'],
    default: 'cosine',
    doc: 'Course of the learning rate over maxSteps. Departure from TRL (linear): printed in the paper. constant ignores warmupRatio.',
  },
  warmupRatio: {
    section: 'optimiser',
    type: 'number',
    min: 0,
    below: 1,
    default: 0.03,
    doc: 'Share of the steps with a linearly rising rate, rounded up. Departure from TRL (0): printed in the paper.',
  },
  maxSteps: {
    section: 'optimiser',
    type: 'integer',
    min: -1,
    default: -1,
    doc: 'Optimiser steps of layer 1 (those of layer 2 come on top); -1: by numTrainEpochs.',
  },
  numTrainEpochs: {
    section: 'optimiser',
    type: 'number',
    above: 0,
    default: 3,
    doc: 'Passes over the questions where maxSteps is -1.',
  },
  weightDecay: {
    section: 'optimiser',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'AdamW’s decay, on matrices only (no norms, no biases).',
  },
  adamBeta1: { section: 'optimiser', type: 'number', min: 0, below: 1, default: 0.9, doc: 'AdamW: decay of the first moment.' },
  adamBeta2: {
    section: 'optimiser',
    type: 'number',
    min: 0,
    below: 1,
    default: 0.999,
    doc: 'AdamW: decay of the second moment.',
  },
  adamEpsilon: {
    section: 'optimiser',
    type: 'number',
    above: 0,
    default: 1e-8,
    doc: 'AdamW: added to the root of the second moment.',
  },
  maxGradNorm: {
    section: 'optimiser',
    type: 'number',
    min: 0,
    default: 1,
    doc: 'Clip the global gradient norm at this value; 0: never.',
  },

  loraR: {
    section: 'model',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Rank of the LoRA adapter; null: train all weights.',
  },
  loraAlpha: {
    section: 'model',
    type: 'number',
    above: 0,
    default: 8,
    doc: 'LoRA scale: alpha / r, or alpha / sqrt(r) with useRslora (PEFT’s default).',
  },
  useRslora: { section: 'model', type: 'boolean', default: false, doc: 'Rank-stabilised LoRA: scale alpha / sqrt(r).' },
  loraDropout: {
    section: 'model',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'Must be 0: with dropout the log-probs of sampling and of training would differ.',
  },
  targetModules: {
    section: 'model',
    type: 'strings',
    keywords: ['all-linear'],
    default: 'all-linear',
    doc: 'Names of the linear layers that carry adapters (q_proj, k_proj, ...), or all-linear: all but the head.',
  },
  reference: {
    section: 'model',
    type: 'choice',
    choices: ['auto', 'adapter_off', 'frozen_copy'],
    default: 'auto',
    doc: 'Where the reference of the KL term comes from: the base model with a new adapter off, or a frozen copy of what training starts from; auto: adapter_off for a new adapter, else frozen_copy.',
  },
  gradientCheckpointing: {
    section: 'model',
    type: 'boolean',
    default: true,
    doc: 'Keep only each layer’s input for the backward pass and recompute the rest.',
  },

  seed: {
    section: 'run',
    type: 'integer',
    min: 0,
    max: 4294967295,
    default: 42,
    doc: 'Seed of every draw: sampling, shuffling, phrases, initial adapters.',
  },
  shuffleDataset: { section: 'run', type: 'boolean', default: true, doc: 'Visit the questions in a new order in each epoch.' },
  loggingSteps: {
    section: 'run',
    type: 'integer',
    min: 1,
    default: 10,
    doc: 'Steps between two lines of metrics (means over the steps between).',
  },
  saveSteps: {
    section: 'run',
    type: 'integer',
    nullable: true,
    min: 1,
    default: 500,
    doc: 'Steps between checkpoints; null: only at the end.',
  },
  evalSteps: {
    section: 'run',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Steps between evaluations; null: none while training.',
  },
  evalTemperature: {
    section: 'run',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'Sampling temperature of the evaluations; 0: greedy. Ours.',
  },
  logCompletions: {
    section: 'run',
    type: 'boolean',
    default: false,
    doc: 'Also print some prompts and completions every loggingSteps.',
  },
} as const;

/** The options of MGRPO's second layer (section 3.2 of the paper); in files under the key `layer2`. */
export const LAYER2_OPTIONS = {
  enabled: {
    section: 'layer 2',
    type: 'boolean',
    default: true,
    doc: 'Whether there is a second layer; without it MGRPO is GRPO.',
  },
  mode: {
    section: 'layer 2',
    type: 'choice',
    choices: ['eq5', 'open_think'],
    default: 'eq5',
    doc: 'eq5: the phrase follows the complete answer (Eq. 5). open_think: the answer is cut before </think> and the phrase continues the open thought (Table 3).',
  },
  phrases: {
    section: 'layer 2',
    type: 'strings',
    keywords: ['paper', 'neutral'],
    default: 'paper',
    doc: 'Guiding phrases, one drawn per query: the paper’s seven, which imply doubt; neutral ones, which do not; or a list of your own.',
  },
  systemPrompt: {
    section: 'layer 2',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'System prompt of layer 2 in mode eq5; null: that of layer 1, whose keys and values can then be reused; the word default: LAYER2_SYSTEM_PROMPT of src/text/prompts. The paper’s text is not printed.',
  },
  numGenerations: {
    section: 'layer 2',
    type: 'integer',
    min: 1,
    default: 4,
    doc: 'H: corrections sampled per query. The paper does not say; 4 is ours. Baseline query needs at least 2.',
  },
  answersPerQuery: {
    section: 'layer 2',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'K: how many of a question’s G answers go to layer 2; null: all (the paper).',
  },
  answerChoice: {
    section: 'layer 2',
    type: 'choice',
    choices: ['first', 'random', 'balanced'],
    default: 'random',
    doc: 'Which K: the first ones, any, or right and wrong ones in equal numbers as far as they go. Without effect where all go. Ours.',
  },
  truncatedAnswers: {
    section: 'layer 2',
    type: 'choice',
    choices: ['keep', 'skip'],
    default: 'keep',
    doc: 'What becomes of answers cut at maxCompletionLength: a query like any other (the paper takes every answer), or none (counted). Ours.',
  },
  selection: {
    section: 'layer 2',
    type: 'choice',
    choices: ['paper', 'none'],
    default: 'paper',
    doc: 'paper: discard a query whose answer and all H corrections are wrong (dynamic verification). none: keep every query.',
  },
  correctThreshold: {
    section: 'layer 2',
    type: 'number',
    default: 0.5,
    doc: 'An answer counts as right where the first reward function, the verifier, gives more than this; one it did not score counts as wrong. Ours.',
  },
  baseline: {
    section: 'layer 2',
    type: 'choice',
    choices: ['query', 'question'],
    default: 'query',
    doc: 'The mean that a correction’s reward is compared with: of the H corrections of its query, or of all kept corrections of its question.',
  },
  normalizer: {
    section: 'layer 2',
    type: 'choice',
    choices: ['mean', 'paper'],
    default: 'mean',
    doc: 'Divisor of Eq. 6 per question: paper: H, as printed; mean: H times the number of kept queries. Departure: mean is ours.',
  },
  schedule: {
    section: 'layer 2',
    type: 'choice',
    choices: ['successive', 'joint'],
    default: 'successive',
    doc: 'successive: update on layer 1, then sample, score and update on layer 2. joint: both layers are sampled from one policy and share one update.',
  },
  correctionBonus: {
    section: 'layer 2',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'alpha of a bonus alpha (R(correction) - R(answer)) as in SCoRe. With baseline query it only multiplies the advantages by 1 + alpha; it acts with baseline question. Ours.',
  },
  degradationPenalty: {
    section: 'layer 2',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'Subtracted from the reward of a wrong correction of a right answer. With baseline query it only stretches the advantages of right answers’ queries. Ours.',
  },
  temperature: {
    section: 'layer 2',
    type: 'number',
    nullable: true,
    above: 0,
    default: null,
    doc: 'Sampling temperature of layer 2; null: as temperature.',
  },
  maxCompletionLength: {
    section: 'layer 2',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Most tokens of one correction; null: as maxCompletionLength.',
  },
} as const;

type ValueOf<S> =
  | (S extends { type: 'choice'; choices: readonly (infer C)[] } ? C : never)
  | (S extends { type: 'integer' | 'number' } ? number : never)
  | (S extends { type: 'boolean' } ? boolean : never)
  | (S extends { type: 'string' } ? string : never)
  | (S extends { type: 'numbers' } ? readonly number[] : never)
  | (S extends { type: 'strings' } ? readonly string[] : never)
  | (S extends { keywords: readonly (infer K)[] } ? K : never)
  | (S extends { nullable: true } ? null : never);

/** A table of options by name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;
/** The resolved values of a table of options: every field is present and lies in its range. */
export type Settings<T extends OptionTable> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** Settings of GRPO, resolved; see {@link GRPO_OPTIONS} for the meaning of each. */
export type GRPOConfig = Settings<typeof GRPO_OPTIONS>;
/** Settings of MGRPO's second layer, resolved; see {@link LAYER2_OPTIONS}. */
export type Layer2Config = Settings<typeof LAYER2_OPTIONS>;
/** Settings of MGRPO, resolved. */
export interface MGRPOConfig extends GRPOConfig {
  readonly layer2: Layer2Config;
}
/** What a user gives for GRPO: any part of it. */
export type GRPOConfigInput = Partial<GRPOConfig>;
/** What a user gives for MGRPO: any part of it. */
export type MGRPOConfigInput = Partial<GRPOConfig> & { readonly layer2?: Partial<Layer2Config> };

/** One option as the command line sees it. */
export interface Option {
  /** Path in a config object: `epsilon` or `layer2.mode`. */
  readonly name: string;
  /** Flag without the dashes: `max-completion-length`, `layer2-mode`. */
  readonly flag: string;
  readonly spec: OptionSpec;
}

/** The options of a table with their flags; `prefix` is the key under which the table lies in a config object. */
export function listOptions(table: OptionTable, prefix = ''): Option[] {
  return Object.entries(table).map(([key, spec]) => {
    const name = prefix ? `${prefix}.${key}` : key;
    return { name, flag: name.replace('.', '-').replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`), spec };
  });
}

/** Every option of MGRPO, layer 2 last; those of GRPO are the ones without a dot in the name. */
export const options: readonly Option[] = [...listOptions(GRPO_OPTIONS), ...listOptions(LAYER2_OPTIONS, 'layer2')];

/**
 * Reads the text of a flag as the option's type (`null` or `none` where null is allowed; lists are comma-separated or JSON).
 * Ranges are checked later, with all other settings.
 * @throws MgrpoError `invalid_argument` if the text is no value of the type.
 */
export function parseOption(option: Option, text: string): unknown {
  const { spec } = option;
  const trimmed = text.trim();
  if (spec.nullable && (trimmed === 'null' || trimmed === 'none')) return null;
  if (spec.type === 'string' || spec.type === 'choice') return text;
  if (spec.keywords?.includes(trimmed)) return trimmed;
  const fail = (): never => {
    throw new MgrpoError('invalid_argument', `--${option.flag}: expected ${describe(spec)}, got ${show(text)}; see --help`);
  };
  if (spec.type === 'boolean') return trimmed === 'true' ? true : trimmed === 'false' ? false : fail();
  if (spec.type === 'integer' || spec.type === 'number')
    return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : fail();
  if (trimmed.startsWith('[')) {
    try {
      return JSON.parse(trimmed) as unknown;
    } catch {
      return fail();
    }
  }
  const parts = trimmed.split(',').map((part) => part.trim());
  return spec.type === 'strings'
    ? parts
    : parts.map((part) => (part !== '' && Number.isFinite(Number(part)) ? Number(part) : fail()));
}

/** What values an option takes, in words: `an integer >= 1 or null`. */
export function describe(spec: OptionSpec): string {
  const bounds = [
    spec.min === undefined ? '' : `>= ${spec.min}`,
    spec.above === undefined ? '' : `> ${spec.above}`,
    spec.max === undefined ? '' : `<= ${spec.max}`,
    spec.below === undefined ? '' : `< ${spec.below}`,
  ].filter(Boolean);
  const noun = {
    choice: `one of ${(spec.choices ?? []).join(', ')}`,
    integer: 'an integer',
    number: 'a number',
    boolean: 'true or false',
    string: 'a text',
    numbers: 'a list of numbers',
    strings: 'a list of texts',
  }[spec.type];
  const words = bounds.length > 0 ? `${noun} ${bounds.join(' and ')}` : noun;
  return [words, ...(spec.keywords ?? []), ...(spec.nullable ? ['null'] : [])].join(' or ');
}

/** Whether `value` has the type and lies in the range of `spec`. */
function accepts(spec: OptionSpec, value: unknown): boolean {
  if (value === null) return spec.nullable === true;
  if (typeof value === 'string' && spec.keywords?.includes(value)) return true;
  const inRange = (x: unknown): boolean =>
    typeof x === 'number' &&
    Number.isFinite(x) &&
    (spec.min === undefined || x >= spec.min) &&
    (spec.above === undefined || x > spec.above) &&
    (spec.max === undefined || x <= spec.max) &&
    (spec.below === undefined || x < spec.below);
  switch (spec.type) {
    case 'choice':
      return typeof value === 'string' && spec.choices?.includes(value) === true;
    case 'integer':
      return Number.isSafeInteger(value) && inRange(value);
    case 'number':
      return inRange(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string';
    case 'numbers':
      return Array.isArray(value) && value.length > 0 && value.every(inRange);
    case 'strings':
      return Array.isArray(value) && value.length > 0 && value.every((x) => typeof x === 'string' && x !== '');
  }
}

/** Edit distance, for naming the nearest known option. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The known name nearest to `name`, comparing without case, dashes and underscores; used wherever a name is refused. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (s: string): string => s.replace(/[-_.]/g, '').toLowerCase();
  const ranked = known.map((k) => ({ k, d: distance(plain(name), plain(k)) })).sort((x, y) => x.d - y.d);
  return ranked[0]?.k;
}

/**
 * Fills the defaults of a table and checks each value by itself; every problem is appended to `problems` (the value is then the default,
 * so that later checks can go on). `prefix` is put before the names in messages.
 */
export function fillOptions<T extends OptionTable>(table: T, input: unknown, problems: string[], prefix = ''): Settings<T> {
  const given: Record<string, unknown> = {};
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) Object.assign(given, input);
  else if (input !== undefined)
    problems.push(`expected an object of settings${prefix ? ` for ${prefix}` : ''}, got ${show(input)}`);
  const path = prefix ? `${prefix}.` : '';
  const known = Object.keys(table);
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(table, key))
      problems.push(`unknown option ${path}${key}; the nearest known one is ${path}${nearest(key, known) ?? '(none)'}`);
  }
  const out: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(table)) {
    const value = given[key];
    if (value !== undefined && !accepts(spec, value)) {
      problems.push(`expected ${describe(spec)} for ${path}${key}, got ${show(value)}`);
    }
    out[key] = value !== undefined && accepts(spec, value) ? value : spec.default;
  }
  return out as Settings<T>;
}

/** Raises one error that lists all problems; does nothing if there is none. */
export function reportProblems(where: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const list =
    problems.length === 1 ? problems[0]! : `${problems.length} problems\n${problems.map((p) => `  - ${p}`).join('\n')}`;
  throw new MgrpoError('invalid_argument', `${where}: ${list}`);
}

/**
 * Completes and checks the settings of GRPO.
 * @throws MgrpoError `invalid_argument` that lists every problem at once: unknown names with the nearest known one, values out of range,
 * settings that contradict each other, batch sizes that do not divide (with the numbers that would fit).
 */
export function resolveGRPOConfig(input: GRPOConfigInput = {}): GRPOConfig {
  const problems: string[] = [];
  const config = completeGRPO(input, problems);
  reportProblems('GRPOConfig', problems);
  return config;
}

/**
 * Completes and checks the settings of MGRPO, those of layer 2 included; an unresolved null of layer 2 keeps its meaning "as layer 1".
 * @throws as {@link resolveGRPOConfig}
 */
export function resolveMGRPOConfig(input: MGRPOConfigInput = {}): MGRPOConfig {
  const problems: string[] = [];
  const { layer2: layer2Input, ...rest } = input;
  const layer2 = fillOptions(LAYER2_OPTIONS, layer2Input, problems, 'layer2');
  const config: MGRPOConfig = { ...completeGRPO(rest, problems), layer2 };
  checkLayer2(config, problems);
  reportProblems('MGRPOConfig', problems);
  return config;
}

function completeGRPO(input: unknown, problems: string[]): GRPOConfig {
  const filled = fillOptions(GRPO_OPTIONS, input, problems);
  // An explicit generationBatchSize decides how many micro-batches a sampling round feeds.
  const fromSize = filled.generationBatchSize === null ? null : filled.generationBatchSize / filled.perDeviceTrainBatchSize;
  const stepsPerGeneration = filled.stepsPerGeneration ?? fromSize ?? filled.gradientAccumulationSteps;
  const config: GRPOConfig = {
    ...filled,
    filterZeroVariance: filled.filterZeroVariance || filled.dynamicSampling,
    stepsPerGeneration,
    generationBatchSize: filled.generationBatchSize ?? filled.perDeviceTrainBatchSize * stepsPerGeneration,
  };
  checkBatch(config, problems);
  checkObjective(config, problems);
  checkModel(config, problems);
  return config;
}

/** TRL's arithmetic: completions per round = perDeviceTrainBatchSize x stepsPerGeneration, a whole number of groups. */
function checkBatch(c: GRPOConfig, problems: string[]): void {
  const per = c.perDeviceTrainBatchSize;
  const size = c.generationBatchSize!;
  if (size % per !== 0) {
    problems.push(
      `generationBatchSize ${size} is not a multiple of perDeviceTrainBatchSize ${per}; ` +
        `set generationBatchSize to ${around(size, per)}, or perDeviceTrainBatchSize to one of ${divisors(size)}`,
    );
    return;
  }
  const steps = c.stepsPerGeneration!;
  if (size !== per * steps) {
    problems.push(
      `generationBatchSize ${size} contradicts stepsPerGeneration ${steps} (${per} x ${steps} = ${per * steps}); set only one of the two`,
    );
    return;
  }
  if (size % c.numGenerations !== 0) {
    const fits = divisors(size, 2);
    problems.push(
      `one sampling round has ${size} completions (perDeviceTrainBatchSize ${per} x stepsPerGeneration ${steps}), which is no whole number of groups ` +
        `of numGenerations ${c.numGenerations}; ${fits === '' ? '' : `set numGenerations to one of ${fits}, or `}perDeviceTrainBatchSize to ` +
        around(per, c.numGenerations / gcd(c.numGenerations, steps)),
    );
  }
  if (steps % c.gradientAccumulationSteps !== 0) {
    problems.push(
      `stepsPerGeneration ${steps} is not a multiple of gradientAccumulationSteps ${c.gradientAccumulationSteps}, so a sampling round would end inside an optimiser step; ` +
        `set stepsPerGeneration to ${around(steps, c.gradientAccumulationSteps)}, or gradientAccumulationSteps to one of ${divisors(steps)}`,
    );
  }
  if (c.maxSteps === 0) problems.push('expected a positive number of steps or -1 for maxSteps, got 0; -1 goes by numTrainEpochs');
}

function checkObjective(c: GRPOConfig, problems: string[]): void {
  const clips = CLIPPED_LOSSES.has(c.lossType);
  if (c.lossType === 'cispo' && c.epsilonHigh === null) {
    problems.push('lossType cispo needs epsilonHigh, there an absolute cap of the ratio; set it, for example to 5 (ScaleRL)');
  }
  if (c.epsilonHigh !== null && (c.lossType === 'sapo' || c.lossType === 'vespo')) {
    problems.push(`epsilonHigh has no effect with lossType ${c.lossType}, which does not clip; leave it null`);
  }
  if (c.delta !== null && !clips)
    problems.push(
      `delta has no effect with lossType ${c.lossType}; leave it null, or use one of ${[...CLIPPED_LOSSES].join(', ')}`,
    );
  if (c.lossType === 'vespo' && c.importanceSamplingLevel === 'sequence') {
    problems.push('lossType vespo forms its own ratio per sequence; leave importanceSamplingLevel at token');
  }
  if (c.useBiasCorrectionKl && c.beta === 0)
    problems.push('useBiasCorrectionKl has no effect without a KL term; set beta above 0, or useBiasCorrectionKl to false');
}

function checkModel(c: GRPOConfig, problems: string[]): void {
  if (c.loraDropout !== 0) {
    problems.push(
      `loraDropout ${c.loraDropout} is not supported: the log-probs of sampling and training would differ; set it to 0`,
    );
  }
  if (c.loraR === null && c.reference === 'adapter_off') {
    problems.push(
      'reference adapter_off needs an adapter, and loraR is null (all weights are trained); set loraR, or reference to frozen_copy',
    );
  }
  if (c.maxContextLength !== null && c.maxCompletionLength >= c.maxContextLength) {
    problems.push(
      `maxCompletionLength ${c.maxCompletionLength} leaves no room for a prompt in maxContextLength ${c.maxContextLength}; ` +
        `lower maxCompletionLength below ${c.maxContextLength}, or raise maxContextLength`,
    );
  }
}

function checkLayer2(c: MGRPOConfig, problems: string[]): void {
  const l = c.layer2;
  if (!l.enabled) return;
  if (l.baseline === 'query' && l.numGenerations < 2) {
    problems.push(
      'layer2.baseline query compares the H corrections of one query, and layer2.numGenerations is 1; set it to at least 2, or layer2.baseline to question',
    );
  }
  if (l.baseline === 'question' && l.numGenerations * (l.answersPerQuery ?? c.numGenerations) < 2) {
    problems.push(
      'layer 2 has one correction per question, so its baseline is its own reward; raise layer2.numGenerations or layer2.answersPerQuery',
    );
  }
  if (l.answersPerQuery !== null && l.answersPerQuery > c.numGenerations) {
    problems.push(
      `layer2.answersPerQuery ${l.answersPerQuery} exceeds numGenerations ${c.numGenerations}, the answers there are; set it to at most ${c.numGenerations}, or null for all`,
    );
  }
  if (l.systemPrompt !== null && l.mode === 'open_think') {
    problems.push(
      'layer2.systemPrompt has no place in mode open_think, which continues the layer-1 sequence; leave it null, or set layer2.mode to eq5',
    );
  }
  if (l.schedule === 'joint' && c.stepsPerGeneration !== c.gradientAccumulationSteps) {
    problems.push(
      `layer2.schedule joint makes one update of both layers, so a sampling round must feed exactly one optimiser step; ` +
        `set stepsPerGeneration (${c.stepsPerGeneration}) to gradientAccumulationSteps (${c.gradientAccumulationSteps})`,
    );
  }
}

/** The loss types that clip the ratio on both sides (PPO's surrogate). */
export const CLIPPED_LOSSES: ReadonlySet<string> = new Set(['grpo', 'bnpo', 'dr_grpo', 'dapo', 'luspo']);

/** The sizes that follow from the batch settings. */
export interface BatchPlan {
  /** Completions per sampling round. */
  readonly completions: number;
  /** Questions per sampling round, Q = completions / G. */
  readonly questions: number;
  /** Completions per optimiser step of layer 1. */
  readonly completionsPerStep: number;
  /** Optimiser steps of layer 1 per sampling round and iteration. */
  readonly stepsPerRound: number;
}

/** Derives the batch sizes from a resolved config. */
export function batchPlan(config: GRPOConfig): BatchPlan {
  const completions = config.generationBatchSize!;
  const completionsPerStep = config.perDeviceTrainBatchSize * config.gradientAccumulationSteps;
  return {
    completions,
    questions: completions / config.numGenerations,
    completionsPerStep,
    stepsPerRound: completions / completionsPerStep,
  };
}

/**
 * Checks that the longest sequences fit the context: prompt + maxCompletionLength, and for layer 2 prompt + answer + phrase + correction.
 * @param maxPositions the model's `max_position_embeddings`
 * @param longestPrompt tokens of the longest prompt; @param longestPhrase tokens of the longest guiding phrase with its separators
 * @throws MgrpoError `invalid_argument` that says which lengths would fit.
 */
export function checkContext(
  config: GRPOConfig | MGRPOConfig,
  maxPositions: number,
  longestPrompt: number,
  longestPhrase = 0,
): void {
  const problems: string[] = [];
  if (config.maxContextLength !== null && config.maxContextLength > maxPositions) {
    problems.push(
      `maxContextLength ${config.maxContextLength} exceeds the model's ${maxPositions} positions; set it to at most ${maxPositions}, or null`,
    );
  }
  const context = Math.min(config.maxContextLength ?? maxPositions, maxPositions);
  const first = config.maxCompletionLength;
  const room = context - longestPrompt;
  if (first > room) {
    const out =
      room > 0
        ? `lower maxCompletionLength to at most ${room}, or drop longer prompts`
        : `drop the prompts of ${context} tokens and more`;
    problems.push(
      `the longest prompt (${longestPrompt}) and maxCompletionLength (${first}) need ${longestPrompt + first} tokens of a context of ${context}; ${out}`,
    );
  } else if ('layer2' in config && config.layer2.enabled) {
    const second = config.layer2.maxCompletionLength ?? first;
    const need = longestPrompt + first + longestPhrase + second;
    if (need > context) {
      const both = Math.floor((room - longestPhrase) / 2);
      const rest = room - first - longestPhrase;
      const ways = [
        ...(both > 0 ? [`lower maxCompletionLength to at most ${both}`] : []),
        ...(rest > 0 ? [`lower layer2.maxCompletionLength to at most ${rest}`] : []),
      ];
      problems.push(
        `layer 2 needs ${need} tokens of a context of ${context}: prompt ${longestPrompt}, answer ${first}, phrase ${longestPhrase}, correction ${second}; ` +
          (ways.length > 0 ? ways.join(', or ') : 'shorten the prompts'),
      );
    }
  }
  reportProblems('checkContext', problems);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The multiples of `step` next to `n`, in words. */
function around(n: number, step: number): string {
  const below = Math.floor(n / step) * step;
  return below > 0 ? `${below} or ${below + step}` : `${step}`;
}

/** The divisors of `n` from `least` up, in words (at most twelve). */
function divisors(n: number, least = 1): string {
  const all = Array.from({ length: n }, (_, i) => i + 1).filter((d) => d >= least && n % d === 0);
  return all.length > 12 ? `${all.slice(0, 12).join(', ')}, ...` : all.join(', ');
}

// The options of GRPO, which MGRPO shares: each row holds type, range, default, meaning and source. Names are TRL's in camelCase. Defaults are
// TRL 1.16's, except where the MGRPO paper prints a value or where an option is ours: those say "Departure" or "Ours" and are listed in
// docs/paper-map.md.
import { show } from '../errors.js';
import { fillOptions, reportProblems, takeKey } from '../options/fill.js';
import type { Settings } from '../options/table.js';
import { checkBatch } from './batch.js';
import type { Layer2Config } from './layer2.js';
import { POLICY_OPTIONS } from './policy.js';
import { FAULT_OPTIONS } from './faults.js';
import { REWARD_CALL_OPTIONS } from './reward-calls.js';
import { SAMPLING_OPTIONS } from './sampling.js';
import { SAVING_OPTIONS, checkSaving, withBestMetric } from './saving.js';

const OWN = {
  lossType: {
    section: 'objective',
    type: 'choice',
    choices: ['grpo', 'bnpo', 'dr_grpo', 'dapo', 'cispo', 'sapo', 'luspo', 'vespo', 'topr'],
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
    max: 65_536,
    default: 8,
    doc: 'G: answers per question in layer 1, the group of the baseline.',
  },
  numGenerationsEval: {
    section: 'sampling',
    type: 'integer',
    min: 1,
    max: 65_536,
    default: 1,
    doc: 'Answers per problem in evaluation, k of pass@k and maj@k. Departure from TRL (as numGenerations): greedy answers are all the same.',
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
  maxSlots: {
    section: 'sampling',
    type: 'integer',
    min: 1,
    default: 64,
    doc: 'Samples that are decoded at a time; fewer take less memory. The samples are the same. Ours.',
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
    max: 65_536,
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

  reference: {
    section: 'model',
    type: 'choice',
    choices: ['auto', 'adapter_off', 'frozen_copy'],
    default: 'auto',
    doc: 'Where the reference of the KL term comes from: the base model with a new adapter off, or a frozen copy of what training starts from; auto: adapter_off for a new adapter, else frozen_copy.',
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
  evalTemperature: {
    section: 'run',
    type: 'number',
    min: 0,
    default: 0,
    doc: 'Sampling temperature of the evaluations; 0: greedy. Ours.',
  },
} as const;

/** The options that GRPO and MGRPO share. */
export const GRPO_OPTIONS: typeof OWN &
  typeof FAULT_OPTIONS &
  typeof REWARD_CALL_OPTIONS &
  typeof SAVING_OPTIONS &
  typeof SAMPLING_OPTIONS = {
  ...OWN,
  ...REWARD_CALL_OPTIONS,
  ...FAULT_OPTIONS,
  ...SAVING_OPTIONS,
  ...SAMPLING_OPTIONS,
};

type GRPOSettings = Settings<typeof GRPO_OPTIONS>;

/** Settings of GRPO, resolved; see {@link GRPO_OPTIONS} for the meaning of each. */
export interface GRPOConfig extends GRPOSettings {
  /** Settings of MGRPO's second layer; null: there is none. */
  readonly layer2: Layer2Config | null;
}
/** Whether a layer has a KL term, which needs a reference. */
export function hasKl({ beta, layer2 }: GRPOConfig): boolean {
  return beta > 0 || (layer2?.enabled === true && (layer2.beta ?? 0) > 0);
}

/** What a user gives for GRPO: any part of it. */
export type GRPOConfigInput = Partial<GRPOSettings> & { readonly layer2?: null };

/**
 * Completes and checks the settings of GRPO.
 * @throws MgrpoError `invalid_argument` that lists every problem at once: unknown names with the nearest known one, values out of range,
 * settings that contradict each other, batch sizes that do not divide (with the numbers that would fit).
 */
export function resolveGRPOConfig(input: GRPOConfigInput = {}): GRPOConfig {
  const problems: string[] = [];
  const [layer2, rest] = takeKey(input, 'layer2');
  if (layer2 !== null && layer2 !== undefined)
    problems.push(`expected null for layer2, got ${show(layer2)}; leave it out, or use MGRPO, which has a second layer`);
  const config: GRPOConfig = { ...withBestMetric(completeGRPO(rest, problems), 'acc_t1'), layer2: null };
  reportProblems('GRPOConfig', problems);
  return config;
}

/** Fills the defaults of GRPO's options and appends what is wrong to `problems`. */
export function completeGRPO(input: unknown, problems: string[]): GRPOSettings {
  const filled = fillOptions(GRPO_OPTIONS, input, problems, { elsewhere: ELSEWHERE });
  // An explicit generationBatchSize decides how many micro-batches a sampling round feeds.
  const fromSize = filled.generationBatchSize === null ? null : filled.generationBatchSize / filled.perDeviceTrainBatchSize;
  const stepsPerGeneration = filled.stepsPerGeneration ?? fromSize ?? filled.gradientAccumulationSteps;
  const settings: GRPOSettings = {
    ...filled,
    filterZeroVariance: filled.filterZeroVariance || filled.dynamicSampling,
    stepsPerGeneration,
    generationBatchSize: filled.generationBatchSize ?? filled.perDeviceTrainBatchSize * stepsPerGeneration,
  };
  checkBatch(settings, problems);
  checkObjective(settings, problems);
  checkLengths(settings, problems);
  checkSaving(settings, problems);
  return settings;
}

/** Names that somebody who knows TRL may give to a trainer, and where they belong. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(POLICY_OPTIONS).map((name) => [name, 'belongs to the policy, not to the trainer; give it to loadPolicy']),
  ),
  logCompletions: 'belongs to the command line; listen to the events of type completions',
  loraDropout: 'does not exist: the log-probs of sampling and training would differ; leave it out',
};

function checkObjective(c: GRPOSettings, problems: string[]): void {
  const kind: 'clipped' | 'capped' | 'gated' | 'sequence' = LOSS_KINDS[c.lossType];
  if (kind === 'capped' && c.epsilonHigh === null) {
    problems.push(
      `lossType ${c.lossType} needs epsilonHigh, there an absolute cap of the ratio; set it, for example to 5 (ScaleRL)`,
    );
  }
  if (c.epsilonHigh !== null && (kind === 'gated' || kind === 'sequence')) {
    problems.push(`epsilonHigh has no effect with lossType ${c.lossType}, which does not clip; leave it null`);
  }
  if (c.delta !== null && kind !== 'clipped') {
    const clipped = GRPO_OPTIONS.lossType.choices.filter((name) => LOSS_KINDS[name] === 'clipped');
    problems.push(`delta has no effect with lossType ${c.lossType}; leave it null, or use one of ${clipped.join(', ')}`);
  }
  if (kind === 'sequence' && c.importanceSamplingLevel === 'sequence') {
    problems.push(`lossType ${c.lossType} forms its own ratio per sequence; leave importanceSamplingLevel at token`);
  }
  if (c.useBiasCorrectionKl && c.beta === 0)
    problems.push('useBiasCorrectionKl has no effect without a KL term; set beta above 0, or useBiasCorrectionKl to false');
}

/** Whether a prompt has room beside the longest completion. */
function checkLengths(c: GRPOSettings, problems: string[]): void {
  if (c.maxContextLength !== null && c.maxCompletionLength >= c.maxContextLength) {
    problems.push(
      `maxCompletionLength ${c.maxCompletionLength} leaves no room for a prompt in maxContextLength ${c.maxContextLength}; ` +
        `lower maxCompletionLength below ${c.maxContextLength}, or raise maxContextLength`,
    );
  }
}

/**
 * What each loss does with the ratio: clips it on both sides (PPO's surrogate), caps it above, passes it through a soft gate, or forms one
 * weight per sequence of its own. algo/losses.ts holds the formulas and is checked against this by its type.
 */
export const LOSS_KINDS = {
  grpo: 'clipped',
  bnpo: 'clipped',
  dr_grpo: 'clipped',
  dapo: 'clipped',
  luspo: 'clipped',
  cispo: 'capped',
  sapo: 'gated',
  vespo: 'sequence',
  topr: 'sequence',
} as const;

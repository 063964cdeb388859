// The options of supervised fine-tuning: a few of its own, the optimiser's and the checkpoints' as in GRPO.
import { fillOptions, reportProblems } from '../options/fill.js';
import type { Settings } from '../options/table.js';
import { GRPO_OPTIONS } from './grpo.js';

/** The options that supervised fine-tuning has of its own. */
const OWN = {
  perDeviceTrainBatchSize: {
    section: 'batch',
    type: 'integer',
    min: 1,
    default: 32,
    doc: 'Examples that go through the model together.',
  },
  gradientAccumulationSteps: { section: 'batch', type: 'integer', min: 1, default: 1, doc: 'Micro-batches per optimiser step.' },
  maxSteps: {
    section: 'optimiser',
    type: 'integer',
    min: -1,
    default: 1000,
    doc: 'Optimiser steps; the examples are shuffled anew in each pass. -1, or none where numTrainEpochs is given: by numTrainEpochs.',
  },
  maxLength: {
    section: 'examples',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Longest example, tokens: of longer ones the start is kept; none: what the context does not hold is refused.',
  },
  learningRate: { section: 'optimiser', type: 'number', above: 0, default: 1e-3, doc: 'Peak learning rate.' },
  loggingSteps: { section: 'run', type: 'integer', min: 1, default: 50, doc: 'Steps between two lines of metrics.' },
} as const;

type Shared =
  | 'lrSchedulerType'
  | 'warmupRatio'
  | 'numTrainEpochs'
  | 'weightDecay'
  | 'adamBeta1'
  | 'adamBeta2'
  | 'adamEpsilon'
  | 'maxGradNorm'
  | 'seed'
  | 'saveSteps'
  | 'saveTotalLimit';
const { lrSchedulerType, numTrainEpochs, warmupRatio, weightDecay, adamBeta1, adamBeta2, adamEpsilon, maxGradNorm, seed } =
  GRPO_OPTIONS;
const { saveSteps, saveTotalLimit } = GRPO_OPTIONS;

/** The options of supervised fine-tuning. */
export const SFT_OPTIONS: typeof OWN & Pick<typeof GRPO_OPTIONS, Shared> = {
  ...OWN,
  numTrainEpochs,
  lrSchedulerType,
  warmupRatio,
  weightDecay,
  adamBeta1,
  adamBeta2,
  adamEpsilon,
  maxGradNorm,
  seed,
  saveSteps,
  saveTotalLimit,
};

/** Settings of supervised fine-tuning, resolved. */
export type SFTConfig = Settings<typeof SFT_OPTIONS>;

/** As {@link resolveSFTConfig}; what is wrong is appended to `problems`. Passes without steps are what is asked for. */
export function completeSFT(input: Partial<SFTConfig>, problems: string[]): SFTConfig {
  const byPasses = input.numTrainEpochs !== undefined && input.maxSteps === undefined;
  const config = fillOptions(SFT_OPTIONS, byPasses ? { ...input, maxSteps: -1 } : input, problems);
  if (config.maxSteps === 0)
    problems.push('expected a positive number of steps or -1 for maxSteps, got 0; -1 goes by numTrainEpochs');
  return config;
}

/**
 * Completes and checks the settings of supervised fine-tuning.
 * @throws MgrpoError `invalid_argument` that lists every problem
 */
export function resolveSFTConfig(input: Partial<SFTConfig> = {}): SFTConfig {
  const problems: string[] = [];
  const config = completeSFT(input, problems);
  reportProblems('SFTConfig', problems);
  return config;
}

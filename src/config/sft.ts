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
    min: 1,
    default: 1000,
    doc: 'Optimiser steps; the examples are shuffled anew in each pass.',
  },
  learningRate: { section: 'optimiser', type: 'number', above: 0, default: 1e-3, doc: 'Peak learning rate.' },
  loggingSteps: { section: 'run', type: 'integer', min: 1, default: 50, doc: 'Steps between two lines of metrics.' },
} as const;

type Shared =
  | 'lrSchedulerType'
  | 'warmupRatio'
  | 'weightDecay'
  | 'adamBeta1'
  | 'adamBeta2'
  | 'adamEpsilon'
  | 'maxGradNorm'
  | 'seed'
  | 'saveSteps'
  | 'saveTotalLimit';
const { lrSchedulerType, warmupRatio, weightDecay, adamBeta1, adamBeta2, adamEpsilon, maxGradNorm, seed } = GRPO_OPTIONS;
const { saveSteps, saveTotalLimit } = GRPO_OPTIONS;

/** The options of supervised fine-tuning. */
export const SFT_OPTIONS: typeof OWN & Pick<typeof GRPO_OPTIONS, Shared> = {
  ...OWN,
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

/**
 * Completes and checks the settings of supervised fine-tuning.
 * @throws MgrpoError `invalid_argument` that lists every problem
 */
export function resolveSFTConfig(input: Partial<SFTConfig> = {}): SFTConfig {
  const problems: string[] = [];
  const config = fillOptions(SFT_OPTIONS, input, problems);
  reportProblems('SFTConfig', problems);
  return config;
}

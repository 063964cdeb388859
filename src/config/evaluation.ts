// The options of an evaluation beside those of the second layer.
import type { Settings } from '../options/table.js';
import { GRPO_OPTIONS } from './grpo.js';

const OWN = {
  temperature: { type: 'number', min: 0, default: 0, doc: 'Sampling temperature; 0: greedy.' },
  maxCompletionLength: {
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Most tokens of one answer; null: 512, or what the model’s context leaves.',
  },
  numGenerations: {
    type: 'integer',
    min: 1,
    max: 65_536,
    default: 1,
    doc: 'k of pass@k and maj@k: answers per problem, each with one correction.',
  },
  turns: {
    type: 'integer',
    min: 2,
    default: 2,
    doc: 'Turns where answers are corrected: each turn after the first gets what the turn before it answered, and a guiding phrase.',
  },
} as const;

type Shared = 'maxContextLength' | 'maxSlots' | 'rewardWeights' | 'rewardTimeout' | 'rewardErrors' | 'seed';

/** The options of an evaluation. */
export const EVALUATION_OPTIONS: typeof OWN & Pick<typeof GRPO_OPTIONS, Shared> = {
  ...OWN,
  maxContextLength: GRPO_OPTIONS.maxContextLength,
  maxSlots: GRPO_OPTIONS.maxSlots,
  rewardWeights: GRPO_OPTIONS.rewardWeights,
  rewardTimeout: GRPO_OPTIONS.rewardTimeout,
  rewardErrors: GRPO_OPTIONS.rewardErrors,
  seed: GRPO_OPTIONS.seed,
};

/** Settings of an evaluation, resolved. */
export type EvaluationConfig = Settings<typeof EVALUATION_OPTIONS>;

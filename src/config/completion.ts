// The options of completions on demand.
import type { Settings } from '../options/table.js';
import { GRPO_OPTIONS } from './grpo.js';
import { SAMPLING_OPTIONS } from './sampling.js';

const OWN = {
  temperature: { type: 'number', min: 0, default: 0.7, doc: 'Sampling temperature; 0: greedy.' },
  maxCompletionLength: {
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Most tokens of one completion; null: 512, or what the model’s context leaves.',
  },
  numGenerations: { type: 'integer', min: 1, max: 65_536, default: 1, doc: 'Completions of each prompt.' },
} as const;

type Shared = 'maxSlots' | 'seed';

/** The options of a policy's `complete`. */
export const COMPLETION_OPTIONS: typeof OWN & Pick<typeof GRPO_OPTIONS, Shared> & typeof SAMPLING_OPTIONS = {
  ...OWN,
  maxSlots: GRPO_OPTIONS.maxSlots,
  ...SAMPLING_OPTIONS,
  seed: GRPO_OPTIONS.seed,
};

/** Settings of completions on demand, resolved. */
export type CompletionConfig = Settings<typeof COMPLETION_OPTIONS>;

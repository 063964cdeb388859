// How reward functions are called, beside what they are.
import type { Settings } from '../options/table.js';

export const REWARD_CALL_OPTIONS = {
  rewardTimeout: {
    section: 'reward',
    type: 'number',
    nullable: true,
    above: 0,
    default: 600,
    doc: 'Seconds that a reward function may take for a batch; null: for ever. Ours.',
  },
  rewardErrors: {
    section: 'reward',
    type: 'choice',
    choices: ['stop', 'skip', 'null'],
    default: 'stop',
    doc: 'Where a reward function throws, takes too long or gives no scores: stop; skip the step (in layer 2: leave the corrections out); or count it as null, not judged, for that batch. Ours.',
  },
} as const;

/** How reward functions are called, resolved. */
export type RewardCallSettings = Settings<typeof REWARD_CALL_OPTIONS>;

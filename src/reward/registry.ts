// The reward functions by name, one row each: the command line, its help, the table in docs/verifiers.md and the checks of data follow from it.
import { MgrpoError } from '../errors.js';
import { nearest } from '../options/nearest.js';
import type { VerifierSettings } from '../config/verifier.js';
import { accuracyReward, countdownReward, readingOf, taskVerifier } from './accuracy.js';
import { isCountdownTask } from './countdown-task.js';
import { tagCountReward, thinkFormatReward } from './format.js';
import { cosineLengthReward, softOverlongPunishment } from './length.js';
import { reflectionReward } from './reflection.js';
import { repetitionPenalty } from './repetition.js';
import { named } from './run.js';
import type { RewardFunction } from './types.js';
import { verdictReward } from './verdict.js';

/** One reward function that can be asked for by name. */
export interface RewardRow {
  readonly name: string;
  /** Its names elsewhere, which are taken too: that of its metrics, TRL's, open-r1's. */
  readonly also: readonly string[];
  /** What it gives, in one line. */
  readonly doc: string;
  /** Columns of the data that it reads; `gold` is the right answer. */
  readonly columns: readonly string[];
  /** Makes it. */
  readonly make: (settings: RewardSettings) => RewardFunction;
}

/** What a reward function asked for by name is made for. */
export interface RewardSettings {
  /** Most tokens of a completion. */
  readonly maxCompletionLength: number;
  /** How answers are found and compared; a Countdown problem knows the first of it only. */
  readonly verifier?: Partial<VerifierSettings>;
}

/** Every reward function, the verifiers first. */
export const REWARDS: readonly RewardRow[] = [
  {
    name: 'accuracy',
    also: ['accuracy_reward', 'reasoning_accuracy_reward'],
    doc: '1 where the final answer equals the right one, else 0',
    columns: ['gold'],
    make: ({ verifier }) => accuracyReward(verifier),
  },
  {
    name: 'countdown',
    also: ['countdown_reward'],
    doc: '1 where the final answer reaches the target from the numbers, else 0',
    columns: ['numbers', 'target'],
    make: ({ verifier = {} }) => countdownReward(readingOf(verifier)),
  },
  {
    name: 'think_format',
    also: ['think_format_reward'],
    doc: '1 where the completion is one think block and then text, else 0',
    columns: [],
    make: () => thinkFormatReward(),
  },
  {
    name: 'tag_count',
    also: ['tag_count_reward'],
    doc: 'share of the tags <think> and </think> that occur exactly once',
    columns: [],
    make: () => tagCountReward(),
  },
  {
    name: 'soft_overlong',
    also: ['soft_overlong_punishment', 'get_soft_overlong_punishment'],
    doc: '0, falling to -1 over the last fifth before the length limit (DAPO)',
    columns: [],
    make: ({ maxCompletionLength: maxLength }) => softOverlongPunishment({ maxLength, cache: Math.ceil(maxLength / 5) }),
  },
  {
    name: 'cosine',
    also: ['cosine_length_reward', 'get_cosine_scaled_reward'],
    doc: 'accuracy that is worth more in few tokens, from -10 to 2',
    columns: ['gold'],
    make: ({ maxCompletionLength: maxLength, verifier }) => cosineLengthReward({ maxLength, of: accuracyReward(verifier) }),
  },
  {
    name: 'repetition',
    also: ['repetition_penalty', 'get_repetition_penalty_reward'],
    doc: 'minus the share of three-word phrases that occurred before',
    columns: [],
    make: () => repetitionPenalty(),
  },
  {
    name: 'reflection',
    also: ['reflection_reward'],
    doc: '1 for a correction that thinks and makes a wrong answer right, -1 where it makes a right one wrong, else 0',
    columns: ['gold'],
    make: ({ verifier }) => reflectionReward({ of: taskVerifier(verifier) }),
  },
  {
    name: 'verdict',
    also: ['verdict_reward'],
    doc: '1 for a correction that writes a right verdict on the answer before it, else 0',
    columns: ['gold'],
    make: ({ verifier }) => verdictReward({ of: taskVerifier(verifier) }),
  },
  {
    name: 'verification',
    also: ['verification_reward'],
    doc: '1 for a correction that writes a right verdict on the answer before it, -1 for a wrong one, else 0 (S2R)',
    columns: ['gold'],
    make: ({ verifier }) => named('verification_reward', verdictReward({ wrong: -1, of: taskVerifier(verifier) })),
  },
];

/**
 * The row of a name. @param where what messages call the place
 * @throws MgrpoError `invalid_argument` with the nearest name
 */
export function rewardRow(name: string, where: string): RewardRow {
  const row = REWARDS.find((reward) => reward.name === name || reward.also.includes(name));
  if (row) return row;
  const names = REWARDS.map((reward) => reward.name);
  const known = REWARDS.flatMap((reward) => [reward.name, ...reward.also]);
  throw new MgrpoError(
    'invalid_argument',
    `${where}: expected names out of ${names.join(', ')}, got ${name}; the nearest is ${nearest(name, known)}`,
  );
}

/** Name of the verifier that the rows ask for: countdown where every one is a Countdown problem, else accuracy. */
export function verifierFor(rows: readonly unknown[]): string {
  return rows.every(isCountdownTask) ? 'countdown' : 'accuracy';
}

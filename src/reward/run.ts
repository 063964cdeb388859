// Calls reward functions by their names and checks what they give.
import { MgrpoError, check, show } from '../errors.js';
import type { Thing } from '../options/border.js';
import type { RewardArgs, RewardFunction } from './types.js';

/** What an option that takes a reward function must be. */
export const REWARD: Thing = {
  noun: 'a reward function',
  is: (value) => typeof value === 'function',
  wayOut: 'pass one, for example accuracyReward()',
};

/** Name of a reward function in metrics and messages: `rewardName`, else the function's own name, else `reward_<index>`. */
export function rewardName(reward: RewardFunction, index: number): string {
  return reward.rewardName ?? (reward.name || `reward_${index}`);
}

/** Gives a function made by a factory the name that its metrics carry. */
export function named(name: string, reward: RewardFunction): RewardFunction {
  return Object.assign(reward, { rewardName: name });
}

/** Scores of one batch: what each function gave. Their weighted sum is algo/advantage's. */
export interface BatchScores {
  /** Names, f64[functions] order. */
  readonly names: readonly string[];
  /** [completions][functions], `null` where a function did not judge the completion. */
  readonly rewards: (number | null)[][];
}

/**
 * Calls every reward function on a batch.
 *
 * @param functions one or more reward functions, run one after the other
 * @throws {MgrpoError} `reward_function` where a function throws (its error is the cause), gives a number of scores other than the number
 *   of completions, or a score that is neither a finite number nor null
 */
export async function scoreAll(functions: readonly RewardFunction[], args: RewardArgs): Promise<BatchScores> {
  check(functions.length > 0, 'scoreAll: expected at least one reward function, got none; pass one, e.g. accuracyReward()');
  const count = args.completions.length;
  const names = functions.map(rewardName);
  const rewards: (number | null)[][] = Array.from({ length: count }, () => []);
  for (const [k, reward] of functions.entries()) {
    const scores = await callNamed(reward, names[k]!, args);
    for (let i = 0; i < count; i++) rewards[i]!.push(scores[i]!);
  }
  return { names, rewards };
}

async function callNamed(reward: RewardFunction, name: string, args: RewardArgs): Promise<readonly (number | null)[]> {
  let scores: unknown;
  try {
    scores = await reward(args);
  } catch (cause) {
    throw new MgrpoError(
      'reward_function',
      `reward function "${name}" threw: ${cause instanceof Error ? cause.message : show(cause)}`,
      { cause },
    );
  }
  const count = args.completions.length;
  if (!Array.isArray(scores) || scores.length !== count)
    throw new MgrpoError(
      'reward_function',
      `reward function "${name}": expected ${count} scores, one per completion, got ${Array.isArray(scores) ? scores.length : show(scores)}; return one number or null for each`,
    );
  const bad = scores.findIndex((score) => score !== null && !(typeof score === 'number' && Number.isFinite(score)));
  if (bad >= 0)
    throw new MgrpoError(
      'reward_function',
      `reward function "${name}": expected a finite number or null for score ${bad}, got ${show(scores[bad])}; use null for "not judged"`,
    );
  return scores as (number | null)[];
}

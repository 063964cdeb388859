// Calls reward functions by their names and checks what they give.
import { MgrpoError, check, show } from '../errors.js';
import type { ArgumentRule } from '../options/border.js';
import type { RewardArgs, RewardFunction } from './types.js';

/** What an option that takes a reward function must be. */
export const REWARD: ArgumentRule = {
  noun: 'a reward function',
  is: (value) => typeof value === 'function',
  wayOut: 'pass one, for example accuracyReward()',
};

/** The verifier among the options of a reward that builds on one. */
export const VERIFIER: ArgumentRule = { ...REWARD, optional: true, wayOut: 'pass one, or leave it out for that of the rows' };

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

/** How {@link scoreAll} calls. */
export interface RewardCalls {
  /** Seconds that each function may take; null, the default: for ever. */
  readonly timeout?: number | null;
  /** Whether a function that fails counts as "not judged" on this batch; default: its error is thrown. */
  readonly failuresAreNull?: boolean;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Told of a failure that counts as "not judged". */
  readonly onFailure?: (error: MgrpoError) => void;
}

/**
 * Calls every reward function on a batch.
 *
 * @param functions one or more reward functions, run one after the other
 * @throws the signal's reason
 * @throws {MgrpoError} `reward_function` where a function throws (its error is the cause), gives a number of scores other than the number
 *   of completions, a score that is neither a finite number nor null, or none within the time
 */
export async function scoreAll(
  functions: readonly RewardFunction[],
  args: RewardArgs,
  calls: RewardCalls = {},
): Promise<BatchScores> {
  check(functions.length > 0, 'scoreAll: expected at least one reward function, got none; pass one, e.g. accuracyReward()');
  const count = args.completions.length;
  const names = functions.map(rewardName);
  const rewards: (number | null)[][] = Array.from({ length: count }, () => []);
  for (const [k, reward] of functions.entries()) {
    const scores = await callWithin(reward, names[k]!, args, calls);
    for (let i = 0; i < count; i++) rewards[i]!.push(scores[i]!);
  }
  return { names, rewards };
}

async function callWithin(
  reward: RewardFunction,
  name: string,
  args: RewardArgs,
  { timeout = null, failuresAreNull = false, signal, onFailure }: RewardCalls,
): Promise<readonly (number | null)[]> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal!.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
  const tooLong = (): void =>
    stop.abort(
      new MgrpoError(
        'reward_function',
        `reward function "${name}": expected scores within ${timeout} s, got none; correct it, or raise rewardTimeout`,
      ),
    );
  const timer = timeout === null ? undefined : setTimeout(tooLong, 1000 * timeout);
  try {
    return await callNamed(reward, name, { ...args, signal: stop.signal }, stop.signal);
  } catch (error) {
    if (!failuresAreNull || signal?.aborted || !(error instanceof MgrpoError)) throw error;
    onFailure?.(error);
    return args.completions.map(() => null);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

async function callNamed(
  reward: RewardFunction,
  name: string,
  args: RewardArgs,
  signal: AbortSignal,
): Promise<readonly (number | null)[]> {
  let scores: unknown;
  try {
    const given = (async () => reward(args))();
    // Where the signal wins, what comes later is nobody's business.
    given.catch(() => undefined);
    scores = await Promise.race([given, aborted(signal)]);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
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

/** Rejects with the signal's reason once it is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const raise = (): void => reject(signal.reason as Error);
    if (signal.aborted) raise();
    else signal.addEventListener('abort', raise, { once: true });
  });
}

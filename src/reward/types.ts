// What a reward function takes and gives.
import type { VerifierSettings } from '../config/verifier.js';

/** What the trainer tells a reward function about where training stands. */
export interface RewardTrainerState {
  /** Optimiser steps done so far. */
  readonly globalStep: number;
  /** Optimiser steps planned; 0 where unknown (evaluation, command line). */
  readonly maxSteps: number;
  /** Epochs done so far, with fraction. */
  readonly epoch: number;
}

/**
 * What a reward function is called with: TRL's keyword arguments as one object. All arrays have one entry per completion, in the same order;
 * every further column of the data set is there under its own name.
 */
export interface RewardArgs {
  /** Prompts as text (chat prompts as the chat template renders them). */
  readonly prompts: readonly string[];
  /** Generated text, special tokens included or not, as the trainer decodes it. */
  readonly completions: readonly string[];
  /** Token ids of each completion, up to and including the first end-of-sequence id. */
  readonly completionIds: readonly ArrayLike<number>[];
  /** Whether a completion was cut at the length limit (its last id ends no sequence). */
  readonly truncated?: readonly boolean[];
  readonly trainerState?: RewardTrainerState;
  /** Adds a column to the table of logged completions. */
  readonly logExtra?: (column: string, values: readonly unknown[]) => void;
  /** Adds a scalar to the step's metrics. */
  readonly logMetric?: (name: string, value: number) => void;
  /** Aborted where the scores are no longer wanted: the time is up (rewardTimeout), or the run is stopped. For what can be given up, such as fetch. */
  readonly signal?: AbortSignal;
  readonly [column: string]: unknown;
}

/** One score per completion; `null` leaves that completion out of this function's mean, deviation and sum. */
export type Scores = readonly (number | null)[];

/**
 * A reward function. Its name (`rewardName`, else the function's own) labels its metrics `rewards/{name}/mean` and `rewards/{name}/std`.
 *
 * It is called once per batch and may be asynchronous. Exceptions reach the caller with the function's name; they never become a score.
 */
export interface RewardFunction {
  (args: RewardArgs): Scores | Promise<Scores>;
  /** Name in metrics and error messages, where it differs from the function's own. */
  readonly rewardName?: string;
  /** How a verifier reads and compares: what the metrics count as right follows that of the first function. */
  readonly verifier?: Partial<VerifierSettings>;
}

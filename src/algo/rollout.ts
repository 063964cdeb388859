/** What sampling gives: completions, their scores, and TRL's metrics of their lengths. */
import type { Rewards } from './advantage.js';
import type { Correction, Ids } from './correction.js';

/** A question as the algorithm sees it; the host's own type may carry more (the data row). */
export interface Question {
  /** Layer-1 prompt. */
  readonly promptIds: Ids;
  /** The same question under the layer-2 system prompt, if there is one. */
  readonly correctionPromptIds?: Ids;
}

/** One sampled completion. */
export interface Completion {
  /** Up to and including the end-of-sequence id. */
  readonly ids: Ids;
  /** f32[ids.length], log-probabilities under the policy that sampled, at the layer's temperature. */
  readonly logps: Float32Array;
  /** Whether it was cut at the length limit. */
  readonly truncated: boolean;
}

/** What is to be completed: a question, or a correction of one of its answers. */
export interface Prompt<Q extends Question> {
  readonly question: Q;
  readonly ids: Ids;
  /** Layer 2 only: the answer that is corrected, and how many leading tokens of `ids` its own sequence already holds. */
  readonly origin: { readonly answer: Completion; readonly correction: Correction } | null;
}

/** Rewards of a batch of completions. */
export interface Scored {
  /** One row per completion, prompt by prompt; one column per reward function, the verifier first. */
  readonly rewards: Rewards;
  /** Names of the reward functions. */
  readonly names: readonly string[];
  /** The final answer that the verifier read from each completion, null where it found none; null: not known. */
  readonly finals: readonly (string | null)[] | null;
}

/** One layer's samples with their scores, prompt by prompt. */
export interface Rollout<Q extends Question> {
  readonly prompts: readonly Prompt<Q>[];
  readonly completions: readonly (readonly Completion[])[];
  readonly scored: Scored;
  /** f64[prompts * n], total rewards; NaN where not scored. */
  readonly rewards: Float64Array;
  /** bool[prompts * n], right by the verifier. */
  readonly correct: readonly boolean[];
  /** f64[prompts * n]. */
  readonly advantages: Float64Array;
}

/** TRL's `completions/...` metrics; the terminated ones are 0 where nothing terminated. */
export function completionMetrics(completions: readonly Completion[]): Record<string, number> {
  const lengths = completions.map((c) => c.ids.length);
  const terminated = completions.filter((c) => !c.truncated).map((c) => c.ids.length);
  const ended = terminated.length > 0 ? terminated : [0];
  return {
    'completions/mean_length': mean(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/mean_terminated_length': mean(ended),
    'completions/min_terminated_length': Math.min(...ended),
    'completions/max_terminated_length': Math.max(...ended),
    'completions/clipped_ratio': 1 - terminated.length / completions.length,
  };
}

/** Arithmetic mean of at least one value. */
export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

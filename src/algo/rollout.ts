// What goes into sampling and what comes out: prompts, completions, their scores, and TRL's metrics of their lengths. Types, not sampling.
import type { Rewards } from './advantage.js';
import type { Ids } from './correction.js';

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

/** A guiding phrase with the separators around it. */
export interface Phrase {
  readonly text: string;
  readonly ids: Ids;
}

/** Where a query of layer 2 comes from. */
export interface Origin {
  /** Number of the answer in its round: question q's i-th of G answers is q * G + i. */
  readonly row: number;
  readonly answer: Completion;
  /** Whether the answer is right. */
  readonly correct: boolean;
  readonly phrase: Phrase;
}

/** What is to be completed: a question, or an answer that is to be corrected. */
export interface Prompt<Q extends Question> {
  readonly question: Q;
  readonly ids: Ids;
  /** Layer 2 only. */
  readonly origin: Origin | null;
}

/** A query of layer 2 (Eq. 5). */
export type Query<Q extends Question> = Prompt<Q> & { readonly origin: Origin };

/** What the host knows of a completion from scoring it; the algorithm looks at `final` alone and carries the rest along. */
export interface ScoredText {
  /** What was judged: in mode open_think of layer 2 with the open thought before it. */
  readonly text: string;
  /** The final answer that the verifier read, null where it found none. */
  readonly final: string | null;
  /** Columns that reward functions logged. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Rewards of a batch of completions. */
export interface Scored {
  /** One row per completion, prompt by prompt; one column per reward function, the verifier first. */
  readonly rewards: Rewards;
  /** Names of the reward functions. */
  readonly names: readonly string[];
  /** One per completion. */
  readonly texts: readonly ScoredText[];
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

/** Whether the verifier, the first reward function, gives more than the threshold. */
export function isCorrect(rewards: readonly (number | null)[], threshold: number): boolean {
  const value = rewards[0];
  return value !== null && value !== undefined && value > threshold;
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

// What trainers tell, and when: the only contract with the command line, the report and a page. How events are delivered: emitter.ts.
import type { Metric } from '../algo/evaluation.js';
import type { LiveSettings } from '../config/live.js';

/** Bytes of a run's memory. */
export interface Forecast {
  /** At most, where completions reach their limits: weights, gradients, moments, keys and values, activations. */
  readonly peak: number;
  /** What the device has in all, where it knows. */
  readonly total?: number | undefined;
}

/** What a long task is doing at the moment. */
export type Phase = 'load' | 'sample' | 'score' | 'update' | 'evaluate' | 'save';

/** One completion for the log, the table and the report. */
export interface CompletionRecord {
  readonly step: number;
  readonly layer: 1 | 2;
  readonly prompt: string;
  readonly completion: string;
  readonly gold: string;
  /** The final answer that the verifier read, null where it found none. */
  readonly extracted: string | null;
  /** Weighted total; null where no function scored it. */
  readonly reward: number | null;
  readonly rewards: Readonly<Record<string, number | null>>;
  readonly advantage: number;
  readonly truncated: boolean;
  /** Layer 2: the answer that was to be corrected, whether it was right, and the phrase that led on from it. */
  readonly answer?: string;
  readonly answerCorrect?: boolean;
  readonly phrase?: string;
  readonly correct: boolean;
  /** In the events of a training, not in its logs. */
  readonly tokens?: CompletionTokens;
  /** Columns that reward functions logged. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A completion as the model read and wrote it. */
export interface CompletionTokens {
  /** Prompt and completion. */
  readonly ids: readonly number[];
  /** Log-probabilities of the completion's ids under the policy that sampled, at the layer's temperature. */
  readonly logps: readonly number[];
  /** Where parts begin in `ids`: the first answer, the phrase, the correction. A first answer has no others: they begin at its end. */
  readonly answer: number;
  readonly phrase: number;
  readonly correction: number;
}

/** Everything that a trainer tells. */
export type TrainEvent =
  | {
      readonly type: 'start';
      readonly algorithm: 'grpo' | 'mgrpo' | 'sft';
      readonly model: string;
      /** Parameters of the model, and how many of them, or of its LoRA, are trained. */
      readonly parameters: number;
      readonly trainable: number;
      /** What the device calls itself; '' where the browser hides it. */
      readonly device: string;
      readonly steps: number;
      readonly firstStep: number;
      readonly rows: number;
      /** What the run will hold, where the device can tell. */
      readonly memory?: Forecast | undefined;
    }
  | {
      /** Progress within a step; `tokens` counts those processed in this phase so far. The only event that is not awaited. */
      readonly type: 'progress';
      readonly step: number;
      readonly phase: Phase;
      readonly layer?: 1 | 2 | undefined;
      readonly done: number;
      readonly total: number;
      readonly tokens?: number;
    }
  | {
      /** A finished step. `step_time` is among the metrics here alone: equal runs have equal logs. */
      readonly type: 'step';
      readonly step: number;
      readonly steps: number;
      readonly metrics: Readonly<Record<string, number>>;
      /** Seconds by phase and layer: `sample/1`, `score/1`, `update/1`, `sample/2`, … */
      readonly seconds: Readonly<Record<string, number>>;
      /** Bytes on the device now and at most during the step. */
      readonly memory: { readonly allocated: number; readonly peak: number };
      readonly secondsLeft: number;
    }
  | {
      /** Means over the steps since the last line, every `loggingSteps`. */ readonly type: 'log';
      readonly step: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | {
      /** Something that a person should know of: what failed and was passed over, as the settings ask. */ readonly type: 'notice';
      readonly step: number;
      readonly text: string;
    }
  | {
      /** Settings that are others from this step on. */ readonly type: 'settings';
      readonly step: number;
      readonly settings: Readonly<Partial<LiveSettings>>;
    }
  | { readonly type: 'completions'; readonly step: number; readonly rows: readonly CompletionRecord[] }
  | { readonly type: 'evaluation'; readonly step: number; readonly metrics: Readonly<Record<string, Metric>> }
  | {
      /** The state should be saved now: the listener may return a promise, which the trainer awaits. */ readonly type: 'checkpoint';
      readonly step: number;
      readonly last: boolean;
    }
  | { readonly type: 'end'; readonly step: number; readonly steps: number; readonly reason: 'done' | 'interrupted' };

/**
 * Receives events in order. A returned promise is awaited, so that the next step waits for a slow listener; but for `progress`, which comes
 * many times a second and is a plain call. What a listener throws, or a promise of it rejects with, ends the training with that error: at
 * once, or for `progress` before the weights are next changed, so that the trainer can go on from where it stands.
 */
export type Listener = (event: TrainEvent) => unknown;

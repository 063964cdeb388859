// What a run leaves in its folder, and what a report is made from.
import type { Metric } from '../algo/evaluation.js';
import type { CompletionRecord } from '../train/events.js';

/** Metrics by name. */
export type Metrics = Readonly<Record<string, Metric>>;

/** Contents of config.json. */
export interface RunConfig {
  readonly command: 'train' | 'sft';
  readonly mgrpo: string;
  readonly started: string;
  readonly device: string;
  /** The command's own settings. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The trainer's settings, resolved. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Contents of evaluation.json. */
export interface Evaluations {
  before?: Metrics;
  after?: Metrics;
  readonly during: { readonly step: number; readonly metrics: Metrics }[];
}

/** One line of steps.jsonl. */
export interface StepRecord {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: Readonly<Record<string, number>>;
  readonly memory: { readonly allocated: number; readonly peak: number };
}

/** What a report is made from. */
export interface ReportData {
  readonly run: RunConfig;
  readonly steps: readonly StepRecord[];
  readonly evaluations: Evaluations;
  readonly completions: readonly CompletionRecord[];
}

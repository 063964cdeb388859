// What a page and the engine in its worker say to each other: calls by name with an answer each, and events. Plain data only.
import type { AnswerForm, ExtractionMode, Verdict } from '../reward/verify.js';
import type { ErrorCode } from '../errors.js';
import type { BenchOptions, BenchReport } from '../bench/run.js';
import type { Metric } from '../algo/evaluation.js';
import type { MGRPOConfigInput } from '../config/mgrpo.js';
import type { LiveSettings } from '../config/live.js';
import type { LoraSettings } from '../config/policy.js';
import type { DeviceChoice } from '../open/choice.js';
import type { DeviceInfo } from '../ops/device.js';
import type { StepRecord } from '../report/data.js';
import type { TaskSize } from '../tasks/registry.js';
import type { CountdownTask } from '../reward/countdown-task.js';
import type { TrainEvent } from '../train/events.js';
import type { Inspection } from '../train/inspect.js';
import type { TrainResult } from '../train/loop.js';

/** Where a model comes from: a folder behind an address, a model of the hub (owner/name), or files by name that the visitor gave. */
export type ModelSource =
  | { readonly url: string }
  | { readonly hub: string }
  | {
      readonly name: string;
      readonly files: Readonly<Record<string, Blob>>;
      /** The base of an adapter. */ readonly base?: string;
    };

/** What is known of a loaded model. */
export interface ModelFacts {
  readonly name: string;
  readonly parameters: number;
  readonly trainable: number;
  readonly context: number;
}

/** Problems to train on: a generated task, or a file of JSON lines. */
export type DataSource =
  { readonly task: string; readonly size: TaskSize; readonly rows: number } | { readonly name: string; readonly jsonl: string };

/** A training. */
export interface TrainRequest {
  readonly algorithm: 'mgrpo' | 'grpo';
  readonly data: DataSource;
  /** Settings of the trainer. Completions are shorter than they say where the model's context leaves less. */
  readonly args: MGRPOConfigInput;
  /** Folder in the page's private file system that the run is saved in; null: nothing is saved. */
  readonly folder: string | null;
  /** Go on with the run in `folder`, whose model must have been loaded with {@link EngineCalls.loadSaved}. */
  readonly resume?: boolean;
  /** What the page wants to find again in the run's settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A run that was saved in the page's private file system. */
export interface SavedRun {
  readonly step: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepRecord[];
}

/** A problem of the visitor. */
export interface AskRequest {
  /** The model before the training, or as it is now. */
  readonly which: 'before' | 'now';
  readonly question: string;
  readonly phrase: string;
  readonly temperature: number;
  readonly seed: number;
  readonly maxCompletionLength?: number;
  /** Where it is known: then the answers are judged. */
  readonly gold?: string | CountdownTask;
}

/** A text, token by token. */
export interface Spoken {
  readonly text: string;
  readonly truncated: boolean;
  readonly tokens: readonly { readonly text: string; readonly logp: number }[];
  /** What the checker says, where the right answer is known. */
  readonly verdict: Verdict | null;
}

/** Answer and correction. */
export interface Asked {
  readonly answer: Spoken;
  readonly phrase: string;
  readonly correction: Spoken;
  readonly read: ReadText;
}

/** A text as the model read and wrote it, and the first token of each of its parts. */
export interface ReadText {
  readonly ids: readonly number[];
  readonly answer: number;
  readonly phrase: number;
  readonly correction: number;
}

/** What goes on inside a model that reads a text; see `inspect`. */
export interface Looked extends Inspection {
  /** The text of each token. */
  readonly texts: readonly string[];
}

/** Held-out problems, answered and corrected. */
export interface MeasureRequest {
  readonly which: 'before' | 'now';
  readonly data: Extract<DataSource, { readonly task: string }>;
  readonly temperature: number;
}

/** What a page can ask of the engine; every call gives a promise. */
export interface EngineCalls {
  /** Opens the device: a GPU where there is one, else WebAssembly. */
  open(device: DeviceChoice): DeviceInfo;
  /** Loads a model; one that was loaded before is freed. */
  load(source: ModelSource, train: 'none' | 'full' | Partial<LoraSettings>): ModelFacts;
  /** The run that is saved in a folder, with a sound checkpoint; null where there is none. */
  saved(folder: string): SavedRun | null;
  /** Loads the model of a saved run's last checkpoint. */
  loadSaved(folder: string, source: ModelSource): ModelFacts;
  /** Removes a folder of the private file system. */
  remove(folder: string): void;
  /** Runs to the end, or until `stop`. */
  train(request: TrainRequest): TrainResult;
  /** Holds the training after a step that is logged, and saves it. */
  pause(): void;
  resume(): void;
  /** One step of a paused training. */
  step(): void;
  /** Changes settings of the training from its next step on. */
  change(settings: Partial<LiveSettings>): void;
  /** Ends the training after its present step, and a measurement. */
  stop(): void;
  ask(request: AskRequest): Asked;
  /** Looks into a model while it reads a text. */
  look(which: AskRequest['which'], ids: readonly number[]): Looked;
  measure(request: MeasureRequest): Readonly<Record<string, Metric>>;
  verify(gold: string, response: string, mode: ExtractionMode, form?: AnswerForm): Verdict;
  /** Measures the device, which must be idle; see `runBench`. */
  bench(options: Pick<BenchOptions, 'quick' | 'rounds' | 'models'>): BenchReport;
  /** The trained model, or its adapter, as files in Hugging Face layout. */
  save(): Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  /** Frees everything. */
  close(): void;
}

/** What the engine tells unasked. */
export type EngineEvent =
  | TrainEvent
  | { readonly type: 'loading'; readonly done: number; readonly total: number }
  /** A file of the hub on its way into the private file system, in bytes. */
  | { readonly type: 'downloading'; readonly file: string; readonly done: number; readonly total: number }
  /** Cases of the bench. */
  | { readonly type: 'bench'; readonly done: number; readonly total: number; readonly name: string }
  | { readonly type: 'paused'; readonly step: number }
  | { readonly type: 'saved'; readonly step: number }
  | { readonly type: 'text'; readonly which: 'before' | 'now'; readonly part: 'answer' | 'correction'; readonly piece: string };

/** From the page. */
export interface CallMessage {
  readonly id: number;
  readonly call: keyof EngineCalls;
  readonly args: readonly unknown[];
}

/** An error that has crossed over. */
export interface ErrorMessage {
  readonly code: ErrorCode | null;
  readonly message: string;
}

/** From the worker. */
export type AnswerMessage =
  | { readonly event: EngineEvent }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorMessage };

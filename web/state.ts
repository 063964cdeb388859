// What the page knows: one object, changed by `update`, drawn anew at the next frame. What can be done with it is in store.ts.
import type { BenchReport } from '../src/bench/run.js';
import type { MemoryUse } from '../src/ops/device.js';
import type { CompletionRecord } from '../src/train/events.js';
import type { Metric } from '../src/algo/evaluation.js';
import type { Asked, ModelFacts, ModelSource, SavedRun } from '../src/worker/protocol.js';
import type { NamedRun } from '../src/report/sections.js';
import { settingsOf, type TrainSettings } from './settings.js';
import { parseRoute, type Route } from './route.js';
import type { Seen } from './inside/attention.js';

/** One finished step. */
export interface Step {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: Readonly<Record<string, number>>;
  readonly memory: MemoryUse;
}

/** What the model is doing. */
export type Activity = 'idle' | 'starting' | 'running' | 'pausing' | 'paused' | 'stopping' | 'done' | 'failed';

/** Text that arrives piece by piece, and what came of it. */
export interface Answered {
  readonly answer: string;
  readonly correction: string;
  readonly result: Omit<Asked, 'read'> | null;
}

/** Looks inside the model before the training and as it is now. */
export interface SeenBoth {
  readonly before: Seen | null;
  readonly now: Seen | null;
  /** Whether both read the same text: a completion of the training, whose advantage is then known. */
  readonly isSame: boolean;
  readonly advantage: number | null;
}

export const NOTHING_SEEN: SeenBoth = { before: null, now: null, isSame: false, advantage: null };

/** Everything that is shown. */
export interface State {
  readonly route: Route;
  readonly activity: Activity;
  /** For people: what went wrong, and what is worth knowing. */
  readonly problem: string | null;
  readonly notice: string | null;
  readonly device: string | null;
  readonly model: ModelFacts | null;
  readonly source: ModelSource;
  readonly loading: number | null;
  /** A file of the hub on its way, in bytes. */
  readonly downloading: { readonly file: string; readonly done: number; readonly total: number } | null;
  /** Problems of the visitor: a file of JSON lines. */
  readonly data: { readonly name: string; readonly jsonl: string } | null;
  readonly settings: TrainSettings;
  /** When the present training began, as ISO 8601; '' before it. */
  readonly started: string;
  /** Earlier trainings, and folders that were opened. */
  readonly runs: readonly NamedRun[];
  readonly steps: readonly Step[];
  readonly totalSteps: number;
  readonly secondsLeft: number | null;
  readonly progress: {
    readonly phase: string;
    readonly layer: number | undefined;
    readonly done: number;
    readonly total: number;
  } | null;
  readonly completions: readonly CompletionRecord[];
  readonly savedStep: number | null;
  /** A run of an earlier visit. */
  readonly saved: SavedRun | null;
  readonly measured: { readonly before: Readonly<Record<string, Metric>>; readonly now: Readonly<Record<string, Metric>> } | null;
  readonly isMeasuring: boolean;
  readonly asked: Readonly<Record<'before' | 'now', Answered | null>>;
  /** Steps after which what is shown as asked was recorded; null: it was asked here. */
  readonly recordedSteps: number | null;
  readonly isAsking: boolean;
  readonly seen: SeenBoth;
  readonly bench: {
    readonly report: BenchReport | null;
    readonly progress: { readonly done: number; readonly total: number; readonly name: string } | null;
  };
}

/** Where the model of the package lies. */
export const BUILTIN: ModelSource = { url: new URL('models/signs-0.2m', document.baseURI).href };

/** The present state; only `update` gives it a new value. */
export let state: State = {
  route: parseRoute(location.hash),
  activity: 'idle',
  problem: null,
  notice: null,
  device: null,
  model: null,
  source: BUILTIN,
  loading: null,
  downloading: null,
  data: null,
  settings: settingsOf(parseRoute(location.hash).query),
  started: '',
  runs: [],
  steps: [],
  totalSteps: 0,
  secondsLeft: null,
  progress: null,
  completions: [],
  savedStep: null,
  saved: null,
  measured: null,
  isMeasuring: false,
  asked: { before: null, now: null },
  recordedSteps: null,
  isAsking: false,
  seen: NOTHING_SEEN,
  bench: { report: null, progress: null },
};

let draw: (state: State) => void = () => undefined;
let isDrawing = false;

/** The present state. */
export const current = (): State => state;

/** Whoever draws; called once at once, then at most once a frame. */
export function onChange(listener: (state: State) => void): void {
  draw = listener;
  draw(state);
}

/** Changes the state. */
export function update(patch: Partial<State>): void {
  state = { ...state, ...patch };
  if (isDrawing) return;
  isDrawing = true;
  // Hidden pages get no frames, and their state must not go stale.
  const next = document.hidden ? (run: () => void) => setTimeout(run, 200) : requestAnimationFrame;
  next(() => {
    isDrawing = false;
    draw(state);
  });
}

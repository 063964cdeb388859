// The loop that all trainers share: start, steps, log window, evaluations, checkpoints, end, and waiting while paused. What a step does is the
// trainer's.
import type { Metric } from '../algo/evaluation.js';
import { unlessAborted } from '../platform/in-time.js';
import type { Device } from './language-model.js';
import type { Emitter } from './emitter.js';
import type { CompletionRecord, TrainEvent } from './events.js';

type Metrics = Readonly<Record<string, number>>;

/** How a training run ended. */
export interface TrainResult {
  readonly steps: number;
  readonly reason: 'done' | 'interrupted';
  /** Means over the last logged steps. */
  readonly metrics: Metrics;
}

/** What a finished step reports. */
export interface StepDone {
  /** Optimiser steps done in all. */
  readonly step: number;
  /** In the log as means over the steps since the last line. */
  readonly metrics: Metrics;
  /** Seconds by phase and layer. */
  readonly seconds: Metrics;
  readonly completions?: readonly CompletionRecord[];
}

/** Where a run stands between two steps. */
export interface LoopState {
  /** Optimiser steps done. */
  step: number;
  /** Metrics of the steps since the last line of the log. */
  window: Metrics[];
}

/** What the loop needs from a trainer. */
export interface LoopTask {
  readonly device: Device;
  readonly events: Emitter;
  readonly gate: Gate;
  readonly signal: AbortSignal | undefined;
  readonly start: Pick<
    Extract<TrainEvent, { type: 'start' }>,
    'algorithm' | 'model' | 'parameters' | 'trainable' | 'rows' | 'memory'
  >;
  readonly maxSteps: number;
  readonly state: LoopState;
  /** Steps between two lines of the log, two checkpoints, two evaluations; null: none but at the end. */
  readonly loggingSteps: number;
  readonly saveSteps: number | null;
  readonly evalSteps: number | null;
  /** One step; null where the signal ended it and nothing was changed. */
  step(): Promise<StepDone | null>;
  evaluate?(): Promise<Readonly<Record<string, Metric>>>;
}

/** Runs until maxSteps, or until the signal: then the state is that of the last finished step. */
export async function runLoop(task: LoopTask): Promise<TrainResult> {
  const { device, events, gate, maxSteps: steps, state } = task;
  const firstStep = state.step;
  await events.emit({ type: 'start', ...task.start, device: device.info.description, steps, firstStep });
  const started = performance.now();
  let metrics: Metrics = {};
  while (state.step < steps) {
    await gate.pass(task.signal);
    const before = state.step;
    const begun = performance.now();
    device.resetPeak();
    const done = await task.step();
    if (done === null) break;
    const { step, seconds, completions } = done;
    state.step = step;
    state.window.push(done.metrics);
    const perStep = (performance.now() - started) / 1000 / (step - firstStep);
    if (completions) await events.emit({ type: 'completions', step, rows: completions });
    await events.emit({
      type: 'step',
      step,
      steps,
      metrics: { ...done.metrics, step_time: (performance.now() - begun) / 1000 },
      seconds,
      memory: device.memory,
      secondsLeft: perStep * Math.max(steps - step, 0),
    });
    const crossed = (every: number | null): boolean => every !== null && Math.floor(step / every) > Math.floor(before / every);
    const last = step >= steps;
    if (crossed(task.loggingSteps) || last) {
      metrics = meanMetrics(state.window);
      state.window = [];
      await events.emit({ type: 'log', step, metrics });
    }
    if (task.evaluate && (crossed(task.evalSteps) || (last && task.evalSteps !== null))) {
      const found = await unlessAborted(task.signal, task.evaluate);
      if (found) await events.emit({ type: 'evaluation', step, metrics: found });
    }
    if (!last && crossed(task.saveSteps)) await events.emit({ type: 'checkpoint', step, last: false });
  }
  if (state.window.length > 0) metrics = meanMetrics(state.window);
  const reason = state.step < steps ? 'interrupted' : 'done';
  await events.settle();
  await events.emit({ type: 'checkpoint', step: state.step, last: true });
  await events.emit({ type: 'end', step: state.step, steps, reason });
  return { steps: state.step, reason, metrics };
}

/** Holds a run between two steps. */
export class Gate {
  #closed: { readonly opened: Promise<void>; open(): void } | null = null;

  get isClosed(): boolean {
    return this.#closed !== null;
  }

  close(): void {
    if (this.#closed) return;
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.#closed = { opened, open };
  }

  open(): void {
    this.#closed?.open();
    this.#closed = null;
  }

  /** Waits while closed; an aborted signal passes. */
  async pass(signal: AbortSignal | undefined): Promise<void> {
    while (this.#closed && !signal?.aborted) {
      const { opened } = this.#closed;
      if (!signal) await opened;
      else {
        let stop = (): void => undefined;
        const aborted = new Promise<void>((resolve) => (stop = resolve));
        signal.addEventListener('abort', stop, { once: true });
        await Promise.race([opened, aborted]);
        signal.removeEventListener('abort', stop);
      }
    }
  }
}

/** Mean of each metric over the records that have it. */
export function meanMetrics(records: readonly Metrics[]): Record<string, number> {
  const sums = new Map<string, { sum: number; n: number }>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      const entry = sums.get(name) ?? { sum: 0, n: 0 };
      sums.set(name, { sum: entry.sum + value, n: entry.n + 1 });
    }
  }
  return Object.fromEntries([...sums].map(([name, { sum, n }]) => [name, sum / n]));
}

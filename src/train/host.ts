// The device side of a step: samples, scores and updates for the algorithm, and keeps count of what the step took and told. One host serves one
// step; what it read of the data and drew of the random streams becomes the trainer's state only when the step is finished.
import type { StepHost } from '../algo/mgrpo.js';
import type { Completion, Phrase, Prompt, Query, Scored } from '../algo/rollout.js';
import type { MicroBatch, UpdateWindow } from '../algo/micro-batches.js';
import type { GRPOConfig } from '../config/grpo.js';
import type { AdamW } from '../optim/adamw.js';
import { MgrpoError } from '../errors.js';
import { scheduleFactor } from '../optim/schedule.js';
import { Rng } from '../rng.js';
import { Contexts, contextSizes } from './contexts.js';
import { withCritiques } from './critic.js';
import type { Emitter } from './emitter.js';
import type { Phase } from './events.js';
import { meanMetrics } from './loop.js';
import { longest, thinkEnd } from './questions.js';
import type { EncodedQuestion } from './questions.js';
import { judge, rollout } from './rollout.js';
import type { Room } from './room.js';
import type { Setup } from './setup.js';
import type { Position } from './state.js';
import { STREAM } from './streams.js';
import { takeTurn } from './turns.js';
import { updatePolicy, withOldLogps } from './update.js';
import type { Reference, UpdateReport } from './update.js';

/** What a host works with. */
export interface HostParts extends Setup {
  readonly optimizer: AdamW;
  readonly reference: Reference | null;
  readonly events: Emitter;
  readonly room: Room;
}

/** Samples, scores and updates on one device. */
export class DeviceHost implements StepHost<EncodedQuestion> {
  readonly phrases: readonly Phrase[];
  readonly eosIds: ReadonlySet<number>;
  readonly thinkEnd: (ids: ArrayLike<number>) => number;
  readonly maxContextLength: number;
  /** Seconds by phase and layer: `sample/1`, `score/1`, ... */
  readonly seconds: Record<string, number> = {};
  readonly #parts: HostParts;
  /** Optimiser steps of layer 1 before this step. */
  readonly #step: number;
  readonly #rng: Rng;
  readonly #logged: Record<string, number>[] = [];
  readonly #updates: Record<string, number>[] = [];
  /** Keys and values of the answers until their corrections are sampled. */
  #contexts: Contexts | undefined;
  #cursor: number;
  #streams: number;
  #tokens = 0;
  #layer1Updates = 0;
  /** Step of the latest update of layer 1, which gives the learning rate. */
  #scheduleStep: number;

  /** @param at where the run stands; @param step optimiser steps of layer 1 done */
  constructor(parts: HostParts, at: Position, step: number) {
    const { policy, config } = parts;
    this.#parts = parts;
    this.#step = this.#scheduleStep = step;
    [this.#cursor, this.#streams] = [at.cursor, at.streams];
    this.#rng = new Rng(config.seed, STREAM.step, at.draws);
    this.phrases = parts.phrases;
    this.eosIds = policy.eosIds;
    this.thinkEnd = thinkEnd(policy.tokenizer);
    this.maxContextLength = Math.min(config.maxContextLength ?? policy.context, policy.context);
  }

  /** Where the run stands after what this host has done. */
  get position(): Position {
    return { cursor: this.#cursor, streams: this.#streams, draws: this.#rng.position };
  }

  /** Whether an update has changed the weights: then the step can only be finished, not taken back. */
  get hasUpdated(): boolean {
    return this.#updates.length > 0;
  }

  /** What reward functions logged, the means over the updates, and counts. */
  get metrics(): Record<string, number> {
    return { ...meanMetrics(this.#logged), ...meanMetrics(this.#updates), num_tokens: this.#tokens, epoch: this.#epoch };
  }

  get #epoch(): number {
    return this.#cursor / this.#parts.order.size;
  }

  draw(): number {
    return this.#rng.uniform();
  }

  /** The next questions in the order of the data. */
  nextQuestions(count: number): EncodedQuestion[] {
    const questions = this.#parts.order.take(this.#cursor, count);
    this.#cursor += count;
    return questions;
  }

  moreQuestions(count: number): Promise<readonly EncodedQuestion[]> {
    return Promise.resolve(this.nextQuestions(count));
  }

  sample(
    layer: 1 | 2,
    prompts: readonly Prompt<EncodedQuestion>[],
    n: number,
    settings: GRPOConfig,
  ): Promise<readonly (readonly Completion[])[]> {
    const { policy, config, signal } = this.#parts;
    return this.#timed('sample', layer, async () => {
      const firstStream = this.#streams;
      this.#streams += prompts.length * n;
      if (layer === 1) this.#contexts = this.#openContexts(prompts);
      const completions = await rollout(policy, prompts, n, settings, {
        seed: config.seed,
        firstStream,
        contexts: this.#contexts,
        keep: layer === 1,
        // Once the weights have moved the step is finished, so that what is saved is the state between two steps.
        signal: this.hasUpdated ? undefined : signal,
        onProgress: ({ done, total, tokens }) => this.#progress('sample', layer, done, total, tokens),
        room: this.#parts.room,
      });
      if (layer === 2) this.free();
      this.#tokens += completions.flat().reduce((sum, { ids }) => sum + ids.length, 0);
      return completions;
    });
  }

  async critique(queries: readonly Query<EncodedQuestion>[], settings: GRPOConfig): Promise<readonly Query<EncodedQuestion>[]> {
    const { critic, signal } = this.#parts;
    if (!critic || queries.length === 0) return queries;
    const lengths = { ...settings, maxContextLength: Math.min(this.maxContextLength, critic.context) };
    const found = await withCritiques(critic, queries, lengths, this.hasUpdated ? undefined : signal);
    this.#tokens += found.tokens;
    return found.queries;
  }

  score(
    layer: 1 | 2,
    prompts: readonly Prompt<EncodedQuestion>[],
    completions: readonly (readonly Completion[])[],
  ): Promise<Scored> {
    const { policy, config, rewardFuncs, maxSteps, signal } = this.#parts;
    return this.#timed('score', layer, async () => {
      const logged: Record<string, number> = {};
      const failures: MgrpoError[] = [];
      const { scored } = await judge(policy, prompts, completions, {
        rewardFuncs,
        openThink: config.layer2?.mode === 'open_think',
        revision: config.layer2?.revision ?? 'always',
        trainerState: { globalStep: this.#step, maxSteps, epoch: this.#epoch },
        logMetric: (name, value) => (logged[layer === 2 ? `layer2/${name}` : name] = value),
        calls: {
          timeout: config.rewardTimeout,
          // Once the weights have moved, a step cannot be skipped as a whole, nor be stopped.
          failuresAreNull: config.rewardErrors === 'null' || (config.rewardErrors === 'skip' && this.hasUpdated),
          signal: this.hasUpdated ? undefined : signal,
          onFailure: (error) => failures.push(error),
        },
      });
      for (const { message } of failures)
        await this.#parts.events.emit({ type: 'notice', step: this.#step + 1, text: `${message}; it counts as not judged` });
      this.#logged.push(logged);
      return scored;
    });
  }

  async rescored(windows: readonly (readonly MicroBatch[])[]): Promise<readonly (readonly MicroBatch[])[]> {
    const { decoder } = this.#parts.policy;
    if (decoder.kvCacheDtype === 'f32') return windows;
    return this.#timed('update', windows[0]![0]?.layer ?? 1, () =>
      takeTurn(decoder.device, async () => {
        const out: MicroBatch[][] = [];
        for (const window of windows) out.push(await withOldLogps(decoder, window));
        return out;
      }),
    );
  }

  update(window: UpdateWindow): Promise<void> {
    const { policy, config, maxSteps, optimizer, reference } = this.#parts;
    const layer = window.microBatches.some((batch) => batch.layer === 1) ? 1 : 2;
    if (layer === 1) this.#scheduleStep = this.#step + this.#layer1Updates++;
    const at = Math.min(this.#scheduleStep, maxSteps);
    const learningRate = config.learningRate * scheduleFactor(config.lrSchedulerType, at, maxSteps, config.warmupRatio);
    return this.#timed('update', layer, async () => {
      const { metrics } = await takeTurn(policy.decoder.device, () =>
        updatePolicy(policy.decoder, optimizer, window, {
          learningRate,
          reference,
          onProgress: (done, total, tokens) => this.#progress('update', layer, done, total, tokens),
          room: this.#parts.room,
          detectAnomaly: config.detectAnomaly,
        }),
      ).catch((error: unknown) => this.#leftOut(error));
      this.#updates.push(layer === 1 ? metrics : Object.fromEntries(Object.entries(metrics).map(([k, v]) => [`layer2/${k}`, v])));
    });
  }

  /** What is noted of an update that diverged, where such are left out. */
  async #leftOut(error: unknown): Promise<Pick<UpdateReport, 'metrics'>> {
    const { config, events } = this.#parts;
    if (config.divergedUpdates !== 'skip' || !(error instanceof MgrpoError) || error.code !== 'diverged') throw error;
    await events.emit({ type: 'notice', step: this.#step + 1, text: `${error.message}; the update is left out` });
    return { metrics: { diverged: 1 } };
  }

  /** Frees what a step that ended early has left. */
  free(): void {
    this.#contexts?.free();
    this.#contexts = undefined;
  }

  /** Where layer 1 is sampled from the weights of layer 2, its keys and values are kept; an update between them makes them worthless. */
  #openContexts(prompts: readonly Prompt<EncodedQuestion>[]): Contexts | undefined {
    const { config, policy, phrases } = this.#parts;
    const longestPrompt = longest(prompts.map(({ question }) => question.correctionPromptIds ?? question.promptIds));
    const sizes = contextSizes(config, { count: prompts.length, longest: longestPrompt }, longest(phrases.map(({ ids }) => ids)));
    return sizes && Contexts.open(policy.decoder, sizes);
  }

  async #timed<T>(phase: Phase, layer: 1 | 2, work: () => Promise<T>): Promise<T> {
    if (!this.hasUpdated) this.#parts.events.surface();
    const start = performance.now();
    try {
      return await work();
    } finally {
      const key = `${phase}/${layer}`;
      this.seconds[key] = (this.seconds[key] ?? 0) + (performance.now() - start) / 1000;
    }
  }

  #progress(phase: Phase, layer: 1 | 2, done: number, total: number, tokens: number): void {
    this.#parts.events.progress({ step: this.#step, phase, layer, done, total, tokens });
  }
}

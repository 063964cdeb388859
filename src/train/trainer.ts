// GRPO and MGRPO on a policy. This file is the trainer: what it is made from, its loop of steps, evaluation, saving. The step itself is
// algo/mgrpo.ts; what samples, scores and updates for it is host.ts; the loop around it, shared with SFT, is loop.ts.
//
// It is GRPO as in TRL, with TRL's names, but:
//   - advantages are not divided by a standard deviation and the loss is a mean over answers (the paper; scaleRewards, lossType);
//   - sampler and trainer are one engine, so the first update after sampling has a ratio of exactly 1 and needs no correction for it;
//   - a sampling round feeds whole optimiser steps, and answers stay in group order;
//   - every random number comes from (seed, position): a run that is saved and resumed gives the same bytes.
// It is not: several devices, an adaptive KL or entropy weight, a reference that follows the policy, a reward model (write it as a function).
import type { Metric } from '../algo/evaluation.js';
import { mgrpoStep, settingsAt } from '../algo/mgrpo.js';
import { batchPlan } from '../config/batch.js';
import type { GRPOConfig } from '../config/grpo.js';
import { LIVE_OPTIONS, type LiveSettings } from '../config/live.js';
import { check, MgrpoError } from '../errors.js';
import { AdamW } from '../optim/adamw.js';
import type { FileSink, FileSource } from '../platform/files.js';
import type { TaskRow } from '../tasks/task.js';
import { Emitter } from './emitter.js';
import { evaluate } from './evaluate.js';
import { forecast } from './forecast.js';
import { DeviceHost } from './host.js';
import { Gate, runLoop } from './loop.js';
import type { LoopState, StepDone, TrainResult } from './loop.js';
import type { Policy } from './policy.js';
import { recordsOf } from './records.js';
import { makeReference } from './reference.js';
import type { HeldReference } from './reference.js';
import { Room } from './room.js';
import { prepare } from './setup.js';
import type { Setup, TrainerOptions } from './setup.js';
import { loadTrainerState, saveTrainerState } from './state.js';
import type { Position } from './state.js';
import { checkUntrained, holdPolicy, takeTurn } from './turns.js';

/** What {@link GRPOTrainer} and {@link MGRPOTrainer} are: they differ in their settings alone. */
export class PolicyTrainer {
  readonly policy: Policy;
  /** Optimiser steps of layer 1 that the run has in all. */
  readonly maxSteps: number;
  readonly #resolve: (args: object | undefined) => GRPOConfig;
  #config: GRPOConfig;
  /** What was changed and not told yet. */
  #changed: Partial<LiveSettings> = {};
  readonly #setup: Setup;
  readonly #evalDataset: readonly TaskRow[] | undefined;
  readonly #referencePolicy: Policy | undefined;
  readonly #optimizer: AdamW;
  readonly #events: Emitter;
  readonly #gate = new Gate();
  readonly #state: LoopState = { step: 0, window: [] };
  #position: Position = { cursor: 0, streams: 0, draws: 0 };
  #reference: HeldReference | null = null;
  readonly #room: Room = new Room((text) => this.#events.emit({ type: 'notice', step: this.#state.step + 1, text }));
  /** The step that failed after it had begun to change the weights. */
  #brokenStep: number | null = null;

  /** @throws MgrpoError where settings, data and model do not fit together; everything is checked before anything runs */
  constructor(where: string, options: TrainerOptions<unknown>, resolve: (args: object | undefined) => GRPOConfig) {
    this.#setup = prepare(where, options, resolve);
    ({ policy: this.policy, maxSteps: this.maxSteps } = this.#setup);
    this.#config = this.#setup.config;
    this.#resolve = resolve;
    this.#evalDataset = options.evalDataset;
    this.#referencePolicy = options.referencePolicy;
    this.#events = new Emitter(options.onEvent);
    this.#optimizer = new AdamW(this.policy.decoder.trained, this.config);
  }

  /**
   * Runs until maxSteps, or until the signal: then the state is that of the last finished step. So it is after an error too, and the training
   * can go on, but for an error in a step that had begun to change the weights: then the trainer refuses to go on.
   */
  async train(): Promise<TrainResult> {
    this.#assertWhole('train');
    const { config, policy } = this;
    const { decoder } = policy;
    const release = holdPolicy(policy);
    try {
      this.#reference ??= makeReference(policy, config, this.#referencePolicy, this.#state.step);
      return await runLoop({
        ...config,
        device: decoder.device,
        events: this.#events,
        gate: this.#gate,
        signal: this.#setup.signal,
        start: {
          algorithm: config.layer2 ? 'mgrpo' : 'grpo',
          model: policy.name,
          parameters: decoder.parameters.count,
          trainable: decoder.trained.count,
          rows: this.#setup.order.size,
          memory: forecast(this.#setup, this.#room),
        },
        maxSteps: this.maxSteps,
        state: this.#state,
        step: () => this.#step(),
        ...(this.#evalDataset && { evaluate: () => this.evaluate() }),
      });
    } finally {
      release();
    }
  }

  /** One sampling round and its updates; null where the signal ended it before the first update. */
  async #step(): Promise<StepDone | null> {
    const { policy } = this;
    await this.#tellChanges();
    const config = settingsAt(this.config, this.#state.step);
    const { signal } = this.#setup;
    const plan = batchPlan(config);
    const step = this.#state.step + plan.stepsPerRound * config.numIterations;
    const reference = this.#reference?.score ?? null;
    const parts = { ...this.#setup, config, optimizer: this.#optimizer, events: this.#events, reference, room: this.#room };
    const host = new DeviceHost(parts, this.#position, this.#state.step);
    try {
      signal?.throwIfAborted();
      const { answers, corrections, metrics } = await mgrpoStep(host.nextQuestions(plan.questions), config, host);
      this.#position = host.position;
      const completions = [
        ...recordsOf(policy, step, 1, answers, true),
        ...(corrections ? recordsOf(policy, step, 2, corrections, true) : []),
      ];
      return { step, metrics: { ...metrics, ...host.metrics }, seconds: host.seconds, completions };
    } catch (error) {
      if (host.hasUpdated) this.#brokenStep = step;
      else if (signal?.aborted) return null;
      else if (config.rewardErrors === 'skip' && error instanceof MgrpoError && error.code === 'reward_function') {
        await this.#events.emit({ type: 'notice', step, text: `${error.message}; the step is skipped` });
        this.#position = host.position;
        return { step, metrics: { ...host.metrics, skipped: 1 }, seconds: host.seconds };
      }
      throw error;
    } finally {
      host.free();
    }
  }

  /** Holds the training before its next step, until {@link resume}; events, saving and evaluating go on. */
  pause(): void {
    this.#gate.close();
  }

  /** Lets a paused training go on. */
  resume(): void {
    this.#gate.open();
  }

  /** The settings, as they hold for the next step. */
  get config(): GRPOConfig {
    return this.#config;
  }

  /**
   * Changes settings from the next step on; a `settings` event says so.
   * @throws invalid_argument where one may not change, or has a value that it cannot have
   */
  change(settings: Partial<LiveSettings>): void {
    for (const name of Object.keys(settings))
      check(
        LIVE_OPTIONS.some((option) => option === name),
        `change: expected one of ${LIVE_OPTIONS.join(', ')}, got ${name}; start another training for that`,
      );
    check(
      settings.beta === undefined || settings.beta === 0 || this.#config.beta > 0 || this.#reference?.score,
      `change: expected beta 0 in a training that keeps no reference, got ${settings.beta}; start with a beta above 0`,
    );
    const { layer2, ...config } = this.#config;
    this.#config = this.#resolve({ ...config, ...(layer2 && { layer2 }), ...settings });
    this.#changed = { ...this.#changed, ...settings };
  }

  async #tellChanges(): Promise<void> {
    const settings = this.#changed;
    if (Object.keys(settings).length === 0) return;
    this.#changed = {};
    await this.#events.emit({ type: 'settings', step: this.#state.step + 1, settings });
  }

  /** Optimiser steps of layer 1 done. */
  get step(): number {
    return this.#state.step;
  }

  /** Whether {@link pause} holds the training. */
  get isPaused(): boolean {
    return this.#gate.isClosed;
  }

  /** Answers and, with layer 2, corrections of the present policy on held-out rows, at `evalTemperature`. */
  async evaluate(dataset: readonly TaskRow[] | undefined = this.#evalDataset): Promise<Record<string, Metric>> {
    check(dataset && dataset.length > 0, 'evaluate: expected rows, got none; pass evalDataset');
    const { config } = this;
    const { step } = this.#state;
    const { metrics } = await evaluate(this.policy, dataset, {
      layer2: config.layer2,
      temperature: config.evalTemperature,
      maxCompletionLength: config.maxCompletionLength,
      maxContextLength: config.maxContextLength,
      maxSlots: config.maxSlots,
      numGenerations: config.numGenerationsEval,
      rewardFuncs: this.#setup.rewardFuncs,
      rewardWeights: config.rewardWeights,
      rewardTimeout: config.rewardTimeout,
      rewardErrors: config.rewardErrors,
      seed: config.seed,
      signal: this.#setup.signal,
      ...(this.#setup.critic && { critic: this.#setup.critic }),
      onProgress: (done, total, tokens) => this.#events.progress({ step, phase: 'evaluate', done, total, tokens }),
    });
    this.#events.surface();
    return metrics;
  }

  /** Writes the optimiser's moments and the trainer's position; with the policy's own files, all that a run needs to go on. */
  async saveState(sink: FileSink): Promise<void> {
    this.#assertWhole('saveState');
    const state = { ...this.#state, ...this.#position, parts: this.#room.parts };
    await takeTurn(this.policy.decoder.device, () => saveTrainerState(sink, state, this.#optimizer));
  }

  /**
   * Goes on where a saved state left off; the policy must be the one saved beside it.
   * @throws MgrpoError where the files belong to another model
   */
  async restoreState(files: FileSource): Promise<void> {
    this.#assertWhole('restoreState');
    const { decoder } = this.policy;
    const restored = await takeTurn(decoder.device, () => loadTrainerState(files, this.#optimizer, decoder));
    const { step, window, parts, ...position } = restored;
    this.#room.parts = parts;
    Object.assign(this.#state, { step, window: [...window] });
    this.#position = position;
  }

  /** Frees the optimiser's and the reference's memory; the policy stays. */
  free(): void {
    checkUntrained(this.policy);
    this.#optimizer.free();
    this.#reference?.free();
    this.#reference = null;
  }

  /** As {@link free}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await takeTurn(this.policy.decoder.device, () => Promise.resolve(this.free()));
  }

  #assertWhole(call: string): void {
    if (this.#brokenStep === null) return;
    throw new MgrpoError(
      'invalid_argument',
      `${call}: expected the weights of a finished step, got those of step ${this.#brokenStep}, which failed between its updates; ` +
        'load the last checkpoint into a new policy and trainer',
    );
  }
}

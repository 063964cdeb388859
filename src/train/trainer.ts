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
import { mgrpoStep } from '../algo/mgrpo.js';
import type { Phrase } from '../algo/rollout.js';
import { batchPlan } from '../config/batch.js';
import { checkContext } from '../config/context.js';
import type { GRPOConfig } from '../config/grpo.js';
import { check, MgrpoError } from '../errors.js';
import { LISTENER, takeOptions } from '../options/border.js';
import type { Thing } from '../options/border.js';
import { AdamW } from '../optim/adamw.js';
import type { FileSink, FileSource } from '../platform/files.js';
import type { RewardFunction } from '../reward/types.js';
import type { TaskRow } from '../tasks/task.js';
import { Emitter } from './emitter.js';
import { evaluate } from './evaluate.js';
import type { Listener } from './events.js';
import { DeviceHost } from './host.js';
import { Gate, runLoop } from './loop.js';
import type { LoopState, StepDone, TrainResult } from './loop.js';
import { QuestionOrder } from './order.js';
import type { Policy } from './policy.js';
import { encodePhrases, encodeQuestions } from './questions.js';
import type { EncodedQuestion } from './questions.js';
import { recordsOf } from './records.js';
import { makeReference } from './reference.js';
import type { HeldReference } from './reference.js';
import { loadTrainerState, saveTrainerState } from './state.js';
import type { Position } from './state.js';
import { ARGS, POLICY, REWARD_FUNCS, ROWS, SIGNAL } from './things.js';
import { holdPolicy, takeTurn } from './turns.js';

/** What a trainer is made from. */
export interface TrainerOptions<C> {
  readonly policy: Policy;
  /** One or more, the verifier first: an answer counts as right where its reward exceeds 0.5 (layer2.correctThreshold). */
  readonly rewardFuncs: RewardFunction | readonly RewardFunction[];
  readonly args?: C;
  readonly trainDataset: readonly TaskRow[];
  /** Held-out rows for {@link PolicyTrainer.evaluate} and `evalSteps`. */
  readonly evalDataset?: readonly TaskRow[];
  readonly onEvent?: Listener;
  /** Stops before the next update of the weights, or after the step that has begun to update them; the state can be saved then. */
  readonly signal?: AbortSignal;
  /** The reference of the KL term, where it is not what `policy` holds now: the start model of a run that is resumed. */
  readonly referencePolicy?: Policy;
}

const THINGS: Readonly<Record<keyof TrainerOptions<unknown>, Thing>> = {
  policy: POLICY,
  rewardFuncs: REWARD_FUNCS,
  args: ARGS,
  trainDataset: ROWS,
  evalDataset: { ...ROWS, optional: true },
  onEvent: LISTENER,
  signal: SIGNAL,
  referencePolicy: { ...POLICY, optional: true },
};

/** What {@link GRPOTrainer} and {@link MGRPOTrainer} are: they differ in their settings alone. */
export class PolicyTrainer {
  readonly config: GRPOConfig;
  readonly policy: Policy;
  /** Optimiser steps of layer 1 that the run has in all. */
  readonly maxSteps: number;
  readonly #options: TrainerOptions<unknown>;
  readonly #rewardFuncs: readonly RewardFunction[];
  readonly #order: QuestionOrder<EncodedQuestion>;
  readonly #phrases: readonly Phrase[];
  readonly #optimizer: AdamW;
  readonly #events: Emitter;
  readonly #gate = new Gate();
  readonly #state: LoopState = { step: 0, window: [] };
  #position: Position = { cursor: 0, streams: 0, draws: 0 };
  #reference: HeldReference | null = null;
  /** The step that failed after it had begun to change the weights. */
  #brokenStep: number | null = null;

  /** @throws MgrpoError where settings, data and model do not fit together; everything is checked before anything runs */
  constructor(where: string, options: TrainerOptions<unknown>, resolve: (args: object | undefined) => GRPOConfig) {
    takeOptions(where, {}, options, THINGS);
    const { policy, rewardFuncs, trainDataset: rows, args } = options;
    const config = resolve(args as object | undefined);
    [this.config, this.policy, this.#options] = [config, policy, options];
    this.#rewardFuncs = typeof rewardFuncs === 'function' ? [rewardFuncs] : rewardFuncs;
    this.#events = new Emitter(options.onEvent);
    const { decoder, tokenizer, context } = policy;
    check(
      decoder.trained.slabs.length > 0,
      `${where}: nothing is trainable; load the policy with train 'full', or with the settings of a LoRA adapter: train: { r: 16 }`,
    );
    const functions = this.#rewardFuncs.length;
    check(
      config.rewardWeights === null || config.rewardWeights.length === functions,
      `${where}: expected ${functions} rewardWeights, one per reward function, got ${config.rewardWeights?.length}; leave them out for all 1`,
    );
    const plan = batchPlan(config);
    check(
      rows.length >= plan.questions,
      `${where}: expected at least ${plan.questions} rows for a round of ${plan.questions} questions, got ${rows.length}; ` +
        `lower gradientAccumulationSteps or perDeviceTrainBatchSize, or raise numGenerations`,
    );
    check(
      config.evalSteps === null || (options.evalDataset?.length ?? 0) > 0,
      `${where}: expected rows in evalDataset for evalSteps ${config.evalSteps}, got none; pass some, or leave evalSteps null`,
    );
    const layer2 = config.layer2?.enabled ? config.layer2 : null;
    const questions = encodeQuestions(tokenizer, rows, layer2);
    this.#phrases = layer2 ? encodePhrases(tokenizer, layer2.phrases) : [];
    const prompts = questions.flatMap(({ promptIds, correctionPromptIds = [] }) => [promptIds, correctionPromptIds]);
    checkContext(config, context, longest(prompts), longest(this.#phrases.map(({ ids }) => ids)));
    this.#order = new QuestionOrder(questions, config);
    const perEpoch = (rows.length / plan.questions) * plan.stepsPerRound * config.numIterations;
    this.maxSteps = config.maxSteps > 0 ? config.maxSteps : Math.ceil(perEpoch * config.numTrainEpochs);
    this.#optimizer = new AdamW(decoder.trained, config);
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
      this.#reference ??= makeReference(policy, config, this.#options.referencePolicy, this.#state.step);
      return await runLoop({
        ...config,
        device: decoder.gpu,
        events: this.#events,
        gate: this.#gate,
        signal: this.#options.signal,
        start: {
          algorithm: config.layer2 ? 'mgrpo' : 'grpo',
          model: policy.name,
          parameters: decoder.parameters.count,
          trainable: decoder.trained.count,
          rows: this.#order.size,
        },
        maxSteps: this.maxSteps,
        state: this.#state,
        step: () => this.#step(),
        ...(this.#options.evalDataset && { evaluate: () => this.evaluate() }),
      });
    } finally {
      release();
    }
  }

  /** One sampling round and its updates; null where the signal ended it before the first update. */
  async #step(): Promise<StepDone | null> {
    const { config, policy } = this;
    const { signal } = this.#options;
    const plan = batchPlan(config);
    const step = this.#state.step + plan.stepsPerRound * config.numIterations;
    const host = new DeviceHost(
      {
        policy,
        config,
        maxSteps: this.maxSteps,
        rewardFuncs: this.#rewardFuncs,
        order: this.#order,
        phrases: this.#phrases,
        optimizer: this.#optimizer,
        reference: this.#reference?.score ?? null,
        events: this.#events,
        signal,
      },
      this.#position,
      this.#state.step,
    );
    try {
      signal?.throwIfAborted();
      const { answers, corrections, metrics } = await mgrpoStep(host.nextQuestions(plan.questions), config, host);
      this.#position = host.position;
      const completions = [
        ...recordsOf(policy, step, 1, answers),
        ...(corrections ? recordsOf(policy, step, 2, corrections) : []),
      ];
      return { step, metrics: { ...metrics, ...host.metrics }, seconds: host.seconds, completions };
    } catch (error) {
      if (host.hasUpdated) this.#brokenStep = step;
      else if (signal?.aborted) return null;
      throw error;
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

  /** Whether {@link pause} holds the training. */
  get isPaused(): boolean {
    return this.#gate.isClosed;
  }

  /** Answers and, with layer 2, corrections of the present policy on held-out rows, at `evalTemperature`. */
  async evaluate(dataset: readonly TaskRow[] | undefined = this.#options.evalDataset): Promise<Record<string, Metric>> {
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
      rewardFuncs: this.#rewardFuncs,
      rewardWeights: config.rewardWeights,
      seed: config.seed,
      signal: this.#options.signal,
      onProgress: (done, total, tokens) => this.#events.progress({ step, phase: 'evaluate', done, total, tokens }),
    });
    this.#events.surface();
    return metrics;
  }

  /** Writes the optimiser's moments and the trainer's position; with the policy's own files, all that a run needs to go on. */
  async saveState(sink: FileSink): Promise<void> {
    this.#assertWhole('saveState');
    const state = { ...this.#state, ...this.#position };
    await takeTurn(this.policy.decoder.gpu, () => saveTrainerState(sink, state, this.#optimizer));
  }

  /**
   * Goes on where a saved state left off; the policy must be the one saved beside it.
   * @throws MgrpoError where the files belong to another model
   */
  async restoreState(files: FileSource): Promise<void> {
    this.#assertWhole('restoreState');
    const { decoder } = this.policy;
    const { step, window, ...position } = await takeTurn(decoder.gpu, () => loadTrainerState(files, this.#optimizer, decoder));
    Object.assign(this.#state, { step, window: [...window] });
    this.#position = position;
  }

  /** Frees the optimiser's and the reference's memory; the policy stays. */
  free(): void {
    this.#optimizer.free();
    this.#reference?.free();
    this.#reference = null;
  }

  /** As {@link free}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await takeTurn(this.policy.decoder.gpu, () => Promise.resolve(this.free()));
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

function longest(lists: readonly ArrayLike<number>[]): number {
  return lists.reduce((n, { length }) => Math.max(n, length), 0);
}

import type { Metric } from '../algo/evaluation.js';
import { mgrpoStep, type StepHost, type StepReport } from '../algo/mgrpo.js';
import type { Completion, Origin, Phrase, Prompt, Rollout, Scored } from '../algo/rollout.js';
import { batchPlan } from '../config/batch.js';
import { checkContext } from '../config/context.js';
import { resolveGRPOConfig } from '../config/grpo.js';
import type { GRPOConfig, GRPOConfigInput } from '../config/grpo.js';
import { check, MgrpoError } from '../errors.js';
import { Decoder } from '../nn/decoder.js';
import { AdamW } from '../optim/adamw.js';
import { scheduleFactor } from '../optim/schedule.js';
import type { FileSink, FileSource } from '../platform/files.js';
import { scoreAll } from '../reward/run.js';
import type { RewardFunction } from '../reward/types.js';
import { Rng } from '../rng.js';
import type { TaskRow } from '../tasks/task.js';
import { evaluate } from './evaluate.js';
import type { CompletionRecord, Listener, Phase } from './events.js';
import { meanMetrics } from './metrics.js';
import { STREAM, type Policy } from './policy.js';
import { encodePhrases, encodeQuestions, thinkEnd, type EncodedQuestion } from './questions.js';
import { rewardArgs, rollout, rolloutTexts, type RolloutTexts } from './rollout.js';
import { loadTrainerState, saveTrainerState, type TrainerState } from './state.js';
import { adapterOffReference, scoreSequences, updatePolicy, type Reference } from './update.js';

/** What a trainer is made from. */
export interface TrainerOptions<C> {
  readonly policy: Policy;
  readonly config?: C;
  /** The verifier first: an answer counts as right where its reward exceeds 0.5 (layer2.correctThreshold). */
  readonly rewards: readonly RewardFunction[];
  readonly rows: readonly TaskRow[];
  /** Held-out rows for {@link GRPOTrainer.evaluate} and `evalSteps`. */
  readonly evalRows?: readonly TaskRow[];
  readonly onEvent?: Listener;
  /** Stops before the next update of the weights, or after the step that has begun to update them; the state can be saved then. */
  readonly signal?: AbortSignal;
  /** Samples that are decoded at a time (default 64). */
  readonly maxSlots?: number;
  /** The reference of the KL term, where it is not what `policy` holds now: the start model of a run that is resumed. */
  readonly referencePolicy?: Policy;
}

/** How a training run ended. */
export interface TrainResult {
  readonly steps: number;
  readonly reason: 'done' | 'interrupted';
  /** Means over the last logged steps. */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * GRPO (Shao et al., arXiv 2402.03300) with TRL's names. {@link MGRPOTrainer} adds the second layer; both run
 * {@link mgrpoStep}, which is the paper's step, over this host.
 */
export class GRPOTrainer {
  readonly config: GRPOConfig;
  readonly policy: Policy;
  readonly #options: TrainerOptions<unknown>;
  readonly #questions: readonly EncodedQuestion[];
  readonly #phrases: readonly Phrase[];
  readonly #optimizer: AdamW;
  readonly #maxSteps: number;
  readonly #emit: Listener;
  #reference: { readonly reference: Reference; free(): void } | null = null;
  #state: TrainerState = { step: 0, cursor: 0, streams: 0, draws: 0, optimizerSteps: 0 };

  /** @throws MgrpoError where settings, data and model do not fit together; everything is checked before anything runs */
  constructor(options: TrainerOptions<GRPOConfigInput>, resolved: GRPOConfig = resolveGRPOConfig(options.config)) {
    const { policy, rows, rewards } = options;
    this.config = resolved;
    this.policy = policy;
    this.#options = options;
    this.#emit = options.onEvent ?? (() => undefined);
    check(rows.length > 0, 'GRPOTrainer: expected at least one row of data, got 0; give it a data set');
    check(rewards.length > 0, 'GRPOTrainer: expected at least one reward function, got 0; pass [accuracyReward()] for instance');
    check(
      resolved.rewardWeights === null || resolved.rewardWeights.length === rewards.length,
      `GRPOTrainer: expected ${rewards.length} rewardWeights, one per reward function, got ${resolved.rewardWeights?.length}; leave them out for all 1`,
    );
    const plan = batchPlan(resolved);
    check(
      rows.length >= plan.questions,
      `GRPOTrainer: expected at least ${plan.questions} rows for a round of ${plan.questions} questions, got ${rows.length}; ` +
        `lower gradientAccumulationSteps or perDeviceTrainBatchSize, or raise numGenerations`,
    );
    const layer2 = resolved.layer2?.enabled ? resolved.layer2 : null;
    this.#questions = encodeQuestions(policy.tokenizer, rows, layer2);
    this.#phrases = layer2 ? encodePhrases(policy.tokenizer, layer2.phrases) : [];
    const longest = (list: readonly { readonly length: number }[]): number => list.reduce((n, ids) => Math.max(n, ids.length), 0);
    checkContext(
      resolved,
      policy.context,
      Math.max(
        longest(this.#questions.map((q) => q.promptIds)),
        longest(this.#questions.map((q) => q.correctionPromptIds ?? [])),
      ),
      longest(this.#phrases.map((p) => p.ids)),
    );
    const perEpoch = (rows.length / plan.questions) * plan.stepsPerRound * resolved.numIterations;
    this.#maxSteps = resolved.maxSteps > 0 ? resolved.maxSteps : Math.ceil(perEpoch * resolved.numTrainEpochs);
    this.#optimizer = new AdamW(policy.decoder.trained, resolved);
  }

  /** Optimiser steps of layer 1 that the run has in all. */
  get maxSteps(): number {
    return this.#maxSteps;
  }

  /** Runs until maxSteps, or until the signal: then the state is that of the last finished step. */
  async train(): Promise<TrainResult> {
    const { config, policy } = this;
    const { gpu } = policy.decoder;
    const plan = batchPlan(config);
    const stepsPerRound = plan.stepsPerRound * config.numIterations;
    const started = performance.now();
    const firstStep = this.#state.step;
    this.#reference ??= this.#makeReference();
    await this.#emit({
      type: 'start',
      algorithm: config.layer2 ? 'mgrpo' : 'grpo',
      model: policy.name,
      parameters: policy.decoder.parameters.count,
      trainable: policy.decoder.trained.count,
      adapter: gpu.adapter.description,
      steps: this.#maxSteps,
      firstStep,
      rows: this.#questions.length,
    });
    let window: Record<string, number>[] = [];
    let last: Record<string, number> = {};
    let reason: TrainResult['reason'] = 'done';
    while (this.#state.step < this.#maxSteps) {
      const before = { ...this.#state };
      let metrics: Record<string, number>;
      const seconds: Record<string, number> = {};
      const begun = performance.now();
      gpu.resetPeak();
      try {
        this.#options.signal?.throwIfAborted();
        const report = await this.#round(seconds);
        this.#state = { ...this.#state, step: before.step + stepsPerRound, optimizerSteps: this.#optimizer.steps };
        metrics = report;
      } catch (error) {
        if (!this.#options.signal?.aborted) throw error;
        this.#state = before;
        reason = 'interrupted';
        break;
      }
      const { step } = this.#state;
      metrics['step_time'] = (performance.now() - begun) / 1000;
      metrics['epoch'] = this.#state.cursor / this.#questions.length;
      window.push(metrics);
      const perStep = (performance.now() - started) / 1000 / (step - firstStep);
      const secondsLeft = perStep * Math.max(this.#maxSteps - step, 0);
      await this.#emit({ type: 'step', step, steps: this.#maxSteps, metrics, seconds, memory: gpu.memory, secondsLeft });
      const crossed = (every: number | null): boolean =>
        every !== null && Math.floor(step / every) > Math.floor(before.step / every);
      const done = step >= this.#maxSteps;
      if (crossed(config.loggingSteps) || done) {
        last = meanMetrics(window);
        window = [];
        await this.#emit({ type: 'log', step, metrics: last });
      }
      if (this.#options.evalRows && (crossed(config.evalSteps) || (done && config.evalSteps !== null))) {
        await this.#emit({ type: 'evaluation', step, metrics: await this.evaluate() });
      }
      if (!done && crossed(config.saveSteps)) await this.#emit({ type: 'checkpoint', step, last: false });
    }
    if (window.length > 0) last = meanMetrics(window);
    await this.#emit({ type: 'checkpoint', step: this.#state.step, last: true });
    await this.#emit({ type: 'end', step: this.#state.step, steps: this.#maxSteps, reason });
    return { steps: this.#state.step, reason, metrics: last };
  }

  /** Both turns (with layer 2) of the present policy on held-out rows, at `evalTemperature`. */
  async evaluate(rows: readonly TaskRow[] | undefined = this.#options.evalRows): Promise<Record<string, Metric>> {
    check(rows && rows.length > 0, 'evaluate: expected rows, got none; pass evalRows');
    const { config } = this;
    const { metrics } = await evaluate(this.policy, rows, {
      layer2: config.layer2,
      temperature: config.evalTemperature,
      maxCompletionLength: config.maxCompletionLength,
      maxContextLength: config.maxContextLength,
      numGenerations: config.numGenerationsEval,
      rewards: this.#options.rewards,
      rewardWeights: config.rewardWeights,
      seed: config.seed,
      signal: this.#options.signal,
      onProgress: (done, total, tokens) => this.#progress('evaluate', undefined, done, total, tokens),
    });
    return metrics;
  }

  /** Writes the optimiser's moments and the trainer's position; with the policy's own files, all that a run needs to go on. */
  async saveState(sink: FileSink): Promise<void> {
    await saveTrainerState(sink, this.#state, this.#optimizer);
  }

  /**
   * Goes on where a saved state left off; the policy must be the one saved beside it.
   * @throws MgrpoError where the files belong to another model
   */
  async restoreState(files: FileSource): Promise<void> {
    this.#state = await loadTrainerState(files, this.#optimizer, this.policy.decoder);
  }

  /** Frees the optimiser's and the reference's memory; the policy stays. */
  free(): void {
    this.#optimizer.free();
    this.#reference?.free();
    this.#reference = null;
  }

  async #round(seconds: Record<string, number>): Promise<Record<string, number>> {
    const { config, policy } = this;
    const plan = batchPlan(config);
    const updates: Record<string, number>[] = [];
    const logged: Record<string, number> = {};
    const records: CompletionRecord[] = [];
    const texts = new Map<1 | 2, RolloutTexts>();
    const extras = new Map<string, readonly unknown[]>();
    let tokens = 0;
    let layer1Updates = 0;
    const timed = async <T>(phase: Phase, layer: 1 | 2, work: () => Promise<T>): Promise<T> => {
      const start = performance.now();
      try {
        return await work();
      } finally {
        const key = `${phase}/${layer}`;
        seconds[key] = (seconds[key] ?? 0) + (performance.now() - start) / 1000;
      }
    };
    const rng = new Rng(config.seed, STREAM.step, this.#state.draws);
    const openThink = config.layer2?.mode === 'open_think';
    const host: StepHost<EncodedQuestion> = {
      phrases: this.#phrases,
      eosIds: policy.eosIds,
      thinkEnd: thinkEnd(policy.tokenizer),
      maxContextLength: Math.min(config.maxContextLength ?? policy.context, policy.context),
      draw: () => rng.uniform(),
      moreQuestions: (count) => Promise.resolve(this.#nextQuestions(count)),
      sample: (layer, prompts, n, settings) =>
        timed('sample', layer, async () => {
          const firstStream = this.#state.streams;
          this.#state = { ...this.#state, streams: firstStream + prompts.length * n };
          const completions = await rollout(policy, prompts, n, settings, {
            seed: config.seed,
            firstStream,
            maxSlots: this.#options.maxSlots,
            // Once the weights have moved the step is finished, so that what is saved is the state between two steps.
            signal: updates.length > 0 ? undefined : this.#options.signal,
            onProgress: ({ done, total, tokens: t }) => this.#progress('sample', layer, done, total, t),
          });
          tokens += completions.flat().reduce((sum, { ids }) => sum + ids.length, 0);
          return completions;
        }),
      score: (layer, prompts, completions) =>
        timed('score', layer, () => this.#score(layer, prompts, completions, openThink, texts, logged, extras)),
      update: (window) => {
        const layer = window.microBatches.some((b) => b.layer === 1) ? 1 : 2;
        return timed('update', layer, async () => {
          const at = Math.min(this.#state.step + Math.max(layer1Updates - (layer === 2 ? 1 : 0), 0), this.#maxSteps);
          if (layer === 1) layer1Updates++;
          const rate = config.learningRate * scheduleFactor(config.lrSchedulerType, at, this.#maxSteps, config.warmupRatio);
          const { metrics } = await updatePolicy(policy.decoder, this.#optimizer, window, {
            learningRate: rate,
            reference: this.#reference?.reference ?? null,
            onProgress: (done, total, t) => this.#progress('update', layer, done, total, t),
          });
          if (!Number.isFinite(metrics['loss']) || !Number.isFinite(metrics['grad_norm'])) {
            throw new MgrpoError(
              'invalid_argument',
              `train: the loss became ${metrics['loss']} and the gradient norm ${metrics['grad_norm']} in step ${this.#state.step + 1}; ` +
                `lower learningRate (${config.learningRate}) or go back to an earlier checkpoint`,
            );
          }
          updates.push(layer === 1 ? metrics : Object.fromEntries(Object.entries(metrics).map(([k, v]) => [`layer2/${k}`, v])));
        });
      },
    };
    const report = await mgrpoStep(this.#nextQuestions(plan.questions), config, host);
    this.#state = { ...this.#state, draws: rng.position };
    this.#collectRecords(report, texts, extras, records);
    await this.#emit({ type: 'completions', step: this.#state.step + plan.stepsPerRound * config.numIterations, rows: records });
    return { ...report.metrics, ...logged, ...meanMetrics(updates), num_tokens: tokens };
  }

  async #score(
    layer: 1 | 2,
    prompts: readonly Prompt<EncodedQuestion>[],
    completions: readonly (readonly Completion[])[],
    openThink: boolean,
    texts: Map<1 | 2, RolloutTexts>,
    logged: Record<string, number>,
    extras: Map<string, readonly unknown[]>,
  ): Promise<Scored> {
    const decoded = rolloutTexts(this.policy, prompts, completions, openThink);
    const known = texts.get(layer);
    texts.set(layer, known ? joinTexts(known, decoded) : decoded);
    const prefix = layer === 2 ? 'layer2/' : '';
    const { rewards, names } = await scoreAll(
      this.#options.rewards,
      this.config.rewardWeights,
      rewardArgs(decoded, {
        trainerState: {
          globalStep: this.#state.step,
          maxSteps: this.#maxSteps,
          epoch: this.#state.cursor / this.#questions.length,
        },
        logMetric: (name, value) => (logged[`${prefix}${name}`] = value),
        logExtra: (column, values) => extras.set(`${layer}/${column}`, values),
      }),
    );
    return { rewards, names, finals: decoded.finals };
  }

  /** The next questions in the order of the present epoch; wraps into the next one. */
  #nextQuestions(count: number): EncodedQuestion[] {
    const total = this.#questions.length;
    const out: EncodedQuestion[] = [];
    let { cursor } = this.#state;
    for (; out.length < count; cursor++) {
      const epoch = Math.floor(cursor / total);
      out.push(this.#questions[this.#epochOrder(epoch)[cursor % total]!]!);
    }
    this.#state = { ...this.#state, cursor };
    return out;
  }

  #order: { readonly epoch: number; readonly order: readonly number[] } | undefined;

  #epochOrder(epoch: number): readonly number[] {
    if (this.#order?.epoch !== epoch) {
      const order = this.#questions.map((_, i) => i);
      if (this.config.shuffleDataset) new Rng(this.config.seed, STREAM.shuffle + 256 * epoch).shuffle(order);
      this.#order = { epoch, order };
    }
    return this.#order.order;
  }

  #collectRecords(
    report: StepReport<EncodedQuestion>,
    texts: ReadonlyMap<1 | 2, RolloutTexts>,
    extras: ReadonlyMap<string, readonly unknown[]>,
    records: CompletionRecord[],
  ): void {
    const step = this.#state.step + batchPlan(this.config).stepsPerRound * this.config.numIterations;
    const add = (layer: 1 | 2, rolled: Rollout<EncodedQuestion>): void => {
      const all = texts.get(layer)!;
      const n = rolled.prompts.length > 0 ? rolled.advantages.length / rolled.prompts.length : 0;
      const indexOf = new Map(all.completionIds.map((ids, i) => [ids, i]));
      const columns = [...extras].filter(
        ([key, values]) => key.startsWith(`${layer}/`) && values.length === all.completions.length,
      );
      rolled.completions.forEach((row, p) =>
        row.forEach((completion, j) => {
          const at = indexOf.get(completion.ids)!;
          const k = p * n + j;
          const prompt = rolled.prompts[p]!;
          const { origin } = prompt;
          const reward = rolled.rewards[k]!;
          records.push({
            step,
            layer,
            prompt: all.prompts[at]!,
            completion: all.completions[at]!,
            gold: all.golds[at]!,
            extracted: all.finals[at]!,
            reward: Number.isNaN(reward) ? null : reward,
            rewards: Object.fromEntries(rolled.scored.names.map((name, f) => [name, rolled.scored.rewards[k]![f]!])),
            advantage: rolled.advantages[k]!,
            truncated: completion.truncated,
            correct: rolled.correct[k]!,
            ...(origin && this.#originOf(origin)),
            ...(columns.length > 0 && { extra: Object.fromEntries(columns.map(([key, values]) => [key.slice(2), values[at]])) }),
          });
        }),
      );
    };
    add(1, report.answers);
    if (report.corrections) add(2, report.corrections);
  }

  #originOf({ answer, correct, phrase }: Origin): Pick<CompletionRecord, 'answer' | 'answerCorrect' | 'phrase'> {
    const text = this.policy.tokenizer.decode(Array.from(answer.ids).filter((id) => !this.policy.eosIds.has(id)));
    return { answer: text, answerCorrect: correct, phrase: phrase.text };
  }

  #progress(phase: Phase, layer: 1 | 2 | undefined, done: number, total: number, tokens: number): void {
    void this.#emit({ type: 'progress', step: this.#state.step, phase, ...(layer && { layer }), done, total, tokens });
  }

  /** π_ref: the base with a new adapter off, else a frozen copy of what is trained; none with beta 0. */
  #makeReference(): { reference: Reference; free(): void } | null {
    const { config, policy } = this;
    const { decoder } = policy;
    if (config.beta === 0) return null;
    const given = this.#options.referencePolicy?.decoder;
    if (given)
      return { reference: (sequences, temperature) => scoreSequences(given, sequences, temperature), free: () => undefined };
    const off =
      config.reference === 'adapter_off' || (config.reference === 'auto' && decoder.lora !== undefined && policy.newAdapter);
    if (off) {
      check(
        decoder.lora,
        'train: reference adapter_off needs an adapter, and all weights are trained; set loraR, or reference to frozen_copy',
      );
      return { reference: adapterOffReference(decoder), free: () => undefined };
    }
    const copy = decoder.trained.frozenCopy();
    const frozen = decoder.lora
      ? new Decoder(decoder.config, decoder.parameters, { ...decoder.lora, parameters: copy })
      : new Decoder(decoder.config, copy);
    return { reference: (sequences, temperature) => scoreSequences(frozen, sequences, temperature), free: () => copy.free() };
  }
}

function joinTexts(a: RolloutTexts, b: RolloutTexts): RolloutTexts {
  const columns = Object.fromEntries(
    Object.keys(a.columns).map((name) => [name, [...a.columns[name]!, ...(b.columns[name] ?? [])]]),
  );
  return {
    prompts: [...a.prompts, ...b.prompts],
    completions: [...a.completions, ...b.completions],
    completionIds: [...a.completionIds, ...b.completionIds],
    truncated: [...a.truncated, ...b.truncated],
    golds: [...a.golds, ...b.golds],
    finals: [...a.finals, ...b.finals],
    columns,
  };
}

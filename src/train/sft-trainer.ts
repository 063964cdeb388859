// Supervised fine-tuning: the mean negative log-likelihood of completion tokens. The loop around a step is loop.ts.
import { resolveSFTConfig, type SFTConfig } from '../config/sft.js';
import { check } from '../errors.js';
import type { Decoder } from '../nn/decoder.js';
import { LISTENER, takeOptions } from '../options/border.js';
import { AdamW } from '../optim/adamw.js';
import { scheduleFactor } from '../optim/schedule.js';
import type { SftExample } from '../tasks/task.js';
import { markedChats, turnEnd } from '../text/conversation.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { Emitter } from './emitter.js';
import type { Listener } from './events.js';
import { Gate, runLoop } from './loop.js';
import type { LoopState, StepDone, TrainResult } from './loop.js';
import type { FileSink, FileSource } from '../platform/files.js';
import { exampleOrder } from './order.js';
import type { Policy } from './policy.js';
import { ARGS, POLICY, SIGNAL } from './arguments.js';
import { loadTrainerState, saveTrainerState } from './state.js';
import { checkUntrained, holdPolicy, takeTurn } from './turns.js';
import { accumulate, optimizerStep, type Accumulated } from './update.js';

/** Adds the gradients of Σ −log p(token that is learnt) / normalizer; the loss it returns is that sum. */
export async function accumulateNll(decoder: Decoder, sequences: readonly Example[], normalizer: number): Promise<Accumulated> {
  const learns = sequences.flatMap(({ completionIds, said }) => said ?? Array<boolean>(completionIds.length).fill(true));
  return accumulate(decoder, sequences, 1, (logps, entropies) => {
    const learnt = (values: ArrayLike<number>): number =>
      learns.reduce((sum, isLearnt, i) => (isLearnt ? sum + values[i]! : sum), 0);
    return {
      loss: -learnt(logps) / normalizer,
      gradLogps: Float64Array.from(learns, (isLearnt) => (isLearnt ? -1 / normalizer : 0)),
      gradEntropies: new Float64Array(logps.length),
      metrics: { entropy: learnt(entropies) / learns.filter(Boolean).length },
    };
  });
}

/** An example in token ids. */
interface Example {
  readonly promptIds: ArrayLike<number>;
  readonly completionIds: ArrayLike<number>;
  /** Of each completion id: whether it is learnt. Default: all are. */
  readonly said?: readonly boolean[];
}

/** How many tokens of an example are learnt. */
function learntTokens({ completionIds, said }: Example): number {
  return said ? said.filter(Boolean).length : completionIds.length;
}

/** The first tokens of an example; nothing where none of them is learnt. */
function cut(example: Example, maxLength: number): Example[] {
  const { promptIds, completionIds, said } = example;
  const left = maxLength - promptIds.length;
  if (left >= completionIds.length) return [example];
  if (left <= 0) return [];
  const start = Array.from(completionIds).slice(0, left);
  return [{ promptIds, completionIds: start, ...(said && { said: said.slice(0, left) }) }];
}

/** Examples in token ids; a chat may give several. @param ends ids that end a text, first that of a text that has no end of its own */
function encodeExample(tokenizer: Tokenizer, example: SftExample, ends: readonly [number, ...number[]]): Example[] {
  if ('messages' in example) {
    return markedChats(tokenizer, example.messages, ends).map(({ ids, said }) => {
      const start = said.indexOf(true);
      return { promptIds: ids.slice(0, start), completionIds: ids.slice(start), said: said.slice(start) };
    });
  }
  const { prompt, prefix, completion } = example;
  const answer = { role: 'assistant', content: prefix + completion };
  const end = typeof prompt === 'string' || ends.length === 1 ? ends[0] : turnEnd(tokenizer, [...prompt, answer], ends);
  return [
    {
      promptIds: [...tokenizer.encodePrompt(prompt), ...tokenizer.encode(prefix)],
      completionIds: [...tokenizer.encode(completion), end],
    },
  ];
}

/** What {@link SFTTrainer} is made from. */
export interface SFTTrainerOptions {
  readonly policy: Policy;
  readonly trainDataset: readonly SftExample[];
  readonly args?: Partial<SFTConfig>;
  readonly onEvent?: Listener;
  /** Stops after the present step. */
  readonly signal?: AbortSignal;
}

/** Supervised fine-tuning: the mean negative log-likelihood of the completion tokens (and the end of the text), the rest is context. */
export class SFTTrainer {
  readonly config: SFTConfig;
  readonly policy: Policy;
  readonly #examples: readonly Example[];
  readonly #maxSteps: number;
  #draw: () => number;
  /** Examples of the finished steps. */
  #cursor = 0;
  /** Micro-batches of the present step. */
  #drawn: readonly (readonly Example[])[] | null = null;
  readonly #optimizer: AdamW;
  readonly #events: Emitter;
  readonly #gate = new Gate();
  readonly #signal: AbortSignal | undefined;
  readonly #state: LoopState = { step: 0, window: [] };

  /** @throws MgrpoError where there is no example, or one is longer than the model's context */
  constructor(options: SFTTrainerOptions) {
    takeOptions('SFTTrainer', {}, options, {
      policy: POLICY,
      trainDataset: {
        noun: 'a list of examples',
        is: Array.isArray,
        wayOut: 'pass an array of { messages } or { prompt, prefix, completion }',
      },
      args: ARGS,
      onEvent: LISTENER,
      signal: SIGNAL,
    });
    const { policy, trainDataset: examples } = options;
    this.config = resolveSFTConfig(options.args);
    this.policy = policy;
    this.#events = new Emitter(options.onEvent);
    this.#signal = options.signal;
    const { decoder, tokenizer, context, name } = policy;
    check(
      decoder.trained.slabs.length > 0,
      "SFTTrainer: nothing is trainable; load the policy with train 'full', or with a LoRA adapter",
    );
    check(examples.length > 0, 'SFTTrainer: expected at least one example, got 0; give it data');
    const end = tokenizer.eosTokenId ?? [...policy.eosIds][0];
    check(end !== undefined, `SFTTrainer: expected an end-of-sequence id for ${name}, got none; set eos_token_id in config.json`);
    const ends = [end, ...[...policy.eosIds].filter((id) => id !== end)] as const;
    const { maxLength, maxSteps, numTrainEpochs, perDeviceTrainBatchSize, gradientAccumulationSteps } = this.config;
    const encoded = examples.flatMap((example) => encodeExample(tokenizer, example, ends));
    this.#examples = maxLength === null ? encoded : encoded.flatMap((example) => cut(example, maxLength));
    check(
      this.#examples.length > 0,
      `SFTTrainer: expected an example of which something is learnt in the first ${maxLength} tokens, got none; raise maxLength`,
    );
    const passSteps = this.#examples.length / (perDeviceTrainBatchSize * gradientAccumulationSteps);
    this.#maxSteps = maxSteps > 0 ? maxSteps : Math.ceil(passSteps * numTrainEpochs);
    const longest = this.#examples.reduce((n, e) => Math.max(n, e.promptIds.length + e.completionIds.length), 0);
    check(
      longest <= context,
      `SFTTrainer: expected examples of at most ${context} tokens (max_position_embeddings), got one of ${longest}; drop or shorten it`,
    );
    this.#draw = exampleOrder(this.#examples.length, this.config.seed);
    this.#optimizer = new AdamW(decoder.trained, this.config);
  }

  /** Runs all steps, or until the signal. After an error the weights are those of the last finished step, and the training can go on. */
  async train(): Promise<TrainResult> {
    const { config, policy } = this;
    const { decoder } = policy;
    const release = holdPolicy(policy);
    try {
      return await runLoop({
        device: decoder.device,
        events: this.#events,
        gate: this.#gate,
        signal: this.#signal,
        start: {
          algorithm: 'sft',
          model: policy.name,
          parameters: decoder.parameters.count,
          trainable: decoder.trained.count,
          rows: this.#examples.length,
        },
        maxSteps: this.#maxSteps,
        loggingSteps: config.loggingSteps,
        saveSteps: config.saveSteps,
        evalSteps: null,
        state: this.#state,
        step: () => this.#step(),
      });
    } finally {
      release();
    }
  }

  async #step(): Promise<StepDone | null> {
    if (this.#signal?.aborted) return null;
    const { config: c, policy } = this;
    const { decoder } = policy;
    const { step } = this.#state;
    const begun = performance.now();
    const learningRate = c.learningRate * scheduleFactor(c.lrSchedulerType, step, this.#maxSteps, c.warmupRatio);
    // A step that failed is tried again with the same examples.
    const batches = (this.#drawn ??= Array.from({ length: c.gradientAccumulationSteps }, () =>
      Array.from({ length: c.perDeviceTrainBatchSize }, () => this.#examples[this.#draw()]!),
    ));
    const tokens = batches.flat().reduce((n, example) => n + learntTokens(example), 0);
    let loss = 0;
    const norm = await takeTurn(decoder.device, () =>
      optimizerStep(decoder, this.#optimizer, learningRate, async () => {
        for (const batch of batches) loss += (await accumulateNll(decoder, batch, tokens)).loss;
        return loss;
      }),
    );
    this.#drawn = null;
    this.#cursor += batches.flat().length;
    return {
      step: step + 1,
      metrics: { loss, grad_norm: norm, learning_rate: learningRate },
      seconds: { update: (performance.now() - begun) / 1000 },
    };
  }

  /** Optimiser steps done. */
  get step(): number {
    return this.#state.step;
  }

  /** Writes the optimiser's moments and the trainer's position; with the policy's own files, all that a run needs to go on. */
  async saveState(sink: FileSink): Promise<void> {
    const state = { ...this.#state, cursor: this.#cursor, streams: 0, draws: 0, parts: 1 };
    await takeTurn(this.policy.decoder.device, () => saveTrainerState(sink, state, this.#optimizer));
  }

  /**
   * Goes on where a saved state left off; the policy must be the one saved beside it.
   * @throws MgrpoError where the files belong to another model
   */
  async restoreState(files: FileSource): Promise<void> {
    const { decoder } = this.policy;
    const { step, window, cursor } = await takeTurn(decoder.device, () => loadTrainerState(files, this.#optimizer, decoder));
    Object.assign(this.#state, { step, window: [...window] });
    this.#cursor = cursor;
    this.#draw = exampleOrder(this.#examples.length, this.config.seed, cursor);
    this.#drawn = null;
  }

  /** Holds the training before its next step, until {@link resume}. */
  pause(): void {
    this.#gate.close();
  }

  /** Lets a paused training go on. */
  resume(): void {
    this.#gate.open();
  }

  /** Frees the optimiser's memory; the policy stays. */
  free(): void {
    checkUntrained(this.policy);
    this.#optimizer.free();
  }

  /** As {@link free}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await takeTurn(this.policy.decoder.device, () => Promise.resolve(this.free()));
  }
}

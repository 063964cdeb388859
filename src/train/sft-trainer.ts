import { resolveSFTConfig, type SFTConfig } from '../config/sft.js';
import { check } from '../errors.js';
import type { Decoder } from '../nn/decoder.js';
import { AdamW } from '../optim/adamw.js';
import { scheduleFactor } from '../optim/schedule.js';
import { Rng } from '../rng.js';
import type { SftExample } from '../tasks/task.js';
import type { Listener } from './events.js';
import { meanMetrics } from './metrics.js';
import { STREAM, type Policy } from './policy.js';
import { accumulate, type Accumulated } from './update.js';

/** Adds the gradients of Σ −log p(completion token) / normalizer; the loss it returns is that sum. */
export async function accumulateNll(
  decoder: Decoder,
  sequences: readonly { readonly promptIds: ArrayLike<number>; readonly completionIds: ArrayLike<number> }[],
  normalizer: number,
): Promise<Accumulated> {
  return accumulate(decoder, sequences, 1, (logps, entropies) => ({
    loss: -logps.reduce((a, b) => a + b, 0) / normalizer,
    gradLogps: new Float64Array(logps.length).fill(-1 / normalizer),
    gradEntropies: new Float64Array(logps.length),
    metrics: { entropy: entropies.reduce((a, b) => a + b, 0) / logps.length },
  }));
}

/** Supervised fine-tuning: the mean negative log-likelihood of the completion tokens (and the end of the text), the rest is context. */
export class SFTTrainer {
  readonly config: SFTConfig;
  readonly #policy: Policy;
  readonly #examples: readonly { readonly promptIds: readonly number[]; readonly completionIds: readonly number[] }[];
  readonly #onEvent: Listener;
  readonly #signal: AbortSignal | undefined;

  /** @throws MgrpoError where there is no example, or one is longer than the model's context */
  constructor(options: {
    readonly policy: Policy;
    readonly examples: readonly SftExample[];
    readonly config?: Partial<SFTConfig>;
    readonly onEvent?: Listener;
    readonly signal?: AbortSignal;
  }) {
    const { policy, examples } = options;
    this.config = resolveSFTConfig(options.config);
    this.#policy = policy;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#signal = options.signal;
    check(examples.length > 0, 'SFTTrainer: expected at least one example, got 0; give it data');
    const end = [...policy.eosIds][0];
    check(
      end !== undefined,
      `SFTTrainer: expected an end-of-sequence id for ${policy.name}, got none; set eos_token_id in config.json`,
    );
    this.#examples = examples.map(({ prompt, prefix, completion }) => ({
      promptIds: [...policy.tokenizer.encodePrompt(prompt), ...policy.tokenizer.encode(prefix)],
      completionIds: [...policy.tokenizer.encode(completion), end],
    }));
    const longest = this.#examples.reduce((n, e) => Math.max(n, e.promptIds.length + e.completionIds.length), 0);
    check(
      longest <= policy.context,
      `SFTTrainer: expected examples of at most ${policy.context} tokens (max_position_embeddings), got one of ${longest}; drop or shorten it`,
    );
  }

  /** Runs all steps. @returns the mean loss over the last logged steps */
  async train(): Promise<{
    readonly steps: number;
    readonly reason: 'done' | 'interrupted';
    readonly metrics: Readonly<Record<string, number>>;
  }> {
    const { config: c } = this;
    const { decoder, name } = this.#policy;
    const { gpu } = decoder;
    const optimizer = new AdamW(decoder.trained, c);
    const start = performance.now();
    await this.#onEvent({
      type: 'start',
      algorithm: 'sft',
      model: name,
      parameters: decoder.parameters.count,
      trainable: decoder.trained.count,
      adapter: gpu.adapter.description,
      steps: c.maxSteps,
      firstStep: 0,
      rows: this.#examples.length,
    });
    const draw = exampleOrder(this.#examples.length, c.seed);
    let window: Record<string, number>[] = [];
    let last: Record<string, number> = {};
    let step = 0;
    for (; step < c.maxSteps && !this.#signal?.aborted; step++) {
      const batches = Array.from({ length: c.gradientAccumulationSteps }, () =>
        Array.from({ length: c.perDeviceTrainBatchSize }, () => this.#examples[draw()]!),
      );
      const tokens = batches.flat().reduce((n, e) => n + e.completionIds.length, 0);
      let loss = 0;
      for (const batch of batches) loss += (await accumulateNll(decoder, batch, tokens)).loss;
      const learningRate = c.learningRate * scheduleFactor(c.lrSchedulerType, step, c.maxSteps, c.warmupRatio);
      const recorder = gpu.recorder();
      const clip = optimizer.step(recorder, learningRate);
      recorder.submit();
      const [[norm]] = await gpu.read(clip);
      check(Number.isFinite(loss), `SFTTrainer: the loss became ${loss} in step ${step}; lower learningRate (${c.learningRate})`);
      const metrics = { loss, grad_norm: norm!, learning_rate: learningRate };
      window.push(metrics);
      const elapsed = (performance.now() - start) / 1000;
      await this.#onEvent({
        type: 'step',
        step: step + 1,
        steps: c.maxSteps,
        metrics,
        seconds: { update: elapsed / (step + 1) },
        memory: gpu.memory,
        secondsLeft: (elapsed / (step + 1)) * (c.maxSteps - step - 1),
      });
      if ((step + 1) % c.loggingSteps === 0 || step + 1 === c.maxSteps) {
        last = meanMetrics(window);
        window = [];
        await this.#onEvent({ type: 'log', step: step + 1, metrics: last });
      }
    }
    const reason = step < c.maxSteps ? 'interrupted' : 'done';
    await this.#onEvent({ type: 'checkpoint', step, last: true });
    await this.#onEvent({ type: 'end', step, steps: c.maxSteps, reason });
    optimizer.free();
    return { steps: step, reason, metrics: last };
  }
}

/** Draws example numbers in a new random order in each pass. */
function exampleOrder(count: number, seed: number): () => number {
  const rng = new Rng(seed, STREAM.shuffle);
  let order: number[] = [];
  return () => {
    if (order.length === 0) order = rng.shuffle(Array.from({ length: count }, (_, i) => i));
    return order.pop()!;
  };
}

// The phases of training on a model with random weights: sampling, scoring, forward and backward, the optimiser, a whole step.
import type { ModelConfig } from '../nn/model-config.js';
import type { Decoder } from '../nn/decoder.js';
import { pack } from '../nn/batch.js';
import { createDecoder } from '../formats/load.js';
import { AdamW } from '../optim/adamw.js';
import { MgrpoError } from '../errors.js';
import type { Device } from '../ops/device.js';
import { short } from '../report/format.js';
import { Rng } from '../rng.js';
import { generate, type GenerateOptions, type GenerateRequest } from '../sampling/generate.js';
import { KvCache } from '../sampling/kv-cache.js';
import { accumulate, optimizerStep, scoreSequences } from '../train/update.js';
import type { Case, ModelShape } from './cases.js';

/** Sizes of the phases, of a step of the built-in model. */
const PROMPT = 16;
const ANSWER = 24;
/** Questions, and answers of each: few where a model of many layers would take minutes. */
const sizesOf = ({ layers }: ModelShape): readonly [questions: number, answers: number] => (layers < 8 ? [8, 8] : [2, 4]);
const PHRASE = [3, 4, 5];

const ADAMW = { weightDecay: 0, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, maxGradNorm: 1 };

/** A config of a shape, as a Llama with tied embeddings. */
function configOf(s: ModelShape): ModelConfig {
  const rope = { type: 'default', theta: 10_000 } as const;
  return {
    architecture: 'llama',
    vocabSize: s.vocab,
    hiddenSize: s.hidden,
    intermediateSize: s.intermediate,
    numLayers: s.layers,
    numHeads: s.heads,
    numKvHeads: s.kvHeads,
    headDim: s.headDim,
    attentionScale: s.headDim ** -0.5,
    rmsNormEps: 1e-6,
    rope,
    layers: Array.from({ length: s.layers }, () => ({ window: null, rope })),
    tieWordEmbeddings: true,
    attentionBias: false,
    attentionOutputBias: false,
    mlpBias: false,
    maxPositionEmbeddings: 2048,
    eosTokenIds: [],
    dtype: 'float32',
  };
}

/** Operations of a token's way through the layers, without attention, and of its logits. */
function costOf({ hidden, intermediate, heads, kvHeads, headDim, layers, vocab }: ModelShape): { layers: number; head: number } {
  const weights = hidden * headDim * (2 * heads + 2 * kvHeads) + 3 * hidden * intermediate;
  return { layers: 2 * layers * weights, head: 2 * hidden * vocab };
}

const idsOf = (rng: Rng, count: number, vocab: number): number[] =>
  Array.from({ length: count }, () => Math.floor(rng.uniform() * vocab));

/** A model with prompts and answers. */
class Bench {
  readonly decoder: Decoder;
  #optimizer: AdamW | undefined;
  readonly prompts: readonly (readonly number[])[];
  readonly sequences: readonly { readonly promptIds: readonly number[]; readonly completionIds: readonly number[] }[];

  constructor(device: Device, shape: ModelShape) {
    const { layers, head } = costOf(shape);
    const bytes = TRAINED_BYTES * ((layers + head) / 2);
    const room = (device.limits.total ?? Infinity) - device.memory.allocated;
    if (bytes > room)
      throw new MgrpoError(
        'out_of_memory',
        `bench: expected ${short(bytes / 2 ** 30)} GiB for a training, got ${short(room / 2 ** 30)}`,
      );
    this.decoder = createDecoder(device, configOf(shape), new Rng(1));
    const rng = new Rng(2);
    const [questions, answers] = sizesOf(shape);
    this.prompts = Array.from({ length: questions }, () => idsOf(rng, PROMPT, shape.vocab));
    this.sequences = this.prompts.flatMap((promptIds) =>
      Array.from({ length: answers }, () => ({ promptIds, completionIds: idsOf(rng, ANSWER, shape.vocab) })),
    );
  }

  get optimizer(): AdamW {
    return (this.#optimizer ??= new AdamW(this.decoder.trained, ADAMW));
  }

  free(): void {
    this.#optimizer?.free();
    this.decoder.free();
  }

  /** Answers of `length` tokens to prompts: none ends early. */
  async sample(requests: readonly GenerateRequest[], length: number, more: Partial<GenerateOptions> = {}): Promise<void> {
    await generate(this.decoder, requests, {
      temperature: 1,
      maxCompletionLength: length,
      eosIds: new Set(),
      seed: 1,
      ...more,
    });
  }
}

/** A model while somebody uses it. */
class Shared {
  readonly #shape: ModelShape;
  #bench: Bench | undefined;
  #users = 0;

  constructor(shape: ModelShape) {
    this.#shape = shape;
  }

  take(device: Device): Bench {
    this.#bench ??= new Bench(device, this.#shape);
    this.#users++;
    return this.#bench;
  }

  give(): void {
    if (--this.#users > 0) return;
    this.#bench?.free();
    this.#bench = undefined;
  }
}

/** Bytes of a trained parameter: the value, its gradient and AdamW's two moments. */
const TRAINED_BYTES = 16;

/** What a phase runs, and what it holds beside its model. */
interface Phase {
  readonly run: () => Promise<void>;
  readonly free?: () => void;
}

/** Phase cases of a model. */
export function phaseCases(shape: ModelShape): Case[] {
  const { layers, head } = costOf(shape);
  const weights = 2 * (layers + head);
  // Phases that are open at a time share a model; those that change its weights have another one, since kept answers are of one set of weights.
  const [sampled, trained] = [new Shared(shape), new Shared(shape)];
  const phase = (
    name: string,
    tokens: number,
    scored: number,
    /** Times that the model's work is done, and that its weights are read. */
    passes: number,
    reads: number,
    make: (bench: Bench) => Phase | Promise<Phase>,
    share = sampled,
  ): Case => ({
    ...{ name, group: 'phase', model: shape.name, tokens },
    flops: passes * (tokens * layers + scored * head),
    bytes: reads * weights,
    async open(device) {
      const bench = share.take(device);
      try {
        const { run, free } = await make(bench);
        return {
          run,
          free() {
            free?.();
            share.give();
          },
        };
      } catch (error) {
        share.give();
        throw error;
      }
    },
  });
  const [questions, answers] = sizesOf(shape);
  const rows = questions * answers;
  const shared = questions * (PROMPT - 1) + rows * ANSWER;
  return [
    phase('prefill 128', 128, 0, 1, 1, ({ decoder }) => ({
      async run() {
        const rec = decoder.device.recorder();
        const state = decoder.forward(rec, pack([idsOf(new Rng(3), 128, shape.vocab)], shape.vocab));
        rec.submit();
        await decoder.device.idle();
        state.release();
      },
    })),
    ...[1, 8, 64].map((slots) =>
      phase(`decode ${slots}×16`, slots * 16, slots * 16, 1, 16, (bench) => ({
        run: () => bench.sample([{ prompt: [1], streams: Array.from({ length: slots }, (_, i) => i) }], 16),
      })),
    ),
    phase('rollout of layer 1', rows * ANSWER, rows * ANSWER, 1, ANSWER, (bench) => ({
      run: () => bench.sample(requestsOf(bench.prompts, answers), ANSWER),
    })),
    phase('rollout of layer 2', rows * ANSWER, rows * ANSWER, 1, ANSWER, async (bench) => {
      const queries = bench.sequences.filter((_, i) => i % 4 === 0).map((s) => [...s.promptIds, ...s.completionIds, ...PHRASE]);
      return { run: () => bench.sample(requestsOf(queries, 4), ANSWER) };
    }),
    phase('rollout of layer 2, answers kept', rows * ANSWER, rows * ANSWER, 1, ANSWER, async (bench) => {
      const cache = new KvCache(bench.decoder, 128 * rows);
      const sampling = { temperature: 1, maxCompletionLength: ANSWER, eosIds: new Set<number>(), seed: 1, cache, keep: true };
      const kept = await generate(bench.decoder, requestsOf(bench.prompts, answers / 4), sampling);
      const requests = kept.map(({ cached }, i) => ({
        prompt: [...cached!.ids, ...PHRASE],
        streams: Array.from({ length: 4 }, (_, j) => 4 * i + j),
        prefix: cached,
      }));
      return { run: () => bench.sample(requests, ANSWER, { cache }), free: () => cache.free() };
    }),
    phase('log-probabilities', shared, rows * ANSWER, 1, 1, ({ decoder, sequences }) => ({
      run: async () => void (await scoreSequences(decoder, sequences, 1)),
    })),
    phase('forward and backward', shared, rows * ANSWER, 3, 3, ({ decoder, sequences }) => ({
      run: () => backward(decoder, sequences),
    })),
    phase(
      ...(['optimiser', 0, 0, 0, 7] as const),
      ({ decoder, optimizer }) => ({
        run: async () => void (await optimizerStep(decoder, optimizer, 1e-6, () => Promise.resolve(0))),
      }),
      trained,
    ),
    phase(
      ...(['whole step', rows * ANSWER, rows * ANSWER, 4, ANSWER + 10] as const),
      (bench) => ({
        async run() {
          await bench.sample(requestsOf(bench.prompts, answers), ANSWER);
          await optimizerStep(bench.decoder, bench.optimizer, 1e-6, async () => {
            await backward(bench.decoder, bench.sequences);
            return 0;
          });
        },
      }),
      trained,
    ),
  ];
}

function requestsOf(prompts: readonly (readonly number[])[], n: number): GenerateRequest[] {
  return prompts.map((prompt, i) => ({ prompt, streams: Array.from({ length: n }, (_, j) => n * i + j) }));
}

async function backward(decoder: Decoder, sequences: Parameters<typeof accumulate>[1]): Promise<void> {
  await accumulate(decoder, sequences, 1, (logps) => ({
    ...{
      loss: 0,
      gradLogps: new Float32Array(logps.length).fill(1e-3),
      gradEntropies: new Float32Array(logps.length),
      metrics: {},
    },
  }));
}

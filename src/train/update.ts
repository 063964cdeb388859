// Forward, loss, backward and optimiser step on packed sequences: what training does with a decoder. What is computed of log-probs: algo/.
import { MgrpoError } from '../errors.js';
import { policyObjective } from '../algo/objective.js';
import { isIdle, withoutIdle, type MicroBatch, type TrainSequence, type UpdateWindow } from '../algo/micro-batches.js';
import { packTrees, type PackedBatch } from '../nn/batch.js';
import type { Scores as TokenScores, Targets } from '../nn/blocks/head.js';
import type { Decoder } from '../nn/decoder.js';
import type { ModelConfig } from '../nn/model-config.js';
import type { ForwardState } from '../nn/forward-state.js';
import type { Recorder } from '../ops/device.js';
import type { AdamW } from '../optim/adamw.js';
import { firstAnomaly } from '../optim/anomaly.js';
import { Room } from './room.js';

/** Rows of a packed batch that predict completion tokens, with where each sequence's ones begin. */
interface Packed {
  readonly batch: PackedBatch;
  readonly targets: Targets;
  /** int[B + 1] */
  readonly offsets: readonly number[];
}

/** A prompt and what follows it. */
interface Scored {
  readonly promptIds: ArrayLike<number>;
  readonly completionIds: ArrayLike<number>;
}

/**
 * Lays prompts and completions end to end and points at the rows that predict the completions. Neighbours with the same prompt share its rows
 * but the last, which predicts something else for each; the last token of a completion predicts nothing and stays out.
 */
export function packForScoring(
  sequences: readonly Scored[],
  { vocabSize, layers }: Pick<ModelConfig, 'vocabSize' | 'layers'>,
  temperature: number,
): Packed {
  const shares = layers.every(({ window }) => window === null);
  const trees: { readonly trunk: number[]; readonly branches: number[][] }[] = [];
  sequences.forEach(({ promptIds, completionIds }, i) => {
    const branch = [promptIds[promptIds.length - 1]!, ...Array.from(completionIds).slice(0, -1)];
    if (shares && i > 0 && equalIds(promptIds, sequences[i - 1]!.promptIds)) trees.at(-1)!.branches.push(branch);
    else trees.push({ trunk: Array.from(promptIds).slice(0, -1), branches: [branch] });
  });
  const batch = packTrees(trees, vocabSize);
  const offsets = [0];
  for (const { completionIds } of sequences) offsets.push(offsets.at(-1)! + completionIds.length);
  const rows = sequences.flatMap(({ completionIds }, i) => Array.from(completionIds, (_, t) => batch.starts[i]! + t));
  const targets = sequences.flatMap(({ completionIds }) => Array.from(completionIds));
  return { batch, offsets, targets: { rows: Uint32Array.from(rows), targets: Uint32Array.from(targets), temperature } };
}

function equalIds(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a === b || (a.length === b.length && Array.prototype.every.call(a, (id, i) => id === b[i]));
}

/** Most tokens that are scored together; longer lists of sequences are cut at sequence borders. Micro-batches of training are not cut. */
const PIECE_TOKENS = 8192;

/** Cuts a list of sequences into pieces of at most {@link PIECE_TOKENS} tokens, one sequence at least. */
function* pieces<T extends Scored>(sequences: readonly T[]): Generator<readonly T[]> {
  let from = 0;
  while (from < sequences.length) {
    let to = from;
    let tokens = 0;
    while (to < sequences.length) {
      const { promptIds, completionIds } = sequences[to]!;
      tokens += promptIds.length + completionIds.length;
      if (to > from && tokens > PIECE_TOKENS) break;
      to++;
    }
    yield sequences.slice(from, to);
    from = to;
  }
}

/** f32 log-probabilities of the completion tokens of all sequences, in order, without a trace for training. */
export async function scoreSequences(
  decoder: Decoder,
  sequences: readonly Scored[],
  temperature: number,
  options: { readonly lora?: boolean } = {},
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (const piece of pieces(sequences)) {
    const { batch, targets } = packForScoring(piece, decoder.config, temperature);
    const recorder = decoder.device.recorder();
    const state = decoder.forward(recorder, batch, options);
    try {
      const { logps } = decoder.score(recorder, state, targets);
      recorder.submit();
      parts.push((await decoder.device.read(logps))[0]);
    } finally {
      state.release();
    }
  }
  return concatenate(parts);
}

/** Micro-batches with log-probabilities of the decoder as it is in the place of those of sampling, but for sequences that add nothing to the loss. */
export async function withOldLogps(decoder: Decoder, microBatches: readonly MicroBatch[]): Promise<MicroBatch[]> {
  const out: MicroBatch[] = [];
  for (const batch of microBatches) {
    const { settings, sequences } = batch;
    const live = sequences.filter((sequence) => !isIdle(sequence, settings));
    const logps = await scoreSequences(decoder, live, settings.temperature);
    let from = 0;
    const scored = new Map(
      live.map((sequence) => {
        const oldLogps = logps.slice(from, (from += sequence.completionIds.length));
        return [sequence, { ...sequence, oldLogps }];
      }),
    );
    out.push({ ...batch, sequences: sequences.map((sequence) => scored.get(sequence) ?? sequence) });
  }
  return out;
}

/** The reference policy π_ref of the KL term: log-probabilities of given sequences. */
export type Reference = (sequences: readonly TrainSequence[], temperature: number) => Promise<Float32Array>;

/** What {@link accumulate} computed on one micro-batch; N = completion tokens, in order. */
export interface Accumulated {
  readonly loss: number;
  /** f32[N] */
  readonly logps: Float32Array;
  /** f32[N] */
  readonly entropies: Float32Array;
  readonly metrics: Readonly<Record<string, number>>;
  /** Tokens that went through the model. */
  readonly tokens: number;
}

/** Loss and its derivatives by the log-probability and the entropy of every completion token. */
export interface TokenLoss {
  readonly loss: number;
  readonly gradLogps: ArrayLike<number>;
  readonly gradEntropies: ArrayLike<number>;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Forward, log-probabilities and entropies, a loss on them, backward: adds to the gradients of the trained parameters.
 * @param lossOf gets f32[N] log-probabilities and entropies, and int[B + 1] offsets of the sequences in them
 * @param parts how many parts go through the model one after the other, where there is no room for all; they go through it twice
 */
export async function accumulate(
  decoder: Decoder,
  sequences: readonly Scored[],
  temperature: number,
  lossOf: (logps: Float32Array, entropies: Float32Array, offsets: readonly number[]) => TokenLoss,
  parts = 1,
): Promise<Accumulated> {
  if (parts > 1) return accumulateParts(decoder, cut(sequences, parts), temperature, lossOf);
  const { batch, targets, offsets } = packForScoring(sequences, decoder.config, temperature);
  const recorder = decoder.device.recorder();
  const state = decoder.forward(recorder, batch, { keep: true });
  try {
    const scores = decoder.score(recorder, state, targets);
    recorder.submit();
    const [logps, entropies] = await decoder.device.read(scores.logps, scores.entropies);
    const { loss, gradLogps, gradEntropies, metrics } = lossOf(logps, entropies, offsets);
    decoder.backward(recorder, state, scores, Float32Array.from(gradLogps), Float32Array.from(gradEntropies));
    recorder.submit();
    return { loss, logps, entropies, metrics, tokens: batch.length };
  } finally {
    state.release();
  }
}

/** Records what {@link accumulate} does: on a device that only counts, all the memory that it needs. */
export function rehearseUpdate(decoder: Decoder, sequences: readonly Scored[]): void {
  const { batch, targets } = packForScoring(sequences, decoder.config, 1);
  const recorder = decoder.device.recorder();
  const state = decoder.forward(recorder, batch, { keep: true });
  const scores = decoder.score(recorder, state, targets);
  recorder.submit();
  decoder.backward(recorder, state, scores, new Float32Array(scores.count), new Float32Array(scores.count));
  recorder.submit();
  state.release();
}

/** As {@link accumulate}: log-probabilities of all parts first, since the loss may need them together, then part by part again for its gradients. */
async function accumulateParts(
  decoder: Decoder,
  parts: readonly (readonly Scored[])[],
  temperature: number,
  lossOf: Parameters<typeof accumulate>[3],
): Promise<Accumulated> {
  const through = async <T>(
    part: readonly Scored[],
    keep: boolean,
    use: (rec: Recorder, state: ForwardState, scores: TokenScores) => Promise<T>,
  ): Promise<T> => {
    const { batch, targets } = packForScoring(part, decoder.config, temperature);
    const rec = decoder.device.recorder();
    const state = decoder.forward(rec, batch, { keep });
    try {
      return await use(rec, state, decoder.score(rec, state, targets));
    } finally {
      state.release();
    }
  };
  let tokens = 0;
  const scored: (readonly [Float32Array, Float32Array])[] = [];
  for (const part of parts) {
    scored.push(
      await through(part, false, async (rec, { batch }, { logps, entropies }) => {
        rec.submit();
        tokens += batch.length;
        return decoder.device.read(logps, entropies);
      }),
    );
  }
  const [logps, entropies] = [concatenate(scored.map(([l]) => l)), concatenate(scored.map(([, e]) => e))];
  const offsets = [0];
  for (const { completionIds } of parts.flat()) offsets.push(offsets.at(-1)! + completionIds.length);
  const { loss, gradLogps, gradEntropies, metrics } = lossOf(logps, entropies, offsets);
  let from = 0;
  for (const [i, part] of parts.entries()) {
    const to = from + scored[i]![0].length;
    const [dLogps, dEntropies] = [gradLogps, gradEntropies].map((all) => Float32Array.from(all).slice(from, to));
    await through(part, true, (rec, state, scores) => {
      decoder.backward(rec, state, scores, dLogps!, dEntropies!);
      rec.submit();
      return Promise.resolve();
    });
    from = to;
  }
  return { loss, logps, entropies, metrics, tokens };
}

/** A list in parts of equal length, the last ones one shorter where it does not divide. */
function cut<T>(list: readonly T[], parts: number): T[][] {
  const at = (i: number): number => Math.ceil((i * list.length) / parts);
  return Array.from({ length: parts }, (_, i) => list.slice(at(i), at(i + 1))).filter((part) => part.length > 0);
}

/**
 * The policy objective (Eq. 4 / Eq. 6) of one micro-batch, in f64 on the host, and its gradients on the device.
 * @param onPolicy the weights are still those that sampled: the ratio is exactly 1
 */
export async function accumulatePolicy(
  decoder: Decoder,
  { sequences, settings, context }: MicroBatch,
  onPolicy: boolean,
  reference: Reference | null,
  parts = 1,
): Promise<Accumulated> {
  const refLogps = reference && settings.beta > 0 ? await reference(sequences, settings.temperature) : null;
  const oldLogps = onPolicy ? null : concatenate(sequences.map((s) => s.oldLogps));
  const mask = Uint8Array.from(sequences.flatMap((s) => new Array<number>(s.completionIds.length).fill(s.masked ? 0 : 1)));
  const advantages = sequences.map(({ advantage }) => advantage);
  return accumulate(
    decoder,
    sequences,
    settings.temperature,
    (logps, entropies, offsets) =>
      policyObjective({ offsets, logps, oldLogps, refLogps, entropies, advantages, mask }, settings, context),
    parts,
  );
}

/** What an optimiser step reports. */
export interface UpdateReport {
  /** `loss` is the sum over the micro-batches, the others are means weighted by sequences. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly tokens: number;
}

/**
 * One optimiser step: the gradients of every micro-batch of the window, then AdamW. Token ids come from sampling as they are. Sequences that
 * add nothing to the loss do not go through the model.
 * @throws MgrpoError `diverged`, with the weights unchanged
 */
export async function updatePolicy(
  decoder: Decoder,
  optimizer: AdamW,
  window: UpdateWindow,
  options: {
    readonly learningRate: number;
    readonly reference: Reference | null;
    readonly onProgress?: (done: number, total: number, tokens: number) => void;
    /** How the work fits the device; default: all of it does. */
    readonly room?: Room;
    /** Whether the operation is named that was the first to give a number that is not finite. */
    readonly detectAnomaly?: boolean;
  },
): Promise<UpdateReport> {
  const microBatches = withoutIdle(window.microBatches);
  const most = microBatches.reduce((n, { sequences }) => Math.max(n, sequences.length), 1);
  const { room = new Room() } = options;
  return room.inParts(decoder, most, (parts) =>
    updateOnce(decoder, optimizer, { ...window, microBatches }, { ...options, parts }),
  );
}

async function updateOnce(
  decoder: Decoder,
  optimizer: AdamW,
  { microBatches, onPolicy }: UpdateWindow,
  options: Parameters<typeof updatePolicy>[3] & { readonly parts: number },
): Promise<UpdateReport> {
  const means = new Map<string, { sum: number; weight: number }>();
  const note = (name: string, value: number, weight: number): void => {
    const entry = means.get(name) ?? { sum: 0, weight: 0 };
    means.set(name, { sum: entry.sum + value * weight, weight: entry.weight + weight });
  };
  let [loss, tokens, largest] = [0, 0, 0];
  const total = microBatches.length;
  const accumulateAll = async (): Promise<number> => {
    for (const [index, batch] of microBatches.entries()) {
      const parts = Math.min(options.parts, batch.sequences.length);
      const result = await accumulatePolicy(decoder, batch, onPolicy, options.reference, parts);
      loss += result.loss;
      tokens += result.tokens;
      for (const [name, value] of Object.entries(result.metrics)) note(name, value, batch.sequences.length);
      if (onPolicy) {
        const sampled = concatenate(batch.sequences.map((s) => s.oldLogps));
        const differences = sampled.map((value, t) => Math.abs(value - result.logps[t]!));
        largest = differences.reduce((a, b) => Math.max(a, b), largest);
        if (differences.length > 0)
          note(DIFFERENCE_MEAN, differences.reduce((a, b) => a + b, 0) / differences.length, batch.sequences.length);
      }
      options.onProgress?.(index + 1, total, tokens);
    }
    return loss;
  };
  const norm = await optimizerStep(decoder, optimizer, options.learningRate, accumulateAll, options.detectAnomaly);
  const metrics: Record<string, number> = { loss, grad_norm: norm, learning_rate: options.learningRate };
  for (const [name, { sum, weight }] of means) metrics[name] = sum / weight;
  if (onPolicy) metrics['sampling/sampling_logp_difference/max'] = largest;
  return { metrics, tokens };
}

/**
 * Adds up gradients and applies them, if the loss and their norm are numbers. Where anything fails before, the weights and moments are as
 * they were and the gradients are discarded.
 * @param accumulate adds the gradients; gives the loss
 * @param detectAnomaly names the operation that was the first to give a number that is not finite
 * @returns the gradient norm before clipping
 * @throws MgrpoError `diverged`
 */
export async function optimizerStep(
  decoder: Decoder,
  optimizer: AdamW,
  learningRate: number,
  accumulate: () => Promise<number>,
  detectAnomaly = false,
): Promise<number> {
  const recorder = decoder.device.recorder();
  try {
    const loss = await accumulate();
    const clip = optimizer.measure(recorder);
    recorder.submit();
    const norm = (await decoder.device.read(clip))[0][0]!;
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      optimizer.discard(recorder);
      recorder.submit();
      const first = detectAnomaly ? await firstAnomaly(decoder.device, accumulate) : undefined;
      const place = first ? `; the first that is not finite is ${first}` : '';
      const found = detectAnomaly && !first ? '; every operation gives finite numbers: look at the rewards' : place;
      throw new MgrpoError(
        'diverged',
        `train: expected a finite loss and gradient, got loss ${loss} and gradient norm ${norm} in optimiser step ${optimizer.steps + 1}${found}; ` +
          'the weights are those before it: lower learningRate, go back to an earlier checkpoint, ' +
          'set divergedUpdates to skip, or detectAnomaly to find where it begins',
      );
    }
    optimizer.step(recorder, learningRate);
    recorder.submit();
    return norm;
  } catch (error) {
    optimizer.discard(recorder);
    recorder.submit();
    throw error;
  }
}

const DIFFERENCE_MEAN = 'sampling/sampling_logp_difference/mean';

/** All parts end to end. */
export function concatenate(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

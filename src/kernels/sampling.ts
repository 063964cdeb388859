/**
 * Sampling and the state of a decoding batch.
 *
 * State: the per-slot arrays of a batch of B slots live in ONE u32 buffer, structure of arrays: column c (see {@link DECODE_FIELDS}) is
 * u32[B] at element c · stride, stride = B rounded up to 64, so every column starts at a multiple of 256 bytes. {@link decodeState}
 * gives it, each column as a view: `embed` takes `tokens` as its ids, `rope` takes `positions`, `kvStore` `cacheRow`,
 * `decodeAttention` `contextLength`, {@link sample} `tokens`, `stream`, `step`, `active`; {@link advance} takes the whole
 * (as separate buffers its arrays would pass the 10 storage bindings that every device has).
 * A slot that is not active has contextLength 0 and cacheRow 0xffffffff; its token stays as it was.
 */
import { check, show } from '../errors.js';
import type { Gpu } from '../gpu/device.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size, view, type Tensor } from '../gpu/tensor.js';
import { memo } from './memo.js';
import { byPack, ONE } from './pack.js';
import source from '../../shaders/sampling.wgsl';

/** Columns of the decode state, in order. */
export const DECODE_FIELDS = ['tokens', 'positions', 'contextLength', 'cacheRow', 'step', 'active', 'limit', 'stream'] as const;

/** Name of a column of the decode state. */
export type DecodeField = (typeof DECODE_FIELDS)[number];

/** The state of a decoding batch on the device: each column a u32[slots] view of `all`. */
export interface DecodeState extends Readonly<Record<DecodeField, Tensor>> {
  /** u32[8, stride]. */
  readonly all: Tensor;
  readonly slots: number;
  /** Elements from one column to the next. */
  readonly stride: number;
}

/**
 * The state of `slots` slots, in scratch memory that the next state takes over; the caller writes every column.
 *
 * - `tokens`: the last sampled token, the next input. `positions`: its position. `contextLength`: positions + 1 where active, else 0.
 * - `cacheRow`: row of the key-value cache for it. `step`: index in the completion of the token that is sampled next.
 * - `active`: 1, or 0 once stopped. `limit`: most tokens of the slot's completion. `stream`: random stream of the slot's sample.
 */
export function decodeState(gpu: Gpu, slots: number): DecodeState {
  check(Number.isInteger(slots) && slots > 0, `decodeState: expected a number of slots above 0, got ${slots}`);
  const stride = Math.ceil(slots / 64) * 64;
  const all = gpu.scratch('decode.state', [DECODE_FIELDS.length, stride], 'u32');
  const columns = Object.fromEntries(DECODE_FIELDS.map((name, c) => [name, view(all, c * stride, [slots])]));
  return { ...(columns as Record<DecodeField, Tensor>), all, slots, stride };
}

/** Arguments of {@link sample}. */
export interface SampleArgs {
  /** f32[rows, vocab]; not changed. */
  readonly logits: Tensor;
  readonly rows: number;
  readonly vocab: number;
  /** u32[rows], written where active: the drawn ids. */
  readonly tokens: Tensor;
  /** f32[rows], written where active: log-softmax of logits / temperature (temperature 1 if greedy) at the drawn id, before any filter or penalty. */
  readonly logps: Tensor;
  /** u32[rows]: random stream of each row's sample. */
  readonly stream: Tensor;
  /** u32[rows]: index of the token in its completion. */
  readonly step: Tensor;
  /** u32[rows]; 0: skip the row. */
  readonly active: Tensor;
  readonly seed: readonly [number, number];
  /** Divides the logits; 0: greedy, the lowest id among the largest logits. */
  readonly temperature: number;
  /** Keep the k largest logits; 0: off. */
  readonly topK: number;
  /** Keep the smallest set of ids whose probability reaches topP, in (0, 1]; 1: off. */
  readonly topP: number;
  /** Keep ids with at least minP times the largest probability, in [0, 1]; 0: off. */
  readonly minP: number;
  /** Divides (or multiplies, below 0) the logits of ids seen before; 1: off. */
  readonly repetitionPenalty: number;
  /** u32[rows, ceil(vocab / 32)]: bit mask of ids in prompt and completion; the drawn id's bit is set. Needed iff repetitionPenalty ≠ 1. */
  readonly seen?: Tensor;
  /** f32[rows, vocab], written where active: the distribution that was drawn from. For tests. */
  readonly probs?: Tensor;
}

/** Arguments of {@link advance}. */
export interface AdvanceArgs {
  readonly state: DecodeState;
  /** f32[slots]: logps of {@link sample}. */
  readonly sampledLogps: Tensor;
  /** u32[slots, maxContext]: row of the key-value cache for every position. */
  readonly kvIndex: Tensor;
  /** u32[slots, maxNew], written at [slot, step]. */
  readonly outTokens: Tensor;
  /** f32[slots, maxNew], written at [slot, step]. */
  readonly outLogps: Tensor;
  /** u32[eosCount]: ids that end a completion. */
  readonly eos: Tensor;
  readonly eosCount: number;
  readonly maxContext: number;
  readonly maxNew: number;
}

const SAMPLE_PARAMS = {
  rows: 'u32',
  vocab: 'u32',
  seed0: 'u32',
  seed1: 'u32',
  inverse_temperature: 'f32',
  greedy: 'u32',
  top_k: 'u32',
  top_p: 'f32',
  log_min_p: 'f32',
  penalty: 'f32',
  inverse_penalty: 'f32',
} as const;

const sampleKernels = memo((LANES: number, ROWS: number, PENALTY: number, FILTER: number, PROBS: number) => {
  const constants = { LANES, ROWS, PENALTY, FILTER, PROBS, BINS: FILTER > 0 ? 256 * ROWS : 1 };
  return byPack(({ prelude }) => ({
    draw: kernel({ source, prelude, entry: 'sample', access: 'rwwwwwww', params: SAMPLE_PARAMS, constants }),
  }));
});

const ADVANCE = kernel({
  source,
  prelude: ONE.prelude,
  entry: 'advance',
  access: 'wrrrww',
  params: { slots: 'u32', stride: 'u32', max_context: 'u32', max_new: 'u32', eos_count: 'u32' },
});

/**
 * Threads per row and rows per workgroup. They fix the order of summation, so they depend on the vocabulary and the kind of device alone.
 * A CPU takes a small vocabulary with one row a thread: it pays more for barriers than for idle lanes.
 */
function shapeFor(vocab: number, software: boolean): { readonly LANES: number; readonly ROWS: number } {
  if (software) return vocab <= 1024 ? { LANES: 1, ROWS: 4 } : { LANES: 64, ROWS: 1 };
  return { LANES: vocab <= 1024 ? 32 : 256, ROWS: 1 };
}

/**
 * Draws one token per active row: repetition penalty (Keskar et al. 2019), temperature, top-k, top-p (Holtzman et al. 2020), min-p
 * (Nguyen et al. 2024), in the order and with the rules of Hugging Face transformers (ties at a cut are kept); then the inverse CDF at one
 * Philox uniform with key `seed` and counter (step, stream, 0, 0). The draw depends on the row's logits, stream and step, not on its slot,
 * the batch or the device's subgroups.
 * @throws MgrpoError `invalid_argument` on shapes that do not fit or settings out of range.
 */
export function sample(rec: Recorder, args: SampleArgs): void {
  const { logits, rows, vocab, tokens, logps, stream, step, active, seed, temperature, topK, topP, minP, repetitionPenalty } =
    args;
  check(size(logits) >= rows * vocab && vocab > 0, `sample: expected logits[${rows}, ${vocab}], got ${show(logits.shape)}`);
  for (const [name, t] of Object.entries({ tokens, logps, stream, step, active }))
    check(size(t) >= rows, `sample: expected ${name}[${rows}], got ${show(t.shape)}`);
  check(temperature >= 0 && Number.isFinite(temperature), `sample: expected a finite temperature >= 0, got ${temperature}`);
  check(Number.isInteger(topK) && topK >= 0, `sample: expected a whole topK >= 0, got ${topK}; 0 turns it off`);
  check(topP > 0 && topP <= 1, `sample: expected topP in (0, 1], got ${topP}; 1 turns it off`);
  check(minP >= 0 && minP <= 1, `sample: expected minP in [0, 1], got ${minP}; 0 turns it off`);
  check(repetitionPenalty > 0, `sample: expected a repetitionPenalty above 0, got ${repetitionPenalty}; 1 turns it off`);
  const penalty = repetitionPenalty !== 1;
  const words = Math.ceil(vocab / 32);
  check(
    !penalty || (args.seen && size(args.seen) >= rows * words),
    `sample: expected seen[${rows}, ${words}] with repetitionPenalty ${repetitionPenalty}, got ${show(args.seen?.shape)}`,
  );
  check(
    !args.probs || size(args.probs) >= rows * vocab,
    `sample: expected probs[${rows}, ${vocab}], got ${show(args.probs?.shape)}`,
  );
  const greedy = temperature === 0;
  const k = topK < vocab ? topK : 0;
  const filter = !greedy && (k > 0 || topP < 1 || minP > 0);
  const seen = penalty ? args.seen! : rec.scratch('sampling.unused.seen', [1], 'u32');
  const probs = args.probs ?? rec.scratch('sampling.unused.probs', [4]);
  const { LANES, ROWS } = shapeFor(vocab, rec.gpu.adapter.software);
  const kernels = sampleKernels(LANES, ROWS, Number(penalty), Number(filter), Number(args.probs !== undefined));
  rec.dispatch(
    kernels(vocab).draw,
    [logits, tokens, stream, step, active, logps, seen, probs],
    {
      rows,
      vocab,
      seed0: seed[0],
      seed1: seed[1],
      inverse_temperature: greedy ? 1 : 1 / temperature,
      greedy: Number(greedy),
      top_k: k,
      top_p: topP,
      log_min_p: minP > 0 ? Math.log(minP) : -2e30,
      penalty: repetitionPenalty,
      inverse_penalty: 1 / repetitionPenalty,
    },
    Math.ceil(rows / ROWS),
  );
}

/**
 * Keeps the sampled token of every active slot and moves the slot on: outTokens[slot, step] = token, outLogps likewise, step + 1. On an
 * end id, at the slot's limit (or maxNew), or where the context is full, the slot becomes inactive with contextLength 0 and cacheRow
 * 0xffffffff; else position + 1, contextLength + 1, cacheRow = kvIndex[slot, position].
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function advance(rec: Recorder, args: AdvanceArgs): void {
  const { state, sampledLogps, kvIndex, outTokens, outLogps, eos, eosCount, maxContext, maxNew } = args;
  const { slots, stride } = state;
  check(
    size(sampledLogps) >= slots && size(kvIndex) >= slots * maxContext && size(eos) >= eosCount,
    `advance: expected sampledLogps[${slots}], kvIndex[${slots}, ${maxContext}] and eos[${eosCount}], got ${show(sampledLogps.shape)}, ` +
      `${show(kvIndex.shape)} and ${show(eos.shape)}`,
  );
  check(
    size(outTokens) >= slots * maxNew && size(outLogps) >= slots * maxNew,
    `advance: expected outTokens and outLogps of [${slots}, ${maxNew}], got ${show(outTokens.shape)} and ${show(outLogps.shape)}`,
  );
  rec.dispatch(
    ADVANCE,
    [state.all, sampledLogps, kvIndex, eos, outTokens, outLogps],
    { slots, stride, max_context: maxContext, max_new: maxNew, eos_count: eosCount },
    Math.ceil(slots / 64),
  );
}

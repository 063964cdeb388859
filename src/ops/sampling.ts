// Drawing tokens, and the state of a decoding batch.
//
// The per-slot arrays of a batch of B slots live in ONE u32 tensor, structure of arrays: column c (see DECODE_FIELDS) is u32[B] at element
// c · stride, stride = B rounded up to 64, so every column starts at a multiple of 256 bytes. `decodeState` gives each column as a view:
// `embed` takes `tokens` as its ids, `rope` takes `positions`, `kvStore` `cacheRow`, `decodeAttention` `contextLength`, `sample` `tokens`,
// `stream`, `step`, `active`; `advance` takes the whole. A slot that is not active has contextLength 0 and cacheRow 0xffffffff; its token
// stays as it was.
import { SAMPLING_OPTIONS, type DrawFilters } from '../config/sampling.js';
import { check } from '../errors.js';
import { accepts, describe } from '../options/fill.js';
import { count, operation, real, type Operation, type Scalar } from './operation.js';
import type { Pool } from './pool.js';
import { view, type Tensor } from './tensor.js';

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

/** Elements from one column of the decode state to the next. */
export function decodeStride(slots: number): number {
  return Math.ceil(slots / 64) * 64;
}

/**
 * The state of `slots` slots, in memory of a pool that its next state takes over; the caller writes every column.
 *
 * - `tokens`: the last sampled token, the next input. `positions`: its position. `contextLength`: positions + 1 where active, else 0.
 * - `cacheRow`: row of the key-value cache for it. `step`: index in the completion of the token that is sampled next.
 * - `active`: 1, or 0 once stopped. `limit`: most tokens of the slot's completion. `stream`: random stream of the slot's sample.
 */
export function decodeState(pool: Pool, slots: number): DecodeState {
  check(Number.isInteger(slots) && slots > 0, `decodeState: expected a number of slots above 0, got ${slots}`);
  const stride = decodeStride(slots);
  const all = pool.get('decode.state', [DECODE_FIELDS.length, stride], 'u32');
  const columns = Object.fromEntries(DECODE_FIELDS.map((name, c) => [name, view(all, c * stride, [slots])]));
  return { ...(columns as Record<DecodeField, Tensor>), all, slots, stride };
}

/** Arguments of {@link sample}. */
export interface SampleArgs extends DrawFilters {
  readonly logits: Tensor;
  readonly rows: number;
  readonly vocab: number;
  /** Written where active: the drawn ids. */
  readonly tokens: Tensor;
  /** Written where active: log-softmax of logits / temperature (temperature 1 if greedy) at the drawn id, before any filter or penalty. */
  readonly logps: Tensor;
  /** Random stream of each row's sample. */
  readonly stream: Tensor;
  /** Index of the token in its completion. */
  readonly step: Tensor;
  /** 0: skip the row. */
  readonly active: Tensor;
  readonly seed: readonly [number, number];
  /** Divides the logits; 0: greedy, the lowest id among the largest logits. */
  readonly temperature: number;
  /** Bit mask of ids in prompt and completion; the drawn id's bit is set. Needed iff repetitionPenalty ≠ 1. */
  readonly seen?: Tensor | undefined;
  /** Written where active: the distribution that was drawn from. For tests. */
  readonly probs?: Tensor | undefined;
}

/** The options of sampling: their ranges are those of the table. */
const filters = Object.fromEntries(
  Object.entries(SAMPLING_OPTIONS).map(([name, option]) => [
    name,
    { rule: describe(option), holds: (value) => accepts(option, value) } satisfies Scalar<SampleArgs, number>,
  ]),
) as { readonly [K in keyof DrawFilters]: Scalar<SampleArgs, DrawFilters[K]> };

/**
 * Draws one token per active row: repetition penalty (Keskar et al. 2019), temperature, top-k, top-p (Holtzman et al. 2020), min-p
 * (Nguyen et al. 2024), in the order and with the rules of Hugging Face transformers (ties at a cut are kept); then the inverse CDF at one
 * Philox uniform with key `seed` and counter (step, stream, 0, 0). The draw depends on the row's logits, stream and step, not on its slot
 * or the batch.
 */
export const sample: Operation<SampleArgs> = operation<SampleArgs>('sample', {
  scalars: {
    rows: count(),
    vocab: count(undefined, 1),
    seed: { rule: 'two numbers', holds: (v) => v.length === 2 },
    temperature: real(undefined, 'a finite number ≥ 0', (v) => v >= 0),
    ...filters,
  },
  operands: {
    logits: ['read', 'f32', ({ rows, vocab }) => [rows, vocab]],
    tokens: ['update', 'u32', ({ rows }) => [rows]],
    logps: ['update', 'f32', ({ rows }) => [rows]],
    stream: ['read', 'u32', ({ rows }) => [rows]],
    step: ['read', 'u32', ({ rows }) => [rows]],
    active: ['read', 'u32', ({ rows }) => [rows]],
    seen: ['update?', 'u32', ({ rows, vocab }) => [rows, Math.ceil(vocab / 32)]],
    probs: ['update?', 'f32', ({ rows, vocab }) => [rows, vocab]],
  },
  rules: [
    [
      ({ repetitionPenalty, seen }) => repetitionPenalty === 1 || seen !== undefined,
      ({ repetitionPenalty, rows, vocab }) =>
        `expected seen[${rows}, ${Math.ceil(vocab / 32)}] with repetitionPenalty ${repetitionPenalty}, got undefined`,
    ],
  ],
});

/** Arguments of {@link advance}. */
export interface AdvanceArgs {
  /** {@link DecodeState.all}. */
  readonly state: Tensor;
  /** logps of {@link sample}. */
  readonly sampledLogps: Tensor;
  /** Row of the key-value cache for every position. */
  readonly kvIndex: Tensor;
  /** Written at [slot, step]. */
  readonly outTokens: Tensor;
  /** Written at [slot, step]. */
  readonly outLogps: Tensor;
  /** Ids that end a completion. */
  readonly eos: Tensor;
  readonly slots: number;
  readonly eosCount: number;
  readonly maxContext: number;
  readonly maxNew: number;
}

/**
 * Keeps the sampled token of every active slot and moves the slot on: outTokens[slot, step] = token, outLogps likewise, step + 1. On an
 * end id, at the slot's limit (or maxNew), or where the context is full, the slot becomes inactive with contextLength 0 and cacheRow
 * 0xffffffff; else position + 1, contextLength + 1, cacheRow = kvIndex[slot, position].
 */
export const advance: Operation<AdvanceArgs> = operation<AdvanceArgs>('advance', {
  scalars: { slots: count(), eosCount: count(), maxContext: count(), maxNew: count() },
  operands: {
    state: ['update', 'u32', ({ slots }) => [DECODE_FIELDS.length, decodeStride(slots)]],
    sampledLogps: ['read', 'f32', ({ slots }) => [slots]],
    kvIndex: ['read', 'u32', ({ slots, maxContext }) => [slots, maxContext]],
    outTokens: ['update', 'u32', ({ slots, maxNew }) => [slots, maxNew]],
    outLogps: ['update', 'f32', ({ slots, maxNew }) => [slots, maxNew]],
    eos: ['read', 'u32', ({ eosCount }) => [eosCount]],
  },
});

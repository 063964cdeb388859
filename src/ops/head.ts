// The language-model head: logits, and log-probabilities and entropies without all logits in memory.
import { count, operation, real, type Operation, type Scalar } from './operation.js';
import type { Tensor } from './tensor.js';

function positiveTemperature<A>(): Scalar<A, number> {
  return real(undefined, 'a positive temperature (greedy choice needs no log-softmax)', (v) => v > 0);
}

interface RowScores {
  /** Below vocab. */
  readonly targets: Tensor;
  /** log p(target). */
  readonly logps: Tensor;
  /** In nats. */
  readonly entropies: Tensor;
  /** log Σ e^(logits / temperature). */
  readonly lse: Tensor;
}

interface Sizes {
  /** Logits are divided by it. */
  readonly temperature: number;
  readonly rows: number;
  readonly vocab: number;
}

/** Arguments of {@link rowStats}. */
export interface RowStatsArgs extends Sizes, RowScores {
  readonly logits: Tensor;
}

/** Log-probability of a target, entropy and log-sum-exp of every row of softmax(logits / temperature). */
export const rowStats: Operation<RowStatsArgs> = operation<RowStatsArgs>('rowStats', {
  scalars: { rows: count(), vocab: count(), temperature: positiveTemperature() },
  operands: {
    logits: ['read', 'f32', ({ rows, vocab }) => [rows, vocab]],
    targets: ['read', 'u32', ({ rows }) => [rows]],
    logps: ['write', 'f32', ({ rows }) => [rows]],
    entropies: ['write', 'f32', ({ rows }) => [rows]],
    lse: ['write', 'f32', ({ rows }) => [rows]],
  },
});

/** Arguments of {@link headLogits}. */
export interface HeadLogitsArgs {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly logits: Tensor;
  readonly rows: number;
  readonly vocab: number;
  readonly width: number;
}

/** All logits x · wᵀ, not divided by a temperature. The weight may be larger than {@link DeviceLimits.maxBinding}. */
export const headLogits: Operation<HeadLogitsArgs> = operation<HeadLogitsArgs>('headLogits', {
  scalars: { rows: count(), vocab: count(), width: count() },
  operands: {
    x: ['read', 'f32', ({ rows, width }) => [rows, width]],
    w: ['read', 'weight', ({ vocab, width }) => [vocab, width]],
    logits: ['write', 'f32', ({ rows, vocab }) => [rows, vocab]],
  },
});

/** Most bytes of logits that are held at a time, where nobody says otherwise. */
export const MAX_LOGIT_BYTES: number = 64 * 2 ** 20;

/** What {@link headForward} and {@link headBackward} share. */
interface Head extends Sizes {
  readonly x: Tensor;
  /** May be larger than {@link DeviceLimits.maxBinding}. */
  readonly w: Tensor;
  readonly width: number;
  /** Bound in bytes on the logits that are held at a time (default 64 MiB). */
  readonly maxLogitBytes?: number | undefined;
}

function headScalars<A>(): Record<'rows' | 'vocab' | 'width' | 'temperature' | 'maxLogitBytes', Scalar<A, number>> {
  return {
    rows: count(),
    vocab: count(),
    width: count(),
    temperature: positiveTemperature(),
    maxLogitBytes: real(MAX_LOGIT_BYTES),
  };
}

/** Arguments of {@link headForward}. */
export interface HeadForwardArgs extends Head, RowScores {}

/**
 * Log-probability of the target, entropy and log-sum-exp per row of softmax(x · wᵀ / temperature). Logits are computed in chunks of at most
 * `maxLogitBytes` and dropped.
 */
export const headForward: Operation<HeadForwardArgs> = operation<HeadForwardArgs>('headForward', {
  scalars: headScalars(),
  operands: {
    x: ['read', 'f32', ({ rows, width }) => [rows, width]],
    w: ['read', 'weight', ({ vocab, width }) => [vocab, width]],
    targets: ['read', 'u32', ({ rows }) => [rows]],
    logps: ['write', 'f32', ({ rows }) => [rows]],
    entropies: ['write', 'f32', ({ rows }) => [rows]],
    lse: ['write', 'f32', ({ rows }) => [rows]],
  },
});

/** Arguments of {@link headBackward}. */
export interface HeadBackwardArgs extends Head {
  readonly targets: Tensor;
  /** As {@link headForward} gave it. */
  readonly lse: Tensor;
  /** As {@link headForward} gave it. */
  readonly entropies: Tensor;
  readonly dLogps: Tensor;
  readonly dEntropies: Tensor;
  readonly dx: Tensor;
  /** Left out for a frozen weight. */
  readonly dw?: Tensor | undefined;
}

/**
 * Gradients of {@link headForward}, from logits computed again in chunks: with
 * d logits_j = (dLogp · (1[j = target] − p_j) − dEntropy · p_j (log p_j + H)) / temperature, dx = d logits · w and dw += d logitsᵀ · x.
 */
export const headBackward: Operation<HeadBackwardArgs> = operation<HeadBackwardArgs>('headBackward', {
  scalars: headScalars(),
  operands: {
    x: ['read', 'f32', ({ rows, width }) => [rows, width]],
    w: ['read', 'weight', ({ vocab, width }) => [vocab, width]],
    targets: ['read', 'u32', ({ rows }) => [rows]],
    lse: ['read', 'f32', ({ rows }) => [rows]],
    entropies: ['read', 'f32', ({ rows }) => [rows]],
    dLogps: ['read', 'f32', ({ rows }) => [rows]],
    dEntropies: ['read', 'f32', ({ rows }) => [rows]],
    dx: ['write', 'f32', ({ rows, width }) => [rows, width]],
    dw: ['add?', 'f32', ({ vocab, width }) => [vocab, width]],
  },
});

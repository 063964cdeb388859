// Root-mean-square normalisation.
import { count, flag, operation, real, type Operation } from './operation.js';
import type { Tensor } from './tensor.js';

/** Arguments of {@link rmsNorm}. */
export interface RmsNormArgs {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly y: Tensor;
  /** 1 / sqrt(mean(x²) + eps) of every row, kept for the backward pass. */
  readonly rstd: Tensor;
  readonly rows: number;
  readonly width: number;
  readonly eps: number;
  /** The factor is 1 + w, as in Gemma (default false). */
  readonly unitOffset?: boolean | undefined;
}

/**
 * RMSNorm (Zhang and Sennrich 2019): y = x·w·rstd, rstd = 1 / sqrt(mean(x²) + eps), for every row; with `unitOffset` y = x·(1 + w)·rstd.
 * Per head: rows = tokens · heads, width = headDim.
 */
export const rmsNorm: Operation<RmsNormArgs> = operation<RmsNormArgs>('rmsNorm', {
  scalars: { rows: count(), width: count(), eps: real(), unitOffset: flag(false) },
  operands: {
    x: ['read', 'f32', ({ rows, width }) => [rows, width]],
    w: ['read', 'weight', ({ width }) => [width]],
    y: ['write', 'f32', ({ rows, width }) => [rows, width]],
    rstd: ['write', 'f32', ({ rows }) => [rows]],
  },
});

/** Arguments of {@link rmsNormBackward}. */
export interface RmsNormBackwardArgs {
  /** Input of the forward pass. */
  readonly x: Tensor;
  readonly w: Tensor;
  /** Of the forward pass. */
  readonly rstd: Tensor;
  readonly dy: Tensor;
  readonly dx: Tensor;
  /** Absent: not computed. */
  readonly dw?: Tensor | undefined;
  readonly rows: number;
  readonly width: number;
  /** dx += instead of dx = (default false). */
  readonly accumulate?: boolean | undefined;
  /** As in the forward pass (default false). */
  readonly unitOffset?: boolean | undefined;
}

/**
 * Gradients of {@link rmsNorm}: with the factor f (w or 1 + w), dx = rstd·f·dy − x·rstd³·mean(x·f·dy), dw += Σ_rows dy·x·rstd. The order of
 * the sum over rows depends on the sizes alone.
 */
export const rmsNormBackward: Operation<RmsNormBackwardArgs> = operation<RmsNormBackwardArgs>('rmsNormBackward', {
  scalars: { rows: count(), width: count(), accumulate: flag(false), unitOffset: flag(false) },
  operands: {
    x: ['read', 'f32', ({ rows, width }) => [rows, width]],
    w: ['read', 'weight', ({ width }) => [width]],
    rstd: ['read', 'f32', ({ rows }) => [rows]],
    dy: ['read', 'f32', ({ rows, width }) => [rows, width]],
    dx: ['write|add', 'f32', ({ rows, width }) => [rows, width]],
    dw: ['add?', 'f32', ({ width }) => [width]],
  },
});

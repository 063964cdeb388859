// Root-mean-square normalisation, and the low-rank products that read what it gives.
import type { MatmulNTArgs } from './matmul.js';
import { count, flag, operation, real, type Operation, type Resolved } from './operation.js';
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
  /** Low-rank factors of modules that read y, and what becomes of them; both or none. */
  readonly a?: readonly Tensor[] | undefined;
  readonly u?: readonly Tensor[] | undefined;
  /** Of the factors (default 0: none). */
  readonly rank?: number | undefined;
}

/**
 * RMSNorm (Zhang and Sennrich 2019): y = x·w·rstd, rstd = 1 / sqrt(mean(x²) + eps), for every row; with `unitOffset` y = x·(1 + w)·rstd.
 * Per head: rows = tokens · heads, width = headDim. With low-rank factors also u_i = y · a_iᵀ, whose sums do not depend on the number of rows.
 */
export const rmsNorm: Operation<RmsNormArgs> = operation<RmsNormArgs>('rmsNorm', {
  scalars: { rows: count(), width: count(), eps: real(), unitOffset: flag(false), rank: count(0) },
  operands: {
    x: ['read', 'f32', ({ rows, width }) => [rows, width]],
    w: ['read', 'weight', ({ width }) => [width]],
    y: ['write', 'f32', ({ rows, width }) => [rows, width]],
    rstd: ['write', 'f32', ({ rows }) => [rows]],
    a: ['read?', 'f32', ({ rank, width }) => [rank, width]],
    u: ['write?', 'f32', ({ rows, rank }) => [rows, rank]],
  },
  rules: [
    [
      ({ a, u, rank }) => a?.length === u?.length && (a !== undefined) === rank > 0,
      () => 'expected as many results u as factors a, and both where there is a rank; check the modules',
    ],
  ],
});

/** The low-rank products of a {@link rmsNorm}. */
export function lowRankOf({ y, a = [], u = [], rows, width, rank }: Resolved<RmsNormArgs>): Resolved<MatmulNTArgs>[] {
  const shape = { m: rows, n: rank, k: width, stride: rank, first: 0 };
  return a.map((w, i) => ({ ...shape, x: y, w, y: u[i]!, alpha: 1, accumulate: false }));
}

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

// Sums, scaling and rows of matrices.
import { count, operation, real, type Operation } from './operation.js';
import type { Tensor } from './tensor.js';

/** Arguments of {@link add}. */
export interface AddArgs {
  readonly x: Tensor;
  /** In another storage than `x`. */
  readonly y: Tensor;
  readonly size: number;
  /** Default 1. */
  readonly alpha?: number | undefined;
}

/** y += alpha·x, on any number of elements. */
export const add: Operation<AddArgs> = operation<AddArgs>('add', {
  scalars: { size: count(), alpha: real(1) },
  operands: { x: ['read', 'f32', ({ size }) => [size]], y: ['add', 'f32', ({ size }) => [size]] },
});

/** Arguments of {@link scale}. */
export interface ScaleArgs {
  readonly x: Tensor;
  readonly size: number;
  readonly factor: number;
}

/** x *= factor, on any number of elements. */
export const scale: Operation<ScaleArgs> = operation<ScaleArgs>('scale', {
  scalars: { size: count(), factor: real() },
  operands: { x: ['update', 'f32', ({ size }) => [size]] },
});

/** Arguments of {@link gatherRows} and {@link scatterRowsAdd}. */
export interface RowsArgs {
  readonly x: Tensor;
  readonly index: Tensor;
  readonly y: Tensor;
  readonly rows: number;
  readonly width: number;
}

/** y[r] = x[index[r]], for index[r] below the rows of x. */
export const gatherRows: Operation<RowsArgs> = operation<RowsArgs>('gatherRows', {
  scalars: { rows: count(), width: count() },
  operands: {
    x: ['read', 'f32', ({ width }) => [1, width]],
    index: ['read', 'u32', ({ rows }) => [rows]],
    y: ['write', 'f32', ({ rows, width }) => [rows, width]],
  },
});

/** y[index[r]] += x[r], for indices below the rows of y and all different. */
export const scatterRowsAdd: Operation<RowsArgs> = operation<RowsArgs>('scatterRowsAdd', {
  scalars: { rows: count(), width: count() },
  operands: {
    x: ['read', 'f32', ({ rows, width }) => [rows, width]],
    index: ['read', 'u32', ({ rows }) => [rows]],
    y: ['add', 'f32', ({ width }) => [1, width]],
  },
});

// Matrix products and the column sum that a bias's gradient is.
import { count, flag, operation, real, type Operation } from './operation.js';
import type { Tensor } from './tensor.js';

/** Arguments of {@link matmulNT}. */
export interface MatmulNTArgs {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly y: Tensor;
  readonly bias?: Tensor | undefined;
  /** In another storage than `y`. */
  readonly residual?: Tensor | undefined;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Default false. */
  readonly accumulate?: boolean | undefined;
  /** Factor of the product, not of bias and residual (default 1). */
  readonly alpha?: number | undefined;
  /** Elements from one row of `y` to the next (default n): with `first`, the product is a block of columns of a wider matrix. */
  readonly stride?: number | undefined;
  /** Column of `y` where the block starts (default 0). */
  readonly first?: number | undefined;
}

/** y = alpha · x · wᵀ (+ bias) (+ residual), or += with `accumulate`. Sums over k do not depend on m. */
export const matmulNT: Operation<MatmulNTArgs> = operation<MatmulNTArgs>('matmulNT', {
  scalars: {
    m: count(),
    n: count(),
    k: count(),
    accumulate: flag(false),
    alpha: real(1),
    stride: count(({ n }) => n),
    first: count(0),
  },
  operands: {
    x: ['read', 'f32', ({ m, k }) => [m, k]],
    w: ['read', 'weight', ({ n, k }) => [n, k]],
    y: ['write|add', 'f32', ({ m, stride }) => [m, stride]],
    bias: ['read?', 'weight', ({ n }) => [n]],
    residual: ['read?', 'f32', ({ m, stride }) => [m, stride]],
  },
  rules: [
    [
      ({ first, n, stride }) => first + n <= stride,
      ({ first, n, stride }) => `expected first + n ≤ stride, got ${first} + ${n} > ${stride}; check the block`,
    ],
    [
      ({ residual, y }) => residual?.storage !== y.storage,
      () => 'expected residual in another buffer than y, got the same one; use accumulate to add to y',
    ],
  ],
});

/** Arguments of {@link matmulNN}. */
export interface MatmulNNArgs {
  readonly dy: Tensor;
  readonly w: Tensor;
  readonly dx: Tensor;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Default false. */
  readonly accumulate?: boolean | undefined;
  /** Default 1. */
  readonly alpha?: number | undefined;
}

/** dx = alpha · dy · w, or += with `accumulate`: the gradient of {@link matmulNT} to its input. */
export const matmulNN: Operation<MatmulNNArgs> = operation<MatmulNNArgs>('matmulNN', {
  scalars: { m: count(), n: count(), k: count(), accumulate: flag(false), alpha: real(1) },
  operands: {
    dy: ['read', 'f32', ({ m, n }) => [m, n]],
    w: ['read', 'weight', ({ n, k }) => [n, k]],
    dx: ['write|add', 'f32', ({ m, k }) => [m, k]],
  },
});

/** Arguments of {@link matmulTN}. */
export interface MatmulTNArgs {
  readonly dy: Tensor;
  readonly x: Tensor;
  readonly dw: Tensor;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Default true. */
  readonly accumulate?: boolean | undefined;
  /** Default 1. */
  readonly alpha?: number | undefined;
}

/** dw += alpha · dyᵀ · x, or = without `accumulate`: the gradient of {@link matmulNT} to its weight. */
export const matmulTN: Operation<MatmulTNArgs> = operation<MatmulTNArgs>('matmulTN', {
  scalars: { m: count(), n: count(), k: count(), accumulate: flag(true), alpha: real(1) },
  operands: {
    dy: ['read', 'f32', ({ m, n }) => [m, n]],
    x: ['read', 'f32', ({ m, k }) => [m, k]],
    dw: ['write|add', 'f32', ({ n, k }) => [n, k]],
  },
});

/** Arguments of {@link columnSum}. */
export interface ColumnSumArgs {
  readonly dy: Tensor;
  readonly out: Tensor;
  readonly m: number;
  readonly n: number;
  /** Default true. */
  readonly accumulate?: boolean | undefined;
}

/** out[j] += Σ_i dy[i, j], or = without `accumulate`: the gradient of a bias. The order of the sum depends on m and n alone. */
export const columnSum: Operation<ColumnSumArgs> = operation<ColumnSumArgs>('columnSum', {
  scalars: { m: count(), n: count(), accumulate: flag(true) },
  operands: {
    dy: ['read', 'f32', ({ m, n }) => [m, n]],
    out: ['write|add', 'f32', ({ n }) => [n]],
  },
});

import { check, show } from '../errors.js';
import { kernel, type Kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size, type Tensor } from '../gpu/tensor.js';
import tileSource from '../../shaders/matmul.wgsl';
import reduceSource from '../../shaders/matmul-reduce.wgsl';

/** Cost of one operation, for rates and rooflines. */
export interface OpCost {
  readonly flops: number;
  /** Bytes of all operands read once and the result written once. */
  readonly bytes: number;
}

const PARAMS = {
  rows: 'u32',
  columns: 'u32',
  depth: 'u32',
  split_depth: 'u32',
  stride: 'u32',
  first: 'u32',
  flags: 'u32',
  alpha: 'f32',
} as const;

/** Bits of `flags`; the twins are in shaders/lib/epilogue.wgsl. */
const ACCUMULATE = 1;
const RESIDUAL = 2;
const BIAS_F32 = 4;
const BIAS_BF16 = 8;

type Op = 'NT' | 'NN' | 'TN';

const B_ACCESS = {
  f32: `@group(0) @binding(1) var<storage, read> b: array<f32>;
fn load_b(i: u32) -> f32 { return b[i]; }`,
  bf16: `@group(0) @binding(1) var<storage, read> b: array<u32>;
fn load_b(i: u32) -> f32 {
  let pair = b[i / 2];
  return bitcast<f32>(select(pair << 16, pair & 0xffff0000u, i % 2 == 1));
}`,
};

function tile(op: Op, dtype: 'f32' | 'bf16'): Kernel<typeof PARAMS> {
  return kernel({
    source: tileSource,
    entry: 'matmul_tile',
    access: 'rrrrw',
    params: PARAMS,
    constants: { A_TRANSPOSED: Number(op === 'TN'), B_TRANSPOSED: Number(op === 'NT') },
    prelude: B_ACCESS[dtype],
  });
}

const TILE: Record<Op, Record<'f32' | 'bf16', Kernel<typeof PARAMS>>> = {
  NT: { f32: tile('NT', 'f32'), bf16: tile('NT', 'bf16') },
  NN: { f32: tile('NN', 'f32'), bf16: tile('NN', 'bf16') },
  TN: { f32: tile('TN', 'f32'), bf16: tile('TN', 'bf16') },
};

const COLUMN_SUM = kernel({
  source: reduceSource,
  entry: 'column_sum',
  access: 'rw',
  params: {
    rows: 'u32',
    columns: 'u32',
    split_rows: 'u32',
    column_groups: 'u32',
    accumulate: 'u32',
    alpha: 'f32',
  },
});

/** One product in the terms of shaders/matmul.wgsl. */
interface Product {
  readonly op: Op;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly out: Tensor;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly alpha: number;
  readonly accumulate: boolean;
  readonly bias?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
  readonly stride?: number | undefined;
  readonly first?: number | undefined;
}

/**
 * y = alpha · x · wᵀ (+ bias) (+ residual), or += with `accumulate`.
 * @param args.x f32[m, k]
 * @param args.w f32 or bf16 [n, k]
 * @param args.y f32[m, n]
 * @param args.bias f32 or bf16 [n]
 * @param args.residual f32[m, n], in another buffer than `y`
 * @param args.alpha factor of the product (not of bias and residual), default 1
 * @param args.stride elements from one row of `y` to the next, default n: with `first`, writes a block of columns of a wider matrix
 * @param args.first column of `y` where the block starts, default 0
 * @throws MgrpoError `invalid_argument` where a tensor has another size or dtype
 */
export function matmulNT(
  rec: Recorder,
  args: {
    readonly x: Tensor;
    readonly w: Tensor;
    readonly y: Tensor;
    readonly m: number;
    readonly n: number;
    readonly k: number;
    readonly bias?: Tensor | undefined;
    readonly residual?: Tensor | undefined;
    readonly accumulate?: boolean;
    readonly alpha?: number;
    readonly stride?: number;
    readonly first?: number;
  },
): void {
  const { x, w, y, m, n, k, bias, residual, accumulate = false, alpha = 1, stride = n, first = 0 } = args;
  expect('matmulNT', 'x', x, m * k, ['f32']);
  expect('matmulNT', 'w', w, n * k, ['f32', 'bf16']);
  expect('matmulNT', 'y', y, m * stride, ['f32']);
  check(first + n <= stride, `matmulNT: expected first + n ≤ stride, got ${first} + ${n} > ${stride}; check the block`);
  if (bias) expect('matmulNT', 'bias', bias, n, ['f32', 'bf16']);
  if (residual) {
    expect('matmulNT', 'residual', residual, m * stride, ['f32']);
    check(
      residual.storage !== y.storage,
      'matmulNT: expected residual in another buffer than y, got the same one; use accumulate to add to y',
    );
  }
  product(rec, { op: 'NT', a: x, b: w, out: y, rows: m, columns: n, depth: k, alpha, accumulate, bias, residual, stride, first });
}

/**
 * dx = alpha · dy · w, or += with `accumulate`: the gradient of {@link matmulNT} to its input.
 * @param args.dy f32[m, n]
 * @param args.w f32 or bf16 [n, k]
 * @param args.dx f32[m, k]
 * @throws MgrpoError `invalid_argument` where a tensor has another size or dtype
 */
export function matmulNN(
  rec: Recorder,
  args: {
    readonly dy: Tensor;
    readonly w: Tensor;
    readonly dx: Tensor;
    readonly m: number;
    readonly n: number;
    readonly k: number;
    readonly accumulate?: boolean;
    readonly alpha?: number;
  },
): void {
  const { dy, w, dx, m, n, k, accumulate = false, alpha = 1 } = args;
  expect('matmulNN', 'dy', dy, m * n, ['f32']);
  expect('matmulNN', 'w', w, n * k, ['f32', 'bf16']);
  expect('matmulNN', 'dx', dx, m * k, ['f32']);
  product(rec, { op: 'NN', a: dy, b: w, out: dx, rows: m, columns: k, depth: n, alpha, accumulate });
}

/**
 * dw += alpha · dyᵀ · x, or = without `accumulate`: the gradient of {@link matmulNT} to its weight.
 * @param args.dy f32[m, n]
 * @param args.x f32[m, k]
 * @param args.dw f32[n, k]
 * @throws MgrpoError `invalid_argument` where a tensor has another size or dtype
 */
export function matmulTN(
  rec: Recorder,
  args: {
    readonly dy: Tensor;
    readonly x: Tensor;
    readonly dw: Tensor;
    readonly m: number;
    readonly n: number;
    readonly k: number;
    readonly accumulate?: boolean;
    readonly alpha?: number;
  },
): void {
  const { dy, x, dw, m, n, k, accumulate = true, alpha = 1 } = args;
  expect('matmulTN', 'dy', dy, m * n, ['f32']);
  expect('matmulTN', 'x', x, m * k, ['f32']);
  expect('matmulTN', 'dw', dw, n * k, ['f32']);
  product(rec, { op: 'TN', a: dy, b: x, out: dw, rows: n, columns: k, depth: m, alpha, accumulate });
}

/**
 * out[n] += Σ_m dy[m, n], or = without `accumulate`: the gradient of a bias. The order of the sum is fixed.
 * @param args.dy f32[m, n]
 * @param args.out f32[n]
 * @throws MgrpoError `invalid_argument` where a tensor has another size or dtype
 */
export function columnSum(
  rec: Recorder,
  args: { readonly dy: Tensor; readonly out: Tensor; readonly m: number; readonly n: number; readonly accumulate?: boolean },
): void {
  const { dy, out, m, n, accumulate = true } = args;
  expect('columnSum', 'dy', dy, m * n, ['f32']);
  expect('columnSum', 'out', out, n, ['f32']);
  sumRows(rec, dy, out, m, n, accumulate, 1);
}

/** Floating-point operations and least traffic of a product of [m, k] by [k, n]; `weightBytes` per element of the [n, k] operand. */
export function matmulCost(m: number, n: number, k: number, weightBytes = 4): OpCost {
  return { flops: 2 * m * n * k, bytes: 4 * m * (n + k) + weightBytes * n * k };
}

function product(rec: Recorder, args: Product): void {
  const { op, a, b, out, rows, columns, depth, alpha, accumulate, bias, residual, stride = columns, first = 0 } = args;
  const flags =
    (accumulate ? ACCUMULATE : 0) |
    (residual ? RESIDUAL : 0) |
    (bias?.dtype === 'f32' ? BIAS_F32 : bias?.dtype === 'bf16' ? BIAS_BF16 : 0);
  const dtype = b.dtype === 'bf16' ? 'bf16' : 'f32';
  rec.dispatch(
    TILE[op][dtype],
    [a, b, bias ?? a, residual ?? a, out],
    { rows, columns, depth, split_depth: depth, stride, first, flags, alpha },
    [Math.ceil(columns / 64), Math.ceil(rows / 64), 1],
  );
}

/** out[c] (+)= alpha · Σ_r values[r, c], in two stages where one would leave most of the device idle. */
function sumRows(
  rec: Recorder,
  values: Tensor,
  out: Tensor,
  rows: number,
  columns: number,
  accumulate: boolean,
  alpha: number,
): void {
  const groups = Math.ceil(columns / 64);
  const splitRows = Math.max(64, Math.ceil(Math.sqrt(rows)));
  const splits = Math.ceil(rows / splitRows);
  const stage = (from: Tensor, to: Tensor, count: number, perSplit: number, add: boolean, factor: number): void => {
    rec.dispatch(
      COLUMN_SUM,
      [from, to],
      { rows: count, columns, split_rows: perSplit, column_groups: groups, accumulate: Number(add), alpha: factor },
      groups * Math.ceil(count / perSplit),
    );
  };
  if (splits === 1 || groups >= 64) return stage(values, out, rows, rows, accumulate, alpha);
  const partial = rec.scratch('matmul.rows', [splits, columns]);
  stage(values, partial, rows, splitRows, false, 1);
  stage(partial, out, splits, splits, accumulate, alpha);
}

function expect(op: string, name: string, t: Tensor, elements: number, dtypes: readonly string[]): void {
  check(
    size(t) >= elements && dtypes.includes(t.dtype),
    `${op}: expected at least ${elements} elements of ${dtypes.join(' or ')} for ${name}, got ${t.dtype}${show(t.shape)}; check the sizes`,
  );
}

// Matrix products in WGSL: the variant that fits the device, split over the summed dimension where that helps.
import { kernel } from '../gpu/kernel.js';
import type { Profile } from '../gpu/profile.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { ColumnSumArgs, MatmulNNArgs, MatmulNTArgs, MatmulTNArgs } from '../ops/matmul.js';
import type { Resolved } from '../ops/operation.js';
import type { Tensor } from '../ops/tensor.js';
import type { Joint } from './joint.js';
import { lanes } from './matmul/lanes.js';
import { matrix } from './matmul/matrix.js';
import { chunkOf, PLAIN, stridesOf, type MatmulVariant, type ProductShape } from './matmul/product.js';
import { rows, rowsLayout, rowsWay, rowsWays } from './matmul/rows.js';
import { tile } from './matmul/tile.js';
import { canTake, TILE_SIZES, tileSizeOf, tileWay } from './matmul/tile-size.js';
import { bucketOf } from './matmul/tuned.js';
import { choose } from './variant.js';
import { formatOf } from './weight.js';
import reduceSource from '../../shaders/matmul-reduce.wgsl';
import rowsSource from '../../shaders/matmul-rows.wgsl';
import tileSource from '../../shaders/matmul-tile.wgsl';

/** Ways to compute a product, the most special first. */
const VARIANTS: readonly MatmulVariant[] = [matrix, lanes, rows, tile];

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

/** One product in the terms of the shaders. */
export interface Product extends Omit<ProductShape, 'weight' | 'accumulate'> {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly out: Tensor;
  readonly alpha: number;
  readonly accumulate: boolean;
  readonly bias?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
  readonly stride?: number | undefined;
  readonly first?: number | undefined;
  /** Several forward products that read one `a`: how many, and how many elements lie from one `b` to the next, and from one `out`. */
  readonly parts?: { readonly count: number; readonly b: number; readonly out: number } | undefined;
}

/** y = alpha · x · wᵀ (+ bias) (+ residual), or +=. */
export function matmulNT(rec: GpuRecorder, { x, w, y, m, n, k, ...rest }: Resolved<MatmulNTArgs>): void {
  product(rec, { op: 'NT', a: x, b: w, out: y, rows: m, columns: n, depth: k, ...rest });
}

/**
 * y_i = x · w_iᵀ for weights of one shape, each as far behind the last as the others, and results likewise: one dispatch.
 * @returns whether there is a kernel for that
 */
export function matmulNTParts(
  rec: GpuRecorder,
  { x, w, y, m, n, k }: { x: Tensor; w: Joint; y: Joint; m: number; n: number; k: number },
): boolean {
  const [b, out] = [spacing(w), spacing(y)];
  if (rec.profile.kind !== 'software' || formatOf(w.tensor) !== 'f32' || b === undefined || out === undefined) return false;
  const parts = { count: w.starts.length, b, out };
  product(rec, { op: 'NT', a: x, b: w.tensor, out: y.tensor, rows: m, columns: n, depth: k, alpha: 1, accumulate: false, parts });
  return true;
}

/** Elements from each tensor to the next, if they are as many everywhere. */
function spacing({ starts }: Joint): number | undefined {
  const [, second = 0] = starts;
  return starts.every((start, i) => start === i * second) ? second : undefined;
}

/** dx = alpha · dy · w, or +=. */
export function matmulNN(rec: GpuRecorder, { dy, w, dx, m, n, k, ...rest }: Resolved<MatmulNNArgs>): void {
  product(rec, { op: 'NN', a: dy, b: w, out: dx, rows: m, columns: k, depth: n, ...rest });
}

/** dw += alpha · dyᵀ · x, or =. */
export function matmulTN(rec: GpuRecorder, { dy, x, dw, m, n, k, ...rest }: Resolved<MatmulTNArgs>): void {
  product(rec, { op: 'TN', a: dy, b: x, out: dw, rows: n, columns: k, depth: m, ...rest });
}

/** out[j] += Σ_i dy[i, j], or =. */
export function columnSum(rec: GpuRecorder, { dy, out, m, n, accumulate }: Resolved<ColumnSumArgs>): void {
  sumRows(rec, dy, out, m, n, accumulate, 1);
}

/**
 * Ways of a product on a device that have the same bits, the one by the tables first; fewer than two where there is no choice.
 * @returns names: `tile` and values of an invocation, `rows` and values of a workgroup
 */
export function waysOf(device: Profile, shape: ProductShape): string[] {
  const profile = { ...device, tiles: new Map<string, string>() };
  const variant = choose(VARIANTS, profile, shape);
  const tiles = TILE_SIZES.filter((size) => canTake(size, shape)).map(tileWay);
  if (variant === tile) return first(tileWay(tileSizeOf(profile, shape)), tiles);
  if (variant === rows) return first(rowsWay(rowsLayout(profile, shape)), [...rowsWays(shape.rows), ...tiles]);
  return [variant.name];
}

const first = (name: string, names: readonly string[]): string[] => [name, ...names.filter((other) => other !== name)];

/** The text of the kernels of all ways: other kernels want other measurements. */
export const WAYS_TEXT: string = [tileSource, rowsSource, JSON.stringify(TILE_SIZES)].join('\n');

/** Records a product in one of the ways that it has. */
export function productBy(rec: GpuRecorder, way: string, args: Product): void {
  const tiles = new Map([[bucketOf({ ...args, weight: formatOf(args.b) }), way]]);
  product(rec, args, { ...rec.profile, tiles });
}

function product(rec: GpuRecorder, args: Product, profile: Profile = rec.profile): void {
  const { op, a, b, out, rows, columns, depth, alpha, accumulate, bias, residual, stride = columns, first = 0 } = args;
  const { count, ...apart } = args.parts ?? { count: 1, b: 0, out: 0 };
  const shape = { op, rows, columns, depth, weight: formatOf(b), accumulate };
  const { plan, split } = choose(VARIANTS, profile, shape);
  const { height, width, parts, kernelFor } = plan(profile, shape);
  const sizes = { rows, columns, depth, chunk: chunkOf(depth), ...stridesOf(shape), b_part: apart.b, out_part: apart.out };
  const grid = [Math.ceil(columns / width), Math.ceil(rows / height)] as const;

  // The forward product is never split over workgroups, so that its sums have the same order for every number of rows.
  const wanted = op === 'NT' ? 1 : Math.ceil(split.workgroups / (parts ?? grid[0] * grid[1]));
  const range = Math.max(split.depth, Math.ceil(depth / wanted / 16) * 16);
  const splits = Math.ceil(depth / range);
  rec.work(2 * rows * columns * depth);
  if (splits <= 1) {
    const epilogue = { accumulate, residual: residual !== undefined, bias: bias && formatOf(bias) };
    const added = { accumulate: Number(accumulate), residual: Number(residual !== undefined) };
    const params = { ...sizes, split_depth: depth, stride, first, alpha, ...added };
    rec.dispatch(kernelFor(epilogue), [a, b, bias ?? a, residual ?? a, out], params, [...grid, count]);
    return;
  }
  const partial = rec.scratch('matmul.splits', [splits, rows * columns]);
  const params = { ...sizes, split_depth: range, stride: columns, first: 0, alpha: 1, accumulate: 0, residual: 0 };
  rec.dispatch(kernelFor(PLAIN), [a, b, a, a, partial], params, [...grid, splits]);
  sumRows(rec, partial, out, splits, rows * columns, accumulate, alpha);
}

/** out[c] (+)= alpha · Σ_r values[r, c], in two stages where one would leave most of the device idle. */
function sumRows(
  rec: GpuRecorder,
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

// Matrix products in WGSL: a kernel per operation, dtype of the weight and kind of device, split over the summed dimension where that helps.
import { kernel, type Kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { ColumnSumArgs, MatmulNNArgs, MatmulNTArgs, MatmulTNArgs } from '../ops/matmul.js';
import type { Resolved } from '../ops/operation.js';
import type { Tensor } from '../ops/tensor.js';
import { FOUR, ONE } from './pack.js';
import { sizes } from './sizes.js';
import { unroll } from './unroll.js';
import { biasPrelude, formatOf, weightPrelude, type WeightFormat } from './weight.js';
import lanesSource from '../../shaders/matmul-lanes.wgsl';
import reduceSource from '../../shaders/matmul-reduce.wgsl';
import tileSource from '../../shaders/matmul-tile.wgsl';

const PARAMS = {
  rows: 'u32',
  columns: 'u32',
  depth: 'u32',
  split_depth: 'u32',
  stride: 'u32',
  first: 'u32',
  alpha: 'f32',
} as const;

/** What is done with the sums: the overrides of shaders/lib/product.wgsl. */
interface Epilogue {
  readonly ACCUMULATE: number;
  readonly RESIDUAL: number;
  readonly BIAS: number;
}

/** The epilogue, and in which formats weight and bias are. */
interface Operands {
  readonly epilogue: Epilogue;
  readonly weight: WeightFormat;
  readonly bias: WeightFormat;
}

const PLAIN: Epilogue = { ACCUMULATE: 0, RESIDUAL: 0, BIAS: 0 };
const keyOf = ({ epilogue, weight, bias }: Operands): string => `${weight} ${bias} ${Object.values(epilogue).join('')}`;

type Op = 'NT' | 'NN' | 'TN';
type ProductKernel = Kernel<typeof PARAMS>;

/**
 * Kinds of kernel: `lanes` for adapters that run on CPU vectors (shaders/matmul-lanes.wgsl), `tile` for GPUs
 * (shaders/matmul-tile.wgsl).
 */
type MatmulVariant = 'lanes' | 'tile';

/** Kernels by everything that their text depends on. */
const kernels = new Map<string, ProductKernel>();

function cached(key: string, make: () => ProductKernel): ProductKernel {
  let found = kernels.get(key);
  if (!found) kernels.set(key, (found = make()));
  return found;
}

const TILE = 64;

function tileKernel(op: Op, operands: Operands): ProductKernel {
  return cached(`tile ${op} ${keyOf(operands)}`, () =>
    kernel({
      source: tileSource,
      entry: 'matmul_tile',
      access: 'rrrrw',
      params: PARAMS,
      constants: { ...operands.epilogue, TRANSPOSED_A: Number(op === 'TN'), TRANSPOSED_B: Number(op === 'NT') },
      prelude: [ONE.prelude, weightPrelude(ONE, operands.weight), biasPrelude(operands.bias)].join('\n'),
    }),
  );
}

/** Heights of a tile of the lanes kernel in rows, and its widths in vectors of four columns per lane. */
const HEIGHTS = [1, 4, 8, 16, 32] as const;
const GROUPS = [4, 2, 1] as const;
/** Above this many rows always the highest tile, so that batches of any length share one pipeline. */
const MANY_ROWS = 64;

/**
 * The tile with the least estimated time. Per step a tile of height × width spends 1 unit on each product and 6 on each element that it
 * loads (SwiftShader, AMD EPYC: 1.0 ns and 6.2 ns); few tiles share 2 cores.
 */
function lanesTile(rows: number, columns: number, lanes: number): { height: number; groups: number } {
  let best = { height: 1, groups: 1, cost: Infinity };
  for (const height of HEIGHTS) {
    if (rows > MANY_ROWS && height < 32) continue;
    for (const groups of lanes > 4 ? ([1] as const) : GROUPS) {
      const width = 4 * groups * lanes;
      const tiles = Math.ceil(rows / height) * Math.ceil(columns / width);
      const loads = (height === 1 ? 4 : height) + width;
      const cost = 2 * Math.ceil(tiles / 2) * (height * width + 6 * loads);
      if (cost < best.cost) best = { height, groups, cost };
    }
  }
  return best;
}

function lanesKernel(
  op: Op,
  operands: Operands,
  { rows, columns, depth }: Shape,
  tile: { readonly height: number; readonly groups: number },
  size: number,
): ProductKernel {
  const lanes = size || 4;
  const quad = size >= 4 && tile.height > 1;
  const alignedA = (op === 'TN' ? rows : depth) % 4 === 0;
  const alignedB = (op === 'NT' ? depth : columns) % 4 === 0;
  const tail = op === 'TN' || depth % 4 > 0;
  const layout = [alignedA, alignedB, tail, quad].map(Number).join('');
  const key = `lanes ${op} ${layout} ${tile.height}x${tile.groups} ${lanes} ${keyOf(operands)}`;
  return cached(key, () => {
    const block = Math.min(tile.height, 4);
    const pack = alignedB ? FOUR : ONE;
    const counts = { ROW_BLOCKS: tile.height / block, BLOCK: block, GROUPS: tile.groups };
    return kernel({
      source: unroll(lanesSource, {
        ...counts,
        ALIGNED_A: Number(alignedA),
        ALIGNED_B: Number(alignedB),
        QUAD: Number(quad),
        TAIL: Number(tail),
        TRANSPOSED_A: Number(op === 'TN'),
        TRANSPOSED_B: Number(op === 'NT'),
      }),
      entry: 'matmul_lanes',
      access: 'rrrrw',
      params: PARAMS,
      constants: { ...operands.epilogue },
      prelude: [
        quad ? 'enable subgroups;' : '',
        sizes({ ...counts, LANES: lanes }),
        pack.prelude,
        weightPrelude(pack, operands.weight),
        biasPrelude(operands.bias),
      ].join('\n'),
    });
  });
}

/** Split sums: up to how many workgroups, and the least depth of each. */
const SPLIT: Record<MatmulVariant, { readonly workgroups: number; readonly depth: number }> = {
  lanes: { workgroups: 8, depth: 256 },
  tile: { workgroups: 256, depth: 128 },
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

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** One product in the terms of the shaders. */
interface Product extends Shape {
  readonly op: Op;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly out: Tensor;
  readonly alpha: number;
  readonly accumulate: boolean;
  readonly bias?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
  readonly stride?: number | undefined;
  readonly first?: number | undefined;
}

/** y = alpha · x · wᵀ (+ bias) (+ residual), or +=. */
export function matmulNT(rec: GpuRecorder, { x, w, y, m, n, k, ...rest }: Resolved<MatmulNTArgs>): void {
  product(rec, { op: 'NT', a: x, b: w, out: y, rows: m, columns: n, depth: k, ...rest });
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

function product(rec: GpuRecorder, args: Product): void {
  const { op, a, b, out, rows, columns, depth, alpha, accumulate, bias, residual, stride = columns, first = 0 } = args;
  const variant = rec.profile.kind === 'software' ? 'lanes' : 'tile';
  const size = rec.profile.subgroupSize;
  const weight = formatOf(b);
  const tile = lanesTile(rows, columns, size || 4);
  const [height, width] = variant === 'tile' ? [TILE, TILE] : [tile.height, 4 * tile.groups * (size || 4)];
  const pipeline = (epilogue: Epilogue): ProductKernel => {
    const operands = { epilogue, weight, bias: bias ? formatOf(bias) : 'f32' } as const;
    return variant === 'tile' ? tileKernel(op, operands) : lanesKernel(op, operands, args, tile, size);
  };
  const grid = [Math.ceil(columns / width), Math.ceil(rows / height)] as const;

  // The forward product is never split, so that its sums have the same order for every number of rows.
  const wanted = op === 'NT' ? 1 : Math.ceil(SPLIT[variant].workgroups / (grid[0] * grid[1]));
  const range = Math.max(SPLIT[variant].depth, Math.ceil(depth / wanted / 16) * 16);
  const splits = Math.ceil(depth / range);
  if (splits <= 1) {
    const epilogue = {
      ACCUMULATE: Number(accumulate),
      RESIDUAL: Number(residual !== undefined),
      BIAS: Number(bias !== undefined),
    };
    const params = { rows, columns, depth, split_depth: depth, stride, first, alpha };
    rec.dispatch(pipeline(epilogue), [a, b, bias ?? a, residual ?? a, out], params, [...grid, 1]);
    return;
  }
  const partial = rec.scratch('matmul.splits', [splits, rows * columns]);
  const params = { rows, columns, depth, split_depth: range, stride: columns, first: 0, alpha: 1 };
  rec.dispatch(pipeline(PLAIN), [a, b, a, a, partial], params, [...grid, splits]);
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

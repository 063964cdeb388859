// Forward products of few rows on GPUs, as in decoding: many small workgroups, the depth split within each (shaders/matmul-rows.wgsl).
import { kernel } from '../../gpu/kernel.js';
import type { WeightFormat } from '../../numbers/weights.js';
import { memo } from '../memo.js';
import { FOUR, ONE } from '../pack.js';
import { sizes } from '../sizes.js';
import { unroll } from '../unroll.js';
import { biasPrelude, weightPrelude } from '../weight.js';
import { ACCESS, chunkOf, epilogueConstants, PARAMS, type Epilogue, type MatmulVariant } from './product.js';
import source from '../../../shaders/matmul-rows.wgsl';

/** Above this many rows tiles in workgroup memory are shared by enough of them. */
const MOST_ROWS = 64;
/** Workgroups that keep most GPUs busy. */
const WORKGROUPS = 64;
/** Parts of the result that a workgroup may make, the largest first. */
const TILES = [16, 8, 4, 2]
  .flatMap((width) => [16, 8, 4].map((height) => ({ height, width })))
  .sort((a, b) => b.height * b.width - a.height * a.width || b.height - a.height);
/** The same for a single row. */
const LINES = [64, 32, 16, 8, 4, 2].map((width) => ({ height: 1, width }));

/** The largest tile that gives enough workgroups, else the smallest. */
function bestTile(rows: number, columns: number): { readonly height: number; readonly width: number } {
  const tiles = rows === 1 ? LINES : TILES.filter(({ height }) => height === 4 || height < 2 * rows);
  const enough = tiles.find(({ height, width }) => Math.ceil(rows / height) * Math.ceil(columns / width) >= WORKGROUPS);
  return enough ?? tiles.at(-1)!;
}

/** What the text of a kernel depends on beside the epilogue. */
interface Layout {
  readonly weight: WeightFormat;
  readonly height: number;
  readonly width: number;
  readonly slices: number;
  /** Whether rows are whole vectors. */
  readonly aligned: boolean;
}

const rowsKernel = memo(({ weight, height, width, slices, aligned }: Layout, epilogue: Epilogue) => {
  const pack = aligned ? FOUR : ONE;
  const counts = { ROWS: Math.min(height, 4), COLUMNS: Math.min(width, 4) };
  const text = { ...counts, ALIGNED_A: Number(aligned), ALIGNED_B: Number(aligned), TAIL: Number(!aligned) };
  return kernel({
    source: unroll(source, text),
    entry: 'matmul_rows',
    access: ACCESS,
    params: PARAMS,
    constants: epilogueConstants(epilogue),
    prelude: [
      sizes({ ...counts, HEIGHT: height, WIDTH: width, SLICES: slices }),
      pack.prelude,
      weightPrelude(pack, weight),
      biasPrelude(epilogue.bias),
    ].join('\n'),
  });
});

/** Small workgroups that split the depth. */
export const rows: MatmulVariant = {
  name: 'rows',
  fits: ({ kind }, { op, rows }) => kind === 'gpu' && op === 'NT' && rows <= MOST_ROWS,
  split: { workgroups: 1, depth: 1 },
  plan(_, { weight, rows, columns, depth }) {
    const tile = bestTile(rows, columns);
    const layout = { weight, ...tile, slices: Math.ceil(depth / chunkOf(depth)), aligned: depth % 4 === 0 };
    return { ...tile, kernelFor: (epilogue) => rowsKernel(layout, epilogue) };
  },
};

// Forward products of few rows on GPUs, as in decoding: many small workgroups, the depth split within each (shaders/matmul-rows.wgsl).
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { chunkOf, operandsOf, productKernel, type Epilogue, type MatmulVariant, type Operands } from './product.js';
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
interface Layout extends Operands {
  readonly height: number;
  readonly width: number;
  readonly slices: number;
}

const rowsKernel = memo((layout: Layout, epilogue: Epilogue) => {
  const { height, width, slices, alignedA } = layout;
  const tile = { ROWS: Math.min(height, 4), COLUMNS: Math.min(width, 4) };
  const counts = { ...tile, TAIL: Number(!alignedA) };
  const head = [sizes({ ...tile, HEIGHT: height, WIDTH: width, SLICES: slices })];
  return productKernel({ source, entry: 'matmul_rows', counts, head }, layout, epilogue);
});

/** Small workgroups that split the depth. */
export const rows: MatmulVariant = {
  name: 'rows',
  fits: ({ kind }, { op, rows }) => kind === 'gpu' && op === 'NT' && rows <= MOST_ROWS,
  split: { workgroups: 1, depth: 1 },
  plan(_, shape) {
    const tile = bestTile(shape.rows, shape.columns);
    const layout = { ...operandsOf(shape), ...tile, slices: Math.ceil(shape.depth / chunkOf(shape.depth)) };
    return { ...tile, kernelFor: (epilogue) => rowsKernel(layout, epilogue) };
  },
};

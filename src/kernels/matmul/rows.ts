// Forward products of few rows on GPUs, as in decoding: many small workgroups, the depth split within each (shaders/matmul-rows.wgsl).
import type { Profile } from '../../gpu/profile.js';
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import {
  chunkOf,
  operandsOf,
  productKernel,
  type Epilogue,
  type MatmulVariant,
  type Operands,
  type ProductShape,
} from './product.js';
import { tunedWay } from './tuned.js';
import source from '../../../shaders/matmul-rows.wgsl';

/** Above this many rows tiles in workgroup memory are shared by enough of them. */
export const MOST_ROWS = 64;
/** Workgroups that keep most GPUs busy. */
const WORKGROUPS = 64;
/** A part of the result. */
interface Part {
  readonly height: number;
  readonly width: number;
}

/** Parts that a workgroup may make, the largest first. */
const TILES: readonly Part[] = [16, 8, 4, 2]
  .flatMap((width) => [16, 8, 4].map((height) => ({ height, width })))
  .sort((a, b) => b.height * b.width - a.height * a.width || b.height - a.height);
/** The same for a single row. */
const LINES: readonly Part[] = [64, 32, 16, 8, 4, 2].map((width) => ({ height: 1, width }));

/** Parts that waste little on some rows. */
function partsFor(rows: number): readonly Part[] {
  return rows === 1 ? LINES : TILES.filter(({ height }) => height === 4 || height < 2 * rows);
}

/** What the way through such parts is called where ways are measured. */
export function rowsWay({ height, width }: Part): string {
  return `rows ${height}x${width}`;
}

/** All ways of products of some rows. */
export function rowsWays(rows: number): string[] {
  return partsFor(rows).map(rowsWay);
}

/** The largest tile that gives enough workgroups, else the smallest. */
function bestTile(rows: number, columns: number): Part {
  const tiles = partsFor(rows);
  const enough = tiles.find(({ height, width }) => Math.ceil(rows / height) * Math.ceil(columns / width) >= WORKGROUPS);
  return enough ?? tiles.at(-1)!;
}

/** How a workgroup shares out a product of few rows. */
export interface RowsLayout extends Part {
  readonly slices: number;
}

/** The layout for a product: the one that was measured to be the fastest, else by the numbers of workgroups. */
export function rowsLayout(profile: Profile, shape: ProductShape): RowsLayout {
  const { rows, columns, depth } = shape;
  const way = tunedWay(profile, shape);
  const tuned = way === undefined ? undefined : (rows === 1 ? LINES : TILES).find((part) => rowsWay(part) === way);
  return { ...(tuned ?? bestTile(rows, columns)), slices: Math.ceil(depth / chunkOf(depth)) };
}

/** What a text over lib/rows is written out with, and what stands before it. */
export function rowsText(
  { height, width, slices }: RowsLayout,
  { alignedA }: Operands,
): { readonly counts: Readonly<Record<string, number>>; readonly declarations: string; readonly invocations: number } {
  const tile = { ROWS: Math.min(height, 4), COLUMNS: Math.min(width, 4) };
  return {
    invocations: (slices * height * width) / (tile.ROWS * tile.COLUMNS),
    counts: { ...tile, TAIL: Number(!alignedA) },
    declarations: sizes({ ...tile, HEIGHT: height, WIDTH: width, SLICES: slices }),
  };
}

const rowsKernel = memo((layout: RowsLayout, operands: Operands, epilogue: Epilogue) => {
  const { counts, declarations, invocations } = rowsText(layout, operands);
  return productKernel({ source, entry: 'matmul_rows', counts, head: [declarations], invocations }, operands, epilogue);
});

/** Small workgroups that split the depth. */
export const rows: MatmulVariant = {
  name: 'rows',
  fits: (profile, shape) =>
    profile.kind === 'gpu' &&
    shape.op === 'NT' &&
    shape.rows <= MOST_ROWS &&
    tunedWay(profile, shape)?.startsWith('tile ') !== true,
  split: { workgroups: 1, depth: 1 },
  plan(profile, shape) {
    const [layout, operands] = [rowsLayout(profile, shape), operandsOf(profile, shape)];
    return { ...layout, kernelFor: (epilogue) => rowsKernel(layout, operands, epilogue) };
  },
};

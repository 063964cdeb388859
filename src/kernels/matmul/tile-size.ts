// How large a tile of a matrix product is on a GPU: a table, the largest first. All sizes give the same bits.
import type { Profile } from '../../gpu/profile.js';
import { WEIGHTS } from '../../numbers/weights.js';
import type { ProductShape } from './product.js';
import { tunedWay } from './tuned.js';

/** What a workgroup makes: `down` × `across` invocations with `tall` × `wide` parts of `part` rows and columns each. */
export interface TileSize {
  /** Rows × columns of an invocation, for messages and records. */
  readonly name: string;
  readonly down: number;
  readonly across: number;
  readonly tall: number;
  readonly wide: number;
  readonly part: 2 | 4;
  /** Steps of the depth that are staged together. */
  readonly steps: 8 | 16;
  /** Invocations that fetch them. */
  readonly fetchers: number;
  /** Whether the sums of all chunks of a forward product wait in `out` while those of a chunk are made, instead of in registers. */
  readonly parks: boolean;
}

/**
 * Sizes of a tile. The more values an invocation makes, the more products each of its reads of workgroup memory serves, and the more registers
 * it needs. Of the clocks that reads and stores leave (scripts/banks.mjs), products can use 86 %, 69 %, 69 %, 58 % and 44 %.
 */
export const TILE_SIZES: readonly TileSize[] = [
  { name: '8x8', down: 8, across: 16, tall: 2, wide: 2, part: 4, steps: 16, fetchers: 128, parks: false },
  { name: '6x6', down: 8, across: 16, tall: 3, wide: 3, part: 2, steps: 8, fetchers: 96, parks: false },
  { name: '6x6 parked', down: 8, across: 16, tall: 3, wide: 3, part: 2, steps: 8, fetchers: 96, parks: true },
  { name: '8x4', down: 8, across: 16, tall: 2, wide: 1, part: 4, steps: 16, fetchers: 128, parks: false },
  { name: '4x4', down: 16, across: 16, tall: 1, wide: 1, part: 4, steps: 16, fetchers: 256, parks: false },
];
const SMALLEST = TILE_SIZES.at(-1)!;

/** Rows of a tile. */
export function heightOf({ down, tall, part }: TileSize): number {
  return part * tall * down;
}

/** Columns of a tile. */
export function widthOf({ across, wide, part }: TileSize): number {
  return part * wide * across;
}

/** How often an invocation fetches four elements of each operand. */
export function fetchesOf(size: TileSize): { readonly a: number; readonly b: number } {
  const { steps, fetchers } = size;
  return { a: (steps * heightOf(size)) / (4 * fetchers), b: (steps * widthOf(size)) / (4 * fetchers) };
}

/** Values that an invocation holds: sums, in forward products those of a chunk beside those of all chunks, and weights of blocks, yet to be unpacked. */
function valuesOf(size: TileSize, { op, weight }: ProductShape): number {
  const { tall, wide, part, parks } = size;
  return part * part * tall * wide * (op === 'NT' && !parks ? 2 : 1) + (WEIGHTS[weight].block > 2 ? 4 * fetchesOf(size).b : 0);
}

/** Whether a size is one for a product: sums can wait in `out` where nothing is there to be added to, and only forward products have chunks. */
export function canTake({ parks }: TileSize, { op, accumulate }: ProductShape): boolean {
  return !parks || (op === 'NT' && !accumulate);
}

/** What the way through tiles of a size is called where ways are measured. */
export function tileWay({ name }: TileSize): string {
  return `tile ${name}`;
}

/**
 * The size that was measured to be the fastest; else the largest one whose values the device's registers hold, and of which there are enough tiles
 * to keep it busy; else the smallest.
 */
export function tileSizeOf(profile: Profile, shape: ProductShape): TileSize {
  const { mostValues, manyTiles } = profile;
  const way = tunedWay(profile, shape);
  const tuned = TILE_SIZES.find((size) => tileWay(size) === way && canTake(size, shape));
  if (tuned) return tuned;
  const isEnough = (size: TileSize): boolean =>
    canTake(size, shape) &&
    valuesOf(size, shape) <= mostValues &&
    Math.ceil(shape.rows / heightOf(size)) * Math.ceil(shape.columns / widthOf(size)) >= manyTiles;
  return TILE_SIZES.find(isEnough) ?? SMALLEST;
}

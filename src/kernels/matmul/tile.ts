// Matrix products on GPUs: tiles of 64 × 64 through workgroup memory (shaders/matmul-tile.wgsl). Fits every device and shape.
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { operandsOf, productKernel, type Epilogue, type MatmulVariant, type Operands } from './product.js';
import source from '../../../shaders/matmul-tile.wgsl';

const TILE = 64;
/** Steps of the depth that are staged together. */
const STEPS = 16;

/** Rows that one invocation makes, in fours: with two, its reads of workgroup memory serve a third more products, but it needs twice the registers. */
type Fours = 1 | 2;

/** @param tail whether the depth may be no whole number of tiles */
const tileKernel = memo((fours: Fours, operands: Operands, tail: boolean, epilogue: Epilogue) => {
  const down = 16 / fours;
  const counts = { FOURS: fours, TAIL: Number(tail), CHUNKS: Number(operands.op === 'NT') };
  const head = [sizes({ DOWN: down })];
  return productKernel({ source, entry: 'matmul_tile', counts, head, invocations: 16 * down }, operands, epilogue);
});

/** Tiles in workgroup memory. */
export const tile: MatmulVariant = {
  name: 'tile',
  fits: () => true,
  split: { workgroups: 256, depth: 128 },
  plan({ tallTiles }, shape) {
    const [operands, tail] = [operandsOf(shape), shape.depth % STEPS > 0];
    const fours = Math.ceil(shape.rows / TILE) * Math.ceil(shape.columns / TILE) < tallTiles ? 1 : 2;
    return { height: TILE, width: TILE, kernelFor: (epilogue) => tileKernel(fours, operands, tail, epilogue) };
  },
};

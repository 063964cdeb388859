// Matrix products on GPUs: tiles through workgroup memory (shaders/matmul-tile.wgsl). Fits every device and shape.
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { operandsOf, productKernel, type Epilogue, type MatmulVariant, type Operands, type ProductKernel } from './product.js';
import { fetchesOf, heightOf, tileSizeOf, widthOf, type TileSize } from './tile-size.js';
import source from '../../../shaders/matmul-tile.wgsl';

/** Sums are split as for parts of this size, whatever the tile's: the order of a sum does not depend on it. */
const PART = 64;

/**
 * The kernel of a size.
 * @param tail whether the depth may be no whole number of steps that are staged together
 */
export const tileKernel: (size: TileSize, operands: Operands, tail: boolean, epilogue: Epilogue) => ProductKernel = memo(
  (size, operands, tail, epilogue) => {
    const { down, across, tall, wide, part, steps, fetchers, parks } = size;
    const isForward = operands.op === 'NT';
    const [fetches, invocations] = [fetchesOf(size), down * across];
    const counts = {
      ...{ TALL: tall, WIDE: wide, PART: part, PAIRS: Number(part === 2) },
      ...{ FETCHES_A: fetches.a, FETCHES_B: fetches.b, SOME_FETCH: Number(fetchers < invocations) },
      ...{ TAIL: Number(tail), CHUNKS: Number(isForward), KEEPS: Number(isForward && !parks), PARKS: Number(isForward && parks) },
    };
    const lengths = { HEIGHT: heightOf(size), WIDTH: widthOf(size), STEPS: steps, FETCHERS: fetchers };
    const head = [sizes({ DOWN: down, ACROSS: across, ...lengths })];
    return productKernel({ source, entry: 'matmul_tile', counts, head, invocations }, operands, epilogue);
  },
);

/** Tiles in workgroup memory. */
export const tile: MatmulVariant = {
  name: 'tile',
  fits: () => true,
  split: { workgroups: 256, depth: 128 },
  plan(profile, shape) {
    const size = tileSizeOf(profile, shape);
    const [operands, tail] = [operandsOf(profile, shape), shape.depth % size.steps > 0];
    return {
      ...{ height: heightOf(size), width: widthOf(size) },
      parts: Math.ceil(shape.rows / PART) * Math.ceil(shape.columns / PART),
      kernelFor: (epilogue) => tileKernel(size, operands, tail, epilogue),
    };
  },
};

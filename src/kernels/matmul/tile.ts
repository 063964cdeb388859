// Matrix products on GPUs: tiles through workgroup memory (shaders/matmul-tile.wgsl). Fits every device and shape.
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { operandsOf, productKernel, type Epilogue, type MatmulVariant, type Operands, type ProductKernel } from './product.js';
import { heightOf, tileSizeOf, widthOf, type TileSize } from './tile-size.js';
import source from '../../../shaders/matmul-tile.wgsl';

/** Steps of the depth that are staged together. */
const STEPS = 16;
/** Sums are split as for parts of this size, whatever the tile's: the order of a sum does not depend on it. */
const PART = 64;

/**
 * The kernel of a size.
 * @param tail whether the depth may be no whole number of `STEPS`
 */
export const tileKernel: (size: TileSize, operands: Operands, tail: boolean, epilogue: Epilogue) => ProductKernel = memo(
  (size, operands, tail, epilogue) => {
    const { down, across, tall, wide } = size;
    const fetches = { FETCHES_A: (STEPS * tall) / across, FETCHES_B: (STEPS * wide) / down };
    const counts = { TALL: tall, WIDE: wide, ...fetches, TAIL: Number(tail), CHUNKS: Number(operands.op === 'NT') };
    const head = [sizes({ DOWN: down, ACROSS: across, HEIGHT: heightOf(size), WIDTH: widthOf(size) })];
    return productKernel({ source, entry: 'matmul_tile', counts, head, invocations: down * across }, operands, epilogue);
  },
);

/** Tiles in workgroup memory. */
export const tile: MatmulVariant = {
  name: 'tile',
  fits: () => true,
  split: { workgroups: 256, depth: 128 },
  plan(profile, shape) {
    const [operands, tail] = [operandsOf(profile, shape), shape.depth % STEPS > 0];
    const size = tileSizeOf(profile, shape);
    return {
      ...{ height: heightOf(size), width: widthOf(size) },
      parts: Math.ceil(shape.rows / PART) * Math.ceil(shape.columns / PART),
      kernelFor: (epilogue) => tileKernel(size, operands, tail, epilogue),
    };
  },
};

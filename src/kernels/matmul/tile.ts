// Matrix products on GPUs: tiles of 64 × 64 through workgroup memory (shaders/matmul-tile.wgsl). Fits every device and shape.
import { memo } from '../memo.js';
import { operandsOf, productKernel, type Epilogue, type MatmulVariant, type Operands } from './product.js';
import source from '../../../shaders/matmul-tile.wgsl';

const TILE = 64;
/** Of a workgroup. */
const INVOCATIONS = 256;
/** Steps of the depth that are staged together. */
const STEPS = 16;

/** @param tail whether the depth may be no whole number of tiles */
const tileKernel = memo((operands: Operands, tail: boolean, epilogue: Epilogue) =>
  productKernel(
    { source, entry: 'matmul_tile', counts: { TAIL: Number(tail) }, head: [], invocations: INVOCATIONS },
    operands,
    epilogue,
  ),
);

/** Tiles in workgroup memory. */
export const tile: MatmulVariant = {
  name: 'tile',
  fits: () => true,
  split: { workgroups: 256, depth: 128 },
  plan(_, shape) {
    const [operands, tail] = [operandsOf(shape), shape.depth % STEPS > 0];
    return { height: TILE, width: TILE, kernelFor: (epilogue) => tileKernel(operands, tail, epilogue) };
  },
};

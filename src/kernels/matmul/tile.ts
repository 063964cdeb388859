// Matrix products on GPUs: tiles of 64 × 64 through workgroup memory (shaders/matmul-tile.wgsl). Fits every device and shape.
import { kernel } from '../../gpu/kernel.js';
import type { WeightFormat } from '../../numbers/weights.js';
import { memo } from '../memo.js';
import { ONE } from '../pack.js';
import { biasPrelude, weightPrelude } from '../weight.js';
import { ACCESS, epilogueConstants, PARAMS, type Epilogue, type MatmulVariant, type Op } from './product.js';
import source from '../../../shaders/matmul-tile.wgsl';

const TILE = 64;

const tileKernel = memo((op: Op, weight: WeightFormat, epilogue: Epilogue) =>
  kernel({
    source,
    entry: 'matmul_tile',
    access: ACCESS,
    params: PARAMS,
    constants: { ...epilogueConstants(epilogue), TRANSPOSED_A: Number(op === 'TN'), TRANSPOSED_B: Number(op === 'NT') },
    prelude: [ONE.prelude, weightPrelude(ONE, weight), biasPrelude(epilogue.bias)].join('\n'),
  }),
);

/** Tiles in workgroup memory. */
export const tile: MatmulVariant = {
  name: 'tile',
  fits: () => true,
  split: { workgroups: 256, depth: 128 },
  plan: (_, { op, weight }) => ({ height: TILE, width: TILE, kernelFor: (epilogue) => tileKernel(op, weight, epilogue) }),
};

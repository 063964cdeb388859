// Matrix products on GPUs: tiles of 64 × 64 through workgroup memory (shaders/matmul-tile.wgsl). Fits every device and shape.
import { kernel } from '../../gpu/kernel.js';
import type { WeightFormat } from '../../numbers/weights.js';
import { memo } from '../memo.js';
import { FOUR, ONE } from '../pack.js';
import { unroll } from '../unroll.js';
import { biasPrelude, weightPrelude } from '../weight.js';
import { ACCESS, epilogueConstants, PARAMS, type Epilogue, type MatmulVariant, type Op } from './product.js';
import source from '../../../shaders/matmul-tile.wgsl';

const TILE = 64;
/** Steps of the depth that are staged together. */
const STEPS = 16;

/** What the text of a kernel depends on beside the epilogue. */
interface Layout {
  readonly op: Op;
  readonly weight: WeightFormat;
  /** Whether rows of a, and of b, are whole vectors. */
  readonly alignedA: boolean;
  readonly alignedB: boolean;
  /** Whether the depth may be no whole number of tiles. */
  readonly tail: boolean;
}

const tileKernel = memo(({ op, weight, alignedA, alignedB, tail }: Layout, epilogue: Epilogue) => {
  const pack = alignedB ? FOUR : ONE;
  return kernel({
    source: unroll(source, {
      ALIGNED_A: Number(alignedA),
      ALIGNED_B: Number(alignedB),
      TAIL: Number(tail),
      TRANSPOSED_A: Number(op === 'TN'),
      TRANSPOSED_B: Number(op === 'NT'),
    }),
    entry: 'matmul_tile',
    access: ACCESS,
    params: PARAMS,
    constants: epilogueConstants(epilogue),
    prelude: [pack.prelude, weightPrelude(pack, weight), biasPrelude(epilogue.bias)].join('\n'),
  });
});

/** Tiles in workgroup memory. */
export const tile: MatmulVariant = {
  name: 'tile',
  fits: () => true,
  split: { workgroups: 256, depth: 128 },
  plan(_, { op, weight, rows, columns, depth }) {
    const layout: Layout = {
      ...{ op, weight },
      alignedA: (op === 'TN' ? rows : depth) % 4 === 0,
      alignedB: (op === 'NT' ? depth : columns) % 4 === 0,
      tail: depth % STEPS > 0,
    };
    return { height: TILE, width: TILE, kernelFor: (epilogue) => tileKernel(layout, epilogue) };
  },
};

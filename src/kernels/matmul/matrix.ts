// Matrix products on the matrix units of a GPU (subgroup matrices), for the precision f16 (shaders/matmul-matrix.wgsl).
import type { MatrixUnit } from '../../gpu/matrix-unit.js';
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import {
  inHalf,
  operandsOf,
  productKernel,
  type Epilogue,
  type MatmulVariant,
  type Operands,
  type ProductKernel,
} from './product.js';
import { MOST_ROWS } from './rows.js';
import source from '../../../shaders/matmul-matrix.wgsl';

const TILE = 64;
/** How subgroups share a tile, by their lanes: down × across of them, and the steps of the depth that are staged together. */
const LAYOUTS: Readonly<Record<MatrixUnit['lanes'], { readonly down: number; readonly across: number; readonly steps: number }>> =
  {
    8: { down: 4, across: 8, steps: 16 },
    16: { down: 4, across: 4, steps: 16 },
    32: { down: 2, across: 2, steps: 32 },
    64: { down: 2, across: 1, steps: 32 },
  };
/**
 * Factor of gradients, a power of two: what a training's gradients are, 1e-7 to 10, has all the digits of f16 then. One above 64 becomes infinite, and the
 * step is refused as diverged.
 */
const GRADIENT_SCALE = 1024;

/**
 * The kernel for a unit.
 * @param tail whether the depth, or a split's, may be no whole number of steps that are staged together
 */
export const matrixKernel: (unit: MatrixUnit, operands: Operands, tail: boolean, epilogue: Epilogue) => ProductKernel = memo(
  ({ m, n, k, lanes }, operands, tail, epilogue) => {
    const { down, across, steps } = LAYOUTS[lanes];
    const fetches = (TILE * steps) / (4 * down * across * lanes);
    const counts = { ROWS: TILE / down / m, COLUMNS: TILE / across / n, FETCHES: fetches, TAIL: Number(tail) };
    const head = [
      'enable f16;\nenable subgroups;\nenable chromium_experimental_subgroup_matrix;',
      sizes({ STEPS: steps, LANES: lanes, DOWN: down, ACROSS: across, UNIT_M: m, UNIT_N: n, UNIT_K: k }),
      `const SCALE = ${operands.op === 'NT' ? 1 : GRADIENT_SCALE}.0;`,
    ];
    return productKernel({ source, entry: 'matmul_matrix', counts, head, subgroup: lanes }, operands, epilogue);
  },
);

/** Tiles by matrix units. */
export const matrix: MatmulVariant = {
  name: 'matrix',
  fits: (profile, shape) => inHalf(profile, shape) && (shape.op !== 'NT' || shape.rows > MOST_ROWS),
  split: { workgroups: 256, depth: 128 },
  plan(profile, shape) {
    const unit = profile.matrixUnit!;
    const operands = { ...operandsOf(profile, shape), rounded: false };
    const tail = shape.op !== 'NT' || shape.depth % LAYOUTS[unit.lanes].steps > 0;
    return {
      ...{ height: TILE, width: TILE },
      kernelFor: (epilogue) => matrixKernel(unit, operands, tail, epilogue),
    };
  },
};

// Matrix products on devices that run on a CPU's vectors: tiles in registers, without workgroup memory (shaders/matmul-lanes.wgsl).
import type { WeightFormat } from '../../numbers/weights.js';
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { operandsOf, PLAIN, productKernel, type MatmulVariant, type Operands } from './product.js';
import source from '../../../shaders/matmul-lanes.wgsl';

/** Heights of a tile in rows. Wider vectors gain nothing from higher ones, and take longer to compile. */
const HEIGHTS = { narrow: [1, 4, 8, 24], wide: [1, 4, 8, 16] } as const;
/** Widths of a tile in vectors of four columns per lane. */
const GROUPS = { narrow: [2, 1], wide: [1] } as const;
/**
 * Most vectors of sums in an invocation: with 32 SwiftShader takes twice as long for each of them as with 24, with 128 still a fifth longer, and
 * five times as long to compile.
 */
const MOST_SUMS = 24;
/** Above this many rows always the highest tile, so that batches of any length share one pipeline. */
const MANY_ROWS = 64;

/** Lanes where the device has no subgroups of one known size. */
const LANES = 4;

/**
 * Most lanes of devices that load every element by itself, whether or not it lies beside the last: there one kernel serves all orders of the
 * operands, and an eighth of the text is to be compiled. Wider ones are a fifth slower so.
 */
const MOST_STRIDED = 4;
/** What the text of such a kernel depends on. */
const ANY_ORDER: Operands = { op: 'NT', weight: 'f32', alignedA: false, alignedB: false, rounded: false };

/**
 * The tile with the least estimated time. Per step a tile of height × width spends 1 unit on each product and 9 on each element that it
 * loads (SwiftShader on a Xeon: .77 ns and 7 ns); few tiles share 2 cores.
 */
function bestTile(rows: number, columns: number, lanes: number): { height: number; groups: number } {
  const kind = lanes > 4 ? 'wide' : 'narrow';
  const highest = HEIGHTS[kind].at(-1)!;
  let best = { height: 1, groups: 1, cost: Infinity };
  for (const height of HEIGHTS[kind]) {
    for (const groups of GROUPS[kind]) {
      if (height * groups > MOST_SUMS || (rows > MANY_ROWS && height < highest)) continue;
      const width = 4 * groups * lanes;
      const tiles = Math.ceil(rows / height) * Math.ceil(columns / width);
      const loads = (height === 1 ? 4 : height) + width;
      const cost = 2 * Math.ceil(tiles / 2) * (height * width + 9 * loads);
      if (cost < best.cost) best = { height, groups, cost };
    }
  }
  return best;
}

/** What the text of a kernel depends on beside the epilogue. */
interface Layout extends Operands {
  readonly height: number;
  readonly groups: number;
  readonly lanes: number;
  /** Whether four lanes share their loads of `a`. */
  readonly quad: boolean;
  /** Whether the depth may be no whole vector. */
  readonly tail: boolean;
  /** Whether the operands lie in any order, as parameters say. */
  readonly strided: boolean;
}

const lanesKernel = memo((layout: Layout, bias: WeightFormat | 'none') => {
  const { height, groups, lanes, quad, tail, strided } = layout;
  const block = Math.min(height, 4);
  const tiles = { ROW_BLOCKS: height / block, BLOCK: block, GROUPS: groups };
  const counts = { ...tiles, QUAD: Number(quad), TAIL: Number(tail), STRIDED: Number(strided) };
  const head = [quad ? 'enable subgroups;' : '', sizes({ ...tiles, LANES: lanes })];
  return productKernel({ source, entry: 'matmul_lanes', counts, head }, layout, {
    ...PLAIN,
    bias: bias === 'none' ? undefined : bias,
  });
});

/** Tiles in the registers of a subgroup's lanes. */
export const lanes: MatmulVariant = {
  name: 'lanes',
  fits: ({ kind }) => kind === 'software',
  split: { workgroups: 8, depth: 256 },
  plan(profile, shape) {
    const { subgroupSize } = profile;
    const { op, rows, columns, depth } = shape;
    const count = subgroupSize || LANES;
    const { height, groups } = bestTile(rows, columns, count);
    const operands = operandsOf(profile, shape);
    const strided = count <= MOST_STRIDED && operands.weight === 'f32' && !operands.rounded;
    const layout: Layout = {
      ...(strided ? ANY_ORDER : operands),
      ...{ height, groups, strided },
      lanes: count,
      quad: subgroupSize >= 4 && height > 1,
      tail: strided || op === 'TN' || depth % 4 > 0,
    };
    return { height, width: 4 * groups * count, kernelFor: ({ bias }) => lanesKernel(layout, bias ?? 'none') };
  },
};

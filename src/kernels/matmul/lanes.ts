// Matrix products on devices that run on a CPU's vectors: tiles in registers, without workgroup memory (shaders/matmul-lanes.wgsl).
import type { WeightFormat } from '../../numbers/weights.js';
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { operandsOf, PLAIN, productKernel, type MatmulVariant, type Operands } from './product.js';
import source from '../../../shaders/matmul-lanes.wgsl';

/** Tiles that a device may be given, and what it spends on loading an element, in units of what it spends on a product. */
interface Tiles {
  /** In rows. */
  readonly heights: readonly number[];
  /** Widths in vectors of four columns per lane. */
  readonly groups: readonly number[];
  /** Most vectors of sums in an invocation. */
  readonly sums: number;
  readonly load: number;
}

/**
 * SwiftShader's. With 32 vectors of sums it takes twice as long for each of them as with 24, with 128 still a fifth longer, and four times as
 * long to compile. (A Xeon: .77 ns for a product and 7 ns for an element.)
 */
const NARROW: Tiles = { heights: [1, 4, 8, 24], groups: [2, 1], sums: 24, load: 9 };
/** With more lanes higher tiles gain nothing, and take longer to compile. */
const WIDE: Tiles = { heights: [1, 4, 8, 16], groups: [1], sums: 16, load: 9 };
/** Without subgroups, where every lane loads all rows. */
const ALONE: Tiles = { heights: [1, 4, 8, 16, 32], groups: [4, 2, 1], sums: 128, load: 6 };

/** Above this many rows always the highest tile, so that batches of any length share one pipeline. */
const MANY_ROWS = 64;

/** Lanes where the device has no subgroups of one known size. */
const LANES = 4;
/** Lanes that share their loads of `a`, at most. */
const MOST_SHARE = 8;

/**
 * Lanes of SwiftShader's subgroups. It loads every element by itself, whether or not it lies beside the last, so that one kernel can serve all
 * orders of the operands, and a fifth of the text is to be compiled. With more lanes that takes a fifth longer, without subgroups a seventh.
 */
const STRIDED = 4;
/** What the text of such a kernel depends on. */
const ANY_ORDER: Operands = { op: 'NT', weight: 'f32', alignedA: false, alignedB: false, rounded: false };

/** The tile with the least estimated time: per step of the depth for its products and for the elements that it loads; few tiles share 2 cores. */
function bestTile(rows: number, columns: number, lanes: number, tiles: Tiles): { height: number; groups: number } {
  const { heights, sums, load } = tiles;
  let best = { height: 1, groups: 1, cost: Infinity };
  for (const height of heights) {
    for (const groups of tiles.groups) {
      if (height * groups > sums || (rows > MANY_ROWS && height < heights.at(-1)!)) continue;
      const width = 4 * groups * lanes;
      const count = Math.ceil(rows / height) * Math.ceil(columns / width);
      const loads = (height === 1 ? 4 : height) + width;
      const cost = 2 * Math.ceil(count / 2) * (height * width + load * loads);
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
  /** Whether lanes share their loads of `a`: four, or all of wide subgroups. */
  readonly quad: boolean;
  readonly wide: boolean;
  /** Whether one place in the text stores all sums. */
  readonly once: boolean;
  /** Whether the depth may be no whole vector. */
  readonly tail: boolean;
  /** Whether the operands lie in any order, as parameters say. */
  readonly strided: boolean;
}

const lanesKernel = memo((layout: Layout, bias: WeightFormat | 'none') => {
  const { height, groups, lanes, quad, wide, once, tail, strided } = layout;
  const block = Math.min(height, 4);
  const tiles = { ROW_BLOCKS: height / block, BLOCK: block, GROUPS: groups };
  const SHARE = Math.min(lanes, MOST_SHARE);
  const loads = {
    QUAD: Number(quad && !wide),
    SHARED: Number(quad && wide),
    SHARES: Math.ceil(height / SHARE),
    ALONE: Number(!quad),
  };
  const counts = { ...tiles, ...loads, ONCE: Number(once), TAIL: Number(tail), STRIDED: Number(strided) };
  const head = [quad ? 'enable subgroups;' : '', sizes({ ...tiles, LANES: lanes, SHARE })];
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
    const { subgroupSize, wide, slowCompiler } = profile;
    const { op, rows, columns, depth } = shape;
    const count = subgroupSize || LANES;
    const tiles = subgroupSize === 0 ? ALONE : wide ? WIDE : NARROW;
    const { height, groups } = bestTile(rows, columns, count, tiles);
    const operands = operandsOf(profile, shape);
    const strided = !wide && subgroupSize === STRIDED && operands.weight === 'f32' && !operands.rounded;
    const layout: Layout = {
      ...(strided ? ANY_ORDER : operands),
      ...{ height, groups, strided },
      lanes: count,
      quad: subgroupSize >= 4 && height > 1,
      wide,
      once: wide && slowCompiler,
      tail: strided || op === 'TN' || depth % 4 > 0,
    };
    return { height, width: 4 * groups * count, kernelFor: ({ bias }) => lanesKernel(layout, bias ?? 'none') };
  },
};

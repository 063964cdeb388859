// Matrix products on devices that run on a CPU's vectors: tiles in registers, without workgroup memory (shaders/matmul-lanes.wgsl).
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { operandsOf, productKernel, type Epilogue, type MatmulVariant, type Operands } from './product.js';
import source from '../../../shaders/matmul-lanes.wgsl';

/** Heights of a tile in rows, and its widths in vectors of four columns per lane. */
const HEIGHTS = [1, 4, 8, 16, 32] as const;
const GROUPS = [4, 2, 1] as const;
/** Above this many rows always the highest tile, so that batches of any length share one pipeline. */
const MANY_ROWS = 64;

/** Lanes where the device has no subgroups of one known size. */
const LANES = 4;

/**
 * The tile with the least estimated time. Per step a tile of height × width spends 1 unit on each product and 6 on each element that it
 * loads (SwiftShader, AMD EPYC: 1.0 ns and 6.2 ns); few tiles share 2 cores.
 */
function bestTile(rows: number, columns: number, lanes: number): { height: number; groups: number } {
  let best = { height: 1, groups: 1, cost: Infinity };
  for (const height of HEIGHTS) {
    if (rows > MANY_ROWS && height < 32) continue;
    for (const groups of lanes > 4 ? ([1] as const) : GROUPS) {
      const width = 4 * groups * lanes;
      const tiles = Math.ceil(rows / height) * Math.ceil(columns / width);
      const loads = (height === 1 ? 4 : height) + width;
      const cost = 2 * Math.ceil(tiles / 2) * (height * width + 6 * loads);
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
}

const lanesKernel = memo((layout: Layout, epilogue: Epilogue) => {
  const { height, groups, lanes, quad, tail } = layout;
  const block = Math.min(height, 4);
  const tiles = { ROW_BLOCKS: height / block, BLOCK: block, GROUPS: groups };
  const counts = { ...tiles, QUAD: Number(quad), TAIL: Number(tail) };
  const head = [quad ? 'enable subgroups;' : '', sizes({ ...tiles, LANES: lanes })];
  return productKernel({ source, entry: 'matmul_lanes', counts, head }, layout, epilogue);
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
    const layout: Layout = {
      ...operandsOf(profile, shape),
      ...{ height, groups },
      lanes: count,
      quad: subgroupSize >= 4 && height > 1,
      tail: op === 'TN' || depth % 4 > 0,
    };
    return { height, width: 4 * groups * count, kernelFor: (epilogue) => lanesKernel(layout, epilogue) };
  },
};

// RMSNorm with the low-rank products that read it, for few rows on GPUs: one dispatch (shaders/rmsnorm-low-rank.wgsl).
import { kernel } from '../../gpu/kernel.js';
import type { GpuRecorder } from '../../gpu/recorder.js';
import type { WeightFormat } from '../../numbers/weights.js';
import type { RmsNormArgs } from '../../ops/norm.js';
import type { Resolved } from '../../ops/operation.js';
import { joined } from '../joint.js';
import { byLanes } from '../lanes.js';
import { chunkOf } from '../matmul/product.js';
import { MOST_ROWS } from '../matmul/rows.js';
import { memo } from '../memo.js';
import { byPack } from '../pack.js';
import { sizes } from '../sizes.js';
import { formatOf, weightPrelude } from '../weight.js';
import source from '../../../shaders/rmsnorm-low-rank.wgsl';

/** Factors of one dispatch. */
const MOST_PARTS = 3;
/** Sums over a chunk that a workgroup makes, where there are enough workgroups; and how many are enough for most GPUs. */
const CHUNKS = 128;
const WORKGROUPS = 64;
/** Bytes of workgroup memory for what is not the row: partial sums, and slots of lanes. */
const BESIDE = 2048;

const kernels = byLanes((lanes) =>
  memo((format: WeightFormat, width: number, outputs: number) =>
    byPack((pack) => {
      const chunk = chunkOf(width);
      const counts = { WIDTH: width / pack.n, CHUNK: chunk / pack.n, SLICES: Math.ceil(width / chunk), OUTPUTS: outputs };
      return {
        kernel: kernel({
          source,
          prelude: [lanes, pack.prelude, weightPrelude(pack, format), sizes(counts)].join('\n'),
          entry: 'rmsnorm_low_rank',
          access: 'rrrwww',
          params: {
            ...{ width: 'u32', eps: 'f32', offset: 'f32', rank: 'u32', sums: 'u32' },
            ...{ factor1: 'u32', factor2: 'u32', low1: 'u32', low2: 'u32' },
          },
        }),
      };
    })(width),
  ),
);

/** Records a norm and its low-rank products together, where device, sizes and memory allow it. @returns whether it did */
export function normLowRank(rec: GpuRecorder, args: Resolved<RmsNormArgs>): boolean {
  const { x, w, y, rstd, rows, width, eps, unitOffset, a = [], u = [], rank } = args;
  const { kind, maxBinding, workgroupMemory } = rec.profile;
  if (kind !== 'gpu' || a.length === 0 || a.length > MOST_PARTS || rows > MOST_ROWS) return false;
  if (4 * width + BESIDE > workgroupMemory) return false;
  const [factors, low] = [joined(a, maxBinding), joined(u, maxBinding)];
  if (!factors || !low) return false;
  const sums = a.length * rank;
  const slices = Math.ceil(width / chunkOf(width));
  const outputs = Math.max(1, Math.min(sums, Math.floor(CHUNKS / slices), Math.floor((sums * rows) / WORKGROUPS)));
  const { kernel: fused, n } = kernels(rec.profile)(formatOf(w), width, outputs);
  const [, factor1 = 0, factor2 = 0] = factors.starts;
  const [, low1 = 0, low2 = 0] = low.starts;
  const parts = { rank, sums, factor1: factor1 / n, factor2: factor2 / n, low1, low2 };
  const params = { width: width / n, eps, offset: Number(unitOffset), ...parts };
  const tensors = [x, w, factors.tensor, y, rstd, low.tensor];
  rec.dispatch(fused, tensors, params, [Math.ceil(sums / outputs), rows, 1]);
  return true;
}

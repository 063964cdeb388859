// RMSNorm in WGSL: one workgroup per row, with the low-rank products that read it, and the gradient of the weight in two stages.
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import { lowRankOf, type RmsNormArgs, type RmsNormBackwardArgs } from '../ops/norm.js';
import type { Resolved } from '../ops/operation.js';
import { byLanes } from './lanes.js';
import { matmulNT } from './matmul.js';
import { normLowRank } from './norm/low-rank.js';
import { byPack } from './pack.js';
import { byFormat, formatOf, weightPrelude } from './weight.js';
import source from '../../shaders/rmsnorm.wgsl';

const kernels = byLanes((lanes) =>
  byFormat((format) =>
    byPack((pack) => {
      const common = { source, prelude: [lanes, pack.prelude, weightPrelude(pack, format)].join('\n') };
      return {
        forward: kernel({
          ...common,
          entry: 'rmsnorm_fwd',
          access: 'rrww',
          params: { rows: 'u32', width: 'u32', eps: 'f32', offset: 'f32' },
        }),
        backward: kernel({
          ...common,
          entry: 'rmsnorm_bwd_x',
          access: 'rrrrw',
          params: { rows: 'u32', width: 'u32', accumulate: 'u32', offset: 'f32' },
        }),
        backwardWeight: kernel({ ...common, entry: 'rmsnorm_bwd_w', access: 'rrrw', params: COLUMNS }),
        combine: kernel({ ...common, entry: 'rmsnorm_bwd_w_combine', access: 'rw', params: COLUMNS }),
      };
    }),
  ),
);
const COLUMNS = { rows: 'u32', width: 'u32', block_rows: 'u32', accumulate: 'u32' } as const;

/** Workgroup size of the kernels with one thread per pack of columns; `BLOCK` in the shader. */
const BLOCK = 64;

/** y = x·f·rstd for every row, f = w or 1 + w; and the low-rank products of y. */
export function rmsNorm(rec: GpuRecorder, args: Resolved<RmsNormArgs>): void {
  if (normLowRank(rec, args)) return;
  const { x, w, y, rstd, rows, width, eps, unitOffset } = args;
  const { forward, n } = kernels(rec.profile)[formatOf(w)](width);
  rec.dispatch(forward, [x, w, y, rstd], { rows, width: width / n, eps, offset: Number(unitOffset) }, rows);
  for (const product of lowRankOf(args)) matmulNT(rec, product);
}

/** dx, and dw where it is wanted, in two stages whose order of summation depends on the sizes alone. */
export function rmsNormBackward(rec: GpuRecorder, args: Resolved<RmsNormBackwardArgs>): void {
  const { x, w, rstd, dy, dx, dw, rows, width, accumulate, unitOffset } = args;
  const set = kernels(rec.profile)[formatOf(w)](width);
  const packs = width / set.n;
  const sizes = { rows, width: packs, accumulate: Number(accumulate), offset: Number(unitOffset) };
  rec.dispatch(set.backward, [x, w, rstd, dy, dx], sizes, rows);
  if (!dw || rows === 0) return;
  const columns = Math.ceil(packs / BLOCK);
  // As many blocks as rows in a block: both stages have short sums.
  const block = Math.max(32, Math.ceil(Math.sqrt(rows)));
  const blocks = Math.ceil(rows / block);
  const params = { rows, width: packs, block_rows: block };
  if (blocks === 1) {
    rec.dispatch(set.backwardWeight, [x, rstd, dy, dw], { ...params, accumulate: 1 }, [columns, 1]);
    return;
  }
  const partial = rec.scratch('rmsnorm.dw', [blocks, width]);
  rec.dispatch(set.backwardWeight, [x, rstd, dy, partial], { ...params, accumulate: 0 }, [columns, blocks]);
  rec.dispatch(set.combine, [partial, dw], { ...params, rows: blocks, accumulate: 1 }, [columns, 1]);
}

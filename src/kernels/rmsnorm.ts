import { check, show } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size, type Tensor } from '../gpu/tensor.js';
import type { OpCost } from './cost.js';
import { byLanes } from './lanes.js';
import { byPack, weightPrelude } from './pack.js';
import source from '../../shaders/rmsnorm.wgsl';

/** Arguments of {@link rmsNorm}. */
export interface RmsNormArgs {
  /** f32[rows, width]. */
  readonly x: Tensor;
  /** f32 or bf16[width]. */
  readonly w: Tensor;
  /** f32[rows, width], written. */
  readonly y: Tensor;
  /** f32[rows], written: 1 / sqrt(mean(x²) + eps), kept for the backward pass. */
  readonly rstd: Tensor;
  readonly rows: number;
  readonly width: number;
  readonly eps: number;
}

/** Arguments of {@link rmsNormBackward}. */
export interface RmsNormBackwardArgs {
  /** f32[rows, width]: input of the forward pass. */
  readonly x: Tensor;
  /** f32 or bf16[width]. */
  readonly w: Tensor;
  /** f32[rows] of the forward pass. */
  readonly rstd: Tensor;
  /** f32[rows, width]. */
  readonly dy: Tensor;
  /** f32[rows, width], written, or added to with `accumulate`. */
  readonly dx: Tensor;
  /** dx += instead of dx = (default false). */
  readonly accumulate?: boolean;
  /** f32[width], added to; absent: not computed. */
  readonly dw?: Tensor;
  readonly rows: number;
  readonly width: number;
}

const kernels = byLanes(({ prelude, constants }) => {
  const of = (dtype: 'f32' | 'bf16') =>
    byPack((pack) => {
      const common = { source, prelude: [prelude, pack.prelude, weightPrelude(pack, dtype)].join('\n'), constants };
      return {
        forward: kernel({ ...common, entry: 'rmsnorm_fwd', access: 'rrww', params: { rows: 'u32', width: 'u32', eps: 'f32' } }),
        backward: kernel({
          ...common,
          entry: 'rmsnorm_bwd_x',
          access: 'rrrrw',
          params: { rows: 'u32', width: 'u32', accumulate: 'u32' },
        }),
        backwardWeight: kernel({ ...common, entry: 'rmsnorm_bwd_w', access: 'rrrw', params: COLUMNS }),
        combine: kernel({ ...common, entry: 'rmsnorm_bwd_w_combine', access: 'rw', params: COLUMNS }),
      };
    });
  return { f32: of('f32'), bf16: of('bf16') };
});
const COLUMNS = { rows: 'u32', width: 'u32', block_rows: 'u32', accumulate: 'u32' } as const;

/** Workgroup size of the kernels with one thread per pack of columns; `BLOCK` in the shader. */
const BLOCK = 64;

/**
 * RMSNorm (Zhang and Sennrich 2019): y = x·w·rstd, rstd = 1 / sqrt(mean(x²) + eps), for every row. Per head: rows = tokens · heads,
 * width = headDim.
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function rmsNorm(rec: Recorder, args: RmsNormArgs): void {
  const { x, w, y, rstd, rows, width, eps } = args;
  checkShapes('rmsNorm', { x, y }, w, rstd, rows, width);
  const { forward, n } = kernels(rec.gpu)[w.dtype === 'bf16' ? 'bf16' : 'f32'](width);
  rec.dispatch(forward, [x, w, y, rstd], { rows, width: width / n, eps }, rows);
}

/**
 * Gradients of {@link rmsNorm}: dx = rstd·w·dy − x·rstd³·mean(x·w·dy), dw += Σ_rows dy·x·rstd (in two deterministic stages).
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function rmsNormBackward(rec: Recorder, args: RmsNormBackwardArgs): void {
  const { x, w, rstd, dy, dx, dw, rows, width } = args;
  checkShapes('rmsNormBackward', { x, dy, dx }, w, rstd, rows, width);
  const set = kernels(rec.gpu)[w.dtype === 'bf16' ? 'bf16' : 'f32'](width);
  const packs = width / set.n;
  rec.dispatch(set.backward, [x, w, rstd, dy, dx], { rows, width: packs, accumulate: args.accumulate ? 1 : 0 }, rows);
  if (!dw || rows === 0) return;
  check(size(dw) >= width, `rmsNormBackward: expected dw[${width}], got ${show(dw.shape)}`);
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

function checkShapes(
  where: string,
  matrices: Readonly<Record<string, Tensor>>,
  w: Tensor,
  rstd: Tensor,
  rows: number,
  width: number,
): void {
  for (const [name, t] of Object.entries(matrices)) {
    check(
      t.dtype === 'f32' && size(t) >= rows * width,
      `${where}: expected f32[${rows}, ${width}] for ${name}, got ${t.dtype}${show(t.shape)}`,
    );
  }
  check(
    w.dtype !== 'u32' && size(w) >= width && size(rstd) >= rows,
    `${where}: expected w[${width}] and rstd[${rows}], got ${show(w.shape)} and ${show(rstd.shape)}`,
  );
}

/** Arithmetic and memory traffic of {@link rmsNorm}. */
export function rmsNormCost({ rows, width }: { readonly rows: number; readonly width: number }): OpCost {
  return { flops: 4 * rows * width, bytes: 4 * (2 * rows * width + width + rows) };
}

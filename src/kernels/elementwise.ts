// Sums, scaling and rows of matrices in WGSL.
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { AddArgs, RowsArgs, ScaleArgs } from '../ops/elementwise.js';
import type { Resolved } from '../ops/operation.js';
import { view } from '../ops/tensor.js';
import { chunks } from './chunks.js';
import { byPack } from './pack.js';
import source from '../../shaders/elementwise.wgsl';

const params = { size: 'u32', factor: 'f32' } as const;
const rowParams = { rows: 'u32', width: 'u32' } as const;
const kernels = byPack(({ prelude }) => ({
  add: kernel({ source, prelude, entry: 'add', access: 'rw', params }),
  scale: kernel({ source, prelude, entry: 'scale', access: 'w', params }),
  gather: kernel({ source, prelude, entry: 'gather_rows', access: 'rrw', params: rowParams }),
  scatter: kernel({ source, prelude, entry: 'scatter_rows_add', access: 'rrw', params: rowParams }),
}));

/** y += alpha·x, a dispatch per range that a binding can cover. */
export function add(rec: GpuRecorder, { x, y, size, alpha }: Resolved<AddArgs>): void {
  for (const { start, count } of chunks(rec.profile, size, 4, 'add')) {
    const views = [view(x, start, [count]), view(y, start, [count])];
    const k = kernels(count);
    rec.dispatch(k.add, views, { size: count / k.n, factor: alpha }, Math.ceil(count / k.n / 64));
  }
}

/** x *= factor, a dispatch per range that a binding can cover. */
export function scale(rec: GpuRecorder, { x, size, factor }: Resolved<ScaleArgs>): void {
  for (const { start, count } of chunks(rec.profile, size, 4, 'scale')) {
    const k = kernels(count);
    rec.dispatch(k.scale, [view(x, start, [count])], { size: count / k.n, factor }, Math.ceil(count / k.n / 64));
  }
}

/** y[r] = x[index[r]]. */
export function gatherRows(rec: GpuRecorder, { x, index, y, rows, width }: Resolved<RowsArgs>): void {
  const { gather, n } = kernels(width);
  rec.dispatch(gather, [x, index, y], { rows, width: width / n }, Math.ceil((rows * width) / n / 64));
}

/** y[index[r]] += x[r]. */
export function scatterRowsAdd(rec: GpuRecorder, { x, index, y, rows, width }: Resolved<RowsArgs>): void {
  const { scatter, n } = kernels(width);
  rec.dispatch(scatter, [x, index, y], { rows, width: width / n }, Math.ceil((rows * width) / n / 64));
}

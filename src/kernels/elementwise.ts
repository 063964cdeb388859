import { check, show } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size as elements, view, type Tensor } from '../gpu/tensor.js';
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

/**
 * y += alpha·x.
 * @param args x f32[size]; y f32[size], another buffer than x; alpha (default 1). Both may be larger than one storage binding.
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function add(
  rec: Recorder,
  { x, y, size, alpha = 1 }: { readonly x: Tensor; readonly y: Tensor; readonly size: number; readonly alpha?: number },
): void {
  check(
    elements(x) >= size && elements(y) >= size,
    `add: expected ${size} elements, got x ${show(x.shape)} and y ${show(y.shape)}`,
  );
  for (const { start, count } of chunks(rec.gpu, size, 4, 'add')) {
    const views = [view(x, start, [count]), view(y, start, [count])];
    const k = kernels(count);
    rec.dispatch(k.add, views, { size: count / k.n, factor: alpha }, Math.ceil(count / k.n / 64));
  }
}

/**
 * x *= factor, in place.
 * @param args x f32[size]; may be larger than one storage binding.
 * @throws MgrpoError `invalid_argument` on a shape that does not fit.
 */
export function scale(
  rec: Recorder,
  { x, size, factor }: { readonly x: Tensor; readonly size: number; readonly factor: number },
): void {
  check(elements(x) >= size, `scale: expected ${size} elements, got ${show(x.shape)}`);
  for (const { start, count } of chunks(rec.gpu, size, 4, 'scale')) {
    const k = kernels(count);
    rec.dispatch(k.scale, [view(x, start, [count])], { size: count / k.n, factor }, Math.ceil(count / k.n / 64));
  }
}

/** Arguments of {@link gatherRows} and {@link scatterRowsAdd}. */
export interface RowsArgs {
  readonly x: Tensor;
  readonly index: Tensor;
  readonly y: Tensor;
  readonly rows: number;
  readonly width: number;
}

/**
 * y[r] = x[index[r]].
 * @param args x f32[T, width], index u32[rows] below T, y f32[rows, width]
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function gatherRows(rec: Recorder, { x, index, y, rows, width }: RowsArgs): void {
  check(
    elements(index) >= rows && elements(y) >= rows * width,
    `gatherRows: expected index[${rows}] and y[${rows}, ${width}], got ${show(index.shape)} and ${show(y.shape)}`,
  );
  const { gather, n } = kernels(width);
  rec.dispatch(gather, [x, index, y], { rows, width: width / n }, Math.ceil((rows * width) / n / 64));
}

/**
 * y[index[r]] += x[r].
 * @param args x f32[rows, width], index u32[rows] below T and all different, y f32[T, width]
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function scatterRowsAdd(rec: Recorder, { x, index, y, rows, width }: RowsArgs): void {
  check(
    elements(index) >= rows && elements(x) >= rows * width,
    `scatterRowsAdd: expected index[${rows}] and x[${rows}, ${width}], got ${show(index.shape)} and ${show(x.shape)}`,
  );
  const { scatter, n } = kernels(width);
  rec.dispatch(scatter, [x, index, y], { rows, width: width / n }, Math.ceil((rows * width) / n / 64));
}

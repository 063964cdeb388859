// RMSNorm by the name of its module, forward and backward, and the norm that some families put before a residual sum.
import type { Recorder } from '../../ops/device.js';
import type { Tensor } from '../../ops/tensor.js';
import { add } from '../../ops/elementwise.js';
import { rmsNorm, rmsNormBackward } from '../../ops/norm.js';
import type { Network } from '../network.js';

/** A norm's input and 1/rms of each row. */
interface Rows {
  /** f32[rows, width] */
  readonly x: Tensor;
  /** f32[rows] */
  readonly rstd: Tensor;
  readonly rows: number;
  readonly width: number;
}

/** y = norm(x). */
export function norm(rec: Recorder, net: Network, module: string, args: Rows & { readonly y: Tensor }): void {
  rmsNorm(rec, { ...args, w: net.weight(module).value, eps: net.config.rmsNormEps, unitOffset: net.row.unitOffset });
}

/** Gradients of {@link norm}: the weight's is added to, `dx` is written, or added to with `accumulate`. */
export function normBackward(
  rec: Recorder,
  net: Network,
  module: string,
  args: Rows & { readonly dy: Tensor; readonly dx: Tensor; readonly accumulate?: boolean },
): void {
  const weight = net.weight(module);
  const dw = net.gradient(weight);
  rmsNormBackward(rec, { ...args, w: weight.value, unitOffset: net.row.unitOffset, ...(dw && { dw }) });
}

/** y = residual + norm(x): the end of a branch with a norm of its own. */
export function normOut(
  rec: Recorder,
  net: Network,
  module: string,
  { residual, ...args }: Rows & { readonly y: Tensor; readonly residual: Tensor },
): void {
  norm(rec, net, module, args);
  add(rec, { x: residual, y: args.y, size: args.rows * args.width });
}

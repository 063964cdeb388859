// RMSNorm by the name of its module, forward and backward, before modules that read it, and before a residual sum as in some families.
import type { Recorder } from '../../ops/device.js';
import type { Tensor } from '../../ops/tensor.js';
import { add } from '../../ops/elementwise.js';
import { rmsNorm, rmsNormBackward } from '../../ops/norm.js';
import type { Network } from '../network.js';
import { makeBeside } from './layer.js';
import { lowRankFactors } from './linear.js';

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
  normFor(rec, net, module, [], args);
}

/**
 * y = norm(x) for modules that read y.
 * @returns f32[rows, rank] y · Aᵀ of each, for `linears` or `gated`; nothing where they have no low-rank factors, or unlike ones
 */
export function normFor(
  rec: Recorder,
  net: Network,
  module: string,
  readers: readonly string[],
  args: Rows & { readonly y: Tensor },
): readonly Tensor[] | undefined {
  const { rows } = args;
  const factors = lowRankFactors(net, readers);
  const make = (label: string, width: number): Tensor => rec.scratch(label, [rows, width]);
  const ranks = factors?.a.map(() => factors.rank);
  const u = ranks && makeBeside(make, 'lora.in', rows, ranks);
  const low = factors && u && { ...factors, u };
  rmsNorm(rec, { ...args, ...low, w: net.weight(module).value, eps: net.config.rmsNormEps, unitOffset: net.row.unitOffset });
  return u;
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

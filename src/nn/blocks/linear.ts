// A linear module with its bias and its LoRA factors, forward and backward.
import type { Recorder } from '../../ops/device.js';
import type { Tensor } from '../../ops/tensor.js';
import { columnSum, matmulNN, matmulNT, matmulTN } from '../../ops/matmul.js';
import type { Network } from '../network.js';

/** Arguments of {@link linear}. */
export interface LinearArgs {
  /** f32[m, in] */
  readonly x: Tensor;
  /** f32[m, out], written. */
  readonly y: Tensor;
  readonly m: number;
  /** f32[m, out], added to the result; in another buffer than `y`. */
  readonly residual?: Tensor | undefined;
}

/** Arguments of {@link linearBackward}. */
export interface LinearBackwardArgs {
  /** Input of the forward pass. */
  readonly x: Tensor;
  /** f32[m, out] */
  readonly dy: Tensor;
  /** f32[m, in], written, or added to with `accumulate`; left out where nobody needs it. */
  readonly dx?: Tensor | undefined;
  readonly accumulate?: boolean;
  readonly m: number;
  /** Set to false where the gradient of the bias is computed elsewhere. */
  readonly bias?: boolean;
}

/** y = x Wᵀ + b (+ residual) (+ scale · (x Aᵀ) Bᵀ). */
export function linear(rec: Recorder, net: Network, module: string, { x, y, m, residual }: LinearArgs): void {
  const weight = net.weight(module);
  const [n, k] = weight.shape as [number, number];
  const bias = net.bias(module)?.value;
  matmulNT(rec, { x, w: weight.value, y, m, n, k, ...(bias && { bias }), ...(residual && { residual }) });
  const factors = net.factors(module);
  if (!factors) return;
  const { a, b, rank, scale } = factors;
  const u = rec.scratch('lora.u', [m, rank]);
  matmulNT(rec, { x, w: a.value, y: u, m, n: rank, k });
  matmulNT(rec, { x: u, w: b.value, y, m, n, k: rank, alpha: scale, accumulate: true });
}

/** Gradients of {@link linear}: those of parameters are added to. */
export function linearBackward(rec: Recorder, net: Network, module: string, args: LinearBackwardArgs): void {
  const { x, dy, dx, accumulate = false, m, bias = true } = args;
  const weight = net.weight(module);
  const [n, k] = weight.shape as [number, number];
  const dw = net.gradient(weight);
  if (dw) matmulTN(rec, { dy, x, dw, m, n, k });
  const db = bias ? net.gradient(net.bias(module)) : undefined;
  if (db) columnSum(rec, { dy, out: db, m, n });
  if (dx) matmulNN(rec, { dy, w: weight.value, dx, m, n, k, accumulate });
  const factors = net.factors(module);
  if (!factors) return;
  const { a, b, rank, scale } = factors;
  const [u, du] = [rec.scratch('lora.u', [m, rank]), rec.scratch('lora.du', [m, rank])];
  matmulNT(rec, { x, w: a.value, y: u, m, n: rank, k });
  matmulTN(rec, { dy, x: u, dw: b.gradient!, m, n, k: rank, alpha: scale });
  matmulNN(rec, { dy, w: b.value, dx: du, m, n, k: rank, alpha: scale });
  matmulTN(rec, { dy: du, x, dw: a.gradient!, m, n: rank, k });
  if (dx) matmulNN(rec, { dy: du, w: a.value, dx, m, n: rank, k, accumulate: true });
}

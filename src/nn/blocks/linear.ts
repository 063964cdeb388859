// A linear module with its bias and its LoRA factors, forward and backward.
import type { Recorder } from '../../ops/device.js';
import { sizeOf, type Tensor } from '../../ops/tensor.js';
import { glu } from '../../ops/glu.js';
import { gatedLinear, linear as record, type Modules } from '../../ops/linear.js';
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

/** Arguments of modules that read one input. */
interface ModulesArgs {
  /** f32[m, in] */
  readonly x: Tensor;
  /** What {@link normFor} gave for the modules. */
  readonly u?: readonly Tensor[] | undefined;
  readonly m: number;
}

/** y = x Wᵀ + b (+ residual) (+ scale · (x Aᵀ) Bᵀ). */
export function linear(rec: Recorder, net: Network, module: string, { x, y, m, residual }: LinearArgs): void {
  record(rec, { ...modulesOf(net, [module], { x, m }), y: [y], residual });
}

/** The same for modules that read one input: in one operation where they are alike. @param args.y f32[m, out] of each, written */
export function linears(
  rec: Recorder,
  net: Network,
  modules: readonly string[],
  { x, u, m, y }: ModulesArgs & { readonly y: readonly Tensor[] },
): void {
  if (alike(net, modules)) record(rec, { ...modulesOf(net, modules, { x, u, m }), y });
  else for (const [i, module] of modules.entries()) linear(rec, net, module, { x, y: y[i]!, m });
}

/** y = f(g) · u of a gate and an up module. @param args.y f32[m, out], written */
export function gated(
  rec: Recorder,
  net: Network,
  modules: readonly [gate: string, up: string],
  { x, u, m, y }: ModulesArgs & { readonly y: Tensor },
): void {
  const { activation } = net.row;
  if (alike(net, modules)) return gatedLinear(rec, { ...modulesOf(net, modules, { x, u, m }), y, activation });
  const [gate, up] = [rec.scratch('a.gate', y.shape), rec.scratch('a.up', y.shape)];
  linears(rec, net, modules, { x, m, y: [gate, up] });
  glu(rec, { gate, up, y, size: sizeOf(y.shape), activation });
}

/** The first low-rank factors of modules that have some and are alike. */
export function lowRankFactors(
  net: Network,
  modules: readonly string[],
): { readonly a: readonly Tensor[]; readonly rank: number } | undefined {
  if (!modules[0] || !net.factors(modules[0]) || !alike(net, modules)) return undefined;
  const factors = modules.map((module) => net.factors(module)!);
  return { a: factors.map(({ a }) => a.value), rank: factors[0]!.rank };
}

/** Whether modules have biases and low-rank factors alike. */
function alike(net: Network, modules: readonly string[]): boolean {
  const kinds = modules.map((module) => {
    const factors = net.factors(module);
    return [net.bias(module) !== undefined, factors?.rank, factors?.scale].join();
  });
  return new Set(kinds).size === 1;
}

/** The operands of modules that are alike. */
function modulesOf(net: Network, modules: readonly string[], { x, u, m }: ModulesArgs): Modules {
  const weights = modules.map((module) => net.weight(module));
  const biases = modules.flatMap((module) => net.bias(module)?.value ?? []);
  const factors = modules.flatMap((module) => net.factors(module) ?? []);
  const [first] = factors;
  return {
    ...{ x, m, k: weights[0]!.shape[1]!, n: weights.map(({ shape }) => shape[0]!), w: weights.map(({ value }) => value) },
    ...(biases.length > 0 && { bias: biases }),
    ...(first && {
      rank: first.rank,
      scale: first.scale,
      a: factors.map(({ a }) => a.value),
      b: factors.map(({ b }) => b.value),
      ...(u && { u }),
    }),
  };
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

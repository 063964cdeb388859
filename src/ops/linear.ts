// Linear modules that read one input, with their biases and low-rank factors, and the gated pair in the middle of an MLP. Either is a few
// products; a device may record fewer dispatches than products.
import type { Recorder } from './device.js';
import { ACTIVATIONS, type Activation, type GluArgs } from './glu.js';
import type { MatmulNTArgs } from './matmul.js';
import {
  count,
  oneOf,
  operation,
  real,
  type Declaration,
  type Operation,
  type Resolved,
  type Rule,
  type Scalar,
} from './operation.js';
import { view, type Tensor } from './tensor.js';

/** Modules that read one input: lists have an entry for each. */
export interface Modules {
  readonly x: Tensor;
  readonly w: readonly Tensor[];
  readonly bias?: readonly Tensor[] | undefined;
  /** Low-rank factors: both or none. */
  readonly a?: readonly Tensor[] | undefined;
  readonly b?: readonly Tensor[] | undefined;
  /** x · a_iᵀ, where an operation before has computed them. */
  readonly u?: readonly Tensor[] | undefined;
  readonly m: number;
  readonly k: number;
  /** Columns of the results. */
  readonly n: readonly number[];
  /** Of the factors (default 0: none). */
  readonly rank?: number | undefined;
  /** Factor of the low-rank product (default 1). */
  readonly scale?: number | undefined;
}

/** Arguments of {@link linear}. */
export interface LinearArgs extends Modules {
  readonly y: readonly Tensor[];
  /** Added to the result of a single module; in another storage than `y`. */
  readonly residual?: Tensor | undefined;
}

/** Arguments of {@link gatedLinear}. */
export interface GatedLinearArgs extends Modules {
  readonly y: Tensor;
  /** Default `silu`. */
  readonly activation?: Activation | undefined;
}

function columns<A>(): Scalar<A, readonly number[]> {
  return { rule: 'whole numbers ≥ 0', holds: (v) => v.length > 0 && v.every((n) => Number.isInteger(n) && n >= 0) };
}

const scalars = { m: count(), k: count(), n: columns(), rank: count(0), scale: real(1) } as Declaration<Modules>['scalars'];
const operands: Declaration<Modules>['operands'] = {
  x: ['read', 'f32', ({ m, k }) => [m, k]],
  w: ['read', 'weight', ({ n, k }, i) => [n[i]!, k]],
  bias: ['read?', 'weight', ({ n }, i) => [n[i]!]],
  a: ['read?', 'f32', ({ rank, k }) => [rank, k]],
  b: ['read?', 'f32', ({ n, rank }, i) => [n[i]!, rank]],
  u: ['read?', 'f32', ({ m, rank }) => [m, rank]],
};
const lists: Rule<Modules> = [
  ({ n, w, bias = w, a, b, u, rank }) =>
    [w, bias, a ?? w, b ?? w, u ?? w].every(({ length }) => length === n.length) &&
    (a !== undefined) === rank > 0 &&
    !a === !b &&
    !(u && !a),
  ({ n }) =>
    `expected lists of ${n.length} tensors, as n has columns, a and b where there is a rank, and u only there; check the modules`,
];

/** For each module i: y_i = x · w_iᵀ (+ bias_i) (+ residual) (+ scale · (x · a_iᵀ) · b_iᵀ). Sums over k do not depend on m. */
export const linear: Operation<LinearArgs> = operation<LinearArgs>('linear', {
  scalars,
  operands: {
    ...operands,
    y: ['write', 'f32', ({ m, n }, i) => [m, n[i]!]],
    residual: ['read?', 'f32', ({ m, n }) => [m, n[0]!]],
  },
  rules: [
    lists,
    [
      ({ y, n, residual }) => y.length === n.length && (!residual || (n.length === 1 && residual.storage !== y[0]!.storage)),
      ({ n }) =>
        `expected ${n.length} results, and a residual of a single module only, in another buffer than y; check the modules`,
    ],
  ],
});

/** y = f(g) · u of two modules, a gate g and u, as {@link linear} gives them. */
export const gatedLinear: Operation<GatedLinearArgs> = operation<GatedLinearArgs>('gatedLinear', {
  scalars: { ...scalars, activation: oneOf(ACTIVATIONS, 'silu') },
  operands: { ...operands, y: ['write', 'f32', ({ m, n }) => [m, n[0]!]] },
  rules: [
    lists,
    [
      ({ n }) => n.length === 2 && n[0] === n[1],
      ({ n }) => `expected two modules of one width, got ${n.join(' and ')} columns; check the modules`,
    ],
  ],
});

/** The products of a {@link linear}, one after the other. */
export function* productsOf(rec: Pick<Recorder, 'scratch'>, args: Resolved<LinearArgs>): Generator<Resolved<MatmulNTArgs>> {
  const { x, w, bias, a, b, u: given, y, residual, m, k, n, rank, scale } = args;
  const plain = { m, k, alpha: 1, accumulate: false, first: 0 };
  for (const [i, columns] of n.entries()) {
    yield { ...plain, x, w: w[i]!, y: y[i]!, n: columns, stride: columns, bias: bias?.[i], residual };
    if (!a || !b) continue;
    const u = given?.[i] ?? rec.scratch('lora.u', [m, rank]);
    if (!given) yield { ...plain, x, w: a[i]!, y: u, n: rank, stride: rank };
    yield { ...plain, x: u, w: b[i]!, y: y[i]!, n: columns, k: rank, stride: columns, alpha: scale, accumulate: true };
  }
}

/** Elements to which parts of a tensor are aligned: 256 bytes, WebGPU's default binding alignment. */
const ALIGN = 64;

/** A {@link gatedLinear} in two operations; both results of the first lie side by side. */
export function stepsOf(
  rec: Pick<Recorder, 'scratch'>,
  { y, activation, ...modules }: Resolved<GatedLinearArgs>,
): { readonly linear: Resolved<LinearArgs>; readonly glu: Resolved<GluArgs> } {
  const { m, n } = modules;
  const apart = Math.ceil((m * n[0]!) / ALIGN) * ALIGN;
  const both = rec.scratch('a.gated', [2 * apart]);
  const [gate, up] = [view(both, 0, [m, n[0]!]), view(both, apart, [m, n[0]!])];
  return { linear: { ...modules, y: [gate, up], residual: undefined }, glu: { gate, up, y, size: m * n[0]!, activation } };
}

// Linear modules in WGSL. Few rows on a GPU: one dispatch for all that read one input, or two with low-rank factors
// (shaders/linear-rows.wgsl). Everything else: a product each, then what follows them.
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { WeightFormat } from '../numbers/weights.js';
import type { Activation } from '../ops/glu.js';
import { productsOf, stepsOf, type GatedLinearArgs, type LinearArgs, type Modules } from '../ops/linear.js';
import type { Resolved } from '../ops/operation.js';
import type { Tensor } from '../ops/tensor.js';
import { glu } from './glu.js';
import { joined, type Joint } from './joint.js';
import { matmulNT, matmulNTParts } from './matmul.js';
import { chunkOf, operandsOf, operandsPrelude, operandsText, type Operands } from './matmul/product.js';
import { rowsLayout, rowsText, MOST_ROWS, type RowsLayout } from './matmul/rows.js';
import { memo } from './memo.js';
import { sizes } from './sizes.js';
import { unroll } from './unroll.js';
import { formatOf } from './weight.js';
import source from '../../shaders/linear-rows.wgsl';

/** Parts of one dispatch. */
const MOST_PARTS = 3;
/** Most steps of a low-rank product, whose sum is one chain: a chunk of the other products. */
const MOST_RANK = 32;
/** No tile is as high. */
const NEVER = 0xffffffff;

const PARAMS = {
  rows: 'u32',
  depth: 'u32',
  chunk: 'u32',
  tiles1: 'u32',
  tiles2: 'u32',
  columns0: 'u32',
  columns1: 'u32',
  columns2: 'u32',
  weight1: 'u32',
  weight2: 'u32',
  bias1: 'u32',
  bias2: 'u32',
  out1: 'u32',
  out2: 'u32',
  factor1: 'u32',
  factor2: 'u32',
  low1: 'u32',
  low2: 'u32',
  rank: 'u32',
  scale: 'f32',
} as const;

/** What a kernel does with its sums. */
interface Ending {
  readonly bias: WeightFormat | undefined;
  readonly residual: boolean;
  readonly lowRank: boolean;
  readonly gate: Activation | undefined;
}

const linearKernel = memo((layout: RowsLayout, operands: Operands, ending: Ending) => {
  const { bias, residual, lowRank, gate } = ending;
  const gated = Number(gate !== undefined);
  const { counts, declarations, invocations } = rowsText(layout, operands);
  return kernel({
    source: unroll(source, { ...counts, ...operandsText(operands), GATED: gated, LOW_RANK: Number(lowRank) }),
    prelude: [declarations, sizes({ SPAN: gated ? layout.width / 2 : layout.width }), operandsPrelude(operands, bias)].join('\n'),
    entry: 'linear_rows',
    invocations,
    access: 'rrrrwrr',
    params: PARAMS,
    constants: { BIAS: Number(bias !== undefined), RESIDUAL: Number(residual), GELU: Number(gate === 'gelu_tanh') },
  });
});

/** Modules whose operands a dispatch can bind. */
interface Parts {
  readonly x: Tensor;
  readonly w: Joint;
  readonly y: Joint;
  readonly bias?: Joint | undefined;
  readonly residual?: Tensor | undefined;
  readonly low?: { readonly u: Joint; readonly b: Joint; readonly rank: number; readonly scale: number } | undefined;
  readonly gate?: Activation | undefined;
  readonly m: number;
  readonly n: readonly number[];
  readonly k: number;
}

/** y_i = x · w_iᵀ and what goes with it. */
export function linear(rec: GpuRecorder, args: Resolved<LinearArgs>): void {
  const y = joined(args.y, rec.profile.maxBinding);
  if ((args.n.length > 1 || args.rank > 0) && y && recordJointly(rec, args, y)) return;
  if (args.n.length > 1 && y && recordInParts(rec, args, y)) return;
  if (args.n.length > 1) for (const [i] of args.n.entries()) linear(rec, moduleOf(args, i));
  else for (const product of productsOf(rec, args)) matmulNT(rec, product);
}

/** y = f(g) · u. */
export function gatedLinear(rec: GpuRecorder, args: Resolved<GatedLinearArgs>): void {
  const { y, activation, ...modules } = args;
  if (recordJointly(rec, modules, { tensor: y, starts: [0, 0] }, activation)) return;
  const steps = stepsOf(rec, args);
  linear(rec, steps.linear);
  glu(rec, steps.glu);
}

/** Records plain modules of one width, side by side, in one dispatch where there is a kernel for that. */
function recordInParts(rec: GpuRecorder, { x, w, bias, m, n, k, rank }: Resolved<LinearArgs>, y: Joint): boolean {
  const weights = joined(w, rec.profile.maxBinding);
  if (!weights || bias || rank > 0 || n.some((columns) => columns !== n[0])) return false;
  return matmulNTParts(rec, { x, w: weights, y, m, n: n[0]!, k });
}

/** One of several modules. */
function moduleOf(args: Resolved<LinearArgs>, i: number): Resolved<LinearArgs> {
  const { w, y, bias, a, b, u, n } = args;
  const factors = { a: a && [a[i]!], b: b && [b[i]!], u: u && [u[i]!] };
  return { ...args, w: [w[i]!], y: [y[i]!], n: [n[i]!], bias: bias && [bias[i]!], ...factors };
}

/** Records modules in one dispatch, after one for their low-rank factors, where device, sizes and memory allow it. */
function recordJointly(
  rec: GpuRecorder,
  { x, m, n, k, rank, scale, ...lists }: Resolved<Modules> & { readonly residual?: Tensor | undefined },
  y: Joint,
  gate?: Activation,
): boolean {
  const { kind, maxBinding } = rec.profile;
  if (kind !== 'gpu' || m > MOST_ROWS || n.length > MOST_PARTS || rank > MOST_RANK) return false;
  const bind = (tensors: readonly Tensor[] | undefined): Joint | undefined => tensors && joined(tensors, maxBinding);
  const [w, bias, a, b] = [bind(lists.w), bind(lists.bias), bind(lists.a), bind(lists.b)];
  const given = bind(lists.u);
  if (!w || (lists.bias && !bias) || (lists.a && !(a && b)) || (lists.u && !given)) return false;
  const u = given ?? (a && lowRank(rec, { x, w: a, m, n: n.map(() => rank), k }));
  const low = u && b && { u, b, rank, scale };
  record(rec, { x, w, y, bias, residual: lists.residual, low, gate, m, n, k });
  return true;
}

/** Records the products of an input and low-rank factors. */
function lowRank(rec: GpuRecorder, args: Omit<Parts, 'y'>): Joint {
  const { m, n } = args;
  const starts = n.map((rank, i) => i * m * rank);
  const y = { tensor: rec.scratch('lora.u', [n.length, m, n[0]!]), starts };
  record(rec, { ...args, y });
  return y;
}

function record(rec: GpuRecorder, { x, w, y, bias, residual, low, gate, m, n, k }: Parts): void {
  const format = formatOf(w.tensor);
  const all = n.reduce((sum, columns) => sum + columns, 0);
  const shape = { op: 'NT', rows: m, columns: all, depth: k, weight: format } as const;
  const layout = rowsLayout(rec.profile, shape);
  const span = gate ? layout.width / 2 : layout.width;
  const ending = { bias: bias && formatOf(bias.tensor), residual: residual !== undefined, lowRank: low !== undefined, gate };
  const tiles = (gate ? n.slice(0, 1) : n).map((columns) => Math.ceil(columns / span));
  const [tiles0, tiles1 = 0, tiles2 = 0] = tiles as [number, number?, number?];
  const second = ({ starts }: Joint): number => starts[1] ?? 0;
  const third = ({ starts }: Joint): number => starts[2] ?? 0;
  const none: Joint = { tensor: x, starts: [] };
  const [biases, factors, lows] = [bias ?? none, low?.b ?? none, low?.u ?? none];
  const params = {
    ...{ rows: m, depth: k, chunk: chunkOf(k), rank: low?.rank ?? 0, scale: low?.scale ?? 1 },
    ...{ tiles1: tiles1 > 0 ? tiles0 : NEVER, tiles2: tiles2 > 0 ? tiles0 + tiles1 : NEVER },
    ...{ columns0: n[0]!, columns1: n[1] ?? 0, columns2: n[2] ?? 0 },
    ...{ weight1: second(w), weight2: third(w), bias1: second(biases), bias2: third(biases) },
    ...{ out1: second(y), out2: third(y), factor1: second(factors), factor2: third(factors) },
    ...{ low1: second(lows), low2: third(lows) },
  };
  const tensors = [x, w.tensor, biases.tensor, residual ?? x, y.tensor, lows.tensor, factors.tensor];
  const grid = [tiles0 + tiles1 + tiles2, Math.ceil(m / layout.height), 1] as const;
  rec.dispatch(
    linearKernel(layout, operandsOf(rec.profile, { ...shape, columns: Math.min(...n) }), ending),
    tensors,
    params,
    grid,
  );
}

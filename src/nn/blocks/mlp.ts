// The second half of a layer: out = x + down(activation(gate(norm(x))) · up(norm(x))), forward and backward.
import type { Tensor } from '../../ops/tensor.js';
import { glu, gluBackward } from '../../ops/glu.js';
import type { Network } from '../network.js';
import type { LayerPass, Make } from './layer.js';
import { gated, linear, linearBackward, linears } from './linear.js';
import { norm, normBackward, normFor, normOut } from './norm.js';

/** What the backward pass reads. T = tokens. */
export interface MlpValues {
  /** f32[T, hidden]: input of the half, the residual stream after attention. */
  readonly x: Tensor;
  /** f32[T, hidden]: normalised input, and f32[T] 1/rms of its rows. */
  readonly in: Tensor;
  readonly inRstd: Tensor;
  /** f32[T, intermediate]: what the modules give, where the backward pass wants it, and what it becomes. */
  readonly gates: { readonly gate: Tensor; readonly up: Tensor } | null;
  readonly act: Tensor;
  /** With a norm at the output: f32[T, hidden] before it, and f32[T] 1/rms. */
  readonly raw: Tensor | null;
  readonly rawRstd: Tensor | null;
}

/** Tensors for {@link MlpValues}. @param backward whether a backward pass will read them */
export function mlpValues({ config: c, row }: Network, x: Tensor, make: Make, backward: boolean): MlpValues {
  const normed = row.norms.mlpOut !== null;
  return {
    x,
    in: make('mlpIn', c.hiddenSize),
    inRstd: make('mlpRstd', 1),
    gates: backward ? { gate: make('gate', c.intermediateSize), up: make('up', c.intermediateSize) } : null,
    act: make('act', c.intermediateSize),
    raw: normed ? make('mlpRaw', c.hiddenSize) : null,
    rawRstd: normed ? make('mlpRawRstd', 1) : null,
  };
}

/** Fills the values and, where it is given, `out` f32[T, hidden]; the backward pass needs no `out`. */
export function mlp(pass: LayerPass, v: MlpValues, out: Tensor | undefined): void {
  const { rec, net, name, tokens: m } = pass;
  const { norms } = net.row;
  const [width, size] = [net.config.hiddenSize, m * net.config.intermediateSize];
  const modules = [`${name}.mlp.gate_proj`, `${name}.mlp.up_proj`] as const;
  const u = normFor(rec, net, `${name}.${norms.mlpIn}`, modules, { x: v.x, y: v.in, rstd: v.inRstd, rows: m, width });
  if (v.gates) {
    const { gate, up } = v.gates;
    linears(rec, net, modules, { x: v.in, u, y: [gate, up], m });
    glu(rec, { gate, up, y: v.act, size, activation: net.row.activation });
  } else gated(rec, net, modules, { x: v.in, u, y: v.act, m });
  const down = `${name}.mlp.down_proj`;
  if (v.raw && v.rawRstd) {
    linear(rec, net, down, { x: v.act, y: v.raw, m });
    const normed = { x: v.raw, rstd: v.rawRstd, rows: m, width };
    // Without `out` for 1/rms alone.
    if (out) normOut(rec, net, `${name}.${norms.mlpOut}`, { ...normed, residual: v.x, y: out });
    else norm(rec, net, `${name}.${norms.mlpOut}`, { ...normed, y: rec.scratch('a.mlpOut', [m, width]) });
  } else if (out) linear(rec, net, down, { x: v.act, y: out, m, residual: v.x });
}

/** Gradients of {@link mlp}: `d` holds the derivative by its output on entry, by its input on return. */
export function mlpBackward(pass: LayerPass, v: MlpValues, d: Tensor): void {
  const { rec, net, name, tokens: m } = pass;
  const { norms } = net.row;
  const { hiddenSize: width, intermediateSize } = net.config;
  const make: Make = (label, columns) => rec.scratch(`d.${label}`, [m, columns]);
  const [dAct, dGate, dUp] = [make('act', intermediateSize), make('gate', intermediateSize), make('up', intermediateSize)];
  const dIn = make('in', width);
  let dRaw = d;
  if (v.raw && v.rawRstd) {
    dRaw = make('raw', width);
    normBackward(rec, net, `${name}.${norms.mlpOut}`, { x: v.raw, rstd: v.rawRstd, dy: d, dx: dRaw, rows: m, width });
  }
  linearBackward(rec, net, `${name}.mlp.down_proj`, { x: v.act, dy: dRaw, dx: dAct, m });
  const { activation } = net.row;
  gluBackward(rec, { ...v.gates!, dy: dAct, dGate, dUp, size: m * intermediateSize, activation });
  linearBackward(rec, net, `${name}.mlp.gate_proj`, { x: v.in, dy: dGate, dx: dIn, m });
  linearBackward(rec, net, `${name}.mlp.up_proj`, { x: v.in, dy: dUp, dx: dIn, accumulate: true, m });
  const into = { x: v.x, rstd: v.inRstd, dy: dIn, dx: d, rows: m, width, accumulate: true };
  normBackward(rec, net, `${name}.${norms.mlpIn}`, into);
}

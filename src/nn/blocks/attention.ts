// The first half of a layer: out = x + o_proj(attention(q, k, v)), forward and backward. What the queries look at, their own packed batch or
// cached keys and values, the caller says.
import type { Recorder } from '../../ops/device.js';
import type { Tensor } from '../../ops/tensor.js';
import { attentionBackward } from '../../ops/attention.js';
import { columnSum } from '../../ops/matmul.js';
import { rope } from '../../ops/rope.js';
import type { DeviceBatch } from '../batch.js';
import type { ModelConfig } from '../model-config.js';
import type { Network } from '../network.js';
import { makeBeside, type LayerPass, type Make } from './layer.js';
import { linear, linearBackward, linears } from './linear.js';
import { norm, normBackward, normFor, normOut } from './norm.js';

/** What the backward pass reads. T = tokens. */
export interface AttentionValues {
  /** f32[T, hidden]: input of the half, the residual stream. */
  readonly x: Tensor;
  /** f32[T, hidden]: normalised input, and f32[T] 1/rms of its rows. */
  readonly in: Tensor;
  readonly inRstd: Tensor;
  /** f32[T, heads · headDim]: as attention takes it (normalised), then rotated; `qRaw`, with q/k norm: as projected. */
  readonly q: Tensor;
  readonly qRaw: Tensor;
  readonly qRstd: Tensor;
  /** f32[T, kvHeads · headDim], likewise. */
  readonly k: Tensor;
  readonly kRaw: Tensor;
  readonly kRstd: Tensor;
  readonly v: Tensor;
  /** f32[T, heads · headDim] and f32[T, heads]: what attention gives. */
  readonly o: Tensor;
  readonly lse: Tensor;
  /** With a norm at the output: f32[T, hidden] before it, and f32[T] 1/rms. */
  readonly raw: Tensor | null;
  readonly rawRstd: Tensor | null;
}

/** Rotates q and k, and fills `o` (and `lse`, where the backward pass wants it) from them and v. */
export type Attend = (pass: LayerPass, values: AttentionValues) => void;

/** Tensors for {@link AttentionValues}. */
export function attentionValues({ config: c, row }: Network, x: Tensor, make: Make): AttentionValues {
  const [qWidth, kvWidth] = widths(c);
  const beside = (label: string, widths: readonly number[]): Tensor[] => makeBeside(make, label, x.shape[0]!, widths);
  const [qRaw, kRaw, v] = beside('qkv', [qWidth, kvWidth, kvWidth]) as [Tensor, Tensor, Tensor];
  const [q, k] = (row.qkNorm ? beside('qk', [qWidth, kvWidth]) : [qRaw, kRaw]) as [Tensor, Tensor];
  const normed = row.norms.attentionOut !== null;
  return {
    x,
    in: make('attnIn', c.hiddenSize),
    inRstd: make('attnRstd', 1),
    q,
    k,
    v,
    qRaw,
    kRaw,
    qRstd: make('qRstd', c.numHeads),
    kRstd: make('kRstd', c.numKvHeads),
    o: make('o', qWidth),
    lse: make('lse', c.numHeads),
    raw: normed ? make('attnRaw', c.hiddenSize) : null,
    rawRstd: normed ? make('attnRawRstd', 1) : null,
  };
}

/** Fills the values and `out` f32[T, hidden]. */
export function selfAttention(pass: LayerPass, v: AttentionValues, attend: Attend, out: Tensor): void {
  const { rec, net, name, tokens: m } = pass;
  const { numHeads, numKvHeads, headDim, hiddenSize: width } = net.config;
  const { norms, qkNorm } = net.row;
  const projections = ['q_proj', 'k_proj', 'v_proj'].map((module) => `${name}.self_attn.${module}`);
  const normed = { x: v.x, y: v.in, rstd: v.inRstd, rows: m, width };
  const u = normFor(rec, net, `${name}.${norms.attentionIn}`, projections, normed);
  linears(rec, net, projections, { x: v.in, u, y: [v.qRaw, v.kRaw, v.v], m });
  if (qkNorm) {
    const heads = { width: headDim };
    norm(rec, net, `${name}.self_attn.q_norm`, { x: v.qRaw, y: v.q, rstd: v.qRstd, rows: m * numHeads, ...heads });
    norm(rec, net, `${name}.self_attn.k_norm`, { x: v.kRaw, y: v.k, rstd: v.kRstd, rows: m * numKvHeads, ...heads });
  }
  attend(pass, v);
  const project = `${name}.self_attn.o_proj`;
  if (v.raw && v.rawRstd) {
    linear(rec, net, project, { x: v.o, y: v.raw, m });
    normOut(rec, net, `${name}.${norms.attentionOut}`, { x: v.raw, rstd: v.rawRstd, residual: v.x, y: out, rows: m, width });
  } else linear(rec, net, project, { x: v.o, y: out, m, residual: v.x });
}

/**
 * Gradients of {@link selfAttention} over a packed batch: `d` holds the derivative by its output on entry, by its input on return.
 * @param needsInput whether the derivative by the input is wanted; if not, `d` is left as it is
 */
export function selfAttentionBackward(
  pass: LayerPass,
  v: AttentionValues,
  batch: DeviceBatch,
  d: Tensor,
  needsInput: boolean,
): void {
  const { rec, net, name, tokens: m } = pass;
  const { hiddenSize: width } = net.config;
  const { norms } = net.row;
  const [qWidth, kvWidth] = widths(net.config);
  const make: Make = (label, columns) => rec.scratch(`d.${label}`, [m, columns]);
  let dRaw = d;
  if (v.raw && v.rawRstd) {
    dRaw = make('raw', width);
    normBackward(rec, net, `${name}.${norms.attentionOut}`, { x: v.raw, rstd: v.rawRstd, dy: d, dx: dRaw, rows: m, width });
  }
  const dO = make('o', qWidth);
  linearBackward(rec, net, `${name}.self_attn.o_proj`, { x: v.o, dy: dRaw, dx: dO, m });
  const [dq, dk, dv] = [make('q', qWidth), make('k', kvWidth), make('v', kvWidth)];
  attentionBackward(rec, {
    ...{ q: v.q, k: v.k, v: v.v, o: v.o, lse: v.lse, dO, dq, dk, dv },
    ...{ seqStart: batch.seqStart, seqEnd: batch.seqEnd, tokens: m },
    ...attentionShape(pass),
  });
  const keyBias = keyBiasBackward(pass, dk);
  rotate(pass, dq, dk, true);
  const [dqRaw, dkRaw] = headNormBackward(pass, v, dq, dk);
  const dx = needsInput ? make('in', width) : undefined;
  linearBackward(rec, net, `${name}.self_attn.q_proj`, { x: v.in, dy: dqRaw, dx, m });
  linearBackward(rec, net, `${name}.self_attn.k_proj`, { x: v.in, dy: dkRaw, dx, accumulate: true, m, bias: !keyBias });
  linearBackward(rec, net, `${name}.self_attn.v_proj`, { x: v.in, dy: dv, dx, accumulate: true, m });
  if (!dx) return;
  const into = { x: v.x, rstd: v.inRstd, dy: dx, dx: d, rows: m, width, accumulate: true };
  normBackward(rec, net, `${name}.${norms.attentionIn}`, into);
}

/** What every form of attention takes beside its tensors. */
export function attentionShape({ net: { config: c }, attention: { window } }: LayerPass): {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly scale: number;
  readonly window: number;
} {
  return { heads: c.numHeads, kvHeads: c.numKvHeads, headDim: c.headDim, scale: c.attentionScale, window: window ?? 0 };
}

function widths({ numHeads, numKvHeads, headDim }: ModelConfig): readonly [q: number, kv: number] {
  return [numHeads * headDim, numKvHeads * headDim];
}

/** Rotates queries and keys in place, or derivatives back; a layer without a rotation leaves them. */
export function rotate({ rec, net, rotation, positions, tokens }: LayerPass, q: Tensor, k: Tensor, inverse: boolean): void {
  if (!rotation) return;
  const { cos, sin } = rotation;
  const { numHeads, numKvHeads, headDim } = net.config;
  rope(rec, { x: q, cos, sin, positions, tokens, heads: numHeads, headDim, inverse });
  rope(rec, { x: k, cos, sin, positions, tokens, heads: numKvHeads, headDim, inverse });
}

/** Derivatives by the projections, from those by the normalised heads; the same tensors where there is no q/k norm. */
function headNormBackward(
  { rec, net, name, tokens: m }: LayerPass,
  v: AttentionValues,
  dq: Tensor,
  dk: Tensor,
): readonly [dqRaw: Tensor, dkRaw: Tensor] {
  if (!net.row.qkNorm) return [dq, dk];
  const { numHeads, numKvHeads, headDim: width } = net.config;
  const [dqRaw, dkRaw] = [rec.scratch('d.qRaw', dq.shape), rec.scratch('d.kRaw', dk.shape)];
  const q = { x: v.qRaw, rstd: v.qRstd, dy: dq, dx: dqRaw, rows: m * numHeads, width };
  const k = { x: v.kRaw, rstd: v.kRstd, dy: dk, dx: dkRaw, rows: m * numKvHeads, width };
  normBackward(rec, net, `${name}.self_attn.q_norm`, q);
  normBackward(rec, net, `${name}.self_attn.k_norm`, k);
  return [dqRaw, dkRaw];
}

/**
 * Gradient of the bias b of k, from the gradient by the rotated keys k_j = R_j (W h_j + b). A softmax does not change when all its keys
 * move alike, so Σ_j dk_j = 0 within a sequence and db = Σ_j R_jᵀ dk_j = Σ_j (R_j − 1)ᵀ dk_j. The second form keeps its digits where the
 * rotation is slow and the first cancels to nearly nothing; without a rotation it is 0.
 * @returns whether this is the bias's gradient; with q/k norm the sum is not 0, and the projection's backward pass gives it
 */
function keyBiasBackward({ rec, net, name, rotation, positions, tokens }: LayerPass, dk: Tensor): boolean {
  const db = net.row.qkNorm ? undefined : net.gradient(net.bias(`${name}.self_attn.k_proj`));
  if (!db) return false;
  if (!rotation) return true;
  const { numKvHeads: heads, headDim } = net.config;
  const turned = copyOf(rec, dk);
  const { cosLessOne, sin } = rotation;
  rope(rec, { x: turned, cos: cosLessOne, sin, positions, tokens, heads, headDim, inverse: true });
  columnSum(rec, { dy: turned, out: db, m: tokens, n: heads * headDim });
  return true;
}

function copyOf(rec: Recorder, t: Tensor): Tensor {
  const copy = rec.scratch('d.kTurned', t.shape);
  rec.copy(t, copy);
  return copy;
}

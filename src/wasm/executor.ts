// How the WebAssembly engine computes every operation: the records of its kernels, whose operands stand in the order of the classes in
// assembly/engine/. Each kernel is one record; what takes two passes is two.
import { DRAW_WORDS, drawOf } from '../config/sampling.js';
import { WEIGHT_FORMATS, type WeightFormat } from '../numbers/weights.js';
import type { Executor } from '../ops/operations.js';
import { stagesOf } from '../ops/attention.js';
import { cacheRows } from '../ops/kv.js';
import { productsOf, stepsOf } from '../ops/linear.js';
import { lowRankOf } from '../ops/norm.js';
import { size, view, type Tensor } from '../ops/tensor.js';
import { bits, type List, type Word } from './word.js';

/** Code of a weight's format in assembly/engine/weights.ts. */
const formatOf = ({ dtype }: Tensor): number => WEIGHT_FORMATS.indexOf(dtype as WeightFormat);
/** Elements of one share: GRAIN of assembly/engine/op.ts. */
const GRAIN = 16_384;

/** A product out[rows, columns] = alpha · a · b over a depth. */
interface Product {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly out: Tensor;
  readonly shape: readonly [rows: number, columns: number, depth: number];
  readonly alpha?: number;
  readonly accumulate?: boolean;
  readonly bias?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
  readonly stride?: number;
}

function product(rec: List, code: 'matmulNT' | 'matmulNN' | 'matmulTN', p: Product): void {
  const { a, b, out, shape, alpha = 1, accumulate, bias, residual, stride = shape[1] } = p;
  rec.append(code, a, b, out, bias, residual, ...shape, stride, bits(alpha), accumulate, formatOf(b), bias && formatOf(bias));
}

/** Tensor from element `start` on, where `start` may be its end. */
function from(t: Tensor, start: number): Tensor {
  return start === 0 ? t : view(t, start, [0]);
}

/** A head's chunks of rows whose logits fit `maxLogitBytes`, but one row at least. */
function forChunks(
  rec: List,
  { rows, vocab, maxLogitBytes }: { readonly rows: number; readonly vocab: number; readonly maxLogitBytes: number },
  body: (first: number, count: number, logits: Tensor) => void,
): void {
  const most = Math.max(1, Math.floor(maxLogitBytes / 4 / vocab));
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    body(first, count, rec.scratch('head.logits', [count, vocab]));
  }
}

export const EXECUTOR: Executor<List> = {
  matmulNT(rec, { x, w, y, m, n, k, bias, residual, accumulate, alpha, stride, first }) {
    const [out, added] = [from(y, first), residual && from(residual, first)];
    product(rec, 'matmulNT', { a: x, b: w, out, shape: [m, n, k], alpha, accumulate, bias, residual: added, stride });
  },
  matmulNN(rec, { dy, w, dx, m, n, k, accumulate, alpha }) {
    product(rec, 'matmulNN', { a: dy, b: w, out: dx, shape: [m, k, n], alpha, accumulate });
  },
  matmulTN(rec, { dy, x, dw, m, n, k, accumulate, alpha }) {
    product(rec, 'matmulTN', { a: dy, b: x, out: dw, shape: [n, k, m], alpha, accumulate });
  },
  columnSum(rec, { dy, out, m, n, accumulate }) {
    rec.append('columnSum', dy, undefined, undefined, out, m, n, accumulate);
  },
  linear(rec, args) {
    for (const product of productsOf(rec, args)) EXECUTOR.matmulNT(rec, product);
  },
  gatedLinear(rec, args) {
    const steps = stepsOf(rec, args);
    EXECUTOR.linear(rec, steps.linear);
    EXECUTOR.glu(rec, steps.glu);
  },
  attention(rec, a) {
    rec.append('attention', ...queries(a, a.k, a.v, a.tokens), a.lse, a.seqStart, a.seqEnd);
  },
  attentionBackward(rec, a) {
    rec.append('attentionBackward', ...queries(a, a.k, a.v, a.tokens), a.lse, a.seqStart, a.seqEnd, a.dO, a.dq, a.dk, a.dv);
  },
  decodeAttention(rec, a) {
    const shared = queries(a, a.kCache, a.vCache, a.slots);
    rec.append(
      'cachedAttention',
      ...shared,
      undefined,
      undefined,
      undefined,
      a.kvIndex,
      a.contextLength,
      a.maxContext,
      formatOf(a.kCache),
    );
  },
  stepAttention(rec, args) {
    const { rotations, store, attend } = stagesOf(args);
    for (const rotation of rotations) EXECUTOR.rope(rec, rotation);
    EXECUTOR.kvStore(rec, store);
    EXECUTOR.decodeAttention(rec, attend);
  },
  kvStore(rec, { k, v, kCache, vCache, cacheRow, tokens, kvHeads, headDim }) {
    const rows = cacheRows(kCache, kvHeads, headDim);
    rec.append('kvStore', k, v, cacheRow, kCache, vCache, tokens, kvHeads * headDim, rows, formatOf(kCache));
  },
  rmsNorm(rec, args) {
    const { x, w, y, rstd, rows, width, eps, unitOffset } = args;
    rec.append('rmsNorm', x, w, y, rstd, rows, width, bits(eps), formatOf(w), bits(Number(unitOffset)));
    for (const product of lowRankOf(args)) EXECUTOR.matmulNT(rec, product);
  },
  rmsNormBackward(rec, { x, w, rstd, dy, dx, dw, rows, width, accumulate, unitOffset }) {
    // First the weight's gradient: dx may be in the place of dy.
    if (dw) rec.append('columnSum', dy, x, rstd, dw, rows, width, true);
    const offset = bits(Number(unitOffset));
    rec.append('rmsNormBackward', x, w, rstd, dy, dx, rows, width, formatOf(w), offset, accumulate);
  },
  glu(rec, { gate, up, y, size, activation }) {
    rec.append('glu', gate, up, y, undefined, undefined, undefined, size, activation === 'gelu_tanh');
  },
  gluBackward(rec, { gate, up, dy, dGate, dUp, size, activation }) {
    rec.append('gluBackward', gate, up, undefined, dy, dGate, dUp, size, activation === 'gelu_tanh');
  },
  rope(rec, { x, cos, sin, positions, tokens, heads, headDim, inverse }) {
    rec.append('rope', x, cos, sin, positions, tokens, heads, headDim / 2, bits(inverse ? -1 : 1));
  },
  embed(rec, { table, ids, y, tokens, vocab, width, scale }) {
    rec.append('embed', table, ids, y, tokens, vocab, width, formatOf(table), bits(scale));
  },
  embedBackward(rec, { dy, dTable, order, starts, ids, unique, width, scale }) {
    rec.append('embedBackward', dy, dTable, order, starts, ids, unique, width, bits(scale));
  },
  rowStats(rec, { logits, targets, logps, entropies, lse, rows, vocab, temperature }) {
    rec.append('rowStats', logits, targets, logps, entropies, lse, rows, vocab, bits(1 / temperature));
  },
  headLogits(rec, { x, w, logits, rows, vocab, width }) {
    product(rec, 'matmulNT', { a: x, b: w, out: logits, shape: [rows, vocab, width] });
  },
  headForward(rec, args) {
    const { x, w, targets, logps, entropies, lse, vocab, width, temperature } = args;
    forChunks(rec, args, (first, count, logits) => {
      product(rec, 'matmulNT', { a: from(x, first * width), b: w, out: logits, shape: [count, vocab, width] });
      const rows = [targets, logps, entropies, lse].map((t) => from(t, first));
      rec.append('rowStats', logits, ...rows, count, vocab, bits(1 / temperature));
    });
  },
  headBackward(rec, args) {
    const { x, w, targets, lse, entropies, dLogps, dEntropies, dx, dw, vocab, width, temperature } = args;
    forChunks(rec, args, (first, count, logits) => {
      const input = from(x, first * width);
      product(rec, 'matmulNT', { a: input, b: w, out: logits, shape: [count, vocab, width] });
      const rows = [targets, lse, entropies, dLogps, dEntropies].map((t) => from(t, first));
      rec.append('logitsBackward', logits, ...rows, count, vocab, bits(1 / temperature));
      product(rec, 'matmulNN', { a: logits, b: w, out: from(dx, first * width), shape: [count, width, vocab] });
      if (dw) product(rec, 'matmulTN', { a: logits, b: input, out: dw, shape: [vocab, width, count], accumulate: true });
    });
  },
  sample(rec, a) {
    const { words, penalises } = drawOf(a, a.vocab);
    const names = Object.keys(DRAW_WORDS) as (keyof typeof DRAW_WORDS)[];
    rec.append(
      'sample',
      ...[a.logits, a.tokens, a.stream, a.step, a.active, a.logps],
      ...[penalises ? a.seen : undefined, a.probs],
      ...[a.rows, a.vocab, ...a.seed],
      ...names.map((name) => (DRAW_WORDS[name] === 'f32' ? bits(words[name]) : words[name])),
    );
  },
  advance(rec, { state, sampledLogps, kvIndex, eos, outTokens, outLogps, slots, maxContext, maxNew, eosCount }) {
    const stride = Math.ceil(slots / 64) * 64;
    rec.append('advance', state, sampledLogps, kvIndex, eos, outTokens, outLogps, slots, stride, maxContext, maxNew, eosCount);
  },
  gradNorm(rec, { grads, out, maxNorm }) {
    const parts = grads.map((g) => Math.ceil(size(g) / GRAIN));
    const count = parts.reduce((a, b) => a + b, 0);
    const partials = rec.scratch('gradnorm.partials', [2 * Math.max(count, 1)]);
    let first = 0;
    grads.forEach((g, i) => {
      rec.append('squareSum', g, view(partials, 2 * first, [2 * parts[i]!]), size(g));
      first += parts[i]!;
    });
    rec.append('gradNorm', partials, out, count, bits(maxNorm));
  },
  adamW(rec, { param, grad, m, v, clip, size, learningRate, beta1, beta2, epsilon, weightDecay, step }) {
    const factors = [
      1 - learningRate * weightDecay,
      1 - beta1,
      beta2,
      1 - beta2,
      learningRate / (1 - beta1 ** step),
      1 / Math.sqrt(1 - beta2 ** step),
      epsilon,
    ];
    rec.append('adamW', grad, clip, param, m, v, size, ...factors.map(bits));
  },
  add(rec, { x, y, size, alpha }) {
    rec.append('add', x, y, size, bits(alpha));
  },
  scale(rec, { x, size, factor }) {
    rec.append('scale', undefined, x, size, bits(factor));
  },
  gatherRows(rec, { x, index, y, rows, width }) {
    rec.append('gatherRows', x, index, y, rows, width);
  },
  scatterRowsAdd(rec, { x, index, y, rows, width }) {
    rec.append('scatterRowsAdd', x, index, y, rows, width);
  },
};

/** The words that all kinds of attention begin with. */
function queries(
  a: {
    readonly q: Tensor;
    readonly o: Tensor;
    readonly heads: number;
    readonly kvHeads: number;
    readonly headDim: number;
    readonly window: number;
    readonly scale: number;
  },
  k: Tensor,
  v: Tensor,
  tokens: number,
): Word[] {
  return [a.q, k, v, a.o, tokens, a.heads, a.kvHeads, a.headDim, a.window, bits(a.scale)];
}

// The final norm and the output head: logits, or log-probabilities and entropies of chosen tokens, forward and backward.
import type { Recorder } from '../../ops/device.js';
import { BYTES, rows, type Tensor } from '../../ops/tensor.js';
import { gatherRows, scatterRowsAdd } from '../../ops/elementwise.js';
import { headBackward, headForward, headLogits, MAX_LOGIT_BYTES } from '../../ops/head.js';
import type { Network } from '../network.js';
import type { Parameter } from '../parameters.js';
import type { Pool } from '../../ops/pool.js';
import { EMBEDDING } from './embedding.js';
import { norm, normBackward } from './norm.js';

const NORM = 'model.norm';

/** Token predictions to score: the model at `rows[i]` predicts `targets[i]`. */
export interface Targets {
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly targets: Uint32Array<ArrayBuffer>;
  /** Logits are divided by it before the softmax. */
  readonly temperature: number;
}

/** Log-probabilities of chosen tokens, on the device, with what the backward pass reads. R = rows. */
export interface Scores {
  /** f32[R] log p(target) under softmax(logits / temperature). */
  readonly logps: Tensor;
  /** f32[R] entropy of that distribution in nats. */
  readonly entropies: Tensor;
  /** f32[R] log Σ e^(logits / temperature) */
  readonly lse: Tensor;
  /** f32[R, hidden]: the scored rows, normalised, and f32[R] 1/rms. */
  readonly x: Tensor;
  readonly normed: Tensor;
  readonly rstd: Tensor;
  /** u32[R]: their places in the batch, and the tokens that they predict. */
  readonly index: Tensor;
  readonly targets: Tensor;
  readonly count: number;
  readonly temperature: number;
  /** The pool that all of this lies in. */
  readonly pool: Pool;
}

function headWeight(net: Network): Parameter {
  return net.weight(net.config.tieWordEmbeddings ? EMBEDDING : 'lm_head');
}

/** Rows of the residual stream, or all of it, and what the final norm makes of them. */
function normedRows(
  rec: Recorder,
  net: Network,
  x: Tensor,
  rows: number,
  pool: Pool,
): { readonly normed: Tensor; readonly rstd: Tensor } {
  const { hiddenSize: width } = net.config;
  const [normed, rstd] = [pool.get('final.normed', [rows, width]), pool.get('final.rstd', [rows])];
  norm(rec, net, NORM, { x, y: normed, rstd, rows, width });
  return { normed, rstd };
}

/** Writes logits f32[R, vocab] of rows f32[R, hidden], not divided by a temperature. For few rows: they are held whole. */
export function logits(
  rec: Recorder,
  net: Network,
  args: { readonly x: Tensor; readonly rows: number; readonly out: Tensor; readonly pool: Pool },
): void {
  const { x, rows, out, pool } = args;
  const { vocabSize: vocab, hiddenSize: width } = net.config;
  const { normed } = normedRows(rec, net, x, rows, pool);
  headLogits(rec, { x: normed, w: headWeight(net).value, logits: out, rows, vocab, width });
}

/** Rows whose logits begin at a multiple of 256 bytes, as views must, and those of what is kept of each slot. */
const STEP = 64;

/** The same of the rows of a step of decoding, some at a time: `use` gets f32[R, vocab] of the rows from `first` on. */
export function decodeLogits(
  rec: Recorder,
  net: Network,
  args: { readonly x: Tensor; readonly rows: number; readonly pool: Pool; readonly maxLogitBytes: number | undefined },
  use: (logits: Tensor, first: number) => void,
): void {
  const { x, rows: count, pool, maxLogitBytes = MAX_LOGIT_BYTES } = args;
  const { vocabSize: vocab, hiddenSize: width } = net.config;
  const { normed } = normedRows(rec, net, x, count, pool);
  const most = Math.max(1, Math.floor(maxLogitBytes / BYTES.f32 / vocab / STEP)) * STEP;
  for (let first = 0; first < count; first += most) {
    const some = Math.min(most, count - first);
    const out = pool.get('logits', [some, vocab]);
    headLogits(rec, { x: rows(normed, first, some), w: headWeight(net).value, logits: out, rows: some, vocab, width });
    use(out, first);
  }
}

/** Rows of the residual stream, gathered: f32[R, hidden]. @param index below T */
export function gather(rec: Recorder, hidden: Tensor, index: Uint32Array<ArrayBuffer>, pool: Pool): Tensor {
  const [rows, width] = [index.length, hidden.shape[1]!];
  const device = pool.get('index', [rows], 'u32');
  rec.write(device, index);
  const x = pool.get('x', [rows, width]);
  gatherRows(rec, { x: hidden, index: device, y: x, rows, width });
  return x;
}

/** Log-probabilities and entropies of target tokens; logits are never held whole. */
export function score(
  rec: Recorder,
  net: Network,
  hidden: Tensor,
  { rows, targets: wanted, temperature }: Targets,
  { pool, maxLogitBytes }: { readonly pool: Pool; readonly maxLogitBytes: number | undefined },
): Scores {
  const count = rows.length;
  const { vocabSize: vocab, hiddenSize: width } = net.config;
  const targets = pool.get('targets', [count], 'u32');
  rec.write(targets, wanted);
  const x = gather(rec, hidden, rows, pool);
  const { normed, rstd } = normedRows(rec, net, x, count, pool);
  const of = (label: string): Tensor => pool.get(label, [count]);
  const [logps, entropies, lse] = [of('logps'), of('entropies'), of('lse')];
  const w = headWeight(net).value;
  const shape = { rows: count, vocab, width, temperature, ...(maxLogitBytes && { maxLogitBytes }) };
  headForward(rec, { x: normed, w, targets, logps, entropies, lse, ...shape });
  return { logps, entropies, lse, x, normed, rstd, index: pool.get('index', [count], 'u32'), targets, count, temperature, pool };
}

/**
 * Gradients of {@link score}: the head's and the final norm's are added to, and the derivative by the hidden rows is added to `d`.
 * @param args.dLogps f32[R] derivatives of the loss by the scores; `dEntropies` likewise
 * @param args.d f32[T, hidden]
 */
export function scoreBackward(
  rec: Recorder,
  net: Network,
  scores: Scores,
  args: {
    readonly dLogps: Tensor;
    readonly dEntropies: Tensor;
    readonly d: Tensor;
    readonly maxLogitBytes: number | undefined;
  },
): void {
  const { x, normed, rstd, index, targets, lse, entropies, count, temperature } = scores;
  const { dLogps, dEntropies, d, maxLogitBytes } = args;
  const { vocabSize: vocab, hiddenSize: width } = net.config;
  const weight = headWeight(net);
  const dw = net.gradient(weight);
  const dNormed = rec.scratch('final.dNormed', [count, width]);
  headBackward(rec, {
    ...{ x: normed, w: weight.value, targets, lse, entropies, dLogps, dEntropies, dx: dNormed, temperature },
    ...{ rows: count, vocab, width, ...(dw && { dw }), ...(maxLogitBytes && { maxLogitBytes }) },
  });
  const dx = rec.scratch('final.dx', [count, width]);
  normBackward(rec, net, NORM, { x, rstd, dy: dNormed, dx, rows: count, width });
  scatterRowsAdd(rec, { x: dx, index, y: d, rows: count, width });
}

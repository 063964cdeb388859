import { check, show } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { BYTES, size, view, type DType, type Tensor } from '../gpu/tensor.js';
import { byLanes } from './lanes.js';
import type { OpCost } from './cost.js';
import { matmulNN, matmulNT, matmulTN } from './matmul.js';
import { byPack } from './pack.js';
import statsSource from '../../shaders/head.wgsl';
import backwardSource from '../../shaders/head-backward.wgsl';

const MIB = 2 ** 20;
/** Rows of one chunk where not all logits fit: enough to keep the matrix products busy. */
const CHUNK_ROWS = 1024;
/** Starts of views must be multiples of 256 bytes: this many elements of 2 bytes, and more than enough of 4. */
const ALIGNMENT = 128;

const LOGITS = '@group(0) @binding(0) var<storage, read> logits: array';
/** Four logits in one load, where rows are whole vectors. */
const ALIGNED = `${LOGITS}<vec4f>;
fn load_logits(r: u32, i: u32) -> vec4f { return logits[r * (p.columns / 4) + i]; }`;
const UNALIGNED = `${LOGITS}<f32>;
fn load_logits(r: u32, i: u32) -> vec4f {
  let at = r * p.columns + 4 * i;
  let four = vec4f(logits[at], logits[at + 1], logits[at + 2], logits[at + 3]);
  return select(vec4f(-3e38), four, 4 * i + vec4u(0, 1, 2, 3) < vec4u(p.columns));
}`;

const stats = byLanes((lanes) => {
  const make = (loader: string) =>
    kernel({
      source: statsSource,
      entry: 'head_stats',
      access: 'rrwwww',
      params: { rows: 'u32', columns: 'u32', column0: 'u32', row0: 'u32', part: 'u32', scale: 'f32' },
      prelude: `${lanes.prelude}\noverride LANES: u32;\n${loader}`,
      constants: lanes.constants,
    });
  return { aligned: make(ALIGNED), unaligned: make(UNALIGNED) };
});

/** Packs of logits that one workgroup turns into gradients. */
const BLOCK = 512;

const backward = byLanes(({ constants }) =>
  byPack(({ prelude }) => ({
    kernel: kernel({
      source: backwardSource,
      entry: 'head_bwd_logits',
      access: 'rrrrrw',
      params: { rows: 'u32', columns: 'u32', column0: 'u32', row0: 'u32', blocks: 'u32', scale: 'f32' },
      prelude,
      constants,
    }),
  })),
);

interface Sizes {
  /** Positive; logits are divided by it. */
  readonly temperature: number;
  readonly rows: number;
  readonly vocab: number;
}

interface Head extends Sizes {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly targets: Tensor;
  readonly width: number;
  /** Bound in bytes on the logits that are held at a time, default 64 MiB. */
  readonly maxLogitBytes?: number | undefined;
}

/**
 * Log-probability of a target, entropy and log-sum-exp of every row of given logits.
 * @param args.logits f32[rows, vocab]
 * @param args.targets u32[rows], below vocab
 * @param args.logps f32[rows] out: log p(target)
 * @param args.entropies f32[rows] out: in nats
 * @param args.lse f32[rows] out: log Σ e^(logits / temperature)
 * @throws MgrpoError `invalid_argument` where a tensor has another size or dtype
 */
export function rowStats(
  rec: Recorder,
  args: Sizes & {
    readonly logits: Tensor;
    readonly targets: Tensor;
    readonly logps: Tensor;
    readonly entropies: Tensor;
    readonly lse: Tensor;
  },
): void {
  const { logits, rows, vocab } = args;
  expect('rowStats', 'logits', logits, rows * vocab, ['f32']);
  expectRows('rowStats', args, rows, { targets: 'u32', logps: 'f32', entropies: 'f32', lse: 'f32' });
  recordStats(rec, args, logits, 0, rows, 0, vocab);
}

/**
 * All logits x · wᵀ (not divided by the temperature), with the weight bound in shards where it is larger than one binding may be.
 * @param args.x f32[rows, width]
 * @param args.w f32 or bf16 [vocab, width]
 * @param args.logits f32[rows, vocab] out
 * @throws MgrpoError `invalid_argument` where a tensor has another size or dtype
 */
export function headLogits(
  rec: Recorder,
  args: {
    readonly x: Tensor;
    readonly w: Tensor;
    readonly logits: Tensor;
    readonly rows: number;
    readonly vocab: number;
    readonly width: number;
  },
): void {
  const { x, w, logits, rows, vocab, width } = args;
  const most = shardRows(rec, BYTES[w.dtype], vocab, width);
  for (let first = 0; first < vocab; first += most) {
    const n = Math.min(most, vocab - first);
    matmulNT(rec, { x, w: view(w, first * width, [n, width]), y: logits, m: rows, n, k: width, stride: vocab, first });
  }
}

/**
 * Log-probability of the target, entropy and log-sum-exp per row of softmax(x · wᵀ / temperature). Logits are computed in chunks of
 * rows and vocabulary of at most `maxLogitBytes` and dropped.
 * @param args.x f32[rows, width]
 * @param args.w f32 or bf16 [vocab, width]; bound in shards where it is larger than one binding may be
 * @param args.targets u32[rows], below vocab
 * @param args.logps f32[rows] out: log p(target)
 * @param args.entropies f32[rows] out: in nats
 * @param args.lse f32[rows] out: log Σ e^(logits / temperature), wanted by {@link headBackward}
 * @throws MgrpoError `invalid_argument` where a tensor has another size or dtype, or `maxLogitBytes` is too small
 */
export function headForward(
  rec: Recorder,
  args: Head & { readonly logps: Tensor; readonly entropies: Tensor; readonly lse: Tensor },
): void {
  const { x, w, rows, width } = args;
  expectHead('headForward', args);
  expectRows('headForward', args, rows, { targets: 'u32', logps: 'f32', entropies: 'f32', lse: 'f32' });
  forChunks(rec, args, BYTES[w.dtype], (row0, m, column0, n, logits) => {
    matmulNT(rec, { x: view(x, row0 * width, [m, width]), w: view(w, column0 * width, [n, width]), y: logits, m, n, k: width });
    recordStats(rec, args, logits, row0, m, column0, n);
  });
}

/**
 * Gradients of {@link headForward}, from logits computed again in the same chunks.
 * d logits_j = (dLogp · (1[j = target] − p_j) − dEntropy · p_j (log p_j + H)) / temperature.
 * @param args.lse f32[rows], as {@link headForward} gave it
 * @param args.entropies f32[rows], as {@link headForward} gave it
 * @param args.dLogps f32[rows]
 * @param args.dEntropies f32[rows]
 * @param args.dx f32[rows, width] out: = d logits · w
 * @param args.dw f32[vocab, width]: += d logitsᵀ · x; left out for a frozen weight
 * @throws MgrpoError `invalid_argument` where a tensor has another size or dtype, or `maxLogitBytes` is too small
 */
export function headBackward(
  rec: Recorder,
  args: Head & {
    readonly lse: Tensor;
    readonly entropies: Tensor;
    readonly dLogps: Tensor;
    readonly dEntropies: Tensor;
    readonly dx: Tensor;
    readonly dw?: Tensor | undefined;
  },
): void {
  const { x, w, targets, lse, entropies, dLogps, dEntropies, dx, dw, temperature, rows, vocab, width } = args;
  expectHead('headBackward', args);
  expect('headBackward', 'dx', dx, rows * width, ['f32']);
  if (dw) expect('headBackward', 'dw', dw, vocab * width, ['f32']);
  expectRows('headBackward', args, rows, { targets: 'u32', lse: 'f32', entropies: 'f32', dLogps: 'f32', dEntropies: 'f32' });
  forChunks(rec, args, dw ? BYTES.f32 : BYTES[w.dtype], (row0, m, column0, n, logits) => {
    const xs = view(x, row0 * width, [m, width]);
    const ws = view(w, column0 * width, [n, width]);
    matmulNT(rec, { x: xs, w: ws, y: logits, m, n, k: width });
    const gradient = backward(rec.gpu)(n);
    const blocks = Math.ceil(n / gradient.n / BLOCK);
    rec.dispatch(
      gradient.kernel,
      [targets, lse, entropies, dLogps, dEntropies, logits],
      { rows: m, columns: n, column0, row0, blocks, scale: 1 / temperature },
      m * blocks,
    );
    matmulNN(rec, { dy: logits, w: ws, dx: view(dx, row0 * width, [m, width]), m, n, k: width, accumulate: column0 > 0 });
    if (dw) matmulTN(rec, { dy: logits, x: xs, dw: view(dw, column0 * width, [n, width]), m, n, k: width });
  });
}

/** Floating-point operations and least traffic of {@link headForward}; backward is 2 (frozen) or 3 of it. */
export function headCost(rows: number, vocab: number, width: number, weightBytes = 4): OpCost {
  return { flops: 2 * rows * vocab * width, bytes: 4 * rows * width + weightBytes * vocab * width };
}

function recordStats(
  rec: Recorder,
  args: Sizes & { readonly targets: Tensor; readonly logps: Tensor; readonly entropies: Tensor; readonly lse: Tensor },
  logits: Tensor,
  row0: number,
  m: number,
  column0: number,
  n: number,
): void {
  const { targets, logps, entropies, lse, temperature, rows, vocab } = args;
  check(temperature > 0, `head: expected a positive temperature, got ${temperature}; greedy choice needs no log-softmax`);
  const part = (column0 === 0 ? 1 : 0) | (column0 + n === vocab ? 2 : 0);
  const state = rec.scratch('head.state', [part === 3 ? 1 : rows, 4]);
  rec.dispatch(
    stats(rec.gpu)[n % 4 === 0 ? 'aligned' : 'unaligned'],
    [logits, targets, state, logps, entropies, lse],
    { rows: m, columns: n, column0, row0, part, scale: 1 / temperature },
    m,
  );
}

/** Calls `body` for blocks [row0, row0 + m) × [column0, column0 + n) of the logits, the vocabulary inside the rows. */
function forChunks(
  rec: Recorder,
  { rows, vocab, width, maxLogitBytes = 64 * MIB }: Head,
  weightBytes: number,
  body: (row0: number, m: number, column0: number, n: number, logits: Tensor) => void,
): void {
  const step = ALIGNMENT / divisor(ALIGNMENT, width);
  const budget = Math.floor(Math.min(maxLogitBytes, rec.gpu.maxBinding) / 4);
  check(
    budget >= Math.min(step, rows) * Math.min(step, vocab),
    `head: expected at least ${4 * step * step} bytes for maxLogitBytes, got ${maxLogitBytes}; raise it`,
  );
  const shard = shardRows(rec, weightBytes, vocab, width);
  let m = rows;
  let n = shard;
  if (m * n > budget) {
    m = Math.min(rows, Math.max(step, down(Math.min(CHUNK_ROWS, budget / Math.min(step, n)), step)));
    n = Math.min(n, Math.max(step, down(budget / m, step)));
  }
  for (let row0 = 0; row0 < rows; row0 += m) {
    const height = Math.min(m, rows - row0);
    for (let column0 = 0; column0 < vocab; column0 += n) {
      const columns = Math.min(n, vocab - column0);
      body(row0, height, column0, columns, rec.scratch('head.logits', [height, columns]));
    }
  }
}

/** How many rows of a [vocab, width] matrix fit one binding: all, or a number that keeps views aligned. */
function shardRows(rec: Recorder, bytes: number, vocab: number, width: number): number {
  const most = Math.floor(rec.gpu.maxBinding / (bytes * width));
  const step = ALIGNMENT / divisor(ALIGNMENT, width);
  check(
    most >= Math.min(step, vocab),
    `head: expected a device that binds ${bytes * width * step} bytes, got ${rec.gpu.maxBinding}; use another device`,
  );
  return most >= vocab ? vocab : down(most, step);
}

function down(value: number, step: number): number {
  return Math.floor(value / step) * step;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

function expectHead(op: string, { x, w, rows, vocab, width }: Head): void {
  expect(op, 'x', x, rows * width, ['f32']);
  expect(op, 'w', w, vocab * width, ['f32', 'bf16']);
}

function expectRows(op: string, args: object, rows: number, dtypes: Record<string, DType>): void {
  for (const [name, dtype] of Object.entries(dtypes)) expect(op, name, (args as Record<string, Tensor>)[name]!, rows, [dtype]);
}

function expect(op: string, name: string, t: Tensor, elements: number, dtypes: readonly DType[]): void {
  check(
    size(t) >= elements && dtypes.includes(t.dtype),
    `${op}: expected at least ${elements} elements of ${dtypes.join(' or ')} for ${name}, got ${t.dtype}${show(t.shape)}; check the sizes`,
  );
}

// The language-model head in WGSL: logits in chunks of rows and vocabulary, by the matrix products and two kernels of its own.
import { check } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { HeadBackwardArgs, HeadForwardArgs, HeadLogitsArgs, RowStatsArgs } from '../ops/head.js';
import { matmulNN, matmulNT, matmulTN } from '../ops/matmul.js';
import type { Resolved } from '../ops/operation.js';
import { BYTES, view, type Tensor } from '../ops/tensor.js';
import { byLanes } from './lanes.js';
import { byPack } from './pack.js';
import statsSource from '../../shaders/head.wgsl';
import backwardSource from '../../shaders/head-backward.wgsl';
import singleLogits from '../../shaders/lib/logits-1.wgsl';
import wholeLogits from '../../shaders/lib/logits-4.wgsl';

/** Rows of one chunk where not all logits fit: enough to keep the matrix products busy. */
const CHUNK_ROWS = 1024;

const stats = byLanes((lanes) =>
  byPack(({ n }) => ({
    kernel: kernel({
      source: statsSource,
      entry: 'head_stats',
      access: 'rrwwww',
      params: { rows: 'u32', columns: 'u32', column0: 'u32', row0: 'u32', part: 'u32', scale: 'f32' },
      prelude: `${lanes}\n${n === 4 ? wholeLogits : singleLogits}`,
    }),
  })),
);

/** Packs of logits that one workgroup turns into gradients. */
const BLOCK = 512;

const backward = byLanes((lanes) =>
  byPack(({ prelude }) => ({
    kernel: kernel({
      source: backwardSource,
      entry: 'head_bwd_logits',
      access: 'rrrrrw',
      params: { rows: 'u32', columns: 'u32', column0: 'u32', row0: 'u32', blocks: 'u32', scale: 'f32' },
      prelude: `${lanes}\n${prelude}`,
    }),
  })),
);

/** All statistics from logits that are there already. */
export function rowStats(rec: GpuRecorder, args: Resolved<RowStatsArgs>): void {
  recordStats(rec, args, args.logits, 0, args.rows, 0, args.vocab);
}

/** All logits, with the weight bound in shards where it is larger than one binding may be. */
export function headLogits(rec: GpuRecorder, { x, w, logits, rows, vocab, width }: Resolved<HeadLogitsArgs>): void {
  const most = shardRows(rec, BYTES[w.dtype], vocab, width);
  for (let first = 0; first < vocab; first += most) {
    const n = Math.min(most, vocab - first);
    matmulNT(rec, { x, w: view(w, first * width, [n, width]), y: logits, m: rows, n, k: width, stride: vocab, first });
  }
}

/** Logits and their statistics, chunk by chunk. */
export function headForward(rec: GpuRecorder, args: Resolved<HeadForwardArgs>): void {
  const { x, w, width } = args;
  forChunks(rec, args, BYTES[w.dtype], (row0, m, column0, n, logits) => {
    matmulNT(rec, { x: view(x, row0 * width, [m, width]), w: view(w, column0 * width, [n, width]), y: logits, m, n, k: width });
    recordStats(rec, args, logits, row0, m, column0, n);
  });
}

/** Logits once more, their gradients, and the products with them, chunk by chunk. */
export function headBackward(rec: GpuRecorder, args: Resolved<HeadBackwardArgs>): void {
  const { x, w, targets, lse, entropies, dLogps, dEntropies, dx, dw, temperature, width } = args;
  forChunks(rec, args, dw ? BYTES.f32 : BYTES[w.dtype], (row0, m, column0, n, logits) => {
    const xs = view(x, row0 * width, [m, width]);
    const ws = view(w, column0 * width, [n, width]);
    matmulNT(rec, { x: xs, w: ws, y: logits, m, n, k: width });
    const gradient = backward(rec.profile)(n);
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

function recordStats(
  rec: GpuRecorder,
  args: Omit<Resolved<RowStatsArgs>, 'logits'>,
  logits: Tensor,
  row0: number,
  m: number,
  column0: number,
  n: number,
): void {
  const { targets, logps, entropies, lse, temperature, rows, vocab } = args;
  const part = (column0 === 0 ? 1 : 0) | (column0 + n === vocab ? 2 : 0);
  const state = rec.scratch('head.state', [part === 3 ? 1 : rows, 4]);
  rec.dispatch(
    stats(rec.profile)(n).kernel,
    [logits, targets, state, logps, entropies, lse],
    { rows: m, columns: n, column0, row0, part, scale: 1 / temperature },
    m,
  );
}

/** Calls `body` for blocks [row0, row0 + m) × [column0, column0 + n) of the logits, the vocabulary inside the rows. */
function forChunks(
  rec: GpuRecorder,
  { rows, vocab, width, maxLogitBytes }: Pick<Resolved<HeadForwardArgs>, 'rows' | 'vocab' | 'width' | 'maxLogitBytes'>,
  weightBytes: number,
  body: (row0: number, m: number, column0: number, n: number, logits: Tensor) => void,
): void {
  const step = alignedRows(weightBytes, width);
  const budget = Math.floor(Math.min(maxLogitBytes, rec.profile.maxBinding) / 4);
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
function shardRows(rec: GpuRecorder, bytes: number, vocab: number, width: number): number {
  const most = Math.floor(rec.profile.maxBinding / (bytes * width));
  const step = alignedRows(bytes, width);
  check(
    most >= Math.min(step, vocab),
    `head: expected a device that binds ${bytes * width * step} bytes, got ${rec.profile.maxBinding}; use another device`,
  );
  return most >= vocab ? vocab : down(most, step);
}

/** Rows of which every multiple starts at a multiple of 256 bytes, as views must, in a matrix of f32 and in one of `bytes` per element. */
function alignedRows(bytes: number, width: number): number {
  let elements = 128;
  while ((elements * bytes) % 256 !== 0) elements *= 2;
  return elements / divisor(elements, width);
}

function down(value: number, step: number): number {
  return Math.floor(value / step) * step;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

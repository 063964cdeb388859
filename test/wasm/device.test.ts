// The WebAssembly device: memory, order of work, threads. What its kernels compute is tested with those of WebGPU, in test/kernels.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { add, gatherRows, scale } from '../../src/ops/elementwise.js';
import { attention, attentionBackward } from '../../src/ops/attention.js';
import { gradNorm } from '../../src/ops/adamw.js';
import { headBackward, headForward } from '../../src/ops/head.js';
import { columnSum, matmulNN, matmulNT, matmulTN } from '../../src/ops/matmul.js';
import { rmsNorm, rmsNormBackward } from '../../src/ops/norm.js';
import { view, type Tensor } from '../../src/ops/tensor.js';
import type { StartThread } from '../../src/platform/threads.js';
import { nodeThreads } from '../../src/platform/threads-node.js';
import { WasmDevice, type WasmOptions } from '../../src/wasm/device.js';
import { MOST_OPERATIONS } from '../../src/wasm/recorder.js';
import { boundsOf } from '../reference/attention.js';
import { ensureBuilt, root } from '../support/cli.js';
import { noise } from '../support/compare.js';

const open: WasmDevice[] = [];
async function device(options?: WasmOptions, threads = nodeThreads): Promise<WasmDevice> {
  const made = await WasmDevice.open(threads, options);
  open.push(made);
  return made;
}
afterAll(() => Promise.all(open.map((d) => d.destroy())));

/** Sizes on both sides of the shares' edges. */
const [TOKENS, WIDTH, HEADS, VOCAB] = [197, 72, 6, 1031];

/** Every kind of operation whose sums could depend on who does what: a digest of each result. */
async function everything(d: WasmDevice): Promise<string[]> {
  let seed = 1;
  const input = (...shape: number[]): Tensor =>
    d.from(
      noise(
        shape.reduce((a, b) => a * b),
        seed++,
      ),
      shape,
    );
  const x = input(TOKENS, WIDTH);
  const [w, dy] = [input(VOCAB, WIDTH), input(TOKENS, VOCAB)];
  const [y, dx, dw, db] = [d.tensor([TOKENS, VOCAB]), d.tensor([TOKENS, WIDTH]), d.tensor([VOCAB, WIDTH]), d.tensor([VOCAB])];
  const rec = d.recorder();
  const sizes = { m: TOKENS, n: VOCAB, k: WIDTH };
  matmulNT(rec, { x, w, y, ...sizes });
  matmulNN(rec, { dy, w, dx, ...sizes });
  matmulTN(rec, { dy, x, dw, ...sizes });
  columnSum(rec, { dy, out: db, m: TOKENS, n: VOCAB });

  const { start, end } = boundsOf([90, 1, [20, 14, 35, 1], 36]);
  const [seqStart, seqEnd] = [d.from(start), d.from(end)];
  const heads = { tokens: TOKENS, heads: HEADS, kvHeads: 2, headDim: WIDTH / HEADS, scale: 0.3, seqStart, seqEnd };
  const [k, v] = [input(TOKENS, 2, 12), input(TOKENS, 2, 12)];
  const [o, lse, dq, dk, dv] = [
    [TOKENS, WIDTH],
    [TOKENS, HEADS],
    [TOKENS, WIDTH],
    [TOKENS, 24],
    [TOKENS, 24],
  ].map((s) => d.tensor(s)) as [Tensor, Tensor, Tensor, Tensor, Tensor];
  attention(rec, { ...heads, q: x, k, v, o, lse });
  attentionBackward(rec, { ...heads, q: x, k, v, o, lse, dO: dx, dq, dk, dv });

  const [normed, rstd, dNorm, dScale] = [
    d.tensor([TOKENS, WIDTH]),
    d.tensor([TOKENS]),
    d.tensor([TOKENS, WIDTH]),
    d.tensor([WIDTH]),
  ];
  const norm = { x, w: input(WIDTH), rstd, rows: TOKENS, width: WIDTH };
  rmsNorm(rec, { ...norm, y: normed, eps: 1e-6 });
  rmsNormBackward(rec, { ...norm, dy: dq, dx: dNorm, dw: dScale });

  const targets = d.from(Uint32Array.from({ length: TOKENS }, (_, t) => (t * 37) % VOCAB));
  const rows = Array.from({ length: 3 }, () => d.tensor([TOKENS]));
  const scores = { logps: rows[0]!, entropies: rows[1]!, lse: rows[2]! };
  const head = {
    x: normed,
    w,
    targets,
    rows: TOKENS,
    vocab: VOCAB,
    width: WIDTH,
    temperature: 0.9,
    maxLogitBytes: 50 * 4 * VOCAB,
  };
  headForward(rec, { ...head, ...scores });
  const [dHead, dTable] = [d.tensor([TOKENS, WIDTH]), d.tensor([VOCAB, WIDTH])];
  headBackward(rec, { ...head, ...scores, dLogps: input(TOKENS), dEntropies: input(TOKENS), dx: dHead, dw: dTable });
  const clip = d.tensor([2]);
  gradNorm(rec, { grads: [dw, dTable, dScale], out: clip, maxNorm: 1 });
  rec.submit();
  const results = await d.read(y, dx, dw, db, o, lse, dq, dk, dv, normed, dNorm, dScale, ...rows, dHead, dTable, clip);
  expect(results.every((data) => data.some((value) => value !== 0) && !data.some(Number.isNaN))).toBe(true);
  return results.map((data) => createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex'));
}

describe('the WebAssembly device', () => {
  it('gives the same bits on any number of threads, on a memory of its own, and twice', async () => {
    const one = await device({ threads: 1 });
    const expected = await everything(one);
    expect(await everything(one)).toEqual(expected);
    for (const options of [{ threads: 2 }, { threads: 8 }, { threads: 1, shared: false }])
      expect(await everything(await device(options)), JSON.stringify(options)).toEqual(expected);
  });

  it.each([5, 64, 72])('gives a row the same bits in a batch of any size, depth %i', async (k) => {
    const d = await device({ threads: 2 });
    const n = 131;
    const [x, w] = [d.from(noise(300 * k, 1)), d.from(noise(n * k, 2))];
    const run = async (m: number, first: number): Promise<Float32Array> => {
      const y = d.tensor([m, n]);
      const rec = d.recorder();
      matmulNT(rec, { x: view(x, first * k, [m, k]), w, y, m, n, k });
      rec.submit();
      return (await d.read(y))[0];
    };
    const all = await run(300, 0);
    for (const m of [1, 2, 8, 63, 64, 65]) {
      for (const first of [0, 300 - m])
        expect(await run(m, first), `${m} rows`).toEqual(all.subarray(first * n, (first + m) * n));
    }
  });

  it('does lists in order and writes between them, many at a time', async () => {
    const d = await device({ threads: 2 });
    const size = 40_000;
    const x = d.tensor([size]);
    const rec = d.recorder();
    const reads: Promise<readonly [Float32Array]>[] = [];
    for (let i = 1; i <= 200; i++) {
      rec.write(x, new Float32Array(size).fill(i));
      scale(rec, { x, size, factor: 2 });
      rec.submit();
      if (i % 50 === 0) {
        reads.push(d.read(x));
        d.write(x, new Float32Array([-1]));
      }
    }
    expect((await Promise.all(reads)).map(([data]) => [data[0], data[size - 1]])).toEqual(
      [50, 100, 150, 200].map((i) => [2 * i, 2 * i]),
    );
    expect((await d.read(x))[0].slice(0, 2)).toEqual(Float32Array.of(-1, 400));
  });

  it('frees staged data with the list that copies it, not with the full one before it', async () => {
    const d = await device();
    const t = d.tensor([4]);
    const submit = vi.spyOn(d, 'submit');
    const rec = d.recorder();
    for (let i = 0; i < MOST_OPERATIONS; i++) rec.clear(t);
    rec.write(t, Float32Array.of(1, 2, 3, 4));
    rec.submit();
    const staged = submit.mock.calls.map(([, count, addresses]) => [count, addresses.length]);
    expect(staged).toEqual([
      [MOST_OPERATIONS, 0],
      [1, 1],
    ]);
    expect((await d.read(t))[0]).toEqual(Float32Array.of(1, 2, 3, 4));
  });

  it('keeps freed memory until the work that uses it is done, then gives it out again', async () => {
    const d = await device({ threads: 2 });
    const size = 1_000_000;
    const y = d.tensor([size]);
    for (let i = 0; i < 30; i++) {
      const x = d.from(new Float32Array(size).fill(1));
      const rec = d.recorder();
      add(rec, { x, y, size });
      rec.submit();
      d.free(x);
    }
    const [sum] = await d.read(y);
    expect(sum.every((value) => value === 30)).toBe(true);
    expect(d.memory).toEqual({ allocated: 4 * size, peak: 8 * size });
    const before = d.heap.memory.buffer.byteLength;
    for (let i = 0; i < 200; i++) d.free(d.tensor([size]));
    expect(d.heap.memory.buffer.byteLength).toBe(before);
    d.resetPeak();
    expect(d.memory.peak).toBe(4 * size);
  });

  it('keeps what was retired for a list that is still open while others come and go', async () => {
    const d = await device({ threads: 2 });
    const size = 100_000;
    const [x, y, other] = [d.from(new Float32Array(size).fill(1)), d.tensor([size]), d.tensor([size])];
    const busy = d.recorder();
    for (let i = 0; i < 400; i++) scale(busy, { x: other, size, factor: 2 });
    busy.submit();
    const open = d.recorder();
    add(open, { x, y, size });
    d.retire(x);
    d.write(other, new Float32Array(size).fill(7));
    await d.read(other);
    const next = d.from(new Float32Array(size).fill(9));
    open.submit();
    expect((await d.read(y))[0].every((value) => value === 1)).toBe(true);
    d.free(next);
  });

  it('repeats what it has recorded, and records it anew once a tensor was given up', async () => {
    const d = await device({ threads: 2 });
    const x = d.from(Float32Array.of(1));
    const rec = d.recorder();
    let recorded = 0;
    const again = rec.repeatable(() => {
      recorded++;
      for (let i = 0; i < 3; i++) scale(rec, { x, size: 1, factor: 2 });
    });
    for (let i = 1; i < 40; i++) again();
    d.free(d.tensor([1]));
    again();
    again();
    rec.submit();
    expect((await d.read(x))[0]).toEqual(Float32Array.of(2 ** (3 * 42)));
    expect(recorded).toBe(2);
    expect(() => rec.repeatable(() => rec.write(x, Float32Array.of(1)))).toThrow(/operations alone/);
  });

  it('lets the memory grow while threads start and work', async () => {
    for (let i = 0; i < 8; i++) {
      const d = await WasmDevice.open(nodeThreads, { threads: 2 });
      const rec = d.recorder();
      const sums = Array.from({ length: 8 }, () => d.tensor([300_000]));
      for (const y of sums) {
        const x = d.from(new Float32Array(300_000).fill(1));
        add(rec, { x, y, size: 300_000 });
        rec.copy(y, x);
        rec.submit();
      }
      for (const [data] of await Promise.all(sums.map((y) => d.read(y)))) expect(data.at(-1)).toBe(1);
      await d.destroy();
    }
  });

  it('lets the memory grow while it is on its way to a thread', async () => {
    // The thread reads much before it reads the memory, whose size was taken when the message came.
    const slow = Array.from({ length: 100_000 }, (_, i) => ({ i }));
    const start: StartThread = (data, events) => nodeThreads.start({ ...{ slow }, ...data }, events);
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < 8; i++) {
      const d = await WasmDevice.open({ ...nodeThreads, start }, { threads: 1 });
      for (const end = performance.now() + 30 + 20 * i; performance.now() < end; Atomics.wait(pause, 0, 0, 0.1)) {
        if (d.heap.memory.buffer.byteLength < 2 ** 30) d.heap.memory.grow(1);
      }
      // At the very end of the memory. Clearing checks its bounds.
      const x = d.from(new Float32Array(500_000).fill(1));
      const rec = d.recorder();
      rec.clear(x);
      rec.submit();
      expect((await d.read(x))[0].at(-1)).toBe(0);
      await d.destroy();
    }
  });

  it('names the limit where the system gives a thread no room', async () => {
    const start: StartThread = (_, { failed }) => {
      failed(Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' }));
      return { hold: () => undefined, terminate: () => Promise.resolve() };
    };
    const d = await device({ threads: 1 }, { ...nodeThreads, start });
    expect(() => d.from(Float32Array.of(1))).not.toThrow();
    await expect(d.read(d.tensor([1]))).rejects.toThrow(/EAGAIN\); end other processes, or raise the limits/);
  });

  it.runIf(process.platform === 'linux')('names the limit where there is no address space', () => {
    ensureBuilt();
    const program = "import('./dist/node.js').then((m) => m.openWasm()).catch((e) => console.log(e.code, e.message))";
    const words = ['-c', 'ulimit -v 8000000; exec "$0" -e "$1"', process.execPath, program];
    expect(execFileSync('sh', words, { cwd: root, encoding: 'utf8' })).toMatch(
      /^out_of_memory wasm: expected address space for a memory of at least 512 MiB, got none; .*ulimit -v/,
    );
  });

  it('gives new tensors as zeros, also where others were', async () => {
    const d = await device({ threads: 1 });
    for (let i = 0; i < 3; i++) {
      const t = d.tensor([1000]);
      expect((await d.read(t))[0].every((value) => value === 0)).toBe(true);
      d.write(t, new Float32Array(1000).fill(NaN));
      d.free(t);
    }
  });

  it('says how much is missing where the memory is full, and goes on', async () => {
    const d = await device({ threads: 1, shared: false });
    expect(() => d.tensor([2 ** 31])).toThrow(/wasm: expected at most \d+ bytes for "tensor"/);
    const half = 2 ** 29;
    const big = Array.from({ length: 3 }, () => d.heap.allocate(half, 'cache'));
    expect(() => Array.from({ length: 8 }, () => d.heap.allocate(half, 'cache'))).toThrow(
      /wasm: expected 512 MiB more for "cache" with \d+ MiB in use/,
    );
    for (const address of big) d.heap.free(address);
    expect(d.heap.allocate(3 * half, 'cache')).toBe(big[0]);
  });

  it('refuses work once it is closed', async () => {
    const d = await device({ threads: 2 });
    const x = d.tensor([4]);
    await d.destroy();
    const rec = d.recorder();
    scale(rec, { x, size: 4, factor: 2 });
    expect(() => rec.submit()).toThrow(/expected an open device/);
    await expect(d.read(x)).rejects.toThrow(/expected an open device/);
  });

  it('reports a thread that fails to whoever waits', async () => {
    const d = await device({ threads: 2 });
    const rec = d.recorder();
    const index = d.from(Uint32Array.of(0x2000_0000));
    const x = d.tensor([1, 1]);
    gatherRows(rec, { x, index, y: d.tensor([1, 1]), rows: 1, width: 1 });
    rec.submit();
    await expect(d.read(x)).rejects.toThrow(/a thread of the engine failed/);
    expect(() => d.assertHealthy()).toThrow(/a thread of the engine failed/);
  });
});

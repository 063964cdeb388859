// Relaxed SIMD: the device that has it is asked for by name, is as right as the other, and no less the same on any number of threads.
import { setFlagsFromString } from 'node:v8';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attention, decodeAttention } from '../../src/ops/attention.js';
import { matmulNN, matmulNT, matmulTN } from '../../src/ops/matmul.js';
import type { Tensor } from '../../src/ops/tensor.js';
import { openDevice } from '../../src/open/node.js';
import { nodeThreads } from '../../src/platform/threads-node.js';
import { WasmDevice } from '../../src/wasm/device.js';
import { attentionReference } from '../reference/attention.js';
import { expectClose, noise } from '../support/compare.js';

// (module (func (param v128 v128 v128) (result v128) (f32x4.relaxed_madd …)))
const RELAXED_MADD = Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 253, 133, 2, 11],
]);
const [M, N, K] = [37, 50, 300];
const [x, w, dy] = [noise(M * K, 1), noise(N * K, 2), noise(M * N, 3)];

/** The three products of a linear layer. */
async function products(relaxed: boolean, threads: number): Promise<readonly Float32Array[]> {
  const device = await WasmDevice.open(nodeThreads, { relaxed, threads });
  try {
    const rec = device.recorder();
    const [y, dx, dw] = [device.tensor([M, N]), device.tensor([M, K]), device.tensor([N, K])];
    const sizes = { m: M, n: N, k: K };
    matmulNT(rec, { x: device.from(x), w: device.from(w, [N, K]), y, ...sizes });
    matmulNN(rec, { dy: device.from(dy), w: device.from(w, [N, K]), dx, ...sizes });
    matmulTN(rec, { dy: device.from(dy), x: device.from(x), dw, ...sizes });
    rec.submit();
    return await device.read(y, dx, dw);
  } finally {
    await device.destroy();
  }
}

const SHAPE = { lengths: [70], heads: 6, kvHeads: 2, headDim: 22, scale: 0.2 };
const [Q, KV] = [70 * 6 * 22, 70 * 2 * 22];
const [q, k, v] = [noise(Q, 4), noise(KV, 5), noise(KV, 6)];

/** Packed attention of one sequence, and of its last token over a cache. */
async function attentions(threads: number): Promise<readonly Float32Array[]> {
  const device = await WasmDevice.open(nodeThreads, { relaxed: true, threads });
  try {
    const rec = device.recorder();
    const [o, lse, last] = [device.tensor([70, 6, 22]), device.tensor([70, 6]), device.tensor([1, 6, 22])];
    const [keys, values] = [device.from(k, [70, 2, 22]), device.from(v, [70, 2, 22])];
    const u32 = (length: number, of: (i: number) => number): Tensor => device.from(Uint32Array.from({ length }, (_, i) => of(i)));
    const [seqStart, seqEnd] = [u32(70, () => 0), u32(70, () => 70)];
    attention(rec, { ...SHAPE, q: device.from(q), k: keys, v: values, o, lse, seqStart, seqEnd, tokens: 70 });
    decodeAttention(rec, {
      ...{ ...SHAPE, q: device.from(q.slice(-132)), kCache: keys, vCache: values, o: last, slots: 1, maxContext: 70 },
      ...{ kvIndex: u32(70, (i) => i), contextLength: u32(1, () => 70) },
    });
    rec.submit();
    return await device.read(o, last);
  } finally {
    await device.destroy();
  }
}

/** Σ_k a[k] b[k] in f64, and Σ_k |a[k] b[k]|. */
function dot(depth: number, a: (k: number) => number, b: (k: number) => number): [sum: number, size: number] {
  let [sum, size] = [0, 0];
  for (let k = 0; k < depth; k++) {
    sum += a(k) * b(k);
    size += Math.abs(a(k) * b(k));
  }
  return [sum, size];
}

const had = WebAssembly.validate(RELAXED_MADD);

describe('the device wasm-relaxed', () => {
  it.skipIf(had)('is refused with the way out where the host has no relaxed SIMD', async () => {
    await expect(openDevice({ device: 'wasm-relaxed' })).rejects.toThrow(/got one without; use the device wasm/);
  });

  describe('where the host has it', () => {
    // Node 20 has it behind a flag; newer ones do not know the flag.
    beforeAll(() => {
      if (!had) setFlagsFromString('--experimental-wasm-relaxed-simd');
    });
    afterAll(() => {
      if (!had) setFlagsFromString('--no-experimental-wasm-relaxed-simd');
    });

    it('computes products as right as f32 allows, on any number of threads the same', async () => {
      const [one, three] = [await products(true, 1), await products(true, 3)];
      expect(one).toEqual(three);
      const [y, dx, dw] = one as readonly [Float32Array, Float32Array, Float32Array];
      const worst = { y: 0, dx: 0, dw: 0 };
      const note = (name: keyof typeof worst, got: number, [sum, size]: [number, number]): void => {
        worst[name] = Math.max(worst[name], Math.abs(got - sum) / size);
      };
      for (let m = 0; m < M; m++) {
        for (let n = 0; n < N; n++)
          note(
            'y',
            y[m * N + n]!,
            dot(
              K,
              (k) => x[m * K + k]!,
              (k) => w[n * K + k]!,
            ),
          );
        for (let k = 0; k < K; k++)
          note(
            'dx',
            dx[m * K + k]!,
            dot(
              N,
              (n) => dy[m * N + n]!,
              (n) => w[n * K + k]!,
            ),
          );
      }
      for (let n = 0; n < N; n++)
        for (let k = 0; k < K; k++)
          note(
            'dw',
            dw[n * K + k]!,
            dot(
              M,
              (m) => dy[m * N + n]!,
              (m) => x[m * K + k]!,
            ),
          );
      for (const error of Object.values(worst)) expect(error).toBeLessThan(1e-6);
    });

    it('computes attention as right as f32 allows, packed and cached and on any number of threads the same', async () => {
      const [one, three] = [await attentions(1), await attentions(3)];
      expect(one).toEqual(three);
      expectClose(one[0]!, attentionReference(q, k, v, SHAPE).o, 'o', 2e-6);
      expect(one[1]).toEqual(one[0]!.slice(-132));
    });

    it('says so, and the device wasm has none of it', async () => {
      const device = await openDevice({ device: 'wasm-relaxed' });
      expect(device.info).toMatchObject({ kind: 'wasm', description: expect.stringContaining('relaxed SIMD') as string });
      await device.destroy();
      const plain = await openDevice({ device: 'wasm' });
      expect(plain.info.description).not.toContain('relaxed');
      await plain.destroy();
    });
  });
});

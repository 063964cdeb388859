import { describe, expect, it } from 'vitest';
import { NOT_STORED, kvStore } from '../../src/ops/kv.js';
import { noise } from '../support/compare.js';
import { halfTensor, readHalf, rounded } from '../support/half.js';
import { isWasm, skipTested, testedDevice } from '../support/tested.js';

describe.skipIf(skipTested)('kvStore', () => {
  it.each([
    [1, 1, 4, 3],
    [5, 3, 64, 9],
    [70, 1, 10, 80],
    [65_537, 1, 2, 65_540],
  ])(
    'scatters %i rows of %i heads of %i into a cache of %i rows and touches nothing else',
    async (tokens, kvHeads, headDim, rows) => {
      const device = await testedDevice();
      const width = kvHeads * headDim;
      const cacheRow = Uint32Array.from({ length: tokens }, (_, t) => (t % 3 === 1 ? NOT_STORED : rows - 1 - t));
      const data = { k: noise(tokens * width, 1), v: noise(tokens * width, 2) };
      const before = { k: noise(rows * width, 3), v: noise(rows * width, 4) };
      const [k, v, kCache, vCache, row] = [
        device.from(data.k),
        device.from(data.v),
        device.from(before.k, [rows, kvHeads, headDim]),
        device.from(before.v, [rows, kvHeads, headDim]),
        device.from(cacheRow),
      ] as const;
      const rec = device.recorder();
      kvStore(rec, { k, v, kCache, vCache, cacheRow: row, tokens, kvHeads, headDim });
      rec.submit();
      for (const [name, cache] of [['k', kCache] as const, ['v', vCache] as const]) {
        const expected = before[name].slice();
        cacheRow.forEach((to, t) => {
          if (to !== NOT_STORED) expected.set(data[name].subarray(t * width, (t + 1) * width), to * width);
        });
        const [found] = await device.read(cache);
        expect(
          found.every((x, i) => x === expected[i]),
          name,
        ).toBe(true);
      }
      device.free(k, v, kCache, vCache, row);
    },
  );

  it('rounds to f16: half a unit off at most, past 65504 that, below 2^−14 nothing', async () => {
    const device = await testedDevice();
    const [tokens, kvHeads, headDim, rows] = [5, 3, 10, 9];
    const width = kvHeads * headDim;
    const special = [70_000, -1e9, 65_504, -65_519, 65_488, 3e-5, -6.1e-5, 2 ** -14, 0, -0, 1, 1 + 2 ** -11, 2049, -2051];
    const values = Float32Array.from({ length: tokens * width }, (_, i) => special[i] ?? Math.sin(i) * 10 ** ((i % 7) - 3));
    const before = rounded(noise(rows * width, 3));
    const [k, v, cacheRow] = [
      device.from(values),
      device.from(values.map((x) => -x)),
      device.from(Uint32Array.of(8, NOT_STORED, 0, 3, 1)),
    ];
    const [kCache, vCache] = [
      halfTensor(device, before, [rows, kvHeads, headDim]),
      halfTensor(device, before, [rows, kvHeads, headDim]),
    ];
    const rec = device.recorder();
    kvStore(rec, { k, v, kCache, vCache, cacheRow, tokens, kvHeads, headDim });
    rec.submit();
    for (const [cache, sign] of [[kCache, 1] as const, [vCache, -1] as const]) {
      const expected = Float64Array.from(before);
      [8, -1, 0, 3, 1].forEach((to, t) => {
        if (to >= 0)
          expected.set(
            values.subarray(t * width, (t + 1) * width).map((x) => sign * x),
            to * width,
          );
      });
      (await readHalf(device, cache)).forEach((found, i) => {
        const near = Math.abs(expected[i]!) < 2 ** -14 ? 0 : Math.max(-65_504, Math.min(65_504, expected[i]!));
        expect(Math.abs(found - near), `${expected[i]}`).toBeLessThanOrEqual(Math.abs(near) * 2 ** -11);
      });
    }
    expect(() => kvStore(device.recorder(), { k, v, kCache, vCache: k, cacheRow, tokens, kvHeads, headDim })).toThrow(
      'and one dtype, got f16[9,3,10] and f32[150]',
    );
    device.free(k, v, kCache, vCache, cacheRow);
  });

  it.skipIf(isWasm)('names the number of rows that fit where the cache is larger than a binding', async () => {
    const device = await testedDevice({ maxBinding: 1024 });
    const k = device.from(new Float32Array(16));
    const cacheRow = device.from(new Uint32Array(1));
    const cache = device.from(new Float32Array(16 * 17));
    const args = { k, v: k, kCache: cache, vCache: cache, cacheRow, tokens: 1, kvHeads: 2, headDim: 8 };
    expect(() => kvStore(device.recorder(), args)).toThrow(
      /cache of at most 16 rows \(maxStorageBufferBindingSize = 1024 bytes\), got 17; lower/,
    );
    expect(() => kvStore(device.recorder(), { ...args, kvHeads: 3 })).toThrow('expected kCache and vCache of shape [rows, 3, 8]');
  });
});

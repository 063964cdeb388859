import { describe, expect, it } from 'vitest';
import { NOT_STORED, kvStore } from '../../src/ops/kv.js';
import { noise } from '../support/compare.js';
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

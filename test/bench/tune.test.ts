// What is measured by `mgrpo tune`: on a software adapter that is told to be a GPU, whose products then have several ways.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runTune, tuneProducts, tuneTable } from '../../src/bench/tune.js';
import { bucketOf } from '../../src/kernels/matmul/tuned.js';
import type { ProductShape } from '../../src/kernels/matmul/product.js';
import { WasmDevice } from '../../src/wasm/device.js';
import { nodeThreads } from '../../src/platform/threads-node.js';
import { skipGpu, testGpu } from '../support/gpu.js';

afterEach(() => vi.restoreAllMocks());

const PRODUCTS: readonly ProductShape[] = [
  { op: 'NT', rows: 4, columns: 48, depth: 64, weight: 'q8' },
  { op: 'NN', rows: 70, columns: 32, depth: 24, weight: 'bf16' },
  { op: 'TN', rows: 24, columns: 32, depth: 70, weight: 'f32' },
  { op: 'TN', rows: 32, columns: 31, depth: 90, weight: 'f32' }, // of the kind before it
];

describe('measuring', () => {
  it('is of use on GPUs alone', async () => {
    const wasm = await WasmDevice.open(nodeThreads, { threads: 1 });
    await expect(runTune(wasm)).rejects.toThrow(/expected a GPU, got .*WebAssembly.*there is nothing to tune/);
    await wasm.destroy();
  });

  it('refuses unknown models and few rounds', async () => {
    const wasm = await WasmDevice.open(nodeThreads, { threads: 1 });
    expect(() => runTune(wasm, { models: ['gpt-5'] })).toThrow(/tune: expected models among builtin-0.2m, .*, got gpt-5/);
    await expect(runTune(wasm, { rounds: 4 })).rejects.toThrow('expected at least 5 rounds, got 4');
    await wasm.destroy();
  });
});

describe.skipIf(skipGpu)('measuring a GPU', () => {
  it('finds the fastest way of each kind of product, and leaves no memory behind', { timeout: 300_000 }, async () => {
    const device = await testGpu({ kind: 'gpu' });
    const before = device.memory.allocated;
    const told: [number, number, string, number | null][] = [];
    const report = await tuneProducts(device, PRODUCTS, { onProgress: (...args) => void told.push(args) });
    expect(device.memory.allocated).toBe(before);
    expect(report.products.map(({ bucket }) => bucket)).toEqual(['NT q8 4x64x64', 'NN bf16 256x32x32', 'TN f32 32x32x256']);
    for (const { table, chosen, ms, unequal, share } of report.products) {
      expect(unequal).toEqual([]);
      expect(Object.keys(ms)).toContain(table);
      const least = Math.min(...Object.values(ms));
      expect(chosen === table ? ms[table]! * 0.98 <= least : ms[chosen] === least).toBe(true);
      expect(share).toBeGreaterThan(0);
    }
    const ways = report.products.map(({ ms }) => Object.keys(ms).sort().join(' '));
    expect(ways[0]).toBe('rows 4x16 rows 4x2 rows 4x4 rows 4x8 tile 4x4 tile 6x6 tile 6x6 parked tile 8x4 tile 8x8');
    expect(ways[1]).toBe('tile 4x4 tile 6x6 tile 8x4 tile 8x8');
    expect(report.tiles).toEqual(Object.fromEntries(report.products.map(({ bucket, chosen }) => [bucket, chosen])));
    expect(told.map(([done, total, name]) => `${done}/${total} ${name}`)).toEqual([
      '0/3 NT q8 4x64x64',
      '1/3 NN bf16 256x32x32',
      '2/3 TN f32 32x32x256',
    ]);
    expect(told[0]![3]).toBeNull();
    expect(told[2]![3]).toBeGreaterThan(0);
    expect(tuneTable(report)).toMatch(/NT q8 4×64 to 48 +\S+ ms +\S+ % +(rows|tile) \d+x\d/);
  });

  it('leaves a way out whose results have other bits, and says so', { timeout: 120_000 }, async () => {
    const device = await testGpu({ kind: 'gpu' });
    const read = device.readU32.bind(device);
    let calls = 0;
    vi.spyOn(device, 'readU32').mockImplementation(async (t) => {
      const words = await read(t);
      if (++calls === 2) words[5]! ^= 1;
      return words;
    });
    const report = await tuneProducts(device, PRODUCTS.slice(2, 3));
    const [product] = report.products;
    expect(product!.unequal).toEqual(['tile 8x8']);
    expect(Object.keys(product!.ms)).toEqual(['tile 4x4', 'tile 6x6', 'tile 8x4']);
    expect(tuneTable(report)).toContain('left out for other bits: tile 8x8');
  });

  it('measures nothing where there is one way, as on CPU cores', async () => {
    const device = await testGpu();
    await expect(tuneProducts(device, PRODUCTS)).rejects.toThrow('there is nothing to tune');
  });

  it('ends where it is told to', async () => {
    const device = await testGpu({ kind: 'gpu' });
    const before = device.memory.allocated;
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(tuneProducts(device, PRODUCTS, { signal })).rejects.toThrow('enough');
    expect(device.memory.allocated).toBe(before);
  });
});

describe('products that are alike', () => {
  it('have sizes of the weight up to one power of two, and tokens up to one bound', () => {
    const of = (op: 'NT' | 'TN', rows: number, columns: number, depth: number): string =>
      bucketOf({ op, rows, columns, depth, weight: 'f32' });
    expect(of('NT', 65, 576, 1536)).toBe('NT f32 256x1024x2048');
    expect(of('NT', 1, 1, 1)).toBe('NT f32 1x1x1');
    expect(of('NT', 5000, 512, 513)).toBe(of('NT', 4096, 512, 1024));
    expect(of('TN', 1536, 576, 65)).toBe('TN f32 2048x1024x256');
  });
});

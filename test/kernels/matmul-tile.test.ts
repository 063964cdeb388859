// Tiles of matrix products on GPUs: which size is taken, what it costs in workgroup memory, and that all give the same bits.
import { describe, expect, it } from 'vitest';
import { clocksOf } from '../../scripts/banks.mjs';
import { profileOf, type ProfileOptions } from '../../src/gpu/profile.js';
import type { AdapterSummary } from '../../src/gpu/adapter.js';
import { PLAIN, type Op } from '../../src/kernels/matmul/product.js';
import { tileKernel } from '../../src/kernels/matmul/tile.js';
import { TILE_SIZES, tileSizeOf, tileWay } from '../../src/kernels/matmul/tile-size.js';
import type { WeightFormat } from '../../src/numbers/weights.js';
import type { Tensor } from '../../src/ops/tensor.js';
import { matmulNN, matmulNT, matmulTN } from '../../src/ops/matmul.js';
import { noise } from '../support/compare.js';
import { isWasm, skipTested, testedDevice } from '../support/tested.js';

const OPS: readonly Op[] = ['NT', 'NN', 'TN'];
const WHOLE = { weight: 'f32', alignedA: true, alignedB: true, rounded: false } as const;

describe('workgroup memory of tiles', () => {
  const shares = { '8x8': 0.86, '6x6': 0.67, '6x6 parked': 0.67, '8x4': 0.58, '4x4': 0.44 } as Record<string, number>;
  it.each(TILE_SIZES.flatMap((size) => OPS.map((op) => [size.name, op, size] as const)))(
    'is stored to without a conflict, and leaves products their share of the clocks: %s, %s',
    (name, op, size) => {
      const { prelude, source } = tileKernel(size, { ...WHOLE, op }, true, PLAIN);
      const { stores, idealStores, share } = clocksOf(`${prelude}\n${source}`);
      expect(stores).toBe(idealStores);
      expect(share).toBeGreaterThanOrEqual(shares[name]!);
    },
  );

  it('is seen to conflict where four steps of a row begin in the same banks', () => {
    const { prelude, source } = tileKernel(TILE_SIZES.at(-1)!, { ...WHOLE, op: 'NT' }, false, PLAIN);
    const { stores, idealStores } = clocksOf(`${prelude}\n${source}`.replace('SKEW = 128 / STEPS', 'SKEW = 0u'));
    expect(stores).toBe(4 * idealStores);
  });
});

describe('the size of a tile', () => {
  const VENDORS = ['amd', 'nvidia', 'apple', 'mesa', 'intel', ''];
  const sizesOf = (op: Op, rows: number, columns: number, weight: WeightFormat = 'f32', accumulate = false): string =>
    VENDORS.map((vendor) => {
      const limits = { maxStorageBufferBindingSize: 1, maxBufferSize: 1, maxComputeWorkgroupStorageSize: 1 };
      const profile = profileOf({ features: new Set(), limits } as unknown as GPUDevice, { vendor } as AdapterSummary, {});
      return tileSizeOf(profile, { op, rows, columns, depth: 64, weight, accumulate }).name.replace(' ', '-');
    }).join(' ');

  it('is the largest that the registers of the device hold', () => {
    expect(sizesOf('NT', 2048, 2048)).toBe('8x8 8x8 6x6 6x6 6x6-parked 4x4');
    expect(sizesOf('NT', 2048, 2048, 'bf16')).toBe('8x8 8x8 6x6 6x6 6x6-parked 4x4');
    expect(sizesOf('NT', 2048, 2048, 'q4')).toBe('8x8 8x8 6x6-parked 6x6-parked 6x6-parked 4x4');
    expect(sizesOf('NN', 2048, 2048)).toBe('8x8 8x8 8x8 8x8 6x6 4x4');
    expect(sizesOf('NN', 2048, 2048, 'bf16')).toBe('8x8 8x8 8x8 8x8 6x6 4x4');
    expect(sizesOf('NN', 2048, 2048, 'q4')).toBe('8x8 8x8 6x6 6x6 6x6 4x4');
  });

  it('keeps no sums in `out` where it adds to what is there', () => {
    expect(sizesOf('NT', 2048, 2048, 'f32', true)).toBe('8x8 8x8 6x6 6x6 4x4 4x4');
    expect(sizesOf('NT', 2048, 2048, 'q4', true)).toBe('8x8 8x8 8x4 8x4 4x4 4x4');
  });

  it('is a smaller one where there would be few tiles', () => {
    expect(sizesOf('TN', 2048, 1920)).toBe('6x6 6x6 6x6 6x6 6x6 4x4');
    expect(sizesOf('TN', 1984, 1024)).toBe('4x4 4x4 4x4 4x4 4x4 4x4');
  });
});

describe.skipIf(skipTested || isWasm)('products by tiles of every size', () => {
  /** One way for all products; devices of tests are told apart by their options as JSON. */
  class OneWay extends Map<string, string> {
    constructor(readonly way: string) {
      super([['all', way]]);
    }

    override get(): string {
      return this.way;
    }

    toJSON(): string {
      return this.way;
    }
  }
  const WAYS = TILE_SIZES.map((size): ProfileOptions => ({ kind: 'gpu', tiles: new OneWay(tileWay(size)) }));

  it.each([
    [70, 130, 77],
    [200, 68, 1100],
  ])('have the same bits: %i × %i, depth %i', async (m, n, k) => {
    const results: Float32Array[][] = [];
    for (const options of WAYS) {
      const device = await testedDevice(options);
      const [x, w, dy] = [
        device.from(noise(m * k, 1), [m, k]),
        device.from(noise(n * k, 2), [n, k]),
        device.from(noise(m * n, 3), [m, n]),
      ];
      const [residual, b] = [device.from(noise(m * n, 5), [m, n]), device.from(noise(n, 4), [n])];
      const out: readonly Tensor[] = [
        device.from(new Float32Array(m * n).fill(NaN), [m, n]),
        device.tensor([m, k]),
        device.tensor([n, k]),
      ];
      const rec = device.recorder();
      matmulNT(rec, { x, w, y: out[0]!, m, n, k, alpha: 0.5, bias: b, residual });
      matmulNN(rec, { dy, w, dx: out[1]!, m, n, k });
      matmulTN(rec, { dy, x, dw: out[2]!, m, n, k, accumulate: false });
      rec.submit();
      results.push([...(await device.read(...out))]);
      device.free(x, w, dy, residual, b, ...out);
    }
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });
});

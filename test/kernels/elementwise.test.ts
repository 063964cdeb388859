import { describe, expect, it } from 'vitest';
import { add, gatherRows, scale, scatterRowsAdd } from '../../src/ops/elementwise.js';
import { addReference, gatherRowsReference, scatterRowsAddReference } from '../reference/elementwise.js';
import { expectClose, noise } from '../support/compare.js';
import { skipTested, testedDevice } from '../support/tested.js';
import { guarded, numericGradient } from '../support/guard.js';

describe('the f64 twins', () => {
  it('of gather and scatter are each other’s gradient, by central differences', () => {
    const index = [3, 0, 2];
    const [x, dy] = [Float64Array.from(noise(8, 1)), noise(6, 2)];
    const loss = (): number => gatherRowsReference(x, 2, index).reduce((sum, y, i) => sum + y * dy[i]!, 0);
    expectClose(scatterRowsAddReference(dy, 2, index, new Float64Array(8)), numericGradient(x, loss), 'dx', 1e-8);
  });
});

describe.skipIf(skipTested)('elementwise kernels', () => {
  it.each([1, 63, 64, 65, 255, 256, 257, 65_537])(
    'add and scale %i elements, within a binding and over several',
    async (size) => {
      for (const options of [{}, { maxBinding: 65_536 }]) {
        const device = await testedDevice(options);
        const [x, y] = [noise(size, 1), noise(size, 2)];
        const xt = device.from(x);
        const [plus, minus, scaled] = [guarded(device, [size], y), guarded(device, [size], y), guarded(device, [size], x)];
        const rec = device.recorder();
        add(rec, { x: xt, y: plus, size });
        add(rec, { x: xt, y: minus, size, alpha: -0.375 });
        scale(rec, { x: scaled, size, factor: 1.7 });
        rec.submit();
        expectClose(await plus.values(), addReference(x, y, 1), 'y + x', 1e-6);
        expectClose(await minus.values(), addReference(x, y, -0.375), 'y - 0.375 x', 1e-6);
        expectClose(
          await scaled.values(),
          x.map((v) => 1.7 * v),
          '1.7 x',
          1e-6,
        );
      }
    },
  );

  it.each([
    [1, 1, 1],
    [9, 5, 7],
    [130, 64, 64],
    [200, 199, 33],
    [80_001, 70_001, 3],
  ])('gather and scatter between %i and %i rows of %i', async (total, rows, width) => {
    const device = await testedDevice();
    const index = Uint32Array.from({ length: rows }, (_, r) => total - 1 - r);
    const [x, dy] = [noise(total * width, 1), noise(rows * width, 2)];
    const [xt, dyt, it_] = [device.from(x), device.from(dy), device.from(index)];
    const [y, dx] = [guarded(device, [rows, width]), guarded(device, [total, width], x)];
    const rec = device.recorder();
    gatherRows(rec, { x: xt, index: it_, y, rows, width });
    scatterRowsAdd(rec, { x: dyt, index: it_, y: dx, rows, width });
    rec.submit();
    expect(await y.values()).toEqual(Float32Array.from(gatherRowsReference(x, width, index)));
    expectClose(await dx.values(), scatterRowsAddReference(dy, width, index, x), 'dx', 1e-6);
    device.free(xt, dyt, it_, y, dx);
  });

  it('refuse tensors that are too small, and say so', async () => {
    const device = await testedDevice();
    const t = device.tensor([4]);
    expect(() => add(device.recorder(), { x: t, y: t, size: 5 })).toThrow(/add: expected f32\[5\] for x/);
    expect(() => scale(device.recorder(), { x: t, size: 5, factor: 1 })).toThrow(/scale: expected f32\[5\] for x/);
  });
});

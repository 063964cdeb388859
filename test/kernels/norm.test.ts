import { describe, expect, it } from 'vitest';
import type { GpuOptions } from '../../src/gpu/device.js';
import { rmsNorm, rmsNormBackward } from '../../src/ops/norm.js';
import { rmsNormBackwardReference, rmsNormReference } from '../reference/rmsnorm.js';
import { expectClose, noise } from '../support/compare.js';
import { skipTested, testedDevice } from '../support/tested.js';
import { guarded, numericGradient, packBf16 } from '../support/guard.js';

const EPS = 1e-5;

describe('the f64 twin', () => {
  it.each([0, 1])('has the gradient of its forward pass, by central differences: offset %i', (offset) => {
    const [x, w, dy] = [Float64Array.from(noise(15, 1)), Float64Array.from(noise(5, 2)), noise(15, 3)];
    const loss = (): number => rmsNormReference(x, w, 0.1, offset).y.reduce((sum, y, i) => sum + y * dy[i]!, 0);
    const { dx, dw } = rmsNormBackwardReference(x, w, 0.1, dy, offset);
    expectClose(dx, numericGradient(x, loss), 'dx', 1e-8);
    expectClose(dw, numericGradient(w, loss), 'dw', 1e-8);
  });
});

describe.skipIf(skipTested)('rmsNorm', () => {
  const devices: GpuOptions[] = [{}, { subgroups: false }];
  const shapes = [
    [1, 1],
    [1, 64],
    [2, 3],
    [5, 63],
    [31, 65],
    [32, 64],
    [33, 127],
    [7, 576],
    [3, 1025],
    [70_001, 4],
  ] as const;
  // Barriers make the path without subgroups slow on a CPU: many rows are tested with subgroups alone.
  const cases = devices
    .flatMap((options) => shapes.map(([rows, width]) => [rows, width, options] as const))
    .filter(([rows, , { subgroups }]) => rows < 1000 || subgroups !== false);

  it.each(cases)('matches the twin on %i rows of %i on a device with %o, forward and backward', async (rows, width, options) => {
    const device = await testedDevice(options);
    const n = rows * width;
    const [x, dy, w, before] = [noise(n, 1), noise(n, 2), noise(width, 3), noise(n, 4)];
    const [xt, dyt, wt] = [device.from(x), device.from(dy), device.from(w)];
    const [y, rstd] = [guarded(device, [rows, width]), guarded(device, [rows])];
    const dx = guarded(device, [rows, width]);
    const dxSum = guarded(device, [rows, width], before);
    const dw = guarded(device, [width], noise(width, 5));
    const rec = device.recorder();
    rmsNorm(rec, { x: xt, w: wt, y, rstd, rows, width, eps: EPS });
    rmsNormBackward(rec, { x: xt, w: wt, rstd, dy: dyt, dx, dw, rows, width });
    rmsNormBackward(rec, { x: xt, w: wt, rstd, dy: dyt, dx: dxSum, accumulate: true, rows, width });
    rec.submit();
    const expected = rmsNormReference(x, w, EPS);
    const gradient = rmsNormBackwardReference(x, w, EPS, dy);
    expectClose(await y.values(), expected.y, 'y', 1e-6);
    expectClose(await rstd.values(), expected.rstd, 'rstd', 1e-6);
    const scale = Math.sqrt(dy.reduce((sum, d, i) => sum + (d * w[i % width]! * expected.rstd[Math.floor(i / width)]!) ** 2, 0));
    const dxNow = await dx.values();
    // With few columns dx nearly cancels: its error is measured against the terms that cancel.
    expect(norm(dxNow, gradient.dx) / scale, 'dx').toBeLessThan(2e-6);
    expectClose(
      await dxSum.values(),
      dxNow.map((d, i) => d + before[i]!),
      'accumulated dx',
      1e-6,
    );
    expectClose(
      await dw.values(),
      gradient.dw.map((d, i) => d + noise(width, 5)[i]!),
      'dw',
    );
    device.free(xt, dyt, wt, y, rstd, dx, dxSum, dw);
  });

  it.each([128, 129])('reads bf16 weights of width %i and gives the same bits twice', async (width) => {
    const device = await testedDevice();
    const rows = 37;
    const { packed, exact } = packBf16(noise(width, 1));
    const w = { ...device.from(packed), dtype: 'bf16' as const, shape: [width] };
    const [x, dy] = [noise(rows * width, 2), noise(rows * width, 3)];
    const [xt, dyt] = [device.from(x), device.from(dy)];
    const run = async (): Promise<readonly Float32Array[]> => {
      const [y, rstd, dx, dw] = [
        device.tensor([rows, width]),
        device.tensor([rows]),
        device.tensor([rows, width]),
        device.tensor([width]),
      ];
      const rec = device.recorder();
      rmsNorm(rec, { x: xt, w, y, rstd, rows, width, eps: EPS });
      rmsNormBackward(rec, { x: xt, w, rstd, dy: dyt, dx, dw, rows, width });
      rec.submit();
      return device.read(y, dx, dw);
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expectClose(first[0]!, rmsNormReference(x, exact, EPS).y, 'y', 1e-6);
    expectClose(first[1]!, rmsNormBackwardReference(x, exact, EPS, dy).dx, 'dx');
    expectClose(first[2]!, rmsNormBackwardReference(x, exact, EPS, dy).dw, 'dw');
  });

  it.each([3, 64])('multiplies by 1 + w with unitOffset, on rows of %i', async (width) => {
    const device = await testedDevice();
    const rows = 33;
    const [x, dy, w] = [noise(rows * width, 1), noise(rows * width, 2), noise(width, 3)];
    const [xt, dyt, wt] = [device.from(x), device.from(dy), device.from(w)];
    const [y, rstd, dx] = [guarded(device, [rows, width]), guarded(device, [rows]), guarded(device, [rows, width])];
    const dw = guarded(device, [width], new Float32Array(width));
    const rec = device.recorder();
    rmsNorm(rec, { x: xt, w: wt, y, rstd, rows, width, eps: EPS, unitOffset: true });
    rmsNormBackward(rec, { x: xt, w: wt, rstd, dy: dyt, dx, dw, rows, width, unitOffset: true });
    rec.submit();
    const gradient = rmsNormBackwardReference(x, w, EPS, dy, 1);
    expectClose(await y.values(), rmsNormReference(x, w, EPS, 1).y, 'y', 1e-6);
    expectClose(await dx.values(), gradient.dx, 'dx', 2e-6);
    expectClose(await dw.values(), gradient.dw, 'dw');
    device.free(xt, dyt, wt, y, rstd, dx, dw);
  });

  it('refuses tensors that are too small, and says which', async () => {
    const device = await testedDevice();
    const [x, w] = [device.tensor([2, 4]), device.tensor([4])];
    expect(() => rmsNorm(device.recorder(), { x, w, y: w, rstd: w, rows: 2, width: 4, eps: EPS })).toThrow(
      /expected f32\[2,4\] for y/,
    );
  });
});

function norm(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

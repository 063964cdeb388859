import { describe, expect, it } from 'vitest';
import type { GpuOptions } from '../../src/gpu/device.js';
import { rmsNorm, rmsNormBackward } from '../../src/ops/norm.js';
import { view } from '../../src/ops/tensor.js';
import { matmulNT } from '../reference/matmul.js';
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

describe.skipIf(skipTested)('rmsNorm with low-rank factors', () => {
  const kind = 'gpu';
  const cases: [GpuOptions, number, number, number, boolean][] = [
    [{ kind }, 576, 3, 16, false],
    [{ kind, subgroups: false }, 576, 2, 8, true],
    [{ kind }, 37, 3, 5, true],
    [{ kind, subgroups: false }, 1540, 1, 32, false],
    [{}, 64, 3, 4, false],
  ];

  /** y, 1/rms and the products of the first of `rows` rows. */
  async function run(options: GpuOptions, [rows, width, parts, rank]: readonly number[], unitOffset: boolean) {
    const [size, count] = [width! * rank!, parts!];
    const device = await testedDevice(options);
    const [x, w] = [noise(300 * width!, 1).slice(0, rows! * width!), noise(width!, 2)];
    const stride = Math.ceil(size / 64) * 64;
    const all = noise(count * stride, 3);
    const factors = device.from(all);
    const [y, rstd] = [guarded(device, [rows!, width!]), guarded(device, [rows!])];
    const gap = Math.ceil((rows! * rank!) / 64) * 64;
    const results = guarded(device, [count * gap], new Float32Array(count * gap));
    const each = Array.from({ length: count }, (_, i) => i);
    const rec = device.recorder();
    rmsNorm(rec, {
      ...{ x: device.from(x), w: device.from(w), y, rstd, rows: rows!, width: width!, eps: EPS, unitOffset, rank: rank! },
      a: each.map((i) => view(factors, i * stride, [rank!, width!])),
      u: each.map((i) => view(results, i * gap, [rows!, rank!])),
    });
    rec.submit();
    const read = await results.values();
    const expected = rmsNormReference(x, w, EPS, Number(unitOffset));
    return {
      ...{ y: await y.values(), rstd: await rstd.values(), u: each.map((i) => read.slice(i * gap, i * gap + rows! * rank!)) },
      expected: {
        ...expected,
        u: each.map((i) => matmulNT(expected.y, all.slice(i * stride), { m: rows!, n: rank!, k: width! })),
      },
    };
  }

  it.each(cases)(
    'agrees with f64, and gives a row the same bits among any number: %o, %i × %i × %i',
    async (options, ...sizes) => {
      const [width, parts, rank, unitOffset] = sizes;
      const many = await run(options, [300, width, parts, rank], unitOffset);
      for (const rows of [1, 8, 64]) {
        const few = await run(options, [rows, width, parts, rank], unitOffset);
        expectClose(few.y, few.expected.y, 'y', 1e-6);
        expectClose(few.rstd, few.expected.rstd, 'rstd', 1e-6);
        few.u.forEach((values, i) => expectClose(values, few.expected.u[i]!, `u${i}`));
        expect(few.y).toEqual(many.y.slice(0, rows * width));
        expect(few.rstd).toEqual(many.rstd.slice(0, rows));
        expect(few.u).toEqual(many.u.map((values) => values.slice(0, rows * rank)));
      }
    },
  );

  it('refuses factors without results, and a rank without factors', async () => {
    const device = await testedDevice();
    const t = device.tensor([4, 4]);
    const given = { x: t, w: t, y: t, rstd: t, rows: 2, width: 4, eps: EPS };
    const rec = device.recorder();
    expect(() => rmsNorm(rec, { ...given, a: [t], rank: 2 })).toThrow(/as many results u as factors a/);
    expect(() => rmsNorm(rec, { ...given, rank: 2 })).toThrow(/both where there is a rank/);
  });
});

function norm(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

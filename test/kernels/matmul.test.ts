import { describe, expect, it } from 'vitest';
import { decodeF32, f32ToF16 } from '../../src/numbers/float16.js';
import { WEIGHT_FORMATS, WEIGHTS } from '../../src/numbers/weights.js';
import type { GpuOptions } from '../../src/gpu/device.js';
import type { Device } from '../../src/ops/device.js';
import { view, type DType, type Tensor } from '../../src/ops/tensor.js';
import { columnSum, matmulNN, matmulNT, matmulTN } from '../../src/ops/matmul.js';
import * as reference from '../reference/matmul.js';
import { toBf16 } from '../reference/matmul.js';
import { expectClose, noise } from '../support/compare.js';
import { isWasm, skipTested, testedDevice } from '../support/tested.js';

const GUARD = 64; // elements before and after every output: 256 bytes
const POISON = 7777;

/** A matrix on the device in the given dtype, with the values that it then has. */
function operand(device: Device, shape: number[], dtype: DType, seed: number): { t: Tensor; values: Float32Array } {
  const data = noise(
    shape.reduce((a, b) => a * b, 1),
    seed,
  );
  if (dtype === 'f16') return f16Operand(device, shape, data);
  if (dtype === 'q8' || dtype === 'q4') return blockOperand(device, shape, dtype, data);
  if (dtype !== 'bf16') return { t: device.from(data, shape), values: data };
  const { values, packed } = toBf16(data);
  const t = device.tensor(shape, 'bf16');
  device.write(t, packed);
  return { t, values };
}

/** The same in f16, with numbers below 2^-14 among them, which f16 has with fewer bits. */
function f16Operand(device: Device, shape: number[], data: Float32Array): { t: Tensor; values: Float32Array } {
  const halves = f32ToF16(data.map((e, i) => (i % 7 === 3 ? e * 2 ** -16 : e)));
  const t = device.tensor(shape, 'f16');
  device.write(t, new Uint32Array(halves.buffer));
  return { t, values: decodeF32('F16', new Uint8Array(halves.buffer, 0, 2 * halves.length)) };
}

/** The same in blocks, one of them of zeros. */
function blockOperand(
  device: Device,
  shape: number[],
  dtype: 'q8' | 'q4',
  data: Float32Array,
): { t: Tensor; values: Float32Array } {
  const { pack, unpack } = WEIGHTS[dtype];
  data.fill(0, 32, 64);
  const packed = pack({ name: 'w', dtype: 'F32', bytes: new Uint8Array(data.buffer) });
  const t = device.tensor(shape, dtype);
  device.write(t, packed);
  return { t, values: unpack(new Float32Array(packed.buffer as ArrayBuffer), data.length) as Float32Array };
}

/** An output with poisoned memory on both sides; `check` reads it and proves the poison untouched. */
function guarded(device: Device, shape: number[], initial?: Float32Array) {
  const elements = shape.reduce((a, b) => a * b, 1);
  const data = new Float32Array(elements + 2 * GUARD).fill(POISON);
  if (initial) data.set(initial, GUARD);
  const whole = device.from(data);
  return {
    t: view(whole, GUARD, shape),
    whole,
    async read(): Promise<Float32Array> {
      const [all] = await device.read(whole);
      const guards = [...all.subarray(0, GUARD), ...all.subarray(elements + GUARD)];
      expect(
        guards.findIndex((v) => v !== POISON),
        'first guard element that was written',
      ).toBe(-1);
      return all.slice(GUARD, GUARD + elements);
    },
  };
}

/** Sizes on both sides of the tiles' edges; few where the kernels differ in little. */
const FEW: [m: number, n: number, k: number][] = [
  [1, 1, 1],
  [1, 89, 36],
  [5, 33, 40],
  [65, 67, 17],
  [300, 8, 68],
];
const SHAPES: typeof FEW = [
  ...FEW,
  [1, 64, 64],
  [3, 5, 7],
  [4, 32, 16],
  [8, 8, 64],
  [9, 64, 8],
  [13, 72, 20],
  [16, 31, 32],
  [17, 130, 52],
  [24, 33, 12],
  [25, 48, 36],
  [64, 192, 64],
  [63, 65, 68],
  [1030, 12, 20],
];

/** Where every product is large enough for the largest tiles that an invocation has the registers for. */
const LARGE: GpuOptions = { kind: 'gpu', subgroups: false, manyTiles: 1, mostValues: 144 };
const TALL: GpuOptions = { ...LARGE, mostValues: 72 }; // forward products in 6 × 6, the others in 8 × 8

interface Way {
  name: string;
  options: GpuOptions;
  /** Also without accumulation: twice the pipelines to compile. */
  plain: boolean;
  shapes: typeof FEW;
  dtypes: readonly (typeof WEIGHT_FORMATS)[number][];
}
const WAYS: Way[] = isWasm
  ? [{ name: 'WebAssembly', options: {}, plain: true, shapes: SHAPES, dtypes: WEIGHT_FORMATS }]
  : [
      { name: 'lanes with subgroups', options: { kind: 'software' }, plain: true, shapes: SHAPES, dtypes: WEIGHT_FORMATS },
      {
        name: 'lanes of wide subgroups',
        options: { kind: 'software', wide: true, slowCompiler: false },
        plain: true,
        shapes: SHAPES,
        dtypes: ['f32', 'bf16', 'q4'],
      },
      {
        name: 'lanes of wide subgroups, a slow compiler',
        options: { kind: 'software', wide: true, slowCompiler: true },
        plain: true,
        shapes: SHAPES,
        dtypes: ['f32', 'bf16', 'q4'],
      },
      {
        name: 'lanes without subgroups',
        options: { kind: 'software', subgroups: false },
        plain: false,
        shapes: FEW,
        dtypes: WEIGHT_FORMATS,
      },
      { name: 'tile', options: { kind: 'gpu', subgroups: false }, plain: false, shapes: FEW, dtypes: WEIGHT_FORMATS },
      { name: 'tall tiles', options: TALL, plain: false, shapes: FEW.slice(-2), dtypes: ['f32'] },
      { name: 'large tiles', options: LARGE, plain: false, shapes: [...FEW.slice(-2), [130, 196, 40]], dtypes: ['f32', 'bf16'] },
    ];

describe('the f64 reference', () => {
  it('has gradients that agree with central differences', () => {
    const size = { m: 3, n: 4, k: 5, alpha: 0.7 };
    const x = Float64Array.from(noise(15, 1));
    const w = Float64Array.from(noise(20, 2));
    const bias = Float64Array.from(noise(4, 3));
    const dy = noise(12, 4);
    const loss = (): number => reference.matmulNT(x, w, { ...size, bias }).reduce((sum, y, i) => sum + y * dy[i]!, 0);
    const { dx, dw, dbias } = reference.matmulBackward(x, w, dy, size);
    for (const [values, gradient] of [
      [x, dx],
      [w, dw],
      [bias, dbias],
    ] as const) {
      const numeric = values.map((value, i) => {
        const h = 1e-4;
        values[i] = value + h;
        const up = loss();
        values[i] = value - h;
        const down = loss();
        values[i] = value;
        return (up - down) / (2 * h);
      });
      expectClose(numeric, gradient, 'gradient', 1e-8);
    }
  });
});

describe.skipIf(skipTested)('matrix products', () => {
  for (const { name, options, plain, shapes, dtypes } of WAYS) {
    for (const dtype of dtypes) {
      it.each(dtype === 'f32' || dtype === 'bf16' ? shapes : FEW)(
        `agree with f64 for m=%i n=%i k=%i, ${dtype} weights, ${name}`,
        async (m, n, k) => {
          const device = await testedDevice(options);
          const x = operand(device, [m, k], 'f32', 1);
          const w = operand(device, [n, k], dtype, 2);
          const dy = operand(device, [m, n], 'f32', 3);
          const bias = operand(device, [n], dtype, 4);
          const residual = operand(device, [m, n], 'f32', 5);
          const start = { y: noise(m * n, 6), dx: noise(m * k, 7), dw: noise(n * k, 8), db: noise(n, 9) };
          const y = guarded(device, [m, n]);
          const yAdd = guarded(device, [m, n], start.y);
          const dx = guarded(device, [m, k]);
          const dxAdd = guarded(device, [m, k], start.dx);
          const dw = guarded(device, [n, k]);
          const dwAdd = guarded(device, [n, k], start.dw);
          const db = guarded(device, [n], start.db);
          const rec = device.recorder();
          const sizes = { m, n, k };
          if (plain) {
            matmulNT(rec, { x: x.t, w: w.t, y: y.t, ...sizes });
            matmulNN(rec, { dy: dy.t, w: w.t, dx: dx.t, ...sizes });
            matmulTN(rec, { dy: dy.t, x: x.t, dw: dw.t, ...sizes, accumulate: false });
          }
          matmulNT(rec, {
            x: x.t,
            w: w.t,
            y: yAdd.t,
            ...sizes,
            alpha: -0.3,
            bias: bias.t,
            residual: residual.t,
            accumulate: true,
          });
          matmulNN(rec, { dy: dy.t, w: w.t, dx: dxAdd.t, ...sizes, alpha: 2.5, accumulate: true });
          matmulTN(rec, { dy: dy.t, x: x.t, dw: dwAdd.t, ...sizes, alpha: 0.25 });
          columnSum(rec, { dy: dy.t, out: db.t, m, n });
          rec.submit();
          const forward = reference.matmulNT(x.values, w.values, sizes);
          if (plain) expectClose(await y.read(), forward, 'y');
          expectClose(
            await yAdd.read(),
            forward.map((v, i) => -0.3 * v + bias.values[i % n]! + residual.values[i]! + start.y[i]!),
            'y with everything',
          );
          const back = reference.matmulBackward(x.values, w.values, dy.values, sizes);
          if (plain) expectClose(await dx.read(), back.dx, 'dx');
          expectClose(
            await dxAdd.read(),
            back.dx.map((v, i) => 2.5 * v + start.dx[i]!),
            'dx +=',
          );
          if (plain) expectClose(await dw.read(), back.dw, 'dw');
          expectClose(
            await dwAdd.read(),
            back.dw.map((v, i) => 0.25 * v + start.dw[i]!),
            'dw +=',
          );
          expectClose(
            await db.read(),
            back.dbias.map((v, i) => v + start.db[i]!),
            'bias gradient',
          );
          device.free(x.t, w.t, dy.t, bias.t, residual.t, ...[y, yAdd, dx, dxAdd, dw, dwAdd, db].map(({ whole }) => whole));
        },
      );
    }

    it.runIf(plain)(`give the same bits twice, ${name}`, async () => {
      const device = await testedDevice(options);
      const [m, n, k] = [777, 40, 36];
      const x = operand(device, [m, k], 'f32', 1);
      const w = operand(device, [n, k], 'f32', 2);
      const dy = operand(device, [m, n], 'f32', 3);
      const run = async (): Promise<Float32Array[]> => {
        const y = device.tensor([m, n]);
        const dx = device.tensor([m, k]);
        const dw = device.tensor([n, k]);
        const db = device.tensor([n]);
        const rec = device.recorder();
        matmulNT(rec, { x: x.t, w: w.t, y, m, n, k });
        matmulNN(rec, { dy: dy.t, w: w.t, dx, m, n, k });
        matmulTN(rec, { dy: dy.t, x: x.t, dw, m, n, k });
        columnSum(rec, { dy: dy.t, out: db, m, n });
        rec.submit();
        return [...(await device.read(y, dx, dw, db))];
      };
      expect(await run()).toEqual(await run());
    });
  }

  it('write only their block of a wider matrix', async () => {
    const device = await testedDevice();
    const [m, n, k, stride, first] = [9, 20, 12, 50, 17];
    const x = operand(device, [m, k], 'f32', 1);
    const w = operand(device, [n, k], 'f32', 2);
    const y = guarded(device, [m, stride], new Float32Array(m * stride).fill(-5));
    const rec = device.recorder();
    matmulNT(rec, { x: x.t, w: w.t, y: y.t, m, n, k, stride, first });
    rec.submit();
    const block = reference.matmulNT(x.values, w.values, { m, n, k });
    const expected = new Float64Array(m * stride).fill(-5);
    for (let i = 0; i < m; i++) expected.set(block.subarray(i * n, (i + 1) * n), i * stride + first);
    expectClose(await y.read(), expected);
  });

  it.each([1, 5])('work for a weight of more than 65,535 rows with %i rows of x', async (m) => {
    const device = await testedDevice();
    const [n, k] = [65_601, 4];
    const x = operand(device, [m, k], 'f32', 1);
    const w = operand(device, [n, k], 'bf16', 2);
    const y = guarded(device, [m, n]);
    const dw = guarded(device, [n, k], new Float32Array(n * k));
    const dy = operand(device, [m, n], 'f32', 3);
    const dx = guarded(device, [m, k]);
    const rec = device.recorder();
    matmulNT(rec, { x: x.t, w: w.t, y: y.t, m, n, k });
    matmulNN(rec, { dy: dy.t, w: w.t, dx: dx.t, m, n, k });
    matmulTN(rec, { dy: dy.t, x: x.t, dw: dw.t, m, n, k });
    rec.submit();
    expectClose(await y.read(), reference.matmulNT(x.values, w.values, { m, n, k }), 'y');
    const back = reference.matmulBackward(x.values, w.values, dy.values, { m, n, k });
    expectClose(await dx.read(), back.dx, 'dx');
    expectClose(await dw.read(), back.dw, 'dw');
  });

  it('work for more than 65,535 rows of x', async () => {
    const device = await testedDevice();
    const [m, n, k] = [70_001, 4, 5];
    const x = operand(device, [m, k], 'f32', 1);
    const w = operand(device, [n, k], 'f32', 2);
    const dy = operand(device, [m, n], 'f32', 3);
    const y = guarded(device, [m, n]);
    const dw = guarded(device, [n, k], new Float32Array(n * k));
    const db = guarded(device, [n], new Float32Array(n));
    const rec = device.recorder();
    matmulNT(rec, { x: x.t, w: w.t, y: y.t, m, n, k });
    matmulTN(rec, { dy: dy.t, x: x.t, dw: dw.t, m, n, k });
    columnSum(rec, { dy: dy.t, out: db.t, m, n });
    rec.submit();
    expectClose(await y.read(), reference.matmulNT(x.values, w.values, { m, n, k }), 'y');
    const back = reference.matmulBackward(x.values, w.values, dy.values, { m, n, k });
    expectClose(await dw.read(), back.dw, 'dw');
    expectClose(await db.read(), back.dbias, 'bias gradient');
  });

  it('ignore what lies behind their operands in the same buffers', async () => {
    const device = await testedDevice();
    const [m, n, k] = [301, 36, 20];
    const roomy = (elements: number, seed: number): Tensor => {
      const data = new Float32Array(elements + 1000).fill(NaN);
      data.set(noise(elements, seed));
      return device.from(data);
    };
    const [x, w, dy] = [roomy(m * k, 1), roomy(n * k, 2), roomy(m * n, 3)];
    const [y, dx, dw] = [guarded(device, [m, n]), guarded(device, [m, k]), guarded(device, [n, k], new Float32Array(n * k))];
    const rec = device.recorder();
    matmulNT(rec, { x, w, y: y.t, m, n, k });
    matmulNN(rec, { dy, w, dx: dx.t, m, n, k });
    matmulTN(rec, { dy, x, dw: dw.t, m, n, k });
    rec.submit();
    const values = [noise(m * k, 1), noise(n * k, 2), noise(m * n, 3)] as const;
    expectClose(await y.read(), reference.matmulNT(values[0], values[1], { m, n, k }), 'y');
    const back = reference.matmulBackward(...values, { m, n, k });
    expectClose(await dx.read(), back.dx, 'dx');
    expectClose(await dw.read(), back.dw, 'dw');
  });

  it.each(
    (isWasm
      ? [{}]
      : [
          { kind: 'software' },
          { kind: 'software', wide: true, slowCompiler: false },
          { kind: 'software', wide: true, slowCompiler: true },
          { kind: 'gpu' },
          TALL,
          LARGE,
        ]
    ).flatMap((options) =>
      [
        [96, 64],
        [21, 70],
        [40, 1540],
      ]
        .slice(options === TALL || options === LARGE ? 2 : 0)
        .map(([n, k]) => [n!, k!, options as GpuOptions] as const),
    ),
  )('give a row the same bits in a batch of any size: %i columns, depth %i, %o', async (n, k, options) => {
    const device = await testedDevice(options);
    const m = 300;
    const x = operand(device, [m, k], 'f32', 1);
    const w = operand(device, [n, k], 'f32', 2);
    const run = async (count: number): Promise<Float32Array> => {
      const y = device.tensor([count, n]);
      const rec = device.recorder();
      matmulNT(rec, { x: x.t, w: w.t, y, m: count, n, k });
      rec.submit();
      return (await device.read(y))[0].slice(0, n);
    };
    const alone = await run(1);
    for (const count of [3, 8, 16, 64, m]) expect(await run(count), `of ${count}`).toEqual(alone);
  });

  it('refuse a tensor that is too small and a residual in the output', async () => {
    const device = await testedDevice();
    const rec = device.recorder();
    const x = device.tensor([4, 8]);
    const w = device.tensor([4, 8]);
    const y = device.tensor([4, 4]);
    expect(() => matmulNT(rec, { x, w, y, m: 5, n: 4, k: 8 })).toThrow(/expected f32\[5,8\] for x, got f32\[4,8\]/);
    expect(() => matmulNT(rec, { x, w, y, m: 4, n: 4, k: 8, residual: y })).toThrow(/another buffer/);
  });
});

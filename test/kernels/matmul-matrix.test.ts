// Products by matrix units. Where an adapter has them (lavapipe of Mesa 26 does) the kernel itself runs; everywhere its text does, with the
// operations of a unit written out over workgroup memory.
import { afterAll, describe, expect, it } from 'vitest';
import { summarize } from '../../src/gpu/adapter.js';
import type { Gpu } from '../../src/gpu/device.js';
import { matrixUnitOf, type MatrixUnit } from '../../src/gpu/matrix-unit.js';
import { openAdapter } from '../../src/kernels/executor.js';
import { matrixKernel } from '../../src/kernels/matmul/matrix.js';
import { operandsOf, PLAIN, stridesOf } from '../../src/kernels/matmul/product.js';
import { decodeF32, f32ToF16 } from '../../src/numbers/float16.js';
import { matmulNN, matmulNT, matmulTN } from '../../src/ops/matmul.js';
import { nodeGpu } from '../../src/platform/webgpu-node.js';
import * as reference from '../reference/matmul.js';
import { expectClose, noise } from '../support/compare.js';
import { skipGpu, testGpu } from '../support/gpu.js';

const { adapter } = await nodeGpu({ experiments: true });
const unit = adapter ? matrixUnitOf(summarize(adapter)) : undefined;
let opened: Promise<Gpu> | undefined;
const unitDevice = (): Promise<Gpu> => (opened ??= openAdapter(adapter!, { precision: 'f16', kind: 'gpu' }));
afterAll(async () => (await opened)?.destroy());

/** The numbers of f16 nearest to those of a list, times a factor. */
function rounded(values: Float32Array, scale = 1): Float32Array {
  const halves = f32ToF16(values.map((value) => value * scale));
  return decodeF32('F16', new Uint8Array(halves.buffer, 0, 2 * values.length)).map((value) => value / scale);
}

/** A text whose matrices are arrays of one invocation, and whose loads, products and stores of a unit are loops over workgroup memory. */
function writtenOut(text: string, { m, n, k }: MatrixUnit): string {
  const loads = (type: string, tile: string, rows: number, columns: number): string =>
    ['row', 'col']
      .map(
        (major) => `fn load_${tile}_${major}(first: u32, pitch: u32) -> ${type} {
  var out: ${type};
  for (var r = 0u; r < ${rows}; r++) {
    for (var c = 0u; c < ${columns}; c++) { out[r * ${columns} + c] = tile_${tile}[first + ${major === 'row' ? 'r * pitch + c' : 'c * pitch + r'}]; }
  }
  return out;
}`,
      )
      .join('\n');
  const functions = `alias Left = array<f32, ${m * k}>;
alias Right = array<f32, ${k * n}>;
alias Result = array<f32, ${m * n}>;
${loads('Left', 'a', m, k)}
${loads('Right', 'b', k, n)}
fn multiply(a: Left, b: Right, c: Result) -> Result {
  var out = c;
  for (var r = 0u; r < ${m}; r++) {
    for (var j = 0u; j < ${n}; j++) {
      for (var i = 0u; i < ${k}; i++) { out[r * ${n} + j] += a[r * ${k} + i] * b[i * ${n} + j]; }
    }
  }
  return out;
}
fn half(value: f32) -> f32 {
  return unpack2x16float(pack2x16float(vec2f(value, 0.0))).x;
}
fn keep(first: u32, values: Result, pitch: u32) {
  for (var i = 0u; i < ${m * n}; i++) { sums[first + i / ${n} * pitch + i % ${n}] = values[i]; }
}`;
  return text
    .replace(/enable (f16|subgroups|chromium_experimental_subgroup_matrix);\n/g, '')
    .replace(/alias (Left|Right|Result) = .*\n/g, '')
    .replaceAll('array<f16,', 'array<f32,')
    .replaceAll('f16(', 'half(')
    .replace(/subgroupMatrixLoad<\w+, (row|col)_major>\(&tile_(\w), /g, 'load_$2_$1(')
    .replaceAll('subgroupMatrixMultiplyAccumulate(', 'multiply(')
    .replace(/subgroupMatrixStore<row_major>\(&sums, (.*)\);/g, 'if (local % LANES == 0) { keep($1); }')
    .replace(/, @builtin\(subgroup_id\) subgroup: u32\) \{/, ') {\n  let subgroup = local / LANES;')
    .replace('@compute', `${functions}\n@compute`);
}

/** Sizes with and without whole tiles and vectors. */
const SHAPES = [
  [128, 64, 96],
  [70, 67, 77],
] as const;

describe.skipIf(skipGpu)('the text for matrix units', () => {
  const UNITS: MatrixUnit[] = [
    { m: 8, n: 8, k: 8, lanes: 8 },
    { m: 16, n: 16, k: 16, lanes: 16 },
  ];
  const cases = UNITS.map((of) => [of, 70, 67, 77] as const);

  it.each(cases)('computes products of numbers in f16 with a unit of %o: %i × %i, depth %i', async (of, rows, columns, depth) => {
    const gpu = await testGpu({ kind: 'gpu', subgroups: false });
    for (const op of ['NT', 'NN', 'TN'] as const) {
      const shape = { op, rows, columns, depth, weight: 'f32' } as const;
      const compute = matrixKernel(of, operandsOf(gpu.profile, shape), true, PLAIN);
      const { prelude = '', source } = compute;
      const text = writtenOut(`${prelude}\n${source}`, of);
      const twin = { ...compute, prelude: '', source: text, key: `twin ${op} ${Object.values(of).join()} ${rows}` };
      const [a, b] = [noise(rows * depth, 1), noise(depth * columns, 2)];
      const [at, bt, out] = [gpu.from(a), gpu.from(b), gpu.tensor([rows, columns])];
      const rec = gpu.recorder();
      const added = { accumulate: 0, residual: 0, b_part: 0, out_part: 0 };
      const sizes = { rows, columns, depth, split_depth: depth, stride: columns, first: 0, chunk: 32, alpha: 0.5 };
      const params = { ...sizes, ...added, ...stridesOf(shape) };
      rec.dispatch(twin, [at, bt, at, at, out], params, [Math.ceil(columns / 64), Math.ceil(rows / 64), 1]);
      rec.submit();
      const [values] = await gpu.read(out);
      const scale = op === 'NT' ? 1 : 1024;
      const product = (r: number, c: number): number => {
        let sum = 0;
        for (let d = 0; d < depth; d++) {
          const [left, right] = [op === 'TN' ? d * rows + r : r * depth + d, op === 'NT' ? c * depth + d : d * columns + c];
          sum += leftValues[left]! * rightValues[right]!;
        }
        return 0.5 * sum;
      };
      const [leftValues, rightValues] = [rounded(a, scale), rounded(b)];
      expectClose(
        values,
        Float64Array.from({ length: rows * columns }, (_, i) => product(Math.floor(i / columns), i % columns)),
        op,
      );
      gpu.free(at, bt, out);
    }
  });
});

describe.skipIf(!unit)('products in the precision f16', () => {
  it.each([...SHAPES, [300, 130, 1100] as const])('are those of rounded numbers: m=%i n=%i k=%i', async (m, n, k) => {
    const device = await unitDevice();
    const [x, w, dy] = [noise(m * k, 1), noise(n * k, 2), noise(m * n, 3).map((value) => value * 1e-5)];
    const [bias, start] = [noise(n, 4), noise(m * n, 5)];
    const tensors = { x: device.from(x, [m, k]), w: device.from(w, [n, k]), dy: device.from(dy, [m, n]) };
    const [y, dx, dw] = [device.from(start, [m, n]), device.tensor([m, k]), device.tensor([n, k])];
    const rec = device.recorder();
    matmulNT(rec, { x: tensors.x, w: tensors.w, y, m, n, k, alpha: -0.5, bias: device.from(bias, [n]), accumulate: true });
    matmulNN(rec, { dy: tensors.dy, w: tensors.w, dx, m, n, k });
    matmulTN(rec, { dy: tensors.dy, x: tensors.x, dw, m, n, k, accumulate: false });
    rec.submit();
    const [gotY, gotDx, gotDw] = await device.read(y, dx, dw);
    const [rx, rw, rdy] = [rounded(x), rounded(w), rounded(dy, 1024)];
    const forward = reference.matmulNT(rx, rw, { m, n, k });
    expectClose(
      gotY,
      forward.map((value, i) => -0.5 * value + bias[i % n]! + start[i]!),
      'y',
    );
    const back = reference.matmulBackward(rx, rw, rdy, { m, n, k });
    expectClose(gotDx, back.dx, 'dx');
    expectClose(gotDw, back.dw, 'dw');
  });

  it('take numbers of f16 for a few rows too, and leave narrow factors alone', async () => {
    const device = await unitDevice();
    const k = 96;
    for (const [m, n] of [
      [5, 80],
      [100, 16],
    ] as const) {
      const [x, w] = [noise(m * k, 1), noise(n * k, 2)];
      const y = device.tensor([m, n]);
      const rec = device.recorder();
      matmulNT(rec, { x: device.from(x, [m, k]), w: device.from(w, [n, k]), y, m, n, k });
      rec.submit();
      const isRounded = n >= 64;
      const expected = isRounded
        ? reference.matmulNT(rounded(x), rounded(w), { m, n, k })
        : reference.matmulNT(x, w, { m, n, k });
      expectClose((await device.read(y))[0], expected, `${n} columns`, 1e-6);
    }
  });
});

describe('matrix units', () => {
  const summary = { ...summarizeOf('amd'), matrixProducts: [{ m: 16, n: 16, k: 16 }] };

  it('are the largest that a subgroup of known size has', () => {
    const products = [
      { m: 16, n: 8, k: 8 },
      { m: 16, n: 8, k: 16 },
      { m: 64, n: 16, k: 16 },
    ];
    expect(matrixUnitOf({ ...summary, matrixProducts: products })).toEqual({ m: 16, n: 8, k: 16, lanes: 32 });
    expect(matrixUnitOf(summary)).toEqual({ m: 16, n: 16, k: 16, lanes: 32 });
    expect(matrixUnitOf({ ...summarizeOf('apple', ''), matrixProducts: [{ m: 8, n: 8, k: 8 }] })?.lanes).toBe(32);
  });

  it('are none without the features, a product in f16, or a known size', () => {
    expect(matrixUnitOf({ ...summary, features: ['subgroups', 'shader-f16'] })).toBeUndefined();
    expect(matrixUnitOf({ ...summary, matrixProducts: [] })).toBeUndefined();
    expect(matrixUnitOf({ ...summarizeOf('arm', ''), matrixProducts: [{ m: 8, n: 8, k: 8 }] })).toBeUndefined();
  });

  it('are missed by name where f16 is asked for', async () => {
    const requestDevice = (): never => expect.unreachable('no device is asked for');
    const plain = { info: { description: 'Some GPU' }, features: new Set(['subgroups']), limits: {}, requestDevice };
    await expect(openAdapter(plain as unknown as GPUAdapter, { precision: 'f16' })).rejects.toMatchObject({
      code: 'unsupported',
      message:
        'gpu: expected matrix units for the precision f16, Some GPU offers no shader-f16, chromium-experimental-subgroup-matrix; ' +
        'leave the precision at f32, or, in Chrome, allow unsafe WebGPU (chrome://flags/#enable-unsafe-webgpu)',
    });
  });
});

/** What an adapter with all features says of itself. */
function summarizeOf(vendor: string, sizeControl = 'subgroup-size-control'): Parameters<typeof matrixUnitOf>[0] {
  const features = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix', sizeControl];
  return {
    ...{ vendor, architecture: '', device: '', description: '', software: false, features, matrixProducts: [] },
    ...{ subgroupMinSize: 32, subgroupMaxSize: 64 },
  };
}

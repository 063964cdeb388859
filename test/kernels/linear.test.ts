import { describe, expect, it, vi } from 'vitest';
import type { GpuRecorder } from '../../src/gpu/recorder.js';
import { WEIGHTS, type WeightFormat } from '../../src/numbers/weights.js';
import type { Device } from '../../src/ops/device.js';
import type { Activation } from '../../src/ops/glu.js';
import { gatedLinear, linear } from '../../src/ops/linear.js';
import { matmulNT } from '../../src/ops/matmul.js';
import { view, type Tensor } from '../../src/ops/tensor.js';
import { gluReference } from '../reference/glu.js';
import * as reference from '../reference/matmul.js';
import { expectClose, noise } from '../support/compare.js';
import { skipTested, testedDevice } from '../support/tested.js';

/** A GPU's kernels: on these sizes they bind several modules as one. WebAssembly has none. */
const GPU = { kind: 'gpu', subgroups: false } as const;

interface Matrices {
  readonly tensors: readonly Tensor[];
  readonly values: readonly Float32Array[];
}

/** Matrices side by side in one buffer, or each in its own, with the values that they then have. */
function matrices(
  device: Device,
  shapes: readonly (readonly number[])[],
  dtype: WeightFormat,
  seed: number,
  beside: boolean,
): Matrices {
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  const all = noise(
    sizes.reduce((a, b) => a + b),
    seed,
  );
  const { pack, unpack } = WEIGHTS[dtype];
  const packed = (data: Float32Array): Float32Array | Uint32Array =>
    pack({ name: 'w', dtype: 'F32', bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
  const whole = device.tensor([all.length], dtype);
  device.write(whole, packed(all));
  let end = 0;
  const parts = shapes.map((shape, i) => {
    const start = end;
    end += sizes[i]!;
    const data = all.slice(start, end);
    const words = packed(data);
    const alone = device.tensor(shape, dtype);
    device.write(alone, words);
    const values = unpack(new Float32Array(words.buffer as ArrayBuffer, words.byteOffset, words.length), data.length);
    return {
      tensor: beside ? view(whole, start, shape) : alone,
      values: dtype === 'f32' ? data : dtype === 'bf16' ? reference.toBf16(data).values : (values as Float32Array),
    };
  });
  return { tensors: parts.map(({ tensor }) => tensor), values: parts.map(({ values }) => values) };
}

interface Case {
  readonly m: number;
  readonly k: number;
  readonly n: readonly number[];
  readonly dtype: WeightFormat;
  readonly rank?: number;
  readonly bias?: boolean;
  readonly residual?: boolean;
  readonly apart?: boolean;
}

/** Operands of a case for so many rows. */
function operandsOf(device: Device, { m, k, n, dtype, rank = 0, bias, apart = false }: Case) {
  const x = noise(300 * k, 1).slice(0, m * k);
  const of = (shapes: readonly (readonly number[])[], format: WeightFormat, seed: number): Matrices =>
    matrices(device, shapes, format, seed, !apart);
  const w = of(
    n.map((columns) => [columns, k]),
    dtype,
    2,
  );
  const b = bias
    ? of(
        n.map((columns) => [columns]),
        dtype,
        3,
      )
    : undefined;
  // As in a slab: the factors of a module next to each other.
  const factors = of(
    n.flatMap((columns) => [
      [rank, k],
      [columns, rank],
    ]),
    'f32',
    4,
  );
  const even = <T>(list: readonly T[]): T[] => list.filter((_, i) => i % 2 === 0);
  const odd = <T>(list: readonly T[]): T[] => list.filter((_, i) => i % 2 === 1);
  const scale = 0.75;
  const args = {
    ...{ x: device.from(x, [m, k]), w: w.tensors, m, k, n },
    ...(b && { bias: b.tensors }),
    ...(rank > 0 && { rank, scale, a: even(factors.tensors), b: odd(factors.tensors) }),
  };
  const expected = n.map((columns, i) => {
    const size = { m, n: columns, k };
    const y = reference.matmulNT(x, w.values[i]!, { ...size, bias: b?.values[i] });
    if (rank === 0) return y;
    const u = reference.matmulNT(x, even(factors.values)[i]!, { ...size, n: rank });
    const low = reference.matmulNT(u, odd(factors.values)[i]!, { ...size, k: rank, alpha: scale });
    return y.map((value, at) => value + low[at]!);
  });
  return { args, expected };
}

const CASES: Case[] = [
  { m: 1, k: 96, n: [64, 32, 32], dtype: 'f32' },
  { m: 5, k: 96, n: [64, 32, 32], dtype: 'f32', bias: true, rank: 8 },
  { m: 64, k: 68, n: [128, 64], dtype: 'bf16', rank: 16 },
  { m: 9, k: 64, n: [96, 64], dtype: 'q8', bias: true },
  { m: 7, k: 64, n: [64], dtype: 'f32', rank: 4, residual: true },
  { m: 3, k: 37, n: [20, 12, 4], dtype: 'f32', bias: true, rank: 3, apart: true },
  { m: 70, k: 32, n: [128, 64, 64], dtype: 'f32', bias: true, rank: 8 },
];

describe.skipIf(skipTested)('linear modules of one input', () => {
  it.each(CASES)('agree with f64: $m rows, $n columns, $dtype, rank $rank, bias $bias, apart $apart', async (given) => {
    const device = await testedDevice(GPU);
    const { m, n } = given;
    const { args, expected } = operandsOf(device, given);
    const starts = n.map((_, i) => n.slice(0, i).reduce((sum, columns) => sum + Math.ceil((m * columns) / 64) * 64, 0));
    const whole = device.tensor([starts.at(-1)! + m * n.at(-1)!]);
    const y = n.map((columns, i) => view(whole, starts[i]!, [m, columns]));
    const residual = noise(m * n[0]!, 9);
    const rec = device.recorder();
    linear(rec, { ...args, y, ...(given.residual && { residual: device.from(residual) }) });
    rec.submit();
    for (const [i, values] of (await device.read(...y)).entries()) {
      const added = given.residual ? expected[i]!.map((value, at) => value + residual[at]!) : expected[i]!;
      expectClose(values, added, `y${i}`);
    }
  });

  it('give a row the same bits among any number of rows, in one dispatch or many', async () => {
    const device = await testedDevice(GPU);
    const rowsOf = async (m: number): Promise<Float32Array[]> => {
      const n = [128, 64, 64];
      const { args } = operandsOf(device, { m, k: 96, n, dtype: 'f32', bias: true, rank: 8 });
      const whole = device.tensor([m * 256]);
      const y = n.map((columns, i) => view(whole, m * [0, 128, 192][i]!, [m, columns]));
      const act = device.tensor([m, 64]);
      const rec = device.recorder();
      linear(rec, { ...args, y });
      const pair = { n: [64, 64], w: args.w.slice(1), bias: args.bias!.slice(1), a: args.a!.slice(1), b: args.b!.slice(1) };
      gatedLinear(rec, { ...args, ...pair, y: act });
      rec.submit();
      const read = await device.read(...y, act);
      return read.map((values, i) => values.slice(0, 2 * [128, 64, 64, 64][i]!));
    };
    const many = await rowsOf(300);
    for (const m of [2, 8, 64]) expect(await rowsOf(m)).toEqual(many);
  });

  it.each([
    ['silu', { m: 5, k: 96, n: [64, 64], dtype: 'f32', bias: true, rank: 8 }],
    ['gelu_tanh', { m: 64, k: 36, n: [96, 96], dtype: 'bf16' }],
    ['silu', { m: 2, k: 33, n: [7, 7], dtype: 'f32', apart: true }],
  ] as [Activation, Case][])('agree with f64 as a gated pair: %s, %o', async (activation, given) => {
    const device = await testedDevice(GPU);
    const { args, expected } = operandsOf(device, given);
    const y = device.tensor([given.m, given.n[0]!]);
    const rec = device.recorder();
    gatedLinear(rec, { ...args, y, activation });
    rec.submit();
    const [values] = await device.read(y);
    expectClose(values, gluReference(expected[0]!, expected[1]!, activation), 'y');
  });

  it.each([GPU, {}])('take low-rank products that were computed before: %o', async (options) => {
    const device = await testedDevice(options);
    const n = [64, 32, 32];
    const { args } = operandsOf(device, { m: 5, k: 96, n, dtype: 'f32', rank: 8 });
    const { x, a, m, k, rank } = args as typeof args & { a: readonly Tensor[]; rank: number };
    const lows = device.tensor([192]);
    const u = n.map((_, i) => view(lows, 64 * i, [m, rank]));
    const results = device.tensor([2, 1024]);
    const y = (run: number): Tensor[] => [0, 320, 512].map((at, i) => view(results, 1024 * run + at, [m, n[i]!]));
    const rec = device.recorder();
    linear(rec, { ...args, y: y(0) });
    for (const [i, factor] of a.entries()) matmulNT(rec, { x, w: factor, y: u[i]!, m, n: rank, k });
    linear(rec, { ...args, u, y: y(1) });
    rec.submit();
    const [computed, given] = [await device.read(...y(0)), await device.read(...y(1))];
    expect(given).toEqual(computed);
    expect(() => linear(rec, { ...args, u: u.slice(1), y: y(1) })).toThrow(/and u only there/);
  });

  it('of one width are one dispatch on a software adapter where they lie side by side, with the same bits', async () => {
    const device = await testedDevice({ kind: 'software' });
    for (const [m, k, n] of [
      [5, 96, [32, 32, 32]],
      [70, 37, [64, 64]],
    ] as const) {
      const dispatches: number[] = [];
      const results: Float32Array[][] = [];
      for (const apart of [true, false]) {
        const { args, expected } = operandsOf(device, { m, k, n, dtype: 'f32', apart });
        const apartBy = Math.ceil((m * n[0]) / 64) * 64;
        const whole = device.tensor([n.length * apartBy]);
        const y = n.map((columns, i) => view(whole, i * apartBy, [m, columns]));
        const rec = device.recorder();
        const dispatch = 'dispatch' in rec ? vi.spyOn(rec as GpuRecorder, 'dispatch') : undefined;
        linear(rec, { ...args, y });
        rec.submit();
        results.push(await device.read(...y));
        for (const [i, values] of results.at(-1)!.entries()) expectClose(values, expected[i]!, `y${i}`);
        if (dispatch) dispatches.push(dispatch.mock.calls.length);
      }
      expect(results[1]).toEqual(results[0]);
      if (dispatches.length > 0) expect(dispatches).toEqual([n.length, 1]);
    }
  });

  it('refuse lists that do not belong together', async () => {
    const device = await testedDevice(GPU);
    const t = (...shape: number[]): Tensor => device.tensor(shape);
    const given = { x: t(2, 4), w: [t(3, 4), t(3, 4)], m: 2, k: 4, n: [3, 3] };
    const y = [t(2, 3), t(2, 3)];
    const rec = device.recorder();
    expect(() => linear(rec, { ...given, n: [3], y })).toThrow(/linear: expected lists of 1 tensors/);
    expect(() => linear(rec, { ...given, y, rank: 2 })).toThrow(/a and b where there is a rank/);
    expect(() => linear(rec, { ...given, y, residual: t(2, 3) })).toThrow(/a residual of a single module only/);
    expect(() => linear(rec, { ...given, w: [t(3, 4), t(2, 4)], y })).toThrow(/\[3,4\] for w, got f32\[2,4\]/);
    expect(() => gatedLinear(rec, { ...given, n: [3, 2], y: y[0]! })).toThrow(/two modules of one width, got 3 and 2 columns/);
  });
});

import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/ops/device.js';
import { headBackward, headForward, headLogits, rowStats } from '../../src/ops/head.js';
import * as reference from '../reference/head.js';
import { matmulBackward, matmulNT, toBf16 } from '../reference/matmul.js';
import { expectClose, noise } from '../support/compare.js';
import { isWasm, skipTested, testedDevice } from '../support/tested.js';

function targetsOf(rows: number, vocab: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: rows }, (_, r) => (r === 0 ? 0 : r === 1 ? vocab - 1 : (r * 7919) % vocab));
}

interface Case {
  rows: number;
  vocab: number;
  width: number;
  dtype?: 'f32' | 'bf16';
  temperature?: number;
  scale?: number;
  maxLogitBytes?: number;
}

/** Runs forward and backward on the device and in f64 and compares everything. */
async function compare(device: Device, { rows, vocab, width, dtype = 'f32', temperature = 1, scale = 4, maxLogitBytes }: Case) {
  const x = noise(rows * width, 1).map((v) => v * scale);
  const packed = toBf16(noise(vocab * width, 2));
  const w = dtype === 'bf16' ? packed.values : noise(vocab * width, 2);
  const targets = targetsOf(rows, vocab);
  const dLogps = noise(rows, 3);
  const dEntropies = noise(rows, 4);
  const dwStart = noise(vocab * width, 5);

  const t = {
    x: device.from(x, [rows, width]),
    w: device.tensor([vocab, width], dtype),
    targets: device.from(targets),
    logps: device.tensor([rows]),
    entropies: device.tensor([rows]),
    lse: device.tensor([rows]),
    dLogps: device.from(dLogps),
    dEntropies: device.from(dEntropies),
    dx: device.from(noise(rows * width, 6), [rows, width]),
    dw: device.from(dwStart, [vocab, width]),
  };
  device.write(t.w, dtype === 'bf16' ? packed.packed : w);
  const rec = device.recorder();
  const sizes = { rows, vocab, width, temperature, ...(maxLogitBytes ? { maxLogitBytes } : {}) };
  headForward(rec, { ...t, ...sizes });
  headBackward(rec, { ...t, ...sizes });
  rec.submit();
  const [logps, entropies, lse, dx, dw] = await device.read(t.logps, t.entropies, t.lse, t.dx, t.dw);
  device.free(...Object.values(t));

  const logits = matmulNT(x, w, { m: rows, n: vocab, k: width });
  const args = { rows, vocab, temperature };
  const stats = reference.rowStats(logits, targets, args);
  const dLogits = reference.rowStatsBackward(logits, targets, dLogps, dEntropies, args);
  const back = matmulBackward(x, w, dLogits, { m: rows, n: vocab, k: width });
  expectClose(logps, stats.logps, 'log-probs');
  expectClose(entropies, stats.entropies, 'entropies', 2e-5);
  expectClose(lse, stats.lse, 'lse');
  expectClose(dx, back.dx, 'dx', 2e-5);
  expectClose(
    dw,
    back.dw.map((v, i) => v + dwStart[i]!),
    'dw',
  );
}

describe('the f64 reference', () => {
  it('has a gradient that agrees with central differences', () => {
    const args = { rows: 3, vocab: 5, temperature: 0.7 };
    const logits = Float64Array.from(noise(15, 1), (v) => 3 * v);
    const targets = [0, 4, 2];
    const dLogps = noise(3, 2);
    const dEntropies = noise(3, 3);
    const loss = (): number => {
      const { logps, entropies } = reference.rowStats(logits, targets, args);
      return logps.reduce((sum, v, r) => sum + v * dLogps[r]! + entropies[r]! * dEntropies[r]!, 0);
    };
    const numeric = logits.map((value, i) => {
      const h = 1e-4;
      logits[i] = value + h;
      const up = loss();
      logits[i] = value - h;
      const down = loss();
      logits[i] = value;
      return (up - down) / (2 * h);
    });
    expectClose(numeric, reference.rowStatsBackward(logits, targets, dLogps, dEntropies, args), 'gradient', 1e-7);
  });
});

describe.skipIf(skipTested)('the head', () => {
  for (const subgroups of [true, false]) {
    it.each<Case>([
      { rows: 1, vocab: 1, width: 4 },
      { rows: 1, vocab: 89, width: 4 },
      { rows: 63, vocab: 89, width: 36 },
      { rows: 65, vocab: 97, width: 68, dtype: 'bf16' },
      { rows: 20, vocab: 513, width: 17, dtype: 'bf16', temperature: 0.3 },
      { rows: 200, vocab: 89, width: 64, temperature: 1.5 },
      { rows: 30, vocab: 200, width: 64, temperature: 0.6, scale: 60 },
    ])(`agrees with f64, subgroups ${subgroups}: %o`, async (shape) => {
      await compare(await testedDevice({ subgroups }), shape);
    });

    it(`agrees with f64 over several chunks of rows and vocabulary, subgroups ${subgroups}`, async () => {
      const device = await testedDevice({ subgroups });
      await compare(device, { rows: 150, vocab: 301, width: 36, maxLogitBytes: 64 * 128 * 4 });
      await compare(device, { rows: 131, vocab: 400, width: 5, dtype: 'bf16', maxLogitBytes: 70_000 });
      await compare(device, { rows: 3, vocab: 700, width: 40, maxLogitBytes: 4096 });
    });
  }

  it('binds the weight in shards where it is larger than a binding', async () => {
    const device = await testedDevice({ maxBinding: 100_000 });
    await compare(device, { rows: 5, vocab: 1000, width: 36 });
    await compare(device, { rows: 5, vocab: 1000, width: 33, dtype: 'bf16' });
    const [rows, vocab, width] = [5, 1000, 36];
    const x = noise(rows * width, 1);
    const w = noise(vocab * width, 2);
    const logits = device.tensor([rows, vocab]);
    const rec = device.recorder();
    headLogits(rec, { x: device.from(x), w: device.from(w), logits, rows, vocab, width });
    rec.submit();
    expectClose((await device.read(logits))[0], matmulNT(x, w, { m: rows, n: vocab, k: width }));
  });

  it('agrees with f64 for a vocabulary of more than 65,535', async () => {
    await compare(await testedDevice(), { rows: 3, vocab: 65_601, width: 4, maxLogitBytes: 2 ** 18 });
  });

  it('agrees with f64 for more than 65,535 rows', async () => {
    await compare(await testedDevice(), { rows: 65_700, vocab: 3, width: 4 });
  });

  it('holds no more logits than allowed', async () => {
    const device = await testedDevice({ subgroups: true, maxBinding: 2 ** 27 });
    device.freeScratch();
    await compare(device, { rows: 300, vocab: 1000, width: 64, maxLogitBytes: 200_000 });
    expect(device.scratch('head.logits', [1]).storage.bytes).toBeLessThanOrEqual(200_000);
  });

  it('computes the same statistics of given logits, masked ones included', async () => {
    const device = await testedDevice();
    const [rows, vocab, temperature] = [7, 130, 0.8];
    const values = noise(rows * vocab, 1).map((v) => v * 12);
    for (let i = 0; i < vocab; i++) if (i % 3 > 0) values[vocab + i] = -1e30;
    for (let i = 0; i < vocab; i++) values[2 * vocab + i] = i === 5 ? 3 : -1e30;
    const targets = targetsOf(rows, vocab);
    targets[1] = 3;
    targets[2] = 5;
    const t = {
      logits: device.from(values, [rows, vocab]),
      targets: device.from(targets),
      logps: device.tensor([rows]),
      entropies: device.tensor([rows]),
      lse: device.tensor([rows]),
    };
    const rec = device.recorder();
    rowStats(rec, { ...t, rows, vocab, temperature });
    rec.submit();
    const [logps, entropies, lse] = await device.read(t.logps, t.entropies, t.lse);
    const expected = reference.rowStats(values, targets, { rows, vocab, temperature });
    expectClose(logps, expected.logps, 'log-probs');
    expectClose(entropies, expected.entropies, 'entropies');
    expectClose(lse, expected.lse, 'lse');
    expect(entropies[2]).toBe(0);
  });

  it('gives the same bits whatever the chunks of rows are', async () => {
    const device = await testedDevice();
    const [rows, vocab, width] = [200, 300, 36];
    const x = device.from(noise(rows * width, 1));
    const w = device.from(noise(vocab * width, 2));
    const targets = device.from(targetsOf(rows, vocab));
    const run = async (maxLogitBytes: number): Promise<Float32Array> => {
      const logps = device.tensor([rows]);
      const rec = device.recorder();
      const rest = { entropies: device.tensor([rows]), lse: device.tensor([rows]), temperature: 1, rows, vocab, width };
      headForward(rec, { x, w, targets, logps, ...rest, maxLogitBytes });
      rec.submit();
      return (await device.read(logps))[0];
    };
    expect(await run(2 ** 20)).toEqual(await run(2 ** 20));
    expectClose(await run(2 ** 16), await run(2 ** 20));
  });

  it.skipIf(isWasm)('says which limit is too small', async () => {
    const device = await testedDevice();
    const [rows, vocab, width] = [64, 300, 36];
    const make = (...shape: number[]): ReturnType<Device['tensor']> => device.tensor(shape);
    const t = { x: make(rows, width), w: make(vocab, width), logps: make(rows), entropies: make(rows), lse: make(rows) };
    const targets = device.tensor([rows], 'u32');
    const call = (extra: object): void =>
      headForward(device.recorder(), { ...t, targets, temperature: 1, rows, vocab, width, ...extra });
    expect(() => call({ maxLogitBytes: 100 })).toThrow(/maxLogitBytes/);
    expect(() => call({ temperature: 0 })).toThrow(/positive temperature/);
    expect(() => call({ targets: t.logps })).toThrow(/u32\[64\] for targets/);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { samplingOf } from '../../src/config/sampling.js';
import type { Device } from '../../src/ops/device.js';
import type { Tensor } from '../../src/ops/tensor.js';
import { Pool } from '../../src/ops/pool.js';
import { advance, decodeState, DECODE_FIELDS, sample, type DecodeField, type SampleArgs } from '../../src/ops/sampling.js';
import { drawUniform, logSoftmax, samplingProbs, type SamplingSettings } from '../reference/sampling.js';
import { difference, expectClose, noise } from '../support/compare.js';
import { isWasm, skipTested, testedDevice } from '../support/tested.js';
import { guarded } from '../support/guard.js';

const golden = path.join(
  process.env['MGRPO_GOLDEN_DIR'] ?? path.resolve(import.meta.dirname, '../../../shared/golden'),
  'sampling/case.json',
);
const SEED = [123, 456] as const;
const OFF = samplingOf({ temperature: 1 });

/** Logits with a spread like a language model's: a few ids stand out. */
function someLogits(rows: number, vocab: number, seed: number): Float32Array<ArrayBuffer> {
  return noise(rows * vocab, seed).map((x) => 6 * x ** 3 + 2 * x);
}

interface Drawn {
  readonly tokens: Uint32Array;
  readonly logps: Float32Array;
  readonly probs: Float32Array;
  readonly seen: Uint32Array;
}

interface Row {
  readonly logits: Float32Array;
  readonly stream: number;
  readonly step: number;
  readonly active?: boolean;
  readonly history?: readonly number[];
}

/** Samples rows, each with its own stream and step, and reads everything back. */
async function draw(device: Device, rows: readonly Row[], settings: SamplingSettings, withProbs = true): Promise<Drawn> {
  const vocab = rows[0]!.logits.length;
  const B = rows.length;
  const flat = new Float32Array(B * vocab);
  rows.forEach(({ logits }, b) => flat.set(logits, b * vocab));
  const words = Math.ceil(vocab / 32);
  const bits = new Uint32Array(B * words);
  rows.forEach(({ history = [] }, b) => history.forEach((id) => (bits[b * words + (id >>> 5)]! |= 1 << (id & 31))));
  const u32 = (of: (row: Row) => number): Tensor => device.from(Uint32Array.from(rows, of));
  const logits = device.from(flat);
  const [tokens, logps] = [guarded(device, [B], undefined, 'u32'), guarded(device, [B])];
  const [seen, probs] = [guarded(device, [B * words], bits), withProbs ? guarded(device, [B, vocab]) : undefined];
  const state = {
    stream: u32(({ stream }) => stream),
    step: u32(({ step }) => step),
    active: u32(({ active }) => Number(active !== false)),
  };
  const args: SampleArgs = {
    logits,
    rows: B,
    vocab,
    tokens,
    logps,
    ...state,
    seed: SEED,
    seen,
    ...OFF,
    ...settings,
    ...(probs && { probs }),
  };
  const rec = device.recorder();
  sample(rec, args);
  rec.submit();
  const out = {
    tokens: await tokens.words(),
    logps: await logps.values(),
    seen: await seen.words(),
    probs: probs ? await probs.values() : new Float32Array(0),
  };
  device.free(logits, tokens, logps, seen, ...Object.values(state), ...(probs ? [probs] : []));
  return out;
}

/** Threads that share a row: SAMPLERS of src/kernels/sampling.ts. */
function lanesOf(device: Device, vocab: number): number {
  return device.info.kind === 'gpu' ? (vocab <= 1024 ? 32 : 256) : vocab <= 1024 ? 1 : 64;
}

describe.skipIf(skipTested)('sample', () => {
  it.skipIf(!existsSync(golden))('gives the golden probabilities of transformers', async () => {
    const device = await testedDevice();
    const { rows } = JSON.parse(readFileSync(golden, 'utf8')) as {
      rows: { settings: SamplingSettings; history: number[]; logits: number[]; expected: { probs: number[] } }[];
    };
    expect(rows.length).toBeGreaterThan(0);
    for (const { settings, history, logits, expected } of rows) {
      const row = { logits: Float32Array.from(logits), stream: 0, step: 0, history };
      const { probs } = await draw(device, [row], settings);
      expect(
        Array.from(probs, (p) => p > 0),
        `kept ids with ${JSON.stringify(settings)}`,
      ).toEqual(expected.probs.map((p) => p > 0));
      expectClose(probs, expected.probs, JSON.stringify(settings), 2e-6);
      expectClose(samplingProbs(logits, history, settings), expected.probs, `the twin with ${JSON.stringify(settings)}`, 1e-6);
    }
  });

  const settings: SamplingSettings[] = [
    { temperature: 1 },
    { temperature: 0.7 },
    { temperature: 0 },
    { temperature: 0, repetitionPenalty: 1.5 },
    { temperature: 0.9, topK: 17 },
    { temperature: 1.2, topP: 0.83 },
    { temperature: 0.8, minP: 0.07 },
    { temperature: 1.1, repetitionPenalty: 1.3, topK: 40, topP: 0.9, minP: 0.01 },
  ];
  const cases = [1, 2, 7, 8, 63, 128, 157, 1024, 1025, 4096, 16_388, 66_000].flatMap((vocab) =>
    settings.map((s) => [vocab, s] as const),
  );

  const expectTwin = async (device: Device, vocab: number, s: SamplingSettings): Promise<void> => {
    const B = vocab > 10_000 ? 2 : 5;
    const rows = Array.from({ length: B }, (_, b) => ({
      logits: someLogits(1, vocab, 17 * b + vocab),
      stream: 1000 + b,
      step: 3 * b,
      history: [0, vocab - 1, (vocab * b) >> 3],
    }));
    const { tokens, logps, probs, seen } = await draw(device, rows, s);
    rows.forEach(({ logits, history, stream, step }, b) => {
      const mine = probs.subarray(b * vocab, (b + 1) * vocab);
      expectClose(mine, samplingProbs(logits, history, s), 'probs', 3e-6);
      const token = tokens[b]!;
      expect(mine[token], 'probability of the drawn id').toBeGreaterThan(0);
      expect(Math.abs(logps[b]! - logSoftmax(logits, s.temperature || 1)[token]!), 'logp').toBeLessThan(
        1e-6 * (2 + Math.abs(logps[b]!)),
      );
      if (s.temperature > 0) {
        // The draw is the inverse CDF over the lanes' segments of packs.
        const n = vocab % 4 === 0 ? 4 : 1;
        const lanes = lanesOf(device, vocab);
        const segment = (id: number): number => Math.floor(id / n) % lanes;
        let below = 0;
        mine.forEach((p, i) => {
          if (segment(i) < segment(token) || (segment(i) === segment(token) && i < token)) below += p;
        });
        const u = drawUniform(SEED, stream, step);
        expect(u).toBeGreaterThanOrEqual(below - 1e-5);
        expect(u).toBeLessThan(below + mine[token]! + 1e-5);
      }
      const words = Math.ceil(vocab / 32);
      const marked = new Set([...history, ...(s.repetitionPenalty ? [token] : [])]);
      for (let i = 0; i < vocab; i++) {
        if (((seen[b * words + (i >>> 5)]! >>> (i & 31)) & 1) !== Number(marked.has(i))) expect.fail(`seen bit ${i}`);
      }
    });
  };

  it.each(cases)('draws from %i ids with %o as the twin does', async (vocab, s) => {
    await expectTwin(await testedDevice(), vocab, s);
  });

  // Where all lanes look for a cut together: among listed values, or by radix where more than there are lanes may be kept.
  const filters = [
    ...settings.filter(({ topK, topP }) => topK ?? topP),
    { temperature: 1, topK: 300, topP: 0.9 },
    { temperature: 3, topP: 0.999 },
  ];
  it.skipIf(isWasm).each([157, 1024, 4096].flatMap((vocab) => filters.map((s) => [vocab, s] as const)))(
    'draws from %i ids with %o as the twin does, as on GPUs',
    async (vocab, s) => {
      await expectTwin(await testedDevice({ kind: 'gpu' }), vocab, s);
    },
  );

  it.skipIf(isWasm)('keeps every tie where more values are equal than are listed, as on GPUs', async () => {
    const device = await testedDevice({ kind: 'gpu' });
    const logits = new Float32Array(1500).fill(1).fill(2, 7, 9).fill(0, 1400);
    for (const s of [{ topK: 4 }, { topP: 0.1 }, { topK: 1400, topP: 0.5 }]) {
      const { probs } = await draw(device, [{ logits, stream: 0, step: 0 }], { temperature: 1, ...s });
      expect(probs.filter((p) => p > 0)).toHaveLength(1400);
    }
    const { probs } = await draw(device, [{ logits, stream: 0, step: 0 }], { temperature: 1, topK: 1401 });
    expect(probs.filter((p) => p > 0)).toHaveLength(1500);
  });

  it('draws the same for a stream and step in any slot of any batch, with and without subgroups, and skips inactive rows', async () => {
    const logits = someLogits(1, 1031, 5);
    const rows = Array.from({ length: 33 }, (_, b) => ({ logits, stream: (b * 7) % 33, step: b % 3 }));
    const s = { temperature: 0.9, topP: 0.95 };
    const device = await testedDevice();
    const together = await draw(device, rows, s, false);
    expect(new Set(together.tokens).size).toBeGreaterThan(10);
    const reversed = await draw(await testedDevice({ subgroups: false }), rows.toReversed(), s, false);
    expect(reversed.tokens.toReversed()).toEqual(together.tokens);
    expect(reversed.logps.toReversed()).toEqual(together.logps);
    const alone = await draw(device, [rows[20]!], s, false);
    expect([alone.tokens[0], alone.logps[0]]).toEqual([together.tokens[20], together.logps[20]]);
    const some = await draw(
      device,
      rows.map((row, b) => ({ ...row, active: b % 2 === 0 })),
      s,
    );
    some.tokens.forEach((token, b) => expect(token).toBe(b % 2 === 0 ? together.tokens[b] : 0x7f123456));
  });

  it('draws every id as often as its probability says, by a chi-squared test', async () => {
    const device = await testedDevice();
    const logits = someLogits(1, 40, 9);
    const n = 4000;
    const rows = Array.from({ length: n }, (_, b) => ({ logits, stream: b >> 5, step: b & 31 }));
    const { tokens } = await draw(device, rows, { temperature: 1 }, false);
    const p = logSoftmax(logits, 1).map(Math.exp);
    const counts = new Float64Array(40);
    for (const token of tokens) counts[token]!++;
    const chi2 = counts.reduce((sum, c, i) => sum + (c - n * p[i]!) ** 2 / (n * p[i]!), 0);
    expect(chi2).toBeLessThan(39 + 4 * Math.sqrt(2 * 39));
  });

  it('keeps ties at a cut, and gives the lowest id among equals when greedy', async () => {
    const device = await testedDevice();
    const logits = Float32Array.of(0, 3, 1, 3, 1, -2, 1, -0, 0);
    const row = { logits, stream: 0, step: 0 };
    const kept = async (s: SamplingSettings): Promise<number[]> =>
      Array.from((await draw(device, [row], s)).probs.entries()).flatMap(([i, p]) => (p > 0 ? [i] : []));
    expect(await kept({ temperature: 1, topK: 1 })).toEqual([1, 3]);
    expect(await kept({ temperature: 1, topK: 3 })).toEqual([1, 2, 3, 4, 6]);
    expect(await kept({ temperature: 1, topK: 6 })).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
    expect((await draw(device, [row], { temperature: 0 })).tokens[0]).toBe(1);
  });

  it.each(isWasm ? [undefined] : [undefined, 'gpu' as const])(
    'finds a top-p cut in the flat tail of a large vocabulary, %s',
    async (kind) => {
      const device = await testedDevice(kind && { kind });
      const vocab = 150_001;
      const logits = noise(vocab, 3).map((x) => 1e-3 * x);
      for (const topP of [0.25, 0.999]) {
        const { probs } = await draw(device, [{ logits, stream: 0, step: 0 }], { temperature: 1, topP });
        const expected = samplingProbs(logits, [], { temperature: 1, topP });
        const size = (p: Float32Array | Float64Array): number => Array.from(p).filter((x) => x > 0).length;
        const sizes = [size(probs), size(expected)];
        expect(Math.abs(sizes[0]! - sizes[1]!), `${sizes.join(' and ')} ids`).toBeLessThanOrEqual(2);
        expect(difference(probs, expected).relativeNorm).toBeLessThan(5e-3);
      }
    },
  );

  it('refuses settings out of range and a missing mask, and says which', async () => {
    const device = await testedDevice();
    const [t, u] = [device.tensor([8]), device.tensor([1], 'u32')];
    const args = {
      logits: t,
      rows: 1,
      vocab: 8,
      tokens: u,
      logps: t,
      stream: u,
      step: u,
      active: u,
      seed: SEED,
      ...OFF,
    };
    const refused = (change: Partial<SampleArgs>): (() => void) => {
      return () => sample(device.recorder(), { ...args, ...change });
    };
    expect(refused({ topP: 0 })).toThrow(/a number > 0 and <= 1 for topP, got 0/);
    expect(refused({ temperature: -1 })).toThrow(/≥ 0 for temperature, got -1/);
    expect(refused({ repetitionPenalty: 1.1 })).toThrow(/seen\[1, 1\]/);
    expect(refused({ vocab: 9 })).toThrow(/f32\[1,9\] for logits/);
  });
});

describe.skipIf(skipTested)('advance', () => {
  it('keeps tokens, moves slots on, and stops them at an end id, the limit and the end of the context', async () => {
    const device = await testedDevice();
    const [slots, maxContext, maxNew] = [70, 9, 5];
    const state = decodeState(new Pool(device), slots);
    const column = (name: DecodeField, of: (b: number) => number): Uint32Array<ArrayBuffer> => {
      const data = Uint32Array.from({ length: slots }, (_, b) => of(b));
      device.write(state[name], data);
      return data;
    };
    const token = column('tokens', (b) => 10 + (b % 4));
    const position = column('positions', (b) => 1 + (b % 8));
    column('contextLength', (b) => 2 + (b % 8));
    column('cacheRow', (b) => 500 + b);
    const step = column('step', (b) => b % 3);
    const active = column('active', (b) => Number(b % 5 !== 0));
    const limit = column('limit', (b) => 3 + (b % 4));
    column('stream', (b) => 900 + b);
    const logps = noise(slots, 1);
    const kvIndex = Uint32Array.from({ length: slots * maxContext }, (_, i) => 10_000 + i);
    const outTokens = guarded(device, [slots, maxNew], new Uint32Array(slots * maxNew));
    const outLogps = guarded(device, [slots, maxNew], new Float32Array(slots * maxNew));
    const rec = device.recorder();
    advance(rec, {
      state: state.all,
      slots,
      sampledLogps: device.from(logps),
      kvIndex: device.from(kvIndex),
      outTokens,
      outLogps,
      eos: device.from(Uint32Array.of(77, 12)),
      eosCount: 2,
      maxContext,
      maxNew,
    });
    rec.submit();
    const now = Object.fromEntries(
      await Promise.all(DECODE_FIELDS.map(async (name) => [name, await device.readU32(state[name])] as const)),
    ) as Record<DecodeField, Uint32Array>;
    const [tokensOut, logpsOut] = [await outTokens.words(), await outLogps.values()];
    let stopped = 0;
    for (let b = 0; b < slots; b++) {
      const stop = token[b] === 12 || step[b]! + 1 === limit[b] || position[b]! + 1 === maxContext;
      const next = position[b]! + 1;
      const expected =
        active[b] === 0
          ? [position[b], 2 + (b % 8), 500 + b, step[b], 0]
          : stop
            ? [position[b], 0, 0xffffffff, step[b]! + 1, 0]
            : [next, next + 1, 10_000 + b * maxContext + next, step[b]! + 1, 1];
      stopped += Number(active[b] === 1 && stop);
      expect([now.positions[b], now.contextLength[b], now.cacheRow[b], now.step[b], now.active[b]], `slot ${b}`).toEqual(
        expected,
      );
      expect([now.tokens[b], now.limit[b], now.stream[b]]).toEqual([token[b], limit[b], 900 + b]);
      for (let t = 0; t < maxNew; t++) {
        const here = active[b] === 1 && t === step[b];
        expect(tokensOut[b * maxNew + t]).toBe(here ? token[b] : 0);
        expect(logpsOut[b * maxNew + t]).toBe(here ? logps[b] : 0);
      }
    }
    expect(stopped).toBeGreaterThan(10);
  });

  it('shares its state with sample in one buffer', async () => {
    const device = await testedDevice();
    const [slots, vocab] = [65, 96];
    const state = decodeState(new Pool(device), slots);
    for (const name of DECODE_FIELDS) expect(state[name].offset % 256, name).toBe(0);
    const logits = someLogits(slots, vocab, 4);
    const table = new Uint32Array(DECODE_FIELDS.length * state.stride);
    const column = (name: DecodeField): number => DECODE_FIELDS.indexOf(name) * state.stride;
    for (let b = 0; b < slots; b++) {
      table[column('active') + b] = 1;
      table[column('stream') + b] = 40 + b;
      table[column('step') + b] = b;
    }
    device.write(state.all, table);
    const logps = device.tensor([slots]);
    const rec = device.recorder();
    sample(rec, { ...state, logits: device.from(logits), rows: slots, vocab, logps, seed: SEED, ...OFF });
    rec.submit();
    const apart = await draw(
      device,
      Array.from({ length: slots }, (_, b) => ({ logits: logits.subarray(b * vocab, (b + 1) * vocab), stream: 40 + b, step: b })),
      { temperature: 1 },
    );
    expect(await device.readU32(state.tokens)).toEqual(apart.tokens);
    expect((await device.read(logps))[0]).toEqual(apart.logps);
    table.set(apart.tokens, column('tokens'));
    expect(await device.readU32(state.all)).toEqual(table);
  });
});

import { describe, expect, it } from 'vitest';
import type { GpuOptions } from '../../src/gpu/device.js';
import type { Device } from '../../src/ops/device.js';
import { view, type Tensor } from '../../src/ops/tensor.js';
import { attention, attentionBackward, decodeAttention } from '../../src/ops/attention.js';
import { attentionGradient, attentionReference, boundsOf, tokensOf, type AttentionShape } from '../reference/attention.js';
import { expectClose, noise } from '../support/compare.js';
import { halfTensor, rounded } from '../support/half.js';
import { isWasm, skipTested, testedDevice } from '../support/tested.js';

const shapeOf = (lengths: AttentionShape['lengths'], heads: number, kvHeads: number, headDim: number): AttentionShape => ({
  lengths,
  heads,
  kvHeads,
  headDim,
  scale: headDim ** -0.5,
});

/** Inputs with scores spread over several units, so that the softmax is far from uniform. */
function inputs(shape: AttentionShape, seed = 1): Record<'q' | 'k' | 'v' | 'dO', Float32Array<ArrayBuffer>> {
  const tokens = tokensOf(shape);
  const wide = tokens * shape.heads * shape.headDim;
  const narrow = tokens * shape.kvHeads * shape.headDim;
  const grow = (x: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> => x.map((e) => 3 * e);
  return { q: grow(noise(wide, seed)), k: grow(noise(narrow, seed + 1)), v: noise(narrow, seed + 2), dO: noise(wide, seed + 3) };
}

/** Kinds of device that compute attention in another way than the one under test. */
const DEVICES = {
  rows: { kind: 'software', subgroups: false },
  tile: { kind: 'gpu' },
  wide: { kind: 'software', wide: true },
  narrow: { kind: 'software', wide: false },
} as const satisfies Record<string, GpuOptions>;

type AttentionVariant = keyof typeof DEVICES;

const POISON = 12345;
const GUARD = 64;

/** An output tensor inside a buffer of poison. */
function guarded(device: Device, length: number): { readonly whole: Tensor; readonly inner: Tensor } {
  const whole = device.from(new Float32Array(length + 2 * GUARD).fill(POISON));
  return { whole, inner: view(whole, GUARD, [length]) };
}

async function run(
  usual: Device,
  shape: AttentionShape,
  data = inputs(shape),
  variant?: AttentionVariant,
): Promise<Record<'o' | 'lse' | 'dq' | 'dk' | 'dv', Float32Array>> {
  const device = variant ? await testedDevice(DEVICES[variant]) : usual;
  const tokens = tokensOf(shape);
  const { start, end } = boundsOf(shape.lengths);
  const [q, k, v, dO] = [data.q, data.k, data.v, data.dO].map((x) => device.from(x)) as [Tensor, Tensor, Tensor, Tensor];
  const [seqStart, seqEnd] = [device.from(start), device.from(end)];
  const outputs = {
    o: guarded(device, data.q.length),
    lse: guarded(device, tokens * shape.heads),
    dq: guarded(device, data.q.length),
    dk: guarded(device, data.k.length),
    dv: guarded(device, data.k.length),
  };
  const { o, lse, dq, dk, dv } = outputs;
  const rec = device.recorder();
  const args = { ...shape, q, k, v, o: o.inner, lse: lse.inner, seqStart, seqEnd, tokens };
  attention(rec, args);
  attentionBackward(rec, { ...args, dO, dq: dq.inner, dk: dk.inner, dv: dv.inner });
  rec.submit();
  const found: Record<string, Float32Array> = {};
  for (const [name, { whole }] of Object.entries(outputs)) {
    const [all] = await device.read(whole);
    const guards = [...all.slice(0, GUARD), ...all.slice(-GUARD)];
    expect(
      guards.every((x) => x === POISON),
      `guard bands of ${name}`,
    ).toBe(true);
    found[name] = all.slice(GUARD, -GUARD);
  }
  device.free(q, k, v, dO, seqStart, seqEnd, ...Object.values(outputs).map(({ whole }) => whole));
  return found as Awaited<ReturnType<typeof run>>;
}

/**
 * The variants to try at a head size (undefined is the device's own choice): every one, and each with whole and broken vectors, without
 * compiling the largest kernels more often than that takes.
 */
function variantsOf({ headDim }: { readonly headDim: number }): readonly (AttentionVariant | undefined)[] {
  if (isWasm) return [undefined];
  if (headDim <= 10) return ['rows', 'tile', ...(headDim % 4 === 0 ? (['wide'] as const) : []), undefined];
  if (headDim === 16) return ['rows', 'wide', 'narrow'];
  if (headDim === 36) return ['tile', 'wide', undefined];
  if (headDim === 64 || headDim === 128) return ['wide', undefined];
  if (headDim === 256) return ['tile', undefined];
  return headDim === 96 ? ['rows'] : [undefined];
}

async function expectTwin(options: GpuOptions, shape: AttentionShape): Promise<void> {
  const device = await testedDevice(options);
  const data = inputs(shape);
  const { o, lse } = attentionReference(data.q, data.k, data.v, shape);
  const { dq, dk, dv } = attentionGradient(data.q, data.k, data.v, data.dO, shape);
  for (const variant of variantsOf(shape)) {
    const found = await run(device, shape, data, variant);
    for (const [name, values] of Object.entries({ o, lse, dq, dk, dv }))
      expectClose(found[name as 'o'], values, `${name} by ${variant}`, 1e-5);
  }
}

const SHAPES: readonly AttentionShape[] = [
  shapeOf([1], 1, 1, 4),
  shapeOf([1, 1, 2, 1], 2, 1, 8),
  shapeOf([3, 4, 5, 7, 8, 9, 1], 5, 1, 10),
  shapeOf([15, 16, 17, 31, 33], 4, 4, 16),
  shapeOf([60, 60, 60], 4, 2, 16),
  shapeOf([63, 64, 65], 9, 3, 64),
  shapeOf([20, 9], 2, 1, 36),
  shapeOf([13, 37], 2, 1, 80),
  shapeOf([19, 2], 3, 1, 96),
  shapeOf([33, 5], 2, 2, 128),
  shapeOf([21, 3], 2, 1, 256),
  shapeOf([[3, 1, 5], 2, [9, 4, 4, 1, 7], [1, 1, 1]], 2, 1, 8),
  shapeOf([[20, 30, 17, 33], 5, [70, 3, 80]], 4, 2, 16),
  shapeOf([[7, 2, 90, 40]], 5, 1, 10),
  { ...shapeOf([3, 4, 5, 7, 8, 9, 1], 5, 1, 10), window: 2 },
  { ...shapeOf([1, 40, 7], 2, 1, 8), window: 6 },
  { ...shapeOf([60, 90], 4, 2, 16), window: 33 },
  { ...shapeOf([40], 2, 1, 256), window: 17 },
];
const name = (s: AttentionShape): string =>
  `${s.lengths.map((l) => (typeof l === 'number' ? l : `${l[0]}(${l.slice(1).join('|')})`)).join('+')} rows, ${s.heads}/${s.kvHeads} heads of ${s.headDim}${s.window ? `, window of ${s.window}` : ''}`;

describe('the f64 twin', () => {
  it.each([shapeOf([1, 4, 3], 2, 1, 4), shapeOf([5], 3, 3, 2), { ...shapeOf([6, 2], 2, 1, 2), window: 3 }])(
    'has a gradient that agrees with central differences: $lengths',
    (shape) => {
      const { q, k, v, dO } = inputs(shape);
      const gradient = attentionGradient(q, k, v, dO, shape);
      const operands = { q: Float64Array.from(q), k: Float64Array.from(k), v: Float64Array.from(v) };
      const loss = (): number =>
        attentionReference(operands.q, operands.k, operands.v, shape).o.reduce((sum, x, i) => sum + x * dO[i]!, 0);
      for (const which of ['q', 'k', 'v'] as const) {
        const x = operands[which];
        const numeric = x.map((value, i) => {
          const h = 1e-5;
          x[i] = value + h;
          const above = loss();
          x[i] = value - h;
          const below = loss();
          x[i] = value;
          return (above - below) / (2 * h);
        });
        expectClose(gradient[`d${which}`], numeric, `d${which}`, 1e-8);
      }
    },
  );
});

describe.skipIf(skipTested)('packed attention', () => {
  it.each(SHAPES.map((s) => [name(s), s] as const))('agrees with the twin: %s', (_, shape) => expectTwin({}, shape));

  it('agrees with the twin without subgroups', () => expectTwin({ subgroups: false }, shapeOf([17, 30, 4], 4, 2, 16)));

  it('gives equal bits twice', async () => {
    const device = await testedDevice();
    const shape = shapeOf([37, 5, [10, 20, 30]], 6, 2, 8);
    for (const variant of variantsOf(shape))
      expect(await run(device, shape, inputs(shape), variant), `${variant}`).toEqual(
        await run(device, shape, inputs(shape), variant),
      );
  });

  it('does not depend on what a sequence is packed with', async () => {
    const device = await testedDevice();
    const [shape, alone] = [shapeOf([7, 21, 9], 4, 2, 8), shapeOf([21], 4, 2, 8)];
    const data = inputs(shape);
    const own = <T extends ArrayLike<number>>(x: T & { subarray(a: number, b: number): T }, width: number): T =>
      x.subarray(7 * width, 28 * width);
    const cut = { q: own(data.q, 32), k: own(data.k, 16), v: own(data.v, 16), dO: own(data.dO, 32) };
    for (const variant of variantsOf(shape)) {
      const whole = await run(device, shape, data, variant);
      const part = await run(device, alone, cut as typeof data, variant);
      for (const [name, width] of Object.entries({ o: 32, lse: 4, dq: 32, dk: 16, dv: 16 }))
        expectClose(own(whole[name as 'o'], width), part[name as 'o'], `${name} by ${variant}`, 1e-6);
    }
  });

  it('gives a sequence with a shared beginning what it has alone', async () => {
    const device = await testedDevice();
    const [trunk, own] = [21, 9];
    const [shared, alone] = [shapeOf([[trunk, 30, own, 4]], 4, 2, 8), shapeOf([trunk + own], 4, 2, 8)];
    const data = inputs(shared);
    const rows = (x: Float32Array<ArrayBuffer>, width: number): Float32Array<ArrayBuffer> =>
      Float32Array.from([...x.subarray(0, trunk * width), ...x.subarray((trunk + 30) * width, (trunk + 30 + own) * width)]);
    const cut = { q: rows(data.q, 32), k: rows(data.k, 16), v: rows(data.v, 16), dO: rows(data.dO, 32) };
    for (const variant of variantsOf(shared)) {
      const whole = await run(device, shared, data, variant);
      const part = await run(device, alone, cut, variant);
      const found = { o: rows(Float32Array.from(whole.o), 32), lse: rows(Float32Array.from(whole.lse), 4) };
      // WebAssembly computes by position: the same bits.
      if (isWasm) expect(found).toEqual({ o: part.o, lse: part.lse });
      for (const name of ['o', 'lse'] as const) expectClose(found[name], part[name], `${name} by ${variant}`, 1e-6);
    }
  });

  it('keeps to the largest of scores hundreds apart', async () => {
    const device = await testedDevice();
    const shape = { ...shapeOf([19, 40], 2, 1, 8), scale: 40 };
    const data = inputs(shape);
    const { o, lse } = attentionReference(data.q, data.k, data.v, shape);
    for (const variant of variantsOf(shape)) {
      const found = await run(device, shape, data, variant);
      expectClose(found.o, o, `o by ${variant}`, 1e-4); // scores of 500 carry errors of 500 ε
      expectClose(found.lse, lse, `lse by ${variant}`, 1e-6);
    }
  });

  it('returns the values themselves for 66,000 sequences of one row', async () => {
    const device = await testedDevice();
    const shape = shapeOf(new Array<number>(66_000).fill(1), 12, 12, 2);
    const data = inputs(shape);
    for (const variant of isWasm ? [undefined] : (['rows', undefined] as const)) {
      const { o, dv } = await run(device, shape, data, variant);
      expectClose(o, data.v, `o by ${variant}`, 1e-7);
      expectClose(dv, data.dO, `dv by ${variant}`, 1e-6);
    }
  });

  it('agrees with the twin on one sequence of 700 rows', () => expectTwin({}, shapeOf([700], 1, 1, 8)));

  it('names the shapes that do not fit', async () => {
    const device = await testedDevice();
    const t = device.from(new Float32Array(64));
    const seqStart = device.from(new Uint32Array(4));
    const args = {
      q: t,
      k: t,
      v: t,
      o: t,
      lse: t,
      seqStart,
      seqEnd: seqStart,
      tokens: 4,
      heads: 2,
      kvHeads: 1,
      headDim: 8,
      scale: 1,
    };
    const calls = (change: Partial<typeof args>) => () => attention(device.recorder(), { ...args, ...change });
    expect(calls({ heads: 3, kvHeads: 2 })).toThrow('expected kvHeads that divides heads, got 3 heads and 2 kvHeads');
    expect(calls({ headDim: 7 })).toThrow(
      'expected an even number from 2 to 256 (other heads are not supported) for headDim, got 7',
    );
    expect(calls({ headDim: 258 })).toThrow(
      'expected an even number from 2 to 256 (other heads are not supported) for headDim, got 258',
    );
    expect(calls({ tokens: 5 })).toThrow('expected f32[5,2,8] for q, got f32[64]');
    device.free(t, seqStart);
  });
});

/**
 * Decodes the last row of every sequence from a cache whose rows lie in order by twelves, the last twelve first, shared by all slots, beside one
 * inactive slot and one slot that repeats the first sequence.
 */
async function decode(
  usual: Device,
  shape: AttentionShape,
  data: ReturnType<typeof inputs>,
  variant?: AttentionVariant,
  half = false,
): Promise<{ slots: number[]; o: Float32Array }> {
  const device = variant ? await testedDevice(DEVICES[variant]) : usual;
  const { heads, kvHeads, headDim, lengths } = shape;
  const tokens = tokensOf(shape);
  const { start, end } = boundsOf(lengths);
  const rows = 12 * Math.ceil(tokens / 12);
  const rowOf = (t: number): number => rows - 12 - t + 2 * (t % 12);
  const width = kvHeads * headDim;
  const kCache = new Float32Array(rows * width).fill(NaN);
  const vCache = new Float32Array(rows * width).fill(NaN);
  for (let t = 0; t < tokens; t++) {
    kCache.set(data.k.subarray(t * width, (t + 1) * width), rowOf(t) * width);
    vCache.set(data.v.subarray(t * width, (t + 1) * width), rowOf(t) * width);
  }
  const last = [...new Set(end)].map((e) => e - 1);
  const slots = [...last, -1, last[0]!]; // −1: inactive
  const seen = slots.map((t) => Array.from({ length: t + 1 }, (_, j) => j).filter((j) => j >= start[t]! && t < end[j]!));
  const maxContext = Math.max(...seen.map(({ length }) => length)) + 1;
  const contextLength = Uint32Array.from(seen, ({ length }) => length);
  const kvIndex = new Uint32Array(slots.length * maxContext).fill(0xffffffff);
  const q = new Float32Array(slots.length * heads * headDim);
  slots.forEach((t, b) => {
    if (t < 0) return;
    kvIndex.set(seen[b]!.map(rowOf), b * maxContext);
    q.set(data.q.subarray(t * heads * headDim, (t + 1) * heads * headDim), b * heads * headDim);
  });
  const [query, keys, values, index, context] = [
    device.from(q),
    half ? halfTensor(device, kCache) : device.from(kCache),
    half ? halfTensor(device, vCache) : device.from(vCache),
    device.from(kvIndex),
    device.from(contextLength),
  ];
  const { whole, inner } = guarded(device, q.length);
  const rec = device.recorder();
  const cache = { kCache: keys, vCache: values, kvIndex: index, contextLength: context };
  decodeAttention(rec, { ...shape, ...cache, q: query, o: inner, slots: slots.length, maxContext });
  rec.submit();
  const [all] = await device.read(whole);
  expect(
    [...all.slice(0, GUARD), ...all.slice(-GUARD)].every((x) => x === POISON),
    'guard bands',
  ).toBe(true);
  device.free(query, keys, values, index, context, whole);
  return { slots, o: all.slice(GUARD, -GUARD) };
}

async function expectDecode(options: GpuOptions, shape: AttentionShape): Promise<void> {
  const device = await testedDevice(options);
  const data = inputs(shape);
  const packed = (await run(device, shape, data, variantsOf(shape).at(-1))).o;
  const expected = attentionReference(data.q, data.k, data.v, shape).o;
  const width = shape.heads * shape.headDim;
  for (const variant of variantsOf(shape)) {
    const { slots, o } = await decode(device, shape, data, variant);
    const rowsOf = (all: Float32Array | Float64Array): number[] =>
      slots.flatMap((t) => (t < 0 ? new Array<number>(width).fill(0) : [...all.subarray(t * width, (t + 1) * width)]));
    expectClose(o, rowsOf(expected), `o by ${variant}`, 3e-6);
    expectClose(o, rowsOf(packed), `o by ${variant}, against packed attention`, 2e-6);
    if (isWasm) expect([...o], 'the bytes of packed attention').toEqual(rowsOf(packed));
  }
}

/** More slots than a few, and groups of heads that are shared out in every way: 3 + 2 + 2, 2 + 2, 3 + 2 with more heads than go together, 1. */
const DECODED: readonly AttentionShape[] = [
  shapeOf([5, 5, 67, 1, 2, 130, 65], 14, 2, 18),
  shapeOf([3, 70, 66, 1, 9, 64, 65], 8, 2, 22),
  shapeOf([5, 40, 1, 2, 3, 4, 65], 75, 15, 6),
  shapeOf([5, 40, 1, 2, 3, 4, 65], 2, 2, 36),
];

describe.skipIf(skipTested)('decode attention', () => {
  it.each([...SHAPES, ...DECODED].map((s) => [name(s), s] as const))(
    'agrees with the twin and with packed attention: %s',
    (_, shape) => expectDecode({}, shape),
  );

  it('agrees without subgroups', () => expectDecode({ subgroups: false }, shapeOf([17, 30, 4], 4, 2, 16)));

  it.each([0, 64, 65, 300])('agrees on contexts past every tile edge, with a window of %i', (window) =>
    expectDecode({}, { ...shapeOf([127, 128, 129, 256, 560], 2, 1, 10), ...(window > 0 && { window }) }),
  );

  it.each([...DECODED, SHAPES[5]!, SHAPES[9]!, SHAPES[14]!].map((s) => [name(s), s] as const))(
    'over a cache in f16 is that of the rounded keys and values: %s',
    async (_, shape) => {
      const device = await testedDevice();
      const given = inputs(shape);
      const data = { ...given, k: rounded(given.k), v: rounded(given.v) };
      const expected = attentionReference(data.q, data.k, data.v, shape).o;
      const width = shape.heads * shape.headDim;
      for (const variant of variantsOf(shape)) {
        const { slots, o } = await decode(device, shape, given, variant, true);
        const rows = slots.flatMap((t) =>
          t < 0 ? new Array<number>(width).fill(0) : [...expected.subarray(t * width, (t + 1) * width)],
        );
        expectClose(o, rows, `o by ${variant}`, 3e-6);
      }
    },
  );

  it.skipIf(isWasm)('names the option to lower where the cache is larger than a binding', async () => {
    const device = await testedDevice({ maxBinding: 1024 });
    const q = device.from(new Float32Array(8));
    const cache = device.from(new Float32Array(8 * 33));
    const contextLength = device.from(new Uint32Array(1));
    const args = { q, o: q, kCache: cache, vCache: cache, kvIndex: contextLength, contextLength };
    expect(() => {
      decodeAttention(device.recorder(), { ...args, slots: 1, maxContext: 1, heads: 1, kvHeads: 1, headDim: 8, scale: 1 });
    }).toThrow(/decodeAttention: expected a cache of at most 32 rows .* got 33; lower the number of sequences/);
    device.free(q, cache, contextLength);
  });
});

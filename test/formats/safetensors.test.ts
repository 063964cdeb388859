import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bf16ToF32, decodeBf16, decodeF32, f32ToBf16, f32ToF16 } from '../../src/numbers/float16.js';
import type { StoredValues } from '../../src/numbers/weights.js';
import { Safetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';

/** A safetensors file out of a header and data; `length` lies about the header's length. */
function file(header: unknown, data: Uint8Array = new Uint8Array(0), length?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}
const bytesOf = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const open = (bytes: Uint8Array): Promise<Safetensors> => Safetensors.open(new MemoryFiles('m', { 'model.safetensors': bytes }));
const f32 = (shape: number[], start: number, end: number): unknown => ({ dtype: 'F32', shape, data_offsets: [start, end] });

describe('bf16', () => {
  it('rounds to nearest, ties to even, and keeps infinities and NaN', () => {
    const bits = (u: number): number => new Float32Array(Uint32Array.of(u).buffer)[0]!;
    const cases: [number, number][] = [
      [0x3f800000, 0x3f80],
      [0x3f807fff, 0x3f80],
      [0x3f808000, 0x3f80],
      [0x3f808001, 0x3f81],
      [0x3f818000, 0x3f82],
      [0xbf818000, 0xbf82],
      [0x7f7fffff, 0x7f80],
      [0x7f800000, 0x7f80],
      [0x00008000, 0x0000],
      [0x00018000, 0x0002],
      [0x80000000, 0x8000],
    ];
    expect([...f32ToBf16(Float32Array.from(cases, ([u]) => bits(u)))]).toEqual(cases.map(([, b]) => b));
    const nan = f32ToBf16(new Float32Array(Uint32Array.of(0x7f800001).buffer));
    expect(bf16ToF32(nan)[0]).toBeNaN();
  });

  it('comes back exactly from all 65,536 patterns', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const isNan = (b: number): boolean => (b & 0x7fff) > 0x7f80;
    const back = f32ToBf16(bf16ToF32(all));
    for (let i = 0; i < 65536; i++) if (!isNan(i)) expect(back[i] === i).toBe(true);
  });
});

describe('f16', () => {
  it('is rounded to nearest even, and comes back exactly from all 65,536 patterns', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const values = decodeF32('F16', new Uint8Array(all.buffer));
    const isNan = (b: number): boolean => (b & 0x7fff) > 0x7c00;
    expect(f32ToF16(values).findIndex((half, i) => half !== i && !isNan(i))).toBe(-1);
    const cases = [
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [1 + 2 ** -11 + 2 ** -20, 0x3c01],
      [2 ** -25, 0x0000],
      [3 * 2 ** -25, 0x0002],
      [1.01 * 2 ** -25, 0x0001],
      [2 ** -14 - 2 ** -25, 0x0400],
      [65519, 0x7bff],
      [-65520, 0xfc00],
    ] as const;
    expect([...f32ToF16(Float32Array.from(cases, ([x]) => x))]).toEqual(cases.map(([, half]) => half));
    expect(f32ToF16(Float32Array.of(NaN))[0]! & 0x7fff).toBeGreaterThan(0x7c00);
  });

  it.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x7bff, 65504],
    [0xfc00, -Infinity],
    [0x8000, -0],
  ])('%i is %f', (bits, value) => {
    expect(decodeF32('F16', bytesOf(Uint16Array.of(bits)))[0]).toBe(value);
  });
});

describe('writing and reading', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-safetensors-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const weights = Float32Array.from({ length: 35 }, (_, i) => Math.fround(Math.sin(i) * 10 ** (i % 5)));

  it('gives the same values back, from disk and in pieces of any size', async () => {
    const files = new NodeFiles(folder);
    await writeSafetensors(files, 'model.safetensors', [
      { name: 'b.half', dtype: 'BF16', shape: [5, 7], data: weights },
      { name: 'a.full', dtype: 'F32', shape: [35], data: () => Promise.resolve(weights) },
      { name: 'scalar', dtype: 'F32', shape: [], data: Float32Array.of(3) },
      {
        name: 'c.pieces',
        dtype: 'BF16',
        shape: [35],
        data: async function* () {
          yield f32ToBf16(weights.subarray(0, 3));
          yield weights.subarray(3);
        },
      },
    ]);
    const read = await Safetensors.open(files);
    expect(read.metadata).toEqual({ format: 'pt' });
    expect([...read.tensors.keys()]).toEqual(['a.full', 'scalar', 'b.half', 'c.pieces']);
    for (const { start, dtype } of read.tensors.values()) expect(start % (dtype === 'F32' ? 4 : 2)).toBe(0);
    expect(read.info('b.half')).toMatchObject({ shape: [5, 7], elements: 35, dtype: 'BF16' });
    expect(await read.readF32('a.full')).toEqual(weights);
    expect([...(await read.readF32('scalar'))]).toEqual([3]);
    const half = f32ToBf16(weights);
    for (const name of ['b.half', 'c.pieces', 'a.full']) {
      const pieces: Uint16Array[] = [];
      for await (const { values } of read.chunks(name, ({ dtype, bytes }) => decodeBf16(dtype, bytes))) pieces.push(values);
      expect(pieces).toEqual([half]);
    }
    const decode = ({ dtype, bytes }: StoredValues): Float32Array => decodeF32(dtype, bytes);
    for (const chunkBytes of [8, 24, 1000]) {
      const pieces: number[] = [];
      for await (const { offset, values } of read.chunks('b.half', decode, chunkBytes)) {
        expect(offset).toBe(pieces.length);
        expect(values.byteLength).toBeLessThanOrEqual(Math.max(16, 2 * chunkBytes));
        pieces.push(...values);
      }
      expect(pieces).toEqual([...bf16ToF32(half)]);
    }
  });

  it.each<[string, Float32Array | Uint16Array, 'F32' | 'BF16', RegExp]>([
    ['too few values', new Float32Array(3), 'F32', /expected 16 bytes for tensor w F32\[4\], got 12/],
    ['too many values', new Float32Array(5), 'F32', /got more/],
    ['bf16 bits as F32', new Uint16Array(8), 'F32', /tensor w of dtype F32, got bf16 bits/],
  ])('refuses %s and leaves no file', async (_, data, dtype, message) => {
    const files = new NodeFiles(folder);
    await expect(writeSafetensors(files, 'bad.safetensors', [{ name: 'w', dtype, shape: [4], data }])).rejects.toThrow(message);
    expect((await files.list()).filter((name) => name.includes('bad'))).toEqual([]);
  });

  it('opens files of gigabytes: the product of two offsets need not be a safe integer', async () => {
    const elements = 2 ** 29;
    const head = file({ a: f32([elements], 0, 4 * elements), b: f32([elements], 4 * elements, 8 * elements) });
    const sparse = {
      name: 'large',
      exists: () => Promise.resolve(true),
      size: () => Promise.resolve(head.length + 8 * elements),
      readText: () => Promise.reject(new Error('not text')),
      readRange: (_: string, start: number, end: number) => Promise.resolve(head.slice(start, end)),
    };
    expect((await Safetensors.open(sparse)).info('b').end).toBe(head.length + 8 * elements);
  });

  it('refuses the same name twice', async () => {
    const tensor = { name: 'w', dtype: 'F32', shape: [1], data: new Float32Array(1) } as const;
    await expect(writeSafetensors(new MemoryFiles('m'), 'x', [tensor, tensor])).rejects.toThrow(/got w twice/);
  });
});

describe('a damaged file', () => {
  const data = new Uint8Array(8);
  it.each<[string, Uint8Array, RegExp]>([
    ['that is empty', new Uint8Array(3), /m\/model\.safetensors: expected a header length of 8 bytes, got a file of 3 bytes/],
    ['with a senseless header length', file({}, data, 2 ** 40), /header of 2 to 100000000 bytes, got 1099511627776/],
    ['cut in the header', file({ w: f32([2], 0, 8) }, undefined, 5000), /header of 5000 bytes, got a file of/],
    ['whose header is no JSON', file('{"w": ', data), /header in JSON/],
    ['whose header is no object', file('[1, 2]'), /header that is a JSON object/],
    ['cut in the data', file({ w: f32([4], 0, 16) }, data), /tensor w ends there.*fetch it again/],
    ['with bytes after the last tensor', file({ w: f32([1], 0, 4) }, data), /a file of \d+ bytes, got/],
    [
      'with tensors that overlap',
      file({ v: f32([1], 0, 4), w: f32([1], 2, 6) }, data),
      /tensor w at byte \d+, got \d+, which overlaps/,
    ],
    ['with a gap', file({ w: f32([1], 4, 8) }, data), /tensor w at byte \d+, got \d+, which leaves a gap/],
    ['whose offsets do not fit the shape', file({ w: f32([3], 0, 8) }, data), /12 bytes for tensor w F32\[3\], got 8/],
    ['with offsets in the wrong order', file({ w: f32([0], 8, 0) }, data), /data_offsets \[start, end\] for tensor w/],
    ['with a negative size', file({ w: f32([-2], 0, 8) }, data), /shape of whole numbers for tensor w/],
    [
      'with an unknown dtype',
      file({ w: { dtype: 'Q4', shape: [2], data_offsets: [0, 8] } }, data),
      /a dtype of .*for tensor w, got Q4/,
    ],
    ['with metadata that is no text', file({ __metadata__: { n: 1 }, w: f32([2], 0, 8) }, data), /strings in __metadata__/],
  ])('%s is refused', async (_, bytes, message) => {
    await expect(open(bytes)).rejects.toThrow(message);
    await expect(open(bytes)).rejects.toMatchObject({ code: 'bad_file' });
  });

  it('with another dtype opens, but its numbers cannot be read', async () => {
    const read = await open(file({ w: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, data));
    await expect(read.readF32('w')).rejects.toThrow(/F32, F16 or BF16 for tensor w, got I64/);
  });

  it('without a tensor says which ones look like it', async () => {
    const read = await open(file({ 'model.norm.weight': f32([2], 0, 8) }, data));
    expect(() => read.info('base.norm.weight')).toThrow(/a tensor base\.norm\.weight, got 1 others \(model\.norm\.weight/);
  });
});

describe('shards', () => {
  const shard = (name: string): Uint8Array => file({ [name]: f32([2], 0, 8) }, new Uint8Array(8));
  const index = (map: unknown): string => JSON.stringify({ metadata: { total_size: 16 }, weight_map: map });
  const folder = (map: unknown, extra: Record<string, Uint8Array> = {}): MemoryFiles =>
    new MemoryFiles('m', {
      'model.safetensors.index.json': index(map),
      'a.safetensors': shard('v'),
      'b.safetensors': shard('w'),
      ...extra,
    });

  it('are read as one model', async () => {
    const read = await Safetensors.open(folder({ v: 'a.safetensors', w: 'b.safetensors' }));
    expect([...read.tensors.values()].map(({ name, file: from }) => [name, from])).toEqual([
      ['v', 'a.safetensors'],
      ['w', 'b.safetensors'],
    ]);
    expect(await read.readF32('w')).toEqual(new Float32Array(2));
  });

  it.each<[string, MemoryFiles, RegExp]>([
    ['a missing shard', folder({ v: 'c.safetensors' }), /m: expected a file c\.safetensors, found none/],
    [
      'a tensor that is not where the index says',
      folder({ v: 'a.safetensors', w: 'a.safetensors' }),
      /tensor w in a\.safetensors, got no such tensor/,
    ],
    [
      'a tensor in two shards',
      folder({ v: 'a.safetensors', w: 'b.safetensors', x: 'd.safetensors' }, { 'd.safetensors': shard('v') }),
      /tensor v once, got it also in a/,
    ],
    ['a shard outside the folder', folder({ v: '../a.safetensors' }), /of the same folder for tensor v/],
    ['an index without tensors', folder({}), /at least one tensor/],
    ['an index without a map', folder(null), /a weight_map/],
    ['no weights', new MemoryFiles('m', { 'pytorch_model.bin': 'x' }), /found pytorch_model\.bin; convert/],
  ])('refuse %s', async (_, files, message) => {
    await expect(Safetensors.open(files)).rejects.toThrow(message);
  });
});

const golden = process.env.MGRPO_GOLDEN_DIR ?? path.resolve(import.meta.dirname, '../../../shared/golden');
describe.skipIf(!existsSync(path.join(golden, 'forward-qwen3-shards')))('golden weights', () => {
  it('of six shards hold every layer', async () => {
    const read = await Safetensors.open(new NodeFiles(path.join(golden, 'forward-qwen3-shards')));
    expect(read.info('model.layers.2.self_attn.q_norm.weight').shape).toEqual([32]);
    const embedding = await read.readF32('model.embed_tokens.weight');
    expect(embedding).toHaveLength(211 * 64);
    expect(embedding.every(Number.isFinite)).toBe(true);
  });
});

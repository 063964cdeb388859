import { describe, expect, it } from 'vitest';
import { decodeF32, f32ToBf16 } from '../../src/numbers/float16.js';
import { loadParameters, tensorsToWrite } from '../../src/formats/parameters.js';
import { Safetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import type { Device } from '../../src/ops/device.js';
import { embed } from '../../src/ops/embedding.js';
import { sizeOf } from '../../src/ops/tensor.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { testDevice } from '../support/device.js';
import { skipGpu, testGpu } from '../support/gpu.js';

/** All finite numbers of f16. */
const FINITE = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00);
const VALUES = decodeF32('F16', new Uint8Array(FINITE.buffer));

async function fileOf(data: Float32Array): Promise<Safetensors> {
  const files = new MemoryFiles('model');
  await writeSafetensors(files, 'model.safetensors', [{ name: 'table', dtype: 'F32', shape: [data.length], data }]);
  return Safetensors.open(files);
}

const DEVICES: readonly (readonly [name: string, skip: boolean, open: () => Promise<Device>])[] = [
  ['WebGPU', skipGpu !== undefined, testGpu],
  ['WebAssembly', false, testDevice],
];

for (const [name, skip, open] of DEVICES)
  describe.skipIf(skip)(`frozen parameters in f16, ${name}`, () => {
    it.each([4, 1])('give every number of f16 back exactly, read %i at a time, and when saved', async (width) => {
      const device = await open();
      const spec = { name: 'table', shape: [VALUES.length] };
      const parameters = await loadParameters(device, [spec], await fileOf(VALUES), { trainable: false, dtype: 'f16' });
      const table = parameters.get('table').value;
      expect(table.dtype).toBe('f16');
      const rows = VALUES.length / width;
      const [ids, y] = [device.from(Uint32Array.from({ length: rows }, (_, i) => i)), device.tensor([VALUES.length])];
      const rec = device.recorder();
      embed(rec, { table, ids, y, tokens: rows, vocab: rows, width });
      rec.submit();
      const [read] = await device.read(y);
      expect(read.findIndex((value, i) => value !== VALUES[i])).toBe(-1);
      const files = new MemoryFiles('model');
      await writeSafetensors(files, 'model.safetensors', tensorsToWrite(parameters));
      expect(await (await Safetensors.open(files)).readF32('table')).toEqual(VALUES);
      device.free(table, ids, y);
    });

    it('are refused by name where a number is too large', async () => {
      const device = await open();
      const file = await fileOf(Float32Array.of(1, 65_520));
      await expect(
        loadParameters(device, [{ name: 'table', shape: [2] }], file, { trainable: false, dtype: 'f16' }),
      ).rejects.toMatchObject({ code: 'bad_file', message: expect.stringMatching(/below 65520 for tensor table/) as string });
    });
  });

for (const [name, skip, open] of DEVICES)
  describe.skipIf(skip)(`frozen parameters in blocks, ${name}`, () => {
    it.each([
      ['q8', 32],
      ['q8', 5],
      ['q4', 64],
      ['q4', 7],
    ] as const)('in %s are what they are saved as, rows of %i', async (dtype, width) => {
      const device = await open();
      const vocab = 37;
      const values = Float32Array.from({ length: vocab * width }, (_, i) => Math.sin(i * i));
      const files = new MemoryFiles('model');
      const specs = [
        { name: 'w', shape: [vocab, width] },
        { name: 'norm', shape: [width] },
        { name: 'lm_head.weight', shape: [vocab, width] },
      ];
      const tensors = specs.map(({ name, shape }) => ({
        name,
        shape,
        dtype: 'F32' as const,
        data: values.slice(0, sizeOf(shape)),
      }));
      await writeSafetensors(files, 'model.safetensors', tensors);
      const parameters = await loadParameters(device, specs, await Safetensors.open(files), { trainable: false, dtype });
      expect([...parameters].map(({ value }) => value.dtype)).toEqual([dtype, 'f32', 'q8']);
      const table = parameters.get('w').value;
      const [ids, y] = [device.from(Uint32Array.from({ length: vocab }, (_, i) => vocab - 1 - i)), device.tensor([vocab, width])];
      const rec = device.recorder();
      embed(rec, { table, ids, y, tokens: vocab, vocab, width });
      rec.submit();
      const [read] = await device.read(y);
      const saved = new MemoryFiles('model');
      await writeSafetensors(saved, 'model.safetensors', tensorsToWrite(parameters));
      const written = await (await Safetensors.open(saved)).readF32('w');
      for (let row = 0; row < vocab; row++) {
        const from = (vocab - 1 - row) * width;
        expect(read.subarray(row * width, (row + 1) * width)).toEqual(written.subarray(from, from + width));
      }
      const step = dtype === 'q8' ? 1 / 254 : 1 / 8;
      written.forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(1.001 * step));
      parameters.free();
      device.free(ids, y);
    });
  });

describe('weights that the device has no room for', () => {
  it.each([
    ['frozen', false, 36_000, 40_000, /load: expected weights that fit 1 MiB, .* got 1 MiB; keep them as q8 or q4/],
    ['trained', true, 159_000, 160_000, /got 1 MiB with their gradients and moments; train a LoRA adapter/],
  ] as const)('are refused before anything is read, %s', async (_, trainable, little, enough, message) => {
    const device = await testDevice();
    const { allocated } = device.memory;
    const file = await fileOf(new Float32Array(10_000));
    const specs = [{ name: 'table', shape: [10_000] }];
    const within = (total: number): Device =>
      new Proxy(device, {
        get: (target, name) => {
          if (name === 'limits') return { ...target.limits, total: allocated + total };
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    await expect(loadParameters(within(little), specs, file, { trainable })).rejects.toThrow(message);
    expect(device.memory.allocated).toBe(allocated);
    (await loadParameters(within(enough), specs, file, { trainable })).free();
  });
});

it('parameters are read in the order in which they lie in the file, whatever order a model has them in', async () => {
  const device = await testDevice();
  const starts: number[] = [];
  const files = new (class extends MemoryFiles {
    override readRange(path: string, start: number, end: number): Promise<Uint8Array> {
      starts.push(start);
      return super.readRange(path, start, end);
    }
  })('model');
  const names = Array.from({ length: 12 }, (_, i) => `layers.${i}`);
  const data = (name: string): Float32Array => Float32Array.of(Number(name.split('.')[1]));
  await writeSafetensors(
    files,
    'model.safetensors',
    names.map((name) => ({ name, dtype: 'F32', shape: [1], data: data(name) })),
  );
  const specs = names.map((name) => ({ name, shape: [1] }));
  const parameters = await loadParameters(device, specs, await Safetensors.open(files), { trainable: false });
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  for (const name of names) expect((await device.read(parameters.get(name).value))[0]).toEqual(data(name));
});

describe('weights that are not finite', () => {
  it.each([NaN, Infinity, -Infinity])(
    '%d is refused by the name of its tensor, frozen or trained, in every format of files',
    async (value) => {
      const device = await testDevice();
      for (const dtype of ['F32', 'BF16'] as const)
        for (const trainable of [false, true]) {
          const data = Float32Array.of(1, 2, 3.4e38, value);
          const files = new MemoryFiles('model');
          const stored = dtype === 'F32' ? data : f32ToBf16(data);
          await writeSafetensors(files, 'model.safetensors', [{ name: 'table', dtype, shape: [4], data: stored }]);
          const load = loadParameters(device, [{ name: 'table', shape: [4] }], await Safetensors.open(files), { trainable });
          await expect(load).rejects.toThrow(
            /expected finite numbers for tensor table, got NaN or an infinite one; the weights are damaged/,
          );
        }
    },
  );
});

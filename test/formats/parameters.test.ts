import { describe, expect, it } from 'vitest';
import { decodeF32 } from '../../src/numbers/float16.js';
import { loadParameters, tensorsToWrite } from '../../src/formats/parameters.js';
import { Safetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import type { Device } from '../../src/ops/device.js';
import { embed } from '../../src/ops/embedding.js';
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

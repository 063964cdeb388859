import { describe, expect, it } from 'vitest';
import { decodeF32 } from '../../src/formats/float16.js';
import { loadParameters, tensorsToWrite } from '../../src/formats/parameters.js';
import { Safetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import { embed } from '../../src/ops/embedding.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { isWasm, skipGpu, testGpu } from '../support/gpu.js';

/** All finite numbers of f16. */
const FINITE = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00);
const VALUES = decodeF32('F16', new Uint8Array(FINITE.buffer));

async function fileOf(data: Float32Array): Promise<Safetensors> {
  const files = new MemoryFiles('model');
  await writeSafetensors(files, 'model.safetensors', [{ name: 'table', dtype: 'F32', shape: [data.length], data }]);
  return Safetensors.open(files);
}

describe.skipIf(skipGpu || isWasm)('frozen parameters in f16', () => {
  it.each([4, 1])('give every number of f16 back exactly, read %i at a time, and when saved', async (width) => {
    const gpu = await testGpu();
    const spec = { name: 'table', shape: [VALUES.length] };
    const parameters = await loadParameters(gpu, [spec], await fileOf(VALUES), { trainable: false, dtype: 'f16' });
    const table = parameters.get('table').value;
    expect(table.dtype).toBe('f16');
    const rows = VALUES.length / width;
    const [ids, y] = [gpu.from(Uint32Array.from({ length: rows }, (_, i) => i)), gpu.tensor([VALUES.length])];
    const rec = gpu.recorder();
    embed(rec, { table, ids, y, tokens: rows, vocab: rows, width });
    rec.submit();
    const [read] = await gpu.read(y);
    expect(read.findIndex((value, i) => value !== VALUES[i])).toBe(-1);
    const files = new MemoryFiles('model');
    await writeSafetensors(files, 'model.safetensors', tensorsToWrite(parameters));
    expect(await (await Safetensors.open(files)).readF32('table')).toEqual(VALUES);
    gpu.free(table, ids, y);
  });

  it('are refused by name where a number is too large', async () => {
    const gpu = await testGpu();
    const file = await fileOf(Float32Array.of(1, 65_520));
    await expect(
      loadParameters(gpu, [{ name: 'table', shape: [2] }], file, { trainable: false, dtype: 'f16' }),
    ).rejects.toMatchObject({ code: 'bad_file', message: expect.stringMatching(/below 65520 for tensor table/) as string });
  });
});

import { describe, expect, it } from 'vitest';
import { Safetensors } from '../../src/formats/safetensors.js';
import type { TensorToWrite } from '../../src/formats/safetensors.js';
import { writeWeights } from '../../src/formats/shards.js';
import { MemoryFiles } from '../../src/platform/files.js';

const tensor = (name: string, size: number, dtype: TensorToWrite['dtype'] = 'F32'): TensorToWrite => ({
  name,
  dtype,
  shape: [size],
  data: Float32Array.from({ length: size }, (_, i) => i + name.length),
});
const tensors = [tensor('c', 10), tensor('bb', 10), tensor('large', 100), tensor('a', 5, 'F16')];

describe('weights of a model', () => {
  it('are one file where they fit', async () => {
    const files = new MemoryFiles('m');
    expect(await writeWeights(files, tensors, 490)).toEqual(['model.safetensors']);
    expect(await files.list()).toEqual(['model.safetensors']);
  });

  it('are shards with an index where they do not, none over the limit but for a tensor that is larger', async () => {
    const files = new MemoryFiles('m');
    const written = await writeWeights(files, tensors, 80);
    expect(written).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
    ]);
    const index = JSON.parse(await files.readText('model.safetensors.index.json')) as {
      metadata: unknown;
      weight_map: Record<string, string>;
    };
    expect(index.metadata).toEqual({ total_parameters: 125, total_size: 490 });
    expect(index.weight_map).toEqual({ c: written[0], bb: written[0], large: written[1], a: written[2] });
    const read = await Safetensors.open(files);
    for (const { name, data } of tensors) expect(await read.readF32(name)).toEqual(data);
  });
});

it('a number that f16 has not is refused by the name of its tensor', async () => {
  const data = Float32Array.of(1, 70000);
  const writing = writeWeights(new MemoryFiles('m'), [{ name: 'w', dtype: 'F16', shape: [2], data }]);
  await expect(writing).rejects.toThrow(/expected numbers below 65520 for tensor w in half precision/);
});

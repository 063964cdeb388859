import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeAdapter } from '../../src/formats/merge.js';
import { Safetensors } from '../../src/formats/safetensors.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { Tokenizer } from '../../src/text/tokenizer.js';
import { loadPolicy } from '../../src/train/policy.js';
import { testDevice } from '../support/device.js';

const root = path.resolve(import.meta.dirname, '../..');

/** A model whose weights have 16 bits. */
async function halfModel(dtype: 'bf16' | 'f16'): Promise<MemoryFiles> {
  const base = new NodeFiles(path.join(root, 'models/signs-0.2m'));
  const model = new MemoryFiles(dtype);
  await mergeAdapter(base, new NodeFiles(path.join(root, 'test/golden/data/peft')), model, { dtype });
  await (await Tokenizer.load(base)).save(model);
  return model;
}

async function dtypes(files: MemoryFiles): Promise<unknown[]> {
  const config = JSON.parse(await files.readText('config.json')) as { dtype: unknown; torch_dtype: unknown };
  const { tensors } = await Safetensors.open(files);
  return [config.dtype, config.torch_dtype, ...new Set([...tensors.values()].map(({ dtype }) => dtype))];
}

describe.each([
  ['bf16', 'bfloat16', 'BF16'],
  ['f16', 'float16', 'F16'],
] as const)('a model that came as %s, trained in f32', (dtype, named, written) => {
  it('is saved as it came where that is asked for, byte for byte if nothing was learnt, else as f32', async () => {
    const model = await halfModel(dtype);
    await using policy = await loadPolicy(await testDevice(), model, { train: 'full' });
    const [stored, full] = [new MemoryFiles('stored'), new MemoryFiles('full')];
    await policy.save(stored, { dtype: 'stored' });
    await policy.save(full);
    expect(await dtypes(stored)).toEqual([named, named, written]);
    expect(await dtypes(full)).toEqual(['float32', 'float32', 'F32']);
    const size = await model.size('model.safetensors');
    expect(await stored.readRange('model.safetensors', 0, size)).toEqual(await model.readRange('model.safetensors', 0, size));
  });
});

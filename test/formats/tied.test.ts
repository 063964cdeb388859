import { describe, expect, it } from 'vitest';
import { Safetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import { loadPolicy } from '../../src/index.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { testDevice } from '../support/device.js';
import { randomPolicy } from '../support/policy.js';

const HEAD = 'lm_head.weight';

/** A small model, saved with one of its tensors changed or added. */
async function changed(name: string, change: (embedding: Float32Array) => Float32Array): Promise<MemoryFiles> {
  const files = new MemoryFiles('changed');
  const policy = await randomPolicy(await testDevice());
  await policy.save(files);
  policy.free();
  const weights = await Safetensors.open(files);
  const read = await Promise.all([...weights.tensors.keys()].map(async (key) => [key, await weights.readF32(key)] as const));
  const values = new Map(read);
  const source = weights.tensors.get(name) ?? weights.info('model.embed_tokens.weight');
  const data = change(values.get(source.name)!.slice());
  const shapes = new Map([...weights.tensors].map(([key, { shape }]) => [key, shape]));
  values.set(name, data as Float32Array<ArrayBuffer>);
  shapes.set(name, source.shape);
  const tensors = [...values].map(([key, value]) => ({ name: key, dtype: 'F32' as const, shape: shapes.get(key)!, data: value }));
  await writeSafetensors(files, 'model.safetensors', tensors);
  const config = JSON.parse(await files.readText('config.json')) as object;
  await files.write('config.json', JSON.stringify({ ...config, tie_word_embeddings: name === HEAD || !values.has(HEAD) }));
  return files;
}

describe('what would go wrong without a word', () => {
  it('a head beside the embedding that it is tied to holds the same', async () => {
    const device = await testDevice();
    (await loadPolicy(device, await changed(HEAD, (values) => values))).free();
    const files = await changed(HEAD, (values) => values.map((value, i) => (i === 70 ? value + 1 : value)));
    await expect(loadPolicy(device, files)).rejects.toThrow(/lm_head.weight what model.embed_tokens.weight holds/);
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeAdapter } from '../../src/formats/merge.js';
import { Safetensors } from '../../src/formats/safetensors.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'test/golden/data/peft');
const base = new NodeFiles(path.join(root, 'models/signs-0.2m'));
const adapter = new NodeFiles(folder);
const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as { weights: Record<string, number[]> };

/** The merged model's weights, and its dtype in config.json. */
async function merged(dtype: 'auto' | 'bf16' | 'f16'): Promise<{ file: Safetensors; dtype: unknown }> {
  const sink = new MemoryFiles('merged');
  await mergeAdapter(base, adapter, sink, { dtype });
  const config = JSON.parse(await sink.readText('config.json')) as { dtype: unknown };
  return { file: await Safetensors.open(sink), dtype: config.dtype };
}

/** An adapter of PEFT with rsLoRA, a regular expression for targets, and patterns of rank and alpha. */
describe('an adapter that PEFT wrote', () => {
  it("merges into PEFT's own weights", async () => {
    const { file, dtype } = await merged('auto');
    expect(dtype).toBe('float32');
    const original = await Safetensors.open(base);
    expect([...file.tensors.keys()].sort()).toEqual([...original.tensors.keys()].sort());
    for (const [name, values] of Object.entries(expected.weights)) {
      const got = await file.readF32(name);
      values.forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThan(1e-6));
    }
    expect(await file.readF32('model.norm.weight')).toEqual(await original.readF32('model.norm.weight'));
  });

  it.each([
    ['bf16', 'bfloat16', 'BF16'],
    ['f16', 'float16', 'F16'],
  ] as const)('is written as %s where that is asked for, in half the bytes', async (wanted, named, stored) => {
    const { file, dtype } = await merged(wanted);
    expect(dtype).toBe(named);
    expect(new Set([...file.tensors.values()].map((info) => info.dtype))).toEqual(new Set([stored]));
  });

  it('of another model is refused by name', async () => {
    const config = JSON.parse(await adapter.readText('adapter_config.json')) as object;
    const other = new MemoryFiles('other', {
      'adapter_config.json': JSON.stringify({ ...config, rank_pattern: {} }),
      'adapter_model.safetensors': new Uint8Array(readFileSync(path.join(folder, 'adapter_model.safetensors'))),
    });
    await expect(mergeAdapter(base, other, new MemoryFiles('m'))).rejects.toThrow(
      /other: expected shape \[2, 192\] for tensor .*down_proj\.lora_A\.weight/,
    );
  });

  it.each([
    ['use_dora', true],
    ['modules_to_save', ['lm_head']],
    ['bias', 'all'],
    ['init_lora_weights', 'pissa'],
    ['init_lora_weights', 'olora'],
    ['alora_invocation_tokens', [1, 2]],
    // Python takes any text for true.
    ['use_rslora', 'yes'],
    ['lora_alpha', null],
  ])('with %s is refused by that name', async (field, value) => {
    const config = JSON.parse(await adapter.readText('adapter_config.json')) as object;
    const other = new MemoryFiles('other', { 'adapter_config.json': JSON.stringify({ ...config, [field]: value }) });
    await expect(mergeAdapter(base, other, new MemoryFiles('m'))).rejects.toThrow(field);
  });
});

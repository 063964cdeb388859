// Families of models: parameters and their start.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../src/formats/load.js';
import { parseModelConfig } from '../../src/formats/hf-config.js';
import { parameterSpecs } from '../../src/nn/parameters.js';
import { Rng } from '../../src/rng.js';
import { skipGpu, testGpu } from '../support/gpu.js';

const data = path.resolve(import.meta.dirname, '../golden/data');
const configOf = (name: string) => parseModelConfig(JSON.parse(readFileSync(path.join(data, name, 'config.json'), 'utf8')));

describe('a family', () => {
  it('has the parameters of its files, in the order of the model', () => {
    const first = parameterSpecs(configOf('gemma3')).filter(({ name }) => !/\.1\./.test(name));
    expect(first.map(({ name }) => name.replace('model.', '').replace('layers.0.', ''))).toEqual([
      'embed_tokens.weight',
      'input_layernorm.weight',
      'post_attention_layernorm.weight',
      'pre_feedforward_layernorm.weight',
      'post_feedforward_layernorm.weight',
      ...['q_norm', 'k_norm', 'q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `self_attn.${name}.weight`),
      ...['gate_proj', 'up_proj', 'down_proj'].map((name) => `mlp.${name}.weight`),
      'norm.weight',
    ]);
  });

  it.skipIf(skipGpu).each([
    ['gemma3', 0],
    ['smollm3', 1],
  ])('starts with norms that do nothing: %s', async (name, factor) => {
    const gpu = await testGpu();
    const decoder = createDecoder(gpu, configOf(name), new Rng(1));
    const [values] = await gpu.read(decoder.parameters.get('model.norm.weight').value);
    expect([...values].every((value) => value === factor)).toBe(true);
    decoder.free();
  });
});

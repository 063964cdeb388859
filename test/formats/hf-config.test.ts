import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseModelConfig, writeModelConfig } from '../../src/formats/hf-config.js';
import { ropeFrequencies } from '../../src/nn/rope.js';

type Json = Record<string, unknown>;

const llama: Json = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 97,
  hidden_size: 32,
  intermediate_size: 72,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
  hidden_act: 'silu',
  eos_token_id: 2,
};
const qwen2: Json = { ...llama, architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };
const qwen3: Json = { ...llama, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };
const smollm3: Json = { ...llama, architectures: ['SmolLM3ForCausalLM'], model_type: 'smollm3', num_hidden_layers: 5 };
const gemma3: Json = {
  ...llama,
  hidden_act: undefined,
  architectures: ['Gemma3ForCausalLM'],
  model_type: 'gemma3_text',
  hidden_activation: 'gelu_pytorch_tanh',
  num_hidden_layers: 7,
  sliding_window: 512,
};

describe('parseModelConfig', () => {
  it('reads what transformers 4 and 5 write alike', () => {
    const old = parseModelConfig({
      ...llama,
      rope_theta: 5e5,
      rope_scaling: { type: 'linear', factor: 2 },
      torch_dtype: 'bfloat16',
    });
    const rope = { rope_theta: 5e5, rope_type: 'linear', factor: 2 };
    expect(parseModelConfig({ ...llama, rope_parameters: rope, dtype: 'bfloat16' })).toEqual(old);
    const linear = { type: 'linear', theta: 5e5, factor: 2 };
    expect(old).toEqual({
      architecture: 'llama',
      vocabSize: 97,
      hiddenSize: 32,
      intermediateSize: 72,
      numLayers: 2,
      numHeads: 4,
      numKvHeads: 2,
      headDim: 8,
      rmsNormEps: 1e-5,
      attentionScale: 1 / Math.sqrt(8),
      rope: linear,
      layers: [
        { window: null, rope: linear },
        { window: null, rope: linear },
      ],
      tieWordEmbeddings: false,
      attentionBias: false,
      attentionOutputBias: false,
      mlpBias: false,
      maxPositionEmbeddings: 128,
      eosTokenIds: [2],
      dtype: 'bfloat16',
    });
  });

  it('lets rope_parameters and dtype win where both forms stand, and finds theta in any of its places', () => {
    const both = {
      rope_parameters: { rope_theta: 7, rope_type: 'default' },
      rope_scaling: { type: 'linear', factor: 2 },
      rope_theta: 8,
    };
    const config = parseModelConfig({ ...llama, ...both, dtype: 'float16', torch_dtype: 'float32' });
    expect(config.rope).toEqual({ type: 'default', theta: 7 });
    expect(config.dtype).toBe('float16');
    expect(
      parseModelConfig({ ...llama, rope_scaling: { type: 'linear', factor: 2, rope_theta: 9 }, rope_theta: 8 }).rope.theta,
    ).toBe(9);
    expect(parseModelConfig({ ...llama, rope_theta: 8, rope_parameters: { rope_type: 'default' } }).rope.theta).toBe(8);
    expect(parseModelConfig(llama).rope).toEqual({ type: 'default', theta: 10000 });
  });

  it('gives each family its biases and default head size', () => {
    const bias = { attention_bias: true, mlp_bias: true };
    const has = (json: Json): unknown[] => {
      const { attentionBias, attentionOutputBias, mlpBias, headDim } = parseModelConfig(json);
      return [attentionBias, attentionOutputBias, mlpBias, headDim];
    };
    expect(has({ ...llama, ...bias })).toEqual([true, true, true, 8]);
    expect(has(qwen2)).toEqual([true, false, false, 8]);
    expect(has({ ...qwen2, ...bias })).toEqual([true, false, false, 8]);
    expect(has(qwen3)).toEqual([false, false, false, 128]);
    expect(has({ ...qwen3, ...bias, head_dim: 16 })).toEqual([true, true, false, 16]);
  });

  it('gives SmolLM3 layers without a rotation: every fourth, every n-th, or those that are listed', () => {
    const rotated = (json: Json): number[] => parseModelConfig(json).layers.map(({ rope }) => Number(rope !== null));
    expect(rotated(smollm3)).toEqual([1, 1, 1, 0, 1]);
    expect(rotated({ ...smollm3, no_rope_layer_interval: 2 })).toEqual([1, 0, 1, 0, 1]);
    expect(rotated({ ...smollm3, no_rope_layers: [0, 1, 1, 0, 0, 1] })).toEqual([0, 1, 1, 0, 0]);
    expect(parseModelConfig(smollm3)).toMatchObject({
      tieWordEmbeddings: true,
      rope: { type: 'default', theta: 2e6 },
      attentionScale: 1 / Math.sqrt(8),
    });
  });

  it('gives Gemma 3 windows with a rope of their own, from both forms of the file', () => {
    const local = { window: 512, rope: { type: 'default', theta: 10000 } };
    const global = { window: null, rope: { type: 'linear', theta: 1e6, factor: 8 } };
    const four = parseModelConfig({ ...gemma3, rope_scaling: { rope_type: 'linear', factor: 8 } });
    expect(four.layers).toEqual([local, local, local, local, local, global, local]);
    expect(four).toMatchObject({ headDim: 256, attentionScale: 1 / 16, tieWordEmbeddings: true, maxPositionEmbeddings: 128 });
    const ropes = {
      full_attention: { rope_type: 'linear', factor: 8, rope_theta: 1e6 },
      sliding_attention: { rope_type: 'default', rope_theta: 10000 },
    };
    expect(parseModelConfig({ ...gemma3, rope_parameters: ropes })).toEqual(four);
    const other = { sliding_window_pattern: 2, rope_local_base_freq: 77, query_pre_attn_scalar: 64 };
    const { layers, attentionScale } = parseModelConfig({ ...gemma3, ...other });
    expect(layers.map(({ window }) => window)).toEqual([512, null, 512, null, 512, null, 512]);
    expect(layers[0]!.rope).toEqual({ type: 'default', theta: 77 });
    expect(attentionScale).toBe(1 / 8);
    const types = ['full_attention', ...new Array<string>(6).fill('sliding_attention')];
    expect(parseModelConfig({ ...gemma3, layer_types: types }).layers.map(({ window }) => window !== null)).toEqual(
      types.map((type) => type !== 'full_attention'),
    );
  });

  it('takes every form of token ids', () => {
    expect(parseModelConfig({ ...llama, eos_token_id: [2, 5], pad_token_id: 0, bos_token_id: null })).toMatchObject({
      eosTokenIds: [2, 5],
      padTokenId: 0,
    });
    expect(parseModelConfig({ ...llama, eos_token_id: null, pad_token_id: -1 })).toMatchObject({ eosTokenIds: [] });
    expect(parseModelConfig({ ...llama, pad_token_id: -1 })).not.toHaveProperty('padTokenId');
  });

  it('takes sliding windows that are off', () => {
    expect(() => parseModelConfig({ ...qwen2, use_sliding_window: false, sliding_window: 4096 })).not.toThrow();
    expect(() =>
      parseModelConfig({ ...qwen2, use_sliding_window: true, sliding_window: 4096, max_window_layers: 2 }),
    ).not.toThrow();
  });

  it.each<[string, Json, RegExp]>([
    [
      'another architecture',
      { ...llama, architectures: ['MistralForCausalLM'], model_type: 'mistral' },
      /LlamaForCausalLM, Qwen2ForCausalLM, .*, Gemma3ForCausalLM for architectures, got "MistralForCausalLM"/,
    ],
    [
      'another head',
      { ...llama, architectures: ['LlamaForSequenceClassification'] },
      /architectures, got "LlamaForSequenceClassification"/,
    ],
    ['no architecture', { vocab_size: 5 }, /architectures/],
    [
      'a sliding window',
      { ...qwen2, use_sliding_window: true, sliding_window: 64, max_window_layers: 1 },
      /sliding_window, got 64/,
    ],
    [
      'layers with a sliding window',
      { ...qwen3, layer_types: ['full_attention', 'sliding_attention'] },
      /layer_types, got "sliding_attention"/,
    ],
    [
      'a rope type',
      { ...llama, rope_scaling: { type: 'dynamic', factor: 2 } },
      /default, linear, llama3, yarn for rope_scaling\.rope_type, got "dynamic"/,
    ],
    ['rope by layer type', { ...qwen3, rope_parameters: { full_attention: { rope_theta: 1 } } }, /rope_parameters/],
    ['a partial rotation', { ...llama, partial_rotary_factor: 0.5 }, /partial_rotary_factor, got 0\.5/],
    ['quantisation', { ...llama, quantization_config: { bits: 4 } }, /quantization_config/],
    ['an activation', { ...llama, hidden_act: 'gelu' }, /silu for hidden_act, got "gelu"/],
    ['tensor parallelism of pretraining', { ...llama, pretraining_tp: 2 }, /pretraining_tp/],
    ['experts', { ...llama, num_local_experts: 8 }, /num_local_experts/],
    ['windows of SmolLM3', { ...smollm3, use_sliding_window: true, sliding_window: 64 }, /sliding_window, got 64/],
    ['soft caps', { ...gemma3, final_logit_softcapping: 30 }, /none for final_logit_softcapping, got 30/],
    ['another activation', { ...gemma3, hidden_activation: 'gelu' }, /gelu_pytorch_tanh for hidden_activation, got "gelu"/],
    ['attention to both sides', { ...gemma3, use_bidirectional_attention: true }, /use_bidirectional_attention, got true/],
    [
      'a scaled rope of windows',
      { ...gemma3, rope_parameters: { sliding_attention: { rope_type: 'linear', factor: 2 } } },
      /default for rope_parameters\.sliding_attention\.rope_type, got "linear"/,
    ],
    ['a dtype', { ...llama, dtype: 'float64' }, /dtype, got "float64"/],
  ])('refuses %s by name', (_, json, message) => {
    expect(() => parseModelConfig(json)).toThrow(message);
    expect(() => parseModelConfig(json)).toThrow(expect.objectContaining({ code: 'unsupported' }) as Error);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', [], /folder\/config\.json: expected a JSON object/],
    ['a missing field', { ...llama, hidden_size: undefined }, /hidden_size, got nothing/],
    ['a size that is none', { ...llama, vocab_size: 9.5 }, /vocab_size, got 9\.5/],
    [
      'heads that do not divide',
      { ...llama, num_key_value_heads: 3 },
      /divisor of num_attention_heads \(4\) for num_key_value_heads, got 3/,
    ],
    ['an odd head size', { ...llama, head_dim: 7 }, /even number .* for head_dim, got 7/],
    ['a head size that is no whole number', { ...llama, hidden_size: 33 }, /head_dim, got 8\.25/],
    [
      'a rotation without end',
      { ...llama, rope_scaling: { type: 'linear', factor: 1e-320 } },
      /finite for rope_scaling, got .*"factor":1e-320/,
    ],
    [
      'a rotation of base 1 by YaRN',
      { ...llama, rope_theta: 1, rope_scaling: { type: 'yarn', factor: 4, original_max_position_embeddings: 4096 } },
      /finite for rope_scaling/,
    ],
    ['a rope without its factor', { ...llama, rope_scaling: { type: 'linear' } }, /rope_scaling\.factor, got nothing/],
    [
      'llama3 bounds in the wrong order',
      { ...llama, rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 1 } },
      /high_freq_factor, got 1/,
    ],
    [
      'a layer of an unknown kind',
      { ...gemma3, layer_types: ['chunked_attention'] },
      /full_attention or sliding_attention for each of 7 layers for layer_types, got \["chunked_attention"\]/,
    ],
    ['a token id that is text', { ...llama, eos_token_id: '</s>' }, /eos_token_id, got "<\/s>"/],
    ['a flag that is text', { ...llama, tie_word_embeddings: 'yes' }, /tie_word_embeddings, got "yes"/],
  ])('refuses %s', (_, json, message) => {
    expect(() => parseModelConfig(json, 'folder/config.json')).toThrow(message);
  });
});

describe('writeModelConfig', () => {
  const scaled = {
    rope_type: 'yarn',
    rope_theta: 1e6,
    factor: 4,
    original_max_position_embeddings: 32,
    mscale: 0.7,
    mscale_all_dim: 1,
  };

  it('writes both spellings with the same values and keeps unknown fields', () => {
    const original = {
      ...qwen3,
      head_dim: 16,
      rope_parameters: scaled,
      dtype: 'bfloat16',
      initializer_range: 0.02,
      eos_token_id: [2, 3],
    };
    const config = parseModelConfig(original);
    const written = JSON.parse(writeModelConfig(config, original)) as Json;
    expect(written).toMatchObject({
      initializer_range: 0.02,
      rope_theta: 1e6,
      dtype: 'bfloat16',
      torch_dtype: 'bfloat16',
      eos_token_id: [2, 3],
    });
    expect(written.rope_parameters).toEqual({ ...(written.rope_scaling as Json), rope_theta: 1e6 });
    const without = (...names: string[]): Json =>
      Object.fromEntries(Object.entries(written).filter(([name]) => !names.includes(name)));
    const four = without('rope_parameters', 'dtype');
    const five = without('rope_scaling', 'rope_theta', 'torch_dtype');
    expect(parseModelConfig(four)).toEqual(config);
    expect(parseModelConfig(five)).toEqual(config);
  });

  it('writes null for the scaling of the default rope', () => {
    expect(JSON.parse(writeModelConfig(parseModelConfig(llama)))).toMatchObject({
      rope_scaling: null,
      rope_theta: 10000,
      rope_parameters: { rope_type: 'default', rope_theta: 10000 },
    });
  });

  const golden = process.env.MGRPO_GOLDEN_DIR ?? path.resolve(import.meta.dirname, '../../../shared/golden');
  const files = [golden, path.resolve(import.meta.dirname, '../golden/data')]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name, 'config.json')))
    .filter((file) => existsSync(file));
  it('changes no golden configuration by writing it', () => {
    for (const file of files) {
      const original = JSON.parse(readFileSync(file, 'utf8')) as Json;
      const config = parseModelConfig(original, file);
      const written = JSON.parse(writeModelConfig(config, original)) as Json;
      expect(parseModelConfig(written)).toEqual(config);
      expect(written).toMatchObject({ ...original, ...(original.rope_parameters ? { rope_parameters: {} } : {}) });
    }
  });
});

describe('ropeFrequencies', () => {
  // Made with ROPE_INIT_FUNCTIONS of transformers 5.23 in f64: some frequencies by index, their sum, the attention scaling.
  const yarn = { rope_type: 'yarn', rope_theta: 10000 };
  it.each<[Json, number, number, number, number, Record<number, number>]>([
    [{ rope_type: 'linear', rope_theta: 10000, factor: 3 }, 8, 64, 1, 0.37033333333333335, { 0: 1 / 3, 3: 1 / 3000 }],
    [
      {
        rope_type: 'llama3',
        rope_theta: 5e5,
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 32,
      },
      8,
      256,
      1,
      1.0048841784315259,
      { 0: 1, 1: 0.004700753866357992, 2: 0.00017677669529663688, 3: 6.647869871181236e-6 },
    ],
    [
      {
        rope_type: 'llama3',
        rope_theta: 5e5,
        factor: 32,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
      64,
      131072,
      1,
      2.9682022978421547,
      { 1: 0.6636012376960885, 16: 0.00042955679655936815, 31: 9.418306725434911e-8 },
    ],
    [
      { ...yarn, rope_theta: 1e6, factor: 4, original_max_position_embeddings: 32 },
      16,
      128,
      1.138629436111989,
      1.0540723012470843,
      { 0: 1, 1: 0.04445698525097307, 4: 0.00025, 7: 1.4058533129758728e-6 },
    ],
    [
      { ...yarn, rope_theta: 1e6, factor: 4, original_max_position_embeddings: 32768 },
      128,
      32768,
      1.138629436111989,
      5.144034721740072,
      { 1: 0.8058421877614819, 32: 0.0006029411764705882, 63: 3.102344401879299e-7 },
    ],
    [
      { ...yarn, factor: 2.5 },
      64,
      4096,
      1.0916290731874154,
      3.967771643462413,
      { 16: 0.007230769230769231, 31: 5.334085728653296e-5 },
    ],
    [
      { ...yarn, factor: 16, original_max_position_embeddings: 2048, beta_fast: 20, beta_slow: 2, truncate: false },
      64,
      4096,
      1.2772588722239782,
      3.919995783308917,
      { 16: 0.002613625827640907, 24: 6.25e-5 },
    ],
    [
      { ...yarn, factor: 40, original_max_position_embeddings: 4096, mscale: 0.707, mscale_all_dim: 1 },
      64,
      4096,
      0.9210423553163399,
      3.9489362740786853,
      { 16: 0.0055, 31: 3.33380358040831e-6 },
    ],
    [
      { ...yarn, factor: 8, original_max_position_embeddings: 512, attention_factor: 1.25 },
      32,
      4096,
      1.25,
      2.082160428137538,
      { 8: 0.00125 },
    ],
    [
      { ...yarn, factor: null, original_max_position_embeddings: 512 },
      32,
      4096,
      1.2079441541679836,
      2.082160428137538,
      { 8: 0.00125 },
    ],
    [{ ...yarn, factor: 2, original_max_position_embeddings: 7 }, 4, 64, 1.0693147180559945, 1.005, { 1: 0.005 }],
  ])('agrees with transformers for %j, head size %i, context %i', (rope, headDim, context, scaling, sum, frequencies) => {
    const config = parseModelConfig({ ...llama, head_dim: headDim, max_position_embeddings: context, rope_parameters: rope });
    const { invFreq, attentionScaling } = ropeFrequencies(config.rope, headDim);
    expect(invFreq).toHaveLength(headDim / 2);
    expect(attentionScaling).toBeCloseTo(scaling, 14);
    for (const [i, value] of Object.entries(frequencies)) expect(Math.abs(invFreq[Number(i)]! / value - 1)).toBeLessThan(1e-13);
    expect(Math.abs(invFreq.reduce((a, b) => a + b) / sum - 1)).toBeLessThan(1e-13);
  });

  it('is theta to the power of -2i/headDim by default', () => {
    const { invFreq, attentionScaling } = ropeFrequencies({ type: 'default', theta: 1e4 }, 8);
    expect([...invFreq].map((f) => Number(f.toPrecision(12)))).toEqual([1, 0.1, 0.01, 0.001]);
    expect(attentionScaling).toBe(1);
  });
});

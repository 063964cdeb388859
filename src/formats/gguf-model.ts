// A model as the files of llama.cpp hold it: its names of fields and tensors, and the order of rows that its rotation wants.
import { MgrpoError, show } from '../errors.js';
import { ARCHITECTURES } from '../nn/architectures.js';
import type { ModelConfig } from '../nn/model-config.js';
import { ropeFrequencies } from '../nn/rope.js';
import type { FileSink, FileSource } from '../platform/files.js';
import { GGUF_DEFAULT, GGUF_TYPES, type GgufDType } from '../numbers/weights.js';
import { tokenizerMetadata } from './gguf-tokenizer.js';
import { writeGguf, type GgufTensor, type GgufValue } from './gguf.js';
import { readMerged, type MergedTensor } from './merge.js';

/** Names of modules, ours and theirs. */
const MODULES: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
};

/** What is exported. */
export interface GgufOptions {
  /** Format of the matrices (default: half precision, which also stands in where rows are no whole blocks); vectors are f32. */
  readonly dtype?: GgufDType;
  /** Folder of an adapter in PEFT layout, which is merged in. */
  readonly adapter?: FileSource | undefined;
  /** What the model is called. Default: its folder. */
  readonly name?: string;
}

/**
 * Writes a model folder as one GGUF file that llama.cpp opens.
 * @throws MgrpoError `unsupported` naming the family, rotation or tokenizer that llama.cpp computes otherwise
 */
export async function exportGguf(files: FileSource, sink: FileSink, path: string, options: GgufOptions = {}): Promise<void> {
  const { dtype = GGUF_DEFAULT, adapter, name = files.name } = options;
  const { config, tensors } = await readMerged(files, adapter);
  const pairs = ARCHITECTURES[config.architecture].ggufPairs;
  if (pairs === null) {
    const written = Object.entries(ARCHITECTURES).flatMap(([type, row]) => (row.ggufPairs === null ? [] : [type]));
    throw refused(files, 'model_type', `one of ${written.join(', ')}`, config.architecture);
  }
  const metadata = {
    'general.architecture': { text: config.architecture },
    'general.name': { text: name },
    'general.file_type': { u32: GGUF_TYPES[dtype].fileType },
    'general.quantization_version': { u32: 2 },
    ...modelMetadata(config, files),
    ...(await tokenizerMetadata(files, config)),
  };
  await writeGguf(sink, path, metadata, [
    ...ropeFactors(config),
    ...tensors
      .filter(({ name: tensor }) => !(config.tieWordEmbeddings && tensor === 'lm_head.weight'))
      .map((tensor) => ggufTensor(tensor, config, dtype, pairs === 'neighbours')),
  ]);
}

function modelMetadata(config: ModelConfig, files: FileSource): Record<string, GgufValue> {
  const { architecture, headDim, rope } = config;
  if (Math.abs(config.attentionScale * Math.sqrt(headDim) - 1) > 1e-6)
    throw refused(files, 'query_pre_attn_scalar', `${headDim}, the size of a head`, config.attentionScale ** -2);
  if (ARCHITECTURES[architecture].skipsRotation && config.layers.some((layer, i) => (layer.rope === null) !== (i % 4 === 3)))
    throw refused(files, 'no_rope_layers', 'a rotation in all layers but each fourth', 'others');
  const own: Record<string, GgufValue> = {
    vocab_size: { u32: config.vocabSize },
    block_count: { u32: config.numLayers },
    context_length: { u32: config.maxPositionEmbeddings },
    embedding_length: { u32: config.hiddenSize },
    feed_forward_length: { u32: config.intermediateSize },
    'attention.head_count': { u32: config.numHeads },
    'attention.head_count_kv': { u32: config.numKvHeads },
    'attention.key_length': { u32: headDim },
    'attention.value_length': { u32: headDim },
    'attention.layer_norm_rms_epsilon': { f32: config.rmsNormEps },
    'rope.dimension_count': { u32: headDim },
    'rope.freq_base': { f32: rope.theta },
  };
  if (rope.type === 'linear')
    Object.assign(own, { 'rope.scaling.type': { text: 'linear' }, 'rope.scaling.factor': { f32: rope.factor } });
  if (rope.type === 'yarn') throw refused(files, 'rope_type', 'default, linear or llama3', rope.type);
  return Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value]));
}

/** Of Llama 3's rotation: what each frequency is divided by. */
function ropeFactors({ rope, headDim }: ModelConfig): GgufTensor[] {
  if (rope.type !== 'llama3') return [];
  const plain = ropeFrequencies({ type: 'default', theta: rope.theta }, headDim).invFreq;
  const scaled = ropeFrequencies(rope, headDim).invFreq;
  const factors = Float32Array.from(plain, (frequency, i) => frequency / scaled[i]!);
  return [{ name: 'rope_freqs.weight', shape: [headDim / 2], dtype: 'f32', read: () => Promise.resolve(factors) }];
}

function ggufTensor(
  { name, shape, read }: MergedTensor,
  config: ModelConfig,
  dtype: GgufDType,
  pairsNeighbours: boolean,
): GgufTensor {
  const [, layer, module = '', kind = ''] = /^(?:model\.layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? [];
  const theirs = MODULES[module];
  if (theirs === undefined)
    throw new MgrpoError(
      'unsupported',
      `export: expected tensors of a decoder, got ${show(name)}; leave it out of the model's files`,
    );
  const heads = module.endsWith('q_proj') ? config.numHeads : module.endsWith('k_proj') ? config.numKvHeads : null;
  const isVector = shape.length < 2;
  return {
    name: `${layer === undefined ? '' : `blk.${layer}.`}${theirs}.${kind}`,
    shape,
    dtype: isVector ? 'f32' : shape.at(-1)! % GGUF_TYPES[dtype].group === 0 ? dtype : GGUF_DEFAULT,
    read: pairsNeighbours && heads !== null ? async () => neighbouring(await read(), heads, config.headDim) : read,
  };
}

/** Rows of each head in the order 0, d/2, 1, d/2 + 1, …: what lay in the two halves of a head then lies side by side. */
function neighbouring(values: Float32Array, heads: number, headDim: number): Float32Array {
  const out = new Float32Array(values.length);
  const width = values.length / (heads * headDim);
  for (let row = 0; row < heads * headDim; row++) {
    const i = row % headDim;
    const from = row - i + (i % 2) * (headDim / 2) + Math.floor(i / 2);
    out.set(values.subarray(from * width, (from + 1) * width), row * width);
  }
  return out;
}

function refused(files: FileSource, field: string, rule: string, got: unknown): MgrpoError {
  return new MgrpoError(
    'unsupported',
    `${files.name}/config.json: expected ${rule} for ${field}, got ${show(got)}, which llama.cpp computes otherwise; ` +
      'use the model in its own layout',
  );
}

// config.json of Hugging Face models, both ways: what transformers 4 and 5 write is read, and what is written both read.
// What a family's files say is in the family's row (nn/architectures.ts).
import { MgrpoError, show } from '../errors.js';
import { ARCHITECTURES, type Architecture, type ArchitectureRow, type BiasRule } from '../nn/architectures.js';
import type { LayerAttention, ModelConfig } from '../nn/model-config.js';
import { ropeFrequencies, type RopeConfig } from '../nn/rope.js';
import type { Activation } from '../ops/glu.js';

const ROPE_TYPES = ['default', 'linear', 'llama3', 'yarn'] as const;
const [FULL, SLIDING] = ['full_attention', 'sliding_attention'];
const DTYPES = ['float32', 'bfloat16', 'float16'] as const;

/** transformers' names of an activation; the first is written. */
const ACTIVATION_NAMES: Readonly<Record<Activation, readonly [string, ...string[]]>> = {
  silu: ['silu', 'swish'],
  gelu_tanh: ['gelu_pytorch_tanh'],
};

type Json = Record<string, unknown>;

/** Layers of a model, at most: each is made before the weights are looked at. */
const MOST_LAYERS = 10_000;

/**
 * Reads a `config.json` as transformers 4 or 5 writes it. Where both forms stand, `rope_parameters` and `dtype` win.
 *
 * @param json the parsed file
 * @param where what messages call it
 * @throws unsupported naming a field that this package does not compute, and what it does; bad_file for values that cannot be
 */
export function parseModelConfig(json: unknown, where: string = 'config.json'): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new MgrpoError('bad_file', `${where}: expected a JSON object, got ${show(json)}; fetch the file again`);
  }
  const raw = json as Json;
  const field = new Fields(raw, where);
  const architecture = readArchitecture(field);
  const row = ARCHITECTURES[architecture];
  const { defaults } = row;
  refuseUnsupported(field, row);

  const vocabSize = field.count('vocab_size');
  const hiddenSize = field.count('hidden_size');
  const intermediateSize = field.count('intermediate_size');
  const numLayers = field.count('num_hidden_layers');
  if (numLayers > MOST_LAYERS) throw field.bad('num_hidden_layers', `a whole number up to ${MOST_LAYERS}`, numLayers);
  const numHeads = field.count('num_attention_heads');
  const numKvHeads = field.count('num_key_value_heads', defaults.numKvHeads ?? numHeads);
  const headDim = field.count('head_dim', defaults.headDim ?? hiddenSize / numHeads);
  const maxPositionEmbeddings = field.count('max_position_embeddings', defaults.maxPositionEmbeddings);
  if (numHeads % numKvHeads !== 0) {
    throw field.bad('num_key_value_heads', `a divisor of num_attention_heads (${numHeads})`, numKvHeads);
  }
  if (headDim % 2 !== 0) throw field.bad('head_dim', 'an even number (the rotation works on pairs)', headDim);

  const bias = (rule: BiasRule): boolean => (typeof rule === 'string' ? field.flag(rule, false) : rule);
  const rope = readRope(field, row, maxPositionEmbeddings);
  const bosTokenId = field.tokenIds('bos_token_id')[0];
  const padTokenId = field.tokenIds('pad_token_id')[0];
  return {
    architecture,
    vocabSize,
    hiddenSize,
    intermediateSize,
    numLayers,
    numHeads,
    numKvHeads,
    headDim,
    attentionScale: 1 / Math.sqrt(defaults.queryScalar ? field.positive('query_pre_attn_scalar', defaults.queryScalar) : headDim),
    rmsNormEps: field.positive('rms_norm_eps', 1e-6),
    rope,
    layers: readLayers(field, row, numLayers, rope),
    tieWordEmbeddings: field.flag('tie_word_embeddings', defaults.tieWordEmbeddings ?? false),
    attentionBias: bias(row.attentionBias),
    attentionOutputBias: bias(row.attentionOutputBias),
    mlpBias: bias(row.mlpBias),
    maxPositionEmbeddings,
    eosTokenIds: field.tokenIds('eos_token_id'),
    ...(bosTokenId === undefined ? {} : { bosTokenId }),
    ...(padTokenId === undefined ? {} : { padTokenId }),
    dtype: readDtype(field),
  };
}

/**
 * The text of a `config.json` that transformers 4 and 5 read alike: both spellings of the rope and dtype fields, with the same values.
 *
 * @param original fields of the file that the model came with; those that are unknown here are kept as they are
 */
export function writeModelConfig(config: ModelConfig, original: Readonly<Json> = {}): string {
  const row = ARCHITECTURES[config.architecture];
  const scaling = ropeFields(config.rope);
  const full = { rope_theta: config.rope.theta, ...scaling };
  const eos = config.eosTokenIds;
  const written: Json = {
    ...original,
    architectures: [row.className],
    model_type: config.architecture,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    num_key_value_heads: config.numKvHeads,
    head_dim: config.headDim,
    [row.activationField]: ACTIVATION_NAMES[row.activation][0],
    rms_norm_eps: config.rmsNormEps,
    max_position_embeddings: config.maxPositionEmbeddings,
    tie_word_embeddings: config.tieWordEmbeddings,
    ...flag(row.attentionBias, config.attentionBias),
    ...flag(row.mlpBias, config.mlpBias),
    ...(row.windows === 'refused' && { use_sliding_window: false }),
    ...(row.windows === 'own-rope' && windowFields(config)),
    ...(row.skipsRotation && { no_rope_layers: config.layers.map(({ rope }) => Number(rope !== null)) }),
    bos_token_id: config.bosTokenId ?? null,
    eos_token_id: eos.length > 1 ? eos : (eos[0] ?? null),
    pad_token_id: config.padTokenId ?? null,
    rope_theta: config.rope.theta,
    rope_scaling: config.rope.type === 'default' ? null : scaling,
    rope_parameters: row.windows === 'own-rope' ? { full_attention: full, sliding_attention: localRope(config) } : full,
    dtype: config.dtype,
    torch_dtype: config.dtype,
  };
  return `${JSON.stringify(written, null, 2)}\n`;
}

/** The rotation of layers with a window. */
function localRope({ layers, rope }: ModelConfig): Json {
  const { theta } = layers.find(({ window }) => window !== null)?.rope ?? rope;
  return { rope_type: 'default', rope_theta: theta };
}

/** What a family with windows says of its layers. */
function windowFields(config: ModelConfig): Json {
  const { layers, attentionScale } = config;
  const sliding = layers.find(({ window }) => window !== null);
  return {
    layer_types: layers.map(({ window }) => (window === null ? FULL : SLIDING)),
    query_pre_attn_scalar: Math.round(attentionScale ** -2),
    ...(sliding && { sliding_window: sliding.window, rope_local_base_freq: localRope(config).rope_theta }),
  };
}

function ropeFields(rope: RopeConfig): Json {
  switch (rope.type) {
    case 'default':
      return { rope_type: 'default' };
    case 'linear':
      return { rope_type: 'linear', factor: rope.factor };
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: rope.factor,
        low_freq_factor: rope.lowFreqFactor,
        high_freq_factor: rope.highFreqFactor,
        original_max_position_embeddings: rope.originalMaxPositionEmbeddings,
      };
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: rope.factor,
        original_max_position_embeddings: rope.originalMaxPositionEmbeddings,
        beta_fast: rope.betaFast,
        beta_slow: rope.betaSlow,
        truncate: rope.truncate,
        ...(rope.attentionFactor === undefined ? {} : { attention_factor: rope.attentionFactor }),
        ...(rope.mscale === undefined ? {} : { mscale: rope.mscale }),
        ...(rope.mscaleAllDim === undefined ? {} : { mscale_all_dim: rope.mscaleAllDim }),
      };
  }
}

/** The field that a bias rule names, with its value. */
function flag(rule: BiasRule, value: boolean): Json {
  return typeof rule === 'string' ? { [rule]: value } : {};
}

function readArchitecture(field: Fields): Architecture {
  const rows = Object.entries(ARCHITECTURES) as [Architecture, ArchitectureRow][];
  const named = field.raw.architectures;
  const className = Array.isArray(named) && named.length > 0 ? (named[0] as unknown) : undefined;
  const type = field.raw.model_type ?? rows.find(([, row]) => row.className === className)?.[0];
  const known = rows.find(([name]) => name === type);
  if (!known || (className !== undefined && className !== known[1].className)) {
    const supported = rows.map(([, row]) => row.className).join(', ');
    throw field.unsupported('architectures', `one of ${supported}`, className ?? type ?? 'none named');
  }
  return known[0];
}

function refuseUnsupported(field: Fields, row: ArchitectureRow): void {
  const { raw } = field;
  const activations = ACTIVATION_NAMES[row.activation];
  const activation = raw[row.activationField] ?? activations[0];
  if (!activations.some((name) => name === activation)) throw field.unsupported(row.activationField, activations[0], activation);
  if (raw.quantization_config != null) {
    throw field.unsupported('quantization_config', 'none (weights in F32, F16 or BF16)', raw.quantization_config);
  }
  if (Number(raw.pretraining_tp ?? 1) > 1) throw field.unsupported('pretraining_tp', '1', raw.pretraining_tp);
  for (const name of ['num_experts', 'num_local_experts', 'n_routed_experts']) {
    if (Number(raw[name] ?? 0) > 1) throw field.unsupported(name, 'none (a dense model)', raw[name]);
  }
  if (Number(raw.partial_rotary_factor ?? 1) !== 1)
    throw field.unsupported('partial_rotary_factor', '1', raw.partial_rotary_factor);
  for (const name of ['attn_logit_softcapping', 'final_logit_softcapping', 'use_bidirectional_attention']) {
    if (raw[name] != null && raw[name] !== false) throw field.unsupported(name, 'none', raw[name]);
  }
  if (row.windows === 'refused') refuseWindows(field, row);
}

function refuseWindows(field: Fields, row: ArchitectureRow): void {
  const { raw } = field;
  const layerTypes = raw.layer_types;
  if (Array.isArray(layerTypes)) {
    const other: unknown = layerTypes.find((type) => type !== FULL);
    if (other !== undefined) throw field.unsupported('layer_types', 'full_attention only', other);
  } else if (raw.use_sliding_window === true && raw.sliding_window != null) {
    const fullLayers = Number(raw.max_window_layers ?? (row.skipsRotation ? 0 : 28));
    if (fullLayers < Number(raw.num_hidden_layers)) {
      throw field.unsupported('sliding_window', 'none (use_sliding_window false)', raw.sliding_window);
    }
  }
}

/** How each layer attends; `rope` is the rotation of those without a window. */
function readLayers(field: Fields, row: ArchitectureRow, count: number, rope: RopeConfig): readonly LayerAttention[] {
  const of = (layer: (index: number) => LayerAttention): LayerAttention[] => Array.from({ length: count }, (_, i) => layer(i));
  if (row.skipsRotation) {
    const every = field.count('no_rope_layer_interval', 4);
    const rotated = field.list('no_rope_layers', count, ['0', '1']);
    return of((i) => ({ window: null, rope: (rotated ? rotated[i] === '1' : (i + 1) % every !== 0) ? rope : null }));
  }
  if (row.windows !== 'own-rope') return of(() => ({ window: null, rope }));
  const types = field.list('layer_types', count, [FULL, SLIDING]);
  const every = field.count('sliding_window_pattern', field.count('_sliding_window_pattern', 6));
  const sliding = { window: field.count('sliding_window', 4096), rope: readLocalRope(field) };
  const full = { window: null, rope };
  return of((i) => ((types ? types[i] === SLIDING : (i + 1) % every !== 0) ? sliding : full));
}

/** The rotation of layers with a window: its own base, nothing else. */
function readLocalRope(field: Fields): RopeConfig {
  const given = (field.object('rope_parameters')[SLIDING] ?? {}) as Json;
  const rope = new Fields(
    { rope_type: 'default', ...given, rope_theta: given.rope_theta ?? field.raw.rope_local_base_freq },
    field.where,
    `rope_parameters.${SLIDING}.`,
  );
  if (rope.raw.rope_type !== 'default') throw rope.unsupported('rope_type', 'default', rope.raw.rope_type);
  return { type: 'default', theta: rope.positive('rope_theta', 10000) };
}

function readRope(field: Fields, row: ArchitectureRow, maxPositionEmbeddings: number): RopeConfig {
  const { raw } = field;
  const key = raw.rope_parameters != null ? 'rope_parameters' : 'rope_scaling';
  const given = field.object(key);
  const scaling = row.windows === 'own-rope' && key === 'rope_parameters' ? ((given[FULL] ?? {}) as Json) : given;
  const rope = new Fields(
    { ...scaling, rope_theta: scaling.rope_theta ?? field.object('rope_scaling').rope_theta ?? raw.rope_theta },
    field.where,
    `${key}.`,
  );
  const nested = Object.values(scaling).some((value) => typeof value === 'object' && value !== null);
  if (nested) throw field.unsupported(key, 'one set of values for all layers', scaling);
  if (Number(scaling.partial_rotary_factor ?? 1) !== 1)
    throw rope.unsupported('partial_rotary_factor', '1', scaling.partial_rotary_factor);
  const read = ropeOf(rope, field, row.defaults.ropeTheta ?? 10000, maxPositionEmbeddings);
  const { invFreq, attentionScaling } = ropeFrequencies(read, 128);
  if (![...invFreq, attentionScaling].every(Number.isFinite))
    throw field.bad(key, 'a rotation whose frequencies are finite', { rope_theta: read.theta, ...scaling });
  return read;
}

/** A rotation from its fields. */
function ropeOf(rope: Fields, field: Fields, defaultTheta: number, maxPositionEmbeddings: number): RopeConfig {
  const { raw: scaling } = rope;
  const name = scaling.rope_type ?? scaling.type ?? 'default';
  const type = ROPE_TYPES.find((known) => known === name);
  if (!type) throw rope.unsupported('rope_type', `one of ${ROPE_TYPES.join(', ')}`, name);
  const theta = rope.positive('rope_theta', defaultTheta);
  if (type === 'default') return { type, theta };
  const original = (): number =>
    rope.count('original_max_position_embeddings', field.count('original_max_position_embeddings', maxPositionEmbeddings));
  if (type === 'linear') return { type, theta, factor: rope.positive('factor') };
  if (type === 'llama3') {
    const lowFreqFactor = rope.positive('low_freq_factor');
    const highFreqFactor = rope.positive('high_freq_factor');
    if (highFreqFactor <= lowFreqFactor) {
      throw rope.bad('high_freq_factor', `a number above low_freq_factor (${lowFreqFactor})`, highFreqFactor);
    }
    return {
      type,
      theta,
      factor: rope.positive('factor'),
      lowFreqFactor,
      highFreqFactor,
      originalMaxPositionEmbeddings: original(),
    };
  }
  const originalMaxPositionEmbeddings = original();
  return {
    type,
    theta,
    // As transformers 5: the factor that is written counts, and only without one the ratio of the two lengths.
    factor: rope.positive('factor', maxPositionEmbeddings / originalMaxPositionEmbeddings),
    originalMaxPositionEmbeddings,
    betaFast: rope.positive('beta_fast', 32),
    betaSlow: rope.positive('beta_slow', 1),
    truncate: rope.flag('truncate', true),
    ...(scaling.attention_factor == null ? {} : { attentionFactor: rope.positive('attention_factor') }),
    ...(scaling.mscale ? { mscale: rope.positive('mscale') } : {}),
    ...(scaling.mscale_all_dim ? { mscaleAllDim: rope.positive('mscale_all_dim') } : {}),
  };
}

function readDtype(field: Fields): ModelConfig['dtype'] {
  const given = field.raw.dtype ?? field.raw.torch_dtype ?? 'float32';
  const name = typeof given === 'string' ? given.replace(/^torch\./, '') : given;
  const known = DTYPES.find((dtype) => dtype === name);
  if (!known) throw field.unsupported('dtype', `one of ${DTYPES.join(', ')}`, given);
  return known;
}

/** Reads typed fields of a JSON object; null counts as absent, and messages name the field. */
class Fields {
  readonly raw: Json;
  readonly where: string;
  readonly #prefix: string;

  constructor(raw: Json, where: string, prefix: string = '') {
    this.raw = raw;
    this.where = where;
    this.#prefix = prefix;
  }

  /** A whole number of at least 1. */
  count(name: string, otherwise?: number): number {
    const value = this.raw[name] ?? otherwise;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
      throw this.bad(name, 'a whole number of at least 1', value);
    return value;
  }

  /** A finite number above 0. */
  positive(name: string, otherwise?: number): number {
    const value = this.raw[name] ?? otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) throw this.bad(name, 'a number above 0', value);
    return value;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.raw[name] ?? otherwise;
    if (typeof value !== 'boolean') throw this.bad(name, 'true or false', value);
    return value;
  }

  /** An object; empty where there is none. */
  object(name: string): Json {
    const value = this.raw[name] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw this.bad(name, 'an object or null', value);
    return value as Json;
  }

  /** A list with one of the choices for each of `count` layers, as text, or nothing; more than one per layer are allowed. */
  list(name: string, count: number, choices: readonly string[]): string[] | undefined {
    const value = this.raw[name] ?? undefined;
    if (value === undefined) return undefined;
    const texts = Array.isArray(value) ? value.map(String) : [];
    if (texts.length < count || !texts.every((text) => choices.includes(text)))
      throw this.bad(name, `a list of ${choices.join(' or ')} for each of ${count} layers`, value);
    return texts;
  }

  /** An id, a list of ids, or nothing. */
  tokenIds(name: string): number[] {
    const value = this.raw[name] ?? [];
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    if (!ids.every((id): id is number => typeof id === 'number' && Number.isSafeInteger(id))) {
      throw this.bad(name, 'a token id or a list of them', value);
    }
    // -1 stands for "none" in some older files.
    return ids.filter((id) => id >= 0);
  }

  bad(name: string, rule: string, got: unknown): MgrpoError {
    const value = got === undefined ? 'nothing' : show(got);
    return new MgrpoError(
      'bad_file',
      `${this.where}: expected ${rule} for ${this.#prefix}${name}, got ${value}; correct the file, or fetch the model again`,
    );
  }

  unsupported(name: string, supported: string, got: unknown): MgrpoError {
    return new MgrpoError(
      'unsupported',
      `${this.where}: expected ${supported} for ${this.#prefix}${name}, got ${show(got)}; choose a model that this package computes`,
    );
  }
}

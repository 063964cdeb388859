// The families of decoders that this package computes, one row each. A row holds what the family fixes for all its models, and which fields
// of config.json say the rest; what a single model chooses is in its ModelConfig.
import type { Activation } from '../ops/glu.js';

/** Families by transformers' `model_type`. */
export type Architecture = 'llama' | 'qwen2' | 'qwen3' | 'smollm3' | 'gemma3_text';

/** A bias that all models of the family have, that none has, or that a flag of config.json (default false) switches on. */
export type BiasRule = boolean | string;

/** One family. */
export interface ArchitectureRow {
  /** Name of its class in transformers; the row's key is `model_type`. */
  readonly className: string;
  /** Names of a layer's norms over the residual stream. Those at the outputs, before the residual sum, may be missing. */
  readonly norms: {
    readonly attentionIn: string;
    readonly attentionOut: string | null;
    readonly mlpIn: string;
    readonly mlpOut: string | null;
  };
  /** Norms multiply by 1 + w, and a new w is 0. */
  readonly unitOffset: boolean;
  /** Embeddings are multiplied by √hidden. */
  readonly scaledEmbedding: boolean;
  /** RMSNorm over each head of q and k, before the rotation. */
  readonly qkNorm: boolean;
  /** Of the MLP's gate. */
  readonly activation: Activation;
  /** Field of config.json that names the activation. */
  readonly activationField: 'hidden_act' | 'hidden_activation';
  /** Bias of q_proj, k_proj and v_proj. */
  readonly attentionBias: BiasRule;
  /** Bias of o_proj. */
  readonly attentionOutputBias: BiasRule;
  /** Bias of gate_proj, up_proj and down_proj. */
  readonly mlpBias: BiasRule;
  /** Layers with a sliding window: the family knows none, a model that has some is refused, or they have a rope of their own. */
  readonly windows: 'none' | 'refused' | 'own-rope';
  /** Some layers have no rotation: those with 0 in `no_rope_layers`, or every `no_rope_layer_interval`-th. */
  readonly skipsRotation: boolean;
  /** Which elements of a head llama.cpp rotates together: neighbours, or those of its halves, as transformers; null: its files are not written. */
  readonly ggufPairs: 'neighbours' | 'halves' | null;
  /** transformers' defaults for fields that config.json may leave out; without a number: as many as heads, and hidden size / heads. */
  readonly defaults: {
    readonly maxPositionEmbeddings: number;
    readonly numKvHeads?: number;
    readonly headDim?: number;
    readonly ropeTheta?: number;
    readonly tieWordEmbeddings?: boolean;
    /** Of `query_pre_attn_scalar`, whose root scores are divided by; families without it take the head size. */
    readonly queryScalar?: number;
  };
}

const PRE_NORMS = {
  attentionIn: 'input_layernorm',
  attentionOut: null,
  mlpIn: 'post_attention_layernorm',
  mlpOut: null,
} as const;

/** What most families have in common. */
const LLAMA = {
  norms: PRE_NORMS,
  unitOffset: false,
  scaledEmbedding: false,
  qkNorm: false,
  activation: 'silu',
  activationField: 'hidden_act',
  attentionBias: 'attention_bias',
  attentionOutputBias: 'attention_bias',
  mlpBias: 'mlp_bias',
  windows: 'refused',
  skipsRotation: false,
  ggufPairs: 'neighbours',
} as const;

/** The row of every family. */
export const ARCHITECTURES: Readonly<Record<Architecture, ArchitectureRow>> = {
  llama: {
    ...LLAMA,
    className: 'LlamaForCausalLM',
    windows: 'none',
    defaults: { maxPositionEmbeddings: 2048 },
  },
  qwen2: {
    ...LLAMA,
    className: 'Qwen2ForCausalLM',
    ggufPairs: 'halves',
    attentionBias: true,
    attentionOutputBias: false,
    mlpBias: false,
    defaults: { maxPositionEmbeddings: 32768, numKvHeads: 32 },
  },
  qwen3: {
    ...LLAMA,
    className: 'Qwen3ForCausalLM',
    ggufPairs: 'halves',
    qkNorm: true,
    mlpBias: false,
    defaults: { maxPositionEmbeddings: 32768, numKvHeads: 32, headDim: 128 },
  },
  smollm3: {
    ...LLAMA,
    className: 'SmolLM3ForCausalLM',
    skipsRotation: true,
    defaults: { maxPositionEmbeddings: 32768, numKvHeads: 4, ropeTheta: 2e6, tieWordEmbeddings: true },
  },
  gemma3_text: {
    ...LLAMA,
    className: 'Gemma3ForCausalLM',
    ggufPairs: null,
    norms: {
      attentionIn: 'input_layernorm',
      attentionOut: 'post_attention_layernorm',
      mlpIn: 'pre_feedforward_layernorm',
      mlpOut: 'post_feedforward_layernorm',
    },
    unitOffset: true,
    scaledEmbedding: true,
    qkNorm: true,
    activation: 'gelu_tanh',
    activationField: 'hidden_activation',
    mlpBias: false,
    windows: 'own-rope',
    defaults: {
      maxPositionEmbeddings: 131072,
      numKvHeads: 4,
      headDim: 256,
      queryScalar: 256,
      ropeTheta: 1e6,
      tieWordEmbeddings: true,
    },
  },
};

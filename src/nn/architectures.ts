// The families of decoders that this package computes, one row each. A row holds what the family fixes for all its models, and which fields
// of config.json say the rest; what a single model chooses is in its ModelConfig.

/** Families by transformers' `model_type`. */
export type Architecture = 'llama' | 'qwen2' | 'qwen3';

/** Gate of the MLP: y = activation(gate) · up. */
export type Activation = 'silu';

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
  /** RMSNorm over each head of q and k, before the rotation. */
  readonly qkNorm: boolean;
  readonly activation: Activation;
  /** Bias of q_proj, k_proj and v_proj. */
  readonly attentionBias: BiasRule;
  /** Bias of o_proj. */
  readonly attentionOutputBias: BiasRule;
  /** Bias of gate_proj, up_proj and down_proj. */
  readonly mlpBias: BiasRule;
  /** Layers with a sliding window: the family knows none, or a model that has some is refused. */
  readonly windows: 'none' | 'refused';
  /** transformers' defaults for fields that config.json may leave out; without a number: as many as heads, and hidden size / heads. */
  readonly defaults: { readonly maxPositionEmbeddings: number; readonly numKvHeads?: number; readonly headDim?: number };
}

const PRE_NORMS = {
  attentionIn: 'input_layernorm',
  attentionOut: null,
  mlpIn: 'post_attention_layernorm',
  mlpOut: null,
} as const;

/** The row of every family. */
export const ARCHITECTURES: Readonly<Record<Architecture, ArchitectureRow>> = {
  llama: {
    className: 'LlamaForCausalLM',
    norms: PRE_NORMS,
    qkNorm: false,
    activation: 'silu',
    attentionBias: 'attention_bias',
    attentionOutputBias: 'attention_bias',
    mlpBias: 'mlp_bias',
    windows: 'none',
    defaults: { maxPositionEmbeddings: 2048 },
  },
  qwen2: {
    className: 'Qwen2ForCausalLM',
    norms: PRE_NORMS,
    qkNorm: false,
    activation: 'silu',
    attentionBias: true,
    attentionOutputBias: false,
    mlpBias: false,
    windows: 'refused',
    defaults: { maxPositionEmbeddings: 32768, numKvHeads: 32 },
  },
  qwen3: {
    className: 'Qwen3ForCausalLM',
    norms: PRE_NORMS,
    qkNorm: true,
    activation: 'silu',
    attentionBias: 'attention_bias',
    attentionOutputBias: 'attention_bias',
    mlpBias: false,
    windows: 'refused',
    defaults: { maxPositionEmbeddings: 32768, numKvHeads: 32, headDim: 128 },
  },
};

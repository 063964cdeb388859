// What a decoder needs to know of a model, whatever file it came from. Files are read and written in formats/.
import type { Architecture } from './architectures.js';
import type { RopeConfig } from './rope.js';

/** How one layer attends. */
export interface LayerAttention {
  /** How many of the last positions a token sees, itself included; null: all. */
  readonly window: number | null;
  /** Rotation of queries and keys; null: none (a NoPE layer). */
  readonly rope: RopeConfig | null;
}

/** A decoder-only model. Dropout is no part of it: training here uses none. What its family fixes is in its {@link Architecture}'s row. */
export interface ModelConfig {
  readonly architecture: Architecture;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** Key/value heads; divides `numHeads`. */
  readonly numKvHeads: number;
  /** Even. */
  readonly headDim: number;
  /** Factor of q·k, usually headDim^(−1/2). */
  readonly attentionScale: number;
  readonly rmsNormEps: number;
  /** The rotation of layers without a window. */
  readonly rope: RopeConfig;
  /** One entry per layer. */
  readonly layers: readonly LayerAttention[];
  /** The output head is the embedding matrix. */
  readonly tieWordEmbeddings: boolean;
  /** Bias of q_proj, k_proj and v_proj. */
  readonly attentionBias: boolean;
  /** Bias of o_proj. */
  readonly attentionOutputBias: boolean;
  /** Bias of gate_proj, up_proj and down_proj. */
  readonly mlpBias: boolean;
  readonly maxPositionEmbeddings: number;
  /** Ids that end a text, as config.json gives them (may be empty; generation_config.json and the tokenizer can name more). */
  readonly eosTokenIds: readonly number[];
  readonly bosTokenId?: number;
  readonly padTokenId?: number;
  /** Number type of the stored weights. */
  readonly dtype: 'float32' | 'bfloat16' | 'float16';
}

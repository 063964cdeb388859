// The walk over the layers of a decoder-only transformer: forward over packed sequences, backward by hand in reverse order, and the steps of
// cached decoding. What a layer computes is in blocks/; what a family of models does differently is in architectures.ts.
import { check } from '../errors.js';
import type { KvCacheFormat } from '../numbers/kv-cache.js';
import type { Device, Recorder } from '../ops/device.js';
import type { Tensor } from '../ops/tensor.js';
import { attention, decodeAttention, stepAttention } from '../ops/attention.js';
import { kvStore } from '../ops/kv.js';
import { upload, type DeviceBatch, type PackedBatch } from './batch.js';
import {
  attentionShape,
  attentionValues,
  rotate,
  selfAttention,
  selfAttentionBackward,
  type Attend,
  type AttentionValues,
} from './blocks/attention.js';
import { embeddingPlan, embedTokens, embedTokensBackward } from './blocks/embedding.js';
import { decodeLogits, gather, logits, score, scoreBackward, type Scores, type Targets } from './blocks/head.js';
import type { LayerPass, Make } from './blocks/layer.js';
import { mlp, mlpBackward, mlpValues, type MlpValues } from './blocks/mlp.js';
import { ForwardState } from './forward-state.js';
import { Leases } from './leases.js';
import type { OnLayer } from './look.js';
import type { Lora } from './lora.js';
import type { ModelConfig } from './model-config.js';
import { Network } from './network.js';
import type { Parameters } from './parameters.js';
import type { Pool } from '../ops/pool.js';
import { Rotations } from './rotation.js';

/** Keys and values of a cache: one [rows, kvHeads, headDim] per layer, all f32 or all f16. */
export interface KvTensors {
  readonly k: readonly Tensor[];
  readonly v: readonly Tensor[];
}

/** Where keys and values of a forward pass are kept for decoding. */
export interface KvTarget extends KvTensors {
  /** u32[T] cache row of each token; 0xffffffff keeps none. */
  readonly cacheRow: Tensor;
}

/** Tokens that attend to cached keys and values, one per slot; B = count. */
export interface CachedTokens extends KvTensors {
  readonly count: number;
  /** u32[B] token that each slot feeds in, its position, the cache row it is stored in, and how many positions it attends to (0: idle). */
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly cacheRow: Tensor;
  readonly contextLength: Tensor;
  /** u32[B, maxContext] cache row of every position. */
  readonly kvIndex: Tensor;
  readonly maxContext: number;
}

/** Settings of a {@link Decoder}. */
export interface DecoderOptions {
  /** How caches of its keys and values keep their numbers (default f32). */
  readonly kvCacheDtype?: KvCacheFormat | undefined;
  /** Keep only the residual stream between layers and compute each layer again in the backward pass (default true). */
  readonly gradientCheckpointing?: boolean;
  /** Upper bound in bytes of the logits held at a time (default 64 MiB). */
  readonly maxLogitBytes?: number;
}

/** Settings of {@link Decoder.forward}. */
export interface ForwardOptions {
  /** Keep what {@link Decoder.backward} needs (default false). */
  readonly keep?: boolean;
  /** Compute with the LoRA, where the decoder has one (default true). */
  readonly lora?: boolean;
  /** Store keys and values for decoding. */
  readonly kv?: KvTarget;
  /** Looks into each layer; see look.ts. */
  readonly onLayer?: OnLayer;
}

/** Values of both halves of a layer. */
interface LayerValues {
  readonly attention: AttentionValues;
  readonly mlp: MlpValues;
}

/** A decoder-only transformer. All activations are f32. */
export class Decoder {
  readonly device: Device;
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  /** Low-rank factors on its linear modules, if it has some. */
  readonly lora: Lora | undefined;
  /** Memory of passes and of sampling, between their owners. */
  readonly leases: Leases;
  readonly #options: DecoderOptions;
  readonly #rotations: Rotations;
  readonly #net: Network;
  readonly #base: Network;

  constructor(config: ModelConfig, parameters: Parameters, lora?: Lora, options: DecoderOptions = {}) {
    this.device = parameters.device;
    this.config = config;
    this.parameters = parameters;
    this.lora = lora;
    this.leases = new Leases(this.device);
    this.#options = options;
    this.#rotations = new Rotations(this.device, config.headDim);
    this.#net = new Network(config, parameters, lora, lora !== undefined);
    this.#base = lora ? new Network(config, parameters, undefined, true) : this.#net;
  }

  /** How caches of its keys and values keep their numbers. */
  get kvCacheDtype(): KvCacheFormat {
    return this.#options.kvCacheDtype ?? 'f32';
  }

  /** The parameters that training changes: those of the LoRA if there is one, else the model's. */
  get trained(): Parameters {
    return this.lora?.parameters ?? this.parameters;
  }

  /** The same decoder on a device that only counts; the weights are not counted again. */
  on(device: Device): Decoder {
    const lora = this.lora && { ...this.lora, parameters: this.lora.parameters.on(device) };
    return new Decoder(this.config, this.parameters.on(device), lora, this.#options);
  }

  /** Runs the layers over packed sequences. The caller releases what it gets. */
  forward(rec: Recorder, batch: PackedBatch, options: ForwardOptions = {}): ForwardState {
    const pool = this.leases.take('forward');
    try {
      return this.#forward(rec, batch, options, pool);
    } catch (error) {
      this.leases.give('forward', pool);
      throw error;
    }
  }

  #forward(rec: Recorder, batch: PackedBatch, options: ForwardOptions, pool: Pool): ForwardState {
    const { keep = false, lora = true, kv, onLayer } = options;
    const net = lora ? this.#net : this.#base;
    const device = upload(rec, batch, pool);
    const x = (layer: number): Tensor => pool.get(keep ? `x.${layer}` : 'x', [batch.length, this.config.hiddenSize]);
    embedTokens(rec, net, { ids: device.ids, y: x(0), tokens: batch.length });
    const attend = attendPacked(device, kv);
    for (const pass of this.#passes(rec, net, device.positions, batch.length, batch.longest)) {
      const kept = keep && !this.#recomputes;
      const values = this.#values(pass, x(pass.layer), kept ? pool : undefined, kept);
      const out = x(pass.layer + 1);
      runLayer(pass, values, attend, out);
      onLayer?.(pass, values.attention, out);
    }
    return new ForwardState(this.leases, { batch, device, hidden: x(this.config.numLayers), keep, net, pool });
  }

  /**
   * f32[R, vocab] logits, not divided by a temperature, at rows of a pass (default all). For few rows: they are held whole.
   * They last until the state is released.
   */
  logits(rec: Recorder, state: ForwardState, rows?: Uint32Array<ArrayBuffer>): Tensor {
    const pool = state.lease('logits');
    const count = rows?.length ?? state.batch.length;
    const out = pool.get('logits', [count, this.config.vocabSize]);
    const x = rows ? gather(rec, state.hidden, rows, pool) : state.hidden;
    logits(rec, state.net, { x, rows: count, out, pool });
    return out;
  }

  /** Log-probabilities and entropies of target tokens; logits are never held whole. They last until the state is released. */
  score(rec: Recorder, state: ForwardState, targets: Targets): Scores {
    return score(rec, state.net, state.hidden, targets, { pool: state.lease('score'), ...this.#headOptions });
  }

  /**
   * Adds to the gradients of the trained parameters.
   * @param scores what {@link score} gave for the state
   * @param dLogps f32[R] derivatives of the loss by the log-probabilities
   * @param dEntropies f32[R] likewise by the entropies
   * @throws MgrpoError where the pass kept nothing to go back on, or left out the LoRA that is trained
   */
  backward(
    rec: Recorder,
    state: ForwardState,
    scores: Scores,
    dLogps: Float32Array<ArrayBuffer>,
    dEntropies: Float32Array<ArrayBuffer>,
  ): void {
    const { net, pool, device } = state;
    check(state.keep, 'backward: expected the state of a forward pass with keep: true, got one without; pass keep to forward');
    check(
      net === this.#net,
      'backward: expected a pass with the LoRA that is trained, got one with lora: false; pass lora: true',
    );
    check(state.owns(scores.pool), 'backward: expected scores of this state, got those of another; score the state first');
    // All writes come first: what is recorded from here on runs in one piece, whatever other recorders do.
    const put = (label: string, data: Float32Array<ArrayBuffer>): Tensor => {
      const t = scores.pool.get(label, [scores.count]);
      rec.write(t, data);
      return t;
    };
    const derivatives = { dLogps: put('dLogps', dLogps), dEntropies: put('dEntropies', dEntropies) };
    const plan = embeddingPlan(rec, net, state.batch.ids, pool);
    const tokens = device.length;
    const d = rec.scratch('d', [tokens, this.config.hiddenSize]);
    rec.clear(d);
    scoreBackward(rec, net, scores, { ...derivatives, d, ...this.#headOptions });
    const attend = attendPacked(device);
    const passes = [...this.#passes(rec, net, device.positions, tokens, state.batch.longest)];
    for (const pass of passes.reverse()) {
      const x = pool.get(`x.${pass.layer}`, [tokens, this.config.hiddenSize]);
      const values = this.#values(pass, x, this.#recomputes ? undefined : pool, true);
      if (this.#recomputes) runLayer(pass, values, attend);
      mlpBackward(pass, values.mlp, d);
      selfAttentionBackward(pass, values.attention, device, d, pass.layer > 0 || net.trainsEmbedding);
    }
    embedTokensBackward(rec, net, plan, d);
  }

  /** Runs tokens through the layers whose contexts are cached: each attends to its slot's rows, in which those of all are stored first. */
  extend(rec: Recorder, slots: CachedTokens): void {
    this.#extend(rec, slots, attendCached(slots));
  }

  #extend(rec: Recorder, slots: CachedTokens, attend: Attend): Tensor {
    const { count } = slots;
    const x = rec.scratch('x', [count, this.config.hiddenSize]);
    embedTokens(rec, this.#net, { ids: slots.ids, y: x, tokens: count });
    for (const pass of this.#passes(rec, this.#net, slots.positions, count, slots.maxContext)) {
      runLayer(pass, this.#values(pass, x, undefined, false), attend, x);
    }
    return x;
  }

  /**
   * One step of cached decoding, in which no token attends to another's row. `use` gets f32[R, vocab] logits of the slots from `first` on, not
   * divided by a temperature: of all slots, or of as many 64 slots as `maxLogitBytes` allow, in memory that the next ones take over.
   */
  decode(rec: Recorder, slots: CachedTokens, pool: Pool, use: (logits: Tensor, first: number) => void): void {
    const x = this.#extend(rec, slots, attendStep(slots));
    decodeLogits(rec, this.#net, { x, rows: slots.count, pool, ...this.#headOptions }, use);
  }

  /** Frees the weights and all memory of passes that were released. */
  free(): void {
    this.parameters.free();
    this.lora?.parameters.free();
    this.freeTables();
  }

  /** Frees what is not parameters: for a decoder that shares those with another. */
  freeTables(): void {
    this.#rotations.free();
    this.leases.free();
  }

  get #recomputes(): boolean {
    return this.#options.gradientCheckpointing !== false;
  }

  get #headOptions(): { readonly maxLogitBytes: number | undefined } {
    return { maxLogitBytes: this.#options.maxLogitBytes };
  }

  /** The layers in order. @param positions u32[tokens], all below `length` */
  *#passes(rec: Recorder, net: Network, positions: Tensor, tokens: number, length: number): Generator<LayerPass> {
    for (const [layer, attention] of this.config.layers.entries()) {
      const rotation = attention.rope && this.#rotations.get(attention.rope, length);
      yield { rec, net, layer, name: `model.layers.${layer}`, tokens, positions, attention, rotation };
    }
  }

  /** Tensors for the values of a layer: kept in a pool until the backward pass, or shared by all layers one after the other. */
  #values({ rec, net, layer, tokens }: LayerPass, x: Tensor, kept: Pool | undefined, backward: boolean): LayerValues {
    const make: Make = kept
      ? (label, width) => kept.get(`a.${layer}.${label}`, [tokens, width])
      : (label, width) => rec.scratch(`a.${label}`, [tokens, width]);
    const middle = make('xMid', this.config.hiddenSize);
    return { attention: attentionValues(net, x, make), mlp: mlpValues(net, middle, make, backward) };
  }
}

/** x → x + attention(…) → … + mlp(…); without `out` all that the backward pass needs. */
function runLayer(pass: LayerPass, values: LayerValues, attend: Attend, out?: Tensor): void {
  selfAttention(pass, values.attention, attend, values.mlp.x);
  mlp(pass, values.mlp, out);
}

/** Tokens attend to those before them in their own sequence. */
function attendPacked({ seqStart, seqEnd, length }: DeviceBatch, kv?: KvTarget): Attend {
  return (pass, { q, k, v, o, lse }) => {
    rotate(pass, q, k, false);
    const { kvHeads, headDim, ...shape } = attentionShape(pass);
    if (kv) {
      const [kCache, vCache] = [kv.k[pass.layer]!, kv.v[pass.layer]!];
      kvStore(pass.rec, { k, v, kCache, vCache, cacheRow: kv.cacheRow, tokens: length, kvHeads, headDim });
    }
    attention(pass.rec, { q, k, v, o, lse, seqStart, seqEnd, tokens: length, kvHeads, headDim, ...shape });
  };
}

/** Tokens store their keys and values and attend to the rows of their slots. */
function attendCached(slots: CachedTokens): Attend {
  return (pass, { q, k, v, o }) => {
    rotate(pass, q, k, false);
    const { rec, layer } = pass;
    const cached = cachedOf(slots, layer);
    const shape = attentionShape(pass);
    kvStore(rec, { ...shape, ...cached, k, v, cacheRow: slots.cacheRow, tokens: slots.count });
    decodeAttention(rec, { ...shape, ...cached, q, o });
  };
}

/** The same in one operation, where no token attends to the row of another. */
function attendStep(slots: CachedTokens): Attend {
  const { positions, cacheRow } = slots;
  return (pass, { q, k, v, o }) => {
    const { cos, sin } = pass.rotation ?? {};
    const turn = cos && sin && { cos, sin };
    stepAttention(pass.rec, {
      ...attentionShape(pass),
      ...cachedOf(slots, pass.layer),
      ...turn,
      q,
      k,
      v,
      o,
      positions,
      cacheRow,
    });
  };
}

/** The cache of a layer, as attention takes it. */
function cachedOf({ k, v, kvIndex, contextLength, count, maxContext }: CachedTokens, layer: number) {
  return { kCache: k[layer]!, vCache: v[layer]!, kvIndex, contextLength, slots: count, maxContext };
}

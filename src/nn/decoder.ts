import type { Recorder } from '../gpu/recorder.js';
import type { Gpu } from '../gpu/device.js';
import { type Tensor } from '../gpu/tensor.js';
import { attention, attentionBackward, decodeAttention } from '../kernels/attention.js';
import { gatherRows, scatterRowsAdd } from '../kernels/elementwise.js';
import { embed, embedBackward, embedPlan } from '../kernels/embedding.js';
import { headBackward, headForward, headLogits } from '../kernels/head.js';
import { kvStore } from '../kernels/kv.js';
import { columnSum, matmulNN, matmulNT, matmulTN } from '../kernels/matmul.js';
import { rmsNorm, rmsNormBackward } from '../kernels/rmsnorm.js';
import { rope } from '../kernels/rope.js';
import { swiglu, swigluBackward } from '../kernels/swiglu.js';
import { upload, type DeviceBatch, type PackedBatch } from './batch.js';
import type { Lora } from './lora.js';
import { ARCHITECTURES } from './architectures.js';
import type { ModelConfig } from './model-config.js';
import { ropeFrequencies } from './rope.js';
import type { Parameter, Parameters } from './parameters.js';

/** Where keys and values of a forward pass are kept for decoding. */
export interface KvTarget {
  /** One f32[rows, kvHeads, headDim] per layer. */
  readonly k: readonly Tensor[];
  readonly v: readonly Tensor[];
  /** u32[T] cache row of each token; 0xffffffff keeps none. */
  readonly cacheRow: Tensor;
}

/** The slots of a decoding step; B = count. */
export interface DecodeSlots {
  readonly count: number;
  /** u32[B] token that each slot feeds in, its position, the cache row it is stored in, and how many positions it attends to (0: idle). */
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly cacheRow: Tensor;
  readonly contextLength: Tensor;
  /** u32[B, maxContext] cache row of every position. */
  readonly kvIndex: Tensor;
  readonly maxContext: number;
  /** One f32[rows, kvHeads, headDim] per layer. */
  readonly k: readonly Tensor[];
  readonly v: readonly Tensor[];
}

/** Rotation tables f32[length, headDim / 2], times the rope's attention scaling. */
interface Rotations {
  readonly cos: Tensor;
  readonly sin: Tensor;
  /** cos − 1, computed without cancellation. */
  readonly cosLessOne: Tensor;
  readonly length: number;
}

/** How one layer attends: over its own packed batch, or over cached keys and values. */
type Attend = (layer: number, a: Activations) => void;

/** Intermediate values of one layer that its backward pass reads. T = tokens. */
interface Activations {
  /** Residual stream at the input and after attention, f32[T, hidden]. */
  readonly x: Tensor;
  readonly xMid: Tensor;
  /** Normalised inputs of attention and MLP, and 1/rms of each row. */
  readonly attnIn: Tensor;
  readonly attnRstd: Tensor;
  readonly mlpIn: Tensor;
  readonly mlpRstd: Tensor;
  /** q and k as attention reads them (normalised, rotated) and, with q/k norm, as projected. */
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly qRaw: Tensor;
  readonly kRaw: Tensor;
  readonly qRstd: Tensor;
  readonly kRstd: Tensor;
  readonly o: Tensor;
  readonly lse: Tensor;
  readonly gate: Tensor;
  readonly up: Tensor;
  readonly act: Tensor;
}

/** What a forward pass leaves behind for the backward pass. */
export interface ForwardState {
  readonly batch: PackedBatch;
  readonly device: DeviceBatch;
  /** f32[T, hidden] after the last layer, before the final norm. */
  readonly hidden: Tensor;
}

/** Log-probabilities of chosen tokens, on the device. */
export interface Scores {
  /** f32[R] log p(target) under softmax(logits / temperature). */
  readonly logps: Tensor;
  /** f32[R] entropy of that distribution in nats. */
  readonly entropies: Tensor;
}

/** Token predictions to score: the model at `rows[i]` predicts `targets[i]`. */
export interface Targets {
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly targets: Uint32Array<ArrayBuffer>;
  /** Logits are divided by it before the softmax. */
  readonly temperature: number;
}

/** Settings of a {@link Decoder}. */
export interface DecoderOptions {
  /** Keep only the residual stream between layers and compute each layer again in the backward pass (default true). */
  readonly gradientCheckpointing?: boolean;
  /** Upper bound in bytes of the logits held at a time (default 64 MiB). */
  readonly maxLogitBytes?: number;
}

/**
 * A decoder-only transformer (Llama, Qwen2, Qwen3): forward over packed sequences, backward by hand in reverse order, and the steps
 * of cached decoding. All activations are f32.
 */
export class Decoder {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  /** The adapter in use; set {@link adapterEnabled} to false to compute with the base alone. */
  readonly lora: Lora | undefined;
  adapterEnabled = true;
  readonly #options: DecoderOptions;
  readonly #scale: number;
  #tables: Rotations | undefined;

  constructor(config: ModelConfig, parameters: Parameters, lora?: Lora, options: DecoderOptions = {}) {
    this.gpu = parameters.gpu;
    this.config = config;
    this.parameters = parameters;
    this.lora = lora;
    this.#options = options;
    this.#scale = 1 / Math.sqrt(config.headDim);
  }

  /** The parameters that training changes: the adapter's if there is one, else the model's. */
  get trained(): Parameters {
    return this.lora?.parameters ?? this.parameters;
  }

  /**
   * Runs the layers over packed sequences.
   * @param keep keep what {@link backward} needs
   * @param kv store keys and values for decoding
   */
  forward(r: Recorder, batch: PackedBatch, keep: boolean, kv?: KvTarget): ForwardState {
    const { config: c } = this;
    const device = upload(r, batch);
    const tokens = batch.length;
    const longest = batch.starts.reduce((n, start, i) => Math.max(n, (batch.starts[i + 1] ?? start) - start), 0);
    this.#extendRotations(longest);
    let x = r.scratch(keep ? 'x.0' : 'x', [tokens, c.hiddenSize]);
    embed(r, {
      table: this.#weight('model.embed_tokens'),
      ids: device.ids,
      y: x,
      tokens,
      vocab: c.vocabSize,
      width: c.hiddenSize,
    });
    const attend = this.#attendPacked(r, device, kv);
    for (let layer = 0; layer < c.numLayers; layer++) {
      const a = this.#activations(r, keep && !this.#recomputes ? `${layer}` : 'shared', x, tokens);
      const out = r.scratch(keep ? `x.${layer + 1}` : 'x', [tokens, c.hiddenSize]);
      this.#layer(r, layer, a, tokens, device.positions, attend, out);
      x = out;
    }
    return { batch, device, hidden: x };
  }

  /** f32[R, vocab] logits at rows of a forward pass, not divided by a temperature. For few rows: they are held whole. */
  logits(r: Recorder, hidden: Tensor, rowCount: number): Tensor {
    const { config: c } = this;
    const out = r.scratch('logits', [rowCount, c.vocabSize]);
    const { normed } = this.#finalNorm(r, hidden, rowCount);
    headLogits(r, { x: normed, w: this.#head, logits: out, rows: rowCount, vocab: c.vocabSize, width: c.hiddenSize });
    return out;
  }

  /** Hidden rows of a forward pass, gathered: f32[R, hidden]. */
  gather(r: Recorder, hidden: Tensor, index: Uint32Array<ArrayBuffer>): Tensor {
    const { hiddenSize } = this.config;
    const device = r.scratch('gather.index', [index.length], 'u32');
    r.write(device, index);
    const out = r.scratch('gather.x', [index.length, hiddenSize]);
    gatherRows(r, { x: hidden, index: device, y: out, rows: index.length, width: hiddenSize });
    return out;
  }

  /** Log-probabilities and entropies of target tokens; logits are never held whole. */
  score(r: Recorder, state: ForwardState, { rows, targets, temperature }: Targets): Scores {
    const count = rows.length;
    const x = this.gather(r, state.hidden, rows);
    const wanted = r.scratch('score.targets', [count], 'u32');
    r.write(wanted, targets);
    const { normed } = this.#finalNorm(r, x, count);
    const [logps, entropies, lse] = [
      r.scratch('score.logps', [count]),
      r.scratch('score.entropies', [count]),
      r.scratch('score.lse', [count]),
    ];
    headForward(r, { x: normed, w: this.#head, targets: wanted, logps, entropies, lse, temperature, ...this.#headShape(count) });
    return { logps, entropies };
  }

  /**
   * Adds to the gradients of the trained parameters, given the loss's derivatives by the scores of the last {@link score} call.
   * @param dLogps f32[R]
   * @param dEntropies f32[R]
   */
  backward(
    r: Recorder,
    state: ForwardState,
    { rows, temperature }: Targets,
    dLogps: Float32Array<ArrayBuffer>,
    dEntropies: Float32Array<ArrayBuffer>,
  ): void {
    const { config: c } = this;
    const count = rows.length;
    const tokens = state.batch.length;
    const upload = (name: string, data: Float32Array<ArrayBuffer>): Tensor => {
      const t = r.scratch(name, [count]);
      r.write(t, data);
      return t;
    };
    const [dl, de] = [upload('score.dLogps', dLogps), upload('score.dEntropies', dEntropies)];
    // The scratch tensors of score() still hold this pass's values.
    const x = r.scratch('gather.x', [count, c.hiddenSize]);
    const normed = r.scratch('final.normed', [count, c.hiddenSize]);
    const rstd = r.scratch('final.rstd', [count]);
    const dNormed = r.scratch('final.dNormed', [count, c.hiddenSize]);
    const dHead = this.#gradient(c.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight');
    headBackward(r, {
      x: normed,
      w: this.#head,
      targets: r.scratch('score.targets', [count], 'u32'),
      lse: r.scratch('score.lse', [count]),
      entropies: r.scratch('score.entropies', [count]),
      dLogps: dl,
      dEntropies: de,
      dx: dNormed,
      ...(dHead && { dw: dHead }),
      temperature,
      ...this.#headShape(count),
    });
    const dGathered = r.scratch('final.dx', [count, c.hiddenSize]);
    this.#normBackward(r, 'model.norm', { x, rstd, dy: dNormed, dx: dGathered, rows: count, width: c.hiddenSize });
    const d = r.scratch('d', [tokens, c.hiddenSize]);
    r.clear(d);
    const index = r.scratch('gather.index', [count], 'u32');
    scatterRowsAdd(r, { x: dGathered, index, y: d, rows: count, width: c.hiddenSize });
    const attend = this.#attendPacked(r, state.device);
    for (let layer = c.numLayers - 1; layer >= 0; layer--) {
      const x = r.scratch(`x.${layer}`, [tokens, c.hiddenSize]);
      const a = this.#activations(r, this.#recomputes ? 'shared' : `${layer}`, x, tokens);
      if (this.#recomputes) this.#layer(r, layer, a, tokens, state.device.positions, attend);
      this.#layerBackward(r, layer, a, state.device, d);
    }
    const dTable = this.#gradient('model.embed_tokens.weight');
    if (dTable) {
      // transformers' models look the padding token up without a gradient, also where it ends the turns of a chat (SmolLM2).
      const plan = embedPlan(state.batch.ids, c.padTokenId);
      const put = (name: string, data: Uint32Array<ArrayBuffer>): Tensor => {
        const t = r.scratch(name, [data.length], 'u32');
        r.write(t, data);
        return t;
      };
      embedBackward(r, {
        dy: d,
        dTable,
        order: put('embed.order', plan.order),
        starts: put('embed.starts', plan.starts),
        ids: put('embed.ids', plan.ids),
        unique: plan.ids.length,
        width: c.hiddenSize,
        vocab: c.vocabSize,
      });
    }
  }

  /**
   * One step of cached decoding: each slot's token goes through the layers and attends to its cached context.
   * @returns f32[B, vocab] logits, not divided by a temperature
   */
  decode(r: Recorder, slots: DecodeSlots): Tensor {
    const { config: c } = this;
    const { count } = slots;
    this.#extendRotations(slots.maxContext);
    const x = r.scratch('x', [count, c.hiddenSize]);
    embed(r, {
      table: this.#weight('model.embed_tokens'),
      ids: slots.ids,
      y: x,
      tokens: count,
      vocab: c.vocabSize,
      width: c.hiddenSize,
    });
    const attend: Attend = (layer, a) => {
      const [kCache, vCache] = [slots.k[layer]!, slots.v[layer]!];
      const shape = { kvHeads: c.numKvHeads, headDim: c.headDim };
      kvStore(r, { k: a.k, v: a.v, kCache, vCache, cacheRow: slots.cacheRow, tokens: count, ...shape });
      decodeAttention(r, {
        q: a.q,
        kCache,
        vCache,
        o: a.o,
        kvIndex: slots.kvIndex,
        contextLength: slots.contextLength,
        slots: count,
        maxContext: slots.maxContext,
        heads: c.numHeads,
        ...shape,
        scale: this.#scale,
      });
    };
    for (let layer = 0; layer < c.numLayers; layer++) {
      const a = this.#activations(r, 'shared', x, count);
      this.#layer(r, layer, a, count, slots.positions, attend, x);
    }
    return this.logits(r, x, count);
  }

  get #recomputes(): boolean {
    return this.#options.gradientCheckpointing !== false;
  }

  get #head(): Tensor {
    return this.#weight(this.config.tieWordEmbeddings ? 'model.embed_tokens' : 'lm_head');
  }

  #headShape(rows: number): { rows: number; vocab: number; width: number; maxLogitBytes?: number } {
    const { maxLogitBytes } = this.#options;
    return { rows, vocab: this.config.vocabSize, width: this.config.hiddenSize, ...(maxLogitBytes && { maxLogitBytes }) };
  }

  #weight(module: string): Tensor {
    return this.parameters.get(`${module}.weight`).value;
  }

  #gradient(name: string): Tensor | undefined {
    return this.lora ? undefined : this.parameters.get(name).gradient;
  }

  /** Rotation tables for at least `length` positions, computed in f64. */
  #extendRotations(length: number): Rotations {
    if (this.#tables && this.#tables.length >= length) return this.#tables;
    const rounded = Math.ceil(length / 256) * 256;
    const { invFreq, attentionScaling } = ropeFrequencies(this.config.rope, this.config.headDim);
    const half = invFreq.length;
    const table = (label: string, of: (angle: number) => number): Tensor => {
      const data = new Float32Array(rounded * half);
      for (let p = 0; p < rounded; p++) {
        for (let i = 0; i < half; i++) data[p * half + i] = attentionScaling * of(p * invFreq[i]!);
      }
      return this.gpu.from(data, [rounded, half], label);
    };
    if (this.#tables) for (const t of [this.#tables.cos, this.#tables.sin, this.#tables.cosLessOne]) this.gpu.retire(t.storage);
    this.#tables = {
      cos: table('rope.cos', Math.cos),
      sin: table('rope.sin', Math.sin),
      cosLessOne: table('rope.cosLessOne', (angle) => -2 * Math.sin(angle / 2) ** 2),
      length: rounded,
    };
    return this.#tables;
  }

  #activations(r: Recorder, name: string, x: Tensor, tokens: number): Activations {
    const { config: c } = this;
    const [q, kv] = [c.numHeads * c.headDim, c.numKvHeads * c.headDim];
    const make = (label: string, width: number): Tensor => r.scratch(`a.${name}.${label}`, [tokens, width]);
    const [qOut, kOut] = [make('q', q), make('k', kv)];
    return {
      x,
      xMid: make('xMid', c.hiddenSize),
      attnIn: make('attnIn', c.hiddenSize),
      attnRstd: make('attnRstd', 1),
      mlpIn: make('mlpIn', c.hiddenSize),
      mlpRstd: make('mlpRstd', 1),
      q: qOut,
      k: kOut,
      v: make('v', kv),
      qRaw: ARCHITECTURES[c.architecture].qkNorm ? make('qRaw', q) : qOut,
      kRaw: ARCHITECTURES[c.architecture].qkNorm ? make('kRaw', kv) : kOut,
      qRstd: make('qRstd', c.numHeads),
      kRstd: make('kRstd', c.numKvHeads),
      o: make('o', q),
      lse: make('lse', c.numHeads),
      gate: make('gate', c.intermediateSize),
      up: make('up', c.intermediateSize),
      act: make('act', c.intermediateSize),
    };
  }

  #attendPacked(r: Recorder, device: DeviceBatch, kv?: KvTarget): Attend {
    const { config: c } = this;
    const shape = { kvHeads: c.numKvHeads, headDim: c.headDim, tokens: device.length };
    return (layer, { q, k, v, o, lse }) => {
      if (kv) kvStore(r, { k, v, kCache: kv.k[layer]!, vCache: kv.v[layer]!, cacheRow: kv.cacheRow, ...shape });
      attention(r, { q, k, v, o, lse, seqStart: device.seqStart, heads: c.numHeads, scale: this.#scale, ...shape });
    };
  }

  /** x → x + attention(norm(x)) → … + mlp(norm(…)); without `out` all but the last product. */
  #layer(r: Recorder, layer: number, a: Activations, tokens: number, positions: Tensor, attend: Attend, out?: Tensor): void {
    const { config: c } = this;
    const name = `model.layers.${layer}`;
    const m = tokens;
    this.#norm(r, `${name}.input_layernorm`, { x: a.x, y: a.attnIn, rstd: a.attnRstd, rows: m, width: c.hiddenSize });
    this.#linear(r, `${name}.self_attn.q_proj`, a.attnIn, a.qRaw, m);
    this.#linear(r, `${name}.self_attn.k_proj`, a.attnIn, a.kRaw, m);
    this.#linear(r, `${name}.self_attn.v_proj`, a.attnIn, a.v, m);
    if (ARCHITECTURES[c.architecture].qkNorm) {
      this.#norm(r, `${name}.self_attn.q_norm`, { x: a.qRaw, y: a.q, rstd: a.qRstd, rows: m * c.numHeads, width: c.headDim });
      this.#norm(r, `${name}.self_attn.k_norm`, { x: a.kRaw, y: a.k, rstd: a.kRstd, rows: m * c.numKvHeads, width: c.headDim });
    }
    this.#rotate(r, a.q, a.k, positions, m, false);
    attend(layer, a);
    this.#linear(r, `${name}.self_attn.o_proj`, a.o, a.xMid, m, a.x);
    this.#norm(r, `${name}.post_attention_layernorm`, { x: a.xMid, y: a.mlpIn, rstd: a.mlpRstd, rows: m, width: c.hiddenSize });
    this.#linear(r, `${name}.mlp.gate_proj`, a.mlpIn, a.gate, m);
    this.#linear(r, `${name}.mlp.up_proj`, a.mlpIn, a.up, m);
    swiglu(r, { gate: a.gate, up: a.up, y: a.act, size: m * c.intermediateSize });
    if (out) this.#linear(r, `${name}.mlp.down_proj`, a.act, out, m, a.xMid);
  }

  /** The reverse of {@link #layer}: `d` holds the derivative by the layer's output on entry, by its input on return. */
  #layerBackward(r: Recorder, layer: number, a: Activations, device: DeviceBatch, d: Tensor): void {
    const { config: c } = this;
    const name = `model.layers.${layer}`;
    const m = device.length;
    const [q, kv] = [c.numHeads * c.headDim, c.numKvHeads * c.headDim];
    const make = (label: string, width: number): Tensor => r.scratch(`d.${label}`, [m, width]);

    const [dAct, dGate, dUp, dIn] = [
      make('act', c.intermediateSize),
      make('gate', c.intermediateSize),
      make('up', c.intermediateSize),
      make('in', c.hiddenSize),
    ];
    this.#linearBackward(r, `${name}.mlp.down_proj`, a.act, d, dAct, m, false);
    swigluBackward(r, { gate: a.gate, up: a.up, dy: dAct, dGate, dUp, size: m * c.intermediateSize });
    this.#linearBackward(r, `${name}.mlp.gate_proj`, a.mlpIn, dGate, dIn, m, false);
    this.#linearBackward(r, `${name}.mlp.up_proj`, a.mlpIn, dUp, dIn, m, true);
    const mlpNorm = { x: a.xMid, rstd: a.mlpRstd, dy: dIn, dx: d, rows: m, width: c.hiddenSize, accumulate: true };
    this.#normBackward(r, `${name}.post_attention_layernorm`, mlpNorm);

    const [dO, dQ, dK, dV] = [make('o', q), make('q', q), make('k', kv), make('v', kv)];
    this.#linearBackward(r, `${name}.self_attn.o_proj`, a.o, d, dO, m, false);
    attentionBackward(r, {
      q: a.q,
      k: a.k,
      v: a.v,
      o: a.o,
      lse: a.lse,
      dO,
      dq: dQ,
      dk: dK,
      dv: dV,
      seqStart: device.seqStart,
      seqEnd: device.seqEnd,
      tokens: m,
      heads: c.numHeads,
      kvHeads: c.numKvHeads,
      headDim: c.headDim,
      scale: this.#scale,
    });
    const keyBias =
      c.attentionBias && !ARCHITECTURES[c.architecture].qkNorm ? this.#gradient(`${name}.self_attn.k_proj.bias`) : undefined;
    if (keyBias) this.#keyBiasBackward(r, dK, keyBias, device.positions, m);
    this.#rotate(r, dQ, dK, device.positions, m, true);
    let [dQRaw, dKRaw] = [dQ, dK];
    if (ARCHITECTURES[c.architecture].qkNorm) {
      [dQRaw, dKRaw] = [make('qRaw', q), make('kRaw', kv)];
      const qNorm = { x: a.qRaw, rstd: a.qRstd, dy: dQ, dx: dQRaw, rows: m * c.numHeads, width: c.headDim };
      const kNorm = { x: a.kRaw, rstd: a.kRstd, dy: dK, dx: dKRaw, rows: m * c.numKvHeads, width: c.headDim };
      this.#normBackward(r, `${name}.self_attn.q_norm`, qNorm);
      this.#normBackward(r, `${name}.self_attn.k_norm`, kNorm);
    }
    // With an adapter nothing below the first layer is trained: the derivative by its input is not needed.
    const last = layer === 0 && this.lora !== undefined;
    this.#linearBackward(r, `${name}.self_attn.q_proj`, a.attnIn, dQRaw, last ? undefined : dIn, m, false);
    this.#linearBackward(r, `${name}.self_attn.k_proj`, a.attnIn, dKRaw, last ? undefined : dIn, m, true, keyBias === undefined);
    this.#linearBackward(r, `${name}.self_attn.v_proj`, a.attnIn, dV, last ? undefined : dIn, m, true);
    if (last) return;
    const attnNorm = { x: a.x, rstd: a.attnRstd, dy: dIn, dx: d, rows: m, width: c.hiddenSize, accumulate: true };
    this.#normBackward(r, `${name}.input_layernorm`, attnNorm);
  }

  /**
   * Gradient of the bias b of k, from the gradient by the rotated keys k_j = R_j (W h_j + b). A softmax does not change when all its keys
   * move alike, so Σ_j dk_j = 0 within a sequence and db = Σ_j R_jᵀ dk_j = Σ_j (R_j − 1)ᵀ dk_j. The second form keeps its digits where the
   * rotation is slow and the first cancels to nearly nothing.
   */
  #keyBiasBackward(r: Recorder, dK: Tensor, db: Tensor, positions: Tensor, tokens: number): void {
    const { numKvHeads: heads, headDim } = this.config;
    const { cosLessOne, sin } = this.#extendRotations(0);
    const turned = r.scratch('d.kTurned', dK.shape);
    r.copy(dK, turned);
    rope(r, { x: turned, cos: cosLessOne, sin, positions, tokens, heads, headDim, inverse: true });
    columnSum(r, { dy: turned, out: db, m: tokens, n: heads * headDim });
  }

  #rotate(r: Recorder, q: Tensor, k: Tensor, positions: Tensor, tokens: number, inverse: boolean): void {
    const { config: c } = this;
    const { cos, sin } = this.#extendRotations(0);
    rope(r, { x: q, cos, sin, positions, tokens, heads: c.numHeads, headDim: c.headDim, inverse });
    rope(r, { x: k, cos, sin, positions, tokens, heads: c.numKvHeads, headDim: c.headDim, inverse });
  }

  #norm(r: Recorder, module: string, args: { x: Tensor; y: Tensor; rstd: Tensor; rows: number; width: number }): void {
    rmsNorm(r, { ...args, w: this.#weight(module), eps: this.config.rmsNormEps });
  }

  #finalNorm(r: Recorder, x: Tensor, rows: number): { normed: Tensor } {
    const { hiddenSize } = this.config;
    const normed = r.scratch('final.normed', [rows, hiddenSize]);
    this.#norm(r, 'model.norm', { x, y: normed, rstd: r.scratch('final.rstd', [rows]), rows, width: hiddenSize });
    return { normed };
  }

  #normBackward(
    r: Recorder,
    module: string,
    args: { x: Tensor; rstd: Tensor; dy: Tensor; dx: Tensor; rows: number; width: number; accumulate?: boolean },
  ): void {
    const dw = this.#gradient(`${module}.weight`);
    rmsNormBackward(r, { ...args, w: this.#weight(module), ...(dw && { dw }) });
  }

  /** y = x Wᵀ + b (+ residual) (+ scale · (x Aᵀ) Bᵀ). */
  #linear(r: Recorder, module: string, x: Tensor, y: Tensor, m: number, residual?: Tensor): void {
    const weight = this.parameters.get(`${module}.weight`);
    const [n, k] = weight.shape as [number, number];
    const bias = this.parameters.has(`${module}.bias`) ? this.parameters.get(`${module}.bias`).value : undefined;
    matmulNT(r, { x, w: weight.value, y, m, n, k, ...(bias && { bias }), ...(residual && { residual }) });
    const adapter = this.#adapter(module);
    if (!adapter) return;
    const { a, b, rank, scale } = adapter;
    const u = r.scratch('lora.u', [m, rank]);
    matmulNT(r, { x, w: a.value, y: u, m, n: rank, k });
    matmulNT(r, { x: u, w: b.value, y, m, n, k: rank, alpha: scale, accumulate: true });
  }

  /** Gradients of {@link #linear}: parameters' are added to, `dx` is written, or added to with `accumulate`. */
  #linearBackward(
    r: Recorder,
    module: string,
    x: Tensor,
    dy: Tensor,
    dx: Tensor | undefined,
    m: number,
    accumulate: boolean,
    bias = true,
  ): void {
    const weight = this.parameters.get(`${module}.weight`);
    const [n, k] = weight.shape as [number, number];
    const dw = this.#gradient(`${module}.weight`);
    if (dw) matmulTN(r, { dy, x, dw, m, n, k });
    const db = bias && this.parameters.has(`${module}.bias`) ? this.#gradient(`${module}.bias`) : undefined;
    if (db) columnSum(r, { dy, out: db, m, n });
    if (dx) matmulNN(r, { dy, w: weight.value, dx, m, n, k, accumulate });
    const adapter = this.#adapter(module);
    if (!adapter) return;
    const { a, b, rank, scale } = adapter;
    const [u, du] = [r.scratch('lora.u', [m, rank]), r.scratch('lora.du', [m, rank])];
    matmulNT(r, { x, w: a.value, y: u, m, n: rank, k });
    matmulTN(r, { dy, x: u, dw: b.gradient!, m, n, k: rank, alpha: scale });
    matmulNN(r, { dy, w: b.value, dx: du, m, n, k: rank, alpha: scale });
    matmulTN(r, { dy: du, x, dw: a.gradient!, m, n: rank, k });
    if (dx) matmulNN(r, { dy: du, w: a.value, dx, m, n: rank, k, accumulate: true });
  }

  #adapter(module: string): { a: Parameter; b: Parameter; rank: number; scale: number } | undefined {
    const found = this.adapterEnabled ? this.lora?.modules.get(module) : undefined;
    if (!found) return undefined;
    const { parameters } = this.lora!;
    return { a: parameters.get(found.a), b: parameters.get(found.b), rank: found.r, scale: found.scale };
  }
}

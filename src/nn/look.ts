// A look into a forward pass: copies of what each layer attends with and of what it gives on, read back and worked out on the host. A pass
// that nobody looks into records nothing of this.
import { check } from '../errors.js';
import type { Device } from '../ops/device.js';
import type { Pool } from '../ops/pool.js';
import type { Tensor } from '../ops/tensor.js';
import type { AttentionValues } from './blocks/attention.js';
import type { LayerPass } from './blocks/layer.js';
import type { ModelConfig } from './model-config.js';

/** Called after each layer with what it attended with, and its output f32[T, hidden]. All of it is overwritten by the next layer. */
export type OnLayer = (pass: LayerPass, attention: AttentionValues, out: Tensor) => void;

/** What was seen of a sequence. L = layers, H = heads, T = tokens. */
export interface LayersSeen {
  /** f32[L, H, T, T] share of token t's attention that head h gives to token j; 0 where it sees nothing. Each row sums to 1. */
  readonly attention: Float32Array<ArrayBuffer>;
  /** f32[L, T] length of each token's vector after the layer. */
  readonly norms: Float32Array<ArrayBuffer>;
}

/** What is kept of a layer: f32[T, heads · headDim], f32[T, kvHeads · headDim], f32[T, hidden]. */
interface Kept {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly out: Tensor;
}

/** Numbers that a look may hold: 128 MiB of attention. */
const MOST = 2 ** 25;

/** Looks into one pass over one sequence. */
export class Look {
  readonly #config: ModelConfig;
  readonly #tokens: number;
  readonly #pool: Pool;
  readonly #layers: Kept[] = [];

  /**
   * @param tokens T of the sequence, the only one of its batch
   * @throws MgrpoError where attention over so many tokens cannot be held
   */
  constructor(config: ModelConfig, tokens: number, pool: Pool) {
    const most = Math.floor(Math.sqrt(MOST / (config.numLayers * config.numHeads)));
    check(tokens <= most, `inspect: expected at most ${most} tokens for this model, got ${tokens}; take a shorter text`);
    [this.#config, this.#tokens, this.#pool] = [config, tokens, pool];
  }

  /** For the forward pass. */
  readonly onLayer: OnLayer = ({ rec, layer }, { q, k }, out) => {
    const copy = (label: string, from: Tensor): Tensor => {
      const to = this.#pool.get(`${label}.${layer}`, from.shape);
      rec.copy(from, to);
      return to;
    };
    this.#layers.push({ q: copy('q', q), k: copy('k', k), out: copy('out', out) });
  };

  /** What was seen; the pass must have been submitted. */
  async read(device: Device): Promise<LayersSeen> {
    const { numHeads, hiddenSize: width, numLayers } = this.#config;
    const tokens = this.#tokens;
    const each = numHeads * tokens * tokens;
    const attention = new Float32Array(numLayers * each);
    const norms = new Float32Array(numLayers * tokens);
    for (const [layer, { q, k, out }] of this.#layers.entries()) {
      const [queries, keys, hidden] = await device.read(q, k, out);
      this.#attend(layer, queries, keys, attention.subarray(layer * each, (layer + 1) * each));
      for (let t = 0; t < tokens; t++) norms[layer * tokens + t] = Math.sqrt(dot(hidden, t * width, hidden, t * width, width));
    }
    return { attention, norms };
  }

  /** softmax over j ≤ t of scale · q_t·k_j, in f64. */
  #attend(layer: number, q: Float32Array, k: Float32Array, out: Float32Array): void {
    const { numHeads, numKvHeads, headDim, attentionScale, layers } = this.#config;
    const window = layers[layer]!.window ?? Infinity;
    const tokens = this.#tokens;
    for (let row = 0; row < numHeads * tokens; row++) {
      const [head, t] = [Math.floor(row / tokens), row % tokens];
      const keyHead = Math.floor((head * numKvHeads) / numHeads);
      const first = Math.max(0, t + 1 - window);
      const scores = Float64Array.from({ length: t + 1 - first }, (_, i) => {
        const key = ((first + i) * numKvHeads + keyHead) * headDim;
        return attentionScale * dot(q, (t * numHeads + head) * headDim, k, key, headDim);
      });
      const most = scores.reduce((a, b) => Math.max(a, b));
      const shares = scores.map((score) => Math.exp(score - most));
      const total = shares.reduce((a, b) => a + b);
      out.set(
        shares.map((share) => share / total),
        row * tokens + first,
      );
    }
  }
}

function dot(a: Float32Array, at: number, b: Float32Array, from: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[at + i]! * b[from + i]!;
  return sum;
}

// Rotary position embedding.
import { show } from '../errors.js';
import { count, flag, operation, type Operation } from './operation.js';
import { size, type Tensor } from './tensor.js';

/** Arguments of {@link rope}. */
export interface RopeArgs {
  /** Rotated in place. */
  readonly x: Tensor;
  /** f32[maxPos, headDim / 2]: cosine (times any attention factor) of every position and frequency. */
  readonly cos: Tensor;
  /** f32[maxPos, headDim / 2]. */
  readonly sin: Tensor;
  /** Each below maxPos. */
  readonly positions: Tensor;
  readonly tokens: number;
  readonly heads: number;
  /** Even. */
  readonly headDim: number;
  /** Rotate by the opposite angle: the transpose, hence the backward pass (default false). */
  readonly inverse?: boolean | undefined;
}

/**
 * Rotary position embedding in place (Su et al. 2021, half-split as in Hugging Face): with i < d/2, c = cos[p, i] and s = sin[p, i],
 * (x[i], x[i + d/2]) ← (x[i]·c − x[i + d/2]·s, x[i + d/2]·c + x[i]·s).
 */
export const rope: Operation<RopeArgs> = operation<RopeArgs>('rope', {
  scalars: {
    tokens: count(),
    heads: count(),
    headDim: { rule: 'an even number (this model cannot use rotary positions)', holds: (v) => v > 0 && v % 2 === 0 },
    inverse: flag(false),
  },
  operands: {
    x: ['update', 'f32', ({ tokens, heads, headDim }) => [tokens, heads, headDim]],
    cos: ['read', 'f32', ({ headDim }) => [1, headDim / 2]],
    sin: ['read', 'f32', ({ headDim }) => [1, headDim / 2]],
    positions: ['read', 'u32', ({ tokens }) => [tokens]],
  },
  rules: [
    [
      ({ cos, sin, headDim }) => size(cos) === size(sin) && size(cos) % (headDim / 2) === 0,
      ({ cos, sin, headDim }) =>
        `expected cos and sin of shape [maxPos, ${headDim / 2}], got ${show(cos.shape)} and ${show(sin.shape)}`,
    ],
  ],
});

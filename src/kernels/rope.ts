import { check, show } from '../errors.js';
import { kernel, type Kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size, type Tensor } from '../gpu/tensor.js';
import source from '../../shaders/rope.wgsl';

/** Arguments of {@link rope}. */
export interface RopeArgs {
  /** f32[tokens, heads, headDim], rotated in place. */
  readonly x: Tensor;
  /** f32[maxPos, headDim / 2]: cosine (times any attention factor) of every position and frequency. */
  readonly cos: Tensor;
  /** f32[maxPos, headDim / 2]. */
  readonly sin: Tensor;
  /** u32[tokens], each below maxPos. */
  readonly positions: Tensor;
  readonly tokens: number;
  readonly heads: number;
  /** Even. */
  readonly headDim: number;
  /** Rotate by the opposite angle: the transpose, hence the backward pass. */
  readonly inverse?: boolean;
}

type RopeKernel = Kernel<{ tokens: 'u32'; heads: 'u32'; half_dim: 'u32'; direction: 'f32' }>;

const [NARROW, WIDE] = [8, 32].map((LANES) =>
  kernel({
    source,
    entry: 'rope',
    access: 'rrrw',
    params: { tokens: 'u32', heads: 'u32', half_dim: 'u32', direction: 'f32' },
    constants: { LANES },
  }),
) as [RopeKernel, RopeKernel];

/**
 * Rotary position embedding in place (Su et al. 2021, half-split as in Hugging Face): with i < d/2, c = cos[p, i] and s = sin[p, i],
 * (x[i], x[i + d/2]) ← (x[i]·c − x[i + d/2]·s, x[i + d/2]·c + x[i]·s).
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function rope(rec: Recorder, args: RopeArgs): void {
  const { x, cos, sin, positions, tokens, heads, headDim, inverse } = args;
  check(
    headDim > 0 && headDim % 2 === 0,
    `rope: expected an even headDim, got ${headDim}; this model cannot use rotary positions`,
  );
  const half = headDim / 2;
  check(
    size(x) >= tokens * heads * headDim && size(positions) >= tokens,
    `rope: expected x[${tokens}, ${heads}, ${headDim}] and positions[${tokens}], got ${show(x.shape)} and ${show(positions.shape)}`,
  );
  check(
    size(cos) === size(sin) && size(cos) % half === 0,
    `rope: expected cos and sin of shape [maxPos, ${half}], got ${show(cos.shape)} and ${show(sin.shape)}`,
  );
  rec.dispatch(
    half <= 8 ? NARROW : WIDE,
    [cos, sin, positions, x],
    { tokens, heads, half_dim: half, direction: inverse ? -1 : 1 },
    tokens,
  );
}

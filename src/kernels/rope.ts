// Rotary position embedding in WGSL.
import { kernel, type Kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { Resolved } from '../ops/operation.js';
import type { RopeArgs } from '../ops/rope.js';
import { sizes } from './sizes.js';
import { choose, type Variant } from './variant.js';
import source from '../../shaders/rope.wgsl';

const PARAMS = { tokens: 'u32', heads: 'u32', half_dim: 'u32', direction: 'f32' } as const;

/** A workgroup of some lanes, each of which takes pairs of a head. */
interface RopeVariant extends Variant<{ readonly headDim: number }> {
  readonly kernel: Kernel<typeof PARAMS>;
}

function ofLanes(LANES: number): Kernel<typeof PARAMS> {
  return kernel({ source, entry: 'rope', access: 'rrrw', params: PARAMS, prelude: sizes({ LANES }) });
}

const VARIANTS: readonly RopeVariant[] = [
  { name: 'small heads', fits: (_, { headDim }) => headDim <= 16, kernel: ofLanes(8) },
  { name: 'any', fits: () => true, kernel: ofLanes(32) },
];

/** Rotates in place, one workgroup per token. */
export function rope(rec: GpuRecorder, args: Resolved<RopeArgs>): void {
  const { x, cos, sin, positions, tokens, heads, headDim, inverse } = args;
  const { kernel } = choose(VARIANTS, rec.profile, args);
  const params = { tokens, heads, half_dim: headDim / 2, direction: inverse ? -1 : 1 };
  rec.dispatch(kernel, [cos, sin, positions, x], params, tokens);
}

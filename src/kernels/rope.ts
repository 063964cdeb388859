// Rotary position embedding in WGSL.
import { kernel, type Kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { Resolved } from '../ops/operation.js';
import type { RopeArgs } from '../ops/rope.js';
import { sizes } from './sizes.js';
import source from '../../shaders/rope.wgsl';

type RopeKernel = Kernel<{ tokens: 'u32'; heads: 'u32'; half_dim: 'u32'; direction: 'f32' }>;

const [NARROW, WIDE] = [8, 32].map((LANES) =>
  kernel({
    source,
    entry: 'rope',
    access: 'rrrw',
    params: { tokens: 'u32', heads: 'u32', half_dim: 'u32', direction: 'f32' },
    prelude: sizes({ LANES }),
  }),
) as [RopeKernel, RopeKernel];

/** Rotates in place, one workgroup per token. */
export function rope(rec: GpuRecorder, args: Resolved<RopeArgs>): void {
  const { x, cos, sin, positions, tokens, heads, headDim, inverse } = args;
  const half = headDim / 2;
  rec.dispatch(
    half <= 8 ? NARROW : WIDE,
    [cos, sin, positions, x],
    { tokens, heads, half_dim: half, direction: inverse ? -1 : 1 },
    tokens,
  );
}

// Gated linear units in WGSL.
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { GluArgs, GluBackwardArgs } from '../ops/glu.js';
import type { Resolved } from '../ops/operation.js';
import { byPack } from './pack.js';
import { refuse } from './refuse.js';
import source from '../../shaders/glu.wgsl';

const params = { size: 'u32' } as const;
const kernels = byPack(({ prelude }) => ({
  forward: kernel({ source, prelude, entry: 'glu_fwd', access: 'rrw', params }),
  backward: kernel({ source, prelude, entry: 'glu_bwd', access: 'rrrww', params }),
}));

/** y = f(gate)·up. */
export function glu(rec: GpuRecorder, { gate, up, y, size, activation }: Resolved<GluArgs>): void {
  refuse(activation !== 'silu', 'glu', activation);
  const { forward, n } = kernels(size);
  rec.dispatch(forward, [gate, up, y], { size: size / n }, Math.ceil(size / n / 64));
}

/** dUp = dy·f(gate), dGate = dy·up·f′(gate). */
export function gluBackward(rec: GpuRecorder, { gate, up, dy, dGate, dUp, size, activation }: Resolved<GluBackwardArgs>): void {
  refuse(activation !== 'silu', 'gluBackward', activation);
  const { backward, n } = kernels(size);
  rec.dispatch(backward, [gate, up, dy, dGate, dUp], { size: size / n }, Math.ceil(size / n / 64));
}

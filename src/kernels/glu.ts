// Gated linear units in WGSL.
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { Activation, GluArgs, GluBackwardArgs } from '../ops/glu.js';
import type { Resolved } from '../ops/operation.js';
import { memo } from './memo.js';
import { byPack } from './pack.js';
import source from '../../shaders/glu.wgsl';

const params = { size: 'u32' } as const;
const kernels = memo((activation: Activation) =>
  byPack(({ prelude }) => {
    const common = { source, prelude, params, constants: { GELU: Number(activation === 'gelu_tanh') } };
    return {
      forward: kernel({ ...common, entry: 'glu_fwd', access: 'rrw' }),
      backward: kernel({ ...common, entry: 'glu_bwd', access: 'rrrww' }),
    };
  }),
);

/** y = f(gate)·up. */
export function glu(rec: GpuRecorder, { gate, up, y, size, activation }: Resolved<GluArgs>): void {
  const { forward, n } = kernels(activation)(size);
  rec.dispatch(forward, [gate, up, y], { size: size / n }, Math.ceil(size / n / 64));
}

/** dUp = dy·f(gate), dGate = dy·up·f′(gate). */
export function gluBackward(rec: GpuRecorder, { gate, up, dy, dGate, dUp, size, activation }: Resolved<GluBackwardArgs>): void {
  const { backward, n } = kernels(activation)(size);
  rec.dispatch(backward, [gate, up, dy, dGate, dUp], { size: size / n }, Math.ceil(size / n / 64));
}

import { check, show } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size as elements, type Tensor } from '../gpu/tensor.js';
import { byPack } from './pack.js';
import source from '../../shaders/swiglu.wgsl';

/** Arguments of {@link swiglu}. */
export interface SwigluArgs {
  /** f32[size]. */
  readonly gate: Tensor;
  /** f32[size]. */
  readonly up: Tensor;
  /** f32[size], written; another buffer than gate and up. */
  readonly y: Tensor;
  readonly size: number;
}

/** Arguments of {@link swigluBackward}. */
export interface SwigluBackwardArgs {
  /** f32[size]. */
  readonly gate: Tensor;
  /** f32[size]. */
  readonly up: Tensor;
  /** f32[size]. */
  readonly dy: Tensor;
  /** f32[size], written; another buffer than gate, up and dy. */
  readonly dGate: Tensor;
  /** f32[size], written; another buffer than gate, up and dy. */
  readonly dUp: Tensor;
  readonly size: number;
}

const params = { size: 'u32' } as const;
const kernels = byPack(({ prelude }) => ({
  forward: kernel({ source, prelude, entry: 'swiglu_fwd', access: 'rrw', params }),
  backward: kernel({ source, prelude, entry: 'swiglu_bwd', access: 'rrrww', params }),
}));

/**
 * SwiGLU (Shazeer 2020): y = silu(gate)·up, silu(g) = g / (1 + exp(−g)).
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function swiglu(rec: Recorder, { gate, up, y, size }: SwigluArgs): void {
  checkSizes('swiglu', { gate, up, y }, size);
  const { forward, n } = kernels(size);
  rec.dispatch(forward, [gate, up, y], { size: size / n }, Math.ceil(size / n / 64));
}

/**
 * Gradients of {@link swiglu}: with s = sigmoid(gate), dUp = dy·gate·s and dGate = dy·up·s·(1 + gate·(1 − s)).
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function swigluBackward(rec: Recorder, { gate, up, dy, dGate, dUp, size }: SwigluBackwardArgs): void {
  checkSizes('swigluBackward', { gate, up, dy, dGate, dUp }, size);
  const { backward, n } = kernels(size);
  rec.dispatch(backward, [gate, up, dy, dGate, dUp], { size: size / n }, Math.ceil(size / n / 64));
}

function checkSizes(where: string, tensors: Readonly<Record<string, Tensor>>, size: number): void {
  for (const [name, t] of Object.entries(tensors)) {
    check(elements(t) >= size, `${where}: expected at least ${size} elements for ${name}, got ${show(t.shape)}`);
  }
}

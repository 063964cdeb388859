// Gated linear units: the middle of an MLP.
import { count, oneOf, operation, type Operation } from './operation.js';
import type { Tensor } from './tensor.js';

/** The function of a gate. `silu`: g / (1 + e^−g). `gelu_tanh`: g/2 · (1 + tanh(√(2/π) (g + 0.044715 g³))). */
export type Activation = (typeof ACTIVATIONS)[number];

/** All activations. */
export const ACTIVATIONS = ['silu', 'gelu_tanh'] as const;

/** Arguments of {@link glu}. */
export interface GluArgs {
  readonly gate: Tensor;
  readonly up: Tensor;
  /** In another storage than gate and up. */
  readonly y: Tensor;
  readonly size: number;
  /** Default `silu`. */
  readonly activation?: Activation | undefined;
}

/** A gated linear unit (Shazeer 2020): y = f(gate)·up, SwiGLU with f = silu, GeGLU with f = gelu_tanh. */
export const glu: Operation<GluArgs> = operation<GluArgs>('glu', {
  scalars: { size: count(), activation: oneOf(ACTIVATIONS, 'silu') },
  operands: {
    gate: ['read', 'f32', ({ size }) => [size]],
    up: ['read', 'f32', ({ size }) => [size]],
    y: ['write', 'f32', ({ size }) => [size]],
  },
});

/** Arguments of {@link gluBackward}. */
export interface GluBackwardArgs {
  readonly gate: Tensor;
  readonly up: Tensor;
  readonly dy: Tensor;
  /** In another storage than the inputs, as `dUp`. */
  readonly dGate: Tensor;
  readonly dUp: Tensor;
  readonly size: number;
  /** Default `silu`. */
  readonly activation?: Activation | undefined;
}

/** Gradients of {@link glu}: dUp = dy·f(gate) and dGate = dy·up·f′(gate). */
export const gluBackward: Operation<GluBackwardArgs> = operation<GluBackwardArgs>('gluBackward', {
  scalars: { size: count(), activation: oneOf(ACTIVATIONS, 'silu') },
  operands: {
    gate: ['read', 'f32', ({ size }) => [size]],
    up: ['read', 'f32', ({ size }) => [size]],
    dy: ['read', 'f32', ({ size }) => [size]],
    dGate: ['write', 'f32', ({ size }) => [size]],
    dUp: ['write', 'f32', ({ size }) => [size]],
  },
});

// The optimiser's step.
import { count, operation, real, type Operation } from './operation.js';
import type { Tensor } from './tensor.js';

/** Arguments of {@link gradNorm}. */
export interface GradNormArgs {
  /** Any number of any size; may be larger than {@link DeviceLimits.maxBinding}. */
  readonly grads: readonly Tensor[];
  /** The norm before clipping, and the factor that clips. */
  readonly out: Tensor;
  /** Largest norm after clipping; 0: no clipping, factor 1. */
  readonly maxNorm: number;
}

/**
 * Global norm of all gradients and the factor that clips it, as torch.nn.utils.clip_grad_norm_: norm = sqrt(Σ g²),
 * factor = min(1, maxNorm / (norm + 1e-6)). The order of summation depends on the sizes alone.
 */
export const gradNorm: Operation<GradNormArgs> = operation<GradNormArgs>('gradNorm', {
  scalars: { maxNorm: real(undefined, 'a finite number ≥ 0 (0 turns clipping off)', (v) => v >= 0) },
  operands: { grads: ['read', 'f32', () => [0]], out: ['write', 'f32', () => [2]] },
});

/** Arguments of {@link adamW}. */
export interface AdamWArgs {
  readonly param: Tensor;
  /** Before clipping. */
  readonly grad: Tensor;
  /** Running mean of the gradient; 0 before the first step. */
  readonly m: Tensor;
  /** Running mean of its square; 0 before the first step. */
  readonly v: Tensor;
  /** Of {@link gradNorm}; the gradient is multiplied by its second element. */
  readonly clip: Tensor;
  readonly size: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

/**
 * One step of AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW takes it, on a flat range of parameters of any size:
 * p ← p·(1 − lr·weightDecay); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − lr/(1 − β₁ᵗ) · m / (sqrt(v)/sqrt(1 − β₂ᵗ) + ε).
 */
export const adamW: Operation<AdamWArgs> = operation<AdamWArgs>('adamW', {
  scalars: {
    size: count(),
    learningRate: real(),
    beta1: real(),
    beta2: real(),
    epsilon: real(),
    weightDecay: real(),
    step: count(undefined, 1),
  },
  operands: {
    param: ['update', 'f32', ({ size }) => [size]],
    grad: ['read', 'f32', ({ size }) => [size]],
    m: ['update', 'f32', ({ size }) => [size]],
    v: ['update', 'f32', ({ size }) => [size]],
    clip: ['read', 'f32', () => [2]],
  },
});

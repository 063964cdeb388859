import { check, show } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size as elements, view, type Tensor } from '../gpu/tensor.js';
import { chunks } from './chunks.js';
import { byPack } from './pack.js';
import source from '../../shaders/adamw.wgsl';

/** Arguments of {@link gradNorm}. */
export interface GradNormArgs {
  /** f32 each, any number; may be larger than one storage binding. */
  readonly grads: readonly Tensor[];
  /** f32[2], written: the norm before clipping, and the factor that clips. */
  readonly out: Tensor;
  /** Largest norm after clipping; 0: no clipping, factor 1. */
  readonly maxNorm: number;
}

/** Arguments of {@link adamW}. */
export interface AdamWArgs {
  /** f32[size], changed. */
  readonly param: Tensor;
  /** f32[size], before clipping. */
  readonly grad: Tensor;
  /** f32[size], changed: running mean of the gradient; 0 before the first step. */
  readonly m: Tensor;
  /** f32[size], changed: running mean of its square; 0 before the first step. */
  readonly v: Tensor;
  /** f32[2] of {@link gradNorm}; the gradient is multiplied by its second element. */
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

const kernels = byPack(({ prelude }) => ({
  partial: kernel({
    source,
    prelude,
    entry: 'grad_norm_partial',
    access: 'rw',
    params: { size: 'u32', items: 'u32', first: 'u32' },
  }),
  final: kernel({ source, prelude, entry: 'grad_norm_final', access: 'rw', params: { size: 'u32', max_norm: 'f32' } }),
  step: kernel({
    source,
    prelude,
    entry: 'adamw',
    access: 'rrwww',
    params: {
      size: 'u32',
      decay: 'f32',
      one_minus_beta1: 'f32',
      beta2: 'f32',
      one_minus_beta2: 'f32',
      step_size: 'f32',
      inverse_root: 'f32',
      epsilon: 'f32',
    },
  }),
}));

/** Most partial sums that the last stage should have to add up; each thread of the first sums at least 64 elements. */
const PARTIALS = 16_384;

/**
 * Global norm of all gradients and the factor that clips it, as torch.nn.utils.clip_grad_norm_: norm = sqrt(Σ g²),
 * factor = min(1, maxNorm / (norm + 1e-6)). Two stages whose order of summation depends on the sizes alone.
 * @throws MgrpoError `invalid_argument` where `out` is too small or maxNorm is negative.
 */
export function gradNorm(rec: Recorder, { grads, out, maxNorm }: GradNormArgs): void {
  check(elements(out) >= 2, `gradNorm: expected out[2], got ${show(out.shape)}`);
  check(
    maxNorm >= 0 && Number.isFinite(maxNorm),
    `gradNorm: expected a finite maxNorm >= 0, got ${maxNorm}; 0 turns clipping off`,
  );
  const total = grads.reduce((sum, g) => sum + elements(g), 0);
  const items = Math.max(64, Math.ceil(total / PARTIALS / 64) * 64);
  const parts = grads.flatMap((g) =>
    chunks(rec.gpu, elements(g), 4, 'gradNorm').map(({ start, count }) => ({
      x: view(g, start, [count]),
      count,
      k: kernels(count),
      workgroups: Math.ceil(count / (64 * items)),
    })),
  );
  const partials = 64 * parts.reduce((sum, { workgroups }) => sum + workgroups, 0);
  const partial = rec.scratch('gradnorm.partials', [Math.max(partials, 1)]);
  let first = 0;
  for (const { x, count, k, workgroups } of parts) {
    rec.dispatch(k.partial, [x, partial], { size: count / k.n, items: items / k.n, first }, workgroups);
    first += 64 * workgroups;
  }
  rec.dispatch(kernels(0).final, [partial, out], { size: partials, max_norm: maxNorm }, 1);
}

/**
 * One step of AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW takes it, on a flat range of parameters:
 * p ← p·(1 − lr·weightDecay); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − lr/(1 − β₁ᵗ) · m / (sqrt(v)/sqrt(1 − β₂ᵗ) + ε).
 * @throws MgrpoError `invalid_argument` on shapes that do not fit or a step below 1.
 */
export function adamW(rec: Recorder, args: AdamWArgs): void {
  const { param, grad, m, v, clip, size, learningRate, beta1, beta2, epsilon, weightDecay, step } = args;
  check(Number.isInteger(step) && step >= 1, `adamW: expected a step from 1, got ${step}`);
  for (const [name, t] of Object.entries({ param, grad, m, v })) {
    check(t.dtype === 'f32' && elements(t) >= size, `adamW: expected f32[${size}] for ${name}, got ${t.dtype}${show(t.shape)}`);
  }
  check(elements(clip) >= 2, `adamW: expected clip[2], got ${show(clip.shape)}`);
  for (const { start, count } of chunks(rec.gpu, size, 4, 'adamW')) {
    const part = (t: Tensor): Tensor => view(t, start, [count]);
    const k = kernels(count);
    rec.dispatch(
      k.step,
      [part(grad), clip, part(param), part(m), part(v)],
      {
        size: count / k.n,
        decay: 1 - learningRate * weightDecay,
        one_minus_beta1: 1 - beta1,
        beta2,
        one_minus_beta2: 1 - beta2,
        step_size: learningRate / (1 - beta1 ** step),
        inverse_root: 1 / Math.sqrt(1 - beta2 ** step),
        epsilon,
      },
      Math.ceil(count / k.n / 64),
    );
  }
}

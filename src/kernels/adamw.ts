// AdamW and the global norm of gradients in WGSL.
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { AdamWArgs, GradNormArgs } from '../ops/adamw.js';
import type { Resolved } from '../ops/operation.js';
import { size as elements, view, type Tensor } from '../ops/tensor.js';
import { chunks } from './chunks.js';
import { byPack } from './pack.js';
import source from '../../shaders/adamw.wgsl';

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

/** Two stages whose order of summation depends on the sizes alone. */
export function gradNorm(rec: GpuRecorder, { grads, out, maxNorm }: Resolved<GradNormArgs>): void {
  const total = grads.reduce((sum, g) => sum + elements(g), 0);
  const items = Math.max(64, Math.ceil(total / PARTIALS / 64) * 64);
  const parts = grads.flatMap((g) =>
    chunks(rec.profile, elements(g), 4, 'gradNorm').map(({ start, count }) => ({
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

/** One dispatch per range that a binding can cover. */
export function adamW(rec: GpuRecorder, args: Resolved<AdamWArgs>): void {
  const { param, grad, m, v, clip, size, learningRate, beta1, beta2, epsilon, weightDecay, step } = args;
  for (const { start, count } of chunks(rec.profile, size, 4, 'adamW')) {
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

// As many multiply-adds as a WebGPU device can do: a ceiling for the bench, no part of training.
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { Tensor } from '../ops/tensor.js';
import source from '../../shaders/bench-fma.wgsl';

const FMA = kernel({ source, entry: 'bench_fma', access: 'w', params: { steps: 'u32' } });

/** Operations of one workgroup per step: 64 invocations with eight vectors of four. */
export const FMA_PER_STEP: number = 64 * 8 * 4 * 2;

/** Records one run. @param out f32[groups · 256] */
export function recordFma(rec: GpuRecorder, out: Tensor, groups: number, steps: number): void {
  rec.dispatch(FMA, [out], { steps }, groups);
}

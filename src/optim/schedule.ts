// Learning rates by step, as a factor of the peak.
import type { GRPOConfig } from '../config/grpo.js';

/**
 * Factor of the peak learning rate at a step, as Hugging Face's schedulers compute it: linear warm-up over ceil(warmupRatio * steps)
 * steps (so step 0 of a warm-up has rate 0), then constant, linear to 0, or half a cosine to 0.
 * @param step steps done so far
 * @param steps steps in all
 */
export function scheduleFactor(type: GRPOConfig['lrSchedulerType'], step: number, steps: number, warmupRatio: number): number {
  if (type === 'constant') return 1;
  const warmup = Math.ceil(warmupRatio * steps);
  if (step < warmup) return step / Math.max(warmup, 1);
  if (type === 'constant_with_warmup') return 1;
  const progress = Math.min((step - warmup) / Math.max(steps - warmup, 1), 1);
  return type === 'linear' ? 1 - progress : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
}

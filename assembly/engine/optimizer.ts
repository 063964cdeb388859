// AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW, and the global gradient norm of torch.nn.utils.clip_grad_norm_.
import { Lanes } from './lanes';
import { GRAIN, Op, at } from './op';

/** partials[first + unit] = Σ x² over the share's elements, in f64. */
@unmanaged
export class SquareSum extends Op {
  x: usize;
  partials: usize;
  size: u32;
}

export function squareSum(op: SquareSum, unit: u32): void {
  const end = min((unit + 1) * GRAIN, op.size);
  let sum: f64 = 0;
  for (let i = unit * GRAIN; i < end;) {
    // Runs of 256 in f32, so that rounding does not grow with the size.
    let run = f32x4.splat(0);
    const stop = min(i + 256, end);
    for (; i + 4 <= stop; i += 4) {
      const v = v128.load(at(op.x, i));
      run = f32x4.add(run, f32x4.mul(v, v));
    }
    sum += <f64>Lanes.sum(run);
    for (; i < stop; i++) sum += <f64>load<f32>(at(op.x, i)) * <f64>load<f32>(at(op.x, i));
  }
  store<f64>(op.partials + ((<usize>unit) << 3), sum);
}

/** out = [norm, min(1, maxNorm / (norm + 1e-6))], or factor 1 where maxNorm is 0, from f64[count] partial sums. */
@unmanaged
export class GradNorm extends Op {
  partials: usize;
  out: usize;
  count: u32;
  maxNorm: f32;
}

export function gradNorm(op: GradNorm): void {
  let sum: f64 = 0;
  for (let i: u32 = 0; i < op.count; i++) sum += load<f64>(op.partials + ((<usize>i) << 3));
  const norm = sqrt<f64>(sum);
  store<f32>(op.out, <f32>norm);
  store<f32>(op.out, op.maxNorm > 0 ? <f32>min<f64>(1.0, <f64>op.maxNorm / (norm + 1e-6)) : 1.0, 4);
}

/**
 * g = grad · clip[1]; m += (1 − β₁)(g − m); v = β₂ v + (1 − β₂) g²; param = param · decay − stepSize · m / (sqrt(v) · inverseRoot + ε).
 */
@unmanaged
export class AdamW extends Op {
  grad: usize;
  clip: usize;
  param: usize;
  m: usize;
  v: usize;
  size: u32;
  decay: f32;
  oneMinusBeta1: f32;
  beta2: f32;
  oneMinusBeta2: f32;
  stepSize: f32;
  inverseRoot: f32;
  epsilon: f32;
}

export function adamW(op: AdamW, unit: u32): void {
  const clip = load<f32>(op.clip, 4);
  const end = min((unit + 1) * GRAIN, op.size);
  let i = unit * GRAIN;
  for (; i + 4 <= end; i += 4) {
    const g = f32x4.mul(v128.load(at(op.grad, i)), f32x4.splat(clip));
    const m0 = v128.load(at(op.m, i));
    const m = f32x4.add(f32x4.mul(f32x4.splat(op.oneMinusBeta1), f32x4.sub(g, m0)), m0);
    const v = f32x4.add(
      f32x4.mul(f32x4.mul(f32x4.splat(op.oneMinusBeta2), g), g),
      f32x4.mul(f32x4.splat(op.beta2), v128.load(at(op.v, i))),
    );
    v128.store(at(op.m, i), m);
    v128.store(at(op.v, i), v);
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(op.inverseRoot)), f32x4.splat(op.epsilon));
    const kept = f32x4.mul(v128.load(at(op.param, i)), f32x4.splat(op.decay));
    v128.store(at(op.param, i), f32x4.sub(kept, f32x4.mul(f32x4.splat(op.stepSize), f32x4.div(m, root))));
  }
  for (; i < end; i++) {
    const g = load<f32>(at(op.grad, i)) * clip;
    const m0 = load<f32>(at(op.m, i));
    const m = op.oneMinusBeta1 * (g - m0) + m0;
    const v = op.oneMinusBeta2 * g * g + op.beta2 * load<f32>(at(op.v, i));
    store<f32>(at(op.m, i), m);
    store<f32>(at(op.v, i), v);
    const root = sqrt<f32>(v) * op.inverseRoot + op.epsilon;
    store<f32>(at(op.param, i), load<f32>(at(op.param, i)) * op.decay - op.stepSize * (m / root));
  }
}

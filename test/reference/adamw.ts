/** f64 twin of torch.nn.utils.clip_grad_norm_: [norm, factor]. */
export function gradNormReference(grads: readonly ArrayLike<number>[], maxNorm: number): [number, number] {
  let squares = 0;
  for (const g of grads) for (let i = 0; i < g.length; i++) squares += g[i]! ** 2;
  const norm = Math.sqrt(squares);
  return [norm, maxNorm > 0 ? Math.min(1, maxNorm / (norm + 1e-6)) : 1];
}

/** Settings of one step. */
export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** f64 twin of torch.optim.AdamW; changes param, m and v in place. */
export function adamWReference(
  param: Float64Array,
  grad: ArrayLike<number>,
  m: Float64Array,
  v: Float64Array,
  step: number,
  { learningRate, beta1, beta2, epsilon, weightDecay }: AdamWSettings,
): void {
  for (let i = 0; i < param.length; i++) {
    const g = grad[i]!;
    m[i] = beta1 * m[i]! + (1 - beta1) * g;
    v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
    const mean = m[i]! / (1 - beta1 ** step);
    const root = Math.sqrt(v[i]! / (1 - beta2 ** step));
    param[i] = param[i]! * (1 - learningRate * weightDecay) - (learningRate * mean) / (root + epsilon);
  }
}

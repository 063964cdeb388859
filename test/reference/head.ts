export interface HeadArgs {
  rows: number;
  vocab: number;
  temperature: number;
}

/** Log-softmax statistics of logits[rows, vocab] / temperature, in f64. */
export function rowStats(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  { rows, vocab, temperature }: HeadArgs,
): { logps: Float64Array; entropies: Float64Array; lse: Float64Array } {
  const logps = new Float64Array(rows);
  const entropies = new Float64Array(rows);
  const lse = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let max = -Infinity;
    for (let j = 0; j < vocab; j++) max = Math.max(max, logits[r * vocab + j]! / temperature);
    let sum = 0;
    for (let j = 0; j < vocab; j++) sum += Math.exp(logits[r * vocab + j]! / temperature - max);
    lse[r] = max + Math.log(sum);
    let entropy = 0;
    for (let j = 0; j < vocab; j++) {
      const logp = logits[r * vocab + j]! / temperature - lse[r]!;
      if (logp > -700) entropy -= Math.exp(logp) * logp;
    }
    entropies[r] = entropy;
    logps[r] = logits[r * vocab + targets[r]!]! / temperature - lse[r]!;
  }
  return { logps, entropies, lse };
}

/** d Σ (dLogps · logps + dEntropies · entropies) / d logits, in f64. */
export function rowStatsBackward(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  dLogps: ArrayLike<number>,
  dEntropies: ArrayLike<number>,
  args: HeadArgs,
): Float64Array {
  const { rows, vocab, temperature } = args;
  const { entropies, lse } = rowStats(logits, targets, args);
  const d = new Float64Array(rows * vocab);
  for (let r = 0; r < rows; r++)
    for (let j = 0; j < vocab; j++) {
      const logp = logits[r * vocab + j]! / temperature - lse[r]!;
      const p = Math.exp(logp);
      const hit = targets[r] === j ? 1 : 0;
      d[r * vocab + j] = (dLogps[r]! * (hit - p) - dEntropies[r]! * p * (logp + entropies[r]!)) / temperature;
    }
  return d;
}

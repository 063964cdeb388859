// Rotary position embedding: its settings and its frequencies, as transformers computes them, in f64. The rotation itself is an operation.

/** Rotary position embedding, by type; the fields are those of transformers' `rope_parameters`. */
export type RopeConfig =
  | { readonly type: 'default'; readonly theta: number }
  | { readonly type: 'linear'; readonly theta: number; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly theta: number;
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      readonly type: 'yarn';
      readonly theta: number;
      readonly factor: number;
      readonly originalMaxPositionEmbeddings: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly truncate: boolean;
      readonly attentionFactor?: number;
      readonly mscale?: number;
      readonly mscaleAllDim?: number;
    };

/**
 * Rotation frequencies, as transformers computes them for the rope type, in f64.
 *
 * @returns invFreq `f64[headDim / 2]`: angle of pair i at position p is p · invFreq[i]; attentionScaling: factor on cos and sin
 */
export function ropeFrequencies(rope: RopeConfig, headDim: number): { invFreq: Float64Array; attentionScaling: number } {
  const invFreq = Float64Array.from({ length: headDim / 2 }, (_, i) => rope.theta ** (-(2 * i) / headDim));
  switch (rope.type) {
    case 'default':
      return { invFreq, attentionScaling: 1 };
    case 'linear':
      return { invFreq: invFreq.map((f) => f / rope.factor), attentionScaling: 1 };
    case 'llama3':
      return { invFreq: invFreq.map((f) => llama3Frequency(f, rope)), attentionScaling: 1 };
    case 'yarn':
      return { invFreq: yarnFrequencies(invFreq, headDim, rope), attentionScaling: yarnAttentionScaling(rope) };
  }
}

type Llama3Rope = Extract<RopeConfig, { type: 'llama3' }>;
type YarnRope = Extract<RopeConfig, { type: 'yarn' }>;

/** Long wavelengths are divided by the factor, short ones kept, those between blended (Llama 3.1). */
function llama3Frequency(frequency: number, rope: Llama3Rope): number {
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalMaxPositionEmbeddings: context } = rope;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength > context / low) return frequency / factor;
  if (wavelength < context / high) return frequency;
  const smooth = (context / wavelength - low) / (high - low);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** YaRN (arXiv 2309.00071): a ramp over the pairs, from the frequency itself to the frequency divided by the factor. */
function yarnFrequencies(invFreq: Float64Array, headDim: number, rope: YarnRope): Float64Array {
  const pairOfRotations = (rotations: number): number =>
    (headDim * Math.log(rope.originalMaxPositionEmbeddings / (rotations * 2 * Math.PI))) / (2 * Math.log(rope.theta));
  let low = pairOfRotations(rope.betaFast);
  let high = pairOfRotations(rope.betaSlow);
  if (rope.truncate) {
    low = Math.floor(low);
    high = Math.ceil(high);
  }
  low = Math.max(low, 0);
  high = Math.min(high, headDim - 1);
  if (low === high) high += 0.001;
  return invFreq.map((f, i) => {
    const ramp = Math.min(Math.max((i - low) / (high - low), 0), 1);
    return (f / rope.factor) * ramp + f * (1 - ramp);
  });
}

function yarnAttentionScaling({ factor, attentionFactor, mscale, mscaleAllDim }: YarnRope): number {
  const scaleOf = (m: number): number => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  if (attentionFactor !== undefined) return attentionFactor;
  return mscale && mscaleAllDim ? scaleOf(mscale) / scaleOf(mscaleAllDim) : scaleOf(1);
}

// The losses as rows of a table: the surrogate of one token with its slope, what the sum over tokens is divided by, and how clipping is
// counted. Each row reads like its paper. What is common to all (masks, KL term, entropy bonus, sums) is objective.ts.
import type { GRPOConfig, LOSS_KINDS } from '../config/grpo.js';

/** The settings that surrogates read; a resolved config fits. */
export type LossSettings = Pick<
  GRPOConfig,
  | 'epsilon'
  | 'epsilonHigh'
  | 'delta'
  | 'sapoTemperaturePos'
  | 'sapoTemperatureNeg'
  | 'vespoKPos'
  | 'vespoLambdaPos'
  | 'vespoKNeg'
  | 'vespoLambdaNeg'
>;

/** {@link LossSettings} with the bounds of the ratio worked out. */
export interface Bounds extends LossSettings {
  /** 1 - epsilon and 1 + epsilonHigh. */
  readonly clipLow: number;
  readonly clipHigh: number;
  /** Absolute cap of the ratio: epsilonHigh itself; Infinity: none. */
  readonly cap: number;
  /** Cap of the ratio in the unclipped term; Infinity: none. */
  readonly unclippedCap: number;
}

/** Works the bounds out. */
export function boundsOf(settings: LossSettings): Bounds {
  const { epsilon, epsilonHigh, delta } = settings;
  return {
    ...settings,
    clipLow: 1 - epsilon,
    clipHigh: 1 + (epsilonHigh ?? epsilon),
    cap: epsilonHigh ?? Infinity,
    unclippedCap: delta ?? Infinity,
  };
}

/** Sums over the loss tokens of a sequence. */
export interface SequenceSums {
  /** Sum of logp - old. */
  readonly logRatio: number;
  /** The same with every term clamped to [-20, 20]. */
  readonly clampedLogRatio: number;
}

/**
 * What the loss tokens of a sequence are divided by: their number (`tokens`), 1 (`none`), maxCompletionLength (`max_length`), the mean number
 * in the micro-batch (`micro_batch`) or in the optimiser-step window (`window`).
 */
export type Normalizer = 'tokens' | 'none' | 'max_length' | 'micro_batch' | 'window';

interface LossRow {
  readonly normalizer: Normalizer;
  /** Whether a ratio counts as clipped below and above; absent: the loss does not clip there. */
  readonly clippedLow?: (ratio: number, A: number, b: Bounds) => boolean;
  readonly clippedHigh?: (ratio: number, A: number, b: Bounds) => boolean;
}

/** A surrogate l(ratio): its gradient goes through the ratio. */
export interface RatioLoss extends LossRow {
  readonly kind: 'ratio';
  loss(ratio: number, A: number, b: Bounds): number;
  /** dl / d ratio. */
  slope(ratio: number, A: number, b: Bounds): number;
}

/** l = -weight A logp with a weight of the token's ratio, which has no gradient. */
export interface TokenWeightLoss extends LossRow {
  readonly kind: 'token_weight';
  weight(ratio: number, b: Bounds): number;
}

/** l = -weight A logp with a weight of the whole sequence, which has no gradient. */
export interface SequenceWeightLoss extends LossRow {
  readonly kind: 'sequence_weight';
  weight(sequence: SequenceSums, A: number, b: Bounds): number;
  /** Name of the mean weight over sequences among the metrics. */
  readonly weightMetric: string;
}

export type Loss = RatioLoss | TokenWeightLoss | SequenceWeightLoss;

/** The row that a loss of a kind must have. */
interface LossOfKind {
  clipped: RatioLoss & Required<LossRow>;
  capped: TokenWeightLoss;
  gated: RatioLoss;
  sequence: SequenceWeightLoss;
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/**
 * PPO's clipped surrogate, with INTELLECT-2's cap of the unclipped term: l = -min(min(ratio, delta) A, clamp(ratio, low, high) A).
 * Clipping is counted on the ratio after the cap, as in TRL.
 */
const clipped = {
  kind: 'ratio',
  loss: (ratio, A, b) => -Math.min(Math.min(ratio, b.unclippedCap) * A, clamp(ratio, b.clipLow, b.clipHigh) * A),
  // -A where the active term follows the ratio, else 0.
  slope(ratio, A, b) {
    const free = Math.min(ratio, b.unclippedCap) * A;
    const bound = clamp(ratio, b.clipLow, b.clipHigh) * A;
    const [freeFollows, boundFollows] = [ratio <= b.unclippedCap, ratio >= b.clipLow && ratio <= b.clipHigh];
    const follows = free < bound ? freeFollows : free > bound ? boundFollows : freeFollows || boundFollows;
    return follows ? -A : 0;
  },
  clippedLow: (ratio, A, b) => A < 0 && Math.min(ratio, b.unclippedCap) < b.clipLow,
  clippedHigh: (ratio, A, b) => A > 0 && Math.min(ratio, b.unclippedCap) > b.clipHigh,
} as const satisfies Omit<RatioLoss, 'normalizer'>;

/** SAPO's temperature, by the sign of the advantage. */
const sapoTemperature = (A: number, b: Bounds): number => (A > 0 ? b.sapoTemperaturePos : b.sapoTemperatureNeg);

/** VESPO bounds ln W. */
const [LN_W_MIN, LN_W_MAX] = [Math.log(1e-8), 20];

/** Every loss by its name in `lossType`. */
export const LOSSES: { readonly [K in GRPOConfig['lossType']]: LossOfKind[(typeof LOSS_KINDS)[K]] } = {
  // DeepSeekMath (arXiv 2402.03300), Eq. 3; MGRPO (2506.04746), Eq. 4: the mean over answers of the mean over tokens.
  grpo: { ...clipped, normalizer: 'tokens' },
  // TRL: the mean over the tokens of the micro-batch.
  bnpo: { ...clipped, normalizer: 'micro_batch' },
  // Dr. GRPO (2503.20783), section 3.2: division by a constant, so that length has no part in it.
  dr_grpo: { ...clipped, normalizer: 'max_length' },
  // DAPO (2503.14476), Eq. 8: the mean over all tokens of the step; its clip-higher is epsilonHigh 0.28.
  dapo: { ...clipped, normalizer: 'window' },
  // LUSPO: the sum over tokens; meant for one ratio per sequence.
  luspo: { ...clipped, normalizer: 'none' },

  // SAPO: l = -(4 / tau) sigmoid(tau (ratio - 1)) A. Slope: -4 s (1 - s) A with s the sigmoid; -A at ratio 1.
  sapo: {
    kind: 'ratio',
    normalizer: 'tokens',
    loss(ratio, A, b) {
      const tau = sapoTemperature(A, b);
      return (-(4 / tau) * A) / (1 + Math.exp(-tau * (ratio - 1)));
    },
    slope(ratio, A, b) {
      const s = 1 / (1 + Math.exp(-sapoTemperature(A, b) * (ratio - 1)));
      return -4 * s * (1 - s) * A;
    },
  },

  // CISPO (MiniMax-M1, 2506.13585), Eq. 4: weight = min(ratio, epsilonHigh), an absolute cap.
  cispo: {
    kind: 'token_weight',
    normalizer: 'window',
    weight: (ratio, b) => Math.min(ratio, b.cap),
    clippedHigh: (ratio, A, b) => A > 0 && ratio > b.cap,
  },

  // VESPO: weight = exp(lambda + k ln W - lambda W), with W the clamped product of the ratios, k and lambda by the sign of A.
  vespo: {
    kind: 'sequence_weight',
    normalizer: 'window',
    weight({ clampedLogRatio }, A, b) {
      const [k, lambda] = A >= 0 ? [b.vespoKPos, b.vespoLambdaPos] : [b.vespoKNeg, b.vespoLambdaNeg];
      const lnW = clamp(clampedLogRatio, LN_W_MIN, LN_W_MAX);
      return Math.exp(lambda + k * lnW - lambda * Math.exp(lnW));
    },
    weightMetric: 'vespo/phi_seq_mean',
  },

  // TOPR (2503.14286), tapered off-policy REINFORCE: the sum over tokens with weight 1 where A >= 0, else the product of the ratios up to 1.
  topr: {
    kind: 'sequence_weight',
    normalizer: 'none',
    weight: ({ logRatio }, A) => (A >= 0 ? 1 : Math.min(Math.exp(logRatio), 1)),
    weightMetric: 'topr/weight_seq_mean',
  },
};

/**
 * The policy objective (Eq. 4 and Eq. 6, and the field's variants) on one micro-batch: loss, gradient with respect to every token's
 * log-probability and entropy, metrics. This is the definition, in f64, that shaders/objective.wgsl must match; it is also fast enough
 * (10 to 100 ns per token) for a trainer to run on log-probs that it has read back.
 *
 * With `l` the surrogate and `k3` the KL estimate of a token, both below,
 *
 *     loss = sum over sequences i of (w_i / L_i) * sum over loss tokens t of (m_it l_it + beta k3_it)  -  entropyCoef * H
 *
 * where w_i is the weight of a sequence (1 / number of sequences unless given), L_i its length normaliser (see {@link tokenWeights}),
 * m_it in {0, 1} the off-policy mask of the sequence times the entropy mask of the token, and H the mean entropy.
 *
 * Sources: TRL 1.16's GRPOTrainer (order and masks), DeepSeekMath (GRPO), DAPO, Dr. GRPO, GSPO (sequence ratio), MiniMax-M1 (CISPO),
 * SAPO, VESPO, INTELLECT-2 (delta), DeepSeek-V3.2 (KL correction, off-policy mask).
 */
import { check } from '../errors.js';
import { CLIPPED_LOSSES } from '../config/grpo.js';
import type { GRPOConfig } from '../config/grpo.js';

/** The settings that the objective reads; a resolved config fits. */
export type ObjectiveSettings = Pick<
  GRPOConfig,
  | 'lossType'
  | 'importanceSamplingLevel'
  | 'epsilon'
  | 'epsilonHigh'
  | 'delta'
  | 'beta'
  | 'useBiasCorrectionKl'
  | 'topEntropyQuantile'
  | 'offPolicyMaskThreshold'
  | 'entropyCoef'
  | 'sapoTemperaturePos'
  | 'sapoTemperatureNeg'
  | 'vespoKPos'
  | 'vespoLambdaPos'
  | 'vespoKNeg'
  | 'vespoLambdaNeg'
  | 'maxCompletionLength'
>;

/** One micro-batch of B sequences with N completion tokens in all, ragged: sequence i holds tokens offsets[i] .. offsets[i + 1]. */
export interface ObjectiveBatch {
  /** int[B + 1], rising from 0 to N. */
  readonly offsets: ArrayLike<number>;
  /** float[N], log-probability of each token under the policy, after division of the logits by the temperature. */
  readonly logps: ArrayLike<number>;
  /** float[N] under the policy that sampled; null: the same weights, so the ratio is exactly 1 (its gradient is not 0). */
  readonly oldLogps: ArrayLike<number> | null;
  /** float[N] under the reference; needed where beta > 0. */
  readonly refLogps: ArrayLike<number> | null;
  /** float[N] entropy of the policy at each token; needed for topEntropyQuantile < 1 and entropyCoef > 0. */
  readonly entropies: ArrayLike<number> | null;
  /** float[B]. */
  readonly advantages: ArrayLike<number>;
  /** {0, 1}[N], which tokens are in the loss; null: all. */
  readonly mask: ArrayLike<number> | null;
}

/** Where the micro-batch stands in its optimiser step (its window). */
export interface ObjectiveContext {
  /** Micro-batches of the window. */
  readonly accumulationSteps: number;
  /** Loss tokens of all sequences of the window. */
  readonly windowTokens: number;
  /** Sequences of the window; needed with `sequenceWeights` for dapo, cispo and vespo. */
  readonly windowSequences?: number;
  /** float[B], w_i; they sum to 1 over the window for a mean. Absent or null: 1 / (B * accumulationSteps). */
  readonly sequenceWeights?: ArrayLike<number> | null;
}

/** What one micro-batch adds to the step. */
export interface ObjectiveResult {
  /** Its share of the window's loss: the sum over micro-batches is the loss of the step. */
  readonly loss: number;
  /** d loss / d logps, f64[N]; 0 outside the mask. */
  readonly gradLogps: Float64Array;
  /** d loss / d entropies, f64[N]. */
  readonly gradEntropies: Float64Array;
  /** TRL's metric names: kl, entropy, clip_ratio/..., cispo_clip_ratio, vespo/phi_seq_mean, policy_loss, entropy_coef. */
  readonly metrics: Readonly<Record<string, number>>;
}

// The surrogate of one token. c: ratio; A: advantage; lo, hi: clip bounds; delta: cap of the unclipped ratio (Infinity: none).

/** l(c) = -min(min(c, delta) A, clamp(c, lo, hi) A), PPO's clipped surrogate. */
function clippedLoss(c: number, A: number, lo: number, hi: number, delta: number): number {
  return -Math.min(Math.min(c, delta) * A, Math.min(Math.max(c, lo), hi) * A);
}

/** dl/dc of {@link clippedLoss}: -A where the active term follows c, else 0. */
function clippedSlope(c: number, A: number, lo: number, hi: number, delta: number): number {
  const free = Math.min(c, delta) * A;
  const clipped = Math.min(Math.max(c, lo), hi) * A;
  const follows = free < clipped ? c <= delta : free > clipped ? c >= lo && c <= hi : c <= delta || (c >= lo && c <= hi);
  return follows ? -A : 0;
}

/** l(c) = -(4 / tau) sigmoid(tau (c - 1)) A, SAPO's soft gate. */
function sapoLoss(c: number, A: number, tau: number): number {
  return (-(4 / tau) * A) / (1 + Math.exp(-tau * (c - 1)));
}

/** dl/dc of {@link sapoLoss}: -4 s (1 - s) A with s = sigmoid(tau (c - 1)); -A at c = 1. */
function sapoSlope(c: number, A: number, tau: number): number {
  const s = 1 / (1 + Math.exp(-tau * (c - 1)));
  return -4 * s * (1 - s) * A;
}

/** k3 = exp(d) - d - 1 with d = ref - logp: an estimate of KL(policy || reference) that is never negative (Eq. 3). Slope in logp: 1 - exp(d). */
function k3(d: number): number {
  return Math.exp(d) - d - 1;
}

/** VESPO's phi = exp(lambda + k ln W - lambda W), with ln W the clamped sum of the log-ratios; a weight without gradient. */
function vespoWeight(lnW: number, k: number, lambda: number): number {
  const x = Math.min(Math.max(lnW, LN_W_MIN), LN_W_MAX);
  return Math.exp(lambda + k * x - lambda * Math.exp(x));
}
const LN_W_MIN = Math.log(1e-8);
const LN_W_MAX = 20;

/** Losses that divide by the tokens of the whole optimiser-step window. */
const WINDOW_LOSSES: ReadonlySet<string> = new Set(['dapo', 'cispo', 'vespo']);

/**
 * w_i / L_i: what each loss token of sequence i weighs. L_i is the length of the sequence (grpo, sapo), 1 (luspo), maxCompletionLength
 * (dr_grpo), the mean length in the micro-batch (bnpo) or in the window (dapo, cispo, vespo). With equal weights these are TRL's
 * normalisers; with given ones, any weighted mean over sequences, such as Eq. 6.
 * @param lengths int[B], loss tokens of each sequence
 * @returns f64[B]; 0 for a sequence without loss tokens
 */
export function tokenWeights(
  lengths: ArrayLike<number>,
  settings: Pick<ObjectiveSettings, 'lossType' | 'maxCompletionLength'>,
  context: ObjectiveContext,
): Float64Array {
  const B = lengths.length;
  const { accumulationSteps, windowTokens, windowSequences, sequenceWeights } = context;
  check(accumulationSteps >= 1, `tokenWeights: expected at least 1 for accumulationSteps, got ${accumulationSteps}`);
  if (sequenceWeights)
    check(
      sequenceWeights.length === B,
      `tokenWeights: expected ${B} sequenceWeights, one per sequence, got ${sequenceWeights.length}`,
    );
  let total = 0;
  for (let i = 0; i < B; i++) total += lengths[i]!;
  const windowed = WINDOW_LOSSES.has(settings.lossType);
  check(
    !windowed || windowTokens >= total,
    `tokenWeights: expected at least the ${total} loss tokens of this micro-batch for windowTokens, got ${windowTokens}`,
  );
  // Mean length x number of sequences is the token count, so equal weights need no number of sequences in the window.
  const equal = windowed ? 1 : 1 / (B * accumulationSteps);
  let shared = 1;
  if (settings.lossType === 'dr_grpo') shared = settings.maxCompletionLength;
  else if (settings.lossType === 'bnpo') shared = total / B;
  else if (windowed && !sequenceWeights) shared = windowTokens;
  else if (windowed) {
    check(
      windowSequences !== undefined && windowSequences > 0,
      `tokenWeights: lossType ${settings.lossType} with sequenceWeights needs windowSequences, got ${windowSequences}`,
    );
    shared = windowTokens / windowSequences;
  }
  const own = settings.lossType === 'grpo' || settings.lossType === 'sapo';
  const out = new Float64Array(B);
  for (let i = 0; i < B; i++) {
    const n = lengths[i]!;
    if (n > 0) out[i] = (sequenceWeights ? sequenceWeights[i]! : equal) / (own ? n : shared);
  }
  return out;
}

/**
 * The value below which a share `q` of `values` lies, with linear interpolation between neighbours (numpy's and torch's default).
 * @param values float[n], n >= 1; they are sorted in place
 */
export function quantile(values: Float64Array, q: number): number {
  values.sort();
  const rank = q * (values.length - 1);
  // 1 - 0.7 is not 0.3: a rank that means a whole number must be one, or a token on the threshold is lost.
  const near = Math.round(rank);
  if (Math.abs(rank - near) < 1e-9 * values.length) return values[near]!;
  const below = Math.floor(rank);
  return values[below]! + (rank - below) * (values[below + 1]! - values[below]!);
}

/**
 * Loss, gradients and metrics of one micro-batch.
 * @throws MgrpoError `invalid_argument` where arrays do not fit together or an array that the settings need is missing.
 */
export function policyObjective(batch: ObjectiveBatch, settings: ObjectiveSettings, context: ObjectiveContext): ObjectiveResult {
  const { offsets, logps, oldLogps, refLogps, entropies, advantages, mask } = batch;
  const { lossType, beta, useBiasCorrectionKl, entropyCoef, offPolicyMaskThreshold } = settings;
  const B = advantages.length;
  const N = logps.length;
  check(
    B > 0 && offsets.length === B + 1 && offsets[B] === N,
    `policyObjective: expected ${B + 1} offsets that end at ${N}, got ${offsets.length} that end at ${offsets[offsets.length - 1]}`,
  );
  for (const [name, array] of Object.entries({ oldLogps, refLogps, entropies, mask })) {
    check(
      array === null || array.length === N,
      `policyObjective: expected ${N} values for ${name}, one per token, got ${array?.length}`,
    );
  }
  check(beta === 0 || refLogps, `policyObjective: beta ${beta} needs refLogps; pass them, or set beta to 0`);
  const needsEntropies = settings.topEntropyQuantile < 1 || entropyCoef !== 0;
  check(
    !needsEntropies || entropies,
    'policyObjective: topEntropyQuantile below 1 and entropyCoef above 0 need entropies; pass them',
  );
  check(
    lossType !== 'cispo' || settings.epsilonHigh !== null,
    'policyObjective: lossType cispo needs epsilonHigh, the cap of the ratio; set it, for example to 5',
  );

  const clipped = CLIPPED_LOSSES.has(lossType);
  const sapo = lossType === 'sapo';
  const sequenceLevel = settings.importanceSamplingLevel === 'sequence';
  const lo = 1 - settings.epsilon;
  const hi = 1 + (settings.epsilonHigh ?? settings.epsilon);
  const cap = settings.epsilonHigh ?? Infinity; // cispo's, absolute
  const delta = settings.delta ?? Infinity;

  const lengths = new Int32Array(B);
  for (let i = 0; i < B; i++) {
    for (let t = offsets[i]!; t < offsets[i + 1]!; t++) if (!mask || mask[t]) lengths[i]!++;
  }
  const weights = tokenWeights(lengths, settings, context);
  const tokens = lengths.reduce((a, b) => a + b, 0);

  // Entropy mask: a token carries the policy term if its entropy reaches the (1 - rho) quantile of the micro-batch's loss tokens.
  let entropyFloor = -Infinity;
  if (settings.topEntropyQuantile < 1 && tokens > 0) {
    const values = new Float64Array(tokens);
    for (let t = 0, k = 0; t < N; t++) if (!mask || mask[t]) values[k++] = entropies![t]!;
    entropyFloor = quantile(values, 1 - settings.topEntropyQuantile);
  }

  const gradLogps = new Float64Array(N);
  const gradEntropies = new Float64Array(N);
  let loss = 0;
  let klSum = 0;
  let entropySum = 0;
  let activeEntropySum = 0;
  let activeTokens = 0;
  let lowSum = 0;
  let highSum = 0;
  let lowMin = Infinity;
  let highMax = -Infinity;
  let phiSum = 0;

  for (let i = 0; i < B; i++) {
    const A = advantages[i]!;
    const n = lengths[i]!;
    const start = offsets[i]!;
    const end = offsets[i + 1]!;
    const w = weights[i]!;
    const tau = A > 0 ? settings.sapoTemperaturePos : settings.sapoTemperatureNeg;

    // Per-sequence scalars: mean log-ratio, sequence ratio, off-policy mask, VESPO's weight.
    let logRatioSum = 0;
    let clampedSum = 0;
    if (oldLogps) {
      for (let t = start; t < end; t++) {
        if (mask && !mask[t]) continue;
        const r = logps[t]! - oldLogps[t]!;
        logRatioSum += r;
        clampedSum += Math.min(Math.max(r, -20), 20);
      }
    }
    const meanLogRatio = n > 0 ? logRatioSum / n : 0;
    const sequenceRatio = Math.exp(meanLogRatio);
    const kept = offPolicyMaskThreshold === null || A >= 0 || -meanLogRatio <= offPolicyMaskThreshold;
    const phi =
      lossType !== 'vespo'
        ? 0
        : A >= 0
          ? vespoWeight(clampedSum, settings.vespoKPos, settings.vespoLambdaPos)
          : vespoWeight(clampedSum, settings.vespoKNeg, settings.vespoLambdaNeg);
    phiSum += phi;

    let lowTokens = 0;
    let highTokens = 0;
    let sequenceSlope = 0; // d(loss)/d(sequence ratio)
    for (let t = start; t < end; t++) {
      if (mask && !mask[t]) continue;
      const logp = logps[t]!;
      const c = sequenceLevel ? sequenceRatio : oldLogps ? Math.exp(logp - oldLogps[t]!) : 1;
      const H = entropies ? entropies[t]! : 0;
      const active = !(H < entropyFloor);
      entropySum += H;
      if (active) {
        activeEntropySum += H;
        activeTokens++;
      }

      // l, its slope in the ratio, and its slope in logp at a fixed ratio.
      let l = 0;
      let slopeRatio = 0;
      let slopeLogp = 0;
      if (kept && active) {
        if (clipped) {
          l = clippedLoss(c, A, lo, hi, delta);
          slopeRatio = clippedSlope(c, A, lo, hi, delta);
        } else if (sapo) {
          l = sapoLoss(c, A, tau);
          slopeRatio = sapoSlope(c, A, tau);
        } else {
          // cispo, vespo: -stopgrad(weight) A logp
          slopeLogp = -(lossType === 'cispo' ? Math.min(c, cap) : phi) * A;
          l = slopeLogp * logp;
        }
      }

      // + beta k3, times the ratio if corrected; after the masks, which do not touch it.
      if (beta !== 0) {
        const d = refLogps![t]! - logp;
        const estimate = k3(d);
        const factor = useBiasCorrectionKl ? c : 1;
        l += beta * estimate * factor;
        slopeLogp += beta * (1 - Math.exp(d)) * factor;
        if (useBiasCorrectionKl) slopeRatio += beta * estimate;
        klSum += estimate * factor;
      }

      loss += w * l;
      // dc/dlogp = c per token; a sequence ratio has dc/dlogp = c / n for each of its tokens, added below.
      if (sequenceLevel) {
        gradLogps[t] = w * slopeLogp;
        sequenceSlope += w * slopeRatio;
      } else {
        gradLogps[t] = w * (slopeLogp + slopeRatio * c);
      }

      // Clipping as TRL counts it: on the ratio after the cap delta.
      if (clipped) {
        if (A < 0 && Math.min(c, delta) < lo) lowTokens++;
        if (A > 0 && Math.min(c, delta) > hi) highTokens++;
      } else if (lossType === 'cispo' && A > 0 && c > cap) {
        highTokens++;
      }
    }
    if (sequenceLevel && n > 0) {
      const g = (sequenceSlope * sequenceRatio) / n;
      for (let t = start; t < end; t++) if (!mask || mask[t]) gradLogps[t]! += g;
    }

    // A sequence ratio counts once per sequence, token ratios once per token.
    const low = n > 0 ? lowTokens / n : 0;
    const high = n > 0 ? highTokens / n : 0;
    lowSum += sequenceLevel ? low : lowTokens;
    highSum += sequenceLevel ? high : highTokens;
    if (n > 0 || sequenceLevel) {
      lowMin = Math.min(lowMin, low);
      highMax = Math.max(highMax, high);
    }
  }

  const metrics: Record<string, number> = {};
  const perToken = Math.max(tokens, 1);
  const perRatio = sequenceLevel ? B : perToken;
  if (entropyCoef !== 0) {
    const windowed = WINDOW_LOSSES.has(lossType);
    const scale = windowed ? 1 / Math.max(context.windowTokens, 1) : 1 / (Math.max(activeTokens, 1) * context.accumulationSteps);
    metrics['policy_loss'] = windowed || context.sequenceWeights ? loss : loss * context.accumulationSteps;
    metrics['entropy_coef'] = entropyCoef;
    loss -= entropyCoef * activeEntropySum * scale;
    for (let t = 0; t < N; t++)
      if ((!mask || mask[t]) && !(entropies![t]! < entropyFloor)) gradEntropies[t] = -entropyCoef * scale;
  }
  if (beta !== 0) metrics['kl'] = klSum / perToken;
  if (entropies) metrics['entropy'] = entropySum / perToken;
  if (clipped) {
    metrics['clip_ratio/low_mean'] = lowSum / perRatio;
    metrics['clip_ratio/high_mean'] = highSum / perRatio;
    metrics['clip_ratio/region_mean'] = (lowSum + highSum) / perRatio;
    metrics['clip_ratio/low_min'] = lowMin === Infinity ? 0 : lowMin;
    metrics['clip_ratio/high_max'] = highMax === -Infinity ? 0 : highMax;
  } else if (lossType === 'cispo') {
    metrics['cispo_clip_ratio'] = highSum / perRatio;
  } else if (lossType === 'vespo') {
    metrics['vespo/phi_seq_mean'] = phiSum / B;
  }
  return { loss, gradLogps, gradEntropies, metrics };
}

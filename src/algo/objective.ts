// The policy objective (Eq. 4 and Eq. 6, and the field's variants) on one micro-batch: loss, gradient with respect to every token's
// log-probability and entropy, metrics. In f64 on the host, 10 to 100 ns per token; the surrogates themselves are rows of losses.ts.
//
// With l the surrogate and k3 the KL estimate of a token,
//
//     loss = sum over sequences i of (w_i / L_i) * sum over loss tokens t of (m_it l_it + beta k3_it)  -  entropyCoef * H
//
// where w_i is the weight of a sequence (1 / number of sequences unless given), L_i its length normaliser (see tokenWeights), m_it in {0, 1}
// the off-policy mask of the sequence times the entropy mask of the token, and H the mean entropy.
//
// Sources: TRL 1.16's GRPOTrainer (order and masks), DeepSeekMath (k3), DeepSeek-V3.2 (KL correction, off-policy mask), GSPO (one ratio per
// sequence), "Beyond the 80/20 Rule" (entropy mask).
import { check } from '../errors.js';
import { LOSS_KINDS } from '../config/grpo.js';
import type { GRPOConfig } from '../config/grpo.js';
import { boundsOf, LOSSES } from './losses.js';
import type { Bounds, Loss, LossSettings, SequenceSums } from './losses.js';

/** The settings that the objective reads; a resolved config fits. */
export type ObjectiveSettings = LossSettings &
  Pick<
    GRPOConfig,
    | 'lossType'
    | 'importanceSamplingLevel'
    | 'beta'
    | 'useBiasCorrectionKl'
    | 'topEntropyQuantile'
    | 'offPolicyMaskThreshold'
    | 'entropyCoef'
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
  /** Sequences of the window; needed with `sequenceWeights` by losses over the window. */
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

/** k3 = exp(d) - d - 1 with d = ref - logp: an estimate of KL(policy || reference) that is never negative (Eq. 3). Slope in logp: 1 - exp(d). */
function k3(d: number): number {
  return Math.exp(d) - d - 1;
}

/**
 * w_i / L_i: what each loss token of sequence i weighs, with L_i by the loss's {@link Normalizer}. With equal weights these are TRL's
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
  const { normalizer } = LOSSES[settings.lossType];
  check(accumulationSteps >= 1, `tokenWeights: expected at least 1 for accumulationSteps, got ${accumulationSteps}`);
  check(
    !sequenceWeights || sequenceWeights.length === B,
    `tokenWeights: expected ${B} sequenceWeights, one per sequence, got ${sequenceWeights?.length}`,
  );
  let total = 0;
  for (let i = 0; i < B; i++) total += lengths[i]!;
  const windowed = normalizer === 'window';
  check(
    !windowed || windowTokens >= total,
    `tokenWeights: expected at least the ${total} loss tokens of this micro-batch for windowTokens, got ${windowTokens}`,
  );
  check(
    !windowed || !sequenceWeights || (windowSequences !== undefined && windowSequences > 0),
    `tokenWeights: lossType ${settings.lossType} with sequenceWeights needs windowSequences, got ${windowSequences}`,
  );
  // Mean length x number of sequences is the token count, so equal weights need no number of sequences in the window.
  const equal = windowed ? 1 : 1 / (B * accumulationSteps);
  const divisor = {
    tokens: 1,
    none: 1,
    max_length: settings.maxCompletionLength,
    micro_batch: total / B,
    window: sequenceWeights ? windowTokens / windowSequences! : windowTokens,
  }[normalizer];
  return Float64Array.from(lengths, (n, i) => {
    if (n === 0) return 0;
    return (sequenceWeights ? sequenceWeights[i]! : equal) / (normalizer === 'tokens' ? n : divisor);
  });
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
  checkBatch(batch, settings);
  const { offsets, advantages, mask, entropies } = batch;
  const N = batch.logps.length;
  const lengths = Int32Array.from(advantages, (_, i) => {
    let n = 0;
    for (let t = offsets[i]!; t < offsets[i + 1]!; t++) if (!mask || mask[t]) n++;
    return n;
  });
  const tokens = lengths.reduce((a, b) => a + b, 0);
  const pass: Pass = {
    batch,
    settings,
    loss: LOSSES[settings.lossType],
    bounds: boundsOf(settings),
    entropyFloor: entropyFloor(batch, settings.topEntropyQuantile, tokens),
    gradLogps: new Float64Array(N),
    sums: { loss: 0, kl: 0, entropy: 0, activeEntropy: 0, activeTokens: 0, weight: 0 },
    clips: { low: 0, high: 0, lowMin: Infinity, highMax: -Infinity },
  };
  const weights = tokenWeights(lengths, settings, context);
  for (let i = 0; i < advantages.length; i++) addSequence(pass, i, weights[i]!, lengths[i]!);

  const metrics: Record<string, number> = {};
  const gradEntropies = new Float64Array(N);
  let { loss } = pass.sums;
  if (settings.entropyCoef !== 0) {
    const windowed = pass.loss.normalizer === 'window';
    const { activeTokens, activeEntropy } = pass.sums;
    const perToken = windowed ? context.windowTokens : activeTokens * context.accumulationSteps;
    const scale = 1 / Math.max(perToken, 1);
    metrics['policy_loss'] = windowed || context.sequenceWeights ? loss : loss * context.accumulationSteps;
    metrics['entropy_coef'] = settings.entropyCoef;
    loss -= settings.entropyCoef * activeEntropy * scale;
    for (let t = 0; t < N; t++) {
      if ((!mask || mask[t]) && !(entropies![t]! < pass.entropyFloor)) gradEntropies[t] = -settings.entropyCoef * scale;
    }
  }
  Object.assign(metrics, passMetrics(pass, tokens));
  return { loss, gradLogps: pass.gradLogps, gradEntropies, metrics };
}

function checkBatch(batch: ObjectiveBatch, settings: ObjectiveSettings): void {
  const { offsets, logps, oldLogps, refLogps, entropies, advantages, mask } = batch;
  const { lossType, beta, topEntropyQuantile, entropyCoef } = settings;
  const [B, N] = [advantages.length, logps.length];
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
  check(
    (topEntropyQuantile === 1 && entropyCoef === 0) || entropies,
    'policyObjective: topEntropyQuantile below 1 and entropyCoef above 0 need entropies; pass them',
  );
  check(
    LOSS_KINDS[lossType] !== 'capped' || settings.epsilonHigh !== null,
    `policyObjective: lossType ${lossType} needs epsilonHigh, the cap of the ratio; set it, for example to 5`,
  );
}

/** Entropy mask: a token carries the policy term if its entropy reaches the (1 - rho) quantile of the micro-batch's loss tokens. */
function entropyFloor({ entropies, mask }: ObjectiveBatch, rho: number, tokens: number): number {
  if (rho >= 1 || tokens === 0) return -Infinity;
  return quantile(
    Float64Array.from(entropies!).filter((_, t) => !mask || mask[t]),
    1 - rho,
  );
}

/** What the pass over the sequences reads and adds to. */
interface Pass {
  readonly batch: ObjectiveBatch;
  readonly settings: ObjectiveSettings;
  readonly loss: Loss;
  readonly bounds: Bounds;
  readonly entropyFloor: number;
  readonly gradLogps: Float64Array;
  readonly sums: { loss: number; kl: number; entropy: number; activeEntropy: number; activeTokens: number; weight: number };
  readonly clips: { low: number; high: number; lowMin: number; highMax: number };
}

/** Sum of the log-ratios of a sequence's loss tokens; 0 on policy. */
function sequenceSums({ offsets, logps, oldLogps, mask }: ObjectiveBatch, i: number): SequenceSums {
  let [logRatio, clampedLogRatio] = [0, 0];
  for (let t = offsets[i]!; oldLogps && t < offsets[i + 1]!; t++) {
    if (mask && !mask[t]) continue;
    const difference = logps[t]! - oldLogps[t]!;
    logRatio += difference;
    clampedLogRatio += Math.min(Math.max(difference, -20), 20);
  }
  return { logRatio, clampedLogRatio };
}

/** Adds the share of sequence i to loss, gradient and sums. @param w its weight per token; @param n its loss tokens */
function addSequence(pass: Pass, i: number, w: number, n: number): void {
  const { batch, settings, loss, bounds, gradLogps, sums } = pass;
  const { logps, oldLogps, refLogps, entropies, mask } = batch;
  const { beta, useBiasCorrectionKl, offPolicyMaskThreshold } = settings;
  const [start, end] = [batch.offsets[i]!, batch.offsets[i + 1]!];
  const A = batch.advantages[i]!;
  const oneRatio = settings.importanceSamplingLevel === 'sequence';

  const sequence = sequenceSums(batch, i);
  const meanLogRatio = n > 0 ? sequence.logRatio / n : 0;
  const sequenceRatio = Math.exp(meanLogRatio);
  const kept = offPolicyMaskThreshold === null || A >= 0 || -meanLogRatio <= offPolicyMaskThreshold;
  const sequenceWeight = loss.kind === 'sequence_weight' ? loss.weight(sequence, A, bounds) : 0;
  sums.weight += sequenceWeight;

  let [lowTokens, highTokens] = [0, 0];
  let sequenceSlope = 0; // d loss / d sequence ratio
  for (let t = start; t < end; t++) {
    if (mask && !mask[t]) continue;
    const logp = logps[t]!;
    const ratio = oneRatio ? sequenceRatio : oldLogps ? Math.exp(logp - oldLogps[t]!) : 1;
    const entropy = entropies ? entropies[t]! : 0;
    const active = !(entropy < pass.entropyFloor);
    sums.entropy += entropy;
    if (active) {
      sums.activeEntropy += entropy;
      sums.activeTokens++;
    }

    // l, its slope in the ratio, and its slope in logp at a fixed ratio.
    let l = 0;
    let slopeRatio = 0;
    let slopeLogp = 0;
    if (kept && active) {
      if (loss.kind === 'ratio') {
        l = loss.loss(ratio, A, bounds);
        slopeRatio = loss.slope(ratio, A, bounds);
      } else {
        const weight = loss.kind === 'token_weight' ? loss.weight(ratio, bounds) : sequenceWeight;
        slopeLogp = -weight * A;
        l = slopeLogp * logp;
      }
    }

    // + beta k3, times the ratio if corrected; after the masks, which do not touch it.
    if (beta !== 0) {
      const d = refLogps![t]! - logp;
      const estimate = k3(d);
      const factor = useBiasCorrectionKl ? ratio : 1;
      l += beta * estimate * factor;
      slopeLogp += beta * (1 - Math.exp(d)) * factor;
      if (useBiasCorrectionKl) slopeRatio += beta * estimate;
      sums.kl += estimate * factor;
    }

    sums.loss += w * l;
    // d ratio / d logp = ratio per token; a sequence ratio has ratio / n for each of its tokens, added below.
    gradLogps[t] = w * (oneRatio ? slopeLogp : slopeLogp + slopeRatio * ratio);
    sequenceSlope += w * slopeRatio;
    if (loss.clippedLow?.(ratio, A, bounds)) lowTokens++;
    if (loss.clippedHigh?.(ratio, A, bounds)) highTokens++;
  }
  if (oneRatio && n > 0) {
    const g = (sequenceSlope * sequenceRatio) / n;
    for (let t = start; t < end; t++) if (!mask || mask[t]) gradLogps[t]! += g;
  }
  countClips(pass.clips, lowTokens, highTokens, n, oneRatio);
}

/** A sequence ratio counts once per sequence, token ratios once per token. */
function countClips(clips: Pass['clips'], lowTokens: number, highTokens: number, n: number, oneRatio: boolean): void {
  const low = n > 0 ? lowTokens / n : 0;
  const high = n > 0 ? highTokens / n : 0;
  clips.low += oneRatio ? low : lowTokens;
  clips.high += oneRatio ? high : highTokens;
  if (n > 0 || oneRatio) {
    clips.lowMin = Math.min(clips.lowMin, low);
    clips.highMax = Math.max(clips.highMax, high);
  }
}

/** TRL's metrics of a pass over `tokens` loss tokens. */
function passMetrics({ batch, settings, loss, sums, clips }: Pass, tokens: number): Record<string, number> {
  const metrics: Record<string, number> = {};
  const B = batch.advantages.length;
  const perToken = Math.max(tokens, 1);
  const perRatio = settings.importanceSamplingLevel === 'sequence' ? B : perToken;
  if (settings.beta !== 0) metrics['kl'] = sums.kl / perToken;
  if (batch.entropies) metrics['entropy'] = sums.entropy / perToken;
  if (loss.clippedLow) {
    metrics['clip_ratio/low_mean'] = clips.low / perRatio;
    metrics['clip_ratio/high_mean'] = clips.high / perRatio;
    metrics['clip_ratio/region_mean'] = (clips.low + clips.high) / perRatio;
    metrics['clip_ratio/low_min'] = clips.lowMin === Infinity ? 0 : clips.lowMin;
    metrics['clip_ratio/high_max'] = clips.highMax === -Infinity ? 0 : clips.highMax;
  } else if (loss.clippedHigh) {
    metrics[`${settings.lossType}_clip_ratio`] = clips.high / perRatio;
  }
  if (loss.kind === 'sequence_weight') metrics[loss.weightMetric] = sums.weight / B;
  return metrics;
}

// Layer 2's bookkeeping (section 3.2 and Eq. 6): which answers are corrected, which queries are kept ("dynamic verification"), the
// advantage of a correction, and the weight of its sequence in the loss.
import { check } from '../errors.js';
import type { GRPOConfig } from '../config/grpo.js';
import type { Layer2Config } from '../config/layer2.js';
import { flatGroups, groupAdvantages, totalRewards } from './advantage.js';
import type { Rewards, ScalingSettings } from './advantage.js';

/** A number in [0, 1), from the caller's random stream. */
export type Draw = () => number;

/** `k` of the items in random order, none twice; all of them where there are no more. */
function sampleWithoutReplacement<T>(items: readonly T[], k: number, draw: Draw): T[] {
  const pool = [...items];
  for (let i = 0; i < Math.min(k, pool.length); i++) {
    const j = i + Math.floor(draw() * (pool.length - i));
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, k);
}

/**
 * Which answers of a question go to layer 2.
 * @param correct per answer, whether it is right
 * @param eligible indices of the answers that can be corrected
 * @param k how many are wanted; null: all (the paper)
 * @returns indices, rising; all eligible ones if they are no more than k
 */
export function chooseAnswers(
  correct: readonly boolean[],
  eligible: readonly number[],
  k: number | null,
  choice: Layer2Config['answerChoice'],
  draw: Draw,
): number[] {
  if (k === null || k >= eligible.length) return [...eligible];
  if (choice === 'first') return eligible.slice(0, k);
  if (choice === 'random') return sampleWithoutReplacement(eligible, k, draw).sort((a, b) => a - b);
  const right = eligible.filter((i) => correct[i]);
  const wrong = eligible.filter((i) => !correct[i]);
  if (choice === 'wrong') {
    const wrongs = sampleWithoutReplacement(wrong, k, draw);
    return [...wrongs, ...sampleWithoutReplacement(right, k - wrongs.length, draw)].sort((a, b) => a - b);
  }
  // Half each; if k is odd, a random side gets one more. What one side lacks comes from the other.
  const half = Math.floor(k / 2) + (k % 2 === 1 && draw() < 0.5 ? 1 : 0);
  const rights = Math.min(right.length, Math.max(half, k - wrong.length));
  return [...sampleWithoutReplacement(right, rights, draw), ...sampleWithoutReplacement(wrong, k - rights, draw)].sort(
    (a, b) => a - b,
  );
}

/** The corrections of one round: J queries with H corrections each; query j belongs to question `questionOf[j]`. */
export interface CorrectionRound {
  /** Questions of the round, with queries or without. */
  readonly questions: number;
  /** int[J], rising. */
  readonly questionOf: readonly number[];
  /** bool[J], whether the answer that query j corrects is right. */
  readonly answerCorrect: readonly boolean[];
  /** f64[J], total reward of that answer; NaN where it was not scored. */
  readonly answerRewards: ArrayLike<number>;
  /** bool[J * H], whether each correction is right. */
  readonly correct: readonly boolean[];
  /** [J * H][functions], rewards of each correction. */
  readonly rewards: Rewards;
}

/** The settings that selection, advantage and Eq. 6 depend on. */
export type Layer2Settings = Pick<
  Layer2Config,
  'numGenerations' | 'selection' | 'baseline' | 'normalizer' | 'correctionBonus' | 'degradationPenalty'
> &
  ScalingSettings &
  Pick<GRPOConfig, 'filterZeroVariance'>;

/** What layer 2 makes of a round. */
export interface Layer2Selection {
  /** f64[J * H], total reward of each correction; NaN where it was not scored. */
  readonly totals: Float64Array;
  /** bool[J], whether the query is in the update. */
  readonly keep: readonly boolean[];
  /** f64[J * H]; 0 for corrections of queries that are not kept. */
  readonly advantages: Float64Array;
  /**
   * f64[J * H], weight w of each correction in Eq. 6; 0 where not kept. They sum to the share of the questions that have a kept query (1 if
   * all have one), or with normalizer paper to the mean number of kept queries per question.
   */
  readonly weights: Float64Array;
  /** Queries discarded by dynamic verification. */
  readonly discarded: number;
  /** Queries whose baseline group has no spread of rewards; under filterZeroVariance they are not kept. */
  readonly zeroVariance: number;
}

/**
 * Dynamic verification, advantage and weights of layer 2.
 *
 * - Kept is every query but, with selection paper, those whose answer and all H corrections are wrong.
 * - Reward R' = R + alpha (R - R(o_i)) - penalty [o_i right, correction wrong]; alpha and penalty are 0 in the paper.
 * - A = R' - mean, over the H corrections of the query or over all kept corrections of the question (baseline); scaled, and summed over
 *   several reward functions, as in layer 1 ({@link groupAdvantages}).
 * - Eq. 6: question q with G'_q kept queries weighs each of its corrections 1 / (Q H) (normalizer paper) or 1 / (Q G'_q H) (mean), Q being
 *   all questions of the round; one with nothing kept counts 0. Under filterZeroVariance, Q counts the questions with something kept.
 * @throws MgrpoError `invalid_argument` where sizes do not fit, or a bonus or penalty is set with normalize_then_sum, which takes no total
 */
export function selectCorrections(round: CorrectionRound, settings: Layer2Settings): Layer2Selection {
  const H = settings.numGenerations;
  const J = round.questionOf.length;
  const { correct, rewards, answerCorrect, answerRewards, questionOf } = round;
  check(
    correct.length === J * H && rewards.length === J * H && answerCorrect.length === J && answerRewards.length === J,
    `selectCorrections: expected ${J} answers and ${J * H} corrections (${J} queries x H ${H}), got ${answerCorrect.length} and ${rewards.length}`,
  );
  check(
    settings.multiObjectiveAggregation === 'sum_then_normalize' ||
      (settings.correctionBonus === 0 && settings.degradationPenalty === 0),
    'selectCorrections: layer2.correctionBonus and layer2.degradationPenalty shape the total reward, and multiObjectiveAggregation ' +
      'normalize_then_sum takes none; set both to 0, or sum_then_normalize',
  );

  const keep = answerCorrect.map(
    (right, j) => settings.selection === 'none' || right || correct.slice(j * H, (j + 1) * H).some(Boolean),
  );
  const discarded = keep.filter((k) => !k).length;
  const totals = totalRewards(rewards, settings.rewardWeights);
  const shaped = totals.map((R, row) => {
    const j = Math.floor(row / H);
    const answer = answerRewards[j]!;
    const bonus = Number.isNaN(answer) ? 0 : settings.correctionBonus * (R - answer);
    const penalty = answerCorrect[j] && !correct[row] ? settings.degradationPenalty : 0;
    return R + bonus - penalty;
  });

  const members = baselineGroups(questionOf, keep, settings.baseline);
  const rows = members.map((queries) => queries.flatMap((j) => Array.from({ length: H }, (_, h) => j * H + h)));
  const advantages = groupAdvantages(shaped, rewards, rows, settings);
  const isFlat = flatGroups(shaped, rewards, rows, settings);
  const flat = members.filter((_, g) => isFlat[g]).flat();
  if (settings.filterZeroVariance) for (const j of flat) keep[j] = false;
  return {
    totals,
    keep,
    advantages,
    weights: lossWeights(round, keep, settings),
    discarded,
    zeroVariance: flat.length,
  };
}

/** Queries that share a baseline: each kept query alone, or the kept queries of a question. */
function baselineGroups(
  questionOf: readonly number[],
  keep: readonly boolean[],
  baseline: Layer2Config['baseline'],
): readonly (readonly number[])[] {
  const groups = new Map<number, number[]>();
  questionOf.forEach((q, j) => {
    if (!keep[j]) return;
    const key = baseline === 'query' ? j : q;
    groups.set(key, [...(groups.get(key) ?? []), j]);
  });
  return [...groups.values()];
}

/** The weights of Eq. 6, f64[J * H]. */
function lossWeights(
  { questionOf, questions }: CorrectionRound,
  keep: readonly boolean[],
  { numGenerations: H, normalizer, filterZeroVariance }: Layer2Settings,
): Float64Array {
  const keptOf = new Map<number, number>();
  questionOf.forEach((q, j) => {
    if (keep[j]) keptOf.set(q, (keptOf.get(q) ?? 0) + 1);
  });
  const Q = filterZeroVariance ? keptOf.size : questions;
  const weights = new Float64Array(questionOf.length * H);
  questionOf.forEach((q, j) => {
    if (keep[j]) weights.fill(1 / (Q * H * (normalizer === 'paper' ? 1 : keptOf.get(q)!)), j * H, (j + 1) * H);
  });
  return weights;
}

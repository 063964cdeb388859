// Rewards to advantages: total reward, spread of a group, advantage, for both layers (section 3.1 of the paper: the reward minus the mean
// of its group), with TRL's other scalings, and the reward statistics under TRL's metric names. Which rows form a group is the caller's.
import { check } from '../errors.js';
import type { GRPOConfig } from '../config/grpo.js';

/** Rewards of one batch: one row per completion in group order, one column per reward function; null: not scored. */
export type Rewards = readonly (readonly (number | null)[])[];

/** How rewards are scaled and added. */
export type ScalingSettings = Pick<GRPOConfig, 'scaleRewards' | 'multiObjectiveAggregation' | 'rewardWeights'>;

/** The settings that the advantages of layer 1 depend on. */
export type AdvantageSettings = ScalingSettings & Pick<GRPOConfig, 'numGenerations'>;

/** Added to every standard deviation that divides (TRL). */
const STD_EPSILON = 1e-4;

/** A group whose rewards deviate by no more than this is flat: what is left are rounding errors. */
const FLAT_STD = 1e-8;

/** What a batch of rewards amounts to. */
export interface Advantages {
  /** f64[rows], total reward; NaN where no function scored the completion. */
  readonly totals: Float64Array;
  /** f64[rows]; 0 where the completion was not scored, or its group has fewer than two scored completions. */
  readonly advantages: Float64Array;
  /** Per group: whether no completion has an advantage other than 0, so that the group cannot teach. */
  readonly zeroVariance: readonly boolean[];
}

/** Number, mean and standard deviation (n - 1) of the entries in `rows` (default: all) that are not NaN; NaN and 0 where there are none. */
export function nanStatistics(x: ArrayLike<number>, rows?: readonly number[]): { n: number; mean: number; std: number } {
  const present = Array.from(rows ?? x, (entry) => (rows ? x[entry]! : entry)).filter((value) => !Number.isNaN(value));
  const n = present.length;
  const mean = present.reduce((sum, value) => sum + value, 0) / n;
  const squares = present.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, std: Math.sqrt(squares / Math.max(n - 1, 1)) };
}

/** Rows 0 .. size-1, size .. 2 size-1, ...: the groups of a batch in group order. */
export function consecutiveGroups(rows: number, size: number): number[][] {
  return Array.from({ length: rows / size }, (_, g) => Array.from({ length: size }, (_, i) => g * size + i));
}

/** The columns of a batch, one f64[rows] per reward function, null as NaN. */
function columnsOf(rewards: Rewards): Float64Array[] {
  return Array.from({ length: rewards[0]?.length ?? 0 }, (_, k) => Float64Array.from(rewards, (row) => row[k] ?? NaN));
}

/** Sum over k of weights[k] * columns[k][row] over the functions that scored the row; NaN where none did. */
function weightedSum(columns: readonly Float64Array[], weights: readonly number[] | null, rows: number): Float64Array {
  const out = new Float64Array(rows).fill(NaN);
  columns.forEach((values, k) => {
    for (let row = 0; row < rows; row++) {
      if (!Number.isNaN(values[row])) out[row] = (Number.isNaN(out[row]) ? 0 : out[row]!) + (weights?.[k] ?? 1) * values[row]!;
    }
  });
  return out;
}

/**
 * f64[rows], R_i = sum over k of w_k r_ik over the functions that scored the completion; NaN where none did.
 * @param weights one per reward function; null: 1 each
 * @throws MgrpoError `invalid_argument` if a row has not one value per weight, or a value is not finite
 */
export function totalRewards(rewards: Rewards, weights: readonly number[] | null): Float64Array {
  const functions = rewards[0]?.length ?? 0;
  check(
    weights === null || rewards.length === 0 || weights.length === functions,
    `totalRewards: expected ${functions} rewardWeights, one per reward function, got ${weights?.length}`,
  );
  rewards.forEach((row, i) => {
    const bad = row.findIndex((r) => r !== null && !Number.isFinite(r));
    check(
      row.length === functions && bad < 0,
      `totalRewards: expected ${functions} finite rewards or null in row ${i}, got ${row.length} with ${String(row[bad])}`,
    );
  });
  return weightedSum(columnsOf(rewards), weights, rewards.length);
}

/** Whether a group cannot teach: fewer than two scored rows, or no spread of the total, or under normalize_then_sum of any function. */
function isFlat(
  totals: Float64Array,
  columns: readonly Float64Array[],
  rows: readonly number[],
  aggregation: ScalingSettings['multiObjectiveAggregation'],
): boolean {
  const { n, std } = nanStatistics(totals, rows);
  const spread =
    aggregation === 'sum_then_normalize' ? std : Math.max(...columns.map((values) => nanStatistics(values, rows).std));
  return n < 2 || spread <= FLAT_STD;
}

/** Per group, whether it cannot teach because its rewards do not differ. @param totals f64[rows] of {@link totalRewards} */
export function flatGroups(
  totals: Float64Array,
  rewards: Rewards,
  groups: readonly (readonly number[])[],
  settings: ScalingSettings,
): boolean[] {
  const columns = columnsOf(rewards);
  return groups.map((rows) => isFlat(totals, columns, rows, settings.multiObjectiveAggregation));
}

/**
 * Advantages within given groups of rows; 0 for rows in no group, for rows not scored, and in flat groups.
 *
 * - sum_then_normalize: A = (R - mean of the group) / (std + 1e-4), where std is of the group, of all groups, or the division is left out
 *   (scaleRewards group, batch, none).
 * - normalize_then_sum (GDPO): z = (r - mean) / (std + 1e-4) of each function within the group; A is the z-score of their weighted sum over
 *   all groups. scaleRewards has no effect.
 * @param totals f64[rows], the rewards to compare; may differ from {@link totalRewards} by shaping
 */
export function groupAdvantages(
  totals: Float64Array,
  rewards: Rewards,
  groups: readonly (readonly number[])[],
  settings: ScalingSettings,
): Float64Array {
  const { scaleRewards, multiObjectiveAggregation: aggregation, rewardWeights } = settings;
  const groupwise = aggregation === 'sum_then_normalize';
  const columns = columnsOf(rewards);
  const scores = groupwise ? totals : weightedSum(zScores(columns, groups), rewardWeights, totals.length);
  const batch = nanStatistics(scores, groups.flat());
  const advantages = new Float64Array(totals.length);
  for (const rows of groups) {
    // The centred values of equal rewards are rounding errors, which must not be amplified by the division by std + 1e-4.
    if (isFlat(totals, columns, rows, aggregation)) continue;
    const group = nanStatistics(scores, rows);
    const { mean } = groupwise ? group : batch;
    const { std } = groupwise && scaleRewards === 'group' ? group : batch;
    const divisor = groupwise && scaleRewards === 'none' ? 1 : std + STD_EPSILON;
    for (const row of rows) if (!Number.isNaN(totals[row])) advantages[row] = (scores[row]! - mean) / divisor;
  }
  return advantages;
}

/** (r - mean of the group) / (std of the group + 1e-4), function by function; NaN for rows in no group. */
function zScores(columns: readonly Float64Array[], groups: readonly (readonly number[])[]): Float64Array[] {
  return columns.map((values) => {
    const out = new Float64Array(values.length).fill(NaN);
    for (const rows of groups) {
      const { mean, std } = nanStatistics(values, rows);
      for (const row of rows) out[row] = (values[row]! - mean) / (std + STD_EPSILON);
    }
    return out;
  });
}

/**
 * Layer 1: the totals of a batch and the advantages within its consecutive groups of numGenerations.
 * @param rewards rows in group order: rows 0 .. G-1 are the first group
 * @throws MgrpoError `invalid_argument` if the rows are no whole number of groups, a row has not one value per weight, or a value is not finite.
 */
export function computeAdvantages(rewards: Rewards, settings: AdvantageSettings): Advantages {
  const G = settings.numGenerations;
  check(
    rewards.length > 0 && rewards.length % G === 0,
    `computeAdvantages: expected a multiple of numGenerations ${G} for the rows of rewards, got ${rewards.length}`,
  );
  const groups = consecutiveGroups(rewards.length, G);
  const totals = totalRewards(rewards, settings.rewardWeights);
  return {
    totals,
    advantages: groupAdvantages(totals, rewards, groups, settings),
    zeroVariance: flatGroups(totals, rewards, groups, settings),
  };
}

/**
 * TRL's reward metrics: `rewards/{name}/mean` and `/std` over the scored rows, `reward`, `reward_std` (n - 1 over the whole batch),
 * `frac_reward_zero_std` (share of groups that cannot teach), and ours: `reward_unscored`, the share of rows that no function scored.
 * @param names one per reward function
 */
export function rewardMetrics(
  rewards: Rewards,
  names: readonly string[],
  { totals, zeroVariance }: Pick<Advantages, 'totals' | 'zeroVariance'>,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  const columns = columnsOf(rewards);
  names.forEach((name, k) => {
    const { n, mean, std } = nanStatistics(columns[k]!);
    if (n === 0) return;
    metrics[`rewards/${name}/mean`] = mean;
    metrics[`rewards/${name}/std`] = std;
  });
  const all = nanStatistics(totals);
  if (all.n > 0) {
    metrics['reward'] = all.mean;
    metrics['reward_std'] = all.std;
  }
  metrics['frac_reward_zero_std'] = zeroVariance.filter(Boolean).length / zeroVariance.length;
  if (all.n < rewards.length) metrics['reward_unscored'] = 1 - all.n / rewards.length;
  return metrics;
}

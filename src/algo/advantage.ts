/**
 * Rewards to advantages (section 3.1 of the paper: the reward minus the mean of its group), with TRL's other scalings, and the reward
 * statistics under TRL's metric names.
 */
import { check } from '../errors.js';
import type { GRPOConfig } from '../config/grpo.js';

/** Rewards of one batch: one row per completion in group order, one column per reward function; null: not scored. */
export type Rewards = readonly (readonly (number | null)[])[];

/** The settings that advantages depend on. */
export type AdvantageSettings = Pick<
  GRPOConfig,
  'numGenerations' | 'scaleRewards' | 'multiObjectiveAggregation' | 'rewardWeights'
>;

/** Added to every standard deviation that divides (TRL). */
const STD_EPSILON = 1e-4;

/** What a batch of rewards amounts to. */
export interface Advantages {
  /** f64[rows], the weighted sum of the rewards of a completion; NaN where no function scored it. */
  readonly rewards: Float64Array;
  /** f64[rows]; 0 where the completion was not scored, or its group has fewer than two scored completions. */
  readonly advantages: Float64Array;
  /** Per group: whether no completion has an advantage other than 0, so that the group cannot teach. */
  readonly zeroVariance: readonly boolean[];
}

/** Mean and standard deviation (n - 1) over the entries that are not NaN; NaN and 0 where there are none. */
export function nanStatistics(x: ArrayLike<number>, from = 0, to: number = x.length): { n: number; mean: number; std: number } {
  let n = 0;
  let sum = 0;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(x[i])) continue;
    n++;
    sum += x[i]!;
  }
  const mean = sum / n;
  let squares = 0;
  for (let i = from; i < to; i++) if (!Number.isNaN(x[i])) squares += (x[i]! - mean) ** 2;
  return { n, mean, std: Math.sqrt(squares / Math.max(n - 1, 1)) };
}

/** One column of rewards as f64[rows], null as NaN. */
function column(rewards: Rewards, k: number): Float64Array {
  return Float64Array.from(rewards, (row) => row[k] ?? NaN);
}

/** Sum over k of weights[k] * columns[k][row] over the functions that scored the row; NaN where none did. */
function weightedSum(columns: readonly Float64Array[], weights: readonly number[], rows: number): Float64Array {
  const out = new Float64Array(rows).fill(NaN);
  columns.forEach((values, k) => {
    for (let row = 0; row < rows; row++) {
      if (!Number.isNaN(values[row])) out[row] = (Number.isNaN(out[row]) ? 0 : out[row]!) + weights[k]! * values[row]!;
    }
  });
  return out;
}

/**
 * A_i = (R_i - mean of its group) / (std + 1e-4), where std is over the group, over the whole batch, or the division is left out
 * (scaleRewards group, batch, none); R_i is the weighted sum of the rewards that are not null. With normalize_then_sum each function is
 * z-scored within its group first, and the sum over the whole batch.
 *
 * Rows that no function scored are left out of every mean and std and get 0, and so does a group with fewer than two scored rows.
 * @param rewards rows in group order: rows 0 .. G-1 are the first group
 * @throws MgrpoError `invalid_argument` if the rows are no whole number of groups, a row has not one value per weight, or a value is not finite.
 */
export function computeAdvantages(rewards: Rewards, settings: AdvantageSettings): Advantages {
  const G = settings.numGenerations;
  const rows = rewards.length;
  const functions = rewards[0]?.length ?? 0;
  const weights = settings.rewardWeights ?? new Array<number>(functions).fill(1);
  check(
    rows > 0 && rows % G === 0,
    `computeAdvantages: expected a multiple of numGenerations ${G} for the rows of rewards, got ${rows}`,
  );
  check(
    weights.length === functions,
    `computeAdvantages: expected ${functions} rewardWeights, one per reward function, got ${weights.length}`,
  );
  rewards.forEach((row, i) => {
    const bad = row.findIndex((r) => r !== null && !Number.isFinite(r));
    check(
      row.length === functions && bad < 0,
      `computeAdvantages: expected ${functions} finite rewards or null in row ${i}, got ${row.length} with ${String(row[bad])}`,
    );
  });

  const columns = Array.from({ length: functions }, (_, k) => column(rewards, k));
  const totals = weightedSum(columns, weights, rows);
  const advantages = new Float64Array(rows);
  const zeroVariance: boolean[] = [];
  const groupwise = settings.multiObjectiveAggregation === 'sum_then_normalize';

  // The quantity that is centred: the total reward, or the sum of per-function z-scores.
  const scores = groupwise
    ? totals
    : weightedSum(
        columns.map((values) => zScores(values, G)),
        weights,
        rows,
      );
  const batch = nanStatistics(scores);
  for (let from = 0; from < rows; from += G) {
    const group = nanStatistics(scores, from, from + G);
    const spread = nanStatistics(totals, from, from + G);
    // Equal rewards: their centred values are rounding errors at most, which must not be blown up by 1e-4.
    const flat = (groupwise ? spread.std : maxStd(columns, from, G)) <= 1e-8;
    zeroVariance.push(spread.n < 2 || flat);
    for (let row = from; row < from + G; row++) {
      if (Number.isNaN(totals[row]) || spread.n < 2 || flat) continue;
      if (!groupwise) advantages[row] = (scores[row]! - batch.mean) / (batch.std + STD_EPSILON);
      else {
        const std = settings.scaleRewards === 'batch' ? batch.std : group.std;
        advantages[row] = (scores[row]! - group.mean) / (settings.scaleRewards === 'none' ? 1 : std + STD_EPSILON);
      }
    }
  }
  return { rewards: totals, advantages, zeroVariance };
}

/** (r - mean of the group) / (std of the group + 1e-4), for one reward function. */
function zScores(values: Float64Array, G: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let from = 0; from < values.length; from += G) {
    const { mean, std } = nanStatistics(values, from, from + G);
    for (let row = from; row < from + G; row++) out[row] = (values[row]! - mean) / (std + STD_EPSILON);
  }
  return out;
}

/** The largest standard deviation that any reward function has within a group. */
function maxStd(columns: readonly Float64Array[], from: number, G: number): number {
  return Math.max(...columns.map((values) => nanStatistics(values, from, from + G).std));
}

/**
 * TRL's reward metrics: `rewards/{name}/mean` and `/std` over the scored rows, `reward`, `reward_std` (n - 1 over the whole batch),
 * `frac_reward_zero_std` (share of groups that cannot teach), and ours: `reward_unscored`, the share of rows that no function scored.
 * @param names one per reward function
 */
export function rewardMetrics(rewards: Rewards, names: readonly string[], result: Advantages): Record<string, number> {
  const metrics: Record<string, number> = {};
  names.forEach((name, k) => {
    const { n, mean, std } = nanStatistics(column(rewards, k));
    if (n === 0) return;
    metrics[`rewards/${name}/mean`] = mean;
    metrics[`rewards/${name}/std`] = std;
  });
  const all = nanStatistics(result.rewards);
  if (all.n > 0) {
    metrics['reward'] = all.mean;
    metrics['reward_std'] = all.std;
  }
  metrics['frac_reward_zero_std'] = result.zeroVariance.filter(Boolean).length / result.zeroVariance.length;
  if (all.n < rewards.length) metrics['reward_unscored'] = 1 - all.n / rewards.length;
  return metrics;
}

// Evaluation metrics of one and the same policy: accuracies of answers and corrections, what corrections change, pass@k and maj@k, each with a
// 95 % interval over the problems. Pure functions of right/wrong tables; deterministic (no resampling).
//
// Departure: the paper compares two checkpoints, one that only answers and one that also corrects; here all numbers are of the same policy.
import { check } from '../errors.js';

/** A number with its 95 % interval over n problems. */
export interface Metric {
  readonly value: number;
  readonly ci95: readonly [lo: number, hi: number];
  /** Problems. */
  readonly n: number;
}

/** 97.5 % point of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * Share of successes with Wilson's score interval, which stays inside [0, 1] and does not collapse at 0 or n.
 * @param successes int in [0, n]; @param n int >= 1
 */
export function proportion(successes: number, n: number): Metric {
  check(
    n > 0 && successes >= 0 && successes <= n,
    `proportion: expected 0 <= successes <= n with n > 0, got ${successes} of ${n}`,
  );
  const p = successes / n;
  const centre = (p + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const half = (Z / (1 + (Z * Z) / n)) * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  return { value: p, ci95: [Math.max(0, Math.min(p, centre - half)), Math.min(1, Math.max(p, centre + half))], n };
}

/**
 * Mean over problems of a value that need not be 0 or 1. Values in {0, 1} get {@link proportion}'s interval. Otherwise the interval is the
 * normal one of the mean after adding two pseudo-problems, half of one at each end of the range and one in its middle: for paired
 * differences in {-1, 0, 1} this is the adjusted Wald interval of Agresti and Min (2005), which does not collapse where all problems agree.
 * @param values float[n], n >= 1, each within [lo, hi]
 */
export function meanOver(values: readonly number[], lo = 0, hi = 1): Metric {
  const n = values.length;
  check(n > 0 && values.every((v) => v >= lo && v <= hi), `meanOver: expected at least one value, all within [${lo}, ${hi}]`);
  const total = values.reduce((a, b) => a + b, 0);
  if (lo === 0 && hi === 1 && !values.some((v) => v !== 0 && v !== 1)) return proportion(total, n);
  const value = total / n;
  const middle = (lo + hi) / 2;
  const centre = (total + 2 * middle) / (n + 2);
  const pseudo = ((lo - centre) ** 2 + (hi - centre) ** 2) / 2 + (middle - centre) ** 2;
  const variance = values.reduce((sum, v) => sum + (v - centre) ** 2, pseudo) / (n + 2);
  const half = Z * Math.sqrt(variance / (n + 2));
  return { value, ci95: [Math.max(lo, Math.min(value, centre - half)), Math.min(hi, Math.max(value, centre + half))], n };
}

/** C(n - c, k) / C(n, k) as a product, without large numbers. */
function missAll(n: number, c: number, k: number): number {
  if (n - c < k) return 0;
  let miss = 1;
  for (let i = 0; i < k; i++) miss *= (n - c - i) / (n - i);
  return miss;
}

/**
 * pass@k: probability that k of a problem's samples hold a right one; the unbiased estimator 1 - C(n - c, k) / C(n, k) of Chen et al.
 * (2021), averaged over the problems.
 * @param correct per problem, right or wrong for each of its n >= k samples
 */
export function passAtK(correct: readonly (readonly boolean[])[], k: number): Metric {
  checkSamples('passAtK', correct, k);
  return meanOver(correct.map((samples) => 1 - missAll(samples.length, samples.filter(Boolean).length, k)));
}

/**
 * maj@k: whether the most frequent final answer among a problem's first k samples is right. Samples without a final answer do not vote; a tie
 * goes to the answer that came first; with no vote at all the problem counts as wrong.
 * @param finals per problem, the final answer of each sample in a normal form, null where there is none
 * @param correct in the same shape
 */
export function majAtK(
  finals: readonly (readonly (string | null)[])[],
  correct: readonly (readonly boolean[])[],
  k: number,
): Metric {
  checkSamples('majAtK', correct, k);
  const won = correct.map((samples, problem) => {
    const votes = new Map<string, { count: number; right: boolean }>();
    for (let i = 0; i < k; i++) {
      const final = finals[problem]![i] ?? null;
      if (final === null) continue;
      const vote = votes.get(final) ?? { count: 0, right: samples[i]! };
      votes.set(final, { ...vote, count: vote.count + 1 });
    }
    let best: { count: number; right: boolean } | undefined;
    for (const vote of votes.values()) if (!best || vote.count > best.count) best = vote;
    return best?.right ?? false;
  });
  return meanOver(won.map(Number));
}

function checkSamples(where: string, correct: readonly (readonly boolean[])[], k: number): void {
  const least = Math.min(...correct.map((samples) => samples.length));
  check(
    correct.length > 0 && Number.isInteger(k) && k >= 1 && least >= k,
    `${where}: expected at least k = ${k} samples of every problem, got ${least}; sample more, or lower k`,
  );
}

/** Answers of one policy with its corrections; every problem has the same number of pairs, usually 1. */
export interface CorrectedAnswers {
  /** Per problem and pair, whether the answer is right. */
  readonly answers: readonly (readonly boolean[])[];
  /** Whether the correction of that answer is right. */
  readonly corrections: readonly (readonly boolean[])[];
  /** Final answers in a normal form, null where there is none; for the answer-change rate. */
  readonly answerFinals?: readonly (readonly (string | null)[])[];
  readonly correctionFinals?: readonly (readonly (string | null)[])[];
}

/** Metrics of the answers alone. @param answers per problem and answer, whether it is right */
export function answerMetrics(answers: readonly (readonly boolean[])[]): Record<'acc_t1', Metric> {
  return { acc_t1: meanOver(answers.map((row) => share(row, (right) => right))) };
}

/**
 * The paper's metrics of answers (t1) and corrections (t2): acc_t1, acc_t2, delta_t1_t2 = acc_t2 - acc_t1 (paired), delta_i_to_c and
 * delta_c_to_i, the shares of problems that go wrong to right and right to wrong, and answer_change_rate where final answers are given. With
 * several pairs per problem each value is first averaged within the problem.
 *
 * acc_t1p, the paper's prompted correction before layer-2 training, is acc_t2 of the start model: the caller evaluates that model and passes
 * its result through {@link withBaseline}.
 */
export function correctionMetrics(measured: CorrectedAnswers): Record<string, Metric> {
  const { answers, corrections, answerFinals, correctionFinals } = measured;
  const pairs = answers.map((row, p) => row.map((before, i) => ({ before, after: corrections[p]?.[i] })));
  check(
    pairs.length > 0 &&
      answers.length === corrections.length &&
      answers.every((row, p) => row.length > 0 && row.length === corrections[p]!.length),
    'correctionMetrics: expected one correction for every answer of every problem; pass tables of the same shape',
  );
  const per = (f: (before: boolean, after: boolean) => number): number[] =>
    pairs.map((row) => row.reduce((sum, { before, after }) => sum + f(before, after!), 0) / row.length);
  const metrics: Record<string, Metric> = {
    ...answerMetrics(answers),
    acc_t2: meanOver(per((_, after) => Number(after))),
    delta_t1_t2: meanOver(
      per((before, after) => Number(after) - Number(before)),
      -1,
      1,
    ),
    delta_i_to_c: meanOver(per((before, after) => Number(!before && after))),
    delta_c_to_i: meanOver(per((before, after) => Number(before && !after))),
  };
  if (answerFinals && correctionFinals) {
    metrics['answer_change_rate'] = meanOver(
      answerFinals.map((row, p) => share(row, (final, i) => final !== correctionFinals[p]![i])),
    );
  }
  return metrics;
}

/** What stands after a turn: per problem and answer, whether it is right, and the final answer in a normal form, null where there is none. */
export interface TurnTable {
  readonly correct: readonly (readonly boolean[])[];
  readonly finals: readonly (readonly (string | null)[])[];
}

/**
 * Metrics of turns, each of which corrects what the turn before it left: the paper's of turns 1 and 2 ({@link correctionMetrics}), and for a
 * later turn k the same under acc_tk, delta_t{k-1}_tk, delta_i_to_c_tk, delta_c_to_i_tk and answer_change_rate_tk, with delta_t1_tk.
 */
export function turnMetrics(turns: readonly TurnTable[]): Record<string, Metric> {
  const between = (from: number, to: number): Record<string, Metric> => {
    const [before, after] = [turns[from - 1]!, turns[to - 1]!];
    return correctionMetrics({
      answers: before.correct,
      corrections: after.correct,
      answerFinals: before.finals,
      correctionFinals: after.finals,
    });
  };
  const metrics: Record<string, Metric> = turns.length > 1 ? between(1, 2) : answerMetrics(turns[0]!.correct);
  for (let k = 3; k <= turns.length; k++) {
    const step = between(k - 1, k);
    metrics[`acc_t${k}`] = step['acc_t2']!;
    metrics[`delta_t${k - 1}_t${k}`] = step['delta_t1_t2']!;
    metrics[`delta_t1_t${k}`] = between(1, k)['delta_t1_t2']!;
    for (const name of ['delta_i_to_c', 'delta_c_to_i', 'answer_change_rate']) metrics[`${name}_t${k}`] = step[name]!;
  }
  return metrics;
}

/**
 * Adds the paper's comparison with the model before training: acc_t1p, the accuracy of its corrections, and delta_t1p_t2 = acc_t2 - acc_t1p, paired
 * over the same problems.
 */
export function withBaseline(trained: CorrectedAnswers, start: CorrectedAnswers): Record<string, Metric> {
  check(
    trained.corrections.length === start.corrections.length,
    `withBaseline: expected the same problems for both models, got ${trained.corrections.length} and ${start.corrections.length}`,
  );
  const after = trained.corrections.map((row) => share(row, (right) => right));
  const before = start.corrections.map((row) => share(row, (right) => right));
  return {
    ...correctionMetrics(trained),
    acc_t1p: meanOver(before),
    delta_t1p_t2: meanOver(
      after.map((value, p) => value - before[p]!),
      -1,
      1,
    ),
  };
}

/** Share of the items for which `test` holds. */
function share<T>(items: readonly T[], test: (item: T, index: number) => boolean): number {
  return items.filter(test).length / items.length;
}

// Statistics of a study: paired differences, their bootstrap intervals and tests. Pure functions of numbers; where chance is needed it is
// seeded. Not the metrics of one evaluation and their intervals: those are algo/evaluation.ts.
import { check } from '../errors.js';
import { Rng } from '../rng.js';

/** An interval of 95 %. */
export type Interval = readonly [lo: number, hi: number];

/** Up to so many resamples a distribution is enumerated in full; beyond, that many are drawn. */
export const RESAMPLES = 100_000;

/** Both ends of a 95 % interval, as shares of a distribution. */
const [LOW, HIGH] = [0.025, 0.975] as const;

/** What the bootstrap says of a mean. */
export interface Bootstrap {
  readonly mean: number;
  /** Percentiles 2.5 and 97.5 of the resampled means. */
  readonly percentile: Interval;
  /** Bias-corrected and accelerated (Efron 1987); the percentiles where all values are the same. */
  readonly bca: Interval;
}

/**
 * Bootstrap of the mean of independent values, such as one paired difference per seed. All n^n resamples are taken where there are no more
 * than `RESAMPLES` (n up to 6), so that small studies have no noise of their own.
 *
 * With few values the bootstrap is too narrow (it divides by n, not n - 1): {@link studentInterval} is the honest one there.
 * @param values float[n], n >= 1
 */
export function bootstrapMean(values: readonly number[], seed = 0): Bootstrap {
  const n = values.length;
  check(n >= 1, 'bootstrapMean: expected at least one value, got none; run at least one seed');
  const means = resampledMeans(values, seed);
  const mean = meanOf(values);
  const percentile: Interval = [quantile(means, LOW), quantile(means, HIGH)];
  const spread = values.some((v) => v !== values[0]);
  return { mean, percentile, bca: spread ? bcaInterval(values, means) : percentile };
}

/** Means of resamples with replacement, rising. */
function resampledMeans(values: readonly number[], seed: number): Float64Array {
  const n = values.length;
  if (n ** n > RESAMPLES) {
    const rng = new Rng(seed, STREAM.bootstrap);
    return drawMeans(() => values.reduce((sum) => sum + values[rng.int(n)]!, 0) / n);
  }
  // Resample number i picks, as its digits to base n, which value stands in each place.
  return Float64Array.from({ length: n ** n }, (_, i) => {
    let sum = 0;
    for (let place = 0, rest = i; place < n; place++, rest = Math.floor(rest / n)) sum += values[rest % n]!;
    return sum / n;
  }).sort();
}

/** `RESAMPLES` draws of a mean, rising. */
function drawMeans(draw: () => number): Float64Array {
  return Float64Array.from({ length: RESAMPLES }, draw).sort();
}

/**
 * z0 from the share of resampled means below the mean (ties count half), acceleration from the jackknife:
 * alpha' = Phi(z0 + (z0 + z) / (1 - a (z0 + z))).
 */
function bcaInterval(values: readonly number[], means: Float64Array): Interval {
  const n = values.length;
  const mean = meanOf(values);
  const tolerance = 1e-12 * (1 + Math.abs(mean));
  let below = 0;
  for (const m of means) below += m < mean - tolerance ? 1 : m <= mean + tolerance ? 0.5 : 0;
  const z0 = normalQuantile(below / means.length);
  // The jackknife means without value i lie (v_i - mean) / (n - 1) below their average; the divisor cancels.
  const cubes = values.reduce((sum, v) => sum + (v - mean) ** 3, 0);
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const a = n > 1 ? cubes / (6 * squares ** 1.5) : 0;
  const at = (share: number): number => {
    const z = z0 + normalQuantile(share);
    return quantile(means, normalCdf(z0 + z / (1 - a * z)));
  };
  return [at(LOW), at(HIGH)];
}

/**
 * Student's interval of a mean, mean ± t s / sqrt(n); infinite with one value.
 * @param values float[n], n >= 1
 */
export function studentInterval(values: readonly number[]): Interval {
  const n = values.length;
  check(n >= 1, 'studentInterval: expected at least one value, got none; run at least one seed');
  const mean = meanOf(values);
  if (n === 1) return [-Infinity, Infinity];
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  const half = studentQuantile(HIGH, n - 1) * Math.sqrt(variance / n);
  return [mean - half, mean + half];
}

/**
 * Paired t-test of a mean difference, two-sided: what {@link studentInterval} says as a p value. It takes the differences for normal, and so finds
 * something with few seeds, where {@link signFlipTest} cannot; 1 with one difference.
 * @param differences float[n], n >= 1
 */
export function pairedTTest(differences: readonly number[]): number {
  const n = differences.length;
  check(n >= 1, 'pairedTTest: expected at least one difference, got none; run at least one seed');
  const mean = meanOf(differences);
  if (n === 1 || mean === 0) return 1;
  const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (n - 1);
  return 2 * studentUpper(Math.abs(mean) / Math.sqrt(variance / n), n - 1);
}

/** Result of a test. */
export interface Test {
  /** Two-sided. */
  readonly p: number;
  /** The smallest p that this many pairs can give: above 0.05 the test cannot find anything. */
  readonly least: number;
}

/**
 * Paired permutation test: were there no difference, each paired difference would be as likely with the other sign. p is the share of sign
 * patterns whose mean is at least as far from 0; all 2^n where there are no more than `RESAMPLES`, else as many drawn (then the
 * pattern observed counts as one of them, so that p is never 0).
 * @param differences float[n], n >= 1
 */
export function signFlipTest(differences: readonly number[], seed = 0): Test {
  const n = differences.length;
  check(n >= 1, 'signFlipTest: expected at least one difference, got none; run at least one seed');
  const observed = Math.abs(differences.reduce((a, b) => a + b, 0));
  const scale = differences.reduce((sum, d) => sum + Math.abs(d), 0);
  const isExtreme = (sum: number): boolean => Math.abs(sum) >= observed - 1e-12 * scale;
  const nonZero = differences.filter((d) => d !== 0).length;
  if (2 ** n <= RESAMPLES) {
    let extreme = 0;
    for (let signs = 0; signs < 2 ** n; signs++)
      if (isExtreme(differences.reduce((sum, d, i) => sum + ((signs >> i) & 1 ? -d : d), 0))) extreme++;
    return { p: extreme / 2 ** n, least: 2 ** Math.min(0, 1 - nonZero) };
  }
  const rng = new Rng(seed, STREAM.signs);
  let extreme = 1;
  for (let i = 0; i < RESAMPLES; i++)
    if (isExtreme(differences.reduce((sum, d) => sum + (rng.next() & 1 ? -d : d), 0))) extreme++;
  const p = extreme / (RESAMPLES + 1);
  return { p, least: 1 / (RESAMPLES + 1) };
}

/**
 * Bootstrap of a mean difference over seeds and the problems within them, both drawn with replacement: how far it would move with other seeds
 * and other problems. The problems are the same under every seed, so that one draw of problems holds for all seeds of a resample (Owen 2007,
 * "pigeonhole"): what is hard under one seed is hard under the others.
 * @param differences float[seeds][problems], the difference of two arms on the same problem under the same seed
 */
export function hierarchicalBootstrap(
  differences: readonly (readonly number[])[],
  { seed = 0, resamples = 2000 }: { readonly seed?: number; readonly resamples?: number } = {},
): { readonly mean: number; readonly percentile: Interval } {
  const S = differences.length;
  const P = differences[0]?.length ?? 0;
  check(
    P >= 1 && differences.every((row) => row.length === P),
    'hierarchicalBootstrap: expected the same problems, at least one, under every seed; evaluate every seed on one data set',
  );
  const means = Float64Array.from(twoWayResamples(S, P, seed, resamples), ({ seeds, counts }) => {
    let sum = 0;
    for (const s of seeds) {
      const row = differences[s]!;
      for (let p = 0; p < P; p++) sum += counts[p]! * row[p]!;
    }
    return sum / (S * P);
  }).sort();
  return { mean: meanOf(differences.map(meanOf)), percentile: [quantile(means, LOW), quantile(means, HIGH)] };
}

/** A resample: the seeds drawn, and how often each problem was. */
interface TwoWayResample {
  readonly seeds: readonly number[];
  readonly counts: Uint16Array;
}

/** The latest resamples: the comparisons of a study all take the same, and drawing them is most of the work. */
let kept: { readonly key: string; readonly resamples: readonly TwoWayResample[] } | undefined;

function twoWayResamples(S: number, P: number, seed: number, n: number): readonly TwoWayResample[] {
  const key = [S, P, seed, n].join();
  if (kept?.key === key) return kept.resamples;
  const rng = new Rng(seed, STREAM.hierarchy);
  const resamples = Array.from({ length: n }, () => {
    const counts = new Uint16Array(P);
    for (let i = 0; i < P; i++) counts[rng.int(P)]!++;
    return { seeds: Array.from({ length: S }, () => rng.int(S)), counts };
  });
  kept = { key, resamples };
  return resamples;
}

/**
 * McNemar's test of two policies on the same problems, exact: of the problems on which they differ, were there no difference, either would be
 * as likely the right one.
 * @param a whether the first policy is right, per problem; @param b the second, on the same problems
 */
export function mcnemarTest(
  a: readonly boolean[],
  b: readonly boolean[],
): { readonly p: number; readonly onlyFirst: number; readonly onlySecond: number } {
  check(
    a.length === b.length,
    `mcnemarTest: expected the same problems for both policies, got ${a.length} and ${b.length}; evaluate both on one data set`,
  );
  const onlyFirst = a.filter((right, i) => right && !b[i]).length;
  const onlySecond = b.filter((right, i) => right && !a[i]).length;
  const n = onlyFirst + onlySecond;
  let tail = 0;
  // C(n, k) / 2^n in logarithms, which do not overflow.
  for (let k = 0, log = -n * Math.LN2; k <= Math.min(onlyFirst, onlySecond); k++) {
    tail += Math.exp(log);
    log += Math.log((n - k) / (k + 1));
  }
  return { p: Math.min(1, 2 * tail), onlyFirst, onlySecond };
}

/**
 * Holm's correction (1979): p values of a family such that any below alpha holds with a family-wise error of alpha.
 * @param ps in any order; the result is in the same
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((i, j) => ps[i]! - ps[j]!);
  const out = [...ps];
  let largest = 0;
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, ps[i]! * (ps.length - rank)));
    out[i] = largest;
  });
  return out;
}

/** Random streams of the statistics. */
const STREAM = { bootstrap: 1, signs: 2, hierarchy: 3 } as const;

/** Arithmetic mean of at least one value. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Quantile of rising values by linear interpolation between the two nearest (numpy's default). */
function quantile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const [lo, hi] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return lo + (hi - lo) * (at - below);
}

/** Phi by its continued fraction in the tails and its series in the middle; absolute error below 1e-15. */
function normalCdf(z: number): number {
  const x = Math.abs(z);
  if (x > 38) return z < 0 ? 0 : 1;
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let tail: number;
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let k = 1; Math.abs(term) > 1e-17 * sum; k++) sum += term *= (x * x) / (2 * k + 1);
    tail = 0.5 - density * sum;
  } else {
    let fraction = 0;
    for (let k = 60; k >= 1; k--) fraction = k / (x + fraction);
    tail = density / (x + fraction);
  }
  return z < 0 ? tail : 1 - tail;
}

/** The z with Phi(z) = share, by bisection. */
function normalQuantile(share: number): number {
  return bisect((z) => normalCdf(z) < share, -40, 40);
}

/** The t below which lies `share` of Student's distribution with `df` degrees of freedom, by bisection; share > 1/2. */
function studentQuantile(share: number, df: number): number {
  return bisect((t) => studentUpper(t, df) > 1 - share, 0, 1e6);
}

/**
 * P(T > t), t >= 0, for whole degrees of freedom: the finite sums of Abramowitz and Stegun 26.7.3 and 26.7.4 in theta = atan(t / sqrt(df)).
 */
function studentUpper(t: number, df: number): number {
  const theta = Math.atan(t / Math.sqrt(df));
  const cos2 = Math.cos(theta) ** 2;
  const isOdd = df % 2 === 1;
  let term = isOdd ? Math.cos(theta) : 1;
  let sum = df === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= df - 2; k += 2) {
    term *= (cos2 * (k - 1)) / k;
    sum += term;
  }
  const inside = isOdd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
  return (1 - inside) / 2;
}

/** Where `isBelow` turns from true to false between lo and hi, to the last bit. */
function bisect(isBelow: (x: number) => boolean, lo: number, hi: number): number {
  for (let i = 0; i < 200; i++) {
    const middle = (lo + hi) / 2;
    if (isBelow(middle)) lo = middle;
    else hi = middle;
  }
  return (lo + hi) / 2;
}

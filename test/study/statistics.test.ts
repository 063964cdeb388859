import { describe, expect, it } from 'vitest';
import {
  bootstrapMean,
  hierarchicalBootstrap,
  holm,
  mcnemarTest,
  pairedTTest,
  signFlipTest,
  studentInterval,
} from '../../src/study/statistics.js';

/** By numpy and scipy 1.17: every resample in itertools.product, np.percentile, BCa from Efron's formulas, permutation_test, t.interval. */
const EXACT = [
  {
    values: [0.12, 0.05, 0.2, -0.03, 0.09],
    mean: 0.086,
    percentile: [0.018, 0.154],
    bca: [0.01666897481825822, 0.152],
    student: [-0.0195779530606065, 0.1915779530606065],
    p: 0.125,
  },
  {
    values: [0.4, 0.1, 0.1, 0.05, 0.9, 0.02],
    mean: 0.26166666666666666,
    percentile: [0.06, 0.5366666666666667],
    bca: [0.07833333333333332, 0.6333333333333334],
    student: [-0.09639958438549556, 0.6197329177188289],
    p: 0.03125,
  },
  {
    values: [-1, 2, 3],
    mean: 1.3333333333333333,
    percentile: [-0.35, 2.7833333333333323],
    bca: [-0.7065499976473539, 2.6666666666666665],
    student: [-3.8378116792089294, 6.5044783458755955],
    p: 0.5,
  },
  {
    values: [0.25, 0.25, 0.25, 0.25, 0.75],
    mean: 0.35,
    percentile: [0.25, 0.55],
    bca: [0.25, 0.65],
    student: [0.07235548948022064, 0.6276445105197793],
    p: 0.0625,
  },
];
const SIXTEEN = [0.31, -0.12, 0.05, 0.44, 0.23, -0.02, 0.17, 0.08, 0.29, 0.11, 0.36, -0.2, 0.15, 0.07, 0.26, 0.19];

const closeTo = (got: readonly number[], expected: readonly number[], digits: number): void =>
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));

describe('paired differences', () => {
  it.each(EXACT)('$values: the bootstrap is enumerated in full, as by hand', ({ values, mean, percentile, bca }) => {
    const got = bootstrapMean(values);
    expect(got.mean).toBeCloseTo(mean, 12);
    closeTo(got.percentile, percentile, 10);
    closeTo(got.bca, bca, 10);
  });

  it.each(EXACT)('$values: Student’s interval and the sign-flip test are scipy’s', ({ values, student, p }) => {
    closeTo(studentInterval(values), student, 10);
    expect(signFlipTest(values).p).toBe(p);
  });

  it.each(EXACT)('$values: the t-test is at 0.05 where an end of Student’s interval is at 0', ({ values, student }) => {
    for (const end of student) expect(pairedTTest(values.map((v) => v - end))).toBeCloseTo(0.05, 9);
  });

  it('the t-test of three differences is 1 - t / sqrt(2 + t^2), and of one it finds nothing', () => {
    const t = 4 / 3 / Math.sqrt(13 / 9);
    expect(pairedTTest([-1, 2, 3])).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
    expect(pairedTTest([0.3])).toBe(1);
    expect(pairedTTest([1, -1])).toBe(1);
  });

  it('a bootstrap that has to draw agrees with two million draws of scipy.stats.bootstrap, and repeats itself', () => {
    const got = bootstrapMean(SIXTEEN, 7);
    closeTo(got.percentile, [0.065, 0.2275], 2);
    closeTo(got.bca, [0.06125, 0.224375], 2);
    closeTo(studentInterval(SIXTEEN), [0.0567536015413668, 0.23949639845863321], 10);
    expect(bootstrapMean(SIXTEEN, 7)).toEqual(got);
    expect(signFlipTest(SIXTEEN).p).toBe(0.0047607421875);
  });

  it('a sign-flip test of many pairs draws, and its p is never 0', () => {
    const many = Array.from({ length: 40 }, () => 1);
    const { p, least } = signFlipTest(many);
    expect(p).toBe(least);
    expect(p).toBeGreaterThan(0);
    // Half the patterns of an even split are as far from 0 as chance has it.
    expect(signFlipTest(many.map((v, i) => (i % 2 ? v : -v))).p).toBe(1);
  });

  it('says the smallest p that so few pairs can give', () => {
    expect(signFlipTest([1, 2, 3, 4, 5])).toEqual({ p: 2 / 32, least: 2 / 32 });
    expect(signFlipTest([1, 2, 3, 0, 0])).toEqual({ p: 2 / 8, least: 2 / 8 });
    expect(signFlipTest([0, 0])).toEqual({ p: 1, least: 1 });
  });

  it('one value has no interval of Student’s and a bootstrap of one point', () => {
    expect(studentInterval([0.3])).toEqual([-Infinity, Infinity]);
    expect(bootstrapMean([0.3])).toEqual({ mean: 0.3, percentile: [0.3, 0.3], bca: [0.3, 0.3] });
  });
});

describe('problems within seeds', () => {
  const table = Array.from({ length: 4 }, (_, s) =>
    Array.from({ length: 30 }, (_, p) => Number((s * 7 + p * p * 3 + p * s) % 5 === 0) - Number((s + p * 2) % 7 === 0)),
  );

  it('agrees with 400,000 draws of numpy', () => {
    const { mean, percentile } = hierarchicalBootstrap(table, { resamples: 20_000 });
    expect(mean).toBeCloseTo(1 / 120, 12);
    [-0.16666667, 0.21666667].forEach((end, i) => expect(Math.abs(percentile[i]! - end)).toBeLessThan(0.009));
  });

  it('is wider where the seeds differ than where only the problems do', () => {
    const width = (rows: number[][]): number => {
      const { percentile } = hierarchicalBootstrap(rows);
      return percentile[1] - percentile[0];
    };
    const alike = Array.from({ length: 4 }, () => Array.from({ length: 40 }, (_, p) => p % 2));
    const apart = [0, 0, 1, 1].map((right) => Array.from({ length: 40 }, () => right));
    expect(width(apart)).toBeGreaterThan(3 * width(alike));
  });

  it('refuses problems of different number', () => {
    expect(() => hierarchicalBootstrap([[1], [1, 0]])).toThrow('the same problems');
  });
});

describe('two policies on the same problems', () => {
  const of = (both: number, first: number, second: number): [boolean[], boolean[]] => [
    [...Array<boolean>(both + first).fill(true), ...Array<boolean>(second).fill(false)],
    [...Array<boolean>(both).fill(true), ...Array<boolean>(first).fill(false), ...Array<boolean>(second).fill(true)],
  ];

  it.each([
    [10, 2, 0.03857421875],
    [0, 7, 0.015625],
    [25, 25, 1],
    [300, 240, 0.011050481081929898],
    [0, 0, 1],
  ])('McNemar’s test of %i against %i is scipy’s binomtest', (first, second, p) => {
    const got = mcnemarTest(...of(5, first, second));
    expect(got).toMatchObject({ onlyFirst: first, onlySecond: second });
    expect(got.p).toBeCloseTo(p, 12);
  });

  it('refuses different problems', () => {
    expect(() => mcnemarTest([true], [true, false])).toThrow('the same problems for both policies');
  });
});

describe('several comparisons', () => {
  it('Holm’s p values rise with the rank, keep their places and stop at 1', () => {
    // By hand: sorted .005, .01, .03, .04 times 4, 3, 2, 1, then the running maximum.
    closeTo(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02], 12);
    expect(holm([0.6, 0.7])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

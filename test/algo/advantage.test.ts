import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeAdvantages, rewardMetrics } from '../../src/algo/advantage.js';
import type { AdvantageSettings, Rewards } from '../../src/algo/advantage.js';
import { goldenCases, goldenMissing } from './golden.js';

const base: AdvantageSettings = {
  numGenerations: 4,
  scaleRewards: 'none',
  multiObjectiveAggregation: 'sum_then_normalize',
  rewardWeights: null,
};
const ones = (values: readonly (number | null)[]): Rewards => values.map((v) => [v]);

describe('computeAdvantages', () => {
  it('subtracts the mean of the group and nothing else by default', () => {
    const { advantages, zeroVariance } = computeAdvantages(ones([1, 0, 0, 1, 1, 1, 1, 1]), base);
    expect([...advantages]).toEqual([0.5, -0.5, -0.5, 0.5, 0, 0, 0, 0]);
    expect(zeroVariance).toEqual([false, true]);
  });

  it('sums to 0 in every group and does not change when a group is shifted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 8, maxLength: 8 }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        (values, shift) => {
          for (const scaleRewards of ['none', 'group'] as const) {
            const plain = computeAdvantages(ones(values), { ...base, scaleRewards }).advantages;
            const moved = computeAdvantages(ones(values.map((v, i) => (i < 4 ? v + shift : v))), {
              ...base,
              scaleRewards,
            }).advantages;
            expect(Math.abs(plain.slice(0, 4).reduce((a, b) => a + b, 0))).toBeLessThan(1e-9);
            plain.forEach((A, i) => expect(moved[i]).toBeCloseTo(A, 6));
          }
        },
      ),
    );
  });

  it('gives 0 to rows that no function scored and to groups with one scored row', () => {
    const result = computeAdvantages([[null], [1], [0], [null], [null], [1], [null], [null]], base);
    expect([...result.advantages]).toEqual([0, 0.5, -0.5, 0, 0, 0, 0, 0]);
    expect(result.totals[0]).toBeNaN();
    expect(result.zeroVariance).toEqual([false, true]);
  });

  it('z-scores each function before the sum with normalize_then_sum, so that a function’s scale does not matter', () => {
    const rows: Rewards = [
      [1, 100],
      [0, 300],
      [1, 200],
      [0, 200],
    ];
    const settings = { ...base, multiObjectiveAggregation: 'normalize_then_sum' as const, scaleRewards: 'group' as const };
    const a = computeAdvantages(rows, settings).advantages;
    const b = computeAdvantages(
      rows.map(([x, y]) => [x!, y! / 100]),
      settings,
    ).advantages;
    a.forEach((A, i) => expect(b[i]).toBeCloseTo(A, 3));
    // By hand: z = +-.8660 and (-1.2247, 1.2247, 0, 0); sums -.3587, .3587, .8660, -.8660; std .7653.
    [-0.4687, 0.4687, 1.1315, -1.1315].forEach((A, i) => expect(a[i]).toBeCloseTo(A, 3));
  });

  it('does not amplify rounding errors of equal rewards', () => {
    const { advantages } = computeAdvantages(ones([0.1, 0.1, 0.1, 0.1]), { ...base, scaleRewards: 'group' });
    expect([...advantages]).toEqual([0, 0, 0, 0]);
  });

  it('names the counts when rows, weights or values do not fit', () => {
    expect(() => computeAdvantages(ones([1, 2, 3]), base)).toThrow(/multiple of numGenerations 4.*got 3/);
    expect(() => computeAdvantages(ones([1, 2, 3, 4]), { ...base, rewardWeights: [1, 2] })).toThrow(
      /expected 1 rewardWeights.*got 2/,
    );
    expect(() => computeAdvantages(ones([1, NaN, 3, 4]), base)).toThrow(/row 1.*NaN/);
  });
});

describe('rewardMetrics', () => {
  it('has TRL’s names and n - 1 in the deviations', () => {
    const rows: Rewards = [
      [1, null],
      [0, 2],
      [1, null],
      [0, 4],
    ];
    const settings = { ...base, rewardWeights: [1, 0.5] };
    const metrics = rewardMetrics(rows, ['accuracy', 'format'], computeAdvantages(rows, settings));
    expect(metrics['rewards/accuracy/mean']).toBe(0.5);
    expect(metrics['rewards/format/mean']).toBe(3);
    expect(metrics['rewards/format/std']).toBeCloseTo(Math.SQRT2, 12);
    expect(metrics['reward']).toBe(1.25);
    expect(metrics['reward_std']).toBeCloseTo(0.5, 12);
    expect(metrics['frac_reward_zero_std']).toBe(0);
  });
});

interface AdvantageCase {
  sets: {
    settings: Omit<AdvantageSettings, 'multiObjectiveAggregation'>;
    rewards: Rewards;
    expected: { advantages: number[] };
  }[];
}

describe.skipIf(goldenMissing)('computeAdvantages against the golden cases', () => {
  for (const { name, json } of goldenCases<AdvantageCase>('advantages')) {
    it(`matches every set of ${name}`, () => {
      for (const set of json.sets) {
        const { advantages } = computeAdvantages(set.rewards, {
          ...set.settings,
          multiObjectiveAggregation: 'sum_then_normalize',
        });
        set.expected.advantages.forEach((A, i) => expect(advantages[i]).toBeCloseTo(A, 10));
      }
    });
  }
});

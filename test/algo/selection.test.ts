import { describe, expect, it } from 'vitest';
import { resolveMGRPOConfig } from '../../src/config/mgrpo.js';
import { policyObjective } from '../../src/algo/objective.js';
import { chooseAnswers, selectCorrections } from '../../src/algo/selection.js';
import type { CorrectionRound, Layer2Settings } from '../../src/algo/selection.js';
import { goldenCases, goldenMissing } from './golden.js';

const settings: Layer2Settings = {
  numGenerations: 2,
  selection: 'paper',
  baseline: 'query',
  normalizer: 'mean',
  correctionBonus: 0,
  degradationPenalty: 0,
  scaleRewards: 'none',
  multiObjectiveAggregation: 'sum_then_normalize',
  rewardWeights: null,
  filterZeroVariance: false,
};

/** Questions x answers x corrections of 0 and 1 as a round. */
function roundOf(first: readonly (readonly number[])[], second: readonly (readonly (readonly number[])[])[]): CorrectionRound {
  const answers = first.flat();
  const corrections = second.flat(2);
  return {
    questions: first.length,
    questionOf: first.flatMap((row, q) => row.map(() => q)),
    answerCorrect: answers.map((r) => r === 1),
    answerRewards: answers,
    correct: corrections.map((r) => r === 1),
    rewards: corrections.map((r) => [r]),
  };
}

// Question 0: wrong -> one right; wrong -> none (discarded); right -> one right. Question 1: nothing kept.
const round = roundOf(
  [
    [0, 0, 1],
    [0, 0, 0],
  ],
  [
    [
      [0, 1],
      [0, 0],
      [1, 0],
    ],
    [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
  ],
);

describe('selectCorrections', () => {
  it('discards queries whose answer and all corrections are wrong, and no others', () => {
    const { keep, discarded, advantages } = selectCorrections(round, settings);
    expect(keep).toEqual([true, false, true, false, false, false]);
    expect(discarded).toBe(4);
    expect([...advantages.slice(0, 6)]).toEqual([-0.5, 0.5, 0, 0, 0.5, -0.5]);
    expect(selectCorrections(round, { ...settings, selection: 'none' }).keep.every(Boolean)).toBe(true);
  });

  it('weighs corrections by Eq. 6: 1 / (Q G’ H), or 1 / (Q H) as printed', () => {
    expect([...selectCorrections(round, settings).weights]).toEqual([1 / 8, 1 / 8, 0, 0, 1 / 8, 1 / 8, 0, 0, 0, 0, 0, 0]);
    expect(selectCorrections(round, { ...settings, normalizer: 'paper' }).weights[0]).toBe(1 / 4);
  });

  it('compares with all kept corrections of the question when the baseline is the question', () => {
    const pooled = roundOf(
      [[1, 1, 0]],
      [
        [
          [1, 1],
          [1, 0],
          [0, 0],
        ],
      ],
    );
    const { advantages } = selectCorrections(pooled, { ...settings, baseline: 'question' });
    expect([...advantages]).toEqual([0.25, 0.25, 0.25, -0.75, 0, 0]);
  });

  it('only multiplies the advantage by 1 + alpha with a bonus and a baseline per query; per question it moves credit', () => {
    const plain = selectCorrections(round, settings).advantages;
    const bonus = selectCorrections(round, { ...settings, correctionBonus: 0.5 }).advantages;
    plain.forEach((A, i) => expect(bonus[i]).toBeCloseTo(1.5 * A, 12));
    const pooled = roundOf(
      [[1, 0]],
      [
        [
          [1, 0],
          [1, 0],
        ],
      ],
    );
    const { advantages } = selectCorrections(pooled, { ...settings, baseline: 'question', correctionBonus: 0.5 });
    // R' = 1, -.5 (right answer) and 1.5, 0 (wrong answer); mean .5: correcting earns more than confirming.
    expect([...advantages]).toEqual([0.5, -1, 1, -0.5]);
  });

  it('takes the penalty from wrong corrections of right answers only', () => {
    const pooled = roundOf(
      [[1, 0]],
      [
        [
          [1, 0],
          [1, 0],
        ],
      ],
    );
    const { advantages } = selectCorrections(pooled, { ...settings, baseline: 'question', degradationPenalty: 1 });
    expect([...advantages]).toEqual([0.75, -1.25, 0.75, -0.25]);
  });

  it('leaves queries that cannot teach out of the mean under filterZeroVariance', () => {
    const flat = roundOf(
      [[1, 1]],
      [
        [
          [1, 1],
          [1, 0],
        ],
      ],
    );
    const kept = selectCorrections(flat, settings);
    expect(kept.zeroVariance).toBe(1);
    expect(kept.weights[0]).toBe(1 / 4);
    const filtered = selectCorrections(flat, { ...settings, filterZeroVariance: true });
    expect(filtered.keep).toEqual([false, true]);
    expect([...filtered.weights]).toEqual([0, 0, 1 / 2, 1 / 2]);
  });

  it('divides by the deviation of the group where scaleRewards asks for it', () => {
    const { advantages } = selectCorrections(round, { ...settings, scaleRewards: 'group' });
    expect(advantages[1]).toBeCloseTo(0.5 / (Math.SQRT1_2 + 1e-4), 12);
  });

  it('z-scores each reward function per baseline group under normalize_then_sum, so that its scale does not matter', () => {
    const two = (scale: number): CorrectionRound => ({
      ...round,
      rewards: round.rewards.map(([r], i) => [r!, scale * (i % 3)]),
    });
    const gdpo = { ...settings, multiObjectiveAggregation: 'normalize_then_sum' as const };
    const [small, large] = [1, 1000].map((scale) => selectCorrections(two(scale), gdpo).advantages);
    small!.forEach((A, i) => expect(large![i]).toBeCloseTo(A, 3));
    // By hand, query 0: z = (-.7071, .7071) + (-.7071, .7071); query 2: (.7071, -.7071) + (-.7071, .7071); std of all four 1.1547.
    [-1.2247, 1.2247, 0, 0, 0, 0].forEach((A, i) => expect(small![i]).toBeCloseTo(A, 3));
    expect(selectCorrections(two(1000), settings).advantages[1]).toBeCloseTo(500.5, 9);
  });

  it('refuses to shape a total that normalize_then_sum does not take', () => {
    const gdpo = { ...settings, multiObjectiveAggregation: 'normalize_then_sum' as const };
    expect(() => selectCorrections(round, { ...gdpo, correctionBonus: 0.5 })).toThrow(
      /layer2.correctionBonus.*normalize_then_sum/,
    );
    expect(() => selectCorrections(round, { ...gdpo, degradationPenalty: 1 })).toThrow(/layer2.degradationPenalty/);
  });

  it('leaves unscored corrections out of the mean', () => {
    const { advantages } = selectCorrections({ ...round, rewards: [[null], [1], ...round.rewards.slice(2)] }, settings);
    expect([...advantages.slice(0, 2)]).toEqual([0, 0]);
  });
});

describe('chooseAnswers', () => {
  const correct = [true, true, true, true, false, true];
  const all = [0, 1, 2, 3, 4, 5];
  const drawn = (values: readonly number[]): (() => number) => {
    let i = 0;
    return () => values[i++ % values.length]!;
  };

  it('takes all where k is null or not smaller', () => {
    expect(chooseAnswers(correct, all, null, 'balanced', drawn([0]))).toEqual(all);
    expect(chooseAnswers(correct, [1, 4], 3, 'random', drawn([0]))).toEqual([1, 4]);
  });

  it('takes the first, or any k without repeats', () => {
    expect(chooseAnswers(correct, [2, 3, 4], 2, 'first', drawn([0]))).toEqual([2, 3]);
    const seen = new Set<string>();
    for (let s = 0; s < 40; s++)
      seen.add(String(chooseAnswers(correct, all, 3, 'random', drawn([(s * 0.37) % 1, (s * 0.61) % 1, (s * 0.83) % 1]))));
    expect(seen.size).toBeGreaterThan(10);
    for (const text of seen) expect(new Set(text.split(',')).size).toBe(3);
  });

  it('takes wrong ones before right ones', () => {
    for (const u of [0, 0.3, 0.7, 0.99]) {
      expect(chooseAnswers(correct, all, 1, 'wrong', drawn([u]))).toEqual([4]);
      expect(chooseAnswers([false, true, false, false], [0, 1, 2, 3], 3, 'wrong', drawn([u]))).toEqual([0, 2, 3]);
      const three = chooseAnswers(correct, all, 3, 'wrong', drawn([u]));
      expect(three).toContain(4);
      expect(new Set(three).size).toBe(3);
    }
  });

  it('balances right and wrong as far as they go', () => {
    for (const u of [0, 0.3, 0.7, 0.99]) {
      expect(chooseAnswers(correct, all, 2, 'balanced', drawn([u]))).toContain(4);
      expect(chooseAnswers(correct, all, 4, 'balanced', drawn([u]))).toHaveLength(4);
      expect(chooseAnswers(correct, all, 4, 'balanced', drawn([u]))).toContain(4);
      expect(chooseAnswers([false, false, false, true], [0, 1, 2, 3], 3, 'balanced', drawn([u]))).toContain(3);
    }
  });
});

interface Layer2Case {
  sets: {
    settings: {
      G: number;
      H: number;
      selection: 'paper' | 'none';
      baseline: 'query' | 'question';
      normalizer: 'mean' | 'paper';
      epsilon: number;
      beta: number;
    };
    rewardsLayer1: number[][];
    rewardsLayer2: number[][][];
    logps: number[][];
    oldLogps: number[][];
    refLogps: number[][];
    expected: { keep: boolean[][]; advantages: number[][][]; loss: number; gradLogps: number[][] };
  }[];
}

describe.skipIf(goldenMissing)('layer 2 against the golden cases', () => {
  for (const { name, json } of goldenCases<Layer2Case>('layer2')) {
    json.sets.forEach((set, index) => {
      const { G, H, selection, baseline, normalizer, epsilon, beta } = set.settings;
      it(`matches keep, advantages, loss and gradient of ${name}/${index} (${selection}, ${baseline}, ${normalizer})`, () => {
        const result = selectCorrections(roundOf(set.rewardsLayer1, set.rewardsLayer2), {
          ...settings,
          numGenerations: H,
          selection,
          baseline,
          normalizer,
        });
        expect(result.keep).toEqual(set.expected.keep.flat());
        set.expected.advantages.flat(2).forEach((A, i) => expect(result.advantages[i]).toBeCloseTo(A, 12));

        // Through the objective, in two micro-batches of one window, the discarded corrections with weight 0.
        const config = resolveMGRPOConfig({
          epsilon,
          beta,
          lossType: 'grpo',
          numGenerations: Math.max(G, 2),
          perDeviceTrainBatchSize: Math.max(G, 2),
        });
        let loss = 0;
        const half = Math.floor(set.logps.length / 2);
        for (const [from, to] of [
          [0, half],
          [half, set.logps.length],
        ] as const) {
          const offsets = [0];
          for (const row of set.logps.slice(from, to)) offsets.push(offsets[offsets.length - 1]! + row.length);
          const cut = (rows: number[][]): number[] => rows.slice(from, to).flat();
          const part = policyObjective(
            {
              offsets,
              logps: cut(set.logps),
              oldLogps: cut(set.oldLogps),
              refLogps: cut(set.refLogps),
              entropies: null,
              advantages: result.advantages.slice(from, to),
              mask: null,
            },
            config,
            {
              accumulationSteps: 2,
              windowTokens: set.logps.flat().length,
              windowSequences: set.logps.length,
              sequenceWeights: result.weights.slice(from, to),
            },
          );
          loss += part.loss;
          cut(set.expected.gradLogps).forEach((g, t) => expect(part.gradLogps[t]).toBeCloseTo(g, 12));
        }
        expect(loss).toBeCloseTo(set.expected.loss, 12);
      });
    });
  }
});

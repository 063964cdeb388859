import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  majAtK,
  meanOver,
  passAtK,
  proportion,
  correctionMetrics,
  turnMetrics,
  withBaseline,
} from '../../src/algo/evaluation.js';

describe('proportion', () => {
  it('has Wilson’s interval', () => {
    // 10 of 20: centre .5, half-width .2007 (published tables: .2993, .7007).
    const { value, ci95 } = proportion(10, 20);
    expect(value).toBe(0.5);
    expect(ci95[0]).toBeCloseTo(0.2993, 4);
    expect(ci95[1]).toBeCloseTo(0.7007, 4);
  });

  it('has an interval inside [0, 1] that holds the value and does not collapse at the ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const { value, ci95 } = proportion(Math.round(share * n), n);
        expect(ci95[0]).toBeGreaterThanOrEqual(0);
        expect(ci95[1]).toBeLessThanOrEqual(1);
        expect(ci95[0]).toBeLessThanOrEqual(value);
        expect(ci95[1]).toBeGreaterThanOrEqual(value);
        expect(ci95[1] - ci95[0]).toBeGreaterThan(0.5 / (n + 4));
      }),
    );
  });
});

describe('meanOver', () => {
  it('covers the true mean of paired differences in about 95 % of samples', () => {
    let state = 12345;
    const u = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296;
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      // P(+1) = .10, P(-1) = .02: true mean .08.
      const values = Array.from({ length: 100 }, () => {
        const x = u();
        return x < 0.1 ? 1 : x < 0.12 ? -1 : 0;
      });
      const { ci95 } = meanOver(values, -1, 1);
      if (ci95[0] <= 0.08 && 0.08 <= ci95[1]) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.93);
    expect(covered / 2000).toBeLessThan(0.98);
  });

  it('uses the interval of a share where all values are 0 or 1', () => {
    expect(meanOver([1, 0, 1, 1])).toEqual(proportion(3, 4));
    expect(() => meanOver([2])).toThrow(/within \[0, 1\]/);
    expect(() => meanOver([])).toThrow(/at least one value/);
  });
});

describe('passAtK', () => {
  it('is the share of k-subsets that hold a right sample', () => {
    const samples = [true, false, false, true, false, false];
    for (let k = 1; k <= 6; k++) {
      let hit = 0;
      let subsets = 0;
      for (let bits = 0; bits < 64; bits++) {
        const chosen = samples.filter((_, i) => (bits >> i) & 1);
        if (chosen.length !== k) continue;
        subsets++;
        if (chosen.some(Boolean)) hit++;
      }
      expect(passAtK([samples], k).value).toBeCloseTo(hit / subsets, 12);
    }
  });

  it('is the accuracy at k = 1 and says how many samples are missing', () => {
    const correct = [
      [true, false],
      [true, true],
      [false, false],
    ];
    expect(passAtK(correct, 1).value).toBeCloseTo(0.5, 12);
    expect(passAtK(correct, 2)).toMatchObject({ value: 2 / 3, n: 3 });
    expect(() => passAtK(correct, 3)).toThrow(/k = 3 samples of every problem, got 2/);
  });
});

describe('majAtK', () => {
  const correct = [[false, true, true, false]];

  it('takes the most frequent answer among the first k; the first one in a tie', () => {
    expect(majAtK([['7', '8', '8', '7']], correct, 3).value).toBe(1);
    expect(majAtK([['7', '8', '8', '7']], correct, 4).value).toBe(0);
    expect(majAtK([['7', '8', '8', '7']], correct, 1).value).toBe(0);
  });

  it('lets samples without an answer not vote, and is wrong without any vote', () => {
    expect(majAtK([[null, '8', null, null]], correct, 4).value).toBe(1);
    expect(majAtK([[null, null, null, null]], correct, 4).value).toBe(0);
  });
});

describe('correctionMetrics', () => {
  const turns = {
    answers: [[false], [false], [true], [true], [true]],
    corrections: [[true], [false], [true], [false], [true]],
    answerFinals: [['1'], [null], ['3'], ['4'], ['5']],
    correctionFinals: [['2'], [null], ['3'], ['9'], ['5']],
  };

  it('has the paper’s names and adds up', () => {
    const m = correctionMetrics(turns);
    expect(Object.fromEntries(Object.entries(m).map(([key, { value }]) => [key, value]))).toEqual({
      acc_t1: 0.6,
      acc_t2: 0.6,
      delta_t1_t2: 0,
      delta_i_to_c: 0.2,
      delta_c_to_i: 0.2,
      answer_change_rate: 0.4,
    });
    expect(m['delta_t1_t2']!.ci95[0]).toBeLessThan(0);
    expect(m['delta_t1_t2']!.ci95[1]).toBeGreaterThan(0);
  });

  it('keeps acc_t2 - acc_t1 = i_to_c - c_to_i for any table', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 20 }),
        (table) => {
          const m = correctionMetrics({
            answers: table.map((row) => row.map(([a]) => a)),
            corrections: table.map((row) => row.map(([, b]) => b)),
          });
          expect(m['delta_t1_t2']!.value).toBeCloseTo(m['delta_i_to_c']!.value - m['delta_c_to_i']!.value, 10);
          expect(m['delta_t1_t2']!.value).toBeCloseTo(m['acc_t2']!.value - m['acc_t1']!.value, 10);
        },
      ),
    );
  });

  it('compares with the start model’s second turn, problem by problem', () => {
    const m = withBaseline(turns, { answers: turns.answers, corrections: [[false], [false], [true], [false], [true]] });
    expect(m['acc_t1p']!.value).toBe(0.4);
    expect(m['delta_t1p_t2']!.value).toBeCloseTo(0.2, 12);
  });

  it('refuses tables of different shapes', () => {
    expect(() => correctionMetrics({ answers: [[true]], corrections: [[true, false]] })).toThrow(/same shape/);
  });
});

describe('turnMetrics', () => {
  const turn = (right: string, finals: string) => ({
    correct: [...right].map((c) => [c === '1']),
    finals: [...finals].map((c) => [c]),
  });
  const turns = [turn('0011', 'abcd'), turn('0110', 'axce'), turn('1110', 'yxce')];

  it('has the paper’s names for the first two turns, whatever follows', () => {
    const two = turnMetrics(turns.slice(0, 2));
    expect(turnMetrics(turns)).toMatchObject(two);
    expect(Object.keys(two)).toEqual(
      Object.keys(
        correctionMetrics({ answers: [[true]], corrections: [[true]], answerFinals: [['1']], correctionFinals: [['1']] }),
      ),
    );
    expect(Object.keys(turnMetrics(turns.slice(0, 1)))).toEqual(['acc_t1']);
  });

  it('compares a later turn with the one before it and with the first', () => {
    const values = Object.fromEntries(Object.entries(turnMetrics(turns)).map(([name, { value }]) => [name, value]));
    expect(values).toMatchObject({
      acc_t3: 0.75,
      delta_t2_t3: 0.25,
      delta_t1_t3: 0.25,
      delta_i_to_c_t3: 0.25,
      delta_c_to_i_t3: 0,
      answer_change_rate_t3: 0.25,
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyReward, countdownReward } from '../../src/reward/accuracy.js';
import { correctionBonus } from '../../src/reward/correction.js';
import { reflectionReward } from '../../src/reward/reflection.js';
import { tagCountReward, thinkFormatReward } from '../../src/reward/format.js';
import { cosineLengthReward, softOverlongPunishment } from '../../src/reward/length.js';
import { repetitionPenalty } from '../../src/reward/repetition.js';
import { scoreAll } from '../../src/reward/run.js';
import type { RewardFunction } from '../../src/reward/types.js';

const score = async (
  reward: RewardFunction,
  completions: string[],
  columns: Record<string, unknown> = {},
  lengths?: number[],
): Promise<(number | null)[]> => {
  const completionIds = completions.map((_, i) => new Array<number>(lengths?.[i] ?? 1).fill(7));
  const { rewards } = await scoreAll([reward], { prompts: completions, completions, completionIds, ...columns });
  return rewards.map(([r]) => r!);
};

describe('accuracyReward', () => {
  it('scores marked answers that equal the gold, and gives null for a gold that is empty', async () => {
    const completions = ['<think>a</think>0.5', 'The answer is 1/2.', 'We add 1/2', '\\boxed{5}', '\\boxed{1}'];
    expect(await score(accuracyReward(), completions, { gold: ['1/2', '0.5', '1/2', 6, ''] })).toEqual([1, 1, 0, 0, null]);
  });
  it('takes the last number only in lenient mode and only from a response that was not cut', async () => {
    const completions = ['We add 7', 'We add 7'];
    const columns = { gold: ['7', '7'], truncated: [false, true] };
    expect(await score(accuracyReward({ mode: 'lenient' }), completions, columns)).toEqual([1, 0]);
    expect(await score(accuracyReward(), completions, columns)).toEqual([0, 0]);
  });
  it('names the column that is missing and those that are there', async () => {
    await expect(score(accuracyReward({ column: 'solution' }), ['5'], { gold: ['5'] })).rejects.toThrow(
      /column "solution".*gold/,
    );
  });
  it('reports the share of golds that cannot be read', async () => {
    const logged: unknown[] = [];
    await score(accuracyReward(), ['5', '5'], { gold: ['5', null], logMetric: (...entry: unknown[]) => logged.push(entry) });
    expect(logged).toEqual([['accuracy_reward/unreadable_gold', 0.5]]);
  });
});

describe('countdownReward', () => {
  it('scores expressions that reach the target with the numbers given', async () => {
    const columns = {
      numbers: [
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ],
      target: [6, 6, 5],
    };
    expect(await score(countdownReward(), ['<think>x</think>1+2+3', '1+2+3+0', '2+3'], columns)).toEqual([1, 0, 0]);
    expect(await score(countdownReward({ subset: true }), ['2+3'], { numbers: [[1, 2, 3]], target: [5] })).toEqual([1]);
  });
  it('names a task that is not of integers', async () => {
    await expect(score(countdownReward(), ['1'], { numbers: [['1']], target: [1] })).rejects.toThrow(/row 0.*integers/);
  });
});

describe('thinkFormatReward', () => {
  const trl = /^<think>(?!.*<think>)(.*?)<\/think>.*$/s;
  it('agrees with the regular expression of TRL on any arrangement of tags', async () => {
    const text = fc
      .array(fc.constantFrom('<think>', '</think>', 'a', '\n', ' ', '<think', 'think>'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (t) => {
        expect(await score(thinkFormatReward(), [t])).toEqual([trl.test(t) ? 1 : 0]);
      }),
      { numRuns: 2000 },
    );
  });
  it('asks for a close and no second open tag where the prompt opened the block', async () => {
    expect(await score(thinkFormatReward({ opened: true }), ['a</think>b', 'ab', '<think>a</think>b'])).toEqual([1, 0, 0]);
  });
});

describe('tagCountReward', () => {
  it('gives the share of tags that occur exactly once', async () => {
    expect(await score(tagCountReward(), ['<think>a</think>b', '<think>a', 'a', '<think><think></think>'])).toEqual([
      1, 0.5, 0, 0.5,
    ]);
    const tags = ['<think>\n', '\n</think>\n', '\n<answer>\n', '\n</answer>'];
    expect(
      await score(tagCountReward({ tags }), ['<think>\na\n</think>\n\n<answer>\n5\n</answer>', '<think>\na\n</think>\n']),
    ).toEqual([1, 0.5]);
  });
});

describe('softOverlongPunishment', () => {
  it('is 0 up to maxLength − cache, falls linearly to −1 at maxLength, and stays there (DAPO, Eq. 13)', async () => {
    const lengths = [0, 80, 81, 90, 100, 101, 500];
    const got = await score(
      softOverlongPunishment({ maxLength: 100, cache: 20 }),
      lengths.map(() => ''),
      {},
      lengths,
    );
    expect(got).toEqual([0, 0, -0.05, -0.5, -1, -1, -1]);
  });
  it('refuses a cache longer than the limit', () => {
    expect(() => softOverlongPunishment({ maxLength: 10, cache: 11 })).toThrow(/cache 11, maxLength 10/);
  });
});

describe('cosineLengthReward', () => {
  const of: RewardFunction = ({ completions }) => completions.map((t) => (t === '?' ? null : Number(t)));
  it('runs from start at 0 to end at maxLength along half a cosine, and gives `exceeded` at the limit', async () => {
    const reward = cosineLengthReward({ maxLength: 100, of });
    const got = await score(reward, ['1', '1', '1', '0', '0', '1', '0', '?'], {}, [0, 50, 25, 0, 50, 100, 100, 3]);
    const expected = [2, 1.5, 1 + 0.5 * (1 + Math.SQRT1_2), -10, -5, -10, -10];
    for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 12);
    expect(got[7]).toBe(null);
  });
  it('gives a right answer more the shorter it is, and a wrong one more the longer it is', async () => {
    const reward = cosineLengthReward({ maxLength: 64, of });
    const lengths = Array.from({ length: 64 }, (_, i) => i);
    const right = await score(
      reward,
      lengths.map(() => '1'),
      {},
      lengths,
    );
    const wrong = await score(
      reward,
      lengths.map(() => '0'),
      {},
      lengths,
    );
    for (let i = 1; i < 64; i++) {
      expect(right[i]!).toBeLessThan(right[i - 1]!);
      expect(wrong[i]!).toBeGreaterThan(wrong[i - 1]!);
    }
  });
});

describe('repetitionPenalty', () => {
  it('is maxPenalty times the share of n-grams that are repeats, 0 for short texts', async () => {
    const texts = ['a b c', 'a b', '', 'a a a a', 'A b a B a b', 'a b c d'];
    // 1 of 1; none; none; 1 distinct of 2; aba bab aba bab: 2 of 4; 2 of 2
    expect(await score(repetitionPenalty(), texts)).toEqual([0, 0, 0, -0.5, -0.5, 0]);
    expect(await score(repetitionPenalty({ n: 1, maxPenalty: -2 }), ['a a a a'])).toEqual([-1.5]);
  });
  it('counts token ids where asked to', async () => {
    expect(await score(repetitionPenalty({ n: 2, tokens: true }), ['x'], {}, [5])).toEqual([-0.75]);
  });
  it('refuses a positive penalty', () => {
    expect(() => repetitionPenalty({ maxPenalty: 1 })).toThrow(/maxPenalty/);
  });
});

describe('correctionBonus', () => {
  const of = accuracyReward();
  const first = {
    firstCompletions: ['\\boxed{1}', '\\boxed{2}', '\\boxed{1}', '\\boxed{2}'],
    firstCompletionIds: [[1], [1], [1], [1]],
    firstTruncated: [false, false, false, false],
  };
  const second = ['\\boxed{1}', '\\boxed{1}', '\\boxed{2}', '\\boxed{3}'];
  it('is α times the change in score from the first answer to its correction', async () => {
    expect(await score(correctionBonus({ of, alpha: 0.5 }), second, { ...first, gold: ['1', '1', '1', '1'] })).toEqual([
      0, 0.5, -0.5, 0,
    ]);
  });
  it('does not judge layer 1, and passes nulls on', async () => {
    expect(await score(correctionBonus({ of, alpha: 1 }), ['5'], { gold: ['5'] })).toEqual([null]);
    expect(await score(correctionBonus({ of, alpha: 1 }), second, { ...first, gold: ['', '1', '1', '1'] })).toEqual([
      null,
      1,
      -1,
      0,
    ]);
  });
  it('refuses a negative α', () => {
    expect(() => correctionBonus({ of, alpha: -1 })).toThrow(/alpha/);
  });
});

describe('reflectionReward', () => {
  const data = (gold: string, first: string[]) => ({
    gold: first.map(() => gold),
    firstCompletions: first,
    firstCompletionIds: first.map(() => [1]),
    firstTruncated: first.map(() => false),
  });
  const texts = [
    '<think>2-1=1</think>1',
    '1',
    '<think>1</think>1',
    '<think>2-1=1</think>1',
    '<think>1+1=2</think>2',
    '1+1 </think>1',
  ];

  it('pays a reflection that changes the verdict, and nothing else', async () => {
    const first = ['2', '2', '2', '1', '1', '2'];
    // Wrong to right with thought; without; with too little; nothing changed; right to wrong; an open thought that is closed.
    expect(await score(reflectionReward(), texts, data('1', first))).toEqual([1, 0, 0, 0, -1, 1]);
    expect(await score(reflectionReward({ minLength: 1 }), texts.slice(2, 3), data('1', ['2']))).toEqual([1]);
  });
  it('is 0 in layer 1', async () => {
    expect(await score(reflectionReward(), texts, { gold: texts.map(() => '1') })).toEqual(texts.map(() => 0));
  });
  it('judges Countdown problems by their verifier', async () => {
    const columns = {
      ...data('3 5 = 8', ['3-5', '5+3']),
      numbers: [
        [3, 5],
        [3, 5],
      ],
      target: [8, 8],
    };
    const corrections = ['<think>3+5=8</think>3+5', '<think>5-3=2</think>5-3'];
    expect(await score(reflectionReward(), corrections, columns)).toEqual([1, -1]);
  });
});

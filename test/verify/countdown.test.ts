import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verify, verifyBatch } from '../../src/verify.js';

const judge = (pred: string, numbers: number[], target: number, subset = false): string =>
  verify({ gold: { numbers, target, subset }, pred }).rule;

describe('countdown', () => {
  const right: [string, number[], number][] = [
    ['(44+19)+35', [44, 19, 35], 98],
    ['6 \\times 2 - 3', [6, 2, 3], 9],
    ['6 × 2 ÷ 3', [6, 2, 3], 4],
    ['6 \\div 2 \\cdot 3', [6, 2, 3], 9],
    ['6·2−3', [6, 2, 3], 9],
    ['3 - (1 - 2)', [1, 2, 3], 4],
    ['1/3*6', [1, 3, 6], 2],
    ['6/(1-3/4)', [6, 1, 3, 4], 24],
    ['8/(3-8/3)', [8, 8, 3, 3], 24],
    ['9/2', [9, 2], 4.5],
    ['-1+4', [1, 4], 3],
    ['4 + -1', [1, 4], 3],
    ['((((5))))+1', [5, 1], 6],
    ['\\left(5+1\\right)\\times 2', [5, 1, 2], 12],
    ['$5+1$', [5, 1], 6],
    ['5+1=6', [5, 1], 6],
    ['5 + 1 = 6', [5, 1], 6],
    ['1000000*1000000', [1000000, 1000000], 1e12],
    ['7', [7], 7],
    ['5*0', [0, 5], 0],
    ['3-5', [3, 5], -2],
    ['1/4', [1, 4], 0.25],
  ];
  for (const [pred, numbers, target] of right)
    it(`accepts ${pred} = ${target} from ${numbers.join(' ')}`, () => {
      expect(judge(pred, numbers, target)).toBe('countdown_ok');
    });

  const wrong: [string, number[], number, string][] = [
    ['1.2*3', [1, 2, 3], 3.6, 'syntax'],
    ['2**3+5', [2, 3, 5], 13, 'syntax'],
    ['7//2+4', [7, 2, 4], 7, 'syntax'],
    ['2^3', [2, 3], 8, 'syntax'],
    ['12', [1, 2], 12, 'numbers'],
    ['1 2', [1, 2], 12, 'syntax'],
    ['45+2+3', [1, 45, 2, 3], 50, 'unused'],
    ['5+5', [5, 3], 10, 'numbers'],
    ['5+4', [5, 3], 9, 'numbers'],
    ['5+3', [5, 3], 9, 'value'],
    ['5+3=9', [5, 3], 9, 'value'],
    ['5+3=9', [5, 3], 8, 'value'],
    ['5+3=8=8', [5, 3], 8, 'syntax'],
    ['5+3=4+4', [5, 3], 8, 'value'],
    ['5/(3-3)', [5, 3, 3], 0, 'zero'],
    ['(5+3', [5, 3], 8, 'syntax'],
    ['5+3)', [5, 3], 8, 'syntax'],
    ['5+', [5, 3], 8, 'syntax'],
    ['2(3+4)', [2, 3, 4], 14, 'syntax'],
    ['(2)(3)', [2, 3], 6, 'syntax'],
    ["__import__('os')", [1, 2], 3, 'syntax'],
    ['5e0+3', [5, 3], 8, 'syntax'],
    ['0x5+3', [5, 3], 8, 'numbers'],
    ['5!-3', [5, 3], 117, 'syntax'],
    ['sqrt(9)', [9], 3, 'syntax'],
    ['5 apples + 3', [5, 3], 8, 'syntax'],
    ['99999999999999999999', [5], 5, 'numbers'],
    ['9'.repeat(100_000), [5], 5, 'overflow'],
    [`${'('.repeat(100)}5${')'.repeat(100)}`, [5], 5, 'syntax'],
    ['9999999*9999999*9999999*9999999', [9999999, 9999999, 9999999, 9999999], 1, 'value'],
  ];
  for (const [pred, numbers, target, why] of wrong)
    it(`refuses ${pred.slice(0, 40)} = ${target} from ${numbers.join(' ')}: ${why}`, () => {
      expect(judge(pred, numbers, target)).toBe(`countdown_${why}`);
    });

  it('lets numbers be left out only where the task says so', () => {
    expect(judge('45+2+3', [1, 45, 2, 3], 50, true)).toBe('countdown_ok');
    expect(judge('45+2+3+3', [1, 45, 2, 3], 53, true)).toBe('countdown_numbers');
  });

  it('extracts the expression from a response', () => {
    const gold = { numbers: [44, 19, 35], target: 98 };
    const responses = [
      '<think>44+19=63</think> (44+19)+35',
      '<answer> 44+19+35 = 98 </answer>',
      '#### 44+19+35',
      '\\boxed{44 + 19 + 35}',
      'The answer is (44+19)+35.',
    ];
    for (const response of responses)
      expect(verify({ gold, response, mode: 'strict' }), response).toMatchObject({ verdict: true });
    expect(verify({ gold, response: 'I would add 44+19+35', mode: 'strict' }).verdict).toBe(false);
  });

  it('accepts the answer of every row of the shared data, and none of them for another target', ({ skip }) => {
    const file = '../shared/data/countdown_test.jsonl';
    if (!existsSync(file)) return skip(`${file} is not there`);
    const rows = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { answer: string; numbers: number[]; target: number });
    expect(
      verifyBatch(rows.map(({ answer, numbers, target }) => ({ gold: { numbers, target }, pred: answer }))).filter(
        (v) => !v.verdict,
      ),
    ).toEqual([]);
    expect(
      verifyBatch(rows.map(({ answer, numbers, target }) => ({ gold: { numbers, target: target + 1 }, pred: answer }))).filter(
        (v) => v.verdict,
      ),
    ).toEqual([]);
  });

  it.each([
    ['7-3+9-4', 'countdown_ok'],
    ['7 - 3 + 9 - 4 = 9', 'countdown_ok'],
    ['\\boxed{7-3+9-4}', 'countdown_ok'],
    ['7+3-9+4', 'countdown_value'],
    ['7-4+9-3', 'countdown_numbers'],
    ['9-4+7-3', 'countdown_numbers'],
    ['7-3+9', 'countdown_value'],
    ['7-3+9-4+0', 'countdown_numbers'],
    ['7-3+(9-4)', 'countdown_syntax'],
    ['-4+7-3+9', 'countdown_syntax'],
    ['7--3+9-4', 'countdown_syntax'],
    ['7*3-9-4', 'countdown_syntax'],
    ['7?3?9?4', 'countdown_syntax'],
    ['7?3?9?4=9', 'countdown_syntax'],
    ['9', 'countdown_numbers'],
  ])('judges %s as a sign puzzle: the numbers in their order, + or − between them', (pred, rule) => {
    expect(verify({ gold: { numbers: [7, 3, 9, 4], target: 9, inOrder: true }, pred }).rule).toBe(rule);
  });
});

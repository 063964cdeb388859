import { expect, it } from 'vitest';
import { equal, extract, groupAnswers } from '../../src/verify.js';

it('equal takes either answer as the right one', () => {
  expect(equal('\\frac12', '0.5')).toBe(true);
  expect(equal('x=5', '5')).toBe(true);
  expect(equal('1/3', '0.33')).toBe(false);
  expect(() => equal('1', 2 as unknown as string)).toThrow('equal: expected a text for b, got 2');
});

it('extract gives the answer as it stands in the text, in the form of the gold', () => {
  expect(extract('2 + 2 = 4. The answer is 4.')).toBe('4');
  expect(extract('So it is B.', { gold: 'C' })).toBe('B');
  expect(extract('It may be 4.', { mode: 'strict' })).toBe(null);
});

it('groupAnswers puts equal answers together, the largest group first', () => {
  expect(groupAnswers(['0.5', '2', '\\frac{1}{2}', null, '50\\%', '2.0', '3'])).toEqual([[0, 2, 4], [1, 5], [6]]);
  expect(groupAnswers(['1', '2', '2', '1'])).toEqual([
    [0, 3],
    [1, 2],
  ]);
  expect(groupAnswers([])).toEqual([]);
});

it('a letter beside which another stands is no choice', () => {
  for (const two of ['(B) and (C)', '(B) or (C)', '(b) and (c)', 'B) and C)', 'B. or C.', '\\text{(B) and (C)}'])
    expect([two, equal('B', two)]).toEqual([two, false]);
  for (const one of ['(B)', 'B) 5 cm', '(B) the second', 'B. 17 and 18', '(B) A or C'])
    expect([one, equal('B', one)]).toEqual([one, true]);
  expect(equal('B and C', '(B) and (C)')).toBe(true);
});

import { expect, it } from 'vitest';
import { verifyBatch } from '../../src/verify.js';
import { differingPairs } from './pieces.js';

it('takes no two functions for equal that differ on a small set or far out', () => {
  const pairs = differingPairs(3000, 1);
  const found = verifyBatch(pairs);
  expect(pairs.filter((_, i) => found[i]!.verdict)).toEqual([]);
});

it('proves what holds for all values', () => {
  const equal = [
    ['|x - 3|', '|3 - x|'],
    ['\\sqrt{(x - 5)^2}', '|x - 5|'],
    ['\\lfloor x \\rfloor + 2', '\\lfloor x + 2 \\rfloor'],
    ['\\max(x, y)', '\\max(y, x)'],
    ['\\gcd(12, 18)', '6'],
  ].map(([gold, pred]) => ({ gold: gold!, pred: pred! }));
  expect(equal.filter((_, i) => !verifyBatch(equal)[i]!.verdict)).toEqual([]);
});

import { expect, it } from 'vitest';
import { acceptedPairs, keyOf, ownGolds, reviewedPairs } from './pairs.js';

/** One of so many pairs is judged here; `npm run check:pairs` judges all of them, with the golds of the data sets. */
const SHARE = 20;
const golds = ownGolds();
const reviewed = reviewedPairs();

it('no pair of golds is accepted that nobody has read', () => {
  const found = acceptedPairs(golds, (i, j) => (i + 5 * j) % SHARE === 0).map(keyOf);
  expect(found.length).toBeGreaterThan(100);
  expect(found.filter((pair) => !reviewed.has(pair))).toEqual([]);
});

it('(a pair that is wrong would be seen)', () => {
  const planted = acceptedPairs(['1', '2', '2.0', '1.00']).map(keyOf);
  expect(planted).toEqual(['["1","1.00"]', '["2","2.0"]', '["2.0","2"]', '["1.00","1"]']);
  expect(planted.filter((pair) => !reviewed.has(pair))).not.toEqual([]);
});

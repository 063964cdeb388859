import { expect, it } from 'vitest';
import { verifyBatch } from '../../src/verify.js';
import { acceptedMutants } from './cases/accepted-mutants.js';
import { mutants } from './mutants.js';

/** The order of the items under a seed. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const keys = items.map(() => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0));
  return items
    .map((item, i) => [keys[i]!, item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

it('accepts of some 6,000 golds changed by one character those only that were read and found right, in any order', () => {
  const all = mutants();
  expect(all.length).toBeGreaterThan(5000);
  for (const pairs of [all, shuffled(all, 7)]) {
    const accepted = verifyBatch(pairs).flatMap(({ verdict }, i) => (verdict ? [pairs[i]!] : []));
    const expected = all.filter(({ gold, pred }) => acceptedMutants[gold]?.includes(pred));
    expect(new Set(accepted.map(({ gold, pred }) => `${gold} <- ${pred}`))).toEqual(
      new Set(expected.map(({ gold, pred }) => `${gold} <- ${pred}`)),
    );
  }
});

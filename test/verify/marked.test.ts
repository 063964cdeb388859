import { describe, expect, it } from 'vitest';
import { verifyBatch } from '../../src/verify.js';
import { closings } from './cases/closings.js';
import { kinds } from './cases/kinds.js';
import { conclusions } from './cases/conclusions.js';
import { marked } from './cases/marked.js';
import { endings } from './cases/endings.js';
import { notations } from './cases/notations.js';
import { phrasings } from './cases/phrasings.js';
import { told, type Told } from './cases/prose.js';
import { qualified } from './cases/qualified.js';
import { unseen } from './cases/unseen.js';
import { revoked, worked } from './cases/worked.js';

/** Rows as pairs to verify; where a row names no mode, in both. */
const inModes = (rows: readonly Told[]) =>
  rows.flatMap(([gold, response, right, only]) =>
    (only ? [only] : (['strict', 'lenient'] as const)).map((mode) => ({ gold, response, right, mode })),
  );

describe('responses', () => {
  for (const [name, rows] of [
    ...Object.entries(told),
    ...Object.entries(qualified),
    ...Object.entries(notations),
    ...Object.entries(unseen),
    ...Object.entries(worked),
    ...Object.entries(revoked),
  ])
    it(name, () => {
      const pairs = inModes(rows);
      const found = verifyBatch(pairs.map(({ gold, response, mode }) => ({ gold, response, mode })));
      expect(pairs.filter(({ right }, i) => found[i]!.verdict !== right)).toEqual([]);
    });
});

describe('marks', () => {
  for (const [name, rows] of [
    ...Object.entries(marked),
    ...Object.entries(phrasings),
    ...Object.entries(endings),
    ...Object.entries(conclusions),
    ...Object.entries(closings),
    ...Object.entries(kinds),
  ])
    it(`strict: ${name}`, () => {
      const found = verifyBatch(rows.map(([gold, response]) => ({ gold, response, mode: 'strict' })));
      expect(rows.filter(([, , right], i) => found[i]!.verdict !== right)).toEqual([]);
    });
});

describe('what counts for one number', () => {
  const accepted = [
    ...[marked, phrasings, endings, conclusions, closings].flatMap((cases) =>
      Object.values(cases).flatMap((rows) => inModes(rows.map(([gold, response, right]) => [gold, response, right, 'strict']))),
    ),
    ...[told, qualified, notations, unseen, worked, revoked].flatMap((cases) => Object.values(cases).flatMap(inModes)),
    // An option is read where the gold is a letter, its value where it is a number.
  ].filter(({ gold, right }) => right && !/^[A-Z]$/.test(gold));
  const numbers = (text: string): readonly string[] => text.match(/\d+(?:\.\d+)?/g) ?? [];

  it('counts for no other, read elsewhere in the response', () => {
    const pairs = accepted.flatMap(({ gold, response, mode }) =>
      [...new Set(numbers(response))]
        .filter((other) => !numbers(gold).includes(other))
        .map((other) => ({ meant: { gold, response, mode }, other: { gold: other, response, mode } })),
    );
    const meant = verifyBatch(pairs.map((pair) => pair.meant));
    const found = verifyBatch(pairs.map((pair) => pair.other));
    expect(pairs.length).toBeGreaterThan(400);
    // Read in the same place it is the same value in other words: 450 cents for $4.50, 75% for 3/4.
    expect(pairs.filter((_, i) => found[i]!.verdict && found[i]!.extracted !== meant[i]!.extracted)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { verifyBatch } from '../../src/verify.js';
import { closings } from './cases/closings.js';
import { conclusions } from './cases/conclusions.js';
import { marked } from './cases/marked.js';
import { endings } from './cases/endings.js';
import { notations } from './cases/notations.js';
import { phrasings } from './cases/phrasings.js';
import { told } from './cases/prose.js';
import { qualified } from './cases/qualified.js';
import { unseen } from './cases/unseen.js';

describe('responses', () => {
  for (const [name, rows] of [
    ...Object.entries(told),
    ...Object.entries(qualified),
    ...Object.entries(notations),
    ...Object.entries(unseen),
  ])
    it(name, () => {
      const pairs = rows.flatMap(([gold, response, right, mode]) =>
        (mode ? [mode] : (['strict', 'lenient'] as const)).map((m) => ({ gold, response, right, mode: m })),
      );
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
  ])
    it(`strict: ${name}`, () => {
      const found = verifyBatch(rows.map(([gold, response]) => ({ gold, response, mode: 'strict' })));
      expect(rows.filter(([, , right], i) => found[i]!.verdict !== right)).toEqual([]);
    });
});

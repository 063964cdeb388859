import { describe, expect, it } from 'vitest';
import { verifyBatch } from '../../src/verify.js';
import { marked } from './cases/marked.js';

describe('marks', () => {
  for (const [name, rows] of Object.entries(marked))
    it(`strict: ${name}`, () => {
      const found = verifyBatch(rows.map(([gold, response]) => ({ gold, response, mode: 'strict' })));
      expect(rows.filter(([, , right], i) => found[i]!.verdict !== right)).toEqual([]);
    });
});

import { describe, expect, it } from 'vitest';
import { verify } from '../../src/verify.js';
import { extractionCases } from './extraction-cases.js';

describe('extraction', () => {
  for (const { response, extracted, rule, gold = '1', mode, truncated = false } of extractionCases)
    for (const m of mode ? [mode] : (['strict', 'lenient'] as const))
      it(`${m}${truncated ? ', cut' : ''}: ${JSON.stringify(response)} gives ${extracted} by ${rule}`, () => {
        const found = verify({ gold, response, mode: m, truncated });
        expect([found.extracted, found.rule]).toEqual([extracted, rule]);
      });
});

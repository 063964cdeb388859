import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verify } from '../../src/verify.js';
import { choices, equivalences } from './cases/documented.js';
import { withGenerated } from './documented.js';

describe('docs/verifiers.md', () => {
  it('has the tables that npm run docs:verifiers writes', () => {
    const text = readFileSync('docs/verifiers.md', 'utf8');
    expect(text).toBe(withGenerated(text));
  });

  it.each(equivalences)('%s and %s: equal %s, %s', (gold, pred, equal) => {
    const found = verify({ gold, pred });
    expect(found.verdict, found.reason).toBe(equal);
  });

  for (const { name, texts, cases } of choices)
    for (const [gold, text, counts, options] of cases)
      it(`${name}: ${JSON.stringify([gold, text, options])} ${counts ? 'counts' : 'does not count'}`, () => {
        const found = verify({ gold, ...(texts === 'answer' ? { pred: text } : { response: text }), ...options });
        expect(found.verdict, found.reason).toBe(counts);
      });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verify } from '../../src/verify.js';

const text = readFileSync('docs/verifiers.md', 'utf8');
const section = text.slice(text.indexOf('<!-- checked table'), text.indexOf('## What is refused'));
const rows = [...section.matchAll(/^\| `(.+?)`\s+\| `(.+?)`\s+\| (yes|no)\s+\| (.+?)\s+\|$/gm)];

describe('docs/verifiers.md', () => {
  it('has a table of at least 50 rows, of which every one is read here', () => {
    expect(rows.length).toBeGreaterThanOrEqual(50);
    expect(section.split('\n').filter((line) => line.startsWith('| `'))).toHaveLength(rows.length);
  });

  for (const [, gold, pred, equal, why] of rows)
    it(`${gold!} ${equal === 'yes' ? 'equals' : 'is not'} ${pred!}: ${why!}`, () => {
      const found = verify({ gold: gold!, pred: pred! });
      expect(found.verdict, found.reason).toBe(equal === 'yes');
    });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { missingEntries } from '../../scripts/complete-lock.mjs';
import { root } from '../support/cli.js';

it('the lock file names the optional packages of every platform (else: node scripts/complete-lock.mjs)', () => {
  const lock: unknown = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  expect([...missingEntries(lock).keys()]).toEqual([]);
});

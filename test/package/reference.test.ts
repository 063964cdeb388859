// The API reference (npm run docs:api): every export is documented, and every type that a signature names is exported.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/cli.js';

it('has no undocumented export, no type left out and no broken link', () => {
  const typedoc = path.join(root, 'node_modules/typedoc/bin/typedoc');
  let said = '';
  try {
    execFileSync(process.execPath, [typedoc, '--emit', 'none', '--logLevel', 'Warn'], { cwd: root, stdio: 'pipe' });
  } catch (error) {
    said = String((error as { stderr: Buffer }).stderr) + String((error as { stdout: Buffer }).stdout);
  }
  expect(said).toBe('');
});

// What is written here, read by the programs that it is written for; where this machine has them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/cli.js';

const python = process.env['MGRPO_PYTHON'] ?? 'python3';

/** Names of the packages that Python has not; 'python' where there is none. */
function missing(): string {
  const find =
    'from importlib.util import find_spec as f\nprint(*[n for n in "torch transformers peft tensorboard pandas pyarrow".split() if not f(n)])';
  try {
    return execFileSync(python, ['-c', find], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'python';
  }
}
const lacks = missing();

describe.skipIf(lacks !== '')(`programs of others${lacks && ` (skipped: no ${lacks}; set MGRPO_PYTHON)`}`, () => {
  it('read our models, adapters, event files and tables, and compute the same', { timeout: 600_000 }, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-outside-'));
    try {
      execFileSync(process.execPath, ['scripts/run.mjs', 'bench/roads/files.ts', folder], { cwd: root, stdio: 'pipe' });
      const said = execFileSync(python, ['bench/roads/outside.py', folder], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(said.split('\n').filter((line) => line.startsWith('ok'))).toHaveLength(11);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

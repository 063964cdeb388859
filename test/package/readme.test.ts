import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandFlags } from '../../src/cli/flags.js';
import { trainSpec } from '../../src/cli/train.js';
import { root } from '../support/cli.js';

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

describe('the README', () => {
  it('uses flags that train has', () => {
    const command = /npx mgrpo train [^`]*/.exec(readme)![0];
    const known = commandFlags(trainSpec).map(({ flag }) => flag);
    expect([...command.matchAll(/--([a-z0-9-]+)/g)].map(([, flag]) => flag!).filter((flag) => !known.includes(flag))).toEqual([]);
  });

  it('links to files that exist', () => {
    for (const [, target] of readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      expect(() => readFileSync(path.join(root, target!))).not.toThrow();
    }
  });
});

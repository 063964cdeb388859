import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandFlags } from '../../src/cli/flags.js';
import { trainSpec } from '../../src/cli/train.js';
import { ensureBuilt, root } from '../support/cli.js';

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!);

beforeAll(ensureBuilt);

describe('the README', () => {
  it('imports only names that the package exports', async () => {
    const entries: Record<string, string> = { mgrpo: 'node.js', 'mgrpo/verify': 'verify.js' };
    const imports = blocks.flatMap((code) => [...code.matchAll(/import \{([^}]*)\} from '([^']+)'/g)]);
    expect(imports.length).toBeGreaterThan(2);
    for (const [, names, from] of imports) {
      const module = (await import(path.join(root, 'dist', entries[from!]!))) as object;
      expect(Object.keys(module)).toEqual(expect.arrayContaining(names!.split(',').map((name) => name.trim())));
    }
  });

  it('has a verifier example that gives what it says', async () => {
    const code = blocks.find((block) => block.includes("'mgrpo/verify'"))!;
    const { verify } = (await import(path.join(root, 'dist/verify.js'))) as typeof import('../../src/verify.js');
    const [, call, result] = /(verify\(.*\)\.verdict); \/\/ (true|false)/.exec(code)!;
    expect(String(new Function('verify', `return ${call!}`)(verify))).toBe(result);
  });

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

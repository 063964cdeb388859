import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { ensureBuilt, root } from '../support/cli.js';

/** What an app imports, and the file that its bundler finds. */
const ENTRIES: Readonly<Record<string, string>> = {
  entry: '',
  mgrpo: 'dist/index.js',
  'mgrpo/verify': 'dist/browser/verify.js',
  'mgrpo/verify/inline': 'dist/verify.js',
  'mgrpo/worker': 'dist/worker/connect.js',
};

/** What an app's bundler makes of some lines that import the built package, minified: bytes after gzip of all that is loaded at once. */
async function bundled(code: string): Promise<number> {
  ensureBuilt();
  const bundle = await rolldown({
    input: 'entry',
    cwd: root,
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        // package.json says that no module has side effects
        resolveId: (id) => {
          const file = ENTRIES[id];
          return file === undefined
            ? null
            : { id: id === 'entry' ? id : path.join(root, file), moduleSideEffects: id === 'entry' };
        },
        load: (id) => (id === 'entry' ? code : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  await bundle.close();
  // What waits for its first use: the engine with relaxed SIMD.
  const [entry, ...later] = output;
  expect(entry.imports).toEqual([]);
  for (const chunk of later) expect(chunk).toMatchObject({ isDynamicEntry: true, name: 'engine-relaxed' });
  return gzipSync(entry.code).length;
}

describe('the size of what an app gets, in bytes after gzip', () => {
  it.each([
    ['one metric', "import { passAtK } from 'mgrpo'; console.log(passAtK);", 3_000],
    ['the checker’s script, without its module', "import { verify } from 'mgrpo/verify'; console.log(verify);", 10_000],
    ['the checker in one script', "import { verify } from 'mgrpo/verify/inline'; console.log(verify);", 76_000],
    ['the page’s side of the worker', "import { connectEngine } from 'mgrpo/worker'; console.log(connectEngine);", 2_000],
    [
      'a page that trains',
      "import { HttpFiles, MGRPOTrainer, loadPolicy, openDevice, countdownReward, signs } from 'mgrpo'; console.log(HttpFiles, MGRPOTrainer, loadPolicy, openDevice, countdownReward, signs);",
      237_000,
    ],
  ])('%s', async (name, code, most) => {
    const size = await bundled(code);
    process.stdout.write(`  ${name}: ${(size / 1000).toFixed(1)} kB of ${most / 1000}\n`);
    expect(size).toBeLessThan(most);
  });

  it('the shell of the page: all that is there before Start', () => {
    ensureBuilt();
    const web = path.join(root, 'dist/web');
    const seen = new Set(['index.html', 'style.css', 'main.js']);
    for (const file of seen) {
      // What is imported at once; views load the rest when they are shown.
      const text = readFileSync(path.join(web, file), 'utf8');
      if (file.endsWith('.js'))
        for (const [, name] of text.matchAll(/(?:from|import)\s*"\.\/([\w./-]+)"/g))
          if (existsSync(path.join(web, name!))) seen.add(name!);
    }
    const size = [...seen].reduce((sum, file) => sum + gzipSync(readFileSync(path.join(web, file))).length, 0);
    process.stdout.write(`  the page: ${(size / 1000).toFixed(1)} kB of 50 (${[...seen].join(', ')})\n`);
    expect(size).toBeLessThan(50_000);
  });
});

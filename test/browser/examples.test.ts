import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'puppeteer';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePage } from '../../src/cli/ui.js';
import { ensureBuilt, root } from '../support/cli.js';
import { startChromium } from '../support/chromium.js';
import { pressAndTrain } from '../support/examples.js';

const browser: Browser | string = await startChromium();
const reason = typeof browser === 'string' ? browser : undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-examples-'));
const examples = path.join(root, 'examples');
/** The package as an app finds it. */
const ALIAS = {
  'mgrpo/worker/serve': path.join(root, 'dist/worker/serve.js'),
  'mgrpo/worker': path.join(root, 'dist/worker/connect.js'),
};
/** What React is to an example, without Next.js around it: npm run check:examples builds it with Next.js itself. */
const REACT = { 'react/jsx-runtime': 'preact/jsx-runtime', react: 'preact/compat' };
const NEXT_ENTRY = `import { h, render } from 'preact';
import Page from ${JSON.stringify(path.join(examples, 'next/pages/index.jsx'))};
render(h(Page), document.body);`;
let server: Server;

/** Builds the page of Next.js' example, and its worker beside it. */
async function buildNext(dir: string): Promise<void> {
  const bundle = await rolldown({
    cwd: root,
    input: { next: 'next-entry', worker: path.join(examples, 'next/worker.js') },
    platform: 'browser',
    resolve: { alias: { ...ALIAS, ...REACT } },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'next-entry' ? id : null),
        load: (id) => (id === 'next-entry' ? NEXT_ENTRY : null),
      },
    ],
  });
  await bundle.write({ dir, format: 'es' });
  await bundle.close();
  writeFileSync(path.join(dir, 'index.html'), '<!doctype html><body></body><script type="module" src="next.js"></script>');
}

/** Builds Vite's example with its own config. */
async function buildVite(outDir: string): Promise<void> {
  const { build } = await import('vite');
  await build({
    ...{ root: path.join(examples, 'vite'), publicDir: path.join(root, 'models'), logLevel: 'error' },
    resolve: { alias: ALIAS },
    build: { outDir, emptyOutDir: true },
  });
}

beforeAll(async () => {
  if (reason) return;
  ensureBuilt();
  const names = ['plain', 'element', 'worker'];
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.map((name) => [name, path.join(examples, `${name}.js`)])),
    platform: 'browser',
    resolve: { alias: ALIAS },
  });
  await bundle.write({ dir: folder, format: 'es' });
  await bundle.close();
  for (const file of readdirSync(examples).filter((name) => name.endsWith('.html')))
    cpSync(path.join(examples, file), path.join(folder, file));
  for (const at of ['models', 'next/models'])
    cpSync(path.join(root, 'models/signs-0.2m'), path.join(folder, at, 'signs-0.2m'), { recursive: true });
  await buildVite(path.join(folder, 'vite'));
  await buildNext(path.join(folder, 'next'));
  server = await servePage(folder, 0);
});
afterAll(async () => {
  if (typeof browser !== 'string') await browser.close();
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(reason)(`the examples in Chromium${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it.each([
    ['plain.html', 'done'],
    ['element.html', 'step 2: '],
    ['vite/index.html', 'done'],
    ['next/index.html', 'done'],
  ])('%s trains in a bundled page', { timeout: 120_000 }, async (file, end) => {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`;
    expect(await pressAndTrain(browser as Browser, address, end)).toEqual([]);
  });

  it.each([['plain.html', 'plain.js', 'worker.js'], ['element.html', 'element.js', 'worker.js'], ['vite'], ['next']])(
    '%s is under 40 lines, all its files together',
    (...names) => {
      const files = names.flatMap((name) => (name.includes('.') ? [name] : filesOf(name)));
      const lines = files.flatMap((file) => readFileSync(path.join(examples, file), 'utf8').split('\n'));
      expect(lines.filter((line) => line.trim() !== '').length).toBeLessThan(40);
    },
  );
});

/** The files of a folder of the examples, and of its folders. */
function filesOf(name: string): string[] {
  const found = readdirSync(path.join(examples, name), { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => path.relative(examples, path.join(entry.parentPath, entry.name)));
}

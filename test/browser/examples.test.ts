import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
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

const browser: Browser | string = await startChromium();
const reason = typeof browser === 'string' ? browser : undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-examples-'));
const examples = path.join(root, 'examples');
/** The package as an app finds it. */
const ALIAS = {
  'mgrpo/worker/serve': path.join(root, 'dist/worker/serve.js'),
  'mgrpo/worker': path.join(root, 'dist/worker/connect.js'),
};
let server: Server;

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
  cpSync(path.join(root, 'models/signs-0.2m'), path.join(folder, 'models/signs-0.2m'), { recursive: true });
  await buildVite(path.join(folder, 'vite'));
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
  ])('%s trains in a bundled page', { timeout: 120_000 }, async (file, end) => {
    const page = await (browser as Browser).newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`);
    await page.locator('button').click();
    await page.waitForFunction((text: string) => document.body.innerText.includes(text), { timeout: 100_000, polling: 50 }, end);
    expect(errors).toEqual([]);
  });

  it('are each under 40 lines', () => {
    for (const file of readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name)))
      expect(readFileSync(path.join(examples, file), 'utf8').split('\n').length, file).toBeLessThan(40);
  });
});

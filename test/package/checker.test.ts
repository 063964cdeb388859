// The checker as pages get it: one script, and its WebAssembly as a file beside it.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'puppeteer';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Checker from '../../src/verify.js';
import { startChromium } from '../support/chromium.js';
import { ensureBuilt, root } from '../support/cli.js';

const browser: Browser | string = await startChromium('dist/browser/verify.js');
const noBrowser = typeof browser === 'string' ? browser : undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-checker-'));
const pair = { gold: '1/2', response: 'The answer is 0.5.' };

beforeAll(ensureBuilt);
afterAll(async () => {
  if (typeof browser !== 'string') await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

let copies = 0;
/** The script for pages, as nobody has loaded it before. */
const fresh = (): Promise<typeof Checker> =>
  import(`${pathToFileURL(path.join(root, 'dist/browser/verify.js')).href}?${copies++}`) as Promise<typeof Checker>;
const wasm = (): Buffer => readFileSync(path.join(root, 'dist/browser/verifier.wasm'));

/** Serves a folder; `.wasm` files as `wasmType`. */
async function serve(site: string, wasmType: string, headers: Readonly<Record<string, string>> = {}) {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': wasmType };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = new URL(request.url!, 'http://x').pathname;
    const file = path.join(site, name === '/' ? 'index.html' : name);
    asked.push(name);
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.setHeader('content-type', types[path.extname(file)] ?? 'text/plain').end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, close: () => (server.closeAllConnections(), server.close()) };
}

describe('mgrpo/verify for pages', () => {
  it('says what to do where nothing was loaded, and judges once it is', async () => {
    const { verify, loadVerifier } = await fresh();
    expect(() => verify(pair)).toThrow(
      /expected its WebAssembly to be loaded.*await loadVerifier\(\) first, or import mgrpo\/verify\/inline/,
    );
    await loadVerifier(wasm());
    expect(verify(pair).verdict).toBe(true);
    await loadVerifier();
  });

  it.each([
    ['streamed', 'application/wasm'],
    ['whole, from a server that does not know the type', 'text/plain'],
  ])('loads its module %s', async (_, type) => {
    const site = await serve(path.join(root, 'dist/browser'), type);
    const { verify, loadVerifier } = await fresh();
    await loadVerifier(`${site.url}/verifier.wasm`);
    expect(verify(pair).verdict).toBe(true);
    const other = await fresh();
    await other.loadVerifier(await fetch(`${site.url}/verifier.wasm`));
    expect(other.verify(pair).verdict).toBe(true);
    await expect((await fresh()).loadVerifier(`${site.url}/none.wasm`)).rejects.toMatchObject({ code: 'network' });
    await expect((await fresh()).loadVerifier(`${site.url}/verify.js`)).rejects.toThrow(
      /loadVerifier: expected the checker's WebAssembly at .*verify\.js, got .*; serve verifier\.wasm beside the script/,
    );
    site.close();
  });

  it('is its own module elsewhere: loading only compiles it ahead', async () => {
    const { verify, loadVerifier } = (await import(path.join(root, 'dist/verify.js'))) as typeof Checker;
    await loadVerifier();
    expect(verify(pair).verdict).toBe(true);
  });

  it('is bundled by Vite with its file, and runs in a page whose policy allows no eval', { timeout: 120_000 }, async () => {
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(root, path.join(folder, 'node_modules/mgrpo'), 'junction');
    writeFileSync(
      path.join(folder, 'index.html'),
      '<!doctype html><title>app</title><script type="module" src="/app.js"></script>',
    );
    const code = `import { loadVerifier, verify } from 'mgrpo/verify';
      await loadVerifier();
      document.title = String(verify(${JSON.stringify(pair)}).verdict);`;
    writeFileSync(path.join(folder, 'app.js'), code);
    await build({ root: folder, logLevel: 'error', build: { target: 'es2022' } });
    const assets = path.join(folder, 'dist/assets');
    const names = readdirSync(assets);
    expect(names.filter((name) => /^verifier-.*\.wasm$/.test(name))).toHaveLength(1);
    const sizes = names.map((name) => gzipSync(readFileSync(path.join(assets, name))).length);
    process.stdout.write(`  ${names.map((name, i) => `${name}: ${(sizes[i]! / 1000).toFixed(1)} kB`).join(', ')}\n`);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(76_000);
    if (noBrowser !== undefined) return;
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
    const site = await serve(path.join(folder, 'dist'), 'application/wasm', { 'content-security-policy': policy });
    const page = await (browser as Browser).newPage();
    await page.goto(site.url);
    await page.waitForFunction('document.title !== "app"', { timeout: 60_000 });
    expect(await page.title()).toBe('true');
    expect(site.asked.some((name) => name.endsWith('.wasm'))).toBe(true);
    site.close();
  });
});

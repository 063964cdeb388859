// HttpFiles in a page of another origin than the model's: what ordinary hosts let such a page see.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Browser } from 'puppeteer';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { startChromium } from '../support/chromium.js';
import { serveSite } from '../support/page.js';

const root = path.resolve(import.meta.dirname, '../..');
const browser: Browser | string = await startChromium('dist/index.js');
const reason = typeof browser === 'string' ? browser : undefined;

afterAll(async () => {
  if (typeof browser !== 'string') await browser.close();
});

/** Serves the built-in model by range, or packed whatever is asked, with these headers on what is there and none on what is not. */
async function serveModel(headers: Readonly<Record<string, string>>, packs: boolean): Promise<{ url: string; close(): void }> {
  const folder = path.join(root, 'models/signs-0.2m');
  const server = createServer((request, response: ServerResponse) => {
    const file = path.join(folder, new URL(request.url!, 'http://x').pathname);
    if (!existsSync(file)) return void response.writeHead(404).end();
    const bytes = readFileSync(file);
    if (packs) return void response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(gzipSync(bytes));
    const [, start, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? 'bytes=0-')!;
    const end = Math.min(last ? Number(last) + 1 : bytes.length, bytes.length);
    const range = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}`, 'content-length': end - Number(start) };
    response.writeHead(206, { ...headers, ...range }).end(bytes.subarray(Number(start), end));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => (server.closeAllConnections(), server.close()),
  };
}

describe.skipIf(reason)(`a model on another origin${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it.each([
    [
      'loads where pages may read it but not its content-range, nor what is absent',
      { 'access-control-allow-origin': '*' },
      100,
      false,
    ],
    ['loads where the server packs what is asked for unpacked', { 'access-control-allow-origin': '*' }, 100, true],
    ['is refused with a word on the header where pages may not read it', {}, 0, false],
  ])('%s', { timeout: 60_000 }, async (_, headers, readAhead, packs) => {
    const [site, model] = [await serveSite(), await serveModel(headers, packs)];
    try {
      const page = await (browser as Browser).newPage();
      await page.goto(site.url);
      const script = `(async () => {
        const m = await import('/dist/index.js');
        const files = new m.HttpFiles(${JSON.stringify(model.url)}, { retryDelay: 1, retries: 1${readAhead ? `, readAhead: ${readAhead}` : ''} });
        try {
          const size = await files.size('model.safetensors');
          const absent = await files.exists('chat_template.nothing');
          return { size, absent, config: await files.readText('config.json') };
        } catch (error) {
          return String(error);
        }
      })()`;
      const result = await page.evaluate(script);
      if (readAhead === 0) expect(result).toMatch(/lets pages of other origins read it \(Access-Control-Allow-Origin\)/);
      else {
        const file = (name: string): Buffer => readFileSync(path.join(root, 'models/signs-0.2m', name));
        expect(result).toEqual({ size: file('model.safetensors').length, absent: false, config: file('config.json').toString() });
      }
    } finally {
      site.close();
      model.close();
    }
  });
});

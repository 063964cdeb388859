// A page of the built package for browser tests: a local server over the repository's files and an import map, as an app's bundler would do it.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** The repository: tests, and scripts that were bundled into another folder, are run in it. */
const root = process.cwd();

const IMPORTS = {
  mgrpo: '/dist/index.js',
  'mgrpo/verify': '/dist/verify.js',
  '@huggingface/tokenizers': '/node_modules/@huggingface/tokenizers/dist/tokenizers.mjs',
  '@huggingface/jinja': '/node_modules/@huggingface/jinja/dist/index.js',
};

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A running server. Its pages need http, because WebGPU wants a secure context and modules an origin. */
export interface Site {
  /** Address of the page, with a slash at its end. */
  readonly url: string;
  close(): void;
}

/** What a page of the site does by itself. */
export interface SiteOptions {
  /** Address of a module that the page runs; without one it is empty. */
  readonly script?: string;
  /** Gets the body of what the page posts. */
  readonly posted?: (body: string) => void;
}

/**
 * Serves the repository's files, and `/`: a page that knows the package by name.
 * @param headers sent with everything, cross-origin isolation for instance
 */
export function serveSite(headers: Readonly<Record<string, string>> = {}, { script, posted }: SiteOptions = {}): Promise<Site> {
  const imports = `<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;
  const page = `<!doctype html><title>mgrpo</title>${imports}${script ? `<script type="module" src="${script}"></script>` : ''}`;
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method === 'POST') {
      text(request).then((body) => {
        response.end();
        posted?.(body);
      }, console.error);
      return;
    }
    const url = new URL(request.url!, 'http://localhost').pathname;
    const file = path.join(root, url);
    if (url === '/') response.setHeader('content-type', 'text/html').end(page);
    else if (file.startsWith(root) && existsSync(file))
      response.setHeader('content-type', TYPES[path.extname(file)] ?? 'text/plain').end(readFileSync(file));
    else response.writeHead(404).end();
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() }),
    ),
  );
}

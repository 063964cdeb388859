// `mgrpo ui`: serves the page on this machine's own address. Read-only; what a page of another site could use to get in is refused.
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MgrpoError } from '../errors.js';
import { RunReader } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { NodeFiles } from '../platform/node-files.js';
import { leadingWords, ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { printResult, say } from './output.js';
import { interruptible } from './signals.js';

const OWN = {
  port: {
    type: 'integer',
    min: 0,
    max: 65_535,
    default: 7860,
    doc: 'Port on 127.0.0.1; 0: any free one.',
  },
} as const satisfies OptionTable;

export const uiSpec: CommandSpec = {
  name: 'ui',
  summary: 'a page to train in, on this machine',
  usage: `mgrpo ui: serves the page on which a model is trained in the browser; Ctrl-C ends it

  mgrpo ui [RUN ...] [--port N]

Folders of runs are shown over each other, and read on while they train.

Only this machine can reach it. The last line on stdout is {"url"}.`,
  own: OWN,
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/** Sent with everything. Isolation from other origins lets WebAssembly share memory with threads. */
const HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** `mgrpo ui` */
export async function uiCommand(argv: readonly string[]): Promise<Work | null> {
  const [folders, flags] = leadingWords(argv);
  const problems: string[] = [];
  const given = readFlags(uiSpec, flags, problems);
  if (given === null) return null;
  const { port } = ownSettings(uiSpec, OWN, given, problems);
  refuse('ui', problems);
  const folder = fileURLToPath(new URL('web', import.meta.url));
  const runs = folders.map((run) => new ServedRun(run));
  for (const run of runs) await run.read();
  return async () => {
    const server = await servePage(folder, port, runs);
    const shown = runs.length > 0 ? `#/runs?served=${runs.length}` : '';
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${shown}`;
    say(`the page is at ${url}; Ctrl-C ends it`);
    const { signal, release } = interruptible('closing the page');
    await printResult({ url }, true);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    release();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return 0;
  };
}

/** The folder of a run, read on at each call. */
export class ServedRun {
  readonly name: string;
  readonly #files: NodeFiles;
  readonly #reader = new RunReader();

  constructor(folder: string) {
    this.name = path.basename(path.resolve(folder));
    this.#files = new NodeFiles(folder);
  }

  /** The run as JSON, or null where it is as large as it was. @throws not_found or bad_file where there is no run */
  async read(since = -1): Promise<string | null> {
    const data = await this.#reader.read(this.#files);
    const { steps, evaluations, completions } = data;
    const size = steps.length + completions.length + evaluations.during.length + (evaluations.after ? 1 : 0);
    return size === since ? null : JSON.stringify({ name: this.name, size, data });
  }
}

/** Serves the files of a folder on 127.0.0.1, and runs as JSON below runs/. @throws MgrpoError where the folder or the port cannot be used */
export async function servePage(folder: string, port: number, runs: readonly ServedRun[] = []): Promise<Server> {
  const root = await realpath(folder).catch(() => {
    throw new MgrpoError('not_found', `ui: expected the page in ${folder}, found none; build it with npm run build`);
  });
  const server = createServer((request, response) => {
    answer(root, runs, request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new MgrpoError(
          'invalid_argument',
          `ui: expected a free port, got ${port} (${error.code}); give another --port, or 0 for any`,
        ),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

async function answer(
  root: string,
  runs: readonly ServedRun[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const deny = (status: number): void => void response.writeHead(status, HEADERS).end();
  if (!isOwn(request)) return deny(403);
  if (request.method !== 'GET' && request.method !== 'HEAD') return deny(405);
  const [, index, since] = /^\/runs\/(\d+)\?since=(-?\d+)$/.exec(request.url ?? '') ?? [];
  const run = runs[Number(index)];
  if (run) {
    const json = await run.read(Number(since));
    response.writeHead(json === null ? 204 : 200, { ...HEADERS, 'content-type': TYPES['.json'] }).end(json ?? undefined);
    return;
  }
  const file = await fileOf(root, request.url ?? '/');
  if (file === null) return deny(404);
  const { size } = await stat(file);
  const [start, end] = rangeOf(request.headers.range, size);
  const isPart = end - start < size;
  response.writeHead(isPart ? 206 : 200, {
    ...HEADERS,
    'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
    'accept-ranges': 'bytes',
    'content-length': end - start,
    ...(isPart && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) response.end();
  else createReadStream(file, { start, end: end - 1 }).pipe(response);
}

/** Whether a request names this server as the address bar does: another name means a page elsewhere that a name server led here. */
function isOwn({ headers, socket }: IncomingMessage): boolean {
  const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${socket.localPort}`);
  const { host, origin } = headers;
  return hosts.includes(host ?? '') && (origin === undefined || hosts.some((name) => origin === `http://${name}`));
}

/** The file of an address, or null where there is none inside the folder; links that lead out are none. */
async function fileOf(root: string, url: string): Promise<string | null> {
  let name: string;
  try {
    name = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null;
  }
  const file = await realpath(path.join(root, name.endsWith('/') ? `${name}index.html` : name)).catch(() => null);
  if (file === null || !file.startsWith(root + path.sep)) return null;
  return (await stat(file)).isFile() ? file : null;
}

/** First byte and the one after the last, of a range that lies in the file; else all of it. */
function rangeOf(header: string | undefined, size: number): readonly [number, number] {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || Number(first) >= size) return [0, size];
  return [Number(first), last ? Math.min(Number(last) + 1, size) : size];
}

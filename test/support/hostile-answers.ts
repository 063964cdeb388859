// Servers that mean no good: what a hub and other hosts may answer, changed at random. What asks them must give the bytes that were promised or
// name the fault, read no more than it may, and write nowhere but in its folder.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readRecords } from '../../src/data/records.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { hubDataset } from '../../src/platform/hub-data.js';
import { hubModel } from '../../src/platform/hub-cached.js';
import { resolveModel } from '../../src/platform/hub.js';
import { HttpFiles } from '../../src/platform/http-files.js';
import type { Fetch } from '../../src/platform/http.js';

const HUB = 'https://hub.example';
const SHA = '0123456789abcdef0123456789abcdef01234567';
/** Bytes of one file, at most, that a client is told to read. */
const MOST = 1 << 20;

const bodies: Readonly<Record<string, string>> = {
  'config.json': '{"a":1}',
  'tokenizer.json': '{"t":1}',
  'model.safetensors.index.json': '{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}',
  'model-1.safetensors': 'first weights',
  'model-2.safetensors': 'second weights',
  'data.jsonl': '{"question":"1+1","answer":"2"}\n',
};
const sha = (algorithm: 'sha1' | 'sha256', text: string): string => createHash(algorithm).update(text).digest('hex');

/** How a server answers; a fuzzed one has anything in any place. */
const ANSWERS = {
  info: { _id: '1', id: 'me/tiny', sha: SHA },
  tree: Object.entries(bodies).map(([name, text]) => ({
    ...{ type: 'file', path: name, size: text.length, oid: sha('sha1', `blob ${text.length}\0${text}`) },
    ...(name.endsWith('safetensors') && { lfs: { oid: sha('sha256', text), size: text.length, pointerSize: 130 } }),
  })),
  blobs: {
    sha: SHA,
    siblings: Object.entries(bodies).map(([rfilename, text]) => ({
      ...{ rfilename, size: text.length },
      ...(rfilename.endsWith('safetensors') && { lfs: { sha256: sha('sha256', text) } }),
    })),
  },
  parquet: { default: { train: [`${HUB}/files/data.jsonl`] } },
  bodies,
  how: { status: 200, ranges: 'yes', endless: 'no', silent: 'no', broken: 'no', cut: 0, total: 'right', link: '', retry: '' },
};

/** What a hub answers that does as it should, with ranges and without. */
export const GOOD_ANSWERS: readonly string[] = [ANSWERS, withHow({ ranges: 'no' })].map((answers) => JSON.stringify(answers));

/** The same hub, with one misdeed each. */
export const HOSTILE_ANSWERS: readonly string[] = [
  { endless: 'bodies' },
  { endless: 'lists' },
  { endless: 'bodies', ranges: 'no' },
  { cut: 3 },
  { total: '99999999999999999999' },
  { link: `<${HUB}/api/models/me/tiny/tree/${SHA}>; rel="next"` },
  { silent: 'bodies' },
  { broken: 'bodies' },
  { status: 503, retry: '0' },
  { status: 206 },
].map((how) => JSON.stringify(withHow(how)));

function withHow(how: object): object {
  return { ...ANSWERS, how: { ...ANSWERS.how, ...how } };
}

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** A server made of a fuzzed text; `read` counts the bytes that were taken from it, in one answer at most. */
class HostileServer {
  /** The most bytes taken from one answer. */
  most = 0;
  asked = 0;
  readonly #text: string;
  readonly #answers: Fields;

  constructor(file: Uint8Array) {
    this.#text = new TextDecoder().decode(file);
    try {
      this.#answers = fields(JSON.parse(this.#text));
    } catch {
      this.#answers = {};
    }
  }

  readonly fetch: Fetch = (input, init) => {
    if (++this.asked > 5000) throw new Error('asked without end');
    const { pathname, origin } = new URL(input);
    if (origin !== HUB) return Promise.reject(new TypeError(`no such host ${origin}`));
    const list = this.#list(pathname);
    const name = decodeURIComponent(pathname.split('/').at(-1)!);
    const served = fields(this.#answers['bodies']);
    const body = list ?? (Object.hasOwn(served, name) ? textOf(served[name]) : undefined);
    return Promise.resolve(
      body === undefined ? new Response('none', { status: 404 }) : this.#answer(body, list !== undefined, init),
    );
  };

  /** The lists of a hub, as text. */
  #list(pathname: string): string | undefined {
    const of = (name: string): string => (Object.hasOwn(this.#answers, name) ? textOf(this.#answers[name]) : this.#text);
    if (pathname.endsWith('/parquet')) return of('parquet');
    if (pathname.includes('/tree/')) return of('tree');
    if (pathname.startsWith('/api/models/o/page')) return of('blobs');
    return pathname.startsWith('/api/models/') ? of('info') : undefined;
  }

  #answer(text: string, isList: boolean, init: Parameters<Fetch>[1]): Response {
    const how = fields(this.#answers['how']);
    const hits = (misdeed: unknown): boolean => misdeed === (isList ? 'lists' : 'bodies') || misdeed === true;
    const whole = new TextEncoder().encode(text);
    const range = isList || how['ranges'] === 'no' ? null : /^bytes=(\d+)-(\d*)$/.exec(init?.headers?.['range'] ?? '');
    const [start, end] = range ? [Number(range[1]), range[2] === '' ? whole.length : Number(range[2]) + 1] : [0, whole.length];
    const cut = Number(how['cut']);
    const bytes = whole.slice(start, Math.min(end, whole.length) - (!isList && cut > 0 ? cut : 0));
    const given = Math.trunc(Number(how['status']));
    const status = given === 200 || !(given >= 200 && given <= 599) ? (range ? 206 : 200) : given;
    const headers = new Headers({ 'content-type': isList ? 'application/json' : 'application/octet-stream' });
    const set = (header: string, value: unknown): void => {
      try {
        if (typeof value === 'string' && value !== '') headers.set(header, value);
      } catch {
        // No server can send it.
      }
    };
    if (range)
      set('content-range', `bytes ${start}-${end - 1}/${how['total'] === 'right' ? whole.length : textOf(how['total'])}`);
    if (isList) set('link', how['link']);
    set('retry-after', how['retry']);
    if ([204, 205, 304].includes(status)) return new Response(null, { status, headers });
    let sent = 0;
    const rest = new Uint8Array(1 << 16);
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (hits(how['silent'])) return new Promise(() => undefined);
          const part = sent === 0 ? bytes : rest;
          sent += Math.max(part.length, 1);
          this.most = Math.max(this.most, sent);
          if (part.length > 0) controller.enqueue(part.slice());
          if (hits(how['broken'])) controller.error(new TypeError('terminated'));
          else if (!hits(how['endless'])) controller.close();
          else if (sent > 100 * MOST) throw new Error('read without end');
          return undefined;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status, headers });
  }
}

/** Clients, and what holds of each whatever the server does; `read` gives something or throws. */
export const ANSWER_READERS: readonly {
  readonly name: string;
  readonly cost: number;
  /** @param patience milliseconds without an answer after which it gives up */
  read(file: Uint8Array, patience?: number): Promise<unknown>;
}[] = [
  {
    name: 'model of the hub',
    cost: 30,
    read: (file, patience) =>
      asking(file, patience, async (options) => {
        const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-answers-'));
        try {
          const cacheDir = path.join(folder, 'in', 'cache');
          const end = await endOf(async () => {
            const model = await resolveModel('me/tiny', { ...options, cacheDir, hubUrl: HUB, offline: false });
            await checkPromised(model, file);
          });
          const written = readdirSync(folder, { recursive: true }).map(String);
          const stray = written.find((name) => !/^in($|\/cache($|\/models--me--tiny($|\/(refs|snapshots)($|\/))))/.test(name));
          if (stray !== undefined) throw new Error(`wrote ${stray}`);
          end();
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
  },
  {
    name: 'model of the hub in a page',
    cost: 8,
    read: (file, patience) =>
      asking(file, patience, async (options) => {
        const cache = new MemoryFiles('cache');
        const model = await hubModel('o/page', cache, { ...options, hubUrl: HUB });
        await model.readText('config.json');
        await model.size('model-1.safetensors');
        // What was kept is read again, as after a reload.
        await (await hubModel('o/page', cache, { ...options, hubUrl: HUB })).readText('config.json');
      }),
  },
  {
    name: 'data set of the hub',
    cost: 8,
    read: (file, patience) =>
      asking(file, patience, async (options) => {
        const found = await hubDataset('me/data', 'train', { ...options, hubUrl: HUB });
        for (const each of found.slice(0, 3)) await readRecords(each);
      }),
  },
  {
    name: 'files of a server',
    cost: 8,
    read: (file, patience) =>
      asking(file, patience, async (options) => {
        const files = new HttpFiles(`${HUB}/files`, { ...options, readAhead: 8 });
        await files.readText('config.json');
        await files.readRange('model-2.safetensors', 2, 9);
      }),
  },
];

/** Lets a client ask such a server with little patience. */
async function asking(file: Uint8Array, timeout = 5, work: (options: AskOptions) => Promise<void>): Promise<void> {
  const server = new HostileServer(file);
  const end = await endOf(() => work({ fetch: server.fetch, retries: 1, retryDelay: 0, timeout, maxBytes: MOST }));
  if (server.most > 2 * MOST) throw new Error(`took ${server.most} bytes of one answer`);
  if (server.asked > 3000) throw new Error(`asked ${server.asked} times`);
  end();
}

/** Does some work; what it throws is thrown again when the end is asked for. */
async function endOf(work: () => Promise<void>): Promise<() => void> {
  try {
    await work();
    return () => undefined;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

type AskOptions = { fetch: Fetch; retries: number; retryDelay: number; timeout: number; maxBytes: number };

/** What was downloaded has the hashes that the list promises. */
async function checkPromised(source: { readText(name: string): Promise<string> }, file: Uint8Array): Promise<void> {
  const { tree } = fields(JSON.parse(new TextDecoder().decode(file)));
  for (const { path: name, lfs } of tree as { path: string; lfs?: { oid: string } }[]) {
    if (!lfs || !/^model-\d/.test(name)) continue;
    const text = await source.readText(name).catch(() => null);
    if (text !== null && typeof lfs.oid === 'string' && sha('sha256', text) !== lfs.oid)
      throw new Error(`${name} is not what was promised`);
  }
}

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileSource } from '../../src/platform/files.js';
import { HttpFiles } from '../../src/platform/http-files.js';
import { resolveAdapter, resolveModel } from '../../src/platform/hub.js';
import type { DownloadProgress, HubOptions } from '../../src/platform/hub.js';

const SHA = '0123456789abcdef0123456789abcdef01234567';
const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
const model: Record<string, string | Uint8Array> = {
  'config.json': '{"a":1}',
  'tokenizer.json': '{"t":1}',
  'README.md': 'not needed',
  'model.safetensors': weights,
  'pytorch_model.bin': 'not needed either',
};

/** A server that speaks the hub's paths; `files` are those of the model me/tiny. */
let files: Record<string, string | Uint8Array>;
let server: Server;
let hubUrl: string;
let requests: string[];
let folder: string;
/** Answers a request in place of the server if it returns true. */
let intercept: (request: IncomingMessage, response: ServerResponse) => boolean;

beforeEach(async () => {
  files = { ...model };
  requests = [];
  intercept = () => false;
  folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-hub-'));
  server = createServer((request, response) => {
    requests.push(`${request.url!.split('?')[0]!} ${request.headers.range ?? ''}`.trim());
    if (!intercept(request, response)) answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url!.split('?')[0]!;
  const json = (value: unknown): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  if (url === '/api/models/me/tiny/revision/main') return json({ _id: '1', id: 'me/tiny', sha: SHA });
  if (url === `/api/models/me/tiny/tree/${SHA}`) {
    return json(
      Object.entries(files).map(([name, content]) => {
        const bytes = Buffer.from(content);
        const lfs = name.endsWith('.safetensors') && { oid: hex('sha256', bytes), size: bytes.length, pointerSize: 130 };
        const oid = lfs
          ? hex('sha1', Buffer.from('a pointer'))
          : hex('sha1', Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));
        return { type: 'file', path: name, size: bytes.length, oid, ...(lfs && { lfs }) };
      }),
    );
  }
  const name = url.replace(`/me/tiny/resolve/${SHA}/`, '');
  const content = Object.hasOwn(files, name) ? Buffer.from(files[name]!) : null;
  if (!content) {
    response.writeHead(404, { 'x-error-code': url.startsWith('/me/tiny/') ? 'EntryNotFound' : 'RepoNotFound' }).end('not found');
    return;
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (!range) {
    response.writeHead(200, { etag: '"e"' }).end(content);
    return;
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, content.length)];
  if (start >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  response
    .writeHead(206, { etag: '"e"', 'content-range': `bytes ${start}-${end - 1}/${content.length}` })
    .end(content.subarray(start, end));
}

const hex = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');

const resolve = (id: string, options: HubOptions = {}): ReturnType<typeof resolveModel> =>
  resolveModel(id, { hubUrl, cacheDir: path.join(folder, 'cache'), retryDelay: 1, ...options });
const snapshot = (): string => path.join(folder, 'cache/models--me--tiny/snapshots', SHA);

/** Compares as bytes: a matcher over 300,000 numbers takes a second. */
async function expectWeights(source: FileSource): Promise<void> {
  expect(Buffer.from(await source.readRange('model.safetensors', 0, weights.length)).equals(weights)).toBe(true);
}

describe('a model of the hub', () => {
  it('is downloaded with what is needed and no more, and reported on the way', async () => {
    const progress: DownloadProgress[] = [];
    const source = await resolve('me/tiny', { onProgress: (step) => progress.push(step) });
    expect(source.name).toBe(snapshot());
    expect(readdirSync(snapshot()).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    await expectWeights(source);
    const total = weights.length + 14;
    expect(progress.at(-1)).toEqual({ file: 'model.safetensors', done: total, total });
    for (let i = 1; i < progress.length; i++) expect(progress[i]!.done).toBeGreaterThanOrEqual(progress[i - 1]!.done);
    expect(readFileSync(path.join(folder, 'cache/models--me--tiny/refs/main'), 'utf8')).toBe(SHA);
  });

  it('that is an adapter is downloaded as one', async () => {
    files = {
      'adapter_config.json': '{"r":1}',
      'adapter_model.safetensors': weights,
      'README.md': 'not needed',
      'tokenizer.json': '{}',
    };
    const options = { hubUrl, cacheDir: path.join(folder, 'cache'), retryDelay: 1 };
    const source = await resolveAdapter('me/tiny@main', options);
    expect(source.name).toBe(snapshot());
    expect(readdirSync(snapshot()).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    expect((await resolveAdapter('me/tiny', { ...options, offline: true })).name).toBe(snapshot());
    delete files['adapter_model.safetensors'];
    await expect(resolveAdapter('me/tiny', { ...options, cacheDir: path.join(folder, 'other') })).rejects.toThrow(
      /expected adapter_model\.safetensors or .* among its files, got .*; choose an adapter with safetensors weights/,
    );
    await expect(resolveAdapter('no folder', options)).rejects.toThrow(/expected an adapter folder or an adapter id owner\/name/);
  });

  it('is not downloaded twice', async () => {
    await resolve('me/tiny');
    requests.length = 0;
    await resolve('me/tiny');
    expect(requests.filter((request) => request.includes('/resolve/'))).toEqual([]);
    requests.length = 0;
    await resolve('me/tiny', { revision: SHA });
    expect(requests).toEqual([]);
  });

  it('is asked for with the token at the hub, and without it where the list of files goes on at another host', async () => {
    const tokens: Record<string, string[]> = {};
    intercept = (request, response) => {
      const host = request.headers.host!.split(':')[0]!;
      (tokens[host] ??= []).push(request.headers.authorization ?? 'none');
      if (!request.url!.startsWith(`/api/models/me/tiny/tree/${SHA}`) || host === 'localhost') return false;
      const next = `${hubUrl.replace('127.0.0.1', 'localhost')}${request.url}`;
      response.writeHead(200, { 'content-type': 'application/json', link: `<${next}>; rel="next"` }).end('[]');
      return true;
    };
    await resolve('me/tiny', { token: 'hf_secret' });
    expect(new Set(tokens['127.0.0.1'])).toEqual(new Set(['Bearer hf_secret']));
    expect(tokens['localhost']).toEqual(['none']);
  });

  it('comes in shards by its index', async () => {
    files = {
      ...files,
      'model.safetensors.index.json': JSON.stringify({ weight_map: { v: 'b.safetensors', w: 'a.safetensors' } }),
      'a.safetensors': 'A',
      'b.safetensors': 'B',
    };
    delete files['model.safetensors'];
    const source = await resolve('me/tiny');
    expect(await source.readText('a.safetensors')).toBe('A');
    expect(await source.readText('b.safetensors')).toBe('B');
    delete files['b.safetensors'];
    rmSync(snapshot(), { recursive: true });
    await expect(resolve('me/tiny')).rejects.toThrow(/expected b\.safetensors of model\.safetensors\.index\.json/);
  });

  it('goes on where a download stopped', async () => {
    mkdirSync(snapshot(), { recursive: true });
    writeFileSync(path.join(snapshot(), 'model.safetensors.incomplete'), weights.subarray(0, 123_456));
    const source = await resolve('me/tiny');
    expect(requests).toContain(`/me/tiny/resolve/${SHA}/model.safetensors bytes=123456-299999`);
    await expectWeights(source);
  });

  it('is taken up again when the connection breaks', async () => {
    let broken = 0;
    intercept = (request, response) => {
      if (!request.url!.endsWith('model.safetensors') || broken > 0) return false;
      broken++;
      response.writeHead(200, { 'content-length': weights.length }).write(weights.subarray(0, 100_000), () => {
        setTimeout(() => response.destroy(), 20);
      });
      return true;
    };
    const source = await resolve('me/tiny');
    expect(broken).toBe(1);
    await expectWeights(source);
  });

  it('shows no half-written file when the connection keeps breaking', async () => {
    intercept = (request, response) => {
      if (!request.url!.endsWith('model.safetensors')) return false;
      response.destroy();
      return true;
    };
    await expect(resolve('me/tiny')).rejects.toMatchObject({ code: 'network' });
    expect(readdirSync(snapshot())).not.toContain('model.safetensors');
  });

  it('starts again where the server ignores ranges', async () => {
    mkdirSync(snapshot(), { recursive: true });
    writeFileSync(path.join(snapshot(), 'model.safetensors.incomplete'), weights.subarray(0, 5000));
    intercept = (request, response) => {
      if (!request.url!.endsWith('model.safetensors')) return false;
      response.writeHead(200).end(weights);
      return true;
    };
    const source = await resolve('me/tiny');
    await expectWeights(source);
  });

  it('is taken from the cache when the hub cannot be reached, and says so', async () => {
    await resolve('me/tiny');
    const said: string[] = [];
    const fail: typeof fetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND hub') }));
    const source = await resolve('me/tiny', { fetch: fail, onOffline: (where) => said.push(where) });
    expect(said).toEqual([source.name]);
    await expect(resolve('me/other', { fetch: fail })).rejects.toThrow(
      /getaddrinfo ENOTFOUND hub; check the connection, or use a local folder/,
    );
    rmSync(path.join(snapshot(), 'tokenizer.json'));
    await expect(resolve('me/tiny', { fetch: fail })).rejects.toMatchObject({ code: 'network' });
  });

  it.each([
    [401, 'network', /no access: there is no such model, or it is private/],
    [403, 'network', /gated.*accept its terms on that page and set HF_TOKEN/],
    [404, 'not_found', /me\/tiny: expected the model, got no such model or revision main .*check both/],
    [503, 'network', /HTTP status 503/],
  ])('that answers %i gives an error to act on', async (status, code, message) => {
    intercept = (_, response) => {
      response.writeHead(status).end('no');
      return true;
    };
    await expect(resolve('me/tiny')).rejects.toThrow(message);
    await expect(resolve('me/tiny')).rejects.toMatchObject({ code });
  });

  it('without safetensors weights is refused', async () => {
    delete files['model.safetensors'];
    await expect(resolve('me/tiny')).rejects.toThrow(/got config\.json, .*pytorch_model\.bin; choose a model with safetensors/);
  });

  it('is asked for with the token', async () => {
    const tokens = new Set<string | undefined>();
    intercept = (request) => {
      tokens.add(request.headers.authorization);
      return false;
    };
    await resolve('me/tiny', { token: 'hf_x' });
    expect([...tokens]).toEqual(['Bearer hf_x']);
  });

  it('is asked for with the token that hf auth login wrote', async () => {
    const tokens = new Set<string | undefined>();
    intercept = (request) => {
      tokens.add(request.headers.authorization);
      return false;
    };
    writeFileSync(path.join(folder, 'token'), 'a-mirror-token\n');
    vi.stubEnv('HF_TOKEN', undefined);
    vi.stubEnv('HF_TOKEN_PATH', undefined);
    vi.stubEnv('HF_HOME', folder);
    await resolve('me/tiny');
    vi.unstubAllEnvs();
    expect([...tokens]).toEqual(['Bearer a-mirror-token']);
  });

  it.each(['two\nlines', 'two words', 'schlüssel'])('is not asked for with the token %j, which no error shows', async (token) => {
    const { message } = (await resolve('me/tiny', { token }).catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/^hub: expected a token of letters, digits and signs, got one with spaces/);
    expect(message).not.toContain(token);
  });

  it.skipIf(process.platform === 'win32')('waits for no pipe in the place of the token, of a revision or of a part', async () => {
    const pipe = (place: string): string => {
      rmSync(place, { force: true });
      execFileSync('mkfifo', [place]);
      return place;
    };
    const fail: typeof fetch = () => Promise.reject(new TypeError('fetch failed'));
    await resolve('me/tiny');
    const ref = pipe(path.join(snapshot(), '../../refs/main'));
    await expect(resolve('me/tiny', { fetch: fail })).rejects.toThrow(/refs\/main: expected a regular file, got a pipe; /);
    rmSync(ref);
    rmSync(path.join(snapshot(), 'tokenizer.json'));
    const part = pipe(path.join(snapshot(), 'tokenizer.json.incomplete'));
    await expect(resolve('me/tiny')).rejects.toThrow(/incomplete: expected a regular file, got a pipe; /);
    rmSync(part);
    vi.stubEnv('HF_TOKEN', undefined);
    vi.stubEnv('HF_TOKEN_PATH', pipe(path.join(folder, 'token')));
    await expect(resolve('me/tiny')).rejects.toThrow(/token: expected a regular file, got a pipe; /);
    vi.unstubAllEnvs();
  });

  it('of a revision, named as an option or after an @', async () => {
    const asked: string[] = [];
    intercept = (request, response) => {
      asked.push(request.url!.split('?')[0]!);
      response.writeHead(404).end();
      return true;
    };
    await expect(resolve('me/tiny@v1')).rejects.toThrow(/no such model or revision v1/);
    await expect(resolve('me/tiny', { revision: 'v2' })).rejects.toThrow(/no such model or revision v2/);
    expect(asked).toEqual(['/api/models/me/tiny/revision/v1', '/api/models/me/tiny/revision/v2']);
  });

  it('is taken from the cache alone under HF_HUB_OFFLINE', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expect(resolve('me/tiny')).rejects.toThrow(/expected revision main in the cache \(HF_HUB_OFFLINE is set\), found none/);
    vi.unstubAllEnvs();
    await resolve('me/tiny');
    requests.length = 0;
    expect((await resolve('me/tiny', { offline: true })).name).toBe(snapshot());
    expect(requests).toEqual([]);
  });

  it.each(['model.safetensors', 'config.json'])('with one wrong byte in %s is fetched again, then refused', async (name) => {
    let wrong = 1;
    intercept = (request, response) => {
      if (!request.url!.endsWith(`/${name}`) || wrong-- <= 0) return false;
      const bytes = Buffer.from(files[name]!);
      bytes[5]! ^= 1;
      response.writeHead(200).end(bytes);
      return true;
    };
    await expectWeights(await resolve('me/tiny'));
    rmSync(snapshot(), { recursive: true });
    wrong = 9;
    await expect(resolve('me/tiny')).rejects.toThrow(
      /expected sha(256|1) [0-9a-f]+, got [0-9a-f]+; the bytes were changed on the way/,
    );
    expect(readdirSync(snapshot())).not.toContain(name);
  });

  it('of a busy hub is waited for as long as it asks', async () => {
    let busy = 2;
    intercept = (_, response) => {
      if (busy-- <= 0) return false;
      response.writeHead(429, { 'retry-after': '0' }).end('slow down');
      return true;
    };
    await expectWeights(await resolve('me/tiny'));
  });
});

describe('a model elsewhere', () => {
  it('is a local folder as it is', async () => {
    expect((await resolve(folder)).name).toBe(folder);
    expect(requests).toEqual([]);
  });

  it('is an address', async () => {
    const source = await resolve(`${hubUrl}/me/tiny/resolve/${SHA}`);
    expect(source).toBeInstanceOf(HttpFiles);
    expect(await source.readText('config.json')).toBe('{"a":1}');
  });

  it.each(['./nowhere', 'nowhere', '/no/where', 'a/b/c', '../nowhere'])('is not %s', async (name) => {
    await expect(resolve(name)).rejects.toThrow(/expected a model folder or a model id owner\/name/);
  });

  it('is not a file', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    await expect(resolve(path.join(folder, 'file'))).rejects.toThrow(/expected a model folder, got a file/);
  });
});

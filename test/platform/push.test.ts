import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pushFolder } from '../../src/platform/hub-push.js';
import type { PushOptions } from '../../src/platform/hub-push.js';
import { NodeFiles } from '../../src/platform/node-files.js';

/** A server that takes uploads as the hub does; large files go to another host name, as the hub's store is one. */
let server: Server;
let hubUrl: string;
let requests: { line: string; token: string | undefined; host: string; body: Buffer }[];
/** Statuses in place of the usual ones, by the beginning of a request's line. */
let statuses: Record<string, number>;
let folder: string;
const weights = Buffer.from(Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));

beforeEach(async () => {
  requests = [];
  statuses = {};
  folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-push-'));
  writeFileSync(path.join(folder, 'config.json'), '{"a":1}');
  writeFileSync(path.join(folder, 'README.md'), 'of the folder');
  writeFileSync(path.join(folder, '.model.part'), 'left by a kill');
  writeFileSync(path.join(folder, 'model.safetensors'), weights);
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const line = `${request.method} ${request.url}`;
      const body = Buffer.concat(parts);
      requests.push({ line, token: request.headers.authorization, host: request.headers.host!.split(':')[0]!, body });
      const status = Object.entries(statuses).find(([start]) => line.startsWith(start))?.[1] ?? 200;
      const answer = JSON.stringify(status === 200 ? answerTo(request, body) : { error: 'no' });
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

function answerTo({ url }: IncomingMessage, body: Buffer): unknown {
  const sent = (): { files: { path: string }[]; objects: { oid: string; size: number }[] } =>
    JSON.parse(body.toString()) as never;
  if (url!.includes('/preupload/'))
    return {
      files: sent().files.map(({ path: name }) => ({
        path: name,
        uploadMode: name.endsWith('.safetensors') ? 'lfs' : 'regular',
      })),
    };
  if (url!.endsWith('/info/lfs/objects/batch')) {
    const href = `${hubUrl.replace('127.0.0.1', 'localhost')}/store`;
    return { transfer: 'basic', objects: sent().objects.map((object) => ({ ...object, actions: { upload: { href } } })) };
  }
  return url!.includes('/commit/')
    ? { success: true, commitOid: 'c0ffee', commitUrl: 'x', hookOutput: '' }
    : { url: 'x', id: 'me/tiny' };
}

const push = (options: PushOptions = {}): ReturnType<typeof pushFolder> =>
  pushFolder(new NodeFiles(folder), 'me/tiny', { hubUrl, token: 'secret', ...options });
const bodyOf = (start: string): string => requests.find(({ line }) => line.startsWith(start))!.body.toString();

describe('a folder pushed to the hub', () => {
  it('is one commit, with large files in the store by their hash and texts in place of files', async () => {
    const result = await push({ private: true, message: 'first', texts: { 'README.md': 'of the run' } });
    expect(result).toEqual({ url: `${hubUrl}/me/tiny`, commit: 'c0ffee' });
    expect(JSON.parse(bodyOf('POST /api/repos/create'))).toMatchObject({
      name: 'tiny',
      organization: 'me',
      visibility: 'private',
    });
    expect(requests.find(({ line }) => line === 'PUT /store')!.body.equals(weights)).toBe(true);
    const lines = bodyOf('POST /api/models/me/tiny/commit/main')
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; value: Record<string, string> });
    expect(lines[0]!.value['summary']).toBe('first');
    expect(lines.slice(1).map(({ key, value }) => [key, value['path']])).toEqual([
      ['file', 'config.json'],
      ['lfsFile', 'model.safetensors'],
      ['file', 'README.md'],
    ]);
    expect(lines[2]!.value['oid']).toBe(createHash('sha256').update(weights).digest('hex'));
    expect(Buffer.from(lines[3]!.value['content']!, 'base64').toString()).toBe('of the run');
  });

  it('is sent with the token to the hub alone', async () => {
    await push();
    const tokens = (host: string): unknown[] => [...new Set(requests.filter((r) => r.host === host).map((r) => r.token))];
    expect(tokens('127.0.0.1')).toEqual(['Bearer secret']);
    expect(tokens('localhost')).toEqual([undefined]);
  });

  it('goes to a repository that is there, on the branch that is named, through a fetch of your own', async () => {
    statuses['POST /api/repos/create'] = 409;
    const asked: string[] = [];
    await push({ revision: 'dev', fetch: (url, init) => (asked.push(url), fetch(url, init)) });
    expect(requests.some(({ line }) => line === 'POST /api/models/me/tiny/commit/dev')).toBe(true);
    expect(asked).toHaveLength(requests.length);
  });

  it.each([
    ['POST /api/repos/create', 403, /tiny: expected the files to be taken, got HTTP status 403 .* the right to write there/],
    ['POST /api/models/me/tiny/commit', 500, /got HTTP status 500/],
    ['PUT /store', 403, /got HTTP status 403/],
  ])('that is refused (%s, %i) is a named error', async (line, status, message) => {
    statuses[line] = status;
    await expect(push()).rejects.toThrow(message);
  });

  it('needs a token and a name of the hub', async () => {
    await expect(push({ token: '' })).rejects.toThrow(/expected an access token with the right to write, got none/);
    await expect(pushFolder(new NodeFiles(folder), 'tiny', { hubUrl, token: 'x' })).rejects.toThrow(
      /owner\/name of the hub, got tiny/,
    );
    expect(requests).toEqual([]);
  });
});

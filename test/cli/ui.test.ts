import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedRun, servePage } from '../../src/cli/ui.js';
import { reportData } from '../support/report-data.js';

const outside = mkdtempSync(path.join(tmpdir(), 'mgrpo-ui-'));
const folder = path.join(outside, 'web');
let server: Server;
let port: number;
beforeAll(async () => {
  mkdirSync(folder);
  writeFileSync(path.join(outside, 'secret.txt'), 'secret');
  writeFileSync(path.join(folder, 'index.html'), '<p>the page</p>');
  symlinkSync(path.join(outside, 'secret.txt'), path.join(folder, 'link.txt'));
  mkdirSync(path.join(outside, 'a-run'));
  const { run, steps } = reportData();
  writeFileSync(path.join(outside, 'a-run/config.json'), JSON.stringify(run));
  writeFileSync(path.join(outside, 'a-run/steps.jsonl'), steps.map((step) => `${JSON.stringify(step)}\n`).join(''));
  server = await servePage(folder, 0, [new ServedRun(path.join(outside, 'a-run'))]);
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(outside, { recursive: true, force: true });
});

/** Asks with a path as it stands: no client tidies it up. */
async function ask(
  target: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; text: string; headers: IncomingMessage['headers'] }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: target, method, headers: { host: `127.0.0.1:${port}`, ...headers } }, resolve)
      .on('error', reject)
      .end();
  });
  let text = '';
  for await (const part of answer) text += String(part);
  return { status: answer.statusCode!, text, headers: answer.headers };
}

describe('mgrpo ui', () => {
  it('serves the page to this machine, isolated from other origins', async () => {
    const { status, text, headers } = await ask('/');
    expect([status, text]).toEqual([200, '<p>the page</p>']);
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
    expect((await ask('/', { host: `localhost:${port}`, origin: `http://localhost:${port}` })).status).toBe(200);
  });

  it('gives the runs it was started with, again only where they have grown', async () => {
    const { steps } = JSON.parse(JSON.stringify(reportData())) as ReturnType<typeof reportData>;
    const first = await ask('/runs/0?since=-1');
    const { name, size, data } = JSON.parse(first.text) as { name: string; size: number; data: { steps: unknown } };
    expect([name, data.steps]).toEqual(['a-run', steps]);
    expect((await ask(`/runs/0?since=${size}`)).status).toBe(204);
    appendFileSync(path.join(outside, 'a-run/steps.jsonl'), `${JSON.stringify({ ...steps[0], step: 21 })}\n`);
    expect((await ask(`/runs/0?since=${size}`)).status).toBe(200);
    expect((await ask('/runs/1?since=-1')).status).toBe(404);
    expect((await ask('/runs/0?since=-1', { host: 'evil.example' })).status).toBe(403);
  });

  it.each([
    ['a name server that leads here', { host: 'evil.example' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page without an origin', { origin: 'null' }],
  ])('refuses %s', async (_, headers) => {
    expect(await ask('/', headers)).toMatchObject({ status: 403, text: '' });
  });

  it.each(['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/%2e%2e%5csecret.txt', '/link.txt', '/%00', '/%'])(
    'gives nothing outside its folder for %s',
    async (target) => {
      expect(await ask(target)).toMatchObject({ status: 404, text: '' });
    },
  );

  it('is read-only', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await ask('/', {}, method)).status).toBe(405);
  });
});

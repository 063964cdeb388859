// HttpFiles against a server that misbehaves as real ones do.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HttpFiles } from '../../src/platform/http-files.js';
import type { HttpFilesOptions } from '../../src/platform/http-files.js';

const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
const files: Record<string, Uint8Array> = { w: weights, 'config.json': Buffer.from('{"a":1}'), 'a b.json': Buffer.from('{}') };

type Handler = (request: IncomingMessage, response: ServerResponse, path: string) => unknown;

let server: Server;
let url: string;
let requests: string[];
/** Answers in place of the server, unless it returns false. */
let misbehave: Handler;

beforeEach(async () => {
  requests = [];
  misbehave = () => false;
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.slice(1));
    requests.push(`${path} ${request.headers.range ?? ''}`.trim());
    if (misbehave(request, response, path) === false) answer(request, response, path);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

function rangeOf(request: IncomingMessage, content: Uint8Array): [number, number] {
  const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  return [Number(start ?? 0), end ? Math.min(Number(end) + 1, content.length) : content.length];
}

function answer(request: IncomingMessage, response: ServerResponse, path: string): void {
  const content = files[path];
  if (!content) return void response.writeHead(404).end('not found');
  const [start, end] = rangeOf(request, content);
  if (start >= content.length) return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  const headers = { 'content-length': end - start, 'content-range': `bytes ${start}-${end - 1}/${content.length}` };
  response.writeHead(206, headers).end(content.subarray(start, end));
}

const open = (options: HttpFilesOptions = {}): HttpFiles => new HttpFiles(url, { readAhead: 1000, retryDelay: 1, ...options });

async function expectWeights(source: HttpFiles): Promise<void> {
  for (let at = 0; at < weights.length; at += 30_000) {
    const part = await source.readRange('w', at, Math.min(at + 30_000, weights.length));
    expect(Buffer.from(part).equals(weights.subarray(at, at + 30_000))).toBe(true);
  }
}

describe('files behind an address', () => {
  it('are read by range, small reads that follow each other as one request', async () => {
    const source = open();
    expect(await source.size('w')).toBe(weights.length);
    for (let at = 0; at < 1000; at += 100) expect(await source.readRange('w', at, at + 100)).toEqual(weights.slice(at, at + 100));
    expect(requests).toEqual(['w bytes=0-999']);
    expect(await source.readRange('w', 5000, 5010)).toEqual(weights.slice(5000, 5010));
    expect(await source.readRange('w', 5010, 5600)).toEqual(weights.slice(5010, 5600));
    expect(await source.readRange('w', 299_990, 300_000)).toEqual(weights.slice(299_990));
    expect(requests.slice(1)).toEqual(['w bytes=5000-5999', 'w bytes=299990-299999']);
    expect(await source.readRange('w', 5, 5)).toHaveLength(0);
  });

  it('that are read straight through are fetched once, some parts ahead of their reader', async () => {
    let together = 0;
    let most = 0;
    misbehave = (request, response, path) => {
      most = Math.max(most, ++together);
      setTimeout(() => {
        together--;
        answer(request, response, path);
      }, 20);
    };
    await expectWeights(open({ readAhead: 20_000 }));
    expect(most).toBe(4);
    const asked = requests.map((request) => Number(/=(\d+)-/.exec(request)![1]));
    expect(new Set(asked).size).toBe(asked.length);
    expect(requests).toHaveLength(15);
  });

  it('whose parts cannot be had can be asked for again', async () => {
    const source = open({ readAhead: 50_000, retries: 0 });
    expect(await source.size('w')).toBe(weights.length);
    misbehave = (_, response) => void response.writeHead(500).end();
    await expect(source.readRange('w', 50_000, 60_000)).rejects.toThrow(/HTTP status 500/);
    misbehave = () => false;
    await expectWeights(source);
  });

  it('that are small are fetched once', async () => {
    const source = open();
    expect(await source.exists('config.json')).toBe(true);
    expect(await source.readText('config.json')).toBe('{"a":1}');
    expect(await source.readText('config.json')).toBe('{"a":1}');
    expect(await source.readText('a b.json')).toBe('{}');
    expect(await source.exists('nothing')).toBe(false);
    expect(await source.exists('nothing')).toBe(false);
    expect(requests).toEqual(['config.json bytes=0-999', 'a b.json bytes=0-999', 'nothing bytes=0-999']);
  });

  it('give errors that name the address', async () => {
    const source = open();
    await expect(source.readText('nothing')).rejects.toMatchObject({ code: 'not_found' });
    await expect(source.readRange('nothing', 0, 1)).rejects.toThrow(
      `${url}: expected a file nothing, found none; check the address: it is that of the folder which holds the files`,
    );
    await expect(source.readRange('w', 299_990, 300_010)).rejects.toThrow(/at least 300010 bytes, got 300000; the file is cut/);
    await expect(new HttpFiles('http://127.0.0.1:1', { retryDelay: 1 }).readText('x')).rejects.toThrow(
      /http:\/\/127\.0\.0\.1:1\/x: expected an answer/,
    );
  });

  it('are asked for through the fetch that was given, with its headers', async () => {
    const seen: unknown[] = [];
    const source = new HttpFiles('https://example.test/m/', {
      headers: { authorization: 'Bearer t' },
      fetch: (address, init) => {
        seen.push([address, init?.headers]);
        return Promise.resolve(new Response('{}'));
      },
    });
    expect(await source.readText('a b.json')).toBe('{}');
    expect(seen).toEqual([['https://example.test/m/a%20b.json', { authorization: 'Bearer t', range: 'bytes=0-4194303' }]]);
  });
});

describe('a server', () => {
  it('without ranges gives each file once', async () => {
    misbehave = (_, response) => void response.writeHead(200).end(weights);
    await expectWeights(open());
    expect(requests).toHaveLength(1);
  });

  it('without ranges that packs what it sends gives the size of the unpacked file', async () => {
    misbehave = (_, response) => {
      const packed = gzipSync(weights);
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
    };
    const source = open();
    expect(await source.size('w')).toBe(weights.length);
    await expectWeights(source);
  });

  it('that packs ranges is asked for the whole', async () => {
    const packed = gzipSync(weights);
    misbehave = (request, response) => {
      if (!request.headers.range) return void response.writeHead(200).end(weights);
      const [start, end] = rangeOf(request, packed);
      const range = `bytes ${start}-${end - 1}/${packed.length}`;
      response.writeHead(206, { 'content-encoding': 'gzip', 'content-range': range }).end(packed.subarray(start, end));
    };
    await expectWeights(open({ retries: 1 }));
  });

  it('that packs though identity was asked, which a browser drops, is asked for the whole, once by way of a range', async () => {
    const packed = gzipSync(weights);
    misbehave = (request, response, path) => {
      if (path !== 'w') return void response.writeHead(404).end();
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
    };
    vi.stubGlobal('location', { origin: 'http://page', href: 'http://page/' });
    // As Chromium does with an answer in an encoding that it did not ask for.
    const asked: string[] = [];
    const source = open({
      retries: 1,
      async fetch(input, init) {
        const answer = await fetch(input, init);
        const { range = 'whole' } = init?.headers ?? {};
        asked.push(range);
        if (range === 'whole' || !answer.headers.has('content-encoding')) return answer;
        await answer.body?.cancel();
        throw new TypeError('Failed to fetch');
      },
    });
    await expectWeights(source);
    expect(asked).toEqual(['bytes=0-999', 'bytes=0-999', 'whole']);
    expect(await source.exists('absent')).toBe(false);
  });

  it('that drops ranges and sends too much without is refused for that', async () => {
    vi.stubGlobal('location', { origin: url, href: url });
    misbehave = (request, response) => (request.headers.range ? request.destroy() : response.writeHead(200).end(weights));
    await expect(open({ retries: 0, maxBytes: 1000 }).size('w')).rejects.toThrow(/expected at most 1000 bytes/);
  });

  it.each([
    ['hides the size in content-range', (start: number, end: number) => ({ 'content-range': `bytes ${start}-${end - 1}/*` })],
    ['sends no content-range', () => ({})],
  ])('that %s is asked for its length', async (_, rangeHeader) => {
    misbehave = (request, response) => {
      const [start, end] = rangeOf(request, weights);
      const headers = { 'content-length': String(end - start), ...rangeHeader(start, end) };
      response.writeHead(206, headers).end(weights.subarray(start, end));
    };
    const source = open();
    expect(await source.size('w')).toBe(weights.length);
    await expectWeights(source);
    // What ends before its range does may be all there is: it is not asked for more.
    const whole = open({ readAhead: 1e6 });
    expect(await whole.size('w')).toBe(weights.length);
    expect(requests.filter((request) => request.endsWith('-999999'))).toHaveLength(1);
    expect(requests.at(-1)).toBe('w bytes=0-999999');
  });

  it('that shows its front page for what is absent has no such file', async () => {
    misbehave = (_, response, path) => {
      if (path in files) return false;
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html><title>app</title>');
      return;
    };
    const source = open();
    expect(await source.exists('chat_template.jinja')).toBe(false);
    await expect(source.readText('generation_config.json')).rejects.toMatchObject({ code: 'not_found' });
    await expectWeights(source);
  });

  it.each(['<!doctype html><title>app</title>', '<?xml version="1.0"?><html/>', '\n <html lang="en">'])(
    'that shows a page without saying what it is has no such file: %s',
    async (page) => {
      misbehave = (_, response, path) => (path in files ? false : void response.writeHead(200).end(page));
      const source = open();
      expect(await source.exists('special_tokens_map.json')).toBe(false);
      expect(await source.readText('index.html')).toBe(page);
    },
  );

  it.each([429, 500, 502, 503, 504])('that answers %i is asked again, after the time it wants', async (status) => {
    let busy = 2;
    misbehave = (_, response) => (busy-- > 0 ? void response.writeHead(status, { 'retry-after': '0' }).end() : false);
    await expectWeights(open());
    misbehave = (_, response) => void response.writeHead(status).end();
    await expect(open({ retries: 2 }).readText('config.json')).rejects.toThrow(new RegExp(`HTTP status ${status}`));
  });

  it('that wants an hour is not waited for', async () => {
    misbehave = (_, response) => void response.writeHead(503, { 'retry-after': '3600' }).end();
    await expect(open().exists('w')).rejects.toThrow(/HTTP status 503/);
    expect(requests).toHaveLength(1);
  });

  it.each([
    [401, /private or gated: give a token/],
    [403, /private or gated: give a token/],
    [400, /HTTP status 400/],
  ])('that refuses with %i is not asked again', async (status, message) => {
    misbehave = (_, response) => void response.writeHead(status).end();
    await expect(open().exists('config.json')).rejects.toThrow(message);
    expect(requests).toHaveLength(1);
  });

  it('whose connections break after some bytes is taken up where they broke', async () => {
    misbehave = (request, response) => {
      const [start, end] = rangeOf(request, weights);
      const headers = { 'content-length': end - start, 'content-range': `bytes ${start}-${end - 1}/${weights.length}` };
      response.writeHead(206, headers).write(weights.subarray(start, Math.min(start + 40_000, end)));
      if (end - start > 40_000) setTimeout(() => response.destroy(), 10);
      else response.end();
    };
    const source = open();
    expect(Buffer.from(await source.readRange('w', 0, weights.length)).equals(weights)).toBe(true);
    expect(requests.at(-1)).toBe('w bytes=281000-299999');
  });

  it('without ranges whose connection breaks begins again, and no byte comes twice', async () => {
    let broken = 0;
    misbehave = (_, response) => {
      response.writeHead(200, { 'content-length': weights.length });
      if (broken++ > 0) return void response.end(weights);
      response.write(weights.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 10));
    };
    await expectWeights(open());
    expect(broken).toBe(2);
  });

  it('that closes every connection is given up', async () => {
    misbehave = (_, response) => void response.destroy();
    await expect(open({ retries: 2 }).exists('w')).rejects.toMatchObject({ code: 'network' });
    expect(requests).toHaveLength(3);
  });

  it.each(['before its answer', 'in the middle of it'])('that falls silent %s is given up, and named', async (when) => {
    misbehave = (request, response) => {
      if (when === 'before its answer') return;
      const [, start] = /^bytes=(\d+)-/.exec(request.headers.range!)!;
      response.writeHead(206, { 'content-range': `bytes ${start}-999/300000` }).flushHeaders();
      if (start === '0') response.write('a');
    };
    await expect(open({ timeout: 50, retries: 1 }).exists('w')).rejects.toThrow(/expected an answer, got nothing for 0\.05 s/);
  });

  it('that sends a little and falls silent, each time it is asked, is given up', async () => {
    misbehave = (request, response) => {
      const [start, end] = rangeOf(request, weights);
      response
        .writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${weights.length}` })
        .write(weights.subarray(start, start + 100));
    };
    await expect(open({ timeout: 30, retries: 2, readAhead: 300_000 }).exists('w')).rejects.toThrow(/nothing for 0\.03 s/);
    expect(requests).toHaveLength(3);
  });

  it('that gives no more than so much of a range is asked for the rest', async () => {
    misbehave = (request, response) => {
      const [start, end] = rangeOf(request, weights);
      const part = weights.subarray(start, Math.min(end, start + 70_000));
      const range = `bytes ${start}-${start + part.length - 1}/${weights.length}`;
      response.writeHead(206, { 'content-range': range, 'content-length': part.length }).end(part);
    };
    const source = open({ readAhead: 200_000, retries: 0 });
    expect(await source.size('w')).toBe(weights.length);
    await expectWeights(source);
  });

  it.each(['many', '10', '-5', '9'.repeat(30)])('that gives %s as the size of a file is asked for its length', async (size) => {
    misbehave = (request, response) => {
      const [start, end] = rangeOf(request, weights);
      response.writeHead(206, { 'content-length': end - start, 'content-range': `bytes ${start}-${end - 1}/${size}` });
      response.end(weights.subarray(start, end));
    };
    const source = open();
    expect(await source.size('w')).toBe(weights.length);
    await expectWeights(source);
  });

  it.each(['etag', 'last-modified'])('whose file is replaced meanwhile, as its %s says, is refused', async (header) => {
    let version = '"1"';
    misbehave = (request, response, path) => {
      response.setHeader(header, version);
      answer(request, response, path);
    };
    const source = open();
    expect(await source.readRange('w', 0, 10)).toEqual(weights.slice(0, 10));
    expect(await source.readRange('w', 5000, 5010)).toEqual(weights.slice(5000, 5010));
    version = '"2"';
    await expect(source.readRange('w', 9000, 9010)).rejects.toThrow(
      /version "1"\), got another \("2"\): it was replaced meanwhile/,
    );
  });

  it('whose file is replaced while a part of it comes is refused', async () => {
    let answers = 0;
    misbehave = (request, response) => {
      const [start, end] = rangeOf(request, weights);
      const headers = {
        'content-length': end - start,
        'content-range': `bytes ${start}-${end - 1}/${weights.length}`,
        etag: `"${answers++}"`,
      };
      response
        .writeHead(206, headers)
        .write(weights.subarray(start, start + 20_000), () => setTimeout(() => response.destroy(), 10));
    };
    await expect(open({ readAhead: 300_000 }).exists('w')).rejects.toThrow(/it was replaced meanwhile; load it again/);
  });

  it('that gives the versions of a file names that are weak for one part and not for another means the same', async () => {
    let answers = 0;
    misbehave = (request, response, path) => {
      response.setHeader('etag', answers++ % 2 ? 'W/"a"' : '"a"');
      answer(request, response, path);
    };
    await expectWeights(open());
  });

  it('that redirects is followed', async () => {
    misbehave = (_, response, path) =>
      path.startsWith('to/')
        ? answer({ headers: {} } as IncomingMessage, response, path.slice(3))
        : void response.writeHead(302, { location: `/to/${path}` }).end();
    expect(await open().readText('config.json')).toBe('{"a":1}');
  });

  it('that redirects without end is given up', async () => {
    misbehave = (_, response, path) => void response.writeHead(302, { location: `/again/${path}` }).end();
    await expect(open({ retries: 0 }).exists('w')).rejects.toMatchObject({ code: 'network' });
    expect(requests.length).toBeLessThan(30);
  });

  it('that redirects to another one does not show it the token', async () => {
    const seen: (string | undefined)[] = [];
    misbehave = (request, response, path) => {
      seen.push(request.headers.authorization);
      if (seen.length > 1) return void response.end('there');
      const { port } = server.address() as AddressInfo;
      response.writeHead(302, { location: `http://localhost:${port}/${path}` }).end();
    };
    expect(await open({ headers: { authorization: 'Bearer hf_x' } }).readText('w')).toBe('there');
    expect(seen).toEqual(['Bearer hf_x', undefined]);
  });

  it.each([
    [
      'another part than was asked for',
      { 'content-range': 'bytes 7-9/300000' },
      'abc',
      /expected bytes from 0 on, got another part/,
    ],
    [
      'more than was asked for',
      { 'content-range': 'bytes 0-9/300000' },
      'a'.repeat(5000),
      /expected at most 1000 bytes, got more/,
    ],
  ])('that gives %s is refused', async (_, headers, body, said) => {
    misbehave = (__, response) => void response.writeHead(206, headers).end(body);
    await expect(open({ readAhead: 1000 }).exists('w')).rejects.toThrow(said);
  });

  it('that sends without end is cut off', async () => {
    let sent = 0;
    misbehave = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && sent < 1e9 && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.writeHead(200).on('drain', more);
      more();
    };
    await expect(open({ maxBytes: 2 ** 20 }).readText('w')).rejects.toThrow(/expected at most 1048576 bytes, got more/);
    expect(sent).toBeLessThan(5e7);
  });

  it('is left alone once the signal comes', async () => {
    const stop = new AbortController();
    misbehave = () => void setTimeout(() => stop.abort(new Error('enough')), 10);
    await expect(open({ signal: stop.signal }).exists('w')).rejects.toThrow(/enough/);
    expect(requests).toHaveLength(1);
    await expect(open({ signal: stop.signal }).exists('w')).rejects.toThrow(/enough/);
    expect(requests).toHaveLength(1);
  });
});

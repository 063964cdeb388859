import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { hubModel } from '../../src/platform/hub-cached.js';
import type { Fetch } from '../../src/platform/http.js';

const weights = new Uint8Array(1000).map((_, i) => (i * 7) % 256);
const sha256 = createHash('sha256').update(weights).digest('hex');

/** A hub with one model, and what it was asked. */
function hub(change: { commit?: string; bytes?: Uint8Array; offline?: boolean } = {}): { fetch: Fetch; asked: string[] } {
  const { commit = 'c1', bytes = weights, offline = false } = change;
  const asked: string[] = [];
  const files: Record<string, Uint8Array> = { 'config.json': new TextEncoder().encode('{"a":1}'), 'model.safetensors': bytes };
  const fetch: Fetch = async (input, init) => {
    const { pathname } = new URL(input);
    asked.push(pathname);
    if (offline) throw new TypeError('no network');
    if (pathname === '/api/models/o/n/revision/main') {
      const siblings = Object.entries(files).map(([rfilename, { length }]) => ({
        ...{ rfilename, size: length },
        ...(rfilename === 'model.safetensors' && { lfs: { sha256 } }),
      }));
      return Response.json({ sha: commit, siblings });
    }
    const found = files[pathname.replace(`/o/n/resolve/${commit}/`, '')];
    if (!found) return new Response(null, { status: 404 });
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(init?.headers?.['range'] ?? '') ?? [];
    if (from === undefined) return new Response(found.slice());
    const end = Math.min(to ? Number(to) + 1 : found.length, found.length);
    const headers = { 'content-range': `bytes ${from}-${end - 1}/${found.length}` };
    return new Response(found.slice(Number(from), end), { status: 206, headers });
  };
  return { fetch, asked };
}
const once = { retries: 0, retryDelay: 1 };

describe('a model of the hub in a page', () => {
  it('is downloaded when it is read, told of, and kept', async () => {
    const cache = new MemoryFiles('opfs');
    const told: unknown[] = [];
    const first = hub();
    const model = await hubModel('o/n', cache, { ...once, fetch: first.fetch, onProgress: (...all) => told.push(all) });
    expect(await model.exists('model.safetensors')).toBe(true);
    expect(await model.exists('tokenizer.json')).toBe(false);
    expect(first.asked).toHaveLength(1);
    expect(await model.readRange('model.safetensors', 10, 13)).toEqual(weights.slice(10, 13));
    expect(told).toEqual([['model.safetensors', 1000, 1000]]);
    const again = hub();
    const kept = await hubModel('o/n', cache, { ...once, fetch: again.fetch });
    expect(await kept.size('model.safetensors')).toBe(1000);
    expect(again.asked).toHaveLength(1);
  });

  it('is read without a network where it was kept, and said to need one where it was not', async () => {
    const cache = new MemoryFiles('opfs');
    await (await hubModel('o/n', cache, { ...once, fetch: hub().fetch })).readText('config.json');
    const { fetch } = hub({ offline: true });
    const kept = await hubModel('o/n', cache, { ...once, fetch });
    expect(await kept.readText('config.json')).toBe('{"a":1}');
    await expect(hubModel('o/n', new MemoryFiles('empty'), { ...once, fetch })).rejects.toMatchObject({ code: 'network' });
  });

  it('is fetched anew where the hub has another commit', async () => {
    const cache = new MemoryFiles('opfs');
    await (await hubModel('o/n', cache, { ...once, fetch: hub().fetch })).readText('config.json');
    const { fetch, asked } = hub({ commit: 'c2' });
    await (await hubModel('o/n', cache, { ...once, fetch })).readText('config.json');
    expect(asked.at(-1)).toBe('/o/n/resolve/c2/config.json');
  });

  it('is not kept where its bytes are not those that the hub promises', async () => {
    const cache = new MemoryFiles('opfs');
    const bytes = weights.slice();
    bytes[500]! ^= 1;
    const model = await hubModel('o/n', cache, { ...once, fetch: hub({ bytes }).fetch });
    await expect(model.size('model.safetensors')).rejects.toMatchObject({ code: 'bad_file' });
    expect([...cache.files.keys()].some((name) => name.includes('safetensors'))).toBe(false);
  });

  it('is refused by name where the id makes no sense or is not there', async () => {
    const { fetch } = hub();
    await expect(hubModel('o', new MemoryFiles('x'), { fetch })).rejects.toThrow('expected a model of the hub as owner/name');
    await expect(hubModel('o/other', new MemoryFiles('x'), { ...once, fetch })).rejects.toMatchObject({ code: 'not_found' });
  });
});

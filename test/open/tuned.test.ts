// What `mgrpo tune` keeps, and what is wrong with files that are found.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseDevice, DEVICE_OPTIONS, type Machine } from '../../src/open/choice.js';
import { keepTuned, readTuned } from '../../src/open/tuned.js';
import { takeOptions } from '../../src/options/border.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';

const CARD = { vendor: 'nvidia', architecture: 'ampere', device: 'A card', description: 'driver 535.104.5' };
const TILES = { 'NT f32 4096x1024x1024': 'tile 8x8', 'NT f32 64x1024x1024': 'rows 16x4' };

/** A folder with the file of a card, and how to change that. */
async function kept(): Promise<{ files: MemoryFiles; place: string; change: (edit: (text: string) => string) => Promise<void> }> {
  const files = new MemoryFiles('cache');
  const place = await keepTuned(files, CARD, TILES);
  const [name] = await files.list();
  return { files, place, change: async (edit) => files.write(name!, edit(await files.readText(name!))) };
}

describe('what was measured', () => {
  it('is there for the adapter that it was measured on, and for no other', async () => {
    const { files, place } = await kept();
    expect(await readTuned(files, CARD)).toEqual({ tiles: new Map(Object.entries(TILES)), file: place, note: null });
    const none = { tiles: new Map(), file: null, note: null };
    expect(await readTuned(files, { ...CARD, device: 'Another card' })).toEqual(none);
    expect(await readTuned(files, { ...CARD, description: 'another driver 1' })).toEqual(none);
    expect(await readTuned(new MemoryFiles('empty'), CARD)).toEqual(none);
    expect(await readTuned(undefined, CARD)).toEqual(none);
  });

  it('is added to, and measured anew', async () => {
    const { files } = await kept();
    await keepTuned(files, CARD, { 'NT f32 4096x1024x1024': 'tile 8x4', 'TN f32 64x64x64': 'tile 4x4' });
    expect(Object.fromEntries((await readTuned(files, CARD)).tiles)).toEqual({
      ...TILES,
      'NT f32 4096x1024x1024': 'tile 8x4',
      'TN f32 64x64x64': 'tile 4x4',
    });
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['is cut off', (text) => text.slice(0, 60), /JSON/],
    ['is of something else', () => '{"schema":"mgrpo-bench/1"}', /not of the schema mgrpo-tiles\/1/],
    ['is a list', () => '[]', /not of the schema/],
    ['has numbers for names', (text) => text.replace('"tile 8x8"', '8'), /it is damaged/],
    ['has no tiles', (text) => text.replace('"tiles"', '"titles"'), /it is damaged/],
    ['is of other kernels', (text) => text.replace(/"kernels": "\w+"/, '"kernels": "0"'), /the kernels of another version/],
    ['is of another driver', (text) => text.replace('535.104.5', '470.1'), /measured on driver 470.1, this is driver 535.104.5/],
    ['is far too long', () => ' '.repeat(2 ** 22 + 1), /it has 4194305 bytes/],
  ])('is ignored, and said in a line, where the file %s', async (_, edit, why) => {
    const { files, place, change } = await kept();
    await change(edit);
    const { tiles, note } = await readTuned(files, CARD);
    expect(tiles.size).toBe(0);
    expect(note).toMatch(why);
    expect(note!.startsWith(`${place} is ignored: `)).toBe(true);
    expect(note).not.toContain('\n');
    await keepTuned(files, CARD, { 'TN f32 64x64x64': 'tile 4x4' });
    expect([...(await readTuned(files, CARD)).tiles]).toEqual([['TN f32 64x64x64', 'tile 4x4']]);
  });

  it('is one whole file on disk, whoever writes at the same time', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tuned.'));
    try {
      const files = new NodeFiles(path.join(folder, 'not', 'there', 'yet'));
      const cards = [CARD, { ...CARD, device: 'Another card' }];
      await Promise.all([1, 2, 3, 4, 5, 6].map((i) => keepTuned(files, cards[i % 2]!, TILES)));
      for (const card of cards) expect((await readTuned(files, card)).tiles.size).toBe(2);
      expect(readdirSync(files.name)).toHaveLength(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a device', () => {
  const machineOf = (cache: MemoryFiles, isFallbackAdapter: boolean): Machine => ({
    threads: undefined as unknown as Machine['threads'],
    waysOut: '',
    cache,
    findAdapter: () =>
      Promise.resolve({
        adapter: { info: { ...CARD, isFallbackAdapter }, features: new Set(), limits: {} } as unknown as GPUAdapter,
        notes: [],
      }),
  });

  it('is opened with what was measured on its adapter, where that is a GPU', async () => {
    const { files, place } = await kept();
    const settings = takeOptions('test', DEVICE_OPTIONS, { device: 'gpu' });
    expect((await chooseDevice(machineOf(files, false), settings)).tuned).toMatchObject({ file: place, note: null });
    const software = await chooseDevice(machineOf(files, true), { ...settings, device: 'software' });
    expect(software.tuned).toBeUndefined();
  });
});

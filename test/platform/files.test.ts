import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles, readJson } from '../../src/platform/files.js';
import type { FileSink, FileSource } from '../../src/platform/files.js';
import { NodeFiles, createFolder, stageFolder } from '../../src/platform/node-files.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'mgrpo-files-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe.each<[string, () => FileSource & FileSink]>([
  ['on disk', () => new NodeFiles(root)],
  ['in memory', () => new MemoryFiles('memory')],
])('a folder %s', (_, make) => {
  it('gives back what was written, whole and by range', async () => {
    const files = make();
    await files.write('text.txt', 'naïve €');
    await files.write('bytes', Uint8Array.of(1, 2, 3, 4, 5));
    await files.write(
      'pieces',
      (async function* () {
        yield Uint8Array.of(9);
        yield Uint8Array.of(8, 7);
      })(),
    );
    expect(await files.readText('text.txt')).toBe('naïve €');
    expect(await files.readRange('bytes', 1, 4)).toEqual(Uint8Array.of(2, 3, 4));
    expect(await files.readRange('pieces', 0, 3)).toEqual(Uint8Array.of(9, 8, 7));
    expect(await files.size('text.txt')).toBe(10);
    expect(await files.exists('bytes')).toBe(true);
    expect(await files.exists('nothing')).toBe(false);
    expect(await files.list!()).toEqual(['bytes', 'pieces', 'text.txt']);
  });

  it('keeps the old file when the new content fails half-way', async () => {
    const files = make();
    await files.write('f', 'old');
    const failing = (async function* () {
      yield Uint8Array.of(1);
      throw new Error('disk on fire');
    })();
    await expect(files.write('f', failing)).rejects.toThrow(/disk on fire/);
    expect(await files.readText('f')).toBe('old');
    expect(await files.list!()).toEqual(['f']);
  });

  it('names the file that is missing, too short, or not what it should be', async () => {
    const files = make();
    await files.write('short', 'abc');
    await files.write('bad', Uint8Array.of(0xff, 0xfe));
    await expect(files.readText('none')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('a file none') as string,
    });
    await expect(files.size('none')).rejects.toMatchObject({ code: 'not_found' });
    await expect(files.readRange('short', 1, 9)).rejects.toThrow(/short: expected at least 9 bytes, got 3/);
    await expect(files.readText('bad')).rejects.toThrow(/bad: expected UTF-8/);
    await expect(readJson(files, 'short')).rejects.toThrow(/short: expected JSON/);
  });
});

describe('a folder on disk', () => {
  it('does not reach outside of itself', async () => {
    writeFileSync(path.join(root, 'secret'), 'x');
    const files = new NodeFiles(path.join(root, 'inner'));
    await expect(files.readText('../secret')).rejects.toThrow(/inside the folder/);
    await expect(files.write('../other', 'x')).rejects.toThrow(/inside the folder/);
  });

  it('makes the folders on the way, and adds to logs', async () => {
    const files = new NodeFiles(root);
    await files.write('a/b/c.txt', '1');
    await files.append('a/log', 'one\n');
    await files.append('a/log', 'two\n');
    expect(await files.readText('a/b/c.txt')).toBe('1');
    expect(await files.readText('a/log')).toBe('one\ntwo\n');
  });

  it('says why it cannot write', async () => {
    if (process.getuid?.() === 0) return;
    mkdirSync(path.join(root, 'closed'));
    chmodSync(path.join(root, 'closed'), 0o500);
    await expect(new NodeFiles(path.join(root, 'closed')).write('f', 'x')).rejects.toThrow(
      /closed\/f: expected to write the file, got EACCES/,
    );
  });
});

describe('an output folder', () => {
  it('is new or empty, unless overwriting is asked for', async () => {
    const folder = path.join(root, 'a/run');
    await (await createFolder(folder)).write('f', '1');
    await expect(createFolder(folder)).rejects.toMatchObject({ code: 'exists' });
    await expect(createFolder(path.join(folder, 'f'))).rejects.toThrow(/got an existing file/);
    expect((await createFolder(folder, { overwrite: true })).name).toBe(folder);
    expect(readFileSync(path.join(folder, 'f'), 'utf8')).toBe('1');
  });

  it('appears whole or not at all when staged', async () => {
    const folder = path.join(root, 'model');
    const staged = await stageFolder(folder);
    await staged.files.write('config.json', '{}');
    expect(readdirSync(root)).not.toContain('model');
    await staged.commit();
    expect(readdirSync(folder)).toEqual(['config.json']);
    await expect(stageFolder(folder)).rejects.toMatchObject({ code: 'exists' });

    const next = await stageFolder(folder, { overwrite: true });
    await next.files.write('other.json', '{}');
    await next.discard();
    expect(readdirSync(folder)).toEqual(['config.json']);

    const last = await stageFolder(folder, { overwrite: true });
    await last.files.write('other.json', '{}');
    await last.commit();
    expect(readdirSync(folder)).toEqual(['other.json']);
    expect(readdirSync(root)).toEqual(['model']);
  });
});

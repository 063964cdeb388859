import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles, readJson, textLines } from '../../src/platform/files.js';
import type { FileFolder } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'mgrpo-files-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe.each<[string, () => FileFolder]>([
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

  it('tells files from folders, adds to files, and removes both', async () => {
    const files = make();
    expect(await files.entries('none')).toBeNull();
    await files.append('log', 'one\n');
    await files.append('log', 'two\n');
    await files.write('a/b/c.txt', '1');
    expect(await files.readText('log')).toBe('one\ntwo\n');
    expect(await files.entries()).toEqual([
      { name: 'a', isFolder: true },
      { name: 'log', isFolder: false },
    ]);
    expect(await files.entries('a/b')).toEqual([{ name: 'c.txt', isFolder: false }]);
    expect(await files.folder('a').folder('b').readText('c.txt')).toBe('1');
    await files.remove('a');
    await files.remove('none');
    expect(await files.entries('a')).toBeNull();
    await files.remove('');
    expect(await files.entries()).toBeNull();
  });

  it('fills a sub-folder whole or not at all', async () => {
    const files = make();
    const names = async (): Promise<string[]> => ((await files.entries('model')) ?? []).map(({ name }) => name);
    await files.replace('model', async (sink) => {
      await sink.write('config.json', '{}');
      expect(await names()).toEqual([]);
    });
    expect(await names()).toEqual(['config.json']);
    const failing = files.replace('model', async (sink) => {
      await sink.write('other.json', '{}');
      throw new Error('disk on fire');
    });
    await expect(failing).rejects.toThrow('disk on fire');
    expect(await names()).toEqual(['config.json']);
    await files.folder('model').replace('', (sink) => sink.write('other.json', '{}'));
    expect(await names()).toEqual(['other.json']);
    expect((await files.entries())!.map(({ name }) => name)).toEqual(['model']);
  });

  it('gives the lines of a text, also across the pieces that are read', async () => {
    const files = make();
    const long = 'é'.repeat(700_000);
    await files.write('text', `one\r\n\n${long}\nlast`);
    const lines: string[] = [];
    for await (const line of textLines(files, 'text')) lines.push(line);
    expect(lines).toEqual(['one', '', long, 'last']);
    for await (const line of textLines(files, 'none')) throw new Error(line);
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

  it.skipIf(process.platform === 'win32')('opens nothing but regular files, and links to them', async () => {
    execFileSync('mkfifo', [path.join(root, 'pipe')]);
    symlinkSync('/dev/zero', path.join(root, 'zeros'));
    mkdirSync(path.join(root, 'folder'));
    writeFileSync(path.join(root, 'file'), 'x');
    symlinkSync('file', path.join(root, 'link'));
    const files = new NodeFiles(root);
    for (const [name, kind] of [
      ['pipe', 'a pipe'],
      ['zeros', 'a device'],
      ['folder', 'a folder'],
    ] as const)
      for (const use of [
        () => files.readText(name),
        () => files.readRange(name, 0, 1),
        () => files.size(name),
        () => files.append(name, 'x'),
      ])
        await expect(use()).rejects.toThrow(`${root}/${name}: expected a regular file, got ${kind}; `);
    // What is there is not passed over for a file that may be missing.
    expect(await files.exists('pipe')).toBe(true);
    expect(await files.readText('link')).toBe('x');
  });

  it.runIf(process.platform === 'linux')('says which folder nothing can be made in', async () => {
    const { message } = (await new NodeFiles('/proc/none/run').write('f', 'x').catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/\/proc\/none\/run\/f: .* the folder \/proc cannot be written: give another path$/);
  });

  it('refuses a file where a folder should be', async () => {
    writeFileSync(path.join(root, 'file'), 'x');
    await expect(new NodeFiles(path.join(root, 'file')).entries()).rejects.toMatchObject({ code: 'exists' });
  });

  it('says why it cannot write', async () => {
    if (process.getuid?.() === 0) return;
    mkdirSync(path.join(root, 'closed'));
    chmodSync(path.join(root, 'closed'), 0o500);
    await expect(new NodeFiles(path.join(root, 'closed')).write('f', 'x')).rejects.toThrow(
      /closed\/f: expected to write it, got EACCES/,
    );
  });
});

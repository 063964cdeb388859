// Folders on disk.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import path from 'node:path';
import { MgrpoError, reasonOf } from '../errors.js';
import { byName, contentChunks, decodeText, notFound, shortRead } from './files.js';
import type { FileContent, FileEntry, FileFolder, FileSink } from './files.js';

/** A folder on disk. Ranges are positioned reads; writes go to a temporary name beside the target and are renamed when complete. */
export class NodeFiles implements FileFolder {
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  /** Absolute path of a file of this folder. @throws invalid_argument if `file` points outside of it */
  resolve(file: string): string {
    const root = path.resolve(this.name);
    const full = path.resolve(root, file);
    if (full !== root && !full.startsWith(root + path.sep)) {
      throw new MgrpoError(
        'invalid_argument',
        `${this.name}: expected a path inside the folder, got ${file}; use a relative path`,
      );
    }
    return full;
  }

  async list(): Promise<string[]> {
    const entries = await this.#reading('', () => readdir(this.resolve(''), { withFileTypes: true }));
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  }

  async entries(folder = ''): Promise<FileEntry[] | null> {
    try {
      const found = await readdir(this.resolve(folder), { withFileTypes: true });
      return found.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })).sort(byName);
    } catch (error) {
      if (errno(error) === 'ENOENT') return null;
      if (errno(error) !== 'ENOTDIR') throw unreadable(path.join(this.name, folder), error);
      const place = path.join(this.name, folder);
      throw new MgrpoError('exists', `${place}: expected a folder, got an existing file; give another path`, { cause: error });
    }
  }

  async exists(file: string): Promise<boolean> {
    return (await stat(this.resolve(file)).catch(() => null))?.isDirectory() === false;
  }

  async size(file: string): Promise<number> {
    return (await this.#regular(file)).size;
  }

  async readText(file: string): Promise<string> {
    await this.#regular(file);
    return decodeText(await this.#reading(file, () => readFile(this.resolve(file))), `${this.name}/${file}`);
  }

  async readRange(file: string, start: number, end: number): Promise<Uint8Array> {
    await this.#regular(file);
    const handle = await this.#reading(file, () => open(this.resolve(file), 'r'));
    try {
      const bytes = new Uint8Array(end - start);
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await this.#reading(file, () => handle.read(bytes, done, bytes.length - done, start + done));
        if (bytesRead === 0) throw shortRead(`${this.name}/${file}`, end, start + done);
        done += bytesRead;
      }
      return bytes;
    } finally {
      await handle.close();
    }
  }

  async write(file: string, content: FileContent): Promise<void> {
    const target = this.resolve(file);
    const part = temporaryName(target);
    try {
      const handle = await inFolder(path.dirname(target), () => open(part, 'wx'));
      try {
        for await (const chunk of contentChunks(content)) await handle.writeFile(chunk);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(part, target);
      await syncFolder(path.dirname(target));
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw writeError(target, error);
    }
  }

  async append(file: string, content: string | Uint8Array): Promise<void> {
    const target = this.resolve(file);
    try {
      checkRegular(await stat(target).catch(() => null), target);
      const handle = await inFolder(path.dirname(target), () => open(target, 'a'));
      try {
        const { size } = await handle.stat();
        await handle.writeFile(content).catch(async (error: unknown) => {
          // A disk that is full takes a part of a line.
          await handle.truncate(size).catch(() => undefined);
          throw error;
        });
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw writeError(target, error);
    }
  }

  async remove(file: string): Promise<void> {
    const target = this.resolve(file);
    await rm(target, { recursive: true, force: true }).catch((error: unknown) => {
      throw writeError(target, error);
    });
  }

  async replace(folder: string, fill: (sink: FileSink) => Promise<void>): Promise<void> {
    const target = this.resolve(folder);
    const [part, old] = [temporaryName(target), temporaryName(target)];
    try {
      await makeFolder(part);
      await fill(new NodeFiles(part));
      const replaced = (await stat(target).catch(() => null)) !== null;
      if (replaced) await rename(target, old);
      await rename(part, target).catch(async (error: unknown) => {
        if (replaced) await rename(old, target).catch(() => undefined);
        throw error;
      });
      await syncFolder(path.dirname(target));
      if (replaced) await rm(old, { recursive: true, force: true });
    } catch (error) {
      await rm(part, { recursive: true, force: true }).catch(() => undefined);
      throw errno(error) === undefined ? error : writeError(target, error);
    }
  }

  folder(file: string): NodeFiles {
    this.resolve(file);
    return new NodeFiles(path.join(this.name, file));
  }

  /** What is known of a file that can be opened. */
  async #regular(file: string): Promise<Stats> {
    const found = await this.#reading(file, () => stat(this.resolve(file)));
    checkRegular(found, `${this.name}/${file}`);
    return found;
  }

  async #reading<T>(file: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') throw notFound(this.name, file || '.', error);
      throw unreadable(`${this.name}/${file}`, error);
    }
  }
}

/**
 * Refuses what is there under a file's name and is none: a pipe keeps whoever opens it until somebody writes, a device may never end.
 * @throws MgrpoError `bad_file` that names the place
 */
export function checkRegular(found: Stats | null, place: string): void {
  if (!found || found.isFile()) return;
  throw new MgrpoError('bad_file', `${place}: expected a regular file, got ${kindOf(found)}; put a file in its place`);
}

/** The text of a file outside of all folders; null where there is none. @throws MgrpoError `bad_file` for what is no regular file */
export async function readIfThere(place: string): Promise<string | null> {
  const found = await stat(place).catch(() => null);
  checkRegular(found, place);
  try {
    return found && (await readFile(place, 'utf8'));
  } catch (error) {
    if (errno(error) === 'ENOENT') return null;
    throw unreadable(place, error);
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  return found.isFIFO() ? 'a pipe' : found.isSocket() ? 'a socket' : 'a device';
}

function unreadable(place: string, error: unknown): MgrpoError {
  if (error instanceof MgrpoError) return error;
  const reason = reasonOf(error);
  const wayOut = WAYS_OUT[errno(error) ?? ''] ?? 'check its rights';
  return new MgrpoError('bad_file', `${place}: expected a readable file, got ${reason}; ${wayOut}`, { cause: error });
}

/** What can be done about an error of the system. */
const WAYS_OUT: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space',
  EDQUOT: 'free some space',
  EFBIG: 'raise the limit on the size of files (ulimit -f)',
  EMFILE: 'raise the limit on open files (ulimit -n)',
  ENFILE: 'close other programs: the system has no open files left',
  EROFS: 'give a path that can be written',
  EACCES: 'give a path that can be written, or change its rights',
  EPERM: 'give a path that can be written, or change its rights',
  ENOENT: 'the folder is gone: make it again, or give another path',
  ENOTDIR: 'a file stands where a folder should be: give another path',
};

/** Makes the folder, then a file in it; again where somebody removes the folder between the two. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      await makeFolder(folder);
      return await work();
    } catch (error) {
      if (errno(error) !== 'ENOENT' || tries === 5) throw error;
    }
  }
}

/**
 * Makes a folder and those it lies in; Node's own way to do so loops for ever where a system lets nobody make one (/proc).
 * @returns whether there was none
 */
export async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const parent = path.dirname(folder);
    if (errno(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return false;
    if (errno(error) !== 'ENOENT' || parent === folder || (await stat(parent).catch(() => null)) !== null) throw error;
    await makeFolder(parent);
    return makeFolder(folder);
  }
}

/** Makes names in a folder last through a loss of power, where the system can (Windows cannot open a folder). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

function temporaryName(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(4).toString('hex')}.part`);
}

/** The system's name of an error, as ENOSPC; undefined for other errors. */
export function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

export function writeError(target: string, error: unknown): MgrpoError {
  if (error instanceof MgrpoError) return error;
  const reason = reasonOf(error);
  const { code, syscall, path: place } = error as NodeJS.ErrnoException;
  // makeFolder says so of a folder whose parent is there.
  const parent = code === 'ENOENT' && syscall === 'mkdir' && place !== undefined ? path.dirname(place) : undefined;
  const wayOut = parent
    ? `the folder ${parent} cannot be written: give another path`
    : (WAYS_OUT[errno(error) ?? ''] ?? 'give another path');
  return new MgrpoError('bad_file', `${target}: expected to write it, got ${reason}; ${wayOut}`, { cause: error });
}

// Folders on disk.
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { MgrpoError } from '../errors.js';
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
      if (errno(error) !== 'ENOTDIR') throw error;
      const place = path.join(this.name, folder);
      throw new MgrpoError('exists', `${place}: expected a folder, got an existing file; give another path`, { cause: error });
    }
  }

  async exists(file: string): Promise<boolean> {
    return (await stat(this.resolve(file)).catch(() => null))?.isFile() ?? false;
  }

  async size(file: string): Promise<number> {
    return (await this.#reading(file, () => stat(this.resolve(file)))).size;
  }

  async readText(file: string): Promise<string> {
    return decodeText(await this.#reading(file, () => readFile(this.resolve(file))), `${this.name}/${file}`);
  }

  async readRange(file: string, start: number, end: number): Promise<Uint8Array> {
    const handle = await this.#reading(file, () => open(this.resolve(file), 'r'));
    try {
      const bytes = new Uint8Array(end - start);
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
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
    await mkdir(path.dirname(target), { recursive: true });
    const part = temporaryName(target);
    try {
      const handle = await open(part, 'wx');
      try {
        for await (const chunk of contentChunks(content)) await handle.writeFile(chunk);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(part, target);
      await syncFolder(path.dirname(target));
    } catch (error) {
      await rm(part, { force: true });
      throw writeError(target, error);
    }
  }

  /** Adds text at the end of a file, creating it if need be: for logs that are read while they grow. */
  async append(file: string, text: string): Promise<void> {
    const target = this.resolve(file);
    await mkdir(path.dirname(target), { recursive: true });
    await appendFile(target, text).catch((error: unknown) => {
      throw writeError(target, error);
    });
  }

  async remove(file: string): Promise<void> {
    await rm(this.resolve(file), { recursive: true, force: true });
  }

  async replace(folder: string, fill: (sink: FileSink) => Promise<void>): Promise<void> {
    const target = this.resolve(folder);
    const [part, old] = [temporaryName(target), temporaryName(target)];
    try {
      await mkdir(part, { recursive: true });
      await fill(new NodeFiles(part));
      const replaced = (await stat(target).catch(() => null)) !== null;
      if (replaced) await rename(target, old);
      await rename(part, target);
      await syncFolder(path.dirname(target));
      if (replaced) await rm(old, { recursive: true, force: true });
    } catch (error) {
      await rm(part, { recursive: true, force: true });
      throw errno(error) === undefined ? error : writeError(target, error);
    }
  }

  folder(file: string): NodeFiles {
    this.resolve(file);
    return new NodeFiles(path.join(this.name, file));
  }

  async #reading<T>(file: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') throw notFound(this.name, file || '.', error);
      const reason = error instanceof Error ? error.message : String(error);
      throw new MgrpoError('bad_file', `${this.name}/${file}: expected a readable file, got ${reason}; check its rights`, {
        cause: error,
      });
    }
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

function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function writeError(target: string, error: unknown): MgrpoError {
  if (error instanceof MgrpoError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new MgrpoError(
    'bad_file',
    `${target}: expected to write the file, got ${reason}; free some space or give another path`,
    {
      cause: error,
    },
  );
}

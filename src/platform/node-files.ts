import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { MgrpoError } from '../errors.js';
import { contentChunks, decodeText, notFound, shortRead } from './files.js';
import type { FileContent, FileSink, FileSource } from './files.js';

/** A folder on disk. Ranges are positioned reads; writes go to a temporary name beside the target and are renamed when complete. */
export class NodeFiles implements FileSource, FileSink {
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
    const entries = await this.reading('', () => readdir(this.resolve(''), { withFileTypes: true }));
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  }

  async exists(file: string): Promise<boolean> {
    return (await stat(this.resolve(file)).catch(() => null))?.isFile() ?? false;
  }

  async size(file: string): Promise<number> {
    return (await this.reading(file, () => stat(this.resolve(file)))).size;
  }

  async readText(file: string): Promise<string> {
    return decodeText(await this.reading(file, () => readFile(this.resolve(file))), `${this.name}/${file}`);
  }

  async readRange(file: string, start: number, end: number): Promise<Uint8Array> {
    const handle = await this.reading(file, () => open(this.resolve(file), 'r'));
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

  private async reading<T>(file: string, read: () => Promise<T>): Promise<T> {
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

/**
 * Makes an output folder.
 *
 * @param options.overwrite take an existing folder as it is (files of the same name will be replaced) instead of refusing it
 * @throws exists if there is something at `folder` (other than an empty folder) and `overwrite` is not set
 */
export async function createFolder(folder: string, options: { overwrite?: boolean } = {}): Promise<NodeFiles> {
  await checkFree(folder, options.overwrite ?? false);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeError(folder, error);
  });
  return new NodeFiles(folder);
}

/** A folder that is being filled under a temporary name; nothing is seen at its final path until `commit`. */
export interface StagedFolder {
  readonly files: NodeFiles;
  /** Moves the folder to its final path, replacing what is there only if that was asked for. */
  commit(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/**
 * Starts a folder that appears whole or not at all (a checkpoint, a saved model).
 *
 * @throws exists if there is something at `folder` (other than an empty folder) and `overwrite` is not set
 */
export async function stageFolder(folder: string, options: { overwrite?: boolean } = {}): Promise<StagedFolder> {
  const target = path.resolve(folder);
  await checkFree(target, options.overwrite ?? false);
  const part = temporaryName(target);
  const files = await createFolder(part);
  return {
    files,
    async commit() {
      const old = temporaryName(target);
      const replaced = (await stat(target).catch(() => null)) !== null;
      try {
        if (replaced) await rename(target, old);
        await rename(part, target);
      } catch (error) {
        throw writeError(target, error);
      }
      if (replaced) await rm(old, { recursive: true, force: true });
    },
    discard: () => rm(part, { recursive: true, force: true }),
  };
}

async function checkFree(folder: string, overwrite: boolean): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found && !found.isDirectory()) {
    throw new MgrpoError('exists', `${folder}: expected a new folder for the output, got an existing file; give another path`);
  }
  if (found && !overwrite && (await readdir(folder)).length > 0) {
    throw new MgrpoError(
      'exists',
      `${folder}: expected a new or empty folder for the output, got one with files in it; give another path or allow overwriting`,
    );
  }
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

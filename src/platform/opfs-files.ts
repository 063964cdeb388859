// The private file system of a web page (OPFS): where a training in the browser saves itself, and goes on from after a reload.
import { MgrpoError } from '../errors.js';
import {
  byName,
  contentChunks,
  decodeText,
  notFound,
  shortRead,
  type FileContent,
  type FileEntry,
  type FileFolder,
  type FileSink,
} from './files.js';

/** A folder in the origin's private file system, in pages and workers; nobody but this site sees it. */
export class OpfsFiles implements FileFolder {
  readonly name: string;
  readonly #path: readonly string[];

  /** @param path folder with `/` between the parts; made when something is written. Default: the root */
  constructor(path = '') {
    this.#path = partsOf(path);
    this.name = ['opfs:', ...this.#path].join('/');
  }

  async list(): Promise<string[]> {
    return ((await this.entries()) ?? []).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  }

  async entries(path = ''): Promise<FileEntry[] | null> {
    const folder = await this.#find(partsOf(path));
    if (!folder) return null;
    const found: FileEntry[] = [];
    for await (const [name, handle] of folder.entries()) found.push({ name, isFolder: handle.kind === 'directory' });
    return found.sort(byName);
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#file(path)) !== null;
  }

  async size(path: string): Promise<number> {
    return (await this.#open(path)).size;
  }

  async readText(path: string): Promise<string> {
    return decodeText(new Uint8Array(await (await this.#open(path)).arrayBuffer()), `${this.name}/${path}`);
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    const file = await this.#open(path);
    if (end > file.size) throw shortRead(`${this.name}/${path}`, end, file.size);
    return new Uint8Array(await file.slice(start, end).arrayBuffer());
  }

  async write(path: string, content: FileContent): Promise<void> {
    await this.#stream(path, false, content);
  }

  async append(path: string, content: string | Uint8Array): Promise<void> {
    await this.#stream(path, true, content);
  }

  async remove(path: string): Promise<void> {
    const parts = [...this.#path, ...partsOf(path)];
    const name = parts.pop();
    const folder = await findFolder(parts, false);
    if (!folder) return;
    if (name === undefined) {
      for await (const [entry] of folder.entries()) await folder.removeEntry(entry, { recursive: true });
      return;
    }
    await folder.removeEntry(name, { recursive: true }).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /** The file system cannot rename folders: files are moved one by one, in the order in which they were written. */
  async replace(path: string, fill: (sink: FileSink) => Promise<void>): Promise<void> {
    const parts = partsOf(path);
    const fresh = [...parts.slice(0, -1), `.${parts.at(-1)!}.part`].join('/');
    const written: string[] = [];
    await this.remove(fresh);
    try {
      await fill({
        name: `${this.name}/${path}`,
        write: async (file, content) => {
          await this.write(`${fresh}/${file}`, content);
          written.push(file);
        },
      });
      await this.remove(path);
      for (const file of new Set(written)) await this.#move(`${fresh}/${file}`, `${path}/${file}`);
    } finally {
      await this.remove(fresh);
    }
  }

  folder(path: string): FileFolder {
    return new OpfsFiles([...this.#path, ...partsOf(path)].join('/'));
  }

  /** Bytes that this site may still write here, as far as the browser tells. */
  static async room(): Promise<number> {
    const { quota = 0, usage = 0 } = await storage().estimate();
    return quota - usage;
  }

  async #move(from: string, to: string): Promise<void> {
    const source = (await this.#file(from)) as (FileSystemFileHandle & { move?: Move }) | null;
    if (!source) throw notFound(this.name, from);
    const parts = partsOf(to);
    const name = parts.pop()!;
    if (source.move) await source.move(await this.#make(parts), name);
    else await this.write(to, streamOf(await source.getFile()));
  }

  async #stream(path: string, keep: boolean, content: FileContent): Promise<void> {
    const parts = partsOf(path);
    const name = parts.pop()!;
    try {
      const handle = await (await this.#make(parts)).getFileHandle(name, { create: true });
      const stream = await handle.createWritable({ keepExistingData: keep });
      try {
        if (keep) await stream.seek((await handle.getFile()).size);
        for await (const chunk of contentChunks(content)) await stream.write(chunk as Uint8Array<ArrayBuffer>);
      } catch (error) {
        await stream.abort().catch(() => undefined);
        throw error;
      }
      await stream.close();
    } catch (error) {
      throw await writeError(error, `${this.name}/${path}`);
    }
  }

  async #open(path: string): Promise<File> {
    const file = await (await this.#file(path))?.getFile();
    if (!file) throw notFound(this.name, path);
    return file;
  }

  async #file(path: string): Promise<FileSystemFileHandle | null> {
    const parts = partsOf(path);
    const name = parts.pop()!;
    const folder = await this.#find(parts);
    return (await folder?.getFileHandle(name).catch(orNull)) ?? null;
  }

  #find(below: readonly string[]): Promise<FileSystemDirectoryHandle | null> {
    return findFolder([...this.#path, ...below], false);
  }

  async #make(below: readonly string[]): Promise<FileSystemDirectoryHandle> {
    return (await findFolder([...this.#path, ...below], true))!;
  }
}

/** Not in TypeScript's library yet. */
type Move = (folder: FileSystemDirectoryHandle, name: string) => Promise<void>;

async function findFolder(parts: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle | null> {
  let folder: FileSystemDirectoryHandle | null = await storage().getDirectory();
  for (const part of parts) folder = folder && (await folder.getDirectoryHandle(part, { create }).catch(orNull));
  return folder;
}

function storage(): StorageManager {
  const { storage: found } = globalThis.navigator as Partial<Navigator>;
  if (typeof found?.getDirectory === 'function') return found;
  throw new MgrpoError(
    'unsupported',
    'opfs: expected a browser with a private file system, got one without; use a page over https or from localhost, outside private windows',
  );
}

/** A failure to write; a full disk is told apart. */
async function writeError(error: unknown, where: string): Promise<unknown> {
  if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') return error;
  const room = await OpfsFiles.room().catch(() => 0);
  const message = `${where}: expected room to save, got ${Math.floor(room / 2 ** 20)} MiB that this site may still use; remove saved models, or free disk space`;
  return new MgrpoError('out_of_memory', message, { cause: error });
}

async function* streamOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** Nothing where there is no such entry, or one of the other kind. */
function orNull(error: unknown): null {
  if (isMissing(error) || (error instanceof DOMException && error.name === 'TypeMismatchError')) return null;
  throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}

// Folders: where models and data are read from and runs are written to. On disk: node-files.ts; behind an address: http-files.ts.
import { MgrpoError, reasonOf } from '../errors.js';

/** A folder to read from: on disk, behind a URL, on a hub or in memory. Paths are relative to it, with `/` between the parts. */
export interface FileSource {
  /** What messages call this folder: its path or address. */
  readonly name: string;
  /** Relative paths of the files directly in the folder, sorted; absent where the medium cannot list (plain HTTP). */
  list?(): Promise<string[]>;
  /** Whether `path` is a file that can be read. */
  exists(path: string): Promise<boolean>;
  /** Length of the file in bytes. @throws not_found */
  size(path: string): Promise<number>;
  /** The whole file as UTF-8 text. @throws not_found */
  readText(path: string): Promise<string>;
  /** Bytes `start` (inclusive) to `end` (exclusive), exactly `end - start` of them. @throws not_found, bad_file if the file ends before `end` */
  readRange(path: string, start: number, end: number): Promise<Uint8Array>;
}

/** What a file is written from: text, bytes, or pieces that are made as they are written. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A folder to write to. A file appears under its name only when it is complete. */
export interface FileSink {
  /** What messages call this folder. */
  readonly name: string;
  /** Creates or replaces the file; if the content fails half-way, the file is left as it was. */
  write(path: string, content: FileContent): Promise<void>;
}

/** An entry of a folder. */
export interface FileEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** A folder that is read, written and added to: what a run lives in. */
export interface FileFolder extends FileSource, FileSink {
  /** What lies directly in a sub-folder (default: in the folder itself), sorted; null where there is no such folder. */
  entries(path?: string): Promise<FileEntry[] | null>;
  /** Adds text or bytes at the end of a file, all or nothing, creating it if need be: for logs that are read while they grow. */
  append(path: string, content: string | Uint8Array): Promise<void>;
  /** Removes a file or a sub-folder with all that is in it; '': the folder itself. Nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /** Fills a sub-folder that appears whole or not at all, in place of what is there. */
  replace(path: string, fill: (sink: FileSink) => Promise<void>): Promise<void>;
  /** A sub-folder. */
  folder(path: string): FileFolder;
}

/** A folder held in memory: the target of a save in the browser, and of tests. */
export class MemoryFiles implements FileFolder {
  readonly name: string;
  /** Contents by relative path. */
  readonly files: Map<string, Uint8Array>;

  constructor(name: string, files: Record<string, string | Uint8Array> = {}) {
    this.name = name;
    this.files = new Map(
      Object.entries(files).map(([path, content]) => [path, typeof content === 'string' ? utf8(content) : content]),
    );
  }

  list(): Promise<string[]> {
    return Promise.resolve([...this.files.keys()].sort());
  }

  entries(path = ''): Promise<FileEntry[] | null> {
    const start = prefixOf(path);
    const found = new Map<string, FileEntry>();
    for (const file of this.files.keys()) {
      if (!file.startsWith(start)) continue;
      const [name, ...below] = file.slice(start.length).split('/');
      found.set(name!, { name: name!, isFolder: below.length > 0 });
    }
    return Promise.resolve(found.size > 0 ? [...found.values()].sort(byName) : null);
  }

  async append(path: string, content: string | Uint8Array): Promise<void> {
    const old = this.files.get(path) ?? new Uint8Array(0);
    await this.write(path, [old, typeof content === 'string' ? utf8(content) : content]);
  }

  remove(path: string): Promise<void> {
    const start = prefixOf(path);
    for (const file of this.files.keys()) if (file === path || file.startsWith(start)) this.files.delete(file);
    return Promise.resolve();
  }

  async replace(path: string, fill: (sink: FileSink) => Promise<void>): Promise<void> {
    const fresh = new MemoryFiles(`${this.name}/${path}`);
    await fill(fresh);
    await this.remove(path);
    for (const [file, content] of fresh.files) this.files.set(prefixOf(path) + file, content);
  }

  folder(path: string): FileFolder {
    return new SubFolder(this, path);
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.files.has(path));
  }

  async size(path: string): Promise<number> {
    return this.#content(path).length;
  }

  async readText(path: string): Promise<string> {
    return decodeText(this.#content(path), `${this.name}/${path}`);
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    const content = this.#content(path);
    if (end > content.length) throw shortRead(`${this.name}/${path}`, end, content.length);
    return content.slice(start, end);
  }

  async write(path: string, content: FileContent): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const part of contentChunks(content)) parts.push(part.slice());
    const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.files.set(path, whole);
  }

  #content(path: string): Uint8Array {
    const content = this.files.get(path);
    if (!content) throw notFound(this.name, path);
    return content;
  }
}

/** A sub-folder of another folder. */
class SubFolder implements FileFolder {
  readonly name: string;
  readonly #parent: FileFolder;
  readonly #path: string;

  constructor(parent: FileFolder, path: string) {
    this.name = `${parent.name}/${path}`;
    this.#parent = parent;
    this.#path = path;
  }

  exists(path: string): Promise<boolean> {
    return this.#parent.exists(this.#at(path));
  }

  size(path: string): Promise<number> {
    return this.#parent.size(this.#at(path));
  }

  readText(path: string): Promise<string> {
    return this.#parent.readText(this.#at(path));
  }

  readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    return this.#parent.readRange(this.#at(path), start, end);
  }

  write(path: string, content: FileContent): Promise<void> {
    return this.#parent.write(this.#at(path), content);
  }

  entries(path = ''): Promise<FileEntry[] | null> {
    return this.#parent.entries(this.#at(path));
  }

  append(path: string, content: string | Uint8Array): Promise<void> {
    return this.#parent.append(this.#at(path), content);
  }

  remove(path: string): Promise<void> {
    return this.#parent.remove(this.#at(path));
  }

  replace(path: string, fill: (sink: FileSink) => Promise<void>): Promise<void> {
    return this.#parent.replace(this.#at(path), fill);
  }

  folder(path: string): FileFolder {
    return new SubFolder(this.#parent, this.#at(path));
  }

  #at(path: string): string {
    return prefixOf(this.#path) + path;
  }
}

/** What the paths of a sub-folder's files begin with. */
function prefixOf(path: string): string {
  return path === '' ? '' : `${path.replace(/\/+$/, '')}/`;
}

/** Order of entries. */
export function byName(a: FileEntry, b: FileEntry): number {
  return a.name < b.name ? -1 : 1;
}

/** In the folder of a run: which process has it (folder-lock.ts). */
export const LOCK_FILE = 'run.lock';

/** Bytes that are read at a time. */
const PIECE = 1 << 20;

/** Where the reading of a file that grows stands, in bytes: behind the last whole line. */
export interface TextPlace {
  at: number;
}

/**
 * The lines of a text file, without their ends, a piece of the file at a time; none where there is no file.
 * @param place where reading begins; moved on behind the whole lines that were read
 */
export async function* textLines(files: FileSource, path: string, place: TextPlace = { at: 0 }): AsyncGenerator<string> {
  if (!(await files.exists(path))) return;
  const size = await files.size(path);
  const decoder = new TextDecoder();
  let rest = '';
  for (let start = place.at; start < size; start += PIECE) {
    const end = Math.min(start + PIECE, size);
    const piece = await files.readRange(path, start, end);
    const lines = (rest + decoder.decode(piece, { stream: end < size })).split('\n');
    rest = lines.pop()!;
    if (lines.length > 0) place.at = start + piece.lastIndexOf(10) + 1;
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  if (rest !== '') yield rest;
}

/** The content as byte pieces, whatever form it came in. */
export async function* contentChunks(content: FileContent): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield utf8(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** The one JSON value of a file. @throws bad_file naming the file and the position the parser stopped at */
export async function readJson(files: Pick<FileSource, 'name' | 'readText'>, path: string): Promise<unknown> {
  const text = await files.readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MgrpoError(
      'bad_file',
      `${files.name}/${path}: expected JSON, got ${reasonOf(error)}; fetch the file again or repair it`,
      {
        cause: error,
      },
    );
  }
}

/** The fields of what should be an object of a file or an answer; none where it is something else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Decodes UTF-8 strictly. @throws bad_file naming `where` */
export function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MgrpoError('bad_file', `${where}: expected UTF-8 text, got other bytes; re-encode the file as UTF-8`, {
      cause: error,
    });
  }
}

/** The error of a file that is not in its folder. */
export function notFound(folder: string, path: string, cause?: unknown): MgrpoError {
  const wayOut = /^https?:/.test(folder)
    ? 'check the address: it is that of the folder which holds the files'
    : 'check the folder, or fetch the model again';
  const message = `${folder}: expected a file ${path}, found none; ${wayOut}`;
  return new MgrpoError('not_found', message, { cause });
}

/** The error of a file that ends before the bytes asked for. */
export function shortRead(where: string, end: number, size: number): MgrpoError {
  return new MgrpoError(
    'bad_file',
    `${where}: expected at least ${end} bytes, got ${size}; the file is cut short, fetch it again`,
  );
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

import { MgrpoError } from '../errors.js';

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

/** A folder held in memory: the target of a save in the browser, and of tests. */
export class MemoryFiles implements FileSource, FileSink {
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

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.files.has(path));
  }

  async size(path: string): Promise<number> {
    return this.content(path).length;
  }

  async readText(path: string): Promise<string> {
    return decodeText(this.content(path), `${this.name}/${path}`);
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    const content = this.content(path);
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

  private content(path: string): Uint8Array {
    const content = this.files.get(path);
    if (!content) throw notFound(this.name, path);
    return content;
  }
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
    const reason = error instanceof Error ? error.message : String(error);
    throw new MgrpoError('bad_file', `${files.name}/${path}: expected JSON, got ${reason}; fetch the file again or repair it`, {
      cause: error,
    });
  }
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
  const message = `${folder}: expected a file ${path}, found none; check the folder, or fetch the model again`;
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

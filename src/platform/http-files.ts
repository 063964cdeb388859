// Folders behind an address, read in pieces.
import { MgrpoError } from '../errors.js';
import { decodeText, notFound, shortRead } from './files.js';
import type { FileSource } from './files.js';
import { Http, isForeign, tooLong, unreachable } from './http.js';
import type { HttpOptions } from './http.js';

/** Options of {@link HttpFiles}. */
export interface HttpFilesOptions extends HttpOptions {
  /** Bytes that are fetched at least, so that small reads that follow each other are one request. Default 4 MiB. */
  readonly readAhead?: number | undefined;
}

/** Bytes of a file that is read as text: longer texts there are none. */
const MOST_TEXT = 2 ** 29;

/** What is known of a file. */
interface RemoteFile {
  readonly size: number;
  /** All of it: a file no longer than the read-ahead, or one that the server gives only whole. */
  readonly bytes: Uint8Array | null;
}

/**
 * A folder behind an address. Files are read by range, some megabytes at a time; small ones, and all files of a server without ranges, are fetched
 * once and kept.
 */
export class HttpFiles implements FileSource {
  readonly name: string;
  readonly #http: Http;
  readonly #readAhead: number;
  readonly #files = new Map<string, Promise<RemoteFile | null>>();
  /** A file that is there: a server whose errors cannot be read is asked for it again to tell an absent file from a broken connection. */
  #known: string | null = null;
  /** The part that was read last. */
  #part: { readonly path: string; readonly start: number; readonly bytes: Uint8Array } | null = null;

  constructor(url: string, options: HttpFilesOptions = {}) {
    this.name = url.replace(/\/+$/, '');
    this.#http = new Http(options);
    this.#readAhead = options.readAhead ?? 4 << 20;
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#find(path)) !== null;
  }

  async size(path: string): Promise<number> {
    return (await this.#file(path)).size;
  }

  async readText(path: string): Promise<string> {
    const { size } = await this.#file(path);
    if (size > MOST_TEXT) throw tooLong(this.#url(path), MOST_TEXT);
    return decodeText(await this.readRange(path, 0, size), this.#url(path));
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array(0);
    const { size, bytes } = await this.#file(path);
    if (end > size) throw shortRead(this.#url(path), end, size);
    if (bytes) return bytes.slice(start, end);
    const part = this.#part;
    if (part?.path === path && part.start <= start && end <= part.start + part.bytes.length) {
      return part.bytes.slice(start - part.start, end - part.start);
    }
    const read = await this.#http.read(this.#url(path), { start, end: Math.min(Math.max(end, start + this.#readAhead), size) });
    if (!read) throw notFound(this.name, path);
    if (read.bytes.length < end - start) throw shortRead(this.#url(path), end, start + read.bytes.length);
    this.#part = { path, start, bytes: read.bytes };
    return read.bytes.slice(0, end - start);
  }

  async #file(path: string): Promise<RemoteFile> {
    const file = await this.#find(path);
    if (!file) throw notFound(this.name, path);
    return file;
  }

  #find(path: string): Promise<RemoteFile | null> {
    let file = this.#files.get(path);
    if (!file) {
      file = this.#open(path);
      this.#files.set(path, file);
      file.catch(() => this.#files.delete(path));
    }
    return file;
  }

  /** First contact: the beginning of the file, and with it its size. */
  async #open(path: string): Promise<RemoteFile | null> {
    const url = this.#url(path);
    const hidden = isForeign(url) && this.#known !== null;
    let read;
    try {
      read = await this.#http.read(url, { start: 0, end: this.#readAhead }, hidden ? 1 : undefined);
    } catch (error) {
      // An error with a cause is one without an answer.
      const silent = error instanceof MgrpoError && error.cause !== undefined;
      if (hidden && silent && (await this.#http.read(this.#url(this.#known!), { start: 0, end: 1 }))) return null;
      throw error;
    }
    if (!read) return null;
    this.#known ??= path;
    const { bytes, whole } = read;
    if (whole || bytes.length < this.#readAhead) return { size: bytes.length, bytes };
    const size = read.total ?? (await this.#sizeOf(url));
    if (size === bytes.length) return { size, bytes };
    this.#part = { path, start: 0, bytes };
    return { size, bytes: null };
  }

  /** The size of a file whose ranges do not tell it: of all that follows byte 0, the length is given. */
  async #sizeOf(url: string): Promise<number> {
    const body = await this.#http.open(url, { start: 0 });
    const chunks = body?.chunks[Symbol.asyncIterator]();
    await chunks?.next();
    await chunks?.return?.();
    if (body?.total == null) {
      throw unreachable(
        url,
        new Error('neither Content-Range nor Content-Length; let the server give (and a page see) one of them'),
      );
    }
    return body.total;
  }

  #url(path: string): string {
    return `${this.name}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }
}

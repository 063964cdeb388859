// Folders behind an address, read in pieces.
import { MgrpoError } from '../errors.js';
import { decodeText, notFound, shortRead } from './files.js';
import type { FileSource } from './files.js';
import { Http, checkVersion, inBrowser, isForeign, tooLong, unreachable } from './http.js';
import type { HttpOptions } from './http.js';

/** Options of {@link HttpFiles}. */
export interface HttpFilesOptions extends HttpOptions {
  /** Bytes that are fetched at least, so that small reads that follow each other are one request. Default 4 MiB. */
  readonly readAhead?: number | undefined;
}

/** Parts that are fetched ahead of one that is read straight through: a connection's delay is then waited for once. */
const AHEAD = 3;

/** Bytes of a file that is read as text: longer texts there are none. */
const MOST_TEXT = 2 ** 29;

/** What is known of a file. */
interface RemoteFile {
  readonly size: number;
  readonly version: string | null;
  /** All of it: a file no longer than the read-ahead, or one that the server gives only whole. */
  readonly bytes: Uint8Array | null;
}

/** A part of a file, from byte `start` up to `end`, that is here or on its way. */
interface Part {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly bytes: Promise<Uint8Array>;
}

/**
 * A folder behind an address. Files are read by range, some megabytes at a time, and ahead where they are read straight through; small ones, and all files of a server without ranges, are fetched
 * once and kept.
 */
export class HttpFiles implements FileSource {
  readonly name: string;
  readonly #http: Http;
  readonly #readAhead: number;
  readonly #files = new Map<string, Promise<RemoteFile | null>>();
  /** A file that is there: a server whose errors cannot be read is asked for it again to tell an absent file from a broken connection. */
  #known: string | null = null;
  /** Whether a file could be had only without asking for a range. */
  #wholly = false;
  /** The part that was read last, and those that follow it. */
  #parts: Part[] = [];

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
    const file = await this.#file(path);
    if (end > file.size) throw shortRead(this.#url(path), end, file.size);
    if (file.bytes) return file.bytes.slice(start, end);
    const read = new Uint8Array(end - start);
    for (let at = start; at < end;) {
      const part = this.#partAt(path, at, end, file);
      const bytes = await part.bytes;
      read.set(bytes.subarray(at - part.start, end - part.start), at - start);
      at = part.end;
    }
    return read;
  }

  /** The part that holds byte `at`, asked for where it is not on its way; where it follows the last one, with those that come next. */
  #partAt(path: string, at: number, end: number, file: RemoteFile): Part {
    let place = this.#parts.findIndex((part) => part.path === path && part.start <= at && at < part.end);
    const previous = this.#parts.at(-1);
    const follows = place > 0 || (previous?.path === path && previous.end === at);
    if (place < 0) {
      this.#parts = [this.#ask(path, at, Math.max(end, at + this.#readAhead), file)];
      place = 0;
    }
    this.#parts.splice(0, place);
    while (follows && this.#parts.length <= AHEAD && this.#parts.at(-1)!.end < file.size) {
      const next = this.#parts.at(-1)!.end;
      this.#parts.push(this.#ask(path, next, next + this.#readAhead, file));
    }
    return this.#parts[0]!;
  }

  #ask(path: string, start: number, wanted: number, { size, version }: RemoteFile): Part {
    const end = Math.min(wanted, size);
    const read = async (): Promise<Uint8Array> => {
      const found = await this.#http.read(this.#url(path), { start, end });
      if (!found) throw notFound(this.name, path);
      checkVersion(this.#url(path), version, found.version);
      if (found.bytes.length < end - start) throw shortRead(this.#url(path), end, start + found.bytes.length);
      return found.bytes;
    };
    const bytes = read();
    // Nobody may come for it; who does gets the error.
    bytes.catch(() => (this.#parts = this.#parts.filter((part) => part.bytes !== bytes)));
    return { path, start, end, bytes };
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
      read = await this.#begin(url, hidden ? 1 : undefined);
    } catch (error) {
      if (hidden && isSilent(error) && (await this.#isThere(this.#known!))) return null;
      throw error;
    }
    if (!read) return null;
    const { bytes, whole, version } = read;
    if (isFrontPage(bytes) && !/\.(html?|xml|svg)$/.test(path)) return null;
    this.#known ??= path;
    if (whole || bytes.length < this.#readAhead) return { size: bytes.length, version, bytes };
    const size = read.total ?? (await this.#sizeOf(url));
    if (size === bytes.length) return { size, version, bytes };
    this.#parts = [{ path, start: 0, end: bytes.length, bytes: Promise.resolve(bytes) }];
    return { size, version, bytes: null };
  }

  /**
   * The beginning of a file, or all of it: browsers ask for ranges unpacked, and drop the answer of a server that packs them all the same; without a
   * range they unpack it.
   */
  async #begin(url: string, retries?: number): ReturnType<Http['read']> {
    const [ofRange, ofAll] = this.#wholly ? [0, retries] : [retries, 0];
    try {
      return await this.#http.read(url, { start: 0, end: this.#readAhead }, ofRange);
    } catch (error) {
      if (!inBrowser() || !isSilent(error)) throw error;
      const all = await this.#http.read(url, undefined, ofAll).catch((second: unknown) => {
        throw isSilent(second) ? error : second;
      });
      this.#wholly = true;
      return all;
    }
  }

  async #isThere(path: string): Promise<boolean> {
    const url = this.#url(path);
    return (await (this.#wholly ? this.#begin(url) : this.#http.read(url, { start: 0, end: 1 }))) !== null;
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

/** Whether a read failed without an answer: such an error has a cause. */
function isSilent(error: unknown): boolean {
  return error instanceof MgrpoError && error.cause !== undefined;
}

/** Whether bytes are a page that a server shows for every address, whatever it calls its type. */
function isFrontPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype html|html|\?xml)[\s/>]/i.test(new TextDecoder().decode(bytes.subarray(0, 100)));
}

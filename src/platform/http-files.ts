// Folders behind an address, read with range requests.
import { MgrpoError } from '../errors.js';
import { decodeText, notFound, shortRead } from './files.js';
import type { FileSource } from './files.js';

/** The part of `fetch` that this package calls; pass your own for tests, proxies or authentication. */
export type Fetch = (input: string, init?: { method?: string; headers?: Record<string, string> }) => Promise<Response>;

/** Options of {@link HttpFiles}. */
export interface HttpFilesOptions {
  fetch?: Fetch;
  /** Sent with every request, for example `{ authorization: 'Bearer …' }`. */
  headers?: Record<string, string>;
}

/** A folder behind an address, read with HTTP range requests. Text is fetched once and kept; ranges are not. */
export class HttpFiles implements FileSource {
  readonly name: string;
  readonly #fetch: Fetch;
  readonly #headers: Record<string, string>;
  readonly #texts = new Map<string, Promise<Uint8Array | null>>();
  readonly #sizes = new Map<string, number>();

  constructor(url: string, options: HttpFilesOptions = {}) {
    this.name = url.replace(/\/+$/, '');
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#headers = options.headers ?? {};
  }

  async exists(path: string): Promise<boolean> {
    if (this.#sizes.has(path)) return true;
    // A one-byte range says as much as HEAD and also works where HEAD is not allowed.
    return (await this.#probe(path)) !== null;
  }

  async size(path: string): Promise<number> {
    const size = this.#sizes.get(path) ?? (await this.#probe(path));
    if (size === null) throw notFound(this.name, path);
    return size;
  }

  async readText(path: string): Promise<string> {
    let text = this.#texts.get(path);
    if (!text) {
      text = this.#request(path).then(async (response) => (response ? new Uint8Array(await this.#body(path, response)) : null));
      this.#texts.set(path, text);
      text.catch(() => this.#texts.delete(path));
    }
    const bytes = await text;
    if (!bytes) throw notFound(this.name, path);
    return decodeText(bytes, this.#url(path));
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array(0);
    const response = await this.#request(path, { range: `bytes=${start}-${end - 1}` });
    if (!response) throw notFound(this.name, path);
    if (response.status === 416) throw shortRead(this.#url(path), end, this.#sizes.get(path) ?? start);
    const bytes = new Uint8Array(await this.#body(path, response));
    // A server without ranges answers 200 with the whole file.
    const part = response.status === 206 ? bytes : bytes.subarray(start, end);
    if (part.length !== end - start) throw shortRead(this.#url(path), end, start + part.length);
    return part;
  }

  /** Size of the file, or null if there is none. */
  async #probe(path: string): Promise<number | null> {
    const response = await this.#request(path, { range: 'bytes=0-0' });
    if (!response) return null;
    const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
    let size: number;
    if ((response.status === 206 || response.status === 416) && total !== undefined) {
      size = Number(total);
      await response.body?.cancel();
    } else {
      size = (await this.#body(path, response)).byteLength;
    }
    this.#sizes.set(path, size);
    return size;
  }

  #url(path: string): string {
    return `${this.name}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  async #request(path: string, headers: Record<string, string> = {}): Promise<Response | null> {
    const url = this.#url(path);
    const response = await reach(this.#fetch, url, { headers: { ...this.#headers, ...headers } });
    if (response.status === 404) return null;
    if (!response.ok && response.status !== 416) throw httpError(url, response.status);
    return response;
  }

  #body(path: string, response: Response): Promise<ArrayBuffer> {
    return response.arrayBuffer().catch((error: unknown) => {
      throw unreachable(this.#url(path), error);
    });
  }
}

/** Calls `fetch` and turns a failure to connect into an error that names the address. @throws network */
export async function reach(fetch: Fetch, url: string, init?: Parameters<Fetch>[1]): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw unreachable(url, error);
  }
}

/** The error of a server that answers with a status other than success. */
export function httpError(url: string, status: number): MgrpoError {
  const wayOut =
    status === 401 || status === 403
      ? 'the file is private or gated: give a token with access to it'
      : status === 429
        ? 'the server asks to slow down: try again later'
        : 'try again later, or use a local folder';
  return new MgrpoError('network', `${url}: expected the file, got HTTP status ${status}; ${wayOut}`);
}

/** The error of an address that cannot be reached or a connection that broke. */
export function unreachable(url: string, error: unknown): MgrpoError {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause.message : null;
  const reason = inner ?? (error instanceof Error ? error.message : String(error));
  return new MgrpoError('network', `${url}: expected an answer, got ${reason}; check the connection, or use a local folder`, {
    cause: error,
  });
}

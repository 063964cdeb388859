// The one way to read over HTTP, whatever the server does: busy servers are asked again when they say so, silent ones are given up, a connection
// that breaks is taken up where it broke. HttpFiles and the hub's downloads stand on it.
//
// Not a library's retries (ky and its like): those repeat a request whole, and cannot go on in the middle of a body.
import { MgrpoError, reasonOf } from '../errors.js';
import { decodeText } from './files.js';
import { inTime } from './in-time.js';

/** The part of `fetch` that this package calls; pass your own for tests, proxies or authentication. */
export type Fetch = (
  input: string,
  init?: { method?: string; headers?: Record<string, string>; signal?: AbortSignal },
) => Promise<Response>;

/** How a server is asked. */
export interface HttpOptions {
  readonly fetch?: Fetch | undefined;
  /** Sent with every request, for example `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds without a byte after which a connection is given up. Default 30,000. */
  readonly timeout?: number | undefined;
  /** Times that a request which brought no byte is repeated; each wait is twice the one before. Default 4. */
  readonly retries?: number | undefined;
  /** Milliseconds before the first repetition. Default 500. */
  readonly retryDelay?: number | undefined;
  /** Bytes that are read into memory at once, at most: a server may send without end. Default 4 GiB; lists of a hub have 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** Ends a read with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A file on its way. */
export interface HttpBody {
  /** Length of the whole file in bytes; null where the server does not say (or the page may not see it). */
  readonly total: number | null;
  /** Whether the server gives the file only as a whole, from byte 0, whatever range was asked for. */
  readonly whole: boolean;
  /** What the server calls this version of the file (ETag), else when it was changed last; null where it says neither. */
  readonly version: string | null;
  /** The bytes, to be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A part of a file: from byte `start` up to `end`, which is not in it; without `end`, all that follows. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** Statuses of a server that may answer when it is asked again. */
const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);
/** The longest wait in milliseconds that a server can ask for (Retry-After). */
const LONGEST_WAIT = 120_000;
/** Bytes that a connection must have brought before it broke, or before it fell silent, not to count as one that brought nothing. */
const WORTH_BREAK = 2 ** 14;
const WORTH_SILENCE = 2 ** 20;
const MOST_BYTES = 2 ** 32;
/** Bytes of a list. */
const MOST_LISTED = 2 ** 26;

/** Reads files from servers. */
export class Http {
  readonly #fetch: Fetch;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;
  readonly #retries: number;
  readonly #retryDelay: number;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;

  constructor(options: HttpOptions = {}) {
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#headers = options.headers ?? {};
    this.#timeout = options.timeout ?? 30_000;
    this.#retries = options.retries ?? 4;
    this.#retryDelay = options.retryDelay ?? 500;
    this.#maxBytes = options.maxBytes ?? MOST_BYTES;
    this.#signal = options.signal;
  }

  /**
   * Opens a file, or a part of it; null where there is none. A page of HTML in place of another file is none: so do servers answer that show
   * their front page for every address.
   * @param retries in place of the options' for the first answer
   * @throws MgrpoError `network` where the server refuses or cannot be reached
   */
  async open(url: string, range?: ByteRange, retries: number = this.#retries): Promise<HttpBody | null> {
    let answer = await this.#askFor(url, range, retries);
    if (answer.status === 404 || answer.status === 410 || isFrontPage(url, answer)) {
      await answer.drop();
      return null;
    }
    const packed = answer.headers.get('content-encoding') ?? 'identity';
    if (answer.status === 206 && packed !== 'identity') {
      // A range of the packed bytes is of no use.
      await answer.drop();
      answer = await this.#askFor(url, undefined, retries);
    }
    const whole = answer.status !== 206 && answer.status !== 416;
    return { total: totalOf(answer, range), whole, version: versionOf(answer), chunks: this.#chunks(url, range, answer) };
  }

  /** As {@link open}, but the bytes at once. @param most bytes */
  async read(
    url: string,
    range?: ByteRange,
    retries?: number,
    most: number = this.#maxBytes,
  ): Promise<(HttpBody & { readonly bytes: Uint8Array }) | null> {
    const body = await this.open(url, range, retries);
    if (!body) return null;
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of body.chunks) {
      if ((length += part.length) > most) throw tooLong(url, most);
      parts.push(part);
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { ...body, total: body.whole ? bytes.length : body.total, bytes };
  }

  /** The JSON of an address, which is a list of some kind; null where there is none. */
  async readList(url: string): Promise<unknown> {
    const found = await this.read(url, undefined, undefined, Math.min(this.#maxBytes, MOST_LISTED));
    if (!found) return null;
    try {
      return JSON.parse(decodeText(found.bytes, url)) as unknown;
    } catch (cause) {
      throw new MgrpoError('network', `${url}: expected JSON, got other text; check the address of the hub`, { cause });
    }
  }

  /** As `fetch` with the same patience, for libraries that take one; the answer is read whole, whatever its status. */
  readonly fetch: typeof globalThis.fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const headers = { ...this.#headers, ...Object.fromEntries(request.headers) };
    const answer = await this.#ask(request.url, headers, this.#retries, () => true);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const most = Math.min(this.#maxBytes, MOST_LISTED);
    let length = 0;
    try {
      for (let part = await answer.next(); part; part = await answer.next()) {
        if ((length += part.length) > most) throw tooLong(request.url, most);
        parts.push(part as Uint8Array<ArrayBuffer>);
      }
    } catch (error) {
      throw error instanceof MgrpoError ? error : unreachable(request.url, error);
    } finally {
      await answer.drop();
    }
    const { status } = answer;
    return new Response(new Blob(parts), { status, headers: answer.headers });
  };

  /** The body of an answer; where the connection breaks, or gives less than it has, of further answers that go on there. */
  async *#chunks(url: string, range: ByteRange | undefined, first: Answer): AsyncGenerator<Uint8Array> {
    let answer = first;
    const start = answer.status === 206 ? range!.start : 0;
    const total = totalOf(answer, range);
    const last = Math.min(answer.status === 206 ? (range?.end ?? Infinity) : Infinity, total ?? Infinity);
    const version = versionOf(answer);
    let given = 0;
    let failures = 0;
    for (;;) {
      // An answer without ranges begins again from byte 0: what was given is passed over.
      let skip = answer.status === 206 ? 0 : given;
      const before = given;
      try {
        if (answer.status === 416) return await answer.drop();
        for (let part = await answer.next(); part; part = await answer.next()) {
          const rest = part.subarray(Math.min(skip, part.length));
          skip -= part.length - rest.length;
          if (rest.length === 0) continue;
          given += rest.length;
          if (answer.status === 206 && given > last - start) throw tooLong(url, last - start);
          yield rest;
        }
        // Some servers give no more than so much of a range.
        if (total === null || given === before || start + given >= last) return;
      } catch (error) {
        this.#signal?.throwIfAborted();
        if (error instanceof MgrpoError) throw error;
        if (given - before >= (error instanceof Silence ? WORTH_SILENCE : WORTH_BREAK)) failures = 0;
        if (++failures > this.#retries) throw unreachable(url, error);
        await this.#wait(this.#delay(failures));
      } finally {
        await answer.drop();
      }
      if (start + given >= last) return;
      const left = { start: start + given, ...(range?.end !== undefined && { end: range.end }) };
      answer = await this.#askFor(url, first.status === 206 || given > 0 ? left : undefined, this.#retries);
      if (answer.status === 404 || answer.status === 410) throw httpError(url, answer.status);
      if (answer.ok) checkVersion(url, version, versionOf(answer));
    }
  }

  /** One answer that can be used: success, absent, or past the end. */
  async #askFor(url: string, range: ByteRange | undefined, retries: number): Promise<Answer> {
    const { start, end } = range ?? {};
    const headers = { ...this.#headers, ...(range && { range: `bytes=${start}-${end === undefined ? '' : end - 1}` }) };
    const answer = await this.#ask(url, headers, retries, (status) => [404, 410, 416].includes(status));
    const part = /^bytes (\d+)-/.exec(answer.headers.get('content-range') ?? '')?.[1];
    const isOther = answer.status === 206 && (!range || (part !== undefined && Number(part) !== start));
    if (!isOther) return answer;
    await answer.drop();
    const asked = range ? `bytes from ${start} on` : 'the whole file';
    throw new MgrpoError('network', `${url}: expected ${asked}, got another part; use another server, or a local folder`);
  }

  /** An answer of success, or of a status that is expected; a busy server is asked again. */
  async #ask(
    url: string,
    headers: Record<string, string>,
    retries: number,
    isExpected: (status: number) => boolean,
  ): Promise<Answer> {
    for (let failures = 1; ; failures++) {
      this.#signal?.throwIfAborted();
      const last = failures > retries;
      let wait = this.#delay(failures);
      try {
        const answer = await Answer.of(this.#fetch, url, headers, this.#timeout, this.#signal);
        const asked = retryAfter(answer.headers.get('retry-after')) ?? 0;
        const final = !BUSY.has(answer.status) || last || asked > LONGEST_WAIT;
        if (answer.ok || (final && isExpected(answer.status))) return answer;
        await answer.drop();
        if (final) throw httpError(url, answer.status);
        wait = Math.max(wait, asked);
      } catch (error) {
        this.#signal?.throwIfAborted();
        if (error instanceof MgrpoError) throw error;
        if (last) throw unreachable(url, error);
      }
      await this.#wait(wait);
    }
  }

  #delay(failures: number): number {
    return this.#retryDelay * 2 ** (failures - 1);
  }

  async #wait(milliseconds: number): Promise<void> {
    const signal = this.#signal;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener('abort', done);
    });
    signal?.throwIfAborted();
  }
}

/** A response that is given up where no byte comes in time. */
class Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly #response: Response;
  readonly #stop: AbortController;
  readonly #timeout: number;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;

  private constructor(response: Response, stop: AbortController, timeout: number) {
    this.#response = response;
    this.#stop = stop;
    this.#timeout = timeout;
    this.status = response.status;
    this.ok = response.ok;
  }

  static async of(
    fetch: Fetch,
    url: string,
    headers: Record<string, string>,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const stop = new AbortController();
    const sent = fetch(url, { headers, signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal });
    return new Answer(await inTime(sent, timeout, () => new Silence(timeout), stop), stop, timeout);
  }

  get headers(): Headers {
    return this.#response.headers;
  }

  /** The next bytes, or null at the end. */
  async next(): Promise<Uint8Array | null> {
    if (!this.#response.body) return null;
    this.#reader ??= this.#response.body.getReader();
    const { done, value } = await inTime(this.#reader.read(), this.#timeout, () => new Silence(this.#timeout), this.#stop);
    return done ? null : value;
  }

  /** Gives up what has not come. */
  async drop(): Promise<void> {
    await (this.#reader ?? this.#response.body)?.cancel().catch(() => undefined);
  }
}

function isFrontPage(url: string, answer: Answer): boolean {
  const isPage = (answer.headers.get('content-type') ?? '').startsWith('text/html');
  return answer.ok && isPage && !/\.html?$/.test(new URL(url, 'http://localhost').pathname);
}

/** Length of the whole file as the answer's head gives it. */
function totalOf(answer: Answer, range: ByteRange | undefined): number | null {
  const [, end = '-1', size] = /^bytes (?:\d+-(\d+)|\*)\/(\d+)$/.exec(answer.headers.get('content-range') ?? '') ?? [];
  const total = Number(size);
  if (Number.isSafeInteger(total) && total > Number(end)) return total;
  // A page may not see content-range of another origin, but content-length: of all that follows, it gives the end.
  const length = answer.headers.get('content-length');
  const packed = answer.headers.get('content-encoding') ?? 'identity';
  if (answer.status === 206 && range?.end === undefined && /^\d+$/.test(length ?? '') && packed === 'identity')
    return range!.start + Number(length);
  return null;
}

/** What the server calls the version of the file that it gives; packed bytes have a name of their own, which says nothing. */
function versionOf({ headers }: Answer): string | null {
  if ((headers.get('content-encoding') ?? 'identity') !== 'identity') return null;
  return headers.get('etag')?.replace(/^W\//, '') ?? headers.get('last-modified');
}

/** @throws MgrpoError `network` where two parts are of different versions of a file, as far as the server tells */
export function checkVersion(url: string, first: string | null, now: string | null): void {
  if (first === null || now === null || first === now) return;
  throw new MgrpoError(
    'network',
    `${url}: expected the file that was there at first (version ${first}), got another (${now}): it was replaced meanwhile; load it again`,
  );
}

/** Milliseconds that a Retry-After header asks to wait: it holds seconds or a date. */
function retryAfter(header: string | null): number | null {
  if (header === null) return null;
  const milliseconds = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(milliseconds, 0) : null;
}

/** The error of a server that sends more than it may. */
export function tooLong(url: string, most: number): MgrpoError {
  return new MgrpoError('network', `${url}: expected at most ${most} bytes, got more; use another server, or a local folder`);
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
  const reason = inner ?? reasonOf(error);
  const wayOut = isForeign(url)
    ? 'check the connection, and that the server lets pages of other origins read it (Access-Control-Allow-Origin)'
    : 'check the connection, or use a local folder';
  return new MgrpoError('network', `${url}: expected an answer, got ${reason}; ${wayOut}`, { cause: error });
}

/** Whether this runs in a page or a worker of one. */
export function inBrowser(): boolean {
  return (globalThis as { location?: object }).location !== undefined;
}

/** Whether this runs in a page of another origin, to which a browser tells little of what goes wrong. */
export function isForeign(url: string): boolean {
  const { location } = globalThis as { location?: { origin: string; href: string } };
  return location !== undefined && new URL(url, location.href).origin !== location.origin;
}

/** A connection without a byte for too long. */
class Silence extends Error {
  constructor(milliseconds: number) {
    super(`nothing for ${milliseconds / 1000} s`);
  }
}

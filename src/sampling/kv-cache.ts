// Keys and values of tokens that a decoder has seen, in rows that outlive a call. Rows are shared: a prompt's by its samples, a finished
// text's by whatever goes on from it. A row is free again when its last user has given it back.
import { MgrpoError, check } from '../errors.js';
import { BYTES, type Tensor } from '../ops/tensor.js';
import type { Decoder, KvTensors } from '../nn/decoder.js';
import type { Pool } from '../ops/pool.js';

/** A cache row that holds nothing. */
export const NO_ROW = 0xffffffff;

/** Bytes of one row in all layers. */
export function rowBytes({ config: c, kvCacheDtype }: Decoder): number {
  return 2 * BYTES[kvCacheDtype] * c.numLayers * c.numKvHeads * c.headDim;
}

/** Most rows that the device can bind. */
export function maxRows({ device, config: c, kvCacheDtype }: Decoder): number {
  return Math.floor(device.limits.maxBinding / (BYTES[kvCacheDtype] * c.numKvHeads * c.headDim));
}

/** A start of texts whose keys and values are in a cache: a handle on its rows, until it is released. */
export class CachedPrefix {
  readonly cache: KvCache;
  /** Its token ids. */
  readonly ids: Uint32Array;
  /** Cache row of each. */
  readonly rows: Uint32Array;
  /** Which weights computed it; see `Parameters.version`. */
  readonly version: number;
  #held = true;

  /** @param rows one per id; the handle is one more user of them */
  constructor(cache: KvCache, ids: Uint32Array, rows: Uint32Array) {
    [this.cache, this.ids, this.rows] = [cache, ids, cache.share(rows)];
    this.version = cache.decoder.trained.version;
  }

  /** Whether the rows are still there: not released, and of the present weights. */
  get usable(): boolean {
    return this.#held && this.version === this.cache.decoder.trained.version;
  }

  /** Gives the rows back. */
  release(): void {
    if (this.#held) this.cache.give(this.rows);
    this.#held = false;
  }
}

/** Rows for keys and values of one decoder. */
export class KvCache implements KvTensors {
  readonly decoder: Decoder;
  /** Rows in all. */
  readonly capacity: number;
  /** [rows, kvHeads, headDim] per layer in the decoder’s `kvCacheDtype`. */
  readonly k: readonly Tensor[];
  readonly v: readonly Tensor[];
  readonly #pool: Pool;
  /** Users of each row. */
  readonly #users: Uint32Array;
  readonly #free: number[];
  #open = true;

  /**
   * @param capacity rows: one per token that is kept at a time
   * @throws MgrpoError `device_limit` where the device cannot bind so many
   */
  constructor(decoder: Decoder, capacity: number) {
    const { numLayers, numKvHeads, headDim } = decoder.config;
    check(Number.isInteger(capacity) && capacity > 0, `KvCache: expected a whole number of rows ≥ 1, got ${capacity}`);
    if (capacity > maxRows(decoder)) {
      throw new MgrpoError(
        'device_limit',
        `KvCache: expected at most ${maxRows(decoder)} rows (${decoder.device.limits.maxBinding} bytes per layer), got ${capacity}; keep fewer tokens`,
      );
    }
    this.decoder = decoder;
    this.capacity = capacity;
    this.#pool = decoder.leases.take('kv');
    const shape = [capacity, numKvHeads, headDim];
    const tensors = (name: string): Tensor[] =>
      Array.from({ length: numLayers }, (_, i) => this.#pool.get(`${name}.${i}`, shape, decoder.kvCacheDtype));
    [this.k, this.v] = [tensors('k'), tensors('v')];
    this.#users = new Uint32Array(capacity);
    this.#free = Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
  }

  /** Rows that nobody uses. */
  get available(): number {
    return this.#free.length;
  }

  /** Rows for new tokens, with one user. */
  take(count: number): Uint32Array {
    check(
      this.#open && count <= this.available,
      `KvCache: expected at most ${this.available} free rows to be taken, got ${count}`,
    );
    return Uint32Array.from({ length: count }, () => {
      const row = this.#free.pop()!;
      this.#users[row] = 1;
      return row;
    });
  }

  /** One more user for rows in use. */
  share(rows: Uint32Array): Uint32Array {
    for (const row of rows) this.#users[row]!++;
    return rows;
  }

  /** One user fewer; rows without users are free. */
  give(rows: Uint32Array): void {
    for (let i = rows.length - 1; i >= 0; i--) if (--this.#users[rows[i]!]! === 0) this.#free.push(rows[i]!);
  }

  /** Gives the memory back; prefixes of this cache can no longer be used. */
  free(): void {
    if (this.#open) this.decoder.leases.give('kv', this.#pool);
    this.#open = false;
    this.#free.length = 0;
  }
}

// Completions, many at a time. A prompt is prefilled once for all its samples, whose cache entries point at the same rows; slots that finish
// are refilled; decoding runs several steps between two looks of the host, with the stop test on the device.
import type { SamplingSettings } from '../config/sampling.js';
import { MgrpoError, check } from '../errors.js';
import type { Recorder } from '../ops/device.js';
import type { Decoder } from '../nn/decoder.js';
import type { Pool } from '../ops/pool.js';
import { CachedPrefix, KvCache, maxRows, rowBytes } from './kv-cache.js';
import { prefill } from './prefill.js';
import { SlotTables, type Group, type Slot, type SlotSettings } from './slots.js';

/** What is to be completed: one prompt, several samples. */
export interface GenerateRequest {
  /** Token ids; at least one. */
  readonly prompt: ArrayLike<number>;
  /** One random stream per sample: the sample's number in the run. Equal streams give equal samples. */
  readonly streams: readonly number[];
  /** A cached text that the prompt starts with, or has a start in common with: only the rest is prefilled. It stays the caller's. */
  readonly prefix?: CachedPrefix | undefined;
}

/** A finished sample. */
export interface Generated {
  /** Ids up to and including the first stop id. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** f32 log-probability of each id under softmax(logits / temperature), before any filter; at temperature 0, of the plain softmax. */
  readonly logps: Float32Array<ArrayBuffer>;
  /** Whether it was cut at the length limit. */
  readonly truncated: boolean;
  /** With `keep`: prompt and completion but its last id, in the cache. The caller releases it. */
  readonly cached?: CachedPrefix;
}

/** Settings of {@link generate}. */
export interface GenerateOptions extends SamplingSettings {
  readonly maxCompletionLength: number;
  /** Ids that end a completion. */
  readonly eosIds: ReadonlySet<number>;
  readonly seed: number;
  /** Samples that run at a time (default 64); bounded by the rows of the cache. */
  readonly maxSlots?: number;
  /** Where keys and values are kept; default: a cache that lasts as long as the call. */
  readonly cache?: KvCache | undefined;
  /** Keep finished samples in `cache` (default false). */
  readonly keep?: boolean;
  /** Upper bound in bytes of a cache that is made for the call (default 2 GiB). */
  readonly maxCacheBytes?: number;
  /** Decoding steps between two looks at what was drawn (default 16). */
  readonly stepsPerSubmit?: number;
  /** Prompt tokens that are prefilled together (default 2048). */
  readonly prefillTokens?: number;
  /** Called after each look: samples finished and in all, tokens so far. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly tokens: number }) => void;
  /** Gets the ids that a sample has so far, each time that some were added. */
  readonly onTokens?: ((sample: number, ids: readonly number[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_SLOTS = 64;
const DEFAULT_CACHE_BYTES = 2 ** 31;
const DEFAULT_STEPS = 16;
const DEFAULT_PREFILL = 2048;

/**
 * Samples completions. What a sample becomes depends on its prompt, its stream and the seed alone, not on its slot or its neighbours.
 * @returns the samples of all requests in order, request by request
 * @throws MgrpoError where a prompt and its completion do not fit the model's context or the cache
 */
export async function generate(
  decoder: Decoder,
  requests: readonly GenerateRequest[],
  options: GenerateOptions,
): Promise<Generated[]> {
  const asked = requests.filter(({ streams }) => streams.length > 0);
  if (asked.length === 0) return [];
  checkRequests(decoder, asked, options);
  const { run, free } = prepare(decoder, asked, options);
  try {
    return await run.finish();
  } finally {
    run.close();
    free();
  }
}

/** Begins what {@link generate} does, up to the first draw: on a device that only counts, all the memory that it needs. */
export function rehearse(decoder: Decoder, requests: readonly GenerateRequest[], options: GenerateOptions): void {
  const { run, free } = prepare(decoder, requests, options);
  run.begin();
  run.close();
  free();
}

/** A generation with its memory. */
function prepare(
  decoder: Decoder,
  requests: readonly GenerateRequest[],
  options: GenerateOptions,
): { readonly run: Generation; readonly free: () => void } {
  const { cacheRows, slotCount } = planRows(decoder, requests, options);
  const cache = options.cache ?? new KvCache(decoder, cacheRows);
  const pool = decoder.leases.take('sampling');
  const free = (): void => {
    decoder.leases.give('sampling', pool);
    if (!options.cache) cache.free();
  };
  try {
    return { run: new Generation(decoder, requests, options, { cache, pool, slotCount }), free };
  } catch (error) {
    free();
    throw error;
  }
}

/** Tokens of a request's prompt that its prefix has in the cache; the last one is fed in by each sample. */
function cachedLength({ prompt, prefix }: GenerateRequest): number {
  const most = Math.min(prompt.length - 1, prefix?.ids.length ?? 0);
  let length = 0;
  while (length < most && prompt[length] === prefix!.ids[length]) length++;
  return length;
}

function longestPrompt(requests: readonly GenerateRequest[]): number {
  return requests.reduce((n, { prompt }) => Math.max(n, prompt.length), 0);
}

function checkRequests(decoder: Decoder, requests: readonly GenerateRequest[], options: GenerateOptions): void {
  const { cache, keep, maxCompletionLength: limit } = options;
  const { maxPositionEmbeddings: context } = decoder.config;
  check(
    requests.every(({ prompt }) => prompt.length > 0),
    'generate: expected at least one token in every prompt, got an empty one; start it with the tokenizer’s first special token',
  );
  check(!keep || cache, 'generate: expected a cache to keep samples in, got none; pass cache: new KvCache(decoder, rows)');
  check(!cache || cache.decoder === decoder, 'generate: expected a cache of this decoder, got that of another; make one for it');
  for (const request of requests) {
    const { prefix } = request;
    if (!prefix) continue;
    check(
      prefix.cache === cache,
      'generate: expected prefixes of options.cache, got one of another cache; pass the cache it is from',
    );
    check(
      prefix.usable,
      'generate: expected a prefix of the present weights that is not released, got one that is, or from before an update; leave it out',
    );
    check(
      request.prompt.length === 1 || cachedLength(request) > 0,
      'generate: expected a prompt that starts like its prefix, got one that differs at its first token; leave the prefix out',
    );
  }
  const longest = longestPrompt(requests);
  if (longest + limit > context) {
    throw new MgrpoError(
      'invalid_argument',
      `generate: expected at most ${context} tokens (max_position_embeddings) for prompt and completion together, got ` +
        `${longest} + ${limit}; use maxCompletionLength ${Math.max(context - longest, 0)} or less, or shorter prompts`,
    );
  }
}

/** How many samples can run at a time, and the cache rows that they take: each slot's own, and the prompts of the groups that are open. */
function planRows(
  decoder: Decoder,
  requests: readonly GenerateRequest[],
  options: GenerateOptions,
): { readonly slotCount: number; readonly cacheRows: number } {
  const { maxCompletionLength: limit, cache } = options;
  const perRow = rowBytes(decoder);
  const total = requests.reduce((n, { streams }) => n + streams.length, 0);
  const smallest = requests.reduce((n, { streams }) => Math.min(n, streams.length), Infinity);
  const longest = requests.reduce((n, request) => Math.max(n, request.prompt.length - 1 - cachedLength(request)), 0);
  const rowsFor = (slots: number): number =>
    slots * (limit + 1) + Math.min(requests.length, Math.ceil(slots / smallest) + 1) * longest;
  const bytes = options.maxCacheBytes ?? DEFAULT_CACHE_BYTES;
  const most = cache?.available ?? Math.min(Math.floor(bytes / perRow), maxRows(decoder));
  let slotCount = Math.min(options.maxSlots ?? DEFAULT_SLOTS, total);
  while (slotCount > 1 && rowsFor(slotCount) > most) slotCount--;
  const cacheRows = rowsFor(slotCount);
  if (cacheRows > most) {
    throw new MgrpoError(
      'device_limit',
      `generate: expected at most ${most} cached tokens (${Math.floor((most * perRow) / 2 ** 20)} MiB of keys and values), got ${cacheRows} ` +
        `for a single sample; use a smaller maxCompletionLength, shorter prompts, or ${cache ? 'a larger cache' : 'a larger maxCacheBytes'}`,
    );
  }
  return { slotCount, cacheRows };
}

/** One call of {@link generate}. */
class Generation {
  readonly #decoder: Decoder;
  readonly #requests: readonly GenerateRequest[];
  readonly #options: GenerateOptions;
  readonly #cache: KvCache;
  readonly #pool: Pool;
  readonly #slotCount: number;
  readonly #settings: SlotSettings;
  readonly #rec: Recorder;
  readonly #tables: SlotTables;
  readonly #results: Generated[] = [];
  /** Samples that are wanted. */
  readonly #total: number;
  #slots: Slot[] = [];
  /** The next sample: its request, its number there, and its place among the results. */
  readonly #next = { request: 0, sample: 0, index: 0 };
  #open: Group | undefined;
  /** Groups with samples that are not finished. */
  readonly #groups = new Set<Group>();
  #done = 0;
  #tokens = 0;

  constructor(
    decoder: Decoder,
    requests: readonly GenerateRequest[],
    options: GenerateOptions,
    { cache, pool, slotCount }: { readonly cache: KvCache; readonly pool: Pool; readonly slotCount: number },
  ) {
    [this.#decoder, this.#requests, this.#options] = [decoder, requests, options];
    [this.#cache, this.#pool, this.#slotCount] = [cache, pool, slotCount];
    const { maxCompletionLength: limit } = options;
    this.#total = requests.reduce((n, { streams }) => n + streams.length, 0);
    this.#settings = { ...options, limit, maxContext: longestPrompt(requests) + limit };
    this.#rec = decoder.device.recorder();
    this.#tables = new SlotTables(this.#rec, decoder, cache, pool, this.#settings);
  }

  /** Prefills the first samples and records their first step. */
  begin(): void {
    this.#admit();
    this.#tables.load(this.#rec, this.#slots);
    this.#tables.step(this.#rec);
    this.#rec.submit();
  }

  /** Runs until all samples are done. */
  async finish(): Promise<Generated[]> {
    const { signal, onProgress } = this.#options;
    const total = this.#total;
    while (this.#done < total) {
      signal?.throwIfAborted();
      this.#admit();
      this.#tables.load(this.#rec, this.#slots);
      // Several looks before the tables are made again, as long as few slots have finished.
      for (let active: boolean[] = []; !this.#worthRefilling(active);) {
        active = await this.#advance();
        const finished = active.filter((is) => !is).length;
        onProgress?.({ done: this.#done + finished, total, tokens: this.#tokens });
        signal?.throwIfAborted();
        if (this.#worthRefilling(active)) this.#retire(active);
      }
    }
    return this.#results;
  }

  /** Gives back the rows of what did not finish; all of them where a sample is missing, for then nobody gets the others. */
  close(): void {
    if (this.#done < this.#total) for (const result of Object.values(this.#results)) result.cached?.release();
    for (const { rows } of this.#slots.splice(0)) this.#cache.give(rows);
    for (const { rows } of this.#groups) this.#cache.give(rows);
    this.#groups.clear();
  }

  /** Fills free slots in request order, and prefills the prompts of new groups together. */
  #admit(): void {
    const fresh: Group[] = [];
    while (this.#slots.length < this.#slotCount && this.#next.request < this.#requests.length) {
      const slot = this.#nextSlot(fresh);
      if (!slot) break;
      this.#slots.push(slot);
    }
    if (this.#slots.length === 0) {
      throw new MgrpoError(
        'device_limit',
        `generate: expected room for the next sample in the cache, got ${this.#cache.available} free rows of ${this.#cache.capacity}; ` +
          'release kept prefixes, or make a larger cache',
      );
    }
    const tokens = this.#options.prefillTokens ?? DEFAULT_PREFILL;
    prefill(this.#rec, this.#decoder, this.#cache, this.#pool, fresh, tokens);
  }

  /** The next sample, or nothing where the cache has no room for it. Its group is added to `fresh` where it is new. */
  #nextSlot(fresh: Group[]): Slot | undefined {
    const request = this.#requests[this.#next.request]!;
    const { maxCompletionLength: limit } = this.#options;
    const cached = this.#open ? 0 : cachedLength(request);
    const missing = this.#open ? 0 : request.prompt.length - 1 - cached;
    if (this.#cache.available < missing + limit + 1) return undefined;
    if (!this.#open) {
      const shared = this.#cache.share(request.prefix?.rows.slice(0, cached) ?? new Uint32Array(0));
      const rows = Uint32Array.from([...shared, ...this.#cache.take(missing)]);
      this.#open = { prompt: request.prompt, rows, cached, unfinished: request.streams.length };
      this.#groups.add(this.#open);
      if (missing > 0) fresh.push(this.#open);
    }
    const slot: Slot = {
      group: this.#open,
      index: this.#next.index++,
      stream: request.streams[this.#next.sample++]!,
      rows: this.#cache.take(limit + 1),
      ids: [],
      logps: [],
    };
    if (this.#next.sample === request.streams.length) {
      this.#next.request++;
      this.#next.sample = 0;
      this.#open = undefined;
    }
    return slot;
  }

  /** Runs some steps and looks at what they drew. @returns which slots are still active */
  async #advance(): Promise<boolean[]> {
    const { maxCompletionLength: limit, stepsPerSubmit = DEFAULT_STEPS } = this.#options;
    const left = Math.max(...this.#slots.map(({ ids }) => limit - ids.length));
    const steps = Math.max(Math.min(stepsPerSubmit, left), 1);
    // Each step is handed over by itself: the device works on it while the next one is recorded.
    for (let i = 0; i < steps; i++) {
      this.#tables.step(this.#rec);
      this.#rec.submit();
    }
    const drawn = (): number => this.#slots.reduce((n, { ids }) => n + ids.length, 0);
    const before = drawn();
    const active = await this.#tables.collect(this.#slots);
    this.#tokens += drawn() - before;
    for (const { index, ids } of this.#slots) this.#options.onTokens?.(index, ids);
    return active;
  }

  /** Whether enough slots have finished to make the tables again. */
  #worthRefilling(active: readonly boolean[]): boolean {
    const finished = active.filter((is) => !is).length;
    const waiting = this.#next.request < this.#requests.length;
    return finished > 0 && (finished === active.length || waiting || finished * 4 >= active.length);
  }

  /** Turns finished slots into results. */
  #retire(active: readonly boolean[]): void {
    const finished = this.#slots.filter((_, i) => !active[i]);
    this.#slots = this.#slots.filter((_, i) => active[i]);
    for (const slot of finished) {
      const ids = Uint32Array.from(slot.ids);
      const truncated = !this.#options.eosIds.has(ids[ids.length - 1]!);
      const cached = this.#options.keep ? this.#prefixOf(slot) : undefined;
      this.#results[slot.index] = { ids, logps: Float32Array.from(slot.logps), truncated, ...(cached && { cached }) };
      this.#giveRows(slot);
      this.#done++;
    }
  }

  /** Prompt and completion of a slot but for its last id, which was never fed in. */
  #prefixOf({ group, rows, ids }: Slot): CachedPrefix {
    const text = Uint32Array.from([...Array.from(group.prompt), ...ids.slice(0, -1)]);
    return new CachedPrefix(this.#cache, text, Uint32Array.from([...group.rows, ...rows.slice(0, ids.length)]));
  }

  #giveRows({ group, rows }: Slot): void {
    this.#cache.give(rows);
    if (--group.unfinished > 0) return;
    this.#cache.give(group.rows);
    this.#groups.delete(group);
  }
}

import { MgrpoError, check } from '../errors.js';
import type { Tensor } from '../gpu/tensor.js';
import { advance, DECODE_FIELDS, decodeState, sample, type DecodeField } from '../kernels/sampling.js';
import { pack } from '../nn/batch.js';
import type { Decoder } from '../nn/decoder.js';

/** What is to be completed: one prompt, several samples. */
export interface GenerateRequest {
  /** Token ids; at least one. */
  readonly prompt: ArrayLike<number>;
  /** One random stream per sample: the sample's number in the run. Equal streams give equal samples. */
  readonly streams: readonly number[];
}

/** A finished sample. */
export interface Generated {
  /** Ids up to and including the first stop id. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** f32 log-probability of each id under softmax(logits / temperature), before any filter; at temperature 0, of the plain softmax. */
  readonly logps: Float32Array<ArrayBuffer>;
  /** Whether it was cut at the length limit. */
  readonly truncated: boolean;
}

/** How tokens are drawn, in transformers' order: repetition penalty, temperature, top-k, top-p, min-p. */
export interface SamplingSettings {
  /** Divides the logits; 0: greedy. */
  readonly temperature: number;
  /** Default 0: off. */
  readonly topK?: number;
  /** Default 1: off. */
  readonly topP?: number;
  /** Default null: off. */
  readonly minP?: number | null;
  /** Default 1: off. */
  readonly repetitionPenalty?: number;
}

/** Settings of {@link generate}. */
export interface GenerateOptions extends SamplingSettings {
  readonly maxCompletionLength: number;
  /** Ids that end a completion. */
  readonly eosIds: ReadonlySet<number>;
  readonly seed: number;
  /** Samples that run at a time (default 64); bounded by `maxCacheBytes`. */
  readonly maxSlots?: number;
  /** Upper bound in bytes of the key/value cache (default 2 GiB). */
  readonly maxCacheBytes?: number;
  /** Decoding steps per submission (default 16). */
  readonly stepsPerSubmit?: number;
  /** Prompt tokens that are prefilled together (default 2048). */
  readonly prefillTokens?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly tokens: number }) => void;
  /** Gets the ids that a sample has so far, each time that some were added. */
  readonly onTokens?: ((sample: number, ids: readonly number[]) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A cache row that holds nothing. */
const NO_ROW = 0xffffffff;

/** A prompt in the cache, shared by its samples. */
interface Group {
  readonly prompt: ArrayLike<number>;
  /** Cache rows of all prompt tokens but the last, which each sample feeds in itself. */
  readonly rows: Uint32Array;
  unfinished: number;
}

/** A sample that is being decoded. */
interface Slot {
  readonly group: Group;
  readonly index: number;
  readonly stream: number;
  /** Cache rows of its own tokens: the prompt's last one and its completion. */
  readonly rows: Uint32Array;
  readonly ids: number[];
  readonly logps: number[];
}

/** A free list of cache rows. */
class RowPool {
  readonly #free: number[];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, i) => count - 1 - i);
  }

  get available(): number {
    return this.#free.length;
  }

  take(count: number): Uint32Array {
    const rows = Uint32Array.from({ length: count }, () => this.#free.pop()!);
    return rows;
  }

  give(rows: Uint32Array): void {
    for (let i = rows.length - 1; i >= 0; i--) this.#free.push(rows[i]!);
  }
}

/**
 * Samples completions, many at a time. A prompt is prefilled once for all its samples, whose cache entries point at the same rows;
 * slots that finish are refilled; decoding runs several steps per submission with the stop test on the device. What a sample becomes
 * depends on its prompt, its stream and the seed alone, not on its slot or its neighbours.
 * @returns the samples of all requests in order, request by request
 * @throws MgrpoError where a prompt and its completion do not fit the model's context or the cache
 */
export async function generate(
  decoder: Decoder,
  requests: readonly GenerateRequest[],
  options: GenerateOptions,
): Promise<Generated[]> {
  const { gpu, config } = decoder;
  const { maxCompletionLength: limit } = options;
  const total = requests.reduce((n, r) => n + r.streams.length, 0);
  const results = new Array<Generated>(total);
  if (total === 0) return results;
  const longest = requests.reduce((n, r) => Math.max(n, r.prompt.length), 0);
  check(
    requests.every(({ prompt }) => prompt.length > 0),
    'generate: expected at least one token in every prompt, got an empty one; start it with the tokenizer’s first special token',
  );
  const maxContext = longest + limit;
  if (maxContext > config.maxPositionEmbeddings) {
    throw new MgrpoError(
      'invalid_argument',
      `generate: expected at most ${config.maxPositionEmbeddings} tokens (max_position_embeddings) for prompt and completion together, got ` +
        `${longest} + ${limit}; use maxCompletionLength ${Math.max(config.maxPositionEmbeddings - longest, 0)} or less, or shorter prompts`,
    );
  }

  // Rows: each slot's own ones, and the prompts of as many groups as can be open at a time.
  const perRow = 2 * 4 * config.numLayers * config.numKvHeads * config.headDim;
  const smallest = requests.reduce((n, r) => Math.min(n, Math.max(r.streams.length, 1)), Infinity);
  const rowsFor = (slots: number): number =>
    slots * (limit + 1) + Math.min(requests.length, Math.ceil(slots / smallest) + 1) * Math.max(longest - 1, 0);
  const perLayerLimit = Math.floor(gpu.maxBinding / (4 * config.numKvHeads * config.headDim));
  const maxRows = Math.min(Math.floor((options.maxCacheBytes ?? 2 ** 31) / perRow), perLayerLimit);
  let slotCount = Math.min(options.maxSlots ?? 64, total);
  while (slotCount > 1 && rowsFor(slotCount) > maxRows) slotCount--;
  const cacheRows = rowsFor(slotCount);
  if (cacheRows > maxRows) {
    throw new MgrpoError(
      'device_limit',
      `generate: expected at most ${maxRows} cached tokens (${Math.floor((maxRows * perRow) / 2 ** 20)} MiB of keys and values), got ${cacheRows} ` +
        `for a single sample; use a smaller maxCompletionLength, shorter prompts, or a larger maxCacheBytes`,
    );
  }
  const cache = (name: string): Tensor[] =>
    Array.from({ length: config.numLayers }, (_, i) =>
      gpu.scratch(`kv.${name}.${i}`, [cacheRows, config.numKvHeads, config.headDim]),
    );
  const [k, v] = [cache('k'), cache('v')];
  const pool = new RowPool(cacheRows);

  const recorder = gpu.recorder();
  const memory = decoder.leases.take('sampling');
  const put = (name: string, data: Uint32Array<ArrayBuffer>): Tensor => {
    const t = gpu.scratch(`slots.${name}`, [Math.max(data.length, 1)], 'u32');
    recorder.write(t, data);
    return t;
  };
  const eos = put('eos', Uint32Array.from(options.eosIds.size > 0 ? options.eosIds : [NO_ROW]));
  const seed: [number, number] = [options.seed >>> 0, Math.floor(options.seed / 2 ** 32) >>> 0];

  let slots: Slot[] = [];
  let nextRequest = 0;
  let nextSample = 0;
  let open: Group | undefined;
  let index = 0;
  let done = 0;
  let tokens = 0;

  /** Fills free slots in request order; prefills the prompts of new groups together. */
  const admit = (): void => {
    const fresh: Group[] = [];
    let fill = 0;
    while (slots.length < slotCount && nextRequest < requests.length) {
      const request = requests[nextRequest]!;
      if (nextSample >= request.streams.length) {
        [nextRequest, nextSample, open] = [nextRequest + 1, 0, undefined];
        continue;
      }
      const need = (open ? 0 : request.prompt.length - 1) + limit + 1;
      if (pool.available < need) break;
      if (!open) {
        open = { prompt: request.prompt, rows: pool.take(request.prompt.length - 1), unfinished: request.streams.length };
        if (open.rows.length > 0) fresh.push(open);
      }
      slots.push({
        group: open,
        index: index++,
        stream: request.streams[nextSample++]!,
        rows: pool.take(limit + 1),
        ids: [],
        logps: [],
      });
    }
    for (let from = 0; from < fresh.length; from += fill) {
      fill = 0;
      for (
        let n = 0;
        from + fill < fresh.length && (fill === 0 || n + fresh[from + fill]!.rows.length <= (options.prefillTokens ?? 2048));
        fill++
      ) {
        n += fresh[from + fill]!.rows.length;
      }
      const part = fresh.slice(from, from + fill);
      const batch = pack(
        part.map(({ prompt, rows }) => Array.from({ length: rows.length }, (_, i) => prompt[i]!)),
        config.vocabSize,
      );
      const cacheRow = new Uint32Array(batch.length);
      part.forEach(({ rows }, i) => cacheRow.set(rows, batch.starts[i]));
      const state = decoder.forward(recorder, batch, { kv: { k, v, cacheRow: put('prefillRow', cacheRow) } });
      recorder.submit();
      state.release();
    }
  };

  const penalized = options.repetitionPenalty !== undefined && options.repetitionPenalty !== 1;
  while (done < total) {
    options.signal?.throwIfAborted();
    admit();
    const count = slots.length;
    const position = ({ group, ids }: Slot): number => group.prompt.length - 1 + ids.length;
    const kvTable = new Uint32Array(count * maxContext).fill(NO_ROW);
    slots.forEach(({ group, rows }, i) => {
      kvTable.set(group.rows, i * maxContext);
      kvTable.set(rows, i * maxContext + group.rows.length);
    });
    const kvIndex = put('kvIndex', kvTable);
    const columns: Record<DecodeField, (slot: Slot) => number> = {
      tokens: ({ group, ids }) => ids.at(-1) ?? group.prompt[group.prompt.length - 1]!,
      positions: position,
      contextLength: (slot) => position(slot) + 1,
      cacheRow: ({ rows, ids }) => rows[ids.length]!,
      step: ({ ids }) => ids.length,
      active: () => 1,
      limit: () => limit,
      stream: (slot) => slot.stream,
    };
    const state = decodeState(gpu, count);
    const table = new Uint32Array(DECODE_FIELDS.length * state.stride);
    DECODE_FIELDS.forEach((name, c) => slots.forEach((slot, i) => (table[c * state.stride + i] = columns[name](slot))));
    recorder.write(state.all, table);
    let seen: Tensor | undefined;
    if (penalized) {
      const words = Math.ceil(config.vocabSize / 32);
      const bits = new Uint32Array(count * words);
      slots.forEach(({ group, ids }, i) => {
        for (const list of [group.prompt, ids]) {
          for (let t = 0; t < list.length; t++) bits[i * words + (list[t]! >>> 5)]! |= 1 << (list[t]! & 31);
        }
      });
      seen = put('seen', bits);
    }
    const logps = gpu.scratch('slots.logp', [count]);
    const outTokens = gpu.scratch('slots.outTokens', [count, limit], 'u32');
    const outLogps = gpu.scratch('slots.outLogps', [count, limit]);
    // Several submissions before the tables are made again, as long as few slots have finished.
    for (;;) {
      const left = Math.max(...slots.map(({ ids }) => limit - ids.length));
      const steps = Math.max(Math.min(options.stepsPerSubmit ?? 16, left), 1);
      for (let i = 0; i < steps; i++) {
        const logits = decoder.decode(recorder, { count, ...state, ids: state.tokens, kvIndex, maxContext, k, v }, memory);
        sample(recorder, {
          logits,
          rows: count,
          vocab: config.vocabSize,
          ...state,
          logps,
          seed,
          temperature: options.temperature,
          topK: options.topK ?? 0,
          topP: options.topP ?? 1,
          minP: options.minP ?? 0,
          repetitionPenalty: options.repetitionPenalty ?? 1,
          ...(seen && { seen }),
        });
        advance(recorder, {
          state,
          sampledLogps: logps,
          kvIndex,
          outTokens,
          outLogps,
          eos,
          eosCount: options.eosIds.size,
          maxContext,
          maxNew: limit,
        });
      }
      recorder.submit();
      const [active, step, ids, lps] = await gpu.read(state.active, state.step, outTokens, outLogps);
      const bits = (data: Float32Array): Uint32Array => new Uint32Array(data.buffer, data.byteOffset, data.length);
      const [isActive, steps2, idBits] = [bits(active), bits(step), bits(ids)];
      let finished = 0;
      slots.forEach((slot, i) => {
        for (let t = slot.ids.length; t < steps2[i]!; t++) {
          slot.ids.push(idBits[i * limit + t]!);
          slot.logps.push(lps[i * limit + t]!);
          tokens++;
        }
        options.onTokens?.(slot.index, slot.ids);
        if (isActive[i] === 0) finished++;
      });
      options.onProgress?.({ done: done + finished, total, tokens });
      options.signal?.throwIfAborted();
      const waiting = nextRequest < requests.length;
      if (finished === count || (finished > 0 && (waiting || finished * 4 >= count))) {
        slots = slots.filter((slot, i) => {
          if (isActive[i] !== 0) return true;
          const ids = Uint32Array.from(slot.ids);
          const truncated = !options.eosIds.has(ids[ids.length - 1]!);
          results[slot.index] = { ids, logps: Float32Array.from(slot.logps), truncated };
          pool.give(slot.rows);
          if (--slot.group.unfinished === 0) pool.give(slot.group.rows);
          done++;
          return false;
        });
        break;
      }
    }
  }
  return results;
}

// The samples that are decoded together: one slot each. Tables in device memory say what every slot feeds in, where its keys and values
// lie and when it stops; the device runs several steps on them before the host looks again.
import { MgrpoError, show } from '../errors.js';
import { samplingOf, type SamplingSettings } from '../config/sampling.js';
import type { Recorder } from '../ops/device.js';
import { rows as rowsOf, view, type Tensor } from '../ops/tensor.js';
import { advance, DECODE_FIELDS, decodeState, sample, type DecodeField, type DecodeState } from '../ops/sampling.js';
import type { Decoder } from '../nn/decoder.js';
import type { Pool } from '../ops/pool.js';
import { NO_ROW, type KvCache } from './kv-cache.js';

/** A prompt in the cache, shared by its samples. */
export interface Group {
  readonly prompt: ArrayLike<number>;
  /** Cache rows of all prompt tokens but the last, which each sample feeds in itself. */
  readonly rows: Uint32Array;
  /** How many of the rows were filled before this call. */
  readonly cached: number;
  unfinished: number;
}

/** A sample that is being decoded. */
export interface Slot {
  readonly group: Group;
  /** Its place among the results. */
  readonly index: number;
  readonly stream: number;
  /** Cache rows of its own tokens: the prompt's last one and its completion. */
  readonly rows: Uint32Array;
  readonly ids: number[];
  readonly logps: number[];
}

/** What all slots of a call have in common. */
export interface SlotSettings extends SamplingSettings {
  /** Most tokens of a completion. */
  readonly limit: number;
  /** Most tokens of a prompt and its completion. */
  readonly maxContext: number;
  readonly eosIds: ReadonlySet<number>;
  readonly seed: number;
}

/** The tables of a set of slots. */
interface Loaded {
  readonly count: number;
  readonly state: DecodeState;
  readonly kvIndex: Tensor;
  readonly seen: Tensor | undefined;
  readonly logps: Tensor;
  readonly outTokens: Tensor;
  readonly outLogps: Tensor;
}

/** The device side of decoding. */
export class SlotTables {
  readonly #decoder: Decoder;
  readonly #cache: KvCache;
  readonly #pool: Pool;
  readonly #settings: SlotSettings;
  readonly #eos: Tensor;
  readonly #seed: readonly [number, number];
  #loaded: Loaded | undefined;
  /** Records the step of the loaded slots again. */
  #again: (() => void) | undefined;

  constructor(rec: Recorder, decoder: Decoder, cache: KvCache, pool: Pool, settings: SlotSettings) {
    [this.#decoder, this.#cache, this.#pool, this.#settings] = [decoder, cache, pool, settings];
    const { eosIds, seed } = settings;
    this.#eos = this.#put(rec, 'eos', Uint32Array.from(eosIds.size > 0 ? eosIds : [NO_ROW]));
    this.#seed = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  }

  /** Writes the tables of a set of slots. */
  load(rec: Recorder, slots: readonly Slot[]): void {
    const { limit } = this.#settings;
    const { repetitionPenalty } = samplingOf(this.#settings);
    const count = slots.length;
    const state = decodeState(this.#pool, count);
    rec.write(state.all, stateTable(slots, state, limit));
    this.#again = undefined;
    this.#loaded = {
      count,
      state,
      kvIndex: this.#put(rec, 'kvIndex', this.#kvTable(slots)),
      seen: repetitionPenalty === 1 ? undefined : this.#seen(rec, slots),
      logps: this.#pool.get('logp', [count]),
      outTokens: this.#pool.get('outTokens', [count, limit], 'u32'),
      outLogps: this.#pool.get('outLogps', [count, limit]),
    };
  }

  /** Records one step: every active slot gets a token and moves on. All steps of a set of slots are the same for the device. */
  step(rec: Recorder): void {
    if (this.#again) this.#again();
    else
      this.#again = rec.repeatable(() => {
        this.#record(rec);
      });
  }

  #record(rec: Recorder): void {
    const { count, state, kvIndex, seen, logps, outTokens, outLogps } = this.#loaded!;
    const { limit, maxContext, eosIds } = this.#settings;
    const { vocabSize: vocab } = this.#decoder.config;
    const { k, v } = this.#cache;
    const draw = samplingOf(this.#settings);
    const slots = { count, ...state, ids: state.tokens, kvIndex, maxContext, k, v };
    this.#decoder.decode(rec, slots, this.#pool, (logits, first) => {
      const some = logits.shape[0]!;
      const part = (t: Tensor): Tensor => rowsOf(t, first, some);
      const { tokens, stream, step, active } = state;
      const of = { tokens: part(tokens), stream: part(stream), step: part(step), active: part(active), logps: part(logps) };
      sample(rec, { logits, rows: some, vocab, ...of, seed: this.#seed, ...draw, ...(seen && { seen: part(seen) }) });
    });
    const ends = { eos: this.#eos, eosCount: eosIds.size, maxContext, maxNew: limit };
    advance(rec, { state: state.all, slots: count, sampledLogps: logps, kvIndex, outTokens, outLogps, ...ends });
  }

  /** Appends what was drawn since the last look to the slots. @returns which of them are still active */
  async collect(slots: readonly Slot[]): Promise<boolean[]> {
    const { state, outTokens, outLogps } = this.#loaded!;
    const { limit } = this.#settings;
    const [active, step, tokens, logps] = await this.#decoder.device.read(state.active, state.step, outTokens, outLogps);
    const [isActive, steps, ids] = [bits(active), bits(step), bits(tokens)];
    slots.forEach((slot, i) => {
      for (let t = slot.ids.length; t < steps[i]!; t++) {
        slot.ids.push(ids[i * limit + t]!);
        slot.logps.push(finite(logps[i * limit + t]!));
      }
    });
    return slots.map((_, i) => isActive[i] !== 0);
  }

  /** u32[slots, maxContext]: cache row of every position. */
  #kvTable(slots: readonly Slot[]): Uint32Array<ArrayBuffer> {
    const { maxContext } = this.#settings;
    const table = new Uint32Array(slots.length * maxContext).fill(NO_ROW);
    slots.forEach(({ group, rows }, i) => {
      table.set(group.rows, i * maxContext);
      table.set(rows, i * maxContext + group.rows.length);
    });
    return table;
  }

  /** u32[slots, ceil(vocab / 32)] */
  #seen(rec: Recorder, slots: readonly Slot[]): Tensor {
    const mask = this.#put(rec, 'seen', seenBits(slots, this.#decoder.config.vocabSize));
    return view(mask, 0, [slots.length, mask.shape[0]! / slots.length]);
  }

  #put(rec: Recorder, label: string, data: Uint32Array<ArrayBuffer>): Tensor {
    const t = this.#pool.get(label, [data.length], 'u32');
    rec.write(t, data);
    return t;
  }
}

/** The decode state of slots, column by column. */
function stateTable(slots: readonly Slot[], { stride }: DecodeState, limit: number): Uint32Array<ArrayBuffer> {
  const position = ({ group, ids }: Slot): number => group.prompt.length - 1 + ids.length;
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
  const table = new Uint32Array(DECODE_FIELDS.length * stride);
  DECODE_FIELDS.forEach((name, c) => slots.forEach((slot, i) => (table[c * stride + i] = columns[name](slot))));
  return table;
}

/** The log-probability of a token that was drawn. @throws diverged where it is no number */
function finite(logp: number): number {
  if (Number.isFinite(logp)) return logp;
  const wayOut = 'the weights are damaged, or the temperature is too small';
  throw new MgrpoError('diverged', `generate: expected a finite log-probability of a drawn token, got ${show(logp)}; ${wayOut}`);
}

/** u32[slots, ceil(vocab / 32)]: bit mask of the ids in prompt and completion. */
function seenBits(slots: readonly Slot[], vocab: number): Uint32Array<ArrayBuffer> {
  const words = Math.ceil(vocab / 32);
  const seen = new Uint32Array(slots.length * words);
  slots.forEach(({ group, ids }, i) => {
    for (const list of [group.prompt, ids]) {
      for (let t = 0; t < list.length; t++) seen[i * words + (list[t]! >>> 5)]! |= 1 << (list[t]! & 31);
    }
  });
  return seen;
}

/** The bits of what was read back. */
function bits(data: Float32Array): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}

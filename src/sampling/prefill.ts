// Keys and values of prompts into the cache: whole prompts packed, and what follows a cached prefix token by token over the cache.
import type { Recorder } from '../ops/device.js';
import type { Tensor } from '../ops/tensor.js';
import { pack } from '../nn/batch.js';
import type { Decoder } from '../nn/decoder.js';
import type { Pool } from '../ops/pool.js';
import { NO_ROW, type KvCache } from './kv-cache.js';
import type { Group } from './slots.js';

/** Most elements of the table of cache rows that one pass over cached contexts takes. */
const TABLE_ELEMENTS = 2 ** 22;

/** Fills the rows of groups that are not cached yet, at most `tokens` tokens (or one prompt) together, and submits. */
export function prefill(
  rec: Recorder,
  decoder: Decoder,
  cache: KvCache,
  pool: Pool,
  groups: readonly Group[],
  tokens: number,
): void {
  const whole = groups.filter(({ cached }) => cached === 0);
  for (let from = 0; from < whole.length;) {
    let to = from + 1;
    for (let n = whole[from]!.rows.length; to < whole.length && n + whole[to]!.rows.length <= tokens; to++)
      n += whole[to]!.rows.length;
    prefillWhole(rec, decoder, cache, pool, whole.slice(from, to));
    from = to;
  }
  for (const group of groups) if (group.cached > 0) prefillRest(rec, decoder, cache, pool, group, tokens);
}

/** Prompts from their first token on, packed. */
function prefillWhole(rec: Recorder, decoder: Decoder, cache: KvCache, pool: Pool, groups: readonly Group[]): void {
  const sequences = groups.map(({ prompt, rows }) => Array.from(rows, (_, i) => prompt[i]!));
  const batch = pack(sequences, decoder.config.vocabSize);
  const table = new Uint32Array(batch.length);
  groups.forEach(({ rows }, i) => table.set(rows, batch.starts[i]));
  const cacheRow = put(rec, pool, 'prefillRow', table);
  const state = decoder.forward(rec, batch, { kv: { k: cache.k, v: cache.v, cacheRow } });
  rec.submit();
  state.release();
}

/** The tokens of one prompt that follow its cached ones: each attends to the rows before it. */
function prefillRest(
  rec: Recorder,
  decoder: Decoder,
  cache: KvCache,
  pool: Pool,
  { prompt, rows, cached }: Group,
  tokens: number,
): void {
  const rest = pack([Array.from(rows.subarray(cached), (_, i) => prompt[cached + i]!)], decoder.config.vocabSize).ids;
  const most = Math.max(1, Math.min(tokens, Math.floor(TABLE_ELEMENTS / rows.length)));
  for (let from = cached; from < rows.length; from += most) {
    const count = Math.min(most, rows.length - from);
    const maxContext = from + count;
    const places = Uint32Array.from({ length: count }, (_, i) => from + i);
    const kvIndex = new Uint32Array(count * maxContext).fill(NO_ROW);
    for (let i = 0; i < count; i++) kvIndex.set(rows.subarray(0, from + i + 1), i * maxContext);
    decoder.extend(rec, {
      count,
      ids: put(rec, pool, 'restIds', rest.slice(from - cached, from - cached + count)),
      positions: put(rec, pool, 'restPositions', places),
      cacheRow: put(rec, pool, 'restRow', Uint32Array.from(rows.subarray(from, maxContext))),
      contextLength: put(
        rec,
        pool,
        'restLength',
        places.map((position) => position + 1),
      ),
      kvIndex: put(rec, pool, 'restIndex', kvIndex),
      maxContext,
      k: cache.k,
      v: cache.v,
    });
    rec.submit();
  }
}

function put(rec: Recorder, pool: Pool, label: string, data: Uint32Array<ArrayBuffer>): Tensor {
  const t = pool.get(label, [data.length], 'u32');
  rec.write(t, data);
  return t;
}

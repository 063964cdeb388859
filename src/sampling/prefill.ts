// Keys and values of prompts into the cache: whole prompts packed, and what follows cached prefixes over the cache.
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
  const begun = groups.filter(({ cached }) => cached > 0);
  if (begun.length > 0) prefillRest(rec, decoder, cache, pool, begun, tokens);
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

/** The tokens of prompts that follow their cached ones: each attends to the rows before it. */
function prefillRest(
  rec: Recorder,
  decoder: Decoder,
  cache: KvCache,
  pool: Pool,
  groups: readonly Group[],
  tokens: number,
): void {
  const rest = groups.flatMap(({ prompt, rows, cached }) =>
    Array.from(rows.subarray(cached), (row, i) => ({ id: prompt[cached + i]!, position: cached + i, row, rows })),
  );
  const ids = pack([rest.map(({ id }) => id)], decoder.config.vocabSize).ids;
  const longest = groups.reduce((n, { rows }) => Math.max(n, rows.length), 0);
  const most = Math.max(1, Math.min(tokens, Math.floor(TABLE_ELEMENTS / longest)));
  for (let from = 0; from < rest.length; from += most) {
    const part = rest.slice(from, from + most);
    const lengths = Uint32Array.from(part, ({ position }) => position + 1);
    const maxContext = lengths.reduce((a, b) => Math.max(a, b));
    const kvIndex = new Uint32Array(part.length * maxContext).fill(NO_ROW);
    part.forEach(({ rows }, i) => kvIndex.set(rows.subarray(0, lengths[i]), i * maxContext));
    decoder.extend(rec, {
      count: part.length,
      ids: put(rec, pool, 'restIds', ids.slice(from, from + most)),
      positions: put(
        rec,
        pool,
        'restPositions',
        lengths.map((length) => length - 1),
      ),
      cacheRow: put(
        rec,
        pool,
        'restRow',
        Uint32Array.from(part, ({ row }) => row),
      ),
      contextLength: put(rec, pool, 'restLength', lengths),
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

import { MgrpoError, check, show } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { bytesOf, size, type Tensor } from '../gpu/tensor.js';
import source from '../../shaders/kv.wgsl';

/** Value of `cacheRow` for a token whose key and value are not kept. */
export const NOT_STORED = 0xffffffff;

/** Arguments of {@link kvStore}. */
export interface KvStoreArgs {
  /** f32[tokens, kvHeads, headDim]. */
  readonly k: Tensor;
  /** f32[tokens, kvHeads, headDim]. */
  readonly v: Tensor;
  /** f32[rows, kvHeads, headDim]. */
  readonly kCache: Tensor;
  /** f32[rows, kvHeads, headDim]. */
  readonly vCache: Tensor;
  /** u32[tokens]: row of the cache for every token, distinct, or {@link NOT_STORED}. */
  readonly cacheRow: Tensor;
  readonly tokens: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

const STORE = kernel({
  source,
  entry: 'kv_store',
  access: 'rrrww',
  params: { tokens: 'u32', width: 'u32', rows: 'u32' },
});

/**
 * Scatters keys and values into the cache: kCache[cacheRow[t]] = k[t], vCache[cacheRow[t]] = v[t].
 * @throws MgrpoError `device_limit` where the cache is larger than one storage binding, `invalid_argument` on shapes that do not fit.
 */
export function kvStore(rec: Recorder, args: KvStoreArgs): void {
  const { k, v, kCache, vCache, cacheRow, tokens, kvHeads, headDim } = args;
  const width = kvHeads * headDim;
  check(
    size(k) >= tokens * width && size(v) >= tokens * width && size(cacheRow) >= tokens,
    `kvStore: expected k and v [${tokens}, ${kvHeads}, ${headDim}] and cacheRow[${tokens}], got ${show(k.shape)}, ${show(v.shape)} ` +
      `and ${show(cacheRow.shape)}`,
  );
  const rows = cacheRows('kvStore', rec, args);
  rec.dispatch(STORE, [k, v, cacheRow, kCache, vCache], { tokens, width, rows }, tokens);
}

/** Rows of a key-value cache, once it is known to have whole rows and to fit one storage binding. */
export function cacheRows(
  where: string,
  rec: Recorder,
  { kCache, vCache, kvHeads, headDim }: Pick<KvStoreArgs, 'kCache' | 'vCache' | 'kvHeads' | 'headDim'>,
): number {
  const rows = size(kCache) / (kvHeads * headDim);
  check(
    Number.isInteger(rows) && size(vCache) === size(kCache),
    `${where}: expected kCache and vCache of shape [rows, ${kvHeads}, ${headDim}], got ${show(kCache.shape)} and ${show(vCache.shape)}`,
  );
  const bytes = bytesOf(kCache.shape, kCache.dtype);
  if (bytes > rec.gpu.maxBinding) {
    const fit = Math.floor(rec.gpu.maxBinding / (kvHeads * headDim * 4));
    throw new MgrpoError(
      'device_limit',
      `${where}: expected a cache of at most ${fit} rows (maxStorageBufferBindingSize = ${rec.gpu.maxBinding} bytes), got ${rows}; ` +
        'lower the number of sequences sampled at once, maxPromptLength or maxCompletionLength',
    );
  }
  return rows;
}

// The cache of keys and values in WGSL.
import { MgrpoError } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import { cacheRows, type KvStoreArgs } from '../ops/kv.js';
import type { Resolved } from '../ops/operation.js';
import { BYTES, bytesOf } from '../ops/tensor.js';
import { memo } from './memo.js';
import { unroll } from './unroll.js';
import source from '../../shaders/kv.wgsl';

const storeIn = memo((format: string) =>
  kernel({
    source: unroll(source, { HALF: Number(format === 'f16') }),
    entry: 'kv_store',
    access: 'rrrww',
    params: { tokens: 'u32', width: 'u32', rows: 'u32' },
  }),
);

/**
 * kCache[cacheRow[t]] = k[t], vCache[cacheRow[t]] = v[t], as f16 where the cache is.
 * @throws MgrpoError `device_limit` where the cache is larger than one storage binding
 */
export function kvStore(rec: GpuRecorder, args: Resolved<KvStoreArgs>): void {
  const { k, v, kCache, vCache, cacheRow, tokens, kvHeads, headDim } = args;
  const rows = boundRows('kvStore', rec, args);
  rec.dispatch(storeIn(kCache.dtype), [k, v, cacheRow, kCache, vCache], { tokens, width: kvHeads * headDim, rows }, tokens);
}

/** Rows of a cache, once it is known to fit one storage binding. */
export function boundRows(
  where: string,
  { profile: { maxBinding } }: GpuRecorder,
  { kCache, kvHeads, headDim }: Pick<KvStoreArgs, 'kCache' | 'kvHeads' | 'headDim'>,
): number {
  const rows = cacheRows(kCache, kvHeads, headDim);
  if (bytesOf(kCache.shape, kCache.dtype) > maxBinding) {
    const fit = Math.floor(maxBinding / (kvHeads * headDim * BYTES[kCache.dtype]));
    throw new MgrpoError(
      'device_limit',
      `${where}: expected a cache of at most ${fit} rows (maxStorageBufferBindingSize = ${maxBinding} bytes), got ${rows}; ` +
        'lower the number of sequences sampled at once, maxPromptLength or maxCompletionLength',
    );
  }
  return rows;
}

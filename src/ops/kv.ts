// The cache of keys and values.
import { show } from '../errors.js';
import { count, operation, type Operation, type Rule, type Scalar } from './operation.js';
import { size, type Tensor } from './tensor.js';

/** Value of `cacheRow` for a token whose key and value are not kept. */
export const NOT_STORED = 0xffffffff;

/** Size of a head. */
export function headDim<A>(): Scalar<A, number> {
  const rule = 'an even number from 2 to 256 (other heads are not supported)';
  return { rule, holds: (v) => v >= 2 && v <= 256 && v % 2 === 0 };
}

/** A cache of one layer: [rows, kvHeads, headDim] each, both f32 or both f16. */
interface Cache {
  readonly kCache: Tensor;
  readonly vCache: Tensor;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** A cache has whole rows, as many keys as values, of one format. */
export const cacheRule: Rule<Cache> = [
  ({ kCache, vCache, kvHeads, headDim }) =>
    Number.isInteger(cacheRows(kCache, kvHeads, headDim)) && size(vCache) === size(kCache) && vCache.dtype === kCache.dtype,
  ({ kCache, vCache, kvHeads, headDim }) =>
    `expected kCache and vCache of shape [rows, ${kvHeads}, ${headDim}] and one dtype, got ${kCache.dtype}${show(kCache.shape)} and ` +
    `${vCache.dtype}${show(vCache.shape)}`,
];

/** Rows of a cache. */
export function cacheRows(kCache: Tensor, kvHeads: number, headDim: number): number {
  return size(kCache) / (kvHeads * headDim);
}

/** Arguments of {@link kvStore}. */
export interface KvStoreArgs extends Cache {
  readonly k: Tensor;
  readonly v: Tensor;
  /** Row of the cache for every token, distinct, or {@link NOT_STORED}. */
  readonly cacheRow: Tensor;
  readonly tokens: number;
}

/** Scatters keys and values into the cache: kCache[cacheRow[t]] = k[t], vCache[cacheRow[t]] = v[t], rounded where it is f16. */
export const kvStore: Operation<KvStoreArgs> = operation<KvStoreArgs>('kvStore', {
  scalars: { tokens: count(), kvHeads: count(), headDim: headDim() },
  operands: {
    k: ['read', 'f32', ({ tokens, kvHeads, headDim }) => [tokens, kvHeads, headDim]],
    v: ['read', 'f32', ({ tokens, kvHeads, headDim }) => [tokens, kvHeads, headDim]],
    kCache: ['update', 'cache', ({ kvHeads, headDim }) => [1, kvHeads, headDim]],
    vCache: ['update', 'cache', ({ kvHeads, headDim }) => [1, kvHeads, headDim]],
    cacheRow: ['read', 'u32', ({ tokens }) => [tokens]],
  },
  rules: [cacheRule],
});

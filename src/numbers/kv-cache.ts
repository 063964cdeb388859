// How a cache of keys and values keeps its numbers. Arithmetic is in f32 whatever they are kept in.

/** A format of a cache. f16: numbers past ±65504 become those, below 2^−14 they become 0. */
export type KvCacheFormat = 'f32' | 'f16';

/** All formats, the usual one first. */
export const KV_CACHE_FORMATS: readonly KvCacheFormat[] = ['f32', 'f16'];

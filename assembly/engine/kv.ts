// Keys and values of new tokens into the cache: kCache[cacheRow[t]] = k[t], vCache likewise, for rows below `cacheRows`.
import { toHalf } from './half';
import { Op, at, rowsPerUnit } from './op';
import { F16 } from './weights';

@unmanaged
export class KvStore extends Op {
  k: usize;
  v: usize;
  cacheRow: usize;
  kCache: usize;
  vCache: usize;
  tokens: u32;
  width: u32;
  cacheRows: u32;
  /** Of the cache: F32 or F16. */
  dtype: u32;
}

export function kvStore(op: KvStore, unit: u32): void {
  const step = rowsPerUnit(op.width);
  const end = min((unit + 1) * step, op.tokens);
  for (let t = unit * step; t < end; t++) {
    const row = load<u32>(at(op.cacheRow, t));
    if (row >= op.cacheRows) continue;
    put(op, at(op.k, t * op.width), op.kCache, row);
    put(op, at(op.v, t * op.width), op.vCache, row);
  }
}

function put(op: KvStore, from: usize, cache: usize, row: u32): void {
  const place = <usize>row * op.width;
  if (op.dtype == F16) toHalf(from, cache + 2 * place, op.width);
  else memory.copy(cache + 4 * place, from, at(0, op.width));
}

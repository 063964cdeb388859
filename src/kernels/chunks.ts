// Ranges of a matrix that one storage binding can cover.
import { MgrpoError } from '../errors.js';
import type { Profile } from '../gpu/profile.js';

/** A range of units: [start, start + count). */
export interface Chunk {
  readonly start: number;
  readonly count: number;
}

/**
 * Splits `units` of `unitBytes` each into ranges that one storage binding can cover and that start at a multiple of 128 units, hence of
 * 256 bytes.
 * @throws MgrpoError `device_limit` where not even 128 units fit.
 */
export function chunks({ maxBinding }: Profile, units: number, unitBytes: number, where: string): Chunk[] {
  if (units * unitBytes <= maxBinding) return [{ start: 0, count: units }];
  const most = Math.floor(maxBinding / unitBytes / 128) * 128;
  if (most === 0) {
    throw new MgrpoError(
      'device_limit',
      `${where}: expected maxStorageBufferBindingSize of at least ${128 * unitBytes} bytes (128 rows), got ${maxBinding}; ` +
        'use a device with larger bindings',
    );
  }
  const out: Chunk[] = [];
  for (let start = 0; start < units; start += most) out.push({ start, count: Math.min(most, units - start) });
  return out;
}

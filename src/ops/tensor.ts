// Tensors as everything above the devices sees them: a typed range of device memory, whose bytes only the device can reach.
import { check, show } from '../errors.js';
import { WEIGHTS, type WeightFormat } from '../numbers/weights.js';

/** Element types on the device: u32, f32, and the other formats of frozen weights. */
export type DType = WeightFormat | 'u32';

/** Bytes per element. */
export const BYTES: Readonly<Record<DType, number>> = {
  ...(Object.fromEntries(Object.entries(WEIGHTS).map(([format, { bytes }]) => [format, bytes])) as Record<WeightFormat, number>),
  u32: 4,
};

/** Elements that lie together, in whole words. */
const BLOCKS: Readonly<Record<DType, number>> = {
  ...(Object.fromEntries(Object.entries(WEIGHTS).map(([format, { block }]) => [format, block])) as Record<WeightFormat, number>),
  u32: 1,
};

/** A piece of device memory. What stands behind it (a GPU buffer, a range of wasm memory) only its device knows. */
export interface Storage {
  /** Different for every allocation of a device. */
  readonly id: number;
  readonly bytes: number;
}

/** A dense row-major array in device memory: a typed range of a storage. */
export interface Tensor {
  readonly storage: Storage;
  /** Start in bytes from the beginning of the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Number of elements of a tensor. */
export function size(t: Tensor): number {
  return sizeOf(t.shape);
}

/** Bytes of a tensor's elements in whole blocks, hence in whole 4-byte words, the unit of every copy. */
export function bytesOf(shape: readonly number[], dtype: DType): number {
  return Math.ceil(sizeOf(shape) / BLOCKS[dtype]) * BLOCKS[dtype] * BYTES[dtype];
}

/**
 * A view of `shape` that starts `start` elements into `t`.
 * @throws MgrpoError if the view leaves the tensor's storage.
 */
export function view(t: Tensor, start: number, shape: readonly number[]): Tensor {
  const offset = t.offset + start * BYTES[t.dtype];
  check(
    Number.isInteger(offset) && offset + sizeOf(shape) * BYTES[t.dtype] <= t.storage.bytes,
    `view: expected a range inside ${t.storage.bytes} bytes, got ${show(shape)} from byte ${offset}; check the start and the shape`,
  );
  return { storage: t.storage, offset, shape, dtype: t.dtype };
}

/** Rows [start, start + count) of a tensor, seen as a matrix of its first dimension. */
export function rows(t: Tensor, start: number, count: number): Tensor {
  const [, ...rest] = t.shape;
  return view(t, start * sizeOf(rest), [count, ...rest]);
}

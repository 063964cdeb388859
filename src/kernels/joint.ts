// Tensors side by side in one buffer, which a kernel can bind as one.
import { BYTES, bytesOf, type Tensor } from '../ops/tensor.js';

/** One binding for several tensors, and where each begins in it, in elements. */
export interface Joint {
  readonly tensor: Tensor;
  readonly starts: readonly number[];
}

/** The binding that covers tensors of one storage and format in rising order; undefined where they are not, or cover more than `most` bytes. */
export function joined(tensors: readonly Tensor[], most: number): Joint | undefined {
  const [first, last] = [tensors[0]!, tensors.at(-1)!];
  if (tensors.length === 1) return { tensor: first, starts: [0] };
  const starts = tensors.map(({ offset }) => (offset - first.offset) / BYTES[first.dtype]);
  const bytes = last.offset + bytesOf(last.shape, last.dtype) - first.offset;
  const fits = tensors.every(
    ({ storage, dtype }, i) => storage === first.storage && dtype === first.dtype && starts[i]! >= (starts[i - 1] ?? 0),
  );
  if (!fits || bytes > most || !starts.every((start) => Number.isInteger(start) && start % 32 === 0)) return undefined;
  return { tensor: { ...first, shape: [bytes / BYTES[first.dtype]] }, starts };
}

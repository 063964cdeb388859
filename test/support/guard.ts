import { expect } from 'vitest';
import type { Device } from '../../src/ops/device.js';
import { sizeOf, view, type DType, type Tensor } from '../../src/ops/tensor.js';

/** Elements of poison on either side: 256 bytes, the alignment of a view. */
const BAND = 64;
const POISON = 0x7f123456;

/** A tensor in the middle of poisoned memory. */
export interface Guarded extends Tensor {
  /** The tensor's elements, once it is known that the poison around them is unchanged. */
  values(): Promise<Float32Array<ArrayBuffer>>;
  /** Like values, as u32. */
  words(): Promise<Uint32Array<ArrayBuffer>>;
}

/** Makes a {@link Guarded} tensor with the given contents (default: poison). */
export function guarded(
  gpu: Device,
  shape: readonly number[],
  data?: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  dtype: Exclude<DType, 'bf16'> = data instanceof Uint32Array ? 'u32' : 'f32',
): Guarded {
  const n = sizeOf(shape);
  const words = new Uint32Array(n + 2 * BAND).fill(POISON);
  if (data) words.set(new Uint32Array(data.buffer, data.byteOffset, n), BAND);
  const whole: Tensor = { ...gpu.from(words, [words.length], 'guarded'), dtype };
  const read = async (): Promise<Uint32Array<ArrayBuffer>> => {
    const all = await gpu.readU32(whole);
    for (let i = 0; i < BAND; i++) {
      expect(all[i], `poison ${BAND - i} before the tensor`).toBe(POISON);
      expect(all[BAND + n + i], `poison ${i} after the tensor`).toBe(POISON);
    }
    return all.slice(BAND, BAND + n);
  };
  return { ...view(whole, BAND, shape), words: read, values: async () => new Float32Array((await read()).buffer) };
}

/** f32 values rounded to bf16 (toward zero), packed two to a u32, with their exact values. */
export function packBf16(values: Float32Array): {
  readonly packed: Uint32Array<ArrayBuffer>;
  readonly exact: Float32Array<ArrayBuffer>;
} {
  const packed = new Uint32Array(Math.ceil(values.length / 2));
  const bits = new Uint32Array(Float32Array.from(values).buffer).map((b) => b & 0xffff0000);
  bits.forEach((b, i) => (packed[i >> 1]! |= i % 2 ? b : b >>> 16));
  return { packed, exact: new Float32Array(bits.buffer) };
}

/** Central differences of `loss` in every element of `x`, which is changed in place and restored. */
export function numericGradient(x: Float64Array, loss: () => number, h = 1e-5): Float64Array {
  return x.map((value, i) => {
    x[i] = value + h;
    const above = loss();
    x[i] = value - h;
    const below = loss();
    x[i] = value;
    return (above - below) / (2 * h);
  });
}

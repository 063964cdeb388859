// Numbers as a cache in f16 keeps them, for tests.
import { decodeF32, f32ToF16 } from '../../src/numbers/float16.js';
import type { Device } from '../../src/ops/device.js';
import type { Tensor } from '../../src/ops/tensor.js';

/** f16 numbers as f32. */
function widened(halves: Uint16Array): Float32Array<ArrayBuffer> {
  return decodeF32('F16', new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength));
}

/** The nearest f16 of each number. */
export function rounded(values: Float32Array): Float32Array<ArrayBuffer> {
  return widened(f32ToF16(values));
}

/** A tensor of an even number of elements in f16. */
export function halfTensor(device: Device, values: Float32Array, shape: readonly number[] = [values.length]): Tensor {
  const t = device.tensor(shape, 'f16');
  const halves = f32ToF16(values);
  device.write(t, new Uint32Array(halves.buffer, halves.byteOffset, halves.length / 2));
  return t;
}

/** What a tensor in f16 holds. */
export async function readHalf(device: Device, t: Tensor): Promise<Float32Array<ArrayBuffer>> {
  const [data] = await device.read(t);
  return widened(new Uint16Array(data.buffer, data.byteOffset, 2 * data.length));
}

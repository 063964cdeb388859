// Copies from the device to the host, through a few pooled buffers.
import { MgrpoError } from '../errors.js';
import { bytesOf, type Tensor } from '../ops/tensor.js';
import { bufferOf } from './memory.js';

/** Free buffers that are kept for the next read-back. */
const KEPT = 4;

/** The read-backs of one device. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #submit: (encode: () => GPUCommandBuffer) => Promise<void>;
  readonly #assertHealthy: () => void;
  readonly #free: GPUBuffer[] = [];

  constructor(device: GPUDevice, submit: (encode: () => GPUCommandBuffer) => Promise<void>, assertHealthy: () => void) {
    this.#device = device;
    this.#submit = submit;
    this.#assertHealthy = assertHealthy;
  }

  /** Copies tensors back in one round trip; the bits come as f32. */
  async read(tensors: readonly Tensor[]): Promise<Float32Array<ArrayBuffer>[]> {
    const sizes = tensors.map((t) => bytesOf(t.shape, t.dtype));
    const total = sizes.reduce((a, b) => a + b, 0);
    if (total === 0) return tensors.map(() => new Float32Array(0));
    const staging = this.#take(total);
    let at = 0;
    await this.#submit(() => {
      const encoder = this.#device.createCommandEncoder();
      tensors.forEach((t, i) => {
        encoder.copyBufferToBuffer(bufferOf(t), t.offset, staging, at, sizes[i]!);
        at += sizes[i]!;
      });
      return encoder.finish();
    });
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, total);
    } catch (cause) {
      this.#assertHealthy();
      throw new MgrpoError('device_lost', `gpu.read: the read-back failed (${String(cause)}); the device was lost or destroyed`, {
        cause,
      });
    }
    const bytes = staging.getMappedRange(0, total).slice(0);
    staging.unmap();
    this.#free.push(staging);
    this.#assertHealthy();
    at = 0;
    return tensors.map((_, i) => new Float32Array(bytes, (at += sizes[i]!) - sizes[i]!, sizes[i]! / 4));
  }

  #take(bytes: number): GPUBuffer {
    const at = this.#free.findIndex((b) => b.size >= bytes);
    if (at >= 0) return this.#free.splice(at, 1)[0]!;
    while (this.#free.length >= KEPT) this.#free.shift()!.destroy();
    return this.#device.createBuffer({
      size: Math.ceil((bytes * 1.25) / 256) * 256,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      label: 'read-back',
    });
  }

  /** Frees the pooled buffers. */
  destroy(): void {
    for (const buffer of this.#free) buffer.destroy();
  }
}

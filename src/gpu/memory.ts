// Buffers of a device: made zeroed, counted, and freed at once or after the next submission.
import { MgrpoError } from '../errors.js';
import type { MemoryUse } from '../ops/device.js';
import type { Storage } from '../ops/tensor.js';

const MIB = 2 ** 20;

/** What a tensor's storage is on this device. */
interface GpuStorage extends Storage {
  readonly buffer: GPUBuffer;
}

/** The buffer of a tensor that this kind of device made. */
export function bufferOf({ storage }: { readonly storage: Storage }): GPUBuffer {
  return (storage as GpuStorage).buffer;
}

/** Bytes of the buffer that is made for so many. */
export function roundedSize(bytes: number): number {
  return Math.max(Math.ceil(bytes / 16) * 16, 16);
}

/** The buffers of one device. */
export class Memory {
  readonly #device: GPUDevice;
  readonly #retired: Storage[] = [];
  #nextId = 0;
  #allocated = 0;
  #peak = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Bytes in buffers made here, now and at most so far. */
  get use(): MemoryUse {
    return { allocated: this.#allocated, peak: this.#peak };
  }

  /** Forgets the highest use so far. */
  resetPeak(): void {
    this.#peak = this.#allocated;
  }

  /**
   * Allocates a zeroed buffer.
   * @throws MgrpoError `device_limit` where it is larger than the device allows.
   */
  allocate(bytes: number, label: string): Storage {
    const rounded = roundedSize(bytes);
    const limit = this.#device.limits.maxBufferSize;
    if (rounded > limit) {
      throw new MgrpoError(
        'device_limit',
        `gpu: expected at most maxBufferSize = ${limit} bytes (${Math.floor(limit / MIB)} MiB) for "${label}", got ${rounded} ` +
          `(${Math.ceil(rounded / MIB)} MiB); use a smaller batch or context, or a smaller model`,
      );
    }
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.#device.createBuffer({ size: rounded, usage, label });
    this.#allocated += rounded;
    this.#peak = Math.max(this.#peak, this.#allocated);
    const storage: GpuStorage = { buffer, id: this.#nextId++, bytes: rounded };
    return storage;
  }

  /** Frees a buffer now. */
  free(storage: Storage): void {
    bufferOf({ storage }).destroy();
    this.#allocated -= storage.bytes;
  }

  /** Frees a buffer at the next {@link freeRetired}. */
  retire(storage: Storage): void {
    this.#retired.push(storage);
  }

  /** Frees what was retired; called once the commands that may use it are submitted. */
  freeRetired(): void {
    for (const storage of this.#retired.splice(0)) this.free(storage);
  }
}

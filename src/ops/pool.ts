// Named tensors that grow and are reused, owned by one object, so that two users of one device cannot overwrite each other's values.
import type { Device } from './device.js';
import { bytesOf, type DType, type Storage, type Tensor } from './tensor.js';

/** Tensors by label, on one device. Asking again for a label gives the same memory, grown where it is too small. */
export class Pool {
  readonly #device: Device;
  readonly #storages = new Map<string, Storage>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** The tensor of that label. Contents last until it is asked for with a larger size. New memory is zero. */
  get(label: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    const bytes = bytesOf(shape, dtype);
    let storage = this.#storages.get(label);
    if (!storage || storage.bytes < bytes) {
      // A quarter more than asked for, once a label has grown: lengths tend to creep up.
      const grown = storage ? Math.min(Math.ceil(bytes * 1.25), this.#device.limits.maxBuffer) : bytes;
      if (storage) this.#device.retire({ storage });
      this.#storages.delete(label);
      storage = this.#device.tensor([Math.ceil(Math.max(grown, bytes) / 4)], 'u32', label).storage;
      this.#storages.set(label, storage);
    }
    return { storage, offset: 0, shape, dtype };
  }

  /** Frees all tensors now; nothing that is recorded but not submitted may use them. */
  free(): void {
    for (const storage of this.#storages.values()) this.#device.free({ storage });
    this.#storages.clear();
  }
}

// A device that computes nothing: it counts the bytes that another one would hold while the same work is recorded.
import type { Device, DeviceInfo, DeviceLimits, MemoryUse, Recorder } from './device.js';
import { Pool } from './pool.js';
import { bytesOf, size, type DType, type Storage, type Tensor } from './tensor.js';

/** How a device allocates and records. */
export interface Habits {
  /** Bytes that a tensor of so many takes. */
  bytes(asked: number): number;
  /** Whether what is retired counts until the next submission, of which the recorder tells {@link CountingDevice.submitted}. */
  readonly keepsRetired: boolean;
  /** A recorder that takes scratch tensors as the device's own does, and records nothing. */
  recorder(device: CountingDevice): Recorder;
}

/** Tensors without memory: everything reads as zero. */
export class CountingDevice implements Device {
  readonly info: DeviceInfo;
  readonly limits: DeviceLimits;
  readonly #habits: Habits;
  readonly #scratch: Pool = new Pool(this);
  readonly #retired: Storage[] = [];
  #nextId = 0;
  #allocated = 0;
  #peak = 0;

  /** @param like the device whose limits it has */
  constructor(like: Pick<Device, 'info' | 'limits'>, habits: Habits) {
    this.#habits = habits;
    this.info = like.info;
    this.limits = like.limits;
  }

  get memory(): MemoryUse {
    return { allocated: this.#allocated, peak: this.#peak };
  }

  resetPeak(): void {
    this.#peak = this.#allocated;
  }

  assertHealthy(): void {
    // Nothing can fail here.
  }

  tensor(shape: readonly number[], dtype: DType = 'f32'): Tensor {
    const bytes = this.#habits.bytes(bytesOf(shape, dtype));
    this.#allocated += bytes;
    this.#peak = Math.max(this.#peak, this.#allocated);
    return { storage: { id: this.#nextId++, bytes }, offset: 0, shape, dtype };
  }

  from(data: Float32Array | Uint32Array, shape: readonly number[] = [data.length]): Tensor {
    return this.tensor(shape, data instanceof Uint32Array ? 'u32' : 'f32');
  }

  write(): void {
    // There is nowhere to write to.
  }

  read<const T extends readonly Tensor[]>(...tensors: T): Promise<{ [K in keyof T]: Float32Array<ArrayBuffer> }>;
  read(...tensors: Tensor[]): Promise<Float32Array[]> {
    return Promise.resolve(tensors.map((t) => new Float32Array(size(t))));
  }

  readU32(t: Tensor): Promise<Uint32Array<ArrayBuffer>> {
    return Promise.resolve(new Uint32Array(size(t)));
  }

  free(...tensors: readonly { readonly storage: Storage }[]): void {
    for (const { storage } of tensors) this.#allocated -= storage.bytes;
  }

  retire(...tensors: readonly { readonly storage: Storage }[]): void {
    if (this.#habits.keepsRetired) this.#retired.push(...tensors.map(({ storage }) => storage));
    else this.free(...tensors);
  }

  /** Says that what was recorded would be submitted. */
  submitted(): void {
    for (const storage of this.#retired.splice(0)) this.free({ storage });
  }

  scratch(label: string, shape: readonly number[], dtype?: DType): Tensor {
    return this.#scratch.get(label, shape, dtype);
  }

  freeScratch(): void {
    this.#scratch.free();
  }

  recorder(): Recorder {
    return this.#habits.recorder(this);
  }

  idle(): Promise<void> {
    return Promise.resolve();
  }

  recover(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

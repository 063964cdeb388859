// A device that computes nothing: it counts the bytes that the engine would hold while the same work is recorded.
import type { Device, DeviceInfo, DeviceLimits, MemoryUse, Recorder } from '../ops/device.js';
import type { OperationName } from '../ops/operations.js';
import { Pool } from '../ops/pool.js';
import { bytesOf, size, type DType, type Storage, type Tensor } from '../ops/tensor.js';
import { EXECUTOR } from './executor.js';
import type { List } from './word.js';

/** Least bytes of a tensor. */
export const LEAST_BYTES = 4;

/** Tensors without memory: everything reads as zero. */
export class CountingDevice implements Device {
  readonly info: DeviceInfo;
  readonly limits: DeviceLimits;
  readonly #scratch = new Pool(this);
  #nextId = 0;
  #allocated = 0;
  #peak = 0;

  /** @param like the device whose limits it has */
  constructor(like: Pick<Device, 'info' | 'limits'>) {
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
    const bytes = Math.max(bytesOf(shape, dtype), LEAST_BYTES);
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
    this.free(...tensors);
  }

  scratch(label: string, shape: readonly number[], dtype?: DType): Tensor {
    return this.#scratch.get(label, shape, dtype);
  }

  freeScratch(): void {
    this.#scratch.free();
  }

  recorder(): Recorder {
    return new CountingRecorder(this);
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

/** Records nothing but what an operation takes as scratch memory. */
class CountingRecorder implements Recorder, List {
  readonly device: CountingDevice;

  constructor(device: CountingDevice) {
    this.device = device;
  }

  execute(operation: string, args: object): void {
    (EXECUTOR[operation as OperationName] as (rec: List, args: object) => void)(this, args);
  }

  scratch(label: string, shape: readonly number[], dtype?: DType): Tensor {
    return this.device.scratch(label, shape, dtype);
  }

  repeatable(record: () => void): () => void {
    record();
    return record;
  }

  append(): void {
    // Operations are not kept.
  }

  write(): void {
    // As for append.
  }

  copy(): void {
    // As for append.
  }

  clear(): void {
    // As for append.
  }

  submit(): void {
    // As for append.
  }
}

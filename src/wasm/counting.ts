// What the engine would hold while work is recorded.
import { CountingDevice } from '../ops/counting.js';
import type { Device, Recorder } from '../ops/device.js';
import type { OperationName } from '../ops/operations.js';
import type { DType, Tensor } from '../ops/tensor.js';
import { EXECUTOR } from './executor.js';
import type { List } from './word.js';

/** Least bytes of a tensor. */
export const LEAST_BYTES = 4;

/** A device that counts what the engine would hold. @param like the device whose limits it has */
export function countingDevice(like: Pick<Device, 'info' | 'limits'>): CountingDevice {
  return new CountingDevice(like, {
    bytes: (asked) => Math.max(asked, LEAST_BYTES),
    keepsRetired: false,
    recorder: (device) => new CountingRecorder(device),
  });
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

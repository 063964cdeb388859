// What computes, as nn/, sampling/, optim/ and train/ see it: memory, and a recorder of operations. WebGPU (gpu/, kernels/) is one
// implementation; nothing here may name what only one of them has.
import type { DType, Storage, Tensor } from './tensor.js';

/** What a device is, for messages and records. */
export interface DeviceInfo {
  /** `gpu`: WebGPU on a GPU; `software`: WebGPU on CPU cores; `wasm`: WebAssembly. */
  readonly kind: 'gpu' | 'software' | 'wasm';
  /** Name for people, as the system gives it. */
  readonly description: string;
}

/** How large things may be on a device, in bytes. */
export interface DeviceLimits {
  /** Largest single tensor. */
  readonly maxBuffer: number;
  /** Largest tensor that an operation can take as one piece. Operations that need no such bound say so. */
  readonly maxBinding: number;
  /** All tensors together, where the device knows. */
  readonly total?: number;
}

/** Device memory in use, in bytes. */
export interface MemoryUse {
  readonly allocated: number;
  readonly peak: number;
}

/** An open device. Failures surface as MgrpoError at the next call that waits for the device. */
export interface Device {
  readonly info: DeviceInfo;
  readonly limits: DeviceLimits;
  /** Memory of the tensors made here, now and at most so far. */
  readonly memory: MemoryUse;

  /** Forgets the highest memory use so far. */
  resetPeak(): void;
  /** Raises the first error that the device has reported, if any. */
  assertHealthy(): void;

  /**
   * A new zeroed tensor (default f32).
   * @throws MgrpoError `device_limit` where it is larger than the device allows.
   */
  tensor(shape: readonly number[], dtype?: DType, label?: string): Tensor;
  /** A new tensor with the given contents. */
  from(data: Float32Array | Uint32Array, shape?: readonly number[], label?: string): Tensor;
  /** Writes elements into a tensor, from element `start`; packed dtypes are written as whole u32, from an even `start`. */
  write(t: Tensor, data: Float32Array | Uint32Array, start?: number): void;
  /** Copies tensors back in one round trip. The bits always come as Float32Array; {@link readU32} reads them as u32. */
  read<const T extends readonly Tensor[]>(...tensors: T): Promise<{ [K in keyof T]: Float32Array<ArrayBuffer> }>;
  /** Like {@link read}, for one tensor of u32. */
  readU32(t: Tensor): Promise<Uint32Array<ArrayBuffer>>;
  /** Frees tensors now; nothing that is recorded but not submitted may use them. */
  free(...tensors: readonly { readonly storage: Storage }[]): void;
  /** Frees tensors once everything recorded so far has been submitted. */
  retire(...tensors: readonly { readonly storage: Storage }[]): void;

  /**
   * A tensor that is reused by everyone who asks for the same label: contents last until the next user of the label writes. Grows as
   * needed. For what must outlive a call use a pool of your own (pool.ts).
   */
  scratch(label: string, shape: readonly number[], dtype?: DType): Tensor;
  /** Frees all scratch tensors. */
  freeScratch(): void;

  /** A recorder of operations. */
  recorder(): Recorder;
  /** Waits until all submitted work is done. */
  idle(): Promise<void>;
  /** Waits like {@link idle}, after `out_of_memory`: the device can be used again, but what was recorded or computed without that memory is void. */
  recover(): Promise<void>;
  /** A device that computes nothing and counts what this one would hold, where it can: for finding out what a piece of work needs. */
  rehearsal?(): Device;
  /** Waits for the work, frees everything and closes the device. */
  destroy(): Promise<void>;
}

/** Records operations in order; each sees all writes of those before it. Nothing needs to run before {@link submit}. */
export interface Recorder {
  readonly device: Device;
  /** Records the operation of that name. Called by the operations of ops/, which have checked the arguments. */
  execute(operation: string, args: object): void;
  /** Writes host data into a tensor, after everything recorded so far and before everything that follows. */
  write(t: Tensor, data: Float32Array | Uint32Array): void;
  /** Copies the elements of `source` to `target`; both ranges must be a multiple of 4 bytes. */
  copy(source: Tensor, target: Tensor): void;
  /** Sets all elements to zero. */
  clear(t: Tensor): void;
  /** A scratch tensor; see {@link Device.scratch}. */
  scratch(label: string, shape: readonly number[], dtype?: DType): Tensor;
  /**
   * Records what `record` records. The function that it gives records the same again, at once where a device can: the same operations on the same
   * tensors, as long as nobody frees them.
   */
  repeatable(record: () => void): () => void;
  /** Hands everything recorded so far to the device; the recorder can be used again. */
  submit(): void;
}

// A device that computes in WebAssembly: tensors are ranges of one memory, operations run on threads of their own.
import { MgrpoError, check } from '../errors.js';
import type { Device, DeviceInfo, DeviceLimits, MemoryUse } from '../ops/device.js';
import { Pool } from '../ops/pool.js';
import { BYTES, bytesOf, type DType, type Storage, type Tensor } from '../ops/tensor.js';
import type { Threads } from '../platform/threads.js';
import { countingDevice, LEAST_BYTES } from './counting.js';
import { Memory } from './memory.js';
import { engineModule, type EngineExports } from './module.js';
import { LocalQueue, ThreadQueue, type Queue } from './queue.js';
import { WasmRecorder, type RecorderDevice } from './recorder.js';
import { addressOf, type WasmStorage } from './word.js';

/** Settings of `openWasm`. */
export interface WasmOptions {
  /** Number of threads (default: the cores, at most 8). One runs on the caller's thread where memory cannot be shared. */
  readonly threads?: number | undefined;
  /** Share the memory with threads (default: where the platform can). */
  readonly shared?: boolean | undefined;
  /** Fused multiply-adds in products where the processor has them (default false): faster, but the bytes depend on the processor. */
  readonly relaxed?: boolean | undefined;
}

/** The first page belongs to the module itself; address 0 stands for an operand that is not there. */
const FIRST = 65_536;
/** More threads than this gain nothing: the products are bound by memory then. */
const MOST_THREADS = 8;

/** The WebAssembly device. Results do not depend on the number of threads. */
export class WasmDevice implements RecorderDevice {
  readonly info: DeviceInfo;
  readonly limits: DeviceLimits;
  /** Where tensors, lists of operations and staged data lie. */
  readonly heap: Memory;
  readonly engine: EngineExports;
  readonly queue: Queue;
  readonly #scratch: Pool;
  /** Addresses to be freed once the first `after` lists are done, and those whose list is not submitted yet. */
  readonly #leaving: { readonly after: number; readonly address: number }[] = [];
  readonly #retired: number[] = [];
  freed = 0;
  #nextId = 0;
  #allocated = 0;
  #peak = 0;
  #closed = false;

  private constructor(
    heap: Memory,
    engine: EngineExports,
    queue: Queue,
    kind: { relaxed: boolean; missing: string | undefined },
  ) {
    this.heap = heap;
    this.engine = engine;
    this.queue = queue;
    const total = heap.maximum - FIRST;
    this.limits = { maxBuffer: total, maxBinding: total, total };
    const count = `${queue.threads} ${queue.threads === 1 ? 'thread' : 'threads'}`;
    const { relaxed, missing } = kind;
    const description = `WebAssembly, ${count}${relaxed ? ', relaxed SIMD' : ''}${missing === undefined ? '' : `: ${missing}`}`;
    this.info = { kind: 'wasm', description };
    this.#scratch = new Pool(this);
  }

  /** Opens the engine, on threads of the platform where it can share memory with them, else on the caller's. */
  static async open(platform: Threads, options: WasmOptions = {}): Promise<WasmDevice> {
    const {
      shared = platform.missing === undefined,
      threads = Math.min(platform.cores, MOST_THREADS),
      relaxed = false,
    } = options;
    check(
      Number.isInteger(threads) && threads >= 1 && threads <= 64,
      `openWasm: expected threads from 1 to 64, got ${threads}; leave it out for one per core`,
    );
    const heap = new Memory(shared, FIRST);
    const module = await engineModule({ shared, relaxed });
    const imports = { env: { memory: heap.memory }, index: { finished: () => undefined, refresh: () => undefined } };
    const instance = await WebAssembly.instantiate(module, imports).catch((cause: unknown) => {
      throw new MgrpoError(
        'out_of_memory',
        `wasm: expected memory for the engine, got ${String(cause)}; close other programs, or raise the limit (ulimit -v)`,
        { cause },
      );
    });
    const engine = instance.exports as unknown as EngineExports;
    const queue = shared ? ThreadQueue.open(heap, platform, threads, module) : LocalQueue.open(heap, engine);
    return new WasmDevice(heap, engine, queue, { relaxed, missing: platform.missing });
  }

  get memory(): MemoryUse {
    return { allocated: this.#allocated, peak: this.#peak };
  }

  resetPeak(): void {
    this.#peak = this.#allocated;
  }

  assertHealthy(): void {
    if (this.queue.failure) throw this.queue.failure;
    if (this.#closed) throw new MgrpoError('device_lost', 'wasm: expected an open device, got one that is closed; open another');
  }

  tensor(shape: readonly number[], dtype: DType = 'f32', label = 'tensor'): Tensor {
    this.#collect();
    const bytes = Math.max(bytesOf(shape, dtype), LEAST_BYTES);
    if (bytes > this.limits.maxBuffer) {
      throw new MgrpoError(
        'device_limit',
        `wasm: expected at most ${this.limits.maxBuffer} bytes for "${label}", got ${bytes}; use a smaller batch, context or model`,
      );
    }
    const address = this.heap.allocateZeros(bytes, label);
    this.#allocated += bytes;
    this.#peak = Math.max(this.#peak, this.#allocated);
    const storage: WasmStorage = { id: this.#nextId++, bytes, address };
    return { storage, offset: 0, shape, dtype };
  }

  from(data: Float32Array | Uint32Array, shape: readonly number[] = [data.length], label = 'tensor'): Tensor {
    const t = this.tensor(shape, data instanceof Uint32Array ? 'u32' : 'f32', label);
    this.write(t, data);
    return t;
  }

  write(t: Tensor, data: Float32Array | Uint32Array, start = 0): void {
    const offset = start * BYTES[t.dtype];
    check(
      t.offset + offset + data.byteLength <= t.storage.bytes,
      `write: expected at most ${t.storage.bytes - t.offset - offset} bytes, got ${data.byteLength}; check the tensor's shape`,
    );
    if (this.#idle) {
      this.put(data, addressOf(t) + offset);
      return;
    }
    this.#alone((rec) => rec.write({ ...t, offset: t.offset + offset, shape: [data.length], dtype: 'u32' }, data));
  }

  put(data: Float32Array | Uint32Array, address: number): void {
    this.heap.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
  }

  async read<const T extends readonly Tensor[]>(...tensors: T): Promise<{ [K in keyof T]: Float32Array<ArrayBuffer> }>;
  async read(...tensors: Tensor[]): Promise<Float32Array[]> {
    this.assertHealthy();
    if (this.#idle) return tensors.map((t) => this.#copy(addressOf(t), bytesOf(t.shape, t.dtype)));
    // Copies made in order, so that what is submitted after this call is not seen.
    const copies = tensors.map((t) => {
      const bytes = bytesOf(t.shape, t.dtype);
      return { from: addressOf(t), address: this.heap.allocate(bytes, 'read-back'), bytes };
    });
    this.#alone((rec) => {
      for (const { from, address, bytes } of copies) rec.move(from, address, bytes);
    });
    try {
      await this.queue.reached(this.queue.submitted);
      return copies.map(({ address, bytes }) => this.#copy(address, bytes));
    } finally {
      for (const { address } of copies) this.heap.free(address);
    }
  }

  async readU32(t: Tensor): Promise<Uint32Array<ArrayBuffer>> {
    const [data] = await this.read(t);
    return new Uint32Array(data.buffer, data.byteOffset, data.length);
  }

  free(...tensors: readonly { readonly storage: Storage }[]): void {
    this.freed += tensors.length;
    for (const { storage } of tensors) {
      this.#allocated -= storage.bytes;
      this.#leaving.push({ after: this.queue.submitted, address: (storage as WasmStorage).address });
    }
    this.#collect();
  }

  retire(...tensors: readonly { readonly storage: Storage }[]): void {
    this.freed += tensors.length;
    for (const { storage } of tensors) {
      this.#allocated -= storage.bytes;
      this.#retired.push((storage as WasmStorage).address);
    }
  }

  scratch(label: string, shape: readonly number[], dtype?: DType): Tensor {
    return this.#scratch.get(label, shape, dtype);
  }

  freeScratch(): void {
    this.#scratch.free();
  }

  recorder(): WasmRecorder {
    return new WasmRecorder(this);
  }

  submit(words: Uint32Array, count: number, staged: readonly number[]): void {
    this.assertHealthy();
    this.#collect();
    const address = this.heap.allocate(words.byteLength, 'operations');
    this.heap.words.set(words, address / 4);
    this.engine.prepare(address, count);
    this.queue.submit({ address, count, garbage: staged });
    for (const retired of this.#retired.splice(0)) this.#leaving.push({ after: this.queue.submitted, address: retired });
  }

  async idle(): Promise<void> {
    await this.queue.reached(this.queue.submitted);
    this.assertHealthy();
  }

  recover(): Promise<void> {
    return this.idle();
  }

  rehearsal(): Device {
    return countingDevice(this);
  }

  async destroy(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.queue.reached(this.queue.submitted).catch(() => undefined);
    await this.queue.close();
  }

  /** Submits a list of its own. What was retired stays: lists that are still open may name it. */
  #alone(record: (rec: WasmRecorder) => void): void {
    const retired = this.#retired.splice(0);
    try {
      const rec = this.recorder();
      record(rec);
      rec.submit();
    } finally {
      this.#retired.push(...retired);
    }
  }

  get #idle(): boolean {
    return this.queue.completed === this.queue.submitted;
  }

  #copy(address: number, bytes: number): Float32Array<ArrayBuffer> {
    const out = new Float32Array(bytes / 4);
    out.set(this.heap.floats.subarray(address / 4, (address + bytes) / 4));
    return out;
  }

  /** Frees what no list needs any more. */
  #collect(): void {
    while (this.#leaving.length > 0 && this.#leaving[0]!.after <= this.queue.completed) {
      this.heap.free(this.#leaving.shift()!.address);
    }
  }
}

// An open WebGPU device as the rest of the engine sees it. The parts (memory, pipelines, read-back, recorder) know nothing of it.
import { MgrpoError, check } from '../errors.js';
import { isObject, need, type ArgumentRule } from '../options/border.js';
import type { Device, DeviceInfo, DeviceLimits, MemoryUse } from '../ops/device.js';
import { Pool } from '../ops/pool.js';
import { BYTES, bytesOf, type DType, type Storage, type Tensor } from '../ops/tensor.js';
import { descriptorOf, summarize, type AdapterSummary } from './adapter.js';
import { Load } from './load.js';
import { UNIT_FEATURES, matrixUnitOf } from './matrix-unit.js';
import { Memory, bufferOf } from './memory.js';
import { Order } from './order.js';
import { Pipelines } from './pipelines.js';
import { profileOf, type Profile, type ProfileOptions } from './profile.js';
import { Readback } from './readback.js';
import { GpuRecorder, type Execute } from './recorder.js';
import { rehearsalDevice } from './rehearsal.js';
import { Timings, type Timing } from './timings.js';

/** Settings of a WebGPU device. */
export interface GpuOptions extends ProfileOptions {
  /** Time every dispatch with timestamp queries, where the adapter has them (default false). */
  readonly timings?: boolean;
}

const ADAPTER: ArgumentRule = {
  noun: 'a GPUAdapter',
  is: (value) => isObject(value) && typeof value['requestDevice'] === 'function',
  wayOut:
    'in Node take the one that nodeGpu() found, in a browser that of navigator.gpu.requestAdapter(); either is null without a GPU',
};

/** An open WebGPU device. */
export class Gpu implements Device {
  readonly device: GPUDevice;
  readonly adapter: AdapterSummary;
  readonly profile: Profile;
  readonly info: DeviceInfo;
  readonly limits: DeviceLimits;

  readonly #order: Order;
  readonly #memory: Memory;
  readonly #pipelines: Pipelines;
  readonly #readback: Readback;
  readonly #load: Load;
  readonly #scratch: Pool;
  readonly #timings: Timings | undefined;
  readonly #execute: Execute;
  #failure: MgrpoError | undefined;
  #destroyed = false;

  private constructor(device: GPUDevice, adapter: AdapterSummary, options: GpuOptions, execute: Execute) {
    this.device = device;
    this.adapter = adapter;
    this.profile = profileOf(device, adapter, options);
    this.info = { kind: this.profile.kind, description: adapter.description };
    this.limits = { maxBuffer: this.profile.maxBuffer, maxBinding: this.profile.maxBinding };
    this.#execute = execute;
    this.#order = new Order((error) => this.#fail(error));
    this.#pipelines = new Pipelines(device, this.profile);
    this.#memory = new Memory(device);
    this.#readback = new Readback(
      device,
      (encode) => this.#order.done(() => this.#submit(encode, 0)),
      () => this.assertHealthy(),
    );
    this.#load = new Load(device.queue);
    this.#scratch = new Pool(this);
    this.#timings = options.timings === true && device.features.has('timestamp-query') ? new Timings(device) : undefined;
    this.#watch();
  }

  /**
   * Opens a device with the adapter's own limits.
   * @param execute records the kernels of an operation
   * @throws MgrpoError `invalid_argument` where there is no adapter, `unsupported` if it refuses or has no units for the precision.
   */
  static async open(adapter: GPUAdapter, options: GpuOptions, execute: Execute): Promise<Gpu> {
    need('openAdapter', 'adapter', adapter, ADAPTER);
    const summary = summarize(adapter);
    const isHalf = options.precision === 'f16';
    if (isHalf && !matrixUnitOf(summary)) throw noMatrixUnit(summary);
    const wanted = [...(options.timings === true ? ['timestamp-query'] : []), ...(isHalf ? UNIT_FEATURES : [])];
    let device: GPUDevice;
    try {
      device = await adapter.requestDevice(descriptorOf(adapter, wanted));
    } catch (cause) {
      throw new MgrpoError(
        'unsupported',
        `gpu: the adapter ${summary.description} gave no device (${String(cause)}); try another`,
        { cause },
      );
    }
    return new Gpu(device, summary, options, execute);
  }

  /** Accumulated GPU time per entry point; empty where dispatches are not timed. */
  get timings(): ReadonlyMap<string, Readonly<Timing>> {
    return this.#timings?.totals ?? new Map();
  }

  get memory(): MemoryUse {
    return this.#memory.use;
  }

  resetPeak(): void {
    this.#memory.resetPeak();
  }

  assertHealthy(): void {
    if (this.#failure) throw this.#failure;
  }

  tensor(shape: readonly number[], dtype: DType = 'f32', label = 'tensor'): Tensor {
    return { storage: this.#memory.allocate(bytesOf(shape, dtype), label), offset: 0, shape, dtype };
  }

  from(data: Float32Array | Uint32Array, shape: readonly number[] = [data.length], label = 'tensor'): Tensor {
    const t = this.tensor(shape, data instanceof Uint32Array ? 'u32' : 'f32', label);
    this.write(t, data);
    return t;
  }

  write(t: Tensor, data: Float32Array | Uint32Array, start = 0): void {
    const offset = t.offset + start * BYTES[t.dtype];
    const room = t.storage.bytes - offset;
    check(data.byteLength <= room, `gpu.write: expected at most ${room} bytes, got ${data.byteLength}; check the tensor's shape`);
    const buffer = bufferOf(t);
    // What waits takes a copy: the caller may change its data.
    const { buffer: bytes, byteOffset, byteLength } = this.#order.isHeld ? data.slice() : data;
    this.#order.run(() => this.device.queue.writeBuffer(buffer, offset, bytes, byteOffset, byteLength));
  }

  async read<const T extends readonly Tensor[]>(...tensors: T): Promise<{ [K in keyof T]: Float32Array<ArrayBuffer> }>;
  async read(...tensors: Tensor[]): Promise<Float32Array[]> {
    const values = await this.#readback.read(tensors);
    this.#load.waitedFor();
    return values;
  }

  async readU32(t: Tensor): Promise<Uint32Array<ArrayBuffer>> {
    const [data] = await this.read(t);
    return new Uint32Array(data.buffer, data.byteOffset, data.length);
  }

  free(...tensors: readonly { readonly storage: Storage }[]): void {
    for (const { storage } of tensors) {
      this.#pipelines.forget(storage);
      this.#order.run(() => this.#memory.free(storage));
    }
  }

  retire(...tensors: readonly { readonly storage: Storage }[]): void {
    for (const { storage } of tensors) {
      this.#pipelines.forget(storage);
      this.#order.run(() => this.#memory.retire(storage));
    }
  }

  scratch(label: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    return this.#scratch.get(label, shape, dtype);
  }

  freeScratch(): void {
    this.#scratch.free();
  }

  recorder(): GpuRecorder {
    return new GpuRecorder({
      device: this,
      gpu: this.device,
      profile: this.profile,
      pipelines: this.#pipelines,
      order: this.#order,
      execute: this.#execute,
      submit: (encode, work) => this.#submit(encode, work),
      isWaiting: () => this.#load.isWaiting && !this.#order.isHeld,
      mostWork: () => (this.profile.kind === 'gpu' ? this.#load.mostWork : Infinity),
      timings: this.#timings?.recorder(),
    });
  }

  async idle(): Promise<void> {
    await this.#workDone();
    this.assertHealthy();
  }

  rehearsal(): Device {
    const [gpu, pipelines, order, execute] = [this.device, this.#pipelines, this.#order, this.#execute];
    return rehearsalDevice({ device: this, gpu, profile: this.profile, pipelines, order, execute });
  }

  async recover(): Promise<void> {
    await this.#workDone();
    if (this.#failure?.code === 'out_of_memory') this.#failure = undefined;
    this.assertHealthy();
  }

  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#destroyed = true;
    await this.#workDone().catch(() => undefined);
    this.freeScratch();
    this.#readback.destroy();
    this.#pipelines.destroy();
    this.device.destroy();
  }

  #workDone(): Promise<void> {
    return this.#order.done(async () => void (await this.device.queue.onSubmittedWorkDone()));
  }

  #submit(encode: () => GPUCommandBuffer, work: number): void {
    this.assertHealthy();
    this.device.queue.submit([encode()]);
    this.#load.submitted(work);
    this.#memory.freeRetired();
  }

  /** Keeps the first failure of what runs late: a pipeline that cannot be made, or work after it. */
  #fail(error: unknown): void {
    this.#failure ??= error instanceof MgrpoError ? error : asMgrpoError(error as GPUError, this.#memory.use.allocated);
  }

  /** Keeps the first failure that the device reports. */
  #watch(): void {
    this.device.addEventListener('uncapturederror', (event) => {
      this.#failure ??= asMgrpoError((event as GPUUncapturedErrorEvent).error, this.#memory.use.allocated);
    });
    void this.device.lost.then((info) => {
      if (this.#destroyed) return;
      this.#failure ??= new MgrpoError(
        'device_lost',
        `gpu: the device was lost (${info.reason || 'unknown'}): ${info.message}; start again, with a smaller batch if the driver timed out`,
      );
    });
  }
}

function noMatrixUnit({ description, features }: AdapterSummary): MgrpoError {
  const missing = UNIT_FEATURES.filter((name) => !features.includes(name));
  return new MgrpoError(
    'unsupported',
    `gpu: expected matrix units for the precision f16, ${description} offers ${missing.length > 0 ? `no ${missing.join(', ')}` : 'none for f16 with sums in f32'}; ` +
      'leave the precision at f32, or, in Chrome, allow unsafe WebGPU (chrome://flags/#enable-unsafe-webgpu)',
  );
}

function asMgrpoError(error: GPUError, allocated: number): MgrpoError {
  const name = error.constructor.name;
  if (name === 'GPUOutOfMemoryError' || /out of memory|OUT_OF_(DEVICE|HOST)_MEMORY/i.test(error.message)) {
    return new MgrpoError(
      'out_of_memory',
      `gpu: out of memory with ${Math.round(allocated / 2 ** 20)} MiB in use (${error.message}); use a smaller batch or context, ` +
        'gradient checkpointing, or LoRA instead of full fine-tuning',
    );
  }
  return new MgrpoError(
    'gpu_validation',
    `gpu: ${name}: ${error.message}; this is a bug in mgrpo, please report it with the device's name`,
  );
}

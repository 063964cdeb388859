import { MgrpoError, check } from '../errors.js';
import type { Kernel } from './kernel.js';
import { Recorder, UNIFORM_CHUNK } from './recorder.js';
import { bytesOf, type DType, type Storage, type Tensor } from './tensor.js';

/** What is known about the adapter behind a device. */
export interface AdapterSummary {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** True where the shaders run on CPU cores (SwiftShader, lavapipe, WARP). */
  readonly software: boolean;
  /** 0 where subgroups are missing. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  readonly features: readonly string[];
}

/** Settings of {@link Gpu.open}. All exist so that tests can run the paths of weaker devices on any device. */
export interface GpuOptions {
  /** Use subgroup kernels where the adapter has them (default true). */
  readonly subgroups?: boolean;
  /** Upper bound in bytes for one storage binding (default: what the adapter offers). */
  readonly maxBinding?: number;
  /** Time every dispatch with timestamp queries, where the adapter has them (default false). */
  readonly profile?: boolean;
}

/** Limits that are asked for up to what the adapter has; all others keep WebGPU's defaults. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

const MIB = 2 ** 20;

interface CachedPipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly id: number;
}

/** Reads an adapter's description; fields that a browser hides are empty strings. */
export function summarize(adapter: GPUAdapter): AdapterSummary {
  const info = adapter.info as GPUAdapterInfo & { readonly isFallbackAdapter?: boolean };
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  const subgroups = adapter.features.has('subgroups');
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description || info.device,
    software: info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render|software/i.test(text),
    subgroupMinSize: subgroups ? (info.subgroupMinSize ?? 0) : 0,
    subgroupMaxSize: subgroups ? (info.subgroupMaxSize ?? 0) : 0,
    features: [...adapter.features].sort(),
  };
}

/**
 * An open WebGPU device: buffers, pipelines, recorders, read-backs. Errors of the device surface as {@link MgrpoError}
 * at the next point that waits for it.
 */
export class Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterSummary;
  /** Subgroup size where subgroups may be used and all have one size, else 0. */
  readonly subgroupSize: number;
  /** Largest range that one storage binding may cover, in bytes. */
  readonly maxBinding: number;
  readonly profile: boolean;
  /** Accumulated GPU time per entry point in nanoseconds, where profiling is on. */
  readonly timings: Map<string, { count: number; nanoseconds: number }> = new Map();

  readonly #pipelines = new Map<string, CachedPipeline>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #bindGroupsOf = new Map<number, string[]>();
  readonly #scratch = new Map<string, Storage>();
  readonly #readback: GPUBuffer[] = [];
  readonly #uniforms: GPUBuffer[] = [];
  #uniformLayout: GPUBindGroupLayout | undefined;
  #nextId = 0;
  #failure: MgrpoError | undefined;
  #destroyed = false;
  #allocated = 0;
  #peak = 0;

  private constructor(device: GPUDevice, adapter: AdapterSummary, options: GpuOptions) {
    this.device = device;
    this.adapter = adapter;
    const subgroups = device.features.has('subgroups') && options.subgroups !== false;
    this.subgroupSize = subgroups && adapter.subgroupMinSize === adapter.subgroupMaxSize ? adapter.subgroupMaxSize : 0;
    this.maxBinding = Math.min(device.limits.maxStorageBufferBindingSize, options.maxBinding ?? Infinity);
    this.profile = options.profile === true && device.features.has('timestamp-query');
    device.addEventListener('uncapturederror', (event) => {
      this.#failure ??= typed((event as GPUUncapturedErrorEvent).error, this.#allocated);
    });
    void device.lost.then((info) => {
      if (this.#destroyed) return;
      this.#failure ??= new MgrpoError(
        'device_lost',
        `gpu: the device was lost (${info.reason || 'unknown'}): ${info.message}; start again, with a smaller batch if the driver timed out`,
      );
    });
  }

  /**
   * Opens a device with the adapter's own limits.
   * @throws MgrpoError `unsupported` if the adapter refuses.
   */
  static async open(adapter: GPUAdapter, options: GpuOptions = {}): Promise<Gpu> {
    const wanted: Record<string, number> = {};
    for (const name of LIMITS) wanted[name] = adapter.limits[name];
    const features: GPUFeatureName[] = [];
    if (adapter.features.has('subgroups')) features.push('subgroups');
    if (options.profile && adapter.features.has('timestamp-query')) features.push('timestamp-query');
    const summary = summarize(adapter);
    let device: GPUDevice;
    try {
      device = await adapter.requestDevice({ requiredLimits: wanted, requiredFeatures: features });
    } catch (cause) {
      throw new MgrpoError(
        'unsupported',
        `gpu: the adapter ${summary.description} gave no device (${String(cause)}); try another`,
        { cause },
      );
    }
    return new Gpu(device, summary, options);
  }

  /** Bytes of device memory in buffers made here, now and at most so far. */
  get memory(): { readonly allocated: number; readonly peak: number } {
    return { allocated: this.#allocated, peak: this.#peak };
  }

  /** Forgets the highest memory use so far. */
  resetPeak(): void {
    this.#peak = this.#allocated;
  }

  /** Raises the first error that the device has reported, if any. */
  assertHealthy(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * Allocates a zeroed buffer.
   * @throws MgrpoError `device_limit` where it is larger than the device allows.
   */
  allocate(bytes: number, label: string): Storage {
    const rounded = Math.max(Math.ceil(bytes / 16) * 16, 16);
    const limit = this.device.limits.maxBufferSize;
    if (rounded > limit) {
      throw new MgrpoError(
        'device_limit',
        `gpu: expected at most maxBufferSize = ${limit} bytes (${Math.floor(limit / MIB)} MiB) for "${label}", got ${rounded} ` +
          `(${Math.ceil(rounded / MIB)} MiB); use a smaller batch or context, or a smaller model`,
      );
    }
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.device.createBuffer({ size: rounded, usage, label });
    this.#allocated += rounded;
    this.#peak = Math.max(this.#peak, this.#allocated);
    return { buffer, id: this.#nextId++, bytes: rounded };
  }

  /** A new zeroed tensor. */
  tensor(shape: readonly number[], dtype: DType = 'f32', label = 'tensor'): Tensor {
    return { storage: this.allocate(bytesOf(shape, dtype), label), offset: 0, shape, dtype };
  }

  /** A new tensor with the given contents. */
  from(data: Float32Array | Uint32Array, shape: readonly number[] = [data.length], label = 'tensor'): Tensor {
    const t = this.tensor(shape, data instanceof Uint32Array ? 'u32' : 'f32', label);
    this.write(t, data);
    return t;
  }

  /** Writes elements into a tensor, from element `start` (bf16: two packed elements per u32, even `start`). */
  write(t: Tensor, data: Float32Array | Uint32Array, start = 0): void {
    const offset = t.offset + start * (t.dtype === 'bf16' ? 2 : 4);
    check(
      offset + data.byteLength <= t.storage.bytes,
      `gpu.write: expected at most ${t.storage.bytes - offset} bytes, got ${data.byteLength}; check the tensor's shape`,
    );
    this.device.queue.writeBuffer(t.storage.buffer, offset, data.buffer, data.byteOffset, data.byteLength);
  }

  /**
   * A tensor that is reused by everyone who asks for the same label: contents last until the next user of the label writes.
   * Grows as needed.
   */
  scratch(label: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    const bytes = bytesOf(shape, dtype);
    let storage = this.#scratch.get(label);
    if (!storage || storage.bytes < bytes) {
      const grown = Math.min(Math.ceil(bytes * (storage ? 1.25 : 1)), this.device.limits.maxBufferSize);
      if (storage) this.retire(storage);
      storage = this.allocate(Math.max(grown, bytes), label);
      this.#scratch.set(label, storage);
    }
    return { storage, offset: 0, shape, dtype };
  }

  readonly #retired: Storage[] = [];

  /** Frees a buffer once everything recorded so far has been submitted. */
  retire(storage: Storage): void {
    this.#retired.push(storage);
  }

  /** Frees a tensor's buffer now; nothing that is recorded but not submitted may use it. */
  free(...tensors: readonly { readonly storage: Storage }[]): void {
    for (const { storage } of tensors) {
      for (const key of this.#bindGroupsOf.get(storage.id) ?? []) this.#bindGroups.delete(key);
      this.#bindGroupsOf.delete(storage.id);
      storage.buffer.destroy();
      this.#allocated -= storage.bytes;
    }
  }

  /** Frees all scratch tensors. */
  freeScratch(): void {
    for (const storage of this.#scratch.values()) this.free({ storage });
    this.#scratch.clear();
  }

  /** A recorder of dispatches. */
  recorder(): Recorder {
    return new Recorder(this);
  }

  /** Submits command buffers. Called by the recorder. */
  submit(commands: GPUCommandBuffer): void {
    this.assertHealthy();
    this.device.queue.submit([commands]);
    for (const storage of this.#retired.splice(0)) this.free({ storage });
  }

  /** The pipeline of a kernel, made on first use. */
  pipeline(k: Kernel): CachedPipeline {
    let cached = this.#pipelines.get(k.key);
    if (cached) return cached;
    check(
      k.access.length <= this.device.limits.maxStorageBuffersPerShaderStage,
      `gpu: expected at most ${this.device.limits.maxStorageBuffersPerShaderStage} storage buffers for ${k.entry}, got ${k.access.length}`,
    );
    const module = this.device.createShaderModule({ code: `${k.prelude ?? ''}\n${k.source}`, label: k.entry });
    const layout = this.device.createBindGroupLayout({
      label: k.entry,
      entries: [...k.access].map((access, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === 'r' ? 'read-only-storage' : 'storage' },
      })),
    });
    const pipeline = this.device.createComputePipeline({
      label: k.entry,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout, this.uniformLayout] }),
      compute: { module, entryPoint: k.entry, constants: { ...k.constants } },
    });
    cached = { pipeline, layout, id: this.#pipelines.size };
    this.#pipelines.set(k.key, cached);
    return cached;
  }

  /** Layout of group 1: one parameter block at a dynamic offset. */
  get uniformLayout(): GPUBindGroupLayout {
    this.#uniformLayout ??= this.device.createBindGroupLayout({
      label: 'parameters',
      entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } }],
    });
    return this.#uniformLayout;
  }

  /** The bind group of group 0 for a pipeline and tensors, from the cache where possible. */
  bindGroup(k: Kernel, cached: CachedPipeline, tensors: readonly Tensor[]): GPUBindGroup {
    let key = `${cached.id}`;
    const ranges: number[] = [];
    for (const t of tensors) {
      const bytes = bytesOf(t.shape, t.dtype);
      ranges.push(bytes);
      key += `,${t.storage.id}:${t.offset}:${bytes}`;
    }
    let group = this.#bindGroups.get(key);
    if (group) return group;
    tensors.forEach((t, i) => {
      if (ranges[i]! > this.maxBinding) {
        throw new MgrpoError(
          'device_limit',
          `gpu: expected at most maxStorageBufferBindingSize = ${this.maxBinding} bytes for binding ${i} of ${k.entry}, got ${ranges[i]}; ` +
            'use a smaller batch or context',
        );
      }
    });
    group = this.device.createBindGroup({
      layout: cached.layout,
      label: k.entry,
      entries: tensors.map((t, binding) => ({
        binding,
        resource: { buffer: t.storage.buffer, offset: t.offset, size: Math.max(ranges[binding]!, 4) },
      })),
    });
    this.#bindGroups.set(key, group);
    for (const t of tensors) {
      const keys = this.#bindGroupsOf.get(t.storage.id);
      if (keys) keys.push(key);
      else this.#bindGroupsOf.set(t.storage.id, [key]);
    }
    return group;
  }

  /** A buffer for parameter blocks, from a pool; {@link releaseUniforms} gives it back. */
  takeUniforms(): GPUBuffer {
    return (
      this.#uniforms.pop() ??
      this.device.createBuffer({
        size: UNIFORM_CHUNK,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
        label: 'parameters',
      })
    );
  }

  /** Gives a parameter buffer back to the pool once the commands that use it are submitted. */
  releaseUniforms(buffer: GPUBuffer): void {
    this.#uniforms.push(buffer);
  }

  /** Waits until all submitted work is done. */
  async idle(): Promise<void> {
    await this.device.queue.onSubmittedWorkDone();
    this.assertHealthy();
  }

  /** Copies tensors back in one round trip; f32 tensors give Float32Array, others Uint32Array (bf16: packed pairs). */
  async read<const T extends readonly Tensor[]>(...tensors: T): Promise<{ [K in keyof T]: Float32Array<ArrayBuffer> }>;
  async read(...tensors: Tensor[]): Promise<Float32Array[]> {
    const sizes = tensors.map((t) => bytesOf(t.shape, t.dtype));
    const total = sizes.reduce((a, b) => a + b, 0);
    if (total === 0) return tensors.map(() => new Float32Array(0));
    const encoder = this.device.createCommandEncoder();
    const staging = this.#takeReadback(total);
    let at = 0;
    tensors.forEach((t, i) => {
      encoder.copyBufferToBuffer(t.storage.buffer, t.offset, staging, at, sizes[i]!);
      at += sizes[i]!;
    });
    this.submit(encoder.finish());
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, total);
    } catch (cause) {
      this.assertHealthy();
      throw new MgrpoError('device_lost', `gpu.read: the read-back failed (${String(cause)}); the device was lost or destroyed`, {
        cause,
      });
    }
    const bytes = staging.getMappedRange(0, total).slice(0);
    staging.unmap();
    this.#readback.push(staging);
    this.assertHealthy();
    at = 0;
    return tensors.map((_, i) => new Float32Array(bytes, (at += sizes[i]!) - sizes[i]!, sizes[i]! / 4));
  }

  /** Like {@link read}, for one tensor of u32. */
  async readU32(t: Tensor): Promise<Uint32Array<ArrayBuffer>> {
    const [data] = await this.read(t);
    return new Uint32Array(data.buffer, data.byteOffset, data.length);
  }

  #takeReadback(bytes: number): GPUBuffer {
    const at = this.#readback.findIndex((b) => b.size >= bytes);
    if (at >= 0) return this.#readback.splice(at, 1)[0]!;
    while (this.#readback.length > 3) this.#readback.shift()!.destroy();
    return this.device.createBuffer({
      size: Math.ceil((bytes * 1.25) / 256) * 256,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      label: 'read-back',
    });
  }

  /** Waits for the queue, frees the pooled buffers and destroys the device. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#destroyed = true;
    await this.device.queue.onSubmittedWorkDone().catch(() => undefined);
    this.freeScratch();
    for (const buffer of [...this.#readback, ...this.#uniforms]) buffer.destroy();
    this.device.destroy();
  }
}

function typed(error: GPUError, allocated: number): MgrpoError {
  const name = error.constructor.name;
  if (name === 'GPUOutOfMemoryError' || /out of memory|OUT_OF_(DEVICE|HOST)_MEMORY/i.test(error.message)) {
    return new MgrpoError(
      'out_of_memory',
      `gpu: out of memory with ${Math.round(allocated / MIB)} MiB in use (${error.message}); use a smaller batch or context, ` +
        'gradient checkpointing, or LoRA instead of full fine-tuning',
    );
  }
  return new MgrpoError(
    'gpu_validation',
    `gpu: ${name}: ${error.message}; this is a bug in mgrpo, please report it with the adapter's name`,
  );
}

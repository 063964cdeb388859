// Pipelines and bind groups of a device, made on first use and kept.
import { MgrpoError, check } from '../errors.js';
import { bytesOf, type Storage, type Tensor } from '../ops/tensor.js';
import type { Kernel } from './kernel.js';
import { bufferOf } from './memory.js';
import type { Profile } from './profile.js';

/** Bytes from one parameter block to the next: WebGPU's default and largest minUniformBufferOffsetAlignment. */
export const ALIGNMENT = 256;
/** Bytes of one pooled buffer of parameter blocks. */
export const UNIFORM_CHUNK: number = 256 * ALIGNMENT;

/** A pooled buffer of parameter blocks, and the bind group of each block that was ever used: a call with a dynamic offset would cost more each time. */
export interface Uniforms {
  readonly buffer: GPUBuffer;
  readonly groups: GPUBindGroup[];
}

/** A kernel that is compiled, or will be. */
export interface Compiled {
  /** There once `ready` is settled, where all went well. */
  pipeline: GPUComputePipeline | undefined;
  readonly ready: Promise<void>;
  readonly layout: GPUBindGroupLayout;
  readonly id: number;
}

/** The pipelines, bind groups and parameter buffers of one device. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #profile: Profile;
  readonly #pipelines = new Map<string, Compiled>();
  /** By kernel and tensors. */
  readonly #bindGroups = new Map<string, { readonly group: GPUBindGroup; readonly storages: readonly number[] }>();
  /** Keys of the bind groups of a storage. */
  readonly #keysOf = new Map<number, Set<string>>();
  readonly #uniforms: Uniforms[] = [];
  #uniformLayout: GPUBindGroupLayout | undefined;
  #freed = 0;

  constructor(device: GPUDevice, profile: Profile) {
    this.#device = device;
    this.#profile = profile;
  }

  /** The pipeline of a kernel. The driver compiles beside the host, and several at a time. */
  pipeline(k: Kernel): Compiled {
    const compiled = this.#pipelines.get(k.key);
    if (compiled) return compiled;
    const most = this.#profile.storageBuffers;
    check(k.access.length <= most, `gpu: expected at most ${most} storage buffers for ${k.entry}, got ${k.access.length}`);
    const module = this.#device.createShaderModule({ code: this.#text(k), label: k.entry });
    const layout = this.#device.createBindGroupLayout({
      label: k.entry,
      entries: [...k.access].map((access, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === 'r' ? 'read-only-storage' : 'storage' },
      })),
    });
    const created = this.#device.createComputePipelineAsync({
      label: k.entry,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout, this.uniformLayout] }),
      compute: { module, entryPoint: k.entry, constants: { ...k.constants } },
    });
    const made: Compiled = {
      ...{ pipeline: undefined, layout, id: this.#pipelines.size },
      ready: created.then((pipeline) => void (made.pipeline = pipeline)),
    };
    // Where nobody submits what needs it, nobody is told.
    made.ready.catch(() => undefined);
    this.#pipelines.set(k.key, made);
    return made;
  }

  /** The text of a kernel, with the size of its subgroups where there is a choice. */
  #text({ prelude = '', source, invocations, subgroup }: Kernel): string {
    const { subgroupSize, smallestSubgroup: smallest } = this.#profile;
    const text = `${prelude}\n${source}`;
    if (smallest === 0) return text;
    const narrow = invocations !== undefined && invocations % smallest === 0 ? smallest : 0;
    const size = subgroup ?? (prelude.includes('enable subgroups;') ? subgroupSize : narrow);
    return size === 0 ? text : `enable subgroup_size_control;\n${text.replaceAll(/@(?=compute )/g, `@subgroup_size(${size}) @`)}`;
  }

  /** Layout of group 1: one parameter block. */
  get uniformLayout(): GPUBindGroupLayout {
    this.#uniformLayout ??= this.#device.createBindGroupLayout({
      label: 'parameters',
      entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } }],
    });
    return this.#uniformLayout;
  }

  /**
   * The bind group of group 0 for a kernel and tensors.
   * @throws MgrpoError `device_limit` where a tensor is larger than one binding may be
   */
  bindGroup(k: Kernel, compiled: Compiled, tensors: readonly Tensor[]): GPUBindGroup {
    let key = `${compiled.id}`;
    const ranges: number[] = [];
    for (const t of tensors) {
      const bytes = bytesOf(t.shape, t.dtype);
      ranges.push(bytes);
      key += `,${t.storage.id}:${t.offset}:${bytes}`;
    }
    const known = this.#bindGroups.get(key);
    if (known) return known.group;
    const most = this.#profile.maxBinding;
    const tooLarge = ranges.findIndex((bytes) => bytes > most);
    if (tooLarge >= 0) {
      throw new MgrpoError(
        'device_limit',
        `gpu: expected at most maxStorageBufferBindingSize = ${most} bytes for binding ${tooLarge} of ${k.entry}, got ` +
          `${ranges[tooLarge]}; use a smaller batch or context`,
      );
    }
    const group = this.#device.createBindGroup({
      layout: compiled.layout,
      label: k.entry,
      entries: tensors.map((t, binding) => ({
        binding,
        resource: { buffer: bufferOf(t), offset: t.offset, size: Math.max(ranges[binding]!, 4) },
      })),
    });
    const storages = tensors.map(({ storage }) => storage.id);
    this.#bindGroups.set(key, { group, storages });
    for (const id of storages) {
      const keys = this.#keysOf.get(id);
      if (keys) keys.add(key);
      else this.#keysOf.set(id, new Set([key]));
    }
    return group;
  }

  /** How many storages were freed that bind groups were made for: where it has changed, kept bind groups may be of no use. */
  get freed(): number {
    return this.#freed;
  }

  /** Drops the bind groups of a storage that is freed, or will be: nobody makes new ones. The other storages of each forget it too. */
  forget({ id }: Storage): void {
    const keys = this.#keysOf.get(id);
    if (!keys) return;
    this.#freed++;
    this.#keysOf.delete(id);
    for (const key of keys) {
      for (const other of this.#bindGroups.get(key)!.storages) this.#keysOf.get(other)?.delete(key);
      this.#bindGroups.delete(key);
    }
  }

  /** How many bind groups are kept, and how many references to them, one for each of their storages. */
  get kept(): { readonly bindGroups: number; readonly references: number } {
    const references = [...this.#keysOf.values()].reduce((n, keys) => n + keys.size, 0);
    return { bindGroups: this.#bindGroups.size, references };
  }

  /** A buffer for parameter blocks, from a pool; {@link releaseUniforms} gives it back. */
  takeUniforms(): Uniforms {
    const { UNIFORM, COPY_DST } = GPUBufferUsage;
    return (
      this.#uniforms.pop() ?? {
        buffer: this.#device.createBuffer({ size: UNIFORM_CHUNK, usage: UNIFORM | COPY_DST, label: 'parameters' }),
        groups: [],
      }
    );
  }

  /** The bind group of group 1 for the parameter block at an offset, a multiple of {@link ALIGNMENT}. */
  parameterGroup({ buffer, groups }: Uniforms, offset: number): GPUBindGroup {
    return (groups[offset / ALIGNMENT] ??= this.#device.createBindGroup({
      layout: this.uniformLayout,
      entries: [{ binding: 0, resource: { buffer, offset, size: ALIGNMENT } }],
    }));
  }

  /** Gives a parameter buffer back to the pool once the commands that use it are submitted. */
  releaseUniforms(uniforms: Uniforms): void {
    this.#uniforms.push(uniforms);
  }

  /** Frees the pooled buffers. */
  destroy(): void {
    for (const { buffer } of this.#uniforms) buffer.destroy();
  }
}

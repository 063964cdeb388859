// What kernels choose their variants by: the kind of device, and what it can do. One value per device; no kernel asks the adapter.
import { SIZE_CONTROL, type AdapterSummary } from './adapter.js';

/** What a device can do. */
export interface Profile {
  /** `gpu`, or `software` where the shaders run on CPU cores. */
  readonly kind: 'gpu' | 'software';
  /** Size of the subgroups of kernels that use them; 0 where none may, or where it could be several. */
  readonly subgroupSize: number;
  /** Smallest subgroups, where a device has several sizes and a kernel can ask for one; else 0. */
  readonly smallestSubgroup: number;
  /** Parts of a matrix product from which on each is made by half as many invocations with twice the registers; Infinity where these are missing. */
  readonly tallTiles: number;
  /** Largest range in bytes that one storage binding may cover. */
  readonly maxBinding: number;
  /** Largest buffer in bytes. */
  readonly maxBuffer: number;
  /** Memory in bytes that the invocations of one workgroup can share. */
  readonly workgroupMemory: number;
  /** Storage buffers that one kernel can have. */
  readonly storageBuffers: number;
}

/** Settings that replace parts of a profile, so that tests can run the paths of other devices on any device. */
export interface ProfileOptions {
  /** Treat the device as one of this kind (default: what it is). */
  readonly kind?: Profile['kind'];
  /** Use subgroup kernels where the device has them (default true). */
  readonly subgroups?: boolean;
  /** {@link Profile.tallTiles} (default 512, or Infinity). */
  readonly tallTiles?: number;
  /** Upper bound in bytes for one storage binding (default: what the device offers). */
  readonly maxBinding?: number;
}

/** Size of subgroups where a kernel can choose: that of most GPUs. */
const USUAL = 32;

/** Makers of GPUs whose compilers find 200 registers for an invocation. Apple's under Linux go by the name of their driver's. */
const ROOMY = ['amd', 'apple', 'mesa', 'nvidia'];
/** Workgroups of few invocations that keep a large GPU busy. */
const MANY = 512;

/** The profile of an open device. */
export function profileOf({ features, limits }: GPUDevice, adapter: AdapterSummary, options: ProfileOptions): Profile {
  const subgroups = features.has('subgroups') && options.subgroups !== false;
  const { subgroupMinSize: least, subgroupMaxSize: most } = adapter;
  const chosen = subgroups && least < most && features.has(SIZE_CONTROL);
  return {
    kind: options.kind ?? (adapter.software ? 'software' : 'gpu'),
    subgroupSize: chosen ? Math.max(least, Math.min(USUAL, most)) : subgroups && least === most ? most : 0,
    smallestSubgroup: chosen ? least : 0,
    tallTiles: options.tallTiles ?? (ROOMY.includes(adapter.vendor) ? MANY : Infinity),
    maxBinding: Math.min(limits.maxStorageBufferBindingSize, options.maxBinding ?? Infinity),
    maxBuffer: limits.maxBufferSize,
    workgroupMemory: limits.maxComputeWorkgroupStorageSize,
    storageBuffers: limits.maxStorageBuffersPerShaderStage,
  };
}

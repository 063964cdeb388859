// What kernels choose their variants by: the kind of device, and what it can do. One value per device; no kernel asks the adapter.
import { SIZE_CONTROL, type AdapterSummary } from './adapter.js';
import { matrixUnitOf, type MatrixUnit } from './matrix-unit.js';

/** What a device can do. */
export interface Profile {
  /** `gpu`, or `software` where the shaders run on CPU cores. */
  readonly kind: 'gpu' | 'software';
  /** Size of the subgroups of kernels that use them; 0 where none may, or where it could be several. */
  readonly subgroupSize: number;
  /** Whether those of a software device are wide: several lanes that read memory cost no more than one. */
  readonly wide: boolean;
  /** Whether its driver takes long to compile what writes memory, so that few such places are better, though they are run more often. */
  readonly slowCompiler: boolean;
  /** A way to compute attention that the host brings, before all others (kernels/attention/wide.ts); pages have no room for it. */
  readonly attention: object | undefined;
  /** Smallest subgroups, where a device has several sizes and a kernel can ask for one; else 0. */
  readonly smallestSubgroup: number;
  /** Values in f32 that an invocation of a product can hold beside a step's operands, before the compiler keeps some of them in memory. */
  readonly mostValues: number;
  /** Tiles of a matrix product that keep the device busy: where there are fewer, smaller ones are better. */
  readonly manyTiles: number;
  /** Ways of products that were measured here to be the fastest, by kind of product (kernels/matmul/tuned.ts): before all tables. */
  readonly tiles: ReadonlyMap<string, string>;
  /** What large products are made by where operands may be rounded to f16; undefined where they may not. */
  readonly matrixUnit: MatrixUnit | undefined;
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
  /** Numbers that large products multiply (default f32): f16 are those that matrix units take, with sums in f32. */
  readonly precision?: 'f32' | 'f16';
  /** Treat the device as one of this kind (default: what it is). */
  readonly kind?: Profile['kind'];
  /** Use subgroup kernels where the device has them (default true). */
  readonly subgroups?: boolean;
  /** {@link Profile.wide} (default: from 8 lanes on). */
  readonly wide?: boolean;
  /** {@link Profile.slowCompiler} (default: where the driver's name says so). */
  readonly slowCompiler?: boolean;
  /** {@link Profile.attention} (default: none). */
  readonly attention?: object;
  /** {@link Profile.mostValues} (default: by the maker of the GPU). */
  readonly mostValues?: number;
  /** {@link Profile.manyTiles} (default 512). */
  readonly manyTiles?: number;
  /** {@link Profile.tiles} (default: none). */
  readonly tiles?: ReadonlyMap<string, string>;
  /** Upper bound in bytes for one storage binding (default: what the device offers). */
  readonly maxBinding?: number;
}

/** Size of subgroups where a kernel can choose: that of most GPUs. */
const USUAL = 32;

/**
 * {@link Profile.mostValues} by the maker of the GPU, as Mesa's compilers need it; none elsewhere. Apple's under Linux go by the name of their
 * driver's.
 */
const VALUES: Readonly<Record<string, number>> = { amd: 144, nvidia: 144, apple: 72, mesa: 72, intel: 44 };
/** Workgroups of few invocations that keep a large GPU busy. */
const MANY = 512;
const NONE: ReadonlyMap<string, string> = new Map();

/** Lanes of subgroups that are wide: lavapipe's are, SwiftShader's are not. */
const WIDE = 8;
/** Drivers whose compiler is slow: lavapipe of Mesa 25.0 is, of 26.1 is not; between them nobody looked. */
const SLOW = /\bMesa (?:\d|1\d|2[0-5])\./;

/** The profile of an open device. */
export function profileOf({ features, limits }: GPUDevice, adapter: AdapterSummary, options: ProfileOptions): Profile {
  const subgroups = features.has('subgroups') && options.subgroups !== false;
  const { subgroupMinSize: least, subgroupMaxSize: most } = adapter;
  const chosen = subgroups && least < most && features.has(SIZE_CONTROL);
  const subgroupSize = chosen ? Math.max(least, Math.min(USUAL, most)) : subgroups && least === most ? most : 0;
  return {
    kind: options.kind ?? (adapter.software ? 'software' : 'gpu'),
    subgroupSize,
    attention: options.attention,
    wide: subgroupSize > 0 && (options.wide ?? subgroupSize >= WIDE),
    slowCompiler: options.slowCompiler ?? SLOW.test(adapter.description),
    smallestSubgroup: chosen ? least : 0,
    mostValues: options.mostValues ?? VALUES[adapter.vendor] ?? 0,
    manyTiles: options.manyTiles ?? MANY,
    tiles: options.tiles ?? NONE,
    matrixUnit: options.precision === 'f16' ? matrixUnitOf(adapter) : undefined,
    maxBinding: Math.min(limits.maxStorageBufferBindingSize, options.maxBinding ?? Infinity),
    maxBuffer: limits.maxBufferSize,
    workgroupMemory: limits.maxComputeWorkgroupStorageSize,
    storageBuffers: limits.maxStorageBuffersPerShaderStage,
  };
}

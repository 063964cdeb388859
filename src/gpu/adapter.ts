// What is known about a GPUAdapter before and after a device is opened on it.

/** What is known about the adapter behind a device. */
export interface AdapterSummary {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** True where the shaders run on CPU cores (SwiftShader, lavapipe, WARP). */
  readonly software: boolean;
  /** 0 where subgroups are missing. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  readonly features: readonly string[];
  /** Sizes of matrix products in f16 with sums in f32 that subgroups compute in one step: [m, k] · [k, n]. */
  readonly matrixProducts: readonly { readonly m: number; readonly n: number; readonly k: number }[];
}

/** What Dawn's description of an adapter has beside the standard's. */
interface DawnInfo {
  readonly isFallbackAdapter?: boolean;
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

/** Reads an adapter's description; fields that a browser hides are empty strings. */
export function summarize(adapter: GPUAdapter): AdapterSummary {
  const info = adapter.info as Omit<GPUAdapterInfo, keyof DawnInfo> & DawnInfo;
  // Not by the word "software": Dawn gives it as the architecture of GPUs that it does not know.
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  const subgroups = adapter.features.has('subgroups');
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    description: info.description || info.device,
    software: info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(text),
    subgroupMinSize: subgroups ? (info.subgroupMinSize ?? 0) : 0,
    subgroupMaxSize: subgroups ? (info.subgroupMaxSize ?? 0) : 0,
    features: [...adapter.features].sort(),
    matrixProducts: [...(info.subgroupMatrixConfigs ?? [])]
      .filter(({ componentType, resultComponentType }) => componentType === 'f16' && resultComponentType === 'f32')
      .map(({ M: m, N: n, K: k }) => ({ m, n, k })),
  };
}

/** Limits that are asked for up to what the adapter has; all others keep WebGPU's defaults. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

/** The feature by which a kernel says how large its subgroups are. */
export const SIZE_CONTROL = 'subgroup-size-control' as GPUFeatureName;

/** What to ask of an adapter: its own limits, subgroups, and what is wanted beside them, where it is there. */
export function descriptorOf(adapter: GPUAdapter, wanted: readonly string[]): GPUDeviceDescriptor {
  const requiredLimits: Record<string, number> = {};
  for (const name of LIMITS) requiredLimits[name] = adapter.limits[name];
  const names = new Set(['subgroups', SIZE_CONTROL, ...wanted] as GPUFeatureName[]);
  return { requiredLimits, requiredFeatures: [...names].filter((name) => adapter.features.has(name)) };
}

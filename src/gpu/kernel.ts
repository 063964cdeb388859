// What a compute pipeline is made from.

/** Scalar types that a parameter block may hold; each takes 4 bytes. */
export type ScalarType = 'u32' | 'i32' | 'f32';

/** What a compute pipeline is made from. Declared once per entry point and variant, at module level. */
export interface Kernel<P extends Record<string, ScalarType> = Record<string, ScalarType>> {
  /** WGSL text (after includes). */
  readonly source: string;
  /** Entry point; doubles as the pipeline's label and the profiler's. */
  readonly entry: string;
  /**
   * One letter per storage binding of group 0, in binding order: `r` read-only, `w` read-write.
   * The parameter block is `@group(1) @binding(0) var<uniform>`.
   */
  readonly access: string;
  /** Fields of the parameter block in the order of the WGSL struct. */
  readonly params: P;
  /** Values of the shader's `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Text put before the source: `enable` directives and the accessors of a dtype. */
  readonly prelude?: string;
  /**
   * Invocations of a workgroup, for kernels whose values need many registers: they run in the smallest subgroups of a device that has several sizes,
   * where these divide a workgroup.
   */
  readonly invocations?: number;
  /** Size of the subgroups that the text is written for, where the device has several. */
  readonly subgroup?: number;
  /** Identity under which its pipeline is kept; `kernel()` gives it. */
  readonly key: string;
}

let count = 0;

/** Declares a kernel; gives it the identity under which its pipeline is cached. */
export function kernel<const P extends Record<string, ScalarType>>(spec: Omit<Kernel<P>, 'key'>): Kernel<P> {
  return { ...spec, key: `${spec.entry}#${count++}` };
}

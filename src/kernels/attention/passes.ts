// What the variants of attention share: sizes, parameter blocks, and the passes that a variant is made of.
import type { Kernel, ScalarType } from '../../gpu/kernel.js';
import type { Profile } from '../../gpu/profile.js';
import type { GpuRecorder } from '../../gpu/recorder.js';
import type { DecodeAttentionArgs } from '../../ops/attention.js';
import type { Resolved } from '../../ops/operation.js';
import type { Tensor } from '../../ops/tensor.js';
import { sizes } from '../sizes.js';
import type { Variant } from '../variant.js';

/** Parameters of attention over packed sequences: shaders/lib/attention-packed.wgsl. */
export const PACKED = { tokens: 'u32', heads: 'u32', kv_heads: 'u32', scale: 'f32', window: 'u32' } as const;
/** Parameters of attention over the cache: shaders/lib/attention-cached.wgsl. */
export const CACHED = { slots: 'u32', max_context: 'u32', heads: 'u32', kv_heads: 'u32', scale: 'f32', window: 'u32' } as const;

interface PassSpec<P> {
  readonly access: string;
  readonly params: P;
}

/** Bindings and parameters of each pass. */
export const FORWARD: PassSpec<typeof PACKED> = { access: 'rrrrrww', params: PACKED };
export const DELTA: PassSpec<typeof PACKED> = { access: 'rrrw', params: PACKED };
export const DQ: PassSpec<typeof PACKED> = { access: 'rrrrrrrw', params: PACKED };
export const DKV: PassSpec<typeof PACKED> = { access: 'rrrrrrww', params: PACKED };
export const DECODE: PassSpec<typeof CACHED> = { access: 'rrrrrw', params: CACHED };

/** Heads of a layer. */
export interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** A kernel, and how many workgroups it takes for `rows` tokens or slots. */
export interface Pass<P extends Record<string, ScalarType>> {
  readonly kernel: Kernel<P>;
  readonly workgroups: (rows: number, heads: Heads) => number;
}

/** Attention over packed sequences. */
export interface PackedPasses {
  readonly forward: Pass<typeof PACKED>;
  /** (lse, D) of every row and head, which the other backward passes read. */
  readonly delta: Pass<typeof PACKED>;
  readonly dq: Pass<typeof PACKED>;
  readonly dkv: Pass<typeof PACKED>;
}

/** A way to compute attention over packed sequences. */
export interface PackedVariant extends Variant<Heads> {
  readonly passes: (profile: Profile, heads: Heads) => PackedPasses;
}

/** Values of the parameters of attention over the cache. */
export type CachedParams = { readonly [K in keyof typeof CACHED]: number };

/** A way to compute attention over the cache. */
export interface DecodeVariant extends Variant<Heads> {
  readonly attend: (rec: GpuRecorder, args: Resolved<DecodeAttentionArgs>, params: CachedParams) => void;
}

/** The bindings of {@link DECODE}. */
export function cachedTensors({
  q,
  kCache,
  vCache,
  kvIndex,
  contextLength,
  o,
}: Resolved<DecodeAttentionArgs>): readonly Tensor[] {
  return [q, kCache, vCache, kvIndex, contextLength, o];
}

/** A workgroup takes `block` queries of one query head. */
export function perHead(block: number): Pass<typeof PACKED>['workgroups'] {
  return (rows, { heads }) => Math.ceil(rows / block) * heads;
}

/** A workgroup takes `block` queries of one key head, numbered through rows and query heads. */
export function perGroup(block: number): Pass<typeof PACKED>['workgroups'] {
  return (rows, { heads, kvHeads }) => Math.ceil((rows * heads) / kvHeads / block) * kvHeads;
}

/** A workgroup takes `block` keys of one key head. */
export function perKeyHead(block: number): Pass<typeof PACKED>['workgroups'] {
  return (rows, { kvHeads }) => Math.ceil(rows / block) * kvHeads;
}

/** A workgroup takes `block` pairs of a row and a query head. */
export function perPair(block: number): Pass<typeof PACKED>['workgroups'] {
  return (rows, { heads }) => Math.ceil((rows * heads) / block);
}

/** Elements of the vectors that kernels load. */
export function vectorWidth(headDim: number): 2 | 4 {
  return headDim % 4 === 0 ? 4 : 2;
}

/** Whether a cache is in f16, and how wide its vectors are, as shaders/lib/cache-cell.wgsl asks. */
export function cellCounts(headDim: number, half: boolean): { readonly HALF: number; readonly FOUR: number } {
  return { HALF: Number(half), FOUR: Number(vectorWidth(headDim) === 4) };
}

/** Most query heads that one workgroup over the cache serves, where a subgroup is one. */
const MAX_STREAMS = 4;

/** How many query heads of one key head each workgroup over the cache serves, as even as can be, and how many workgroups there are. */
export function sharesOf({ heads, kvHeads, slots }: Resolved<DecodeAttentionArgs>): {
  readonly streams: number;
  readonly workgroups: number;
} {
  const repeats = heads / kvHeads;
  const blocks = Math.ceil(repeats / MAX_STREAMS);
  return { streams: Math.ceil(repeats / blocks), workgroups: slots * kvHeads * blocks };
}

/** Whether keys and values are kept in f16. */
export function isHalf({ kCache }: { readonly kCache: Tensor }): boolean {
  return kCache.dtype === 'f16';
}

/** Text that gives a kernel its vector type and sizes. */
export function vectorPrelude(headDim: number, more: Readonly<Record<string, number>> = {}): string {
  const width = vectorWidth(headDim);
  return `alias Vec = vec${width}f;\n${sizes({ VECS: headDim / width, ...more })}`;
}

// Attention in WGSL, in three variants.
import { kernel, type Kernel, type ScalarType } from '../gpu/kernel.js';
import type { Profile } from '../gpu/profile.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { AttentionArgs, AttentionBackwardArgs, DecodeAttentionArgs } from '../ops/attention.js';
import type { Resolved } from '../ops/operation.js';
import { boundRows } from './kv.js';
import { memo } from './memo.js';
import { sizes } from './sizes.js';
import { unroll } from './unroll.js';
import forwardSource from '../../shaders/attention.wgsl';
import backwardSource from '../../shaders/attention-backward.wgsl';
import decodeSource from '../../shaders/attention-decode.wgsl';
import quadsSource from '../../shaders/attention-quads.wgsl';
import quadsBackwardSource from '../../shaders/attention-quads-backward.wgsl';
import quadsDecodeSource from '../../shaders/attention-quads-decode.wgsl';
import tileSource from '../../shaders/attention-tile.wgsl';
import tileBackwardSource from '../../shaders/attention-tile-backward.wgsl';
import tileDecodeSource from '../../shaders/attention-tile-decode.wgsl';

const PACKED = { tokens: 'u32', heads: 'u32', kv_heads: 'u32', scale: 'f32', window: 'u32' } as const;
const DECODE = { slots: 'u32', max_context: 'u32', heads: 'u32', kv_heads: 'u32', scale: 'f32', window: 'u32' } as const;

/**
 * How attention is computed. `rows`: one invocation per query or key, on any device. `quads`: the same with several in registers and
 * loads shared within quads of a subgroup, for CPU adapters. `tile`: queries and keys in workgroup memory, for GPUs.
 */
type AttentionVariant = 'rows' | 'quads' | 'tile';

/** Workgroup memory in bytes of the backward tile kernels, which take the most: 48 padded rows, p and ds. */
function tileBytes(headDim: number): number {
  const width = vectorWidth(headDim);
  return 48 * (headDim + width) * 4 + 2 * 16 * 8 * 4;
}

/** Largest head that the quad kernels, whose loops are written out, serve: more takes minutes to compile. */
const MAX_QUAD_HEAD = 128;

function variantOf({ kind, subgroupSize, workgroupMemory }: Profile, headDim: number): AttentionVariant {
  if (kind === 'software') return subgroupSize >= 4 && headDim <= MAX_QUAD_HEAD ? 'quads' : 'rows';
  return tileBytes(headDim) <= workgroupMemory ? 'tile' : 'rows';
}

/** The tile decoder has one invocation per vector of a head, and takes little memory. */
function decodeVariantOf(profile: Profile, headDim: number): AttentionVariant {
  if (profile.kind === 'gpu') return headDim / vectorWidth(headDim) <= 64 ? 'tile' : 'rows';
  return variantOf(profile, headDim);
}

/** A kernel with the number of workgroups it wants. */
interface Pass<P extends Record<string, ScalarType>> {
  readonly kernel: Kernel<P>;
  /** Queries (dk, dv: rows) of one key head, or query heads of a group (decode), that one workgroup serves. */
  readonly block: number;
}

interface PackedPasses {
  readonly forward: Pass<typeof PACKED>;
  readonly dq: Pass<typeof PACKED>;
  readonly dkv: Pass<typeof PACKED>;
}

/** Most query heads that one workgroup of the quad decoder serves. */
const MAX_STREAMS = 4;

/** Workgroup size of the one-invocation-per-row kernels: one subgroup of a CPU adapter, or enough for a GPU. */
const rowLanes = ({ kind }: Profile): number => (kind === 'software' ? 4 : 64);

/** Elements of the vectors that the row and tile kernels load. */
function vectorWidth(headDim: number): 2 | 4 {
  return headDim % 4 === 0 ? 4 : 2;
}

/** Text that gives the row and tile kernels their vector type and sizes. */
function vectorPrelude(headDim: number, more: Readonly<Record<string, number>> = {}): string {
  const width = vectorWidth(headDim);
  return `alias Vec = vec${width}f;\n${sizes({ VECS: headDim / width, ...more })}`;
}

/** A quad kernel's text for a head size, a number of streams and a workgroup size. */
function quadSource(
  source: string,
  headDim: number,
  streams: number,
  lanes = 4,
): { readonly source: string; readonly prelude: string } {
  const counts = { CHUNKS: Math.ceil(headDim / 4), STREAMS: streams };
  return {
    source: unroll(source, counts),
    prelude: `enable subgroups;\nalias Vec = f32;\n${sizes({ HEAD_DIM: headDim, LANES: lanes, ...counts })}`,
  };
}

const deltaKernel = memo((headDim: number, lanes: number) =>
  kernel({
    source: backwardSource,
    entry: 'attention_bwd_delta',
    access: 'rrrw',
    params: PACKED,
    prelude: vectorPrelude(headDim, { LANES: lanes }),
  }),
);

const FORWARD = { access: 'rrrrww', params: PACKED } as const;
const DQ = { access: 'rrrrrrw', params: PACKED } as const;
const DKV = { access: 'rrrrrrww', params: PACKED } as const;

const rowPasses = memo((headDim: number, lanes: number): PackedPasses => {
  const common = { prelude: vectorPrelude(headDim, { LANES: lanes }) };
  const backward = { ...common, source: backwardSource };
  return {
    forward: { kernel: kernel({ ...FORWARD, ...common, source: forwardSource, entry: 'attention_fwd_rows' }), block: lanes },
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_rows' }), block: lanes },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_rows' }), block: lanes },
  };
});

const quadPasses = memo((headDim: number, lanes: number): PackedPasses => {
  const streams = headDim <= 64 ? 3 : 2;
  const backward = { ...quadSource(quadsBackwardSource, headDim, 2, lanes) };
  return {
    forward: {
      kernel: kernel({ ...FORWARD, ...quadSource(quadsSource, headDim, streams, lanes), entry: 'attention_fwd_quads' }),
      block: streams * lanes,
    },
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_quads' }), block: 2 * lanes },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_quads' }), block: 2 * lanes },
  };
});

const tilePasses = memo((headDim: number): PackedPasses => {
  const prelude = vectorPrelude(headDim);
  const forward = { source: tileSource, prelude };
  const backward = { source: tileBackwardSource, prelude };
  return {
    forward: { kernel: kernel({ ...FORWARD, ...forward, entry: 'attention_fwd_tile' }), block: 16 },
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_tile' }), block: 16 },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_tile' }), block: 16 },
  };
});

const tileDecode = memo((headDim: number) =>
  kernel({
    source: tileDecodeSource,
    entry: 'attention_decode_tile',
    access: 'rrrrrw',
    params: DECODE,
    prelude: vectorPrelude(headDim),
  }),
);

const rowDecode = memo((headDim: number, lanes: number) =>
  kernel({
    source: decodeSource,
    entry: 'attention_decode_rows',
    access: 'rrrrrw',
    params: DECODE,
    prelude: vectorPrelude(headDim, { LANES: lanes }),
  }),
);

const quadDecode = memo((headDim: number, streams: number) =>
  kernel({
    ...quadSource(quadsDecodeSource, headDim, streams),
    entry: 'attention_decode_quads',
    access: 'rrrrrw',
    params: DECODE,
  }),
);

/** The window as the shaders take it: all positions are the largest number. */
const windowOf = ({ window }: { readonly window: number }): number => (window === 0 ? 0xffffffff : window);

/** Forward pass: o and lse. */
export function attention(rec: GpuRecorder, args: Resolved<AttentionArgs>): void {
  const { q, k, v, o, lse, seqStart, tokens, heads, kvHeads, scale } = args;
  const { grid, passes } = plan(rec.profile, args);
  const { forward } = passes;
  const params = { tokens, heads, kv_heads: kvHeads, scale, window: windowOf(args) };
  rec.dispatch(forward.kernel, [q, k, v, seqStart, o, lse], params, grid(forward.block));
}

/** Gradients: (lse, D) of every row, then dq, then dk and dv. Every element has one writer, so equal inputs give equal bits. */
export function attentionBackward(rec: GpuRecorder, args: Resolved<AttentionBackwardArgs>): void {
  const { q, k, v, o, lse, dO, dq, dk, dv, seqStart, seqEnd, tokens, heads, kvHeads, scale } = args;
  const params = { tokens, heads, kv_heads: kvHeads, scale, window: windowOf(args) };
  const delta = rec.scratch('attention.delta', [tokens, heads, 2]);
  const lanes = rowLanes(rec.profile);
  rec.dispatch(deltaKernel(args.headDim, lanes), [o, dO, lse, delta], params, Math.ceil((tokens * heads) / lanes));
  const { grid, passes } = plan(rec.profile, args);
  rec.dispatch(passes.dq.kernel, [q, k, v, dO, delta, seqStart, dq], params, grid(passes.dq.block));
  const keyBlocks = Math.ceil(tokens / passes.dkv.block);
  rec.dispatch(passes.dkv.kernel, [q, k, v, dO, delta, seqEnd, dk, dv], params, keyBlocks * kvHeads);
}

/** The passes of a device's variant, and the workgroups of those that run over queries, given the queries of one workgroup. */
function plan(
  profile: Profile,
  { tokens, heads, kvHeads, headDim }: Pick<AttentionArgs, 'tokens' | 'heads' | 'kvHeads' | 'headDim'>,
): { readonly passes: PackedPasses; readonly grid: (block: number) => number } {
  const variant = variantOf(profile, headDim);
  if (variant === 'rows')
    return { passes: rowPasses(headDim, rowLanes(profile)), grid: (block) => Math.ceil(tokens / block) * heads };
  return {
    passes: variant === 'tile' ? tilePasses(headDim) : quadPasses(headDim, profile.subgroupSize),
    grid: (block) => Math.ceil((tokens * heads) / kvHeads / block) * kvHeads,
  };
}

/**
 * Attention over the cache.
 * @throws MgrpoError `device_limit` where the cache is larger than one storage binding
 */
export function decodeAttention(rec: GpuRecorder, args: Resolved<DecodeAttentionArgs>): void {
  const { q, kCache, vCache, o, kvIndex, contextLength, slots, maxContext, heads, kvHeads, headDim, scale } = args;
  boundRows('decodeAttention', rec, args);
  const variant = decodeVariantOf(rec.profile, headDim);
  const tensors = [q, kCache, vCache, kvIndex, contextLength, o];
  const params = { slots, max_context: maxContext, heads, kv_heads: kvHeads, scale, window: windowOf(args) };
  if (variant === 'tile') {
    rec.dispatch(tileDecode(headDim), tensors, params, slots * heads);
  } else if (variant === 'rows') {
    const lanes = rowLanes(rec.profile);
    rec.dispatch(rowDecode(headDim, lanes), tensors, params, Math.ceil((slots * heads) / lanes));
  } else {
    const repeats = heads / kvHeads;
    const blocks = Math.ceil(repeats / MAX_STREAMS);
    const streams = Math.ceil(repeats / blocks);
    rec.dispatch(quadDecode(headDim, streams), tensors, params, slots * kvHeads * blocks);
  }
}

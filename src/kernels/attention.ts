import { check, show } from '../errors.js';
import type { Gpu } from '../gpu/device.js';
import { kernel, type Kernel, type ScalarType } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size, type Tensor } from '../gpu/tensor.js';
import type { OpCost } from './cost.js';
import { cacheRows } from './kv.js';
import { memo } from './memo.js';
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

/** Arguments of {@link attention}. `kvHeads` divides `heads`: query head h reads key head ⌊h · kvHeads / heads⌋. */
export interface AttentionArgs {
  /** f32[tokens, heads, headDim]. */
  readonly q: Tensor;
  /** f32[tokens, kvHeads, headDim]. */
  readonly k: Tensor;
  /** f32[tokens, kvHeads, headDim]. */
  readonly v: Tensor;
  /** f32[tokens, heads, headDim], written. */
  readonly o: Tensor;
  /** f32[tokens, heads], written: natural logarithm of the sum of exponentials of the scaled scores. */
  readonly lse: Tensor;
  /** u32[tokens]: first row of the token's sequence. Sequences are contiguous and packed without gaps. */
  readonly seqStart: Tensor;
  readonly tokens: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Even, 2 to 128. */
  readonly headDim: number;
  /** Factor of q·k, usually headDim^(−1/2). */
  readonly scale: number;
}

/** Arguments of {@link attentionBackward}: those of the forward pass, its outputs, and the gradients. */
export interface AttentionBackwardArgs extends AttentionArgs {
  /** f32[tokens, heads, headDim]: gradient of the loss by `o`. */
  readonly dO: Tensor;
  /** f32[tokens, heads, headDim], written. */
  readonly dq: Tensor;
  /** f32[tokens, kvHeads, headDim], written. */
  readonly dk: Tensor;
  /** f32[tokens, kvHeads, headDim], written. */
  readonly dv: Tensor;
  /** u32[tokens]: one past the last row of the token's sequence. */
  readonly seqEnd: Tensor;
}

/** Arguments of {@link decodeAttention}. */
export interface DecodeAttentionArgs {
  /** f32[slots, heads, headDim]. */
  readonly q: Tensor;
  /** f32[rows, kvHeads, headDim]. */
  readonly kCache: Tensor;
  /** f32[rows, kvHeads, headDim]. */
  readonly vCache: Tensor;
  /** f32[slots, heads, headDim], written. */
  readonly o: Tensor;
  /** u32[slots, maxContext]: cache row of every position of the slot. */
  readonly kvIndex: Tensor;
  /** u32[slots]: number of positions to attend, at most maxContext; 0 marks an inactive slot, whose `o` becomes 0. */
  readonly contextLength: Tensor;
  readonly slots: number;
  readonly maxContext: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Even, 2 to 128. */
  readonly headDim: number;
  /** Factor of q·k, usually headDim^(−1/2). */
  readonly scale: number;
}

const PACKED = { tokens: 'u32', heads: 'u32', kv_heads: 'u32', scale: 'f32' } as const;
const DECODE = { slots: 'u32', max_context: 'u32', heads: 'u32', kv_heads: 'u32', scale: 'f32' } as const;

/**
 * How attention is computed. `rows`: one invocation per query or key, on any device. `quads`: the same with several in registers and
 * loads shared within quads of a subgroup, for CPU adapters. `tile`: queries and keys in workgroup memory, for GPUs.
 */
export type AttentionVariant = 'rows' | 'quads' | 'tile';

/** Workgroup memory in bytes of the backward tile kernels, which take the most: 48 padded rows, p and ds. */
function tileBytes(headDim: number): number {
  const width = vectorWidth(headDim);
  return 48 * (headDim + width) * 4 + 2 * 16 * 8 * 4;
}

function variantOf(gpu: Gpu, headDim: number): AttentionVariant {
  if (gpu.adapter.software) return gpu.subgroupSize >= 4 ? 'quads' : 'rows';
  return tileBytes(headDim) <= gpu.device.limits.maxComputeWorkgroupStorageSize ? 'tile' : 'rows';
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
const rowLanes = (gpu: Gpu): number => (gpu.adapter.software ? 4 : 64);

/** Elements of the vectors that the row and tile kernels load. */
function vectorWidth(headDim: number): 2 | 4 {
  return headDim % 4 === 0 ? 4 : 2;
}

/** Text that gives the row and tile kernels their vector type. */
function vectorPrelude(headDim: number): string {
  const width = vectorWidth(headDim);
  return `alias Vec = vec${width}f;\nconst VECS = ${headDim / width}u;`;
}

/** A quad kernel's text for a head size and a number of streams. */
function quadSource(source: string, headDim: number, streams: number): { readonly source: string; readonly prelude: string } {
  return {
    source: unroll(source, { CHUNKS: Math.ceil(headDim / 4), STREAMS: streams }),
    prelude: `enable subgroups;\nalias Vec = f32;\nconst HEAD_DIM = ${headDim}u;\nconst CHUNKS = ${Math.ceil(headDim / 4)}u;\nconst STREAMS = ${streams}u;`,
  };
}

const deltaKernel = memo((headDim: number, lanes: number) =>
  kernel({
    source: backwardSource,
    entry: 'attention_bwd_delta',
    access: 'rrw',
    params: PACKED,
    prelude: vectorPrelude(headDim),
    constants: { LANES: lanes },
  }),
);

const FORWARD = { access: 'rrrrww', params: PACKED } as const;
const DQ = { access: 'rrrrrrrw', params: PACKED } as const;
const DKV = { access: 'rrrrrrrww', params: PACKED } as const;

const rowPasses = memo((headDim: number, lanes: number): PackedPasses => {
  const common = { prelude: vectorPrelude(headDim), constants: { LANES: lanes } };
  const backward = { ...common, source: backwardSource };
  return {
    forward: { kernel: kernel({ ...FORWARD, ...common, source: forwardSource, entry: 'attention_fwd_rows' }), block: lanes },
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_rows' }), block: lanes },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_rows' }), block: lanes },
  };
});

const quadPasses = memo((headDim: number, lanes: number): PackedPasses => {
  const constants = { LANES: lanes };
  const streams = headDim <= 64 ? 3 : 2;
  const backward = { ...quadSource(quadsBackwardSource, headDim, 2), constants };
  return {
    forward: {
      kernel: kernel({ ...FORWARD, ...quadSource(quadsSource, headDim, streams), constants, entry: 'attention_fwd_quads' }),
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
    prelude: vectorPrelude(headDim),
    constants: { LANES: lanes },
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

/**
 * Causal grouped-query attention over packed sequences: with s_tj = scale · q_t·k_j for seqStart[t] ≤ j ≤ t,
 * lse_t = log Σ_j exp s_tj and o_t = Σ_j exp(s_tj − lse_t) v_j. Memory is linear in tokens (Dao et al. 2022, FlashAttention).
 * @param variant how; by default what suits the adapter
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function attention(rec: Recorder, args: AttentionArgs, variant?: AttentionVariant): void {
  const { q, k, v, o, lse, seqStart, tokens, heads, kvHeads, scale } = args;
  checkHeads('attention', args);
  checkPacked('attention', args, { q, k, v, o, lse, seqStart });
  const { grid, passes } = plan(rec, args, variant);
  const { forward } = passes;
  rec.dispatch(forward.kernel, [q, k, v, seqStart, o, lse], { tokens, heads, kv_heads: kvHeads, scale }, grid(forward.block));
}

/**
 * Gradients of {@link attention}, probabilities recomputed from `lse`: with D_t = dO_t·o_t, p_tj = exp(s_tj − lse_t) and
 * ds_tj = p_tj (dO_t·v_j − D_t): dq_t = scale Σ_j ds_tj k_j, dk_j = scale Σ_t ds_tj q_t, dv_j = Σ_t p_tj dO_t, the sums over t also over
 * the query heads of the group. All three are assigned. Every element has one writer, so equal inputs give equal bits.
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function attentionBackward(rec: Recorder, args: AttentionBackwardArgs, variant?: AttentionVariant): void {
  const { q, k, v, o, lse, dO, dq, dk, dv, seqStart, seqEnd, tokens, heads, kvHeads, scale } = args;
  checkHeads('attentionBackward', args);
  checkPacked('attentionBackward', args, { q, k, v, o, lse, dO, dq, dk, dv, seqStart, seqEnd });
  const params = { tokens, heads, kv_heads: kvHeads, scale };
  const delta = rec.scratch('attention.delta', [tokens, heads]);
  const lanes = rowLanes(rec.gpu);
  rec.dispatch(deltaKernel(args.headDim, lanes), [o, dO, delta], params, Math.ceil((tokens * heads) / lanes));
  const { grid, passes } = plan(rec, args, variant);
  rec.dispatch(passes.dq.kernel, [q, k, v, dO, lse, delta, seqStart, dq], params, grid(passes.dq.block));
  const keyBlocks = Math.ceil(tokens / passes.dkv.block);
  rec.dispatch(passes.dkv.kernel, [q, k, v, dO, lse, delta, seqEnd, dk, dv], params, keyBlocks * kvHeads);
}

/** The passes of a variant, and the workgroups of those that run over queries, given the queries of one workgroup. */
function plan(
  rec: Recorder,
  { tokens, heads, kvHeads, headDim }: AttentionArgs,
  variant: AttentionVariant = variantOf(rec.gpu, headDim),
): { readonly passes: PackedPasses; readonly grid: (block: number) => number } {
  if (variant === 'rows')
    return { passes: rowPasses(headDim, rowLanes(rec.gpu)), grid: (block) => Math.ceil(tokens / block) * heads };
  return {
    passes: variant === 'tile' ? tilePasses(headDim) : quadPasses(headDim, rec.gpu.subgroupSize),
    grid: (block) => Math.ceil((tokens * heads) / kvHeads / block) * kvHeads,
  };
}

/**
 * Attention of one new query per slot over cached keys and values: {@link attention}'s last row, with key j of slot b in cache row
 * kvIndex[b, j], j < contextLength[b]. Slots may share rows.
 * @throws MgrpoError `device_limit` where the cache is larger than one storage binding, `invalid_argument` on shapes that do not fit.
 */
export function decodeAttention(
  rec: Recorder,
  args: DecodeAttentionArgs,
  variant: AttentionVariant = variantOf(rec.gpu, args.headDim),
): void {
  const { q, kCache, vCache, o, kvIndex, contextLength, slots, maxContext, heads, kvHeads, headDim, scale } = args;
  checkHeads('decodeAttention', args);
  cacheRows('decodeAttention', rec, args);
  checkSizes('decodeAttention', [
    ['q', q, [slots, heads, headDim]],
    ['o', o, [slots, heads, headDim]],
    ['kvIndex', kvIndex, [slots, maxContext]],
    ['contextLength', contextLength, [slots]],
  ]);
  const tensors = [q, kCache, vCache, kvIndex, contextLength, o];
  const params = { slots, max_context: maxContext, heads, kv_heads: kvHeads, scale };
  if (variant === 'tile') {
    rec.dispatch(tileDecode(headDim), tensors, params, slots * heads);
  } else if (variant === 'rows') {
    const lanes = rowLanes(rec.gpu);
    rec.dispatch(rowDecode(headDim, lanes), tensors, params, Math.ceil((slots * heads) / lanes));
  } else {
    const repeats = heads / kvHeads;
    const blocks = Math.ceil(repeats / MAX_STREAMS);
    const streams = Math.ceil(repeats / blocks);
    rec.dispatch(quadDecode(headDim, streams), tensors, params, slots * kvHeads * blocks);
  }
}

/** Cost of {@link attention} and {@link attentionBackward} for packed sequences of the given lengths. */
export function attentionCost(args: {
  readonly lengths: readonly number[];
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}): { readonly forward: OpCost; readonly backward: OpCost } {
  const { lengths, heads, kvHeads, headDim } = args;
  const pairs = heads * lengths.reduce((sum, n) => sum + (n * (n + 1)) / 2, 0);
  const tokens = lengths.reduce((a, b) => a + b, 0);
  const bytes = 4 * tokens * headDim * (heads + kvHeads);
  return {
    forward: { flops: 4 * headDim * pairs, bytes: 2 * bytes },
    backward: { flops: 10 * headDim * pairs, bytes: 4 * bytes },
  };
}

/** Cost of {@link decodeAttention} for slots with the given context lengths. */
export function decodeAttentionCost(args: {
  readonly contexts: readonly number[];
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}): OpCost {
  const { contexts, heads, kvHeads, headDim } = args;
  const positions = contexts.reduce((a, b) => a + b, 0);
  return { flops: 4 * headDim * heads * positions, bytes: 8 * headDim * (kvHeads * positions + heads * contexts.length) };
}

function checkHeads(where: string, { heads, kvHeads, headDim }: Pick<AttentionArgs, 'heads' | 'kvHeads' | 'headDim'>): void {
  check(
    Number.isInteger(heads / kvHeads),
    `${where}: expected kvHeads that divides heads, got ${heads} heads and ${kvHeads} kvHeads; check the model's config`,
  );
  check(
    headDim >= 2 && headDim <= 128 && headDim % 2 === 0,
    `${where}: expected an even headDim from 2 to 128, got ${headDim}; this model's heads are not supported`,
  );
}

/** Checks the tensors of packed attention by name. */
function checkPacked(where: string, args: AttentionArgs, tensors: Readonly<Record<string, Tensor>>): void {
  const { tokens, heads, kvHeads, headDim } = args;
  const shapes: Record<string, readonly number[]> = { lse: [tokens, heads], seqStart: [tokens], seqEnd: [tokens] };
  for (const name of ['q', 'o', 'dO', 'dq']) shapes[name] = [tokens, heads, headDim];
  for (const name of ['k', 'v', 'dk', 'dv']) shapes[name] = [tokens, kvHeads, headDim];
  checkSizes(
    where,
    Object.entries(tensors).map(([name, t]) => [name, t, shapes[name]!] as const),
  );
}

function checkSizes(where: string, expected: readonly (readonly [string, Tensor, readonly number[]])[]): void {
  for (const [name, t, shape] of expected) {
    check(
      size(t) >= shape.reduce((a, b) => a * b, 1),
      `${where}: expected ${name} of shape ${show(shape)}, got ${show(t.shape)}; check tokens, heads and headDim`,
    );
  }
}

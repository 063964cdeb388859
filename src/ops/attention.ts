// Causal grouped-query attention: over packed sequences, its gradients, and of one new query per slot over a cache.
import { show } from '../errors.js';
import { cacheRule, headDim, type KvStoreArgs } from './kv.js';
import { count, operation, real, type Declaration, type Operation, type Resolved, type Rule } from './operation.js';
import type { RopeArgs } from './rope.js';
import type { Tensor } from './tensor.js';

/** What all these operations share. `kvHeads` divides `heads`: query head h reads key head ⌊h · kvHeads / heads⌋. */
interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
  /** Even, 2 to 256. */
  readonly headDim: number;
  /** Factor of q·k, usually headDim^(−1/2). */
  readonly scale: number;
  /** Positions that a query sees, its own included; 0: all before it (default 0). */
  readonly window?: number | undefined;
}

/** Arguments of {@link attention}. */
export interface AttentionArgs extends Heads {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly o: Tensor;
  /** Natural logarithm of the sum of exponentials of the scaled scores. */
  readonly lse: Tensor;
  /** First row of each token's sequence. Sequences are contiguous and packed without gaps. */
  readonly seqStart: Tensor;
  /**
   * One past the last row that sees each token's key: the end of its sequence. Several sequences may begin with the same rows: those come
   * first, their keys are seen to the end of all, and after them each sequence's own rows, of which the others see nothing (no window then).
   */
  readonly seqEnd: Tensor;
  readonly tokens: number;
}

/** Arguments of {@link attentionBackward}: those of the forward pass, its outputs, and the gradients. */
export interface AttentionBackwardArgs extends AttentionArgs {
  /** Gradient of the loss by `o`. */
  readonly dO: Tensor;
  readonly dq: Tensor;
  readonly dk: Tensor;
  readonly dv: Tensor;
}

/** Arguments of {@link decodeAttention}. */
export interface DecodeAttentionArgs extends Heads {
  readonly q: Tensor;
  /** [rows, kvHeads, headDim] in f32 or f16, as `vCache`. */
  readonly kCache: Tensor;
  readonly vCache: Tensor;
  readonly o: Tensor;
  /** Cache row of every position of the slot. */
  readonly kvIndex: Tensor;
  /** Number of positions to attend, at most maxContext; 0 marks an inactive slot, whose `o` becomes 0. */
  readonly contextLength: Tensor;
  readonly slots: number;
  readonly maxContext: number;
}

const groups: Rule<Heads> = [
  ({ heads, kvHeads }) => Number.isInteger(heads / kvHeads),
  ({ heads, kvHeads }) =>
    `expected kvHeads that divides heads, got ${show(heads)} heads and ${show(kvHeads)} kvHeads; check the model's config`,
];

/** Shape with a vector per token and query head, or per token and key head. */
const wide = (a: { tokens: number; heads: number; headDim: number }): number[] => [a.tokens, a.heads, a.headDim];
const narrow = (a: { tokens: number; kvHeads: number; headDim: number }): number[] => [a.tokens, a.kvHeads, a.headDim];

/**
 * Causal grouped-query attention over packed sequences: with s_tj = scale · q_t·k_j for seqStart[t] ≤ j ≤ t < seqEnd[j] (and
 * j > t − window), lse_t = log Σ_j exp s_tj and o_t = Σ_j exp(s_tj − lse_t) v_j. Memory is linear in tokens (Dao et al. 2022, FlashAttention).
 */
export const attention: Operation<AttentionArgs> = operation<AttentionArgs>('attention', {
  scalars: { tokens: count(), heads: count(), kvHeads: count(), headDim: headDim(), scale: real(), window: count(0) },
  operands: {
    q: ['read', 'f32', wide],
    k: ['read', 'f32', narrow],
    v: ['read', 'f32', narrow],
    o: ['write', 'f32', wide],
    lse: ['write', 'f32', ({ tokens, heads }) => [tokens, heads]],
    seqStart: ['read', 'u32', ({ tokens }) => [tokens]],
    seqEnd: ['read', 'u32', ({ tokens }) => [tokens]],
  },
  rules: [groups],
});

/**
 * Gradients of {@link attention}, probabilities recomputed from `lse`: with D_t = dO_t·o_t, p_tj = exp(s_tj − lse_t) and
 * ds_tj = p_tj (dO_t·v_j − D_t): dq_t = scale Σ_j ds_tj k_j, dk_j = scale Σ_t ds_tj q_t, dv_j = Σ_t p_tj dO_t, the sums over t also over
 * the query heads of the group. All three are assigned. Equal inputs give equal bits.
 */
export const attentionBackward: Operation<AttentionBackwardArgs> = operation<AttentionBackwardArgs>('attentionBackward', {
  scalars: { tokens: count(), heads: count(), kvHeads: count(), headDim: headDim(), scale: real(), window: count(0) },
  operands: {
    q: ['read', 'f32', wide],
    k: ['read', 'f32', narrow],
    v: ['read', 'f32', narrow],
    o: ['read', 'f32', wide],
    lse: ['read', 'f32', ({ tokens, heads }) => [tokens, heads]],
    dO: ['read', 'f32', wide],
    dq: ['write', 'f32', wide],
    dk: ['write', 'f32', narrow],
    dv: ['write', 'f32', narrow],
    seqStart: ['read', 'u32', ({ tokens }) => [tokens]],
    seqEnd: ['read', 'u32', ({ tokens }) => [tokens]],
  },
  rules: [groups],
});

/**
 * Attention of one new query per slot over cached keys and values: {@link attention}'s last row, with key j of slot b in cache row
 * kvIndex[b, j], j < contextLength[b]. Slots may share rows.
 */
export const decodeAttention: Operation<DecodeAttentionArgs> = operation<DecodeAttentionArgs>('decodeAttention', {
  scalars: {
    slots: count(),
    maxContext: count(),
    heads: count(),
    kvHeads: count(),
    headDim: headDim(),
    scale: real(),
    window: count(0),
  },
  operands: {
    q: ['read', 'f32', ({ slots, heads, headDim }) => [slots, heads, headDim]],
    kCache: ['read', 'cache', ({ kvHeads, headDim }) => [1, kvHeads, headDim]],
    vCache: ['read', 'cache', ({ kvHeads, headDim }) => [1, kvHeads, headDim]],
    o: ['write', 'f32', ({ slots, heads, headDim }) => [slots, heads, headDim]],
    kvIndex: ['read', 'u32', ({ slots, maxContext }) => [slots, maxContext]],
    contextLength: ['read', 'u32', ({ slots }) => [slots]],
  },
  rules: [groups, cacheRule],
});

/** Arguments of {@link stepAttention}. */
export interface StepAttentionArgs extends Omit<DecodeAttentionArgs, 'q'> {
  /** As projected; what they hold afterwards is not defined. */
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  /** Tables of {@link rope}; without them nothing is rotated. */
  readonly cos?: Tensor | undefined;
  readonly sin?: Tensor | undefined;
  /** Where active, contextLength − 1, and kvIndex at it: a row that no other slot attends to. */
  readonly positions: Tensor;
  readonly cacheRow: Tensor;
}

/**
 * The attention of one step of decoding: {@link rope} of every slot's new query and key, {@link kvStore}, then {@link decodeAttention}, to
 * which the new key is the last one.
 */
export const stepAttention: Operation<StepAttentionArgs> = operation<StepAttentionArgs>('stepAttention', {
  scalars: decodeAttention.declaration.scalars as Declaration<StepAttentionArgs>['scalars'],
  operands: {
    q: ['update', 'f32', ({ slots, heads, headDim }) => [slots, heads, headDim]],
    k: ['update', 'f32', ({ slots, kvHeads, headDim }) => [slots, kvHeads, headDim]],
    v: ['read', 'f32', ({ slots, kvHeads, headDim }) => [slots, kvHeads, headDim]],
    cos: ['read?', 'f32', ({ headDim }) => [1, headDim / 2]],
    sin: ['read?', 'f32', ({ headDim }) => [1, headDim / 2]],
    kCache: ['update', 'cache', ({ kvHeads, headDim }) => [1, kvHeads, headDim]],
    vCache: ['update', 'cache', ({ kvHeads, headDim }) => [1, kvHeads, headDim]],
    o: ['write', 'f32', ({ slots, heads, headDim }) => [slots, heads, headDim]],
    kvIndex: ['read', 'u32', ({ slots, maxContext }) => [slots, maxContext]],
    contextLength: ['read', 'u32', ({ slots }) => [slots]],
    positions: ['read', 'u32', ({ slots }) => [slots]],
    cacheRow: ['read', 'u32', ({ slots }) => [slots]],
  },
  rules: [groups, cacheRule],
});

/** The operations of a {@link stepAttention}, one after the other. */
export function stagesOf(args: Resolved<StepAttentionArgs>): {
  readonly rotations: readonly Resolved<RopeArgs>[];
  readonly store: Resolved<KvStoreArgs>;
  readonly attend: Resolved<DecodeAttentionArgs>;
} {
  const { q, k, v, cos, sin, kCache, vCache, positions, cacheRow, slots, heads, kvHeads, headDim } = args;
  const turn = (x: Tensor, count: number): Resolved<RopeArgs>[] =>
    cos && sin ? [{ x, cos, sin, positions, tokens: slots, heads: count, headDim, inverse: false }] : [];
  return {
    rotations: [...turn(q, heads), ...turn(k, kvHeads)],
    store: { k, v, kCache, vCache, cacheRow, tokens: slots, kvHeads, headDim },
    attend: args,
  };
}

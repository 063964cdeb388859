import { check, show } from '../errors.js';
import { kernel, type Kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size, type Tensor } from '../gpu/tensor.js';
import { cacheRows } from './kv.js';
import forwardSource from '../../shaders/attention.wgsl';
import backwardSource from '../../shaders/attention-backward.wgsl';
import decodeSource from '../../shaders/attention-decode.wgsl';

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

/** The kernels of one head size. */
interface Kernels {
  readonly forward: Kernel<typeof PACKED>;
  readonly delta: Kernel<typeof PACKED>;
  readonly dq: Kernel<typeof PACKED>;
  readonly dkv: Kernel<typeof PACKED>;
  readonly decode: Kernel<typeof DECODE>;
}

/** Rows of a workgroup. */
const LANES = 4;
const made = new Map<number, Kernels>();

function kernels(headDim: number): Kernels {
  let set = made.get(headDim);
  if (!set) {
    const width = headDim % 4 === 0 ? 4 : 2;
    const prelude = `alias Vec = vec${width}f;\nconst VECS = ${headDim / width}u;`;
    const common = { prelude, constants: { LANES } };
    const backward = { ...common, source: backwardSource, params: PACKED };
    set = {
      forward: kernel({ ...common, source: forwardSource, entry: 'attention_fwd_rows', access: 'rrrrww', params: PACKED }),
      delta: kernel({ ...backward, entry: 'attention_bwd_delta', access: 'rrw' }),
      dq: kernel({ ...backward, entry: 'attention_bwd_dq_rows', access: 'rrrrrrrw' }),
      dkv: kernel({ ...backward, entry: 'attention_bwd_dkv_rows', access: 'rrrrrrrww' }),
      decode: kernel({ ...common, source: decodeSource, entry: 'attention_decode_rows', access: 'rrrrrw', params: DECODE }),
    };
    made.set(headDim, set);
  }
  return set;
}

/**
 * Causal grouped-query attention over packed sequences: with s_tj = scale · q_t·k_j for seqStart[t] ≤ j ≤ t,
 * lse_t = log Σ_j exp s_tj and o_t = Σ_j exp(s_tj − lse_t) v_j. Memory is linear in tokens (Dao et al. 2022, FlashAttention).
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function attention(rec: Recorder, args: AttentionArgs): void {
  const { q, k, v, o, lse, seqStart, tokens, heads, kvHeads, scale } = args;
  checkHeads('attention', args);
  checkPacked('attention', args, { q, k, v, o, lse, seqStart });
  rec.dispatch(
    kernels(args.headDim).forward,
    [q, k, v, seqStart, o, lse],
    { tokens, heads, kv_heads: kvHeads, scale },
    Math.ceil(tokens / LANES) * heads,
  );
}

/**
 * Gradients of {@link attention}, probabilities recomputed from `lse`: with D_t = dO_t·o_t, p_tj = exp(s_tj − lse_t) and
 * ds_tj = p_tj (dO_t·v_j − D_t): dq_t = scale Σ_j ds_tj k_j, dk_j = scale Σ_t ds_tj q_t, dv_j = Σ_t p_tj dO_t, the sums over t also over
 * the query heads of the group. All three are assigned. Every element has one writer, so equal inputs give equal bits.
 * @throws MgrpoError `invalid_argument` on shapes that do not fit.
 */
export function attentionBackward(rec: Recorder, args: AttentionBackwardArgs): void {
  const { q, k, v, o, lse, dO, dq, dk, dv, seqStart, seqEnd, tokens, heads, kvHeads, scale } = args;
  checkHeads('attentionBackward', args);
  checkPacked('attentionBackward', args, { q, k, v, o, lse, dO, dq, dk, dv, seqStart, seqEnd });
  const set = kernels(args.headDim);
  const params = { tokens, heads, kv_heads: kvHeads, scale };
  const delta = rec.scratch('attention.delta', [tokens, heads]);
  rec.dispatch(set.delta, [o, dO, delta], params, Math.ceil((tokens * heads) / LANES));
  const blocks = Math.ceil(tokens / LANES);
  rec.dispatch(set.dq, [q, k, v, dO, lse, delta, seqStart, dq], params, blocks * heads);
  rec.dispatch(set.dkv, [q, k, v, dO, lse, delta, seqEnd, dk, dv], params, blocks * kvHeads);
}

/**
 * Attention of one new query per slot over cached keys and values: {@link attention}'s last row, with key j of slot b in cache row
 * kvIndex[b, j], j < contextLength[b]. Slots may share rows.
 * @throws MgrpoError `device_limit` where the cache is larger than one storage binding, `invalid_argument` on shapes that do not fit.
 */
export function decodeAttention(rec: Recorder, args: DecodeAttentionArgs): void {
  const { q, kCache, vCache, o, kvIndex, contextLength, slots, maxContext, heads, kvHeads, headDim, scale } = args;
  checkHeads('decodeAttention', args);
  cacheRows('decodeAttention', rec, args);
  checkSizes('decodeAttention', [
    ['q', q, [slots, heads, headDim]],
    ['o', o, [slots, heads, headDim]],
    ['kvIndex', kvIndex, [slots, maxContext]],
    ['contextLength', contextLength, [slots]],
  ]);
  rec.dispatch(
    kernels(headDim).decode,
    [q, kCache, vCache, kvIndex, contextLength, o],
    { slots, max_context: maxContext, heads, kv_heads: kvHeads, scale },
    Math.ceil((slots * heads) / LANES),
  );
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

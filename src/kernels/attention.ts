// Attention in WGSL: over packed sequences and over the cache, each by the first variant that fits.
import type { Profile } from '../gpu/profile.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import {
  stagesOf,
  type AttentionArgs,
  type AttentionBackwardArgs,
  type DecodeAttentionArgs,
  type StepAttentionArgs,
} from '../ops/attention.js';
import type { Resolved } from '../ops/operation.js';
import type { CachedParams, DecodeVariant, PackedVariant } from './attention/passes.js';
import { quads } from './attention/quads.js';
import { rows } from './attention/rows.js';
import { tile, tileDecode, tileStep } from './attention/tile.js';
import { boundRows, kvStore } from './kv.js';
import { rope } from './rope.js';
import { choose } from './variant.js';

/** Rows in workgroups of one subgroup of a software device. */
const softwareRows = rows(4, ({ kind }: Profile) => kind === 'software');
/** Rows in workgroups that are enough for a GPU. */
const anyRows = rows(64, () => true);

/** Ways to attend over packed sequences, the most special first. */
const PACKED: readonly PackedVariant[] = [quads, softwareRows, tile, anyRows];
/** Ways to attend over the cache. */
const CACHED: readonly DecodeVariant[] = [quads, softwareRows, tileDecode, anyRows];

/** The ways of a device: first the one that its host brings, if any. */
function waysOf<V extends PackedVariant | DecodeVariant>(ways: readonly V[], { attention: own }: Profile): readonly V[] {
  return own ? [own as V, ...ways] : ways;
}

/** The window as the shaders take it: all positions are the largest number. */
const windowOf = ({ window }: { readonly window: number }): number => (window === 0 ? 0xffffffff : window);

/** Forward pass: o and lse. */
export function attention(rec: GpuRecorder, args: Resolved<AttentionArgs>): void {
  const { q, k, v, o, lse, seqStart, seqEnd, tokens, heads, kvHeads, scale } = args;
  const { forward } = choose(waysOf(PACKED, rec.profile), rec.profile, args).passes(rec.profile, args);
  const params = { tokens, heads, kv_heads: kvHeads, scale, window: windowOf(args) };
  rec.dispatch(forward.kernel, [q, k, v, seqStart, seqEnd, o, lse], params, forward.workgroups(tokens, args));
}

/** Gradients: (lse, D) of every row, then dq, then dk and dv. Every element has one writer, so equal inputs give equal bits. */
export function attentionBackward(rec: GpuRecorder, args: Resolved<AttentionBackwardArgs>): void {
  const { q, k, v, o, lse, dO, dq, dk, dv, seqStart, seqEnd, tokens, heads, kvHeads, scale } = args;
  const params = { tokens, heads, kv_heads: kvHeads, scale, window: windowOf(args) };
  const lseDelta = rec.scratch('attention.delta', [tokens, heads, 2]);
  const { delta, dq: queries, dkv: keys } = choose(waysOf(PACKED, rec.profile), rec.profile, args).passes(rec.profile, args);
  rec.dispatch(delta.kernel, [o, dO, lse, lseDelta], params, delta.workgroups(tokens, args));
  rec.dispatch(queries.kernel, [q, k, v, dO, lseDelta, seqEnd, seqStart, dq], params, queries.workgroups(tokens, args));
  rec.dispatch(keys.kernel, [q, k, v, dO, lseDelta, seqEnd, dk, dv], params, keys.workgroups(tokens, args));
}

/** Parameters of attention over the cache. */
function cachedParams(args: Resolved<Omit<DecodeAttentionArgs, 'q'>>): CachedParams {
  const { slots, maxContext, heads, kvHeads, scale } = args;
  return { slots, max_context: maxContext, heads, kv_heads: kvHeads, scale, window: windowOf(args) };
}

/**
 * Attention over the cache.
 * @throws MgrpoError `device_limit` where the cache is larger than one storage binding
 */
export function decodeAttention(rec: GpuRecorder, args: Resolved<DecodeAttentionArgs>): void {
  boundRows('decodeAttention', rec, args);
  choose(waysOf(CACHED, rec.profile), rec.profile, args).attend(rec, args, cachedParams(args));
}

/** Attention over the cache and what comes before it in a step of decoding: at once on GPUs, else one after the other. */
export function stepAttention(rec: GpuRecorder, args: Resolved<StepAttentionArgs>): void {
  boundRows('stepAttention', rec, args);
  if (tileStep(rec, args, cachedParams(args))) return;
  const { rotations, store, attend } = stagesOf(args);
  for (const rotation of rotations) rope(rec, rotation);
  kvStore(rec, store);
  decodeAttention(rec, attend);
}

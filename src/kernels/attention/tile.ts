// Attention on GPUs: tiles of queries and keys in workgroup memory.
import { kernel } from '../../gpu/kernel.js';
import type { GpuRecorder } from '../../gpu/recorder.js';
import type { StepAttentionArgs } from '../../ops/attention.js';
import type { Resolved } from '../../ops/operation.js';
import { joined } from '../joint.js';
import { memo } from '../memo.js';
import { unroll } from '../unroll.js';
import {
  CACHED,
  DECODE,
  DKV,
  DQ,
  FORWARD,
  perGroup,
  perKeyHead,
  vectorPrelude,
  vectorWidth,
  type DecodeVariant,
  type Heads,
  type PackedPasses,
  type PackedVariant,
} from './passes.js';
import { deltaPass } from './rows.js';
import forwardSource from '../../../shaders/attention-tile.wgsl';
import backwardSource from '../../../shaders/attention-tile-backward.wgsl';
import decodeSource from '../../../shaders/attention-tile-decode.wgsl';

/** Queries, or keys, of a workgroup. */
const BLOCK = 16;
/** Invocations of a workgroup. */
const LANES = 64;

const passes = memo((headDim: number): PackedPasses => {
  const prelude = vectorPrelude(headDim);
  const backward = { source: backwardSource, prelude, invocations: LANES };
  return {
    forward: {
      kernel: kernel({ ...FORWARD, source: forwardSource, prelude, invocations: LANES, entry: 'attention_fwd_tile' }),
      workgroups: perGroup(BLOCK),
    },
    delta: deltaPass(headDim, LANES),
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_tile' }), workgroups: perGroup(BLOCK) },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_tile' }), workgroups: perKeyHead(BLOCK) },
  };
});

/** Query heads that one workgroup serves at most. */
const MOST_STREAMS = 8;
/** Rows that an invocation fetches at a time at most. */
const MOST_ROUNDS = 8;

/** The largest divisor of the query heads of a key head that one workgroup serves. */
function streamsOf({ heads, kvHeads }: Heads): number {
  let streams = Math.min(heads / kvHeads, MOST_STREAMS);
  while ((heads / kvHeads) % streams !== 0) streams--;
  return streams;
}

/** What a kernel of cached attention is made from; `step`: it stores the newest keys and values itself, rotated where `rotate`. */
function decodeText(
  headDim: number,
  STREAMS: number,
  step: boolean,
  rotate: boolean,
): { source: string; prelude: string; invocations: number } {
  const WIDTH = vectorWidth(headDim);
  const VECS = headDim / WIDTH;
  const PARTS = Math.floor(LANES / VECS);
  const ROUNDS = Math.min(MOST_ROUNDS, Math.max(1, Math.floor(LANES / PARTS)));
  const lengths = { STREAMS, PARTS, TILE: PARTS * ROUNDS, WIDTH, HEAD_DIM: headDim, HALF: headDim / 2 };
  return {
    source: unroll(decodeSource, { STREAMS, ROUNDS, WIDTH, STEP: Number(step), ROTATE: Number(rotate) }),
    prelude: vectorPrelude(headDim, lengths),
    invocations: LANES,
  };
}

const decodeKernel = memo((headDim: number, streams: number) =>
  kernel({ ...DECODE, ...decodeText(headDim, streams, false, false), entry: 'attention_decode_tile' }),
);

const stepKernel = memo((headDim: number, streams: number, rotate: boolean) =>
  kernel({
    ...decodeText(headDim, streams, true, rotate),
    entry: 'attention_decode_tile',
    access: 'rwwrrwrr',
    params: { ...CACHED, first_key: 'u32', first_sine: 'u32' },
  }),
);

/** Workgroups of cached attention. */
const decodeWorkgroups = (slots: number, heads: Heads): number => (slots * heads.heads) / streamsOf(heads);

/** Workgroup memory in bytes of the backward kernels, which take the most: 48 padded rows, p and ds. */
function tileBytes(headDim: number): number {
  return 48 * (headDim + vectorWidth(headDim)) * 4 + 2 * BLOCK * 8 * 4;
}

/** Tiles, where a head's fit workgroup memory. */
export const tile: PackedVariant = {
  name: 'tile',
  fits: ({ workgroupMemory }, { headDim }) => tileBytes(headDim) <= workgroupMemory,
  passes: (_, { headDim }) => passes(headDim),
};

/** One workgroup per slot and up to {@link MOST_STREAMS} query heads of a key head; takes little memory. */
export const tileDecode: DecodeVariant = {
  name: 'tile',
  fits: (_, { headDim }) => headDim / vectorWidth(headDim) <= LANES,
  pass: (_, heads) => ({ kernel: decodeKernel(heads.headDim, streamsOf(heads)), workgroups: decodeWorkgroups }),
};

/** The same with what comes before it in a step of decoding, where q and k lie side by side, and the tables too. */
export function tileStep(
  rec: GpuRecorder,
  args: Resolved<StepAttentionArgs>,
  params: { readonly [K in keyof typeof CACHED]: number },
): boolean {
  const { q, k, v, cos, sin, kCache, vCache, kvIndex, contextLength, o, slots } = args;
  const { kind, maxBinding } = rec.profile;
  const vectors = joined([q, k], maxBinding);
  const tables = cos && sin ? joined([cos, sin], maxBinding) : { tensor: v, starts: [0, 0] };
  if (kind !== 'gpu' || !tileDecode.fits(rec.profile, args) || !vectors || !tables) return false;
  rec.dispatch(
    stepKernel(args.headDim, streamsOf(args), cos !== undefined),
    [vectors.tensor, kCache, vCache, kvIndex, contextLength, o, v, tables.tensor],
    { ...params, first_key: vectors.starts[1]!, first_sine: tables.starts[1]! },
    decodeWorkgroups(slots, args),
  );
  return true;
}

// Attention on GPUs: tiles of queries and keys in workgroup memory.
import { kernel } from '../../gpu/kernel.js';
import type { GpuRecorder } from '../../gpu/recorder.js';
import type { DecodeAttentionArgs, StepAttentionArgs } from '../../ops/attention.js';
import type { Resolved } from '../../ops/operation.js';
import type { Tensor } from '../../ops/tensor.js';
import { joined } from '../joint.js';
import { memo } from '../memo.js';
import { unroll } from '../unroll.js';
import {
  CACHED,
  DECODE,
  DKV,
  DQ,
  FORWARD,
  cachedTensors,
  cellCounts,
  isHalf,
  perGroup,
  perKeyHead,
  vectorPrelude,
  vectorWidth,
  type CachedParams,
  type DecodeVariant,
  type Heads,
  type PackedPasses,
  type PackedVariant,
} from './passes.js';
import { deltaPass } from './rows.js';
import forwardSource from '../../../shaders/attention-tile.wgsl';
import backwardSource from '../../../shaders/attention-tile-backward.wgsl';
import combineSource from '../../../shaders/attention-tile-combine.wgsl';
import decodeSource from '../../../shaders/attention-tile-decode.wgsl';

/** Invocations of a workgroup over packed sequences, and over the cache. */
const PACKED_LANES = 128;
const LANES = 64;
/** Queries of a workgroup of the forward pass, and vectors of a passing row that are in workgroup memory at a time. */
const FORWARD_BLOCK = { queries: 16, vectors: 8 };
/** The same of the backward pass; as many rows pass by. */
const BACKWARD_VECTORS = 16;

/** Queries (dq) or keys (dk, dv) that an invocation of the backward pass has sums of; its workgroup keeps eight times as many. Few of long heads. */
function rowsEach(headDim: number): 1 | 2 {
  return headDim / vectorWidth(headDim) <= BACKWARD_VECTORS ? 2 : 1;
}

const passes = memo((headDim: number): PackedPasses => {
  const [vecs, ROWS] = [headDim / vectorWidth(headDim), rowsEach(headDim)];
  const [BLOCK, invocations] = [FORWARD_BLOCK.vectors, PACKED_LANES];
  const forward = {
    ...{ ...FORWARD, invocations, entry: 'attention_fwd_tile' },
    source: unroll(forwardSource, { BLOCKS: Math.ceil(vecs / BLOCK) }),
    prelude: vectorPrelude(headDim, { BLOCK }),
  };
  const backward = {
    invocations,
    source: unroll(backwardSource, { BLOCKS: Math.ceil(vecs / BACKWARD_VECTORS), ROWS }),
    prelude: vectorPrelude(headDim, { ROWS }),
  };
  return {
    forward: { kernel: kernel(forward), workgroups: perGroup(FORWARD_BLOCK.queries) },
    delta: deltaPass(headDim, LANES),
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_tile' }), workgroups: perGroup(8 * ROWS) },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_tile' }), workgroups: perKeyHead(8 * ROWS) },
  };
});

/** Query heads that one workgroup serves at most. */
const MOST_STREAMS = 8;
/** Rows that an invocation fetches at a time at most. */
const MOST_ROUNDS = 4;
/** Positions of a context that one workgroup serves. Fixed, so that a slot's sums have one order whatever else is decoded. */
const SPAN = 128;

/** The largest divisor of the query heads of a key head that one workgroup serves. */
function streamsOf({ heads, kvHeads }: Heads): number {
  let streams = Math.min(heads / kvHeads, MOST_STREAMS);
  while ((heads / kvHeads) % streams !== 0) streams--;
  return streams;
}

/** What cached attention does beside the attention. */
interface DecodeWork {
  /** Whether contexts may be longer than {@link SPAN}, and are cut. */
  readonly split: boolean;
  /** Whether the newest keys and values are stored first. */
  readonly step: boolean;
  /** Whether those and the queries are rotated. */
  readonly rotate: boolean;
  /** Whether the cache is in f16. */
  readonly half: boolean;
}

const decodeKernel = memo((headDim: number, STREAMS: number, { split, step, rotate, half }: DecodeWork) => {
  const WIDTH = vectorWidth(headDim);
  const PARTS = Math.floor(LANES / (headDim / WIDTH));
  const ROUNDS = Math.min(MOST_ROUNDS, Math.max(1, Math.floor(LANES / PARTS)));
  const lengths = { STREAMS, PARTS, TILE: PARTS * ROUNDS, WIDTH, HEAD_DIM: headDim, HALF: headDim / 2, SPAN };
  const counts = { STREAMS, ROUNDS, WIDTH, STEP: Number(step), ROTATE: Number(rotate), SPLIT: Number(split) };
  const cells = cellCounts(headDim, half);
  return kernel({
    source: unroll(decodeSource, { ...counts, ...cells }),
    prelude: vectorPrelude(headDim, lengths),
    invocations: LANES,
    entry: 'attention_decode_tile',
    access: step ? 'rwwrrwrr' : DECODE.access,
    params: { ...CACHED, ...(step && { first_key: 'u32', first_sine: 'u32' }), ...(split && { pieces: 'u32' }) } as const,
  });
});

const combineKernel = memo((headDim: number) =>
  kernel({
    source: combineSource,
    prelude: vectorPrelude(headDim, { SPAN }),
    entry: 'attention_decode_combine',
    access: 'rrw',
    params: { slots: 'u32', heads: 'u32', pieces: 'u32', window: 'u32' },
  }),
);

/** Cached attention, in as many pieces as the longest context may need. */
function attendTiles(
  rec: GpuRecorder,
  args: Omit<Resolved<DecodeAttentionArgs>, 'q'>,
  work: Omit<DecodeWork, 'split' | 'half'>,
  tensors: (o: Tensor) => readonly Tensor[],
  params: CachedParams & { readonly first_key?: number; readonly first_sine?: number },
): void {
  const { slots, heads, headDim, maxContext, contextLength, o } = args;
  const pieces = Math.ceil(maxContext / SPAN);
  const split = pieces > 1;
  const streams = streamsOf(args);
  const width = headDim + vectorWidth(headDim);
  const to = split ? rec.scratch('attention.pieces', [slots, heads, pieces, width]) : o;
  const attend = decodeKernel(headDim, streams, { ...work, split, half: isHalf(args) });
  rec.dispatch(attend, tensors(to), { ...params, ...(split && { pieces }) }, (slots * heads * pieces) / streams);
  if (!split) return;
  const vectors = slots * heads * (headDim / vectorWidth(headDim));
  rec.dispatch(
    combineKernel(headDim),
    [to, contextLength, o],
    { slots, heads, pieces, window: params.window },
    Math.ceil(vectors / LANES),
  );
}

/** Workgroup memory in bytes of the kernel over packed sequences that takes the most: rows that stay and pass by, padded, and scores. */
function tileBytes(headDim: number): number {
  const width = vectorWidth(headDim);
  const row = headDim + width;
  const { queries, vectors } = FORWARD_BLOCK;
  const forward = queries * row + 32 * (vectors + 1) * width + queries * (16 + 32);
  const held = 8 * rowsEach(headDim);
  const backward = 2 * held * row + 16 * (BACKWARD_VECTORS + 1) * width + held * 16;
  return 4 * Math.max(forward, backward);
}

/** Tiles, where a head's fit workgroup memory. */
export const tile: PackedVariant = {
  name: 'tile',
  fits: ({ workgroupMemory }, { headDim }) => tileBytes(headDim) <= workgroupMemory,
  passes: (_, { headDim }) => passes(headDim),
};

/** One workgroup per slot, up to {@link MOST_STREAMS} query heads of a key head, and piece of the context; takes little memory. */
export const tileDecode: DecodeVariant = {
  name: 'tile',
  fits: (_, { headDim }) => headDim / vectorWidth(headDim) <= LANES,
  attend: (rec, args, params) => {
    attendTiles(rec, args, { step: false, rotate: false }, (o) => cachedTensors({ ...args, o }), params);
  },
};

/** The same with what comes before it in a step of decoding, where q and k lie side by side, and the tables too. */
export function tileStep(rec: GpuRecorder, args: Resolved<StepAttentionArgs>, params: CachedParams): boolean {
  const { q, k, v, cos, sin, kCache, vCache, kvIndex, contextLength } = args;
  const { kind, maxBinding } = rec.profile;
  const vectors = joined([q, k], maxBinding);
  const tables = cos && sin ? joined([cos, sin], maxBinding) : { tensor: v, starts: [0, 0] };
  if (kind !== 'gpu' || !tileDecode.fits(rec.profile, args) || !vectors || !tables) return false;
  attendTiles(
    rec,
    args,
    { step: true, rotate: cos !== undefined },
    (o) => [vectors.tensor, kCache, vCache, kvIndex, contextLength, o, v, tables.tensor],
    { ...params, first_key: vectors.starts[1]!, first_sine: tables.starts[1]! },
  );
  return true;
}

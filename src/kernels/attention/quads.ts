// Attention on software devices with subgroups: several queries or keys of an invocation in registers, loads shared within quads.
import { kernel } from '../../gpu/kernel.js';
import type { Profile } from '../../gpu/profile.js';
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { unroll } from '../unroll.js';
import {
  DECODE,
  DKV,
  DQ,
  FORWARD,
  cachedTensors,
  isHalf,
  perGroup,
  perKeyHead,
  sharesOf,
  type DecodeVariant,
  type Heads,
  type PackedPasses,
  type PackedVariant,
} from './passes.js';
import { deltaPass } from './rows.js';
import forwardSource from '../../../shaders/attention-quads.wgsl';
import backwardSource from '../../../shaders/attention-quads-backward.wgsl';
import decodeSource from '../../../shaders/attention-quads-decode.wgsl';

/** Largest head that these kernels, whose loops are written out, serve: more takes minutes to compile. */
const MAX_HEAD = 128;
/** Lanes of the kernels that use one quad. */
const QUAD = 4;

/** How often a kernel's loops are written out: for the parts of a head vector, and for the queries or keys of a lane. */
interface Counts {
  readonly CHUNKS: number;
  readonly STREAMS: number;
  readonly HALF?: number;
}

/** A kernel's text for a head size, its counts and a workgroup size. */
function written(source: string, headDim: number, counts: Counts, lanes: number): { source: string; prelude: string } {
  return {
    source: unroll(source, { ...counts }),
    prelude: `enable subgroups;\nalias Vec = f32;\n${sizes({ HEAD_DIM: headDim, LANES: lanes, CHUNKS: counts.CHUNKS, STREAMS: counts.STREAMS })}`,
  };
}

const passes = memo((headDim: number, lanes: number): PackedPasses => {
  const streams = headDim <= 64 ? 3 : 2;
  const CHUNKS = Math.ceil(headDim / QUAD);
  const forward = written(forwardSource, headDim, { CHUNKS, STREAMS: streams }, lanes);
  const backward = written(backwardSource, headDim, { CHUNKS, STREAMS: 2 }, lanes);
  return {
    forward: { kernel: kernel({ ...FORWARD, ...forward, entry: 'attention_fwd_quads' }), workgroups: perGroup(streams * lanes) },
    delta: deltaPass(headDim, QUAD),
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_quads' }), workgroups: perGroup(2 * lanes) },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_quads' }), workgroups: perKeyHead(2 * lanes) },
  };
});

const decodeKernel = memo((headDim: number, streams: number, half: boolean) => {
  const counts = { CHUNKS: Math.ceil(headDim / (half ? 2 * QUAD : QUAD)), STREAMS: streams, HALF: Number(half) };
  return kernel({ ...DECODE, ...written(decodeSource, headDim, counts, QUAD), entry: 'attention_decode_quads' });
});

function fits({ kind, subgroupSize }: Profile, { headDim }: Heads): boolean {
  return kind === 'software' && subgroupSize >= QUAD && headDim <= MAX_HEAD;
}

/** Quads of a subgroup. */
export const quads: PackedVariant & DecodeVariant = {
  name: 'quads',
  fits,
  passes: ({ subgroupSize }, { headDim }) => passes(headDim, subgroupSize),
  attend(rec, args, params) {
    const { streams, workgroups } = sharesOf(args);
    rec.dispatch(decodeKernel(args.headDim, streams, isHalf(args)), cachedTensors(args), params, workgroups);
  },
};

// Attention on software devices with wide subgroups: queries or keys of a lane in registers, what they meet loaded by all lanes together.
import { kernel } from '../../gpu/kernel.js';
import { memo } from '../memo.js';
import { sizes } from '../sizes.js';
import { unroll } from '../unroll.js';
import {
  DECODE,
  DELTA,
  DKV,
  DQ,
  FORWARD,
  cachedTensors,
  cellCounts,
  isHalf,
  perGroup,
  perKeyHead,
  perPair,
  sharesOf,
  type DecodeVariant,
  type PackedPasses,
  type PackedVariant,
} from './passes.js';
import forwardSource from '../../../shaders/attention-wide.wgsl';
import decodeSource from '../../../shaders/attention-wide-decode.wgsl';
import backwardSource from '../../../shaders/attention-wide-backward.wgsl';

/** Largest head that these kernels, whose loops over a head's vectors are written out, serve. */
const MAX_HEAD = 128;
/** Heads that are as long have two queries or keys a lane: a fifth to two fifths faster, and half as long again to compile. */
const LONG_HEAD = 32;

/** The text of a kernel for a head size, neighbours that are met together, and lanes. */
function written(source: string, headDim: number, KEYS: number, lanes: number): { source: string; prelude: string } {
  const VECS = headDim / 4;
  const counts = { VECS, KEYS, LOADS: Math.ceil((KEYS * VECS) / lanes), STREAMS: streamsOf(headDim) };
  return {
    source: unroll(source, counts),
    prelude: `enable subgroups;\nalias Vec = vec4f;\n${sizes({ LANES: lanes, ...counts })}`,
  };
}

function streamsOf(headDim: number): 1 | 2 {
  return headDim < LONG_HEAD ? 1 : 2;
}

const passes = memo((headDim: number, lanes: number): PackedPasses => {
  const block = streamsOf(headDim) * lanes;
  const forward = written(forwardSource, headDim, headDim < LONG_HEAD ? 2 : 1, lanes);
  const backward = written(backwardSource, headDim, 1, lanes);
  return {
    forward: { kernel: kernel({ ...FORWARD, ...forward, entry: 'attention_fwd_wide' }), workgroups: perGroup(block) },
    delta: { kernel: kernel({ ...DELTA, ...backward, entry: 'attention_bwd_delta_wide' }), workgroups: perPair(lanes) },
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_wide' }), workgroups: perGroup(block) },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_wide' }), workgroups: perKeyHead(block) },
  };
});

const decodeKernel = memo((headDim: number, lanes: number, STREAMS: number, half: boolean) => {
  const VECS = headDim / 4;
  let PARTS = 1;
  while (PARTS < Math.min(VECS, lanes)) PARTS *= 2;
  const counts = {
    STREAMS,
    CHUNKS: Math.ceil(VECS / PARTS),
    PART_STEPS: Math.log2(PARTS),
    POSITION_STEPS: Math.log2(lanes / PARTS),
  };
  return kernel({
    ...DECODE,
    source: unroll(decodeSource, { ...counts, ...cellCounts(headDim, half) }),
    prelude: `enable subgroups;\nalias Vec = vec4f;\n${sizes({ LANES: lanes, VECS, PARTS, STREAMS })}`,
    entry: 'attention_decode_wide',
  });
});

/** All lanes of a subgroup. */
export const wide: PackedVariant & DecodeVariant = {
  name: 'wide',
  fits: (profile, { headDim }) => profile.kind === 'software' && profile.wide && headDim % 4 === 0 && headDim <= MAX_HEAD,
  passes: ({ subgroupSize }, { headDim }) => passes(headDim, subgroupSize),
  attend(rec, args, params) {
    const { streams, workgroups } = sharesOf(args);
    const attend = decodeKernel(args.headDim, rec.profile.subgroupSize, streams, isHalf(args));
    rec.dispatch(attend, cachedTensors(args), params, workgroups);
  },
};

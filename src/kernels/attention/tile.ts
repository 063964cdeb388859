// Attention on GPUs: tiles of queries and keys in workgroup memory.
import { kernel } from '../../gpu/kernel.js';
import { memo } from '../memo.js';
import {
  DECODE,
  DKV,
  DQ,
  FORWARD,
  perGroup,
  perKeyHead,
  vectorPrelude,
  vectorWidth,
  type DecodeVariant,
  type PackedPasses,
  type PackedVariant,
} from './passes.js';
import { deltaPass } from './rows.js';
import forwardSource from '../../../shaders/attention-tile.wgsl';
import backwardSource from '../../../shaders/attention-tile-backward.wgsl';
import decodeSource from '../../../shaders/attention-tile-decode.wgsl';

/** Queries, or keys, of a workgroup. */
const BLOCK = 16;
/** Lanes of the pass that sums dO · o. */
const LANES = 64;

const passes = memo((headDim: number): PackedPasses => {
  const prelude = vectorPrelude(headDim);
  const backward = { source: backwardSource, prelude };
  return {
    forward: {
      kernel: kernel({ ...FORWARD, source: forwardSource, prelude, entry: 'attention_fwd_tile' }),
      workgroups: perGroup(BLOCK),
    },
    delta: deltaPass(headDim, LANES),
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_tile' }), workgroups: perGroup(BLOCK) },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_tile' }), workgroups: perKeyHead(BLOCK) },
  };
});

const decodeKernel = memo((headDim: number) =>
  kernel({ ...DECODE, source: decodeSource, entry: 'attention_decode_tile', prelude: vectorPrelude(headDim) }),
);

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

/** One workgroup per slot and query head, with an invocation per vector of the head; takes little memory. */
export const tileDecode: DecodeVariant = {
  name: 'tile',
  fits: (_, { headDim }) => headDim / vectorWidth(headDim) <= 64,
  pass: (_, { headDim }) => ({ kernel: decodeKernel(headDim), workgroups: (slots, { heads }) => slots * heads }),
};

// Attention with one invocation per query or key: for any device and any head.
import { kernel } from '../../gpu/kernel.js';
import type { Profile } from '../../gpu/profile.js';
import { memo } from '../memo.js';
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
  perHead,
  perKeyHead,
  perPair,
  vectorPrelude,
  type DecodeVariant,
  type PackedPasses,
  type PackedVariant,
  type Pass,
  type PACKED,
} from './passes.js';
import forwardSource from '../../../shaders/attention.wgsl';
import backwardSource from '../../../shaders/attention-backward.wgsl';
import decodeSource from '../../../shaders/attention-decode.wgsl';

/** The pass that sums dO · o: every variant begins its backward pass with it. */
export const deltaPass: (headDim: number, lanes: number) => Pass<typeof PACKED> = memo((headDim: number, lanes: number) => {
  const prelude = vectorPrelude(headDim, { LANES: lanes });
  return {
    kernel: kernel({ ...DELTA, source: backwardSource, entry: 'attention_bwd_delta', prelude }),
    workgroups: perPair(lanes),
  };
});

const passes = memo((headDim: number, lanes: number): PackedPasses => {
  const prelude = vectorPrelude(headDim, { LANES: lanes });
  const backward = { source: backwardSource, prelude };
  return {
    forward: {
      kernel: kernel({ ...FORWARD, source: forwardSource, prelude, entry: 'attention_fwd_rows' }),
      workgroups: perHead(lanes),
    },
    delta: deltaPass(headDim, lanes),
    dq: { kernel: kernel({ ...DQ, ...backward, entry: 'attention_bwd_dq_rows' }), workgroups: perHead(lanes) },
    dkv: { kernel: kernel({ ...DKV, ...backward, entry: 'attention_bwd_dkv_rows' }), workgroups: perKeyHead(lanes) },
  };
});

const decodeKernel = memo((headDim: number, lanes: number, half: boolean) =>
  kernel({
    ...DECODE,
    source: unroll(decodeSource, cellCounts(headDim, half)),
    entry: 'attention_decode_rows',
    prelude: vectorPrelude(headDim, { LANES: lanes }),
  }),
);

/** Rows in workgroups of so many lanes, on the devices that `fits` says. */
export function rows(lanes: number, fits: (profile: Profile) => boolean): PackedVariant & DecodeVariant {
  return {
    name: `rows ${lanes}`,
    fits,
    passes: (_, { headDim }) => passes(headDim, lanes),
    attend: (rec, args, params) => {
      rec.dispatch(
        decodeKernel(args.headDim, lanes, isHalf(args)),
        cachedTensors(args),
        params,
        perPair(lanes)(args.slots, args),
      );
    },
  };
}

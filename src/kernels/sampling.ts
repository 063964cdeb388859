// Sampling in WGSL: one workgroup per row of logits (or per few rows), and the step of the decode state.
import { DRAW_WORDS, drawOf } from '../config/sampling.js';
import { kernel } from '../gpu/kernel.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { Resolved } from '../ops/operation.js';
import { decodeStride, type AdvanceArgs, type SampleArgs } from '../ops/sampling.js';
import { memo } from './memo.js';
import { byPack } from './pack.js';
import { sizes } from './sizes.js';
import { unroll } from './unroll.js';
import { choose, type Variant } from './variant.js';
import advanceSource from '../../shaders/advance.wgsl';
import cutLanes from '../../shaders/lib/cut-lanes.wgsl';
import cutWalk from '../../shaders/lib/cut-walk.wgsl';
import source from '../../shaders/sampling.wgsl';

const SAMPLE_PARAMS = {
  rows: 'u32',
  vocab: 'u32',
  seed0: 'u32',
  seed1: 'u32',
  ...DRAW_WORDS,
} as const;

const sampleKernels = memo((LANES: number, ROWS: number, scans: boolean, PENALTY: number, FILTER: number, PROBS: number) => {
  const cut = (FOUR: number): string => (scans ? unroll(cutLanes, { FOUR }) : `${sizes({ BINS: 256 * ROWS })}\n${cutWalk}`);
  return byPack((pack) => ({
    draw: kernel({
      source: unroll(source, { FILTER }),
      prelude: [sizes({ LANES, ROWS }), pack.prelude, FILTER > 0 ? cut(Number(pack.n === 4)) : ''].join('\n'),
      entry: 'sample',
      access: 'rwwwwwww',
      params: SAMPLE_PARAMS,
      constants: { PENALTY, FILTER, PROBS },
    }),
  }));
});

const ADVANCE = kernel({
  source: advanceSource,
  entry: 'advance',
  access: 'wrrrww',
  params: { slots: 'u32', stride: 'u32', max_context: 'u32', max_new: 'u32', eos_count: 'u32' },
});

/** Threads per row, rows per workgroup. */
interface SampleVariant extends Variant<{ readonly vocab: number }> {
  readonly LANES: number;
  readonly ROWS: number;
  /** Whether the lanes look for a cut together: not where a barrier costs more than a walk. */
  readonly scans: boolean;
}

/** Largest vocabulary that counts as small. */
const SMALL = 1024;

/**
 * They fix the order of summation, so they depend on the vocabulary and the kind of device alone. A CPU takes a small vocabulary with one
 * row a thread: it pays more for barriers than for idle lanes.
 */
const SAMPLERS: readonly SampleVariant[] = [
  {
    name: 'software, small',
    fits: ({ kind }, { vocab }) => kind === 'software' && vocab <= SMALL,
    LANES: 1,
    ROWS: 4,
    scans: false,
  },
  { name: 'software', fits: ({ kind }) => kind === 'software', LANES: 64, ROWS: 1, scans: false },
  { name: 'small', fits: (_, { vocab }) => vocab <= SMALL, LANES: 32, ROWS: 1, scans: true },
  { name: 'any', fits: () => true, LANES: 256, ROWS: 1, scans: true },
];

/** Draws one token per active row; the draw does not depend on the device's subgroups. */
export function sample(rec: GpuRecorder, args: Resolved<SampleArgs>): void {
  const { logits, rows, vocab, tokens, logps, stream, step, active, seed } = args;
  const { words, cuts, penalises } = drawOf(args, vocab);
  const seen = penalises ? args.seen! : rec.scratch('sampling.unused.seen', [1], 'u32');
  const probs = args.probs ?? rec.scratch('sampling.unused.probs', [4]);
  const { LANES, ROWS, scans } = choose(SAMPLERS, rec.profile, { vocab });
  const kernels = sampleKernels(LANES, ROWS, scans, Number(penalises), Number(cuts), Number(args.probs !== undefined));
  rec.dispatch(
    kernels(vocab).draw,
    [logits, tokens, stream, step, active, logps, seen, probs],
    { rows, vocab, seed0: seed[0], seed1: seed[1], ...words },
    Math.ceil(rows / ROWS),
  );
}

/** One invocation per slot. */
export function advance(rec: GpuRecorder, args: Resolved<AdvanceArgs>): void {
  const { state, sampledLogps, kvIndex, outTokens, outLogps, eos, slots, eosCount, maxContext, maxNew } = args;
  rec.dispatch(
    ADVANCE,
    [state, sampledLogps, kvIndex, eos, outTokens, outLogps],
    { slots, stride: decodeStride(slots), max_context: maxContext, max_new: maxNew, eos_count: eosCount },
    Math.ceil(slots / 64),
  );
}

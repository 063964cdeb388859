import { check, show } from '../errors.js';
import { kernel } from '../gpu/kernel.js';
import type { Recorder } from '../gpu/recorder.js';
import { size, type Tensor } from '../gpu/tensor.js';
import { byLanes } from './lanes.js';
import source from '../../shaders/objective.wgsl';

/** What the kernel reads of the training settings; a resolved config fits. Their meaning: src/algo/objective.ts. */
export interface ObjectiveSettings {
  readonly lossType: string;
  readonly importanceSamplingLevel: 'token' | 'sequence';
  readonly epsilon: number;
  readonly epsilonHigh: number | null;
  readonly delta: number | null;
  readonly beta: number;
  readonly useBiasCorrectionKl: boolean;
  readonly offPolicyMaskThreshold: number | null;
  readonly sapoTemperaturePos: number;
  readonly sapoTemperatureNeg: number;
  readonly vespoKPos: number;
  readonly vespoLambdaPos: number;
  readonly vespoKNeg: number;
  readonly vespoLambdaNeg: number;
}

/** Arguments of {@link objective}: one micro-batch of B sequences with N tokens, ragged. */
export interface ObjectiveArgs {
  /** int[B + 1], rising from 0 to N: sequence i holds tokens offsets[i] .. offsets[i + 1] - 1. */
  readonly offsets: ArrayLike<number>;
  /** float[B]. */
  readonly advantages: ArrayLike<number>;
  /** float[B]: what each loss token of the sequence weighs; `tokenWeights` of src/algo/objective.ts. */
  readonly weights: ArrayLike<number>;
  /** f32[N]: log-probability of each token under the policy. */
  readonly logps: Tensor;
  /** f32[N] under the policy that sampled; null: the same weights, the ratio is exactly 1. */
  readonly oldLogps: Tensor | null;
  /** f32[N] under the reference; needed where beta > 0, not read where it is 0. */
  readonly refLogps: Tensor | null;
  /** f32[N]; needed with a finite entropyFloor. */
  readonly entropies: Tensor | null;
  /** u32[N], 1 for loss tokens; null: all. */
  readonly mask: Tensor | null;
  readonly settings: ObjectiveSettings;
  /** Tokens with less entropy carry no policy term (default −Infinity: all carry it). */
  readonly entropyFloor?: number;
  /** entropyCoef divided by its normaliser: minus the gradient in the entropy of every token above the floor (default 0). */
  readonly entropyWeight?: number;
  /** f32[N], written: d loss / d logps. */
  readonly dLogps: Tensor;
  /** f32[N], written: d loss / d entropies; absent: not kept. */
  readonly dEntropies?: Tensor;
  /** f32[N], written: weight times (policy term + beta·k3); their sum is the loss without the entropy bonus. */
  readonly losses: Tensor;
  /** f32[N], written: the KL estimate k3, times the ratio with useBiasCorrectionKl; 0 where beta is 0. */
  readonly kls: Tensor;
}

/** Loss types by the shader's `kind`. */
const KINDS: Readonly<Record<string, number>> = {
  grpo: 0,
  bnpo: 0,
  dr_grpo: 0,
  dapo: 0,
  luspo: 0,
  sapo: 1,
  cispo: 2,
  vespo: 3,
};

/** "None" for a bound that the shader compares with. */
const UNBOUNDED = 3e38;

const kernels = byLanes(({ prelude, constants }) => ({
  objective: kernel({
    source,
    prelude,
    constants,
    entry: 'objective',
    access: 'rrrrrrwwww',
    params: {
      sequences: 'u32',
      kind: 'u32',
      flags: 'u32',
      low: 'f32',
      high: 'f32',
      cap: 'f32',
      delta: 'f32',
      beta: 'f32',
      entropy_floor: 'f32',
      entropy_weight: 'f32',
      off_policy: 'f32',
      tau_positive: 'f32',
      tau_negative: 'f32',
      k_positive: 'f32',
      lambda_positive: 'f32',
      k_negative: 'f32',
      lambda_negative: 'f32',
    },
  }),
}));

/**
 * The policy objective (Eq. 4 and Eq. 6, and the field's variants) and its gradient, token by token, on the device; `policyObjective` of
 * src/algo/objective.ts is the definition. What depends on the whole batch comes from the host: weights, entropyFloor, entropyWeight.
 * @throws MgrpoError `invalid_argument` where arrays do not fit together or one that the settings need is missing.
 */
export function objective(rec: Recorder, args: ObjectiveArgs): void {
  const { offsets, advantages, weights, logps, oldLogps, refLogps, entropies, mask, settings: s } = args;
  const { entropyFloor = -Infinity, entropyWeight = 0, dLogps, losses, kls } = args;
  const B = advantages.length;
  const N = offsets[B] ?? -1;
  check(
    offsets.length === B + 1 && weights.length === B && N >= 0,
    `objective: expected ${B + 1} offsets and ${B} weights for ${B} advantages, got ${offsets.length} and ${weights.length}`,
  );
  for (const [name, t] of Object.entries({ logps, oldLogps, refLogps, entropies, mask, dLogps, losses, kls })) {
    check(t === null || size(t) >= N, `objective: expected ${N} elements for ${name}, one per token, got ${show(t?.shape)}`);
  }
  const kind = KINDS[s.lossType];
  check(kind !== undefined, `objective: expected lossType one of ${Object.keys(KINDS).join(', ')}, got ${show(s.lossType)}`);
  check(s.beta === 0 || refLogps, `objective: beta ${s.beta} needs refLogps; pass them, or set beta to 0`);
  check(entropyFloor === -Infinity || entropies, 'objective: a finite entropyFloor needs entropies; pass them');
  check(
    s.lossType !== 'cispo' || s.epsilonHigh !== null,
    'objective: lossType cispo needs epsilonHigh, the cap of the ratio; set it',
  );
  if (N === 0) return;

  const table = new Uint32Array(4 * B);
  const floats = new Float32Array(table.buffer);
  for (let i = 0; i < B; i++) {
    table[4 * i] = offsets[i]!;
    table[4 * i + 1] = offsets[i + 1]!;
    floats[4 * i + 2] = advantages[i]!;
    floats[4 * i + 3] = weights[i]!;
  }
  const sequences = rec.scratch('objective.sequences', [B, 4], 'u32');
  rec.write(sequences, table);
  const flags = [oldLogps, s.beta !== 0, entropies, mask, s.importanceSamplingLevel === 'sequence', s.useBiasCorrectionKl];
  rec.dispatch(
    kernels(rec.gpu).objective,
    [
      sequences,
      logps,
      oldLogps ?? logps,
      s.beta === 0 ? logps : refLogps!,
      entropies ?? logps,
      mask ?? sequences,
      dLogps,
      args.dEntropies ?? rec.scratch('objective.dEntropies', [N]),
      losses,
      kls,
    ],
    {
      sequences: B,
      kind,
      flags: flags.reduce((bits: number, on, bit) => bits | (on ? 1 << bit : 0), 0),
      low: 1 - s.epsilon,
      high: 1 + (s.epsilonHigh ?? s.epsilon),
      cap: s.epsilonHigh ?? UNBOUNDED,
      delta: s.delta ?? UNBOUNDED,
      beta: s.beta,
      entropy_floor: Math.max(entropyFloor, -UNBOUNDED),
      entropy_weight: entropyWeight,
      off_policy: s.offPolicyMaskThreshold ?? UNBOUNDED,
      tau_positive: s.sapoTemperaturePos,
      tau_negative: s.sapoTemperatureNeg,
      k_positive: s.vespoKPos,
      lambda_positive: s.vespoLambdaPos,
      k_negative: s.vespoKNeg,
      lambda_negative: s.vespoLambdaNeg,
    },
    B,
  );
}

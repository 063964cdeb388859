// From rollouts to optimiser steps: which sequences go through the model together, and what each weighs in the loss.
import { batchPlan } from '../config/batch.js';
import type { GRPOConfig } from '../config/grpo.js';
import type { Ids } from './correction.js';
import { LOSSES } from './losses.js';
import type { ObjectiveContext } from './objective.js';
import type { Question, Rollout } from './rollout.js';
import type { Layer2Selection } from './selection.js';

/** A completion with all that its share of the loss needs. */
export interface TrainSequence {
  readonly promptIds: Ids;
  readonly completionIds: Ids;
  /** Log-probabilities under the policy that sampled: as sampling gave them, or computed again. */
  readonly oldLogps: Float32Array;
  readonly advantage: number;
  /** Whether its tokens are left out of the loss (maskTruncatedCompletions). */
  readonly masked: boolean;
}

/** Sequences that go through the model together. */
export interface MicroBatch {
  readonly layer: 1 | 2;
  readonly sequences: readonly TrainSequence[];
  /** The settings of this layer: temperature and maxCompletionLength are the layer's own. */
  readonly settings: GRPOConfig;
  /** For the objective; `sequenceWeights` is always set. */
  readonly context: ObjectiveContext;
}

/** The micro-batches of one optimiser step. */
export interface UpdateWindow {
  readonly microBatches: readonly MicroBatch[];
  /** Whether the weights are still those that sampled every sequence of it: the ratio is then exactly 1. */
  readonly onPolicy: boolean;
}

/** The settings that hold in a layer: layer 2 may have its own temperature, completion length, KL and entropy weights. */
export function layerSettings(config: GRPOConfig, layer: 1 | 2): GRPOConfig {
  if (layer === 1 || config.layer2 === null) return config;
  const { temperature, maxCompletionLength, beta, entropyCoef } = config.layer2;
  return {
    ...config,
    temperature: temperature ?? config.temperature,
    maxCompletionLength: maxCompletionLength ?? config.maxCompletionLength,
    beta: beta ?? config.beta,
    entropyCoef: entropyCoef ?? config.entropyCoef,
  };
}

/** The windows of layer 1: completions in group order, a mean over the sequences of each optimiser step. */
export function answerWindows<Q extends Question>(answers: Rollout<Q>, config: GRPOConfig): MicroBatch[][] {
  const { completionsPerStep } = batchPlan(config);
  const G = config.numGenerations;
  const rows = answers.advantages.length;
  const kept = Array.from({ length: rows }, (_, row) => row).filter((row) => {
    const from = row - (row % G);
    return !config.filterZeroVariance || answers.advantages.slice(from, from + G).some((A) => A !== 0);
  });
  const windows: MicroBatch[][] = [];
  for (let from = 0; from < kept.length; from += completionsPerStep) {
    const part = kept.slice(from, from + completionsPerStep);
    windows.push(cutMicroBatches(1, answers, part, new Float64Array(part.length).fill(1 / part.length), config));
  }
  return windows;
}

/** The window of layer 2: the kept corrections with the weights of Eq. 6, in one optimiser step. */
export function correctionWindows<Q extends Question>(
  corrections: Rollout<Q> & { selection: Layer2Selection },
  config: GRPOConfig,
): MicroBatch[][] {
  const { weights } = corrections.selection;
  const rows = Array.from({ length: weights.length }, (_, row) => row).filter((row) => weights[row] !== 0);
  if (rows.length === 0) return [];
  return [
    cutMicroBatches(
      2,
      corrections,
      rows,
      Float64Array.from(rows, (row) => weights[row]!),
      layerSettings(config, 2),
    ),
  ];
}

/** Cuts the rows of one optimiser step into micro-batches of perDeviceTrainBatchSize. */
function cutMicroBatches<Q extends Question>(
  layer: 1 | 2,
  rollout: Rollout<Q>,
  rows: readonly number[],
  weights: Float64Array,
  settings: GRPOConfig,
): MicroBatch[] {
  const n = rollout.advantages.length / rollout.prompts.length;
  const sequences = rows.map((row): TrainSequence => {
    const completion = rollout.completions[Math.floor(row / n)]![row % n]!;
    return {
      promptIds: rollout.prompts[Math.floor(row / n)]!.ids,
      completionIds: completion.ids,
      oldLogps: completion.logps,
      advantage: rollout.advantages[row]!,
      masked: settings.maskTruncatedCompletions && completion.truncated,
    };
  });
  const windowTokens = sequences.reduce((sum, s) => sum + (s.masked ? 0 : s.completionIds.length), 0);
  const size = settings.perDeviceTrainBatchSize;
  const accumulationSteps = Math.ceil(rows.length / size);
  return Array.from({ length: accumulationSteps }, (_, k) => ({
    layer,
    sequences: sequences.slice(k * size, (k + 1) * size),
    settings,
    context: {
      accumulationSteps,
      windowTokens,
      windowSequences: rows.length,
      sequenceWeights: weights.slice(k * size, (k + 1) * size),
    },
  }));
}

/** One window of both layers: the losses of Eq. 4 and Eq. 6 are added without a coefficient. */
export function joinWindows(
  first: readonly (readonly MicroBatch[])[],
  second: readonly (readonly MicroBatch[])[],
): MicroBatch[][] {
  const all = [...first.flat(), ...second.flat()];
  return all.length > 0 ? [all] : [];
}

/** Whether a sequence adds nothing to loss and gradient, so that it need not go through the model. */
export function isIdle({ advantage, masked }: TrainSequence, settings: GRPOConfig): boolean {
  // Here the mean length of the micro-batch divides, and a sequence without a term of its own counts in it.
  if (LOSSES[settings.lossType].normalizer === 'micro_batch') return false;
  const { beta, entropyCoef, topEntropyQuantile } = settings;
  return masked || (advantage === 0 && beta === 0 && entropyCoef === 0 && topEntropyQuantile === 1);
}

/**
 * The micro-batches without the sequences that add nothing: advantage 0 without KL and entropy terms, or masked. What remains keeps its order
 * and weights, so loss and gradient are the same sums; it is cut again to perDeviceTrainBatchSize. Metrics of the model's log-probabilities are
 * then over what remains.
 */
export function withoutIdle(microBatches: readonly MicroBatch[]): MicroBatch[] {
  return ([1, 2] as const).flatMap((layer) => {
    const batches = microBatches.filter((batch) => batch.layer === layer);
    const first = batches[0];
    if (!first) return [];
    const sequences = batches.flatMap((batch) => batch.sequences);
    const live = sequences.map((sequence) => !isIdle(sequence, first.settings));
    if (live.every(Boolean)) return batches;
    const weights = batches.flatMap(({ context }) => Array.from(context.sequenceWeights!)).filter((_, i) => live[i]);
    const kept = sequences.filter((_, i) => live[i]);
    const size = first.settings.perDeviceTrainBatchSize;
    return Array.from({ length: Math.ceil(kept.length / size) }, (_, k) => ({
      ...first,
      sequences: kept.slice(k * size, (k + 1) * size),
      context: { ...first.context, sequenceWeights: weights.slice(k * size, (k + 1) * size) },
    }));
  });
}

// How many completions a sampling round, a micro-batch and an optimiser step hold (TRL's arithmetic), and what is said where they do not fit.

/** The settings that decide it; resolved, neither of the nullable ones is null. */
export interface BatchSettings {
  readonly numGenerations: number;
  readonly perDeviceTrainBatchSize: number;
  readonly gradientAccumulationSteps: number;
  readonly stepsPerGeneration: number | null;
  readonly generationBatchSize: number | null;
  readonly maxSteps: number;
}

/** TRL's arithmetic: completions per round = perDeviceTrainBatchSize x stepsPerGeneration, a whole number of groups. */
export function checkBatch(c: BatchSettings, problems: string[]): void {
  const per = c.perDeviceTrainBatchSize;
  const size = c.generationBatchSize!;
  if (size % per !== 0) {
    problems.push(
      `generationBatchSize ${size} is not a multiple of perDeviceTrainBatchSize ${per}; ` +
        `set generationBatchSize to ${around(size, per)}, or perDeviceTrainBatchSize to one of ${divisors(size)}`,
    );
    return;
  }
  const steps = c.stepsPerGeneration!;
  if (size !== per * steps) {
    problems.push(
      `generationBatchSize ${size} contradicts stepsPerGeneration ${steps} (${per} x ${steps} = ${per * steps}); set only one of the two`,
    );
    return;
  }
  if (size % c.numGenerations !== 0) {
    const fits = divisors(size, 2);
    problems.push(
      `one sampling round has ${size} completions (perDeviceTrainBatchSize ${per} x stepsPerGeneration ${steps}), which is no whole number of groups ` +
        `of numGenerations ${c.numGenerations}; ${fits === '' ? '' : `set numGenerations to one of ${fits}, or `}perDeviceTrainBatchSize to ` +
        around(per, c.numGenerations / gcd(c.numGenerations, steps)),
    );
  }
  if (steps % c.gradientAccumulationSteps !== 0) {
    problems.push(
      `stepsPerGeneration ${steps} is not a multiple of gradientAccumulationSteps ${c.gradientAccumulationSteps}, so a sampling round would end inside an optimiser step; ` +
        `set stepsPerGeneration to ${around(steps, c.gradientAccumulationSteps)}, or gradientAccumulationSteps to one of ${divisors(steps)}`,
    );
  }
  if (c.maxSteps === 0) problems.push('expected a positive number of steps or -1 for maxSteps, got 0; -1 goes by numTrainEpochs');
}

/** The sizes that follow from the batch settings. */
export interface BatchPlan {
  /** Completions per sampling round. */
  readonly completions: number;
  /** Questions per sampling round, Q = completions / G. */
  readonly questions: number;
  /** Completions per optimiser step of layer 1. */
  readonly completionsPerStep: number;
  /** Optimiser steps of layer 1 per sampling round and iteration. */
  readonly stepsPerRound: number;
}

/** Derives the batch sizes from a resolved config. */
export function batchPlan(config: Omit<BatchSettings, 'maxSteps'>): BatchPlan {
  const completions = config.generationBatchSize!;
  const completionsPerStep = config.perDeviceTrainBatchSize * config.gradientAccumulationSteps;
  return {
    completions,
    questions: completions / config.numGenerations,
    completionsPerStep,
    stepsPerRound: completions / completionsPerStep,
  };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The multiples of `step` next to `n`, in words. */
function around(n: number, step: number): string {
  const below = Math.floor(n / step) * step;
  return below > 0 ? `${below} or ${below + step}` : `${step}`;
}

/** The divisors of `n` from `least` up, in words (at most twelve). */
function divisors(n: number, least = 1): string {
  const all: number[] = [];
  // Beyond a million the search is cut: a message needs no more.
  for (let d = least; d <= Math.min(n, 1e6) && all.length <= 12; d++) if (n % d === 0) all.push(d);
  return all.length > 12 ? `${all.slice(0, 12).join(', ')}, ...` : all.join(', ');
}

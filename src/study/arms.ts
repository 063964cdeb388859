// The arms of a study, one row each: what is trained, and what is read from its evaluations as the arm's accuracy. Arms that train the same
// way share one training.
import { LAYER2_OPTIONS } from '../config/layer2.js';
import type { Layer2Config } from '../config/layer2.js';

/** Settings of a trainer as a study file gives them: options of GRPO, and those of layer 2 under `layer2`. */
export type Args = Readonly<Record<string, unknown>> & { readonly layer2?: Readonly<Record<string, unknown>> };

/**
 * Which accuracy is the arm's: that of answers alone, of their corrections, of the majority of k answers, or of the best of k by the verifier (no
 * method: a bound on what any choice among them could reach). Turns after the second stand in a table of their own.
 */
export type Score = 'first' | 'second' | 'majority' | 'best';

/** One arm. */
export interface Arm {
  readonly name: string;
  /** What it is, in one line. */
  readonly doc: string;
  readonly algorithm: 'grpo' | 'mgrpo';
  readonly score: Score;
  /** Settings of layer 2 that the arm fixes; a GRPO arm's evaluations use them too. */
  readonly layer2?: Partial<Layer2Config>;
  /** Reward functions beside those of the task, by name. */
  readonly rewards?: readonly string[];
  /** Whether the critic that the task names writes on answers before they are corrected. */
  readonly critic?: boolean;
  /** Other settings that it derives from those of the study. */
  readonly change?: (args: Args) => Args;
}

/** What the paper prints: every answer corrected (Eq. 5), 1/H (Eq. 6), dynamic verification, its phrases; no shaping. */
const AS_PRINTED: Partial<Layer2Config> = {
  mode: 'eq5',
  shown: 'own',
  phrases: 'paper',
  answersPerQuery: null,
  truncatedAnswers: 'keep',
  revision: 'always',
  aloneSteps: 0,
  selection: 'paper',
  baseline: 'query',
  normalizer: 'paper',
  schedule: 'successive',
  correctionBonus: 0,
  degradationPenalty: 0,
  beta: null,
  entropyCoef: null,
};

/** Twice the answers to each question, with as many questions and optimiser steps a round. */
function twice(args: Args): Args {
  const double = (name: string, fallback?: number): Args => {
    const value = args[name] ?? fallback;
    return typeof value === 'number' ? { [name]: 2 * value } : {};
  };
  return {
    ...double('numGenerations', 8),
    ...double('gradientAccumulationSteps', 4),
    ...double('stepsPerGeneration'),
    ...double('generationBatchSize'),
  };
}

/** The arms that are ready made. */
export const ARMS: readonly Arm[] = [
  { name: 'grpo', doc: 'GRPO, its answers', algorithm: 'grpo', score: 'first' },
  { name: 'grpo-double', doc: 'GRPO with twice the answers to a question', algorithm: 'grpo', score: 'first', change: twice },
  {
    name: 'grpo-second-turn',
    doc: 'GRPO, evaluated with a second turn that it was not trained for',
    algorithm: 'grpo',
    score: 'second',
  },
  { name: 'grpo-majority', doc: 'GRPO, majority of several answers', algorithm: 'grpo', score: 'majority' },
  {
    name: 'grpo-best',
    doc: 'GRPO, best of several answers by the verifier: a bound, not a method',
    algorithm: 'grpo',
    score: 'best',
  },
  {
    name: 'layer2-only',
    doc: 'corrections are learnt from, answers are not',
    algorithm: 'mgrpo',
    score: 'second',
    layer2: { schedule: 'alone' },
  },
  { name: 'mgrpo', doc: 'MGRPO with the settings of the study', algorithm: 'mgrpo', score: 'second' },
  {
    name: 'mgrpo-printed',
    doc: 'MGRPO as printed: Eq. 5, Eq. 6 with 1/H, dynamic verification',
    algorithm: 'mgrpo',
    score: 'second',
    layer2: AS_PRINTED,
  },
  {
    name: 'reflection',
    doc: 'MGRPO with a reward for reflections that change the verdict (Wang 2026)',
    algorithm: 'mgrpo',
    score: 'second',
    rewards: ['reflection'],
  },
  {
    name: 'verdict',
    doc: 'MGRPO with a reward for a right verdict on the own answer',
    algorithm: 'mgrpo',
    score: 'second',
    rewards: ['verdict'],
  },
  {
    name: 'verification',
    doc: 'MGRPO with the verification reward of S2R: right verdict 1, wrong one -1',
    algorithm: 'mgrpo',
    score: 'second',
    rewards: ['verification'],
  },
  {
    name: 'pag',
    doc: 'MGRPO that verifies first and revises only where its own verdict is wrong, paid for both (PAG)',
    algorithm: 'mgrpo',
    score: 'second',
    rewards: ['verdict'],
    layer2: { revision: 'verdict' },
  },
  {
    name: 'score',
    doc: 'MGRPO shaped as in SCoRe: corrections alone at first, then a bonus for the change of reward, compared per question',
    algorithm: 'mgrpo',
    score: 'second',
    layer2: { aloneSteps: 3, baseline: 'question', correctionBonus: 1 },
  },
  {
    name: 'critic',
    doc: 'MGRPO with a second model that writes on answers before they are corrected (MedCritical)',
    algorithm: 'mgrpo',
    score: 'second',
    critic: true,
  },
  {
    name: 'blind',
    doc: 'control: a second turn that does not see the answer',
    algorithm: 'mgrpo',
    score: 'second',
    layer2: { shown: 'hidden' },
  },
  {
    name: 'other',
    doc: 'control: a second turn that sees somebody else’s wrong answer',
    algorithm: 'mgrpo',
    score: 'second',
    layer2: { shown: 'other' },
  },
];

/** Names of the arms that are ready made. */
export const ARM_NAMES: readonly string[] = ARMS.map(({ name }) => name);

/** Values to try of options that have no list of choices. */
const PROBES: Partial<Record<keyof Layer2Config, readonly (string | number)[]>> = {
  phrases: ['paper', 'neutral', 'perspectives'],
  numGenerations: [8],
  answersPerQuery: [2],
  correctionBonus: [1],
  degradationPenalty: [1],
  aloneSteps: [3],
  beta: [0.01],
  entropyCoef: [0.01],
};

/** Options that are arms of their own, or change nothing by themselves. */
const NOT_ALONE: readonly string[] = ['enabled', 'shown'];

/**
 * An arm with one option of layer 2 changed: `mgrpo:normalizer=paper`.
 * @param value as it stands in the name; JSON where it is that, else text
 */
export function changedArm(arm: Arm, option: string, value: string): Arm {
  let parsed: unknown = value;
  try {
    parsed = JSON.parse(value);
  } catch {
    // A word: the name of a choice.
  }
  return {
    ...arm,
    name: `${arm.name}:${option}=${value}`,
    doc: `${arm.name} with layer2.${option} ${value}`,
    layer2: { ...arm.layer2, [option]: parsed },
  };
}

/** An arm with each option of layer 2 changed alone (`mgrpo:*`): every other choice, and the values of {@link PROBES}. */
export function eachChanged(arm: Arm, settings: Readonly<Record<string, unknown>>): Arm[] {
  return Object.entries(LAYER2_OPTIONS).flatMap(([option, spec]) => {
    // Where all answers go to layer 2 there is nothing to choose.
    const isIdle = option === 'answerChoice' && (settings['answersPerQuery'] ?? null) === null;
    if (NOT_ALONE.includes(option) || isIdle) return [];
    const values = PROBES[option as keyof Layer2Config] ?? ('choices' in spec ? spec.choices : []);
    const now = { ...settings, ...arm.layer2 }[option] ?? spec.default;
    return values.filter((value) => value !== now && value !== 'alone').map((value) => changedArm(arm, option, String(value)));
  });
}

import { describe, expect, it } from 'vitest';
import { MgrpoError } from '../../src/errors.js';
import { ARMS } from '../../src/study/arms.js';
import { readStudy } from '../../src/study/plan.js';
import type { StudyPlan } from '../../src/study/plan.js';

const TASK = { model: { type: 'string', nullable: true, default: null, doc: 'Model.' } } as const;
const STUDY = {
  arms: ['grpo', 'mgrpo'],
  seeds: [3, 1],
  budget: { steps: 4 },
  tasks: { sums: { model: 'a' } },
};
type Plan = StudyPlan<{ readonly model: string | null }>;
const read = (change: object = {}): Plan => readStudy('study.yaml', { ...STUDY, ...change }, TASK);
const problemsOf = (content: object): string => {
  try {
    readStudy('study.yaml', content, TASK);
  } catch (error) {
    expect(error).toBeInstanceOf(MgrpoError);
    return (error as Error).message;
  }
  return '';
};
/** The settings of an arm's training. */
const trainingOf = ({ rows }: Plan, arm: string, task = 'sums') =>
  rows.find((row) => row.arm.name === arm && row.training.task.name === task)!.training;

describe('readStudy', () => {
  it('makes a cell of every task, training and seed, seed by seed', () => {
    const plan = read({ tasks: { sums: { model: 'a' }, more: { model: 'b' } } });
    expect(plan.cells.map(({ id }) => id)).toEqual(
      [3, 1].flatMap((seed) => ['sums/grpo', 'sums/mgrpo', 'more/grpo', 'more/mgrpo'].map((name) => `${name}/seed-${seed}`)),
    );
    expect(plan.baseline).toBe('grpo');
    expect(plan.evaluation).toMatchObject({ points: 4, rows: 200, turns: 2, samples: 1, temperature: 0 });
    expect(trainingOf(plan, 'grpo').config).toMatchObject({ maxSteps: 4, layer2: null });
    expect(trainingOf(plan, 'mgrpo', 'more').task.settings).toEqual({ model: 'b' });
  });

  it('trains once for arms that differ in what is read only', () => {
    const arms = ['grpo-second-turn', 'grpo', 'grpo-majority', 'grpo-best', 'mgrpo', 'mgrpo:mode=eq5'];
    const plan = read({ arms, evaluation: { temperature: 1, turns: 3 } });
    expect(new Set(plan.rows.map(({ training }) => training.name))).toEqual(new Set(['grpo-second-turn', 'mgrpo']));
    expect(plan.cells).toHaveLength(4);
    expect(plan.evaluation.samples).toBe(3);
  });

  it('gives every arm its settings over those of the task and of the study', () => {
    const arms = [
      'grpo-double',
      'mgrpo-printed',
      'layer2-only',
      'blind',
      'other',
      'mgrpo:correctionBonus=0.5',
      { name: 'mine', like: 'blind', settings: { beta: 0, layer2: { numGenerations: 6 } } },
    ];
    const plan = read({
      arms,
      settings: { learningRate: 1e-4, layer2: { normalizer: 'mean', answersPerQuery: 2 } },
      tasks: { sums: { model: 'a', settings: { numGenerations: 4 } } },
    });
    const layer2Of = (arm: string) => trainingOf(plan, arm).config.layer2;
    const { config, layer2 } = trainingOf(plan, 'grpo-double');
    expect(config).toMatchObject({ numGenerations: 8, gradientAccumulationSteps: 8, learningRate: 1e-4 });
    expect(layer2).toMatchObject({ answersPerQuery: 2 });
    expect(layer2Of('mgrpo-printed')).toMatchObject({ normalizer: 'paper', answersPerQuery: null, selection: 'paper' });
    expect(layer2Of('layer2-only')).toMatchObject({ schedule: 'alone', answersPerQuery: 2 });
    expect(layer2Of('blind')).toMatchObject({ shown: 'hidden' });
    expect(layer2Of('other')).toMatchObject({ shown: 'other' });
    expect(layer2Of('mgrpo:correctionBonus=0.5')).toMatchObject({ correctionBonus: 0.5, shown: 'own' });
    expect(trainingOf(plan, 'mine').config).toMatchObject({ beta: 0, layer2: { shown: 'hidden', numGenerations: 6 } });
    expect(trainingOf(plan, 'mine').config.numGenerations).toBe(4);
    const { rows } = read({ arms: ['mgrpo', 'reflection', 'verdict', 'verification', 'pag', 'critic'] });
    expect(rows.map(({ training }) => training.rewards)).toEqual([
      ...[[], ['reflection'], ['verdict'], ['verification'], ['verdict'], []],
    ]);
    expect(rows.map(({ training }) => training.critic)).toEqual([false, false, false, false, false, true]);
    expect(rows.map(({ training }) => training.layer2.revision).indexOf('verdict')).toBe(4);
  });

  it('changes each option of layer 2 alone (mgrpo:*)', () => {
    const plan = read({ arms: ['mgrpo', 'mgrpo:*'], settings: { layer2: { selection: 'none', answersPerQuery: 2 } } });
    const names = plan.arms.map(({ name }) => name);
    for (const name of [
      ...['selection=paper', 'normalizer=paper', 'baseline=question', 'schedule=joint', 'mode=open_think', 'numGenerations=8'],
      ...['answerChoice=wrong', 'phrases=neutral', 'phrases=perspectives', 'correctionBonus=1', 'degradationPenalty=1'],
      ...['revision=verdict', 'aloneSteps=3', 'beta=0.01', 'entropyCoef=0.01', 'truncatedAnswers=skip'],
    ])
      expect(names).toContain(`mgrpo:${name}`);
    for (const name of ['selection=none', 'schedule=alone', 'enabled=false', 'shown=hidden'])
      expect(names).not.toContain(`mgrpo:${name}`);
    expect(read({ arms: ['mgrpo', 'mgrpo:*'] }).arms.filter(({ name }) => name.includes('answerChoice'))).toEqual([]);
    const base = trainingOf(plan, 'mgrpo').config.layer2!;
    for (const { name } of plan.arms.slice(1)) {
      const changed = Object.entries(trainingOf(plan, name).config.layer2!).filter(
        ([key, value]) => base[key as never] !== value,
      );
      expect(changed.map(([key, value]) => `mgrpo:${key}=${String(value)}`)).toEqual([name]);
    }
  });

  it('reports all problems at once', () => {
    const text = problemsOf({
      arms: ['grop', 'mgrpo', 'mgrpo', 'mgrpo:normaliser=paper', { name: 'x' }, 'grpo-best'],
      seeds: [1, 1],
      baseline: 'mgrp',
      budget: { steps: 1, generatedTokens: 2 },
      evaluation: { points: 0 },
      settings: { learningRat: 1, seed: 3, layer2: { mode: 'eq6' } },
      tasks: { 'a b': { modle: 'x', settings: { maxSteps: 3 } } },
      arm: [],
    });
    for (const part of [
      'got grop; the nearest is grpo',
      'expected different arms, got mgrpo twice',
      'the nearest option is normalizer',
      'write {name: …, like: mgrpo, settings: {…}}',
      'expected different whole numbers for seeds, got [1,1]',
      'expected one of the arms for baseline, got mgrp; the nearest is mgrpo',
      'expected either steps or generatedTokens for budget, got both',
      'for evaluation.points, got 0',
      'unknown option learningRat; the nearest known one is learningRate',
      'settings.seed has no place in a study, where seeds decides on it',
      'for layer2.mode, got "eq6"',
      'got "a b"',
      'unknown option tasks.a b.modle; the nearest known one is tasks.a b.model',
      'tasks.a b.settings.maxSteps has no place in a study, where budget.steps decides on it',
      'unknown option arm; the nearest known one is arms',
      'set evaluation.temperature above 0',
    ])
      expect(text).toContain(part);
    // A setting of the study is wrong once, not in each arm.
    expect(text.match(/learningRat;/g)).toHaveLength(1);
  });

  it('refuses a course of the learning rate that a budget of tokens cannot have', () => {
    const budget = { generatedTokens: 100 };
    expect(problemsOf({ ...STUDY, budget })).toContain('set it to constant, or give budget.steps');
    const plan = read({ budget, settings: { lrSchedulerType: 'constant' } });
    expect(plan.budget).toEqual({ steps: null, generatedTokens: 100 });
    expect(problemsOf({ ...STUDY, arms: [] })).toContain(`the ready-made ones are ${ARMS.map(({ name }) => name).join(', ')}`);
    expect(problemsOf({})).toContain('expected at least one task');
  });
});

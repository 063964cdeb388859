// From a study file to its cells: tasks × trainings × seeds. Everything is checked here and reported at once, before anything runs. Which
// settings a task has (a model, data) is a table of the caller's.
import type { GRPOConfig } from '../config/grpo.js';
import { LAYER2_OPTIONS } from '../config/layer2.js';
import type { Layer2Config } from '../config/layer2.js';
import { completeMGRPO } from '../config/mgrpo.js';
import { show } from '../errors.js';
import { isObject } from '../options/border.js';
import { fillOptions, reportProblems } from '../options/fill.js';
import { nearest } from '../options/nearest.js';
import type { OptionTable, Settings } from '../options/table.js';
import { ARMS, ARM_NAMES, changedArm, eachChanged } from './arms.js';
import type { Args, Arm } from './arms.js';

/** The plain settings at the top of a study file. */
export const STUDY_OPTIONS = {
  seeds: { type: 'numbers', min: 0, max: 4294967295, default: [1, 2, 3, 4, 5], doc: 'Seeds; each arm runs with every one.' },
  baseline: {
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Arm that the others are compared with, seed by seed; null: the first.',
  },
} as const;

/** How long every training goes on, under `budget`: exactly one of the two. */
export const BUDGET_OPTIONS = {
  steps: { type: 'integer', min: 1, nullable: true, default: null, doc: 'Optimiser steps of layer 1.' },
  generatedTokens: {
    type: 'integer',
    min: 1,
    nullable: true,
    default: null,
    doc: 'Tokens sampled in training, both layers: a training ends with the step that reaches it.',
  },
} as const;

/** What is measured and when, under `evaluation`. */
export const MEASURE_OPTIONS = {
  points: {
    type: 'integer',
    min: 1,
    default: 4,
    doc: 'Evaluations at equal distances of the budget, the last at its end; one more before.',
  },
  rows: { type: 'integer', min: 1, default: 200, doc: 'Held-out problems, the same under every seed.' },
  split: {
    type: 'choice',
    choices: ['tuning', 'test'],
    default: 'tuning',
    doc: 'Held-out problems of a generated task: tuning, to choose settings by; test, once, when all is chosen.',
  },
  turns: { type: 'integer', min: 2, default: 2, doc: 'Turns: each after the first corrects the answer before.' },
  samples: {
    type: 'integer',
    min: 1,
    nullable: true,
    default: null,
    doc: 'Answers per problem; null: as many as turns where an arm chooses among answers, else 1.',
  },
  temperature: { type: 'number', min: 0, default: 0, doc: 'Sampling temperature; 0: greedy.' },
} as const;

/** Names that somebody may give among the settings of trainers, and what decides on them in a study. */
const DECIDED: Readonly<Record<string, string>> = {
  seed: 'seeds',
  maxSteps: 'budget.steps',
  numTrainEpochs: 'budget',
  evalSteps: 'evaluation.points',
  saveSteps: 'evaluation.points',
  evalTemperature: 'evaluation.temperature',
  numGenerationsEval: 'evaluation.samples',
};

/** A task of a study: its name in the file, and its settings by the caller's table. */
export interface StudyTask<S> {
  readonly name: string;
  readonly settings: S;
}

/** One way to train on one task; arms that differ only in what is read from the evaluations share it. */
export interface Training<S> {
  /** That of the first arm that trains so. */
  readonly name: string;
  readonly task: StudyTask<S>;
  /** Resolved; the seed is the cell's. */
  readonly config: GRPOConfig;
  /** How answers are corrected in the evaluations. */
  readonly layer2: Layer2Config;
  /** Names of reward functions beside those of the task. */
  readonly rewards: readonly string[];
  /** Whether the task's critic writes on answers before they are corrected. */
  readonly critic: boolean;
}

/** What is run as one: a training with a seed. */
export interface Cell<S> {
  /** `task/training/seed-1`: its folder too. */
  readonly id: string;
  readonly training: Training<S>;
  readonly seed: number;
}

/** An arm on a task. */
export interface StudyRow<S> {
  readonly arm: Arm;
  readonly training: Training<S>;
}

/** A study, checked and complete. */
export interface StudyPlan<S> {
  readonly tasks: readonly StudyTask<S>[];
  readonly arms: readonly Arm[];
  readonly baseline: string;
  readonly seeds: readonly number[];
  readonly budget: Settings<typeof BUDGET_OPTIONS>;
  readonly evaluation: Settings<typeof MEASURE_OPTIONS> & { readonly samples: number };
  /** Arms by task. */
  readonly rows: readonly StudyRow<S>[];
  /** Seed by seed, so that an unfinished study has whole pairs. */
  readonly cells: readonly Cell<S>[];
}

/**
 * Reads the content of a study file.
 * @param where what messages call the file
 * @param taskOptions the settings of a task
 * @throws MgrpoError `invalid_argument` that lists every problem
 */
export function readStudy<T extends OptionTable>(where: string, content: unknown, taskOptions: T): StudyPlan<Settings<T>> {
  const problems: string[] = [];
  const {
    arms: givenArms,
    tasks: givenTasks,
    budget: givenBudget,
    evaluation,
    settings,
    ...top
  } = objectOf(content, 'the study', problems);
  const others = ['arms', 'tasks', 'budget', 'evaluation', 'settings'];
  const plain = fillOptions(STUDY_OPTIONS, top, problems, { others });
  const budget = fillOptions(BUDGET_OPTIONS, givenBudget, problems, { prefix: 'budget' });
  const measure = fillOptions(MEASURE_OPTIONS, evaluation, problems, { prefix: 'evaluation' });
  const shared = argsOf(settings, 'settings', problems);
  const arms = readArms(givenArms, shared, problems);
  const tasks = readTasks(givenTasks, taskOptions, problems);

  if ((budget.steps === null) === (budget.generatedTokens === null))
    problems.push(`expected either steps or generatedTokens for budget, got ${budget.steps === null ? 'neither' : 'both'}`);
  if (plain.seeds.some((seed) => !Number.isInteger(seed)) || new Set(plain.seeds).size < plain.seeds.length)
    problems.push(`expected different whole numbers for seeds, got ${show(plain.seeds)}`);
  const baseline = plain.baseline ?? arms[0]?.name ?? '';
  const names = arms.map(({ name }) => name);
  if (plain.baseline !== null && !names.includes(baseline))
    problems.push(
      `expected one of the arms for baseline, got ${baseline}; the nearest is ${nearest(baseline, names) ?? '(none)'}`,
    );
  const chooses = arms.some(({ score }) => score === 'majority' || score === 'best');
  if (chooses && measure.temperature === 0)
    problems.push('arms that choose among answers need different ones; set evaluation.temperature above 0, or drop these arms');
  const samples = measure.samples ?? (chooses ? measure.turns : 1);

  const rows = planRows(tasks, arms, { shared, budget }, problems);
  reportProblems(where, problems);
  const trainings = [...new Set(rows.map(({ training }) => training))];
  const cells = plain.seeds.flatMap((seed) =>
    trainings.map((training) => ({ id: `${training.task.name}/${folderName(training.name)}/seed-${seed}`, training, seed })),
  );
  const plan = { tasks: tasks.map(({ name, settings: own }) => ({ name, settings: own })), arms, baseline, seeds: plain.seeds };
  return { ...plan, budget, evaluation: { ...measure, samples }, rows, cells };
}

/** A name as a folder: what file systems refuse is left out. */
function folderName(name: string): string {
  return name.replace(/[^\w.=-]+/g, '_');
}

interface GivenTask<S> extends StudyTask<S> {
  readonly args: Args;
}

function readTasks<T extends OptionTable>(input: unknown, table: T, problems: string[]): GivenTask<Settings<T>>[] {
  const entries = Object.entries(objectOf(input, 'tasks', problems));
  if (entries.length === 0) problems.push('expected at least one task under tasks, got none; name one, with its settings');
  return entries.map(([name, value]) => {
    if (!/^[\w.-]+$/.test(name))
      problems.push(`expected letters, digits, dots and dashes for the name of a task, got ${show(name)}`);
    const { settings, ...own } = objectOf(value, `tasks.${name}`, problems);
    return {
      name,
      settings: fillOptions(table, own, problems, { prefix: `tasks.${name}`, others: ['settings'] }),
      args: argsOf(settings, `tasks.${name}.settings`, problems),
    };
  });
}

function readArms(input: unknown, shared: Args, problems: string[]): Arm[] {
  if (!Array.isArray(input) || input.length === 0) {
    problems.push(`expected a list of arms, got ${show(input)}; the ready-made ones are ${ARM_NAMES.join(', ')}`);
    return [];
  }
  const arms = input.flatMap((item: unknown): Arm[] => {
    if (typeof item === 'string') return namedArms(item, shared, problems);
    const { name, like, settings, doc, ...rest } = objectOf(item, 'an arm', problems);
    for (const key of Object.keys(rest)) problems.push(`unknown option arms.${key}; an arm has name, like, settings and doc`);
    if (typeof name !== 'string' || typeof like !== 'string') {
      problems.push(
        `expected a name for an arm and the arm that it is like, got ${show(item)}; write {name: …, like: mgrpo, settings: {…}}`,
      );
      return [];
    }
    const args = argsOf(settings, `arms.${name}.settings`, problems);
    return namedArms(like, shared, problems).map((arm) => ({
      ...arm,
      name,
      doc: typeof doc === 'string' ? doc : `${like} with ${show(settings)}`,
      layer2: { ...arm.layer2, ...args.layer2 },
      change: (base) => merge(merge(base, arm.change?.(base)), args),
    }));
  });
  const names = arms.map(({ name }) => name);
  const doubled = names.find((name, i) => names.indexOf(name) < i);
  if (doubled !== undefined) problems.push(`expected different arms, got ${doubled} twice; drop one, or give it another name`);
  return arms;
}

/** `mgrpo`, `mgrpo:normalizer=paper`, or `mgrpo:*` for each option changed alone. */
function namedArms(text: string, shared: Args, problems: string[]): Arm[] {
  const [base = '', change] = text.split(/:(.*)/s);
  const arm = ARMS.find(({ name }) => name === base);
  if (!arm) {
    problems.push(`expected arms out of ${ARM_NAMES.join(', ')}, got ${base}; the nearest is ${nearest(base, ARM_NAMES)}`);
    return [];
  }
  if (change === undefined) return [arm];
  if (change === '*') return eachChanged(arm, shared.layer2 ?? {});
  const [option = '', value] = change.split(/=(.*)/s);
  if (!Object.hasOwn(LAYER2_OPTIONS, option) || value === undefined) {
    const near = nearest(option, Object.keys(LAYER2_OPTIONS));
    problems.push(`expected ${base}:option=value with an option of layer 2, got ${text}; the nearest option is ${near}`);
    return [];
  }
  return [changedArm(arm, option, value)];
}

/** The arms on every task with their trainings. */
function planRows<S>(
  tasks: readonly GivenTask<S>[],
  arms: readonly Arm[],
  { shared, budget }: { readonly shared: Args; readonly budget: Settings<typeof BUDGET_OPTIONS> },
  problems: string[],
): StudyRow<S>[] {
  const known = new Set<string>();
  return tasks.flatMap((task) => {
    const trainings = new Map<string, Training<S>>();
    return arms.map((arm): StudyRow<S> => {
      const found: string[] = [];
      const { config, layer2 } = completeArm(arm, merge(shared, task.args), budget, found);
      // A setting of the study is as wrong in one arm as in another.
      for (const problem of found) if (!known.has(problem)) problems.push(`arm ${arm.name} on ${task.name}: ${problem}`);
      found.forEach((problem) => known.add(problem));
      const { rewards = [], critic = false } = arm;
      const key = JSON.stringify([config, layer2, rewards, critic]);
      const { name, settings } = task;
      const training = trainings.get(key) ?? { name: arm.name, task: { name, settings }, config, layer2, rewards, critic };
      trainings.set(key, training);
      return { arm, training };
    });
  });
}

/** The resolved settings of an arm; appends what is wrong with them. */
function completeArm(
  arm: Arm,
  args: Args,
  budget: Settings<typeof BUDGET_OPTIONS>,
  problems: string[],
): { readonly config: GRPOConfig; readonly layer2: Layer2Config } {
  const { layer2: shared, ...own } = merge(args, arm.change?.(args));
  const input = { ...own, maxSteps: budget.steps ?? Number.MAX_SAFE_INTEGER };
  const both = completeMGRPO({ ...input, layer2: { ...shared, ...arm.layer2 } }, problems);
  const config: GRPOConfig = arm.algorithm === 'mgrpo' ? both : { ...both, layer2: null };
  if (budget.steps === null && config.lrSchedulerType !== 'constant')
    problems.push(
      `lrSchedulerType ${config.lrSchedulerType} needs to know the number of steps, which a budget of tokens does not say; set it to constant, or give budget.steps`,
    );
  return { config, layer2: both.layer2 };
}

/** Settings of trainers. */
function argsOf(input: unknown, name: string, problems: string[]): Args {
  const args = objectOf(input, name, problems);
  for (const [key, owner] of Object.entries(DECIDED))
    if (key in args) problems.push(`${name}.${key} has no place in a study, where ${owner} decides on it; leave it out`);
  return { ...args, ...('layer2' in args && { layer2: objectOf(args['layer2'], `${name}.layer2`, problems) }) };
}

/** The settings of `a` under those of `b`; those of layer 2 one by one. */
function merge(a: Args, b: Args = {}): Args {
  return { ...a, ...b, ...((a.layer2 ?? b.layer2) && { layer2: { ...a.layer2, ...b.layer2 } }) };
}

/** An object; nothing given is an empty one. */
function objectOf(value: unknown, name: string, problems: string[]): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  if (value !== undefined && value !== null) problems.push(`expected an object for ${name}, got ${show(value)}`);
  return {};
}

// From the evaluations of a study to its tables: means over seeds, and comparisons of arms seed by seed. Pure functions; text and drawings are
// page.ts.
import { MgrpoError } from '../errors.js';
import type { Arm, Score } from './arms.js';
import type { Point } from './cell.js';
import type { Cell, StudyPlan, StudyRow } from './plan.js';
import type { StudyPoints } from './run.js';
import {
  bootstrapMean,
  hierarchicalBootstrap,
  holm,
  mcnemarTest,
  meanOf,
  pairedTTest,
  signFlipTest,
  studentInterval,
} from './statistics.js';
import type { Interval } from './statistics.js';

/** What is compared: the arm's accuracy, and what its second turn adds to its first. */
export const MEASURES = ['accuracy', 'gain'] as const;

/** The evaluations of one arm on one task under one seed. */
export interface ArmSeed {
  readonly seed: number;
  readonly points: readonly Point[];
}

/** A mean over seeds. */
export interface Mean {
  readonly value: number;
  /** Student's, within the range of the values; all of it with one seed. */
  readonly interval: Interval;
  readonly seeds: number;
}

/** An arm on a task with its finished seeds. */
export interface ArmResult {
  readonly task: string;
  readonly arm: Arm;
  /** Name of its training, which other arms may share. */
  readonly training: string;
  readonly seeds: readonly ArmSeed[];
  /** The arm's own accuracy and what its second turn adds, at the end of the budget. */
  readonly accuracy: Mean;
  readonly gain: Mean;
  /** The same gain before the training. */
  readonly gainBefore: Mean;
  /** Means of the metrics of the last evaluation. */
  readonly metrics: Readonly<Record<string, Mean>>;
  /** Tokens that answering one problem takes in the way that the arm's accuracy is reached. */
  readonly answerTokens: number;
  /** Tokens sampled in training, on the mean. */
  readonly trainingTokens: number;
}

/** An arm against the baseline at the end of the budget, over the seeds that both have finished. */
export interface Comparison {
  readonly task: string;
  readonly arm: string;
  readonly measure: (typeof MEASURES)[number];
  /** Arm minus baseline, seed by seed. */
  readonly differences: readonly number[];
  readonly mean: number;
  readonly student: Interval;
  readonly bca: Interval;
  /** Over seeds and problems. */
  readonly hierarchical: Interval;
  /** Of the paired t-test. */
  readonly t: number;
  /** Holm's correction of that, over the arms of this task and measure. */
  readonly adjusted: number;
  /** Of the sign-flip test, which supposes nothing of the differences, and the smallest that so many seeds can give. */
  readonly p: number;
  readonly least: number;
  /** With one seed, McNemar's test of the two policies on the same problems; null otherwise. */
  readonly mcnemar: number | null;
}

/** A study's results. */
export interface StudySummary {
  readonly baseline: string;
  readonly results: readonly ArmResult[];
  readonly comparisons: readonly Comparison[];
  /** Cells finished and in all. */
  readonly done: number;
  readonly total: number;
}

/** Problem by problem, how right the arm is. */
export function accuracies(score: Score, { turns, majority, best }: Point): readonly number[] {
  return { first: turns[0]!, second: turns[1]!, majority, best }[score];
}

/** Problem by problem, what the second turn adds to the first: Δ(t1,t2). */
function gains({ turns }: Point): number[] {
  return turns[1]!.map((second, p) => second - turns[0]![p]!);
}

/** Tokens that one problem takes. */
function tokensFor(score: Score, { answerTokens }: Point, samples: number): number {
  const [first, second] = [answerTokens[0]!, answerTokens[1]!];
  return { first, second: first + second, majority: samples * first, best: samples * first }[score];
}

/** The tables of what is finished. */
export function summarizeStudy<S>(plan: StudyPlan<S>, points: StudyPoints): StudySummary {
  const results = plan.rows.flatMap((row) => resultOf(plan, row, points) ?? []);
  const comparisons = plan.tasks.flatMap(({ name }) =>
    MEASURES.flatMap((measure) =>
      compare(
        results.filter(({ task }) => task === name),
        plan.baseline,
        measure,
      ),
    ),
  );
  return { baseline: plan.baseline, results, comparisons, done: points.size, total: plan.cells.length };
}

function resultOf<S>(plan: StudyPlan<S>, { arm, training }: StudyRow<S>, points: StudyPoints): ArmResult | undefined {
  const seeds = plan.cells
    .filter((cell: Cell<S>) => cell.training === training && points.has(cell.id))
    .map(({ id, seed }): ArmSeed => ({ seed, points: points.get(id)! }));
  if (seeds.length === 0) return undefined;
  const last = seeds.map((seed) => seed.points.at(-1)!);
  const over = (value: (point: Point) => number, lo = -Infinity, hi = Infinity): Mean => meanWithin(last.map(value), lo, hi);
  const names = Object.keys(last[0]!.metrics);
  return {
    task: training.task.name,
    arm,
    training: training.name,
    seeds,
    accuracy: over((point) => meanOf(accuracies(arm.score, point)), 0, 1),
    gain: over((point) => meanOf(gains(point)), -1, 1),
    gainBefore: meanWithin(
      seeds.map(({ points }) => meanOf(gains(points[0]!))),
      -1,
      1,
    ),
    metrics: Object.fromEntries(names.map((name) => [name, over(({ metrics }) => metrics[name]!)])),
    answerTokens: meanOf(last.map((point) => tokensFor(arm.score, point, plan.evaluation.samples))),
    trainingTokens: meanOf(last.map(({ tokens }) => tokens)),
  };
}

/** The arms of one task against the baseline; a gain is one of the training, so it is compared once for each. */
function compare(results: readonly ArmResult[], baseline: string, measure: Comparison['measure']): Comparison[] {
  const base = results.find(({ arm }) => arm.name === baseline);
  if (!base) return [];
  const perProblem = (arm: Arm, { points }: ArmSeed): readonly number[] =>
    measure === 'accuracy' ? accuracies(arm.score, points.at(-1)!) : gains(points.at(-1)!);
  const found = results
    .filter((result, i) => result !== base && (measure === 'accuracy' || isOwnTraining(results, base, i)))
    .flatMap((result): Omit<Comparison, 'adjusted'>[] => {
      const pairs = result.seeds.flatMap((seed) => {
        const other = base.seeds.find((item) => item.seed === seed.seed);
        return other ? [[perProblem(result.arm, seed), perProblem(base.arm, other)] as const] : [];
      });
      if (pairs.length === 0) return [];
      const table = pairs.map(([a, b]) => differencesOf(a, b));
      const differences = table.map(meanOf);
      const { mean, bca } = bootstrapMean(differences);
      return [
        {
          task: result.task,
          arm: result.arm.name,
          measure,
          differences,
          mean,
          student: studentInterval(differences),
          bca,
          hierarchical: hierarchicalBootstrap(table).percentile,
          t: pairedTTest(differences),
          ...signFlipTest(differences),
          mcnemar: pairs.length === 1 ? oneSeed(...pairs[0]!) : null,
        },
      ];
    });
  const adjusted = holm(found.map(({ t }) => t));
  return found.map((item, i) => ({ ...item, adjusted: adjusted[i]! }));
}

/** Whether no arm before it, nor the baseline, has its training. */
function isOwnTraining(results: readonly ArmResult[], base: ArmResult, i: number): boolean {
  const { training } = results[i]!;
  return training !== base.training && results.findIndex((other) => other.training === training) === i;
}

function differencesOf(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length)
    throw new MgrpoError(
      'bad_file',
      `study: expected the same problems in both cells, got ${a.length} and ${b.length}; remove one of them and run it again`,
    );
  return a.map((value, p) => value - b[p]!);
}

/** McNemar's p where every problem is either right or wrong; null where it has several answers, or a gain is compared. */
function oneSeed(a: readonly number[], b: readonly number[]): number | null {
  if ([...a, ...b].some((value) => value !== 0 && value !== 1)) return null;
  return mcnemarTest(
    a.map((value) => value === 1),
    b.map((value) => value === 1),
  ).p;
}

/** A mean with its interval, within the range that the values have. */
function meanWithin(values: readonly number[], least: number, most: number): Mean {
  const [lo, hi] = studentInterval(values);
  return { value: meanOf(values), interval: [Math.max(lo, least), Math.min(hi, most)], seeds: values.length };
}

/** Every evaluation of every arm as comma-separated values, a line each. */
export function studyCsv(summary: StudySummary): string {
  const names = [...new Set(summary.results.flatMap(({ metrics }) => Object.keys(metrics)))];
  const head = ['task', 'arm', 'seed', 'point', 'step', 'generated_tokens', 'seconds', 'accuracy', 'gain', ...names];
  const rows = summary.results.flatMap(({ task, arm, seeds }) =>
    seeds.flatMap(({ seed, points }) =>
      points.map((point) => [
        task,
        arm.name,
        seed,
        point.point,
        point.step,
        point.tokens,
        Number(point.seconds.toFixed(1)),
        Number(meanOf(accuracies(arm.score, point)).toFixed(6)),
        Number(meanOf(gains(point)).toFixed(6)),
        ...names.map((name) => point.metrics[name] ?? ''),
      ]),
    ),
  );
  const cell = (value: string | number): string =>
    typeof value === 'string' && /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : String(value);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');
}

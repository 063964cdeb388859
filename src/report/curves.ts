// Which metrics of runs are drawn, and their points: one run as answers beside corrections, several as a line each.
import type { Chart, Series } from './chart.js';
import type { Evaluations, Metrics, StepRecord } from './data.js';

/** One line of a drawing. */
export interface Curve {
  /** A metric of the steps. */
  readonly key: string;
  readonly label: string;
  /** Colour: 1 is layer 1 and answers, 2 is layer 2 and corrections. */
  readonly tone: 1 | 2;
}

/** A drawing. */
export interface Curves {
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly doc: string;
  /** Shares are drawn in per cent. */
  readonly percent?: boolean;
  readonly curves: readonly Curve[];
}

/** The same metric of both layers. */
const layers = (title: string, key: string, doc: string, percent = false): Curves => ({
  ...{ title, doc, percent },
  curves: [
    { key, label: 'answers', tone: 1 },
    { key: `layer2/${key}`, label: 'corrections', tone: 2 },
  ],
});

const SOLVED: Curves = {
  title: 'Solved',
  doc: 'Share of sampled problems solved: by first answers (acc_t1) and by corrections of them (acc_t2).',
  percent: true,
  curves: [
    { key: 'acc_t1', label: 'answers', tone: 1 },
    { key: 'acc_t2', label: 'corrections', tone: 2 },
  ],
};
const SECOND_LOOK: Curves = {
  title: 'What a second look does',
  doc: 'Share of corrections that made a wrong answer right (i→c), and a right one wrong (c→i).',
  percent: true,
  curves: [
    { key: 'delta_c_to_i', label: 'spoilt', tone: 1 },
    { key: 'delta_i_to_c', label: 'repaired', tone: 2 },
  ],
};
const REWARD = layers(
  'Reward',
  'reward',
  'Mean reward of both layers; with dynamic verification the second counts kept queries alone.',
);
const ENTROPY = layers('Entropy', 'entropy', 'How undecided the model is, in nats per token. Near 0 it always says the same.');
const LENGTH = layers('Length', 'completions/mean_length', 'Tokens of a completion. Checks in writing are longer than guesses.');
const EQUAL = layers(
  'Nothing to learn from',
  'frac_reward_zero_std',
  'Share of groups whose rewards are all equal: there is nothing to compare in them.',
  true,
);
const KL = layers('Distance to the start (KL)', 'kl', 'Only with a KL weight above 0.');
const CHANGED: Curves = {
  title: 'Answers changed',
  doc: 'Share of corrections with another final answer than the one before.',
  percent: true,
  curves: [{ key: 'answer_change_rate', label: 'corrections', tone: 2 }],
};

/** All that is drawn of a run. */
export const CHARTS: readonly Curves[] = [
  ...[SOLVED, SECOND_LOOK, REWARD, ENTROPY, LENGTH, EQUAL, KL, CHANGED],
  layers('Loss', 'loss', 'What the optimiser lowers. Its slope says more than its height: it is near 0 by construction.'),
  layers('Gradient norm', 'grad_norm', 'Before it is clipped.'),
  layers('Cut at the length limit', 'completions/clipped_ratio', 'Share of completions that did not end by themselves.', true),
  layers('Learning rate', 'learning_rate', 'How far a step moves the weights.'),
];

/** Those that say most while a training is under way: with corrections, a reward that is more than right or wrong, a KL weight. */
export function mainCharts(has: { readonly corrections: boolean; readonly reward: boolean; readonly kl: boolean }): Curves[] {
  return [
    ...(has.corrections ? [SOLVED, SECOND_LOOK] : [SOLVED]),
    ...(has.reward ? [REWARD] : []),
    ...[ENTROPY, LENGTH, EQUAL],
    ...(has.kl ? [KL] : []),
    ...(has.corrections ? [CHANGED] : []),
  ];
}

/** What counts along a drawing: steps, tokens sampled, or seconds of the steps. */
export type Axis = 'step' | 'tokens' | 'seconds';
/** All that can count. */
export const AXES: readonly Axis[] = ['step', 'tokens', 'seconds'];

/** A run as far as its curves go. */
export interface CurvesRun {
  readonly name: string;
  readonly steps: readonly StepRecord[];
  readonly evaluations: Evaluations;
}

/** How runs are drawn. */
export interface CurvesView {
  readonly axis: Axis;
  /** 0: none, towards 1: more; null: as fits the number of steps. */
  readonly smoothing: number | null;
}

const ROUNDING = 1e-12;
/** Colours of the lines of several runs. */
const TONES = 8;

/** The drawings of runs that have a point; one that shows nothing but what an earlier one shows is named there instead. */
export function drawingsOf(runs: readonly CurvesRun[], view: CurvesView, charts: readonly Curves[] = CHARTS): Chart[] {
  const made: { chart: Chart; shown: string; also: string[] }[] = [];
  for (const { curves, ...about } of charts)
    for (const chart of runs.length === 1 ? [ofOne(runs[0]!, view, curves, about)] : ofSeveral(runs, view, curves, about)) {
      if (chart.series.length === 0) continue;
      const shown = JSON.stringify(chart.series.map(({ points }) => points));
      // That two metrics are 0 throughout does not make them one.
      const isNothing = chart.series.every(({ points }) => points.every(([, y]) => y === 0));
      const same = !isNothing && made.find((other) => other.shown === shown);
      if (same) same.also.push(chart.title);
      else made.push({ chart, shown, also: [] });
    }
  return made.map(({ chart, also }) => (also.length > 0 ? { ...chart, title: `${chart.title} = ${also.join(' = ')}` } : chart));
}

/** The lines of a drawing of one run, with its evaluations as circles. */
function ofOne(run: CurvesRun, view: CurvesView, curves: readonly Curve[], about: Omit<Curves, 'curves'>): Chart {
  const series = curves.map(({ key, label, tone }) => seriesOf(run, key, label, tone, view));
  return { ...about, axis: view.axis, series: series.filter(({ points }) => points.length > 0) };
}

/** A drawing for each metric, with a line for each run. */
function ofSeveral(
  runs: readonly CurvesRun[],
  view: CurvesView,
  curves: readonly Curve[],
  about: Omit<Curves, 'curves'>,
): Chart[] {
  return curves.map(({ key, label }) => {
    const series = runs.map((run, i) => seriesOf(run, key, run.name, toneOf(i), view));
    const title = curves.length > 1 ? `${about.title}: ${label}` : about.title;
    return { ...about, title, axis: view.axis, series: series.filter(({ points }) => points.length > 0) };
  });
}

/** The colour of the i-th of several runs. */
export const toneOf = (i: number): number => (i % TONES) + 1;

function seriesOf({ steps, evaluations }: CurvesRun, key: string, label: string, tone: number, view: CurvesView): Series {
  return {
    ...{ label, tone, smoothing: view.smoothing ?? smoothingOf(steps.length) },
    points: pointsOf(steps, key, view.axis),
    marks: marksOf(steps, evaluations, key, view.axis),
  };
}

/** A metric over the steps. */
export function pointsOf(steps: readonly StepRecord[], key: string, axis: Axis): (readonly [x: number, y: number])[] {
  const xs = positions(steps, axis);
  return steps.flatMap(({ metrics }, i) => {
    const y = metrics[key];
    // What is 0 but for rounding, as the loss of a first update is, is drawn as 0.
    return y === undefined || !Number.isFinite(y) ? [] : [[xs[i]!, Math.abs(y) < ROUNDING ? 0 : y] as const];
  });
}

/** A metric of the evaluations, where they were made. */
function marksOf(
  steps: readonly StepRecord[],
  evaluations: Evaluations,
  key: string,
  axis: Axis,
): (readonly [x: number, y: number])[] {
  const xs = positions(steps, axis);
  return evaluatedSteps(evaluations, steps.at(-1)?.step ?? 0).flatMap(([step, metrics]) => {
    const y = metrics[key]?.value;
    const before = steps.findLastIndex((record) => record.step <= step);
    return typeof y === 'number' && Number.isFinite(y) ? [[before < 0 ? 0 : xs[before]!, y] as const] : [];
  });
}

/** Where steps lie along an axis. */
function positions(steps: readonly StepRecord[], axis: Axis): number[] {
  let [seconds, tokens] = [0, 0];
  return steps.map(({ step, metrics, seconds: phases }) => {
    seconds += Object.values(phases).reduce((a, b) => a + b, 0);
    tokens += metrics['num_tokens'] ?? 0;
    return { step, tokens, seconds }[axis];
  });
}

/** Short curves are drawn as they are. */
export function smoothingOf(steps: number): number {
  return steps > 12 ? 0.6 : 0;
}

/** Evaluations with the steps after which they were made. */
export function evaluatedSteps(
  { before, during, after }: Evaluations,
  last: number,
): (readonly [step: number, metrics: Metrics])[] {
  return [
    ...(before ? [[0, before] as const] : []),
    ...during.map(({ step, metrics }) => [step, metrics] as const),
    ...(after ? [[last, after] as const] : []),
  ];
}

// The results of a study as one HTML page that needs nothing else. A pure function of its summary; charts and style are those of a run's report.
import { chartFigure } from '../report/chart.js';
import type { Series } from '../report/chart.js';
import { countText } from '../report/format.js';
import { markup } from '../report/html.js';
import type { Html } from '../report/html.js';
import { table } from '../report/sections.js';
import { page } from '../report/shell.js';
import type { Point } from './cell.js';
import type { StudyPlan } from './plan.js';
import { meanOf } from './statistics.js';
import type { Interval } from './statistics.js';
import { accuracies } from './summary.js';
import type { ArmResult, Comparison, Mean, StudySummary } from './summary.js';

/** Colours there are; further arms stand in the tables only. */
const TONES = 8;

/** A drawing: what is on its y axis. */
interface Drawing {
  readonly title: string;
  readonly value: (result: ArmResult, point: Point) => number | undefined;
  readonly axis: 'tokens' | 'step';
  /** Whether it depends on the training alone, so that arms which share one are drawn once. */
  readonly ofTraining: boolean;
}

const ofTraining = (title: string, name: string, axis: Drawing['axis'] = 'tokens'): Drawing => ({
  ...{ title, axis, ofTraining: true },
  value: (_, { metrics }) => metrics[name],
});

/** By generated tokens, of which all arms have as many; a step is worth more tokens in one arm than in another. */
const DRAWINGS: readonly Drawing[] = [
  {
    ...{ title: 'Accuracy of the arm', axis: 'tokens', ofTraining: false },
    value: ({ arm }, point) => meanOf(accuracies(arm.score, point)),
  },
  ofTraining('Gain of the second turn, Δ(t1,t2)', 'delta_t1_t2'),
  ofTraining('Accuracy of first answers', 'acc_t1'),
  ofTraining('Wrong to right', 'delta_i_to_c'),
  ofTraining('Right to wrong', 'delta_c_to_i'),
  ofTraining('Answers changed in the second turn', 'answer_change_rate'),
  ofTraining('Gain of the second turn by step', 'delta_t1_t2', 'step'),
];

/** Makes the page. @param name what the study is called */
export function renderStudy<S>(name: string, plan: StudyPlan<S>, summary: StudySummary): string {
  const { done, total, results } = summary;
  const { budget, evaluation } = plan;
  const facts: [string, string][] = [
    ['cells', done === total ? String(total) : `${done} of ${total}`],
    ['seeds', plan.seeds.join(', ')],
    ['budget', budget.steps !== null ? `${budget.steps} steps` : `${countText(budget.generatedTokens!)} generated tokens`],
    [
      'evaluation',
      `${evaluation.rows} problems (${evaluation.split}), ${evaluation.turns} turns, ${evaluation.temperature === 0 ? 'greedy' : `temperature ${evaluation.temperature}`}`,
    ],
    ['baseline', plan.baseline],
  ];
  const body = markup`${results.length === 0 ? markup`<p class="quiet">No cell is finished.</p>` : plan.tasks.map((task) => renderTask(task.name, summary))}
${renderReading(plan)}`;
  return page(name, facts, body);
}

function renderTask(task: string, { results, comparisons, baseline }: StudySummary): Html {
  const own = results.filter((result) => result.task === task);
  if (own.length === 0) return markup``;
  const charts = DRAWINGS.flatMap((drawing) => draw(drawing, own) ?? []);
  const left =
    own.length > TONES
      ? markup`<p class="quiet">Drawn are the first ${TONES} arms, in the other charts the first ${TONES} trainings; the tables have all.</p>`
      : '';
  return markup`<section><h2>${task}</h2>
${renderResults(own)}
${renderTurns(own)}
<div class="charts">${charts}</div>${left}
${renderComparisons(
  comparisons.filter((item) => item.task === task),
  baseline,
)}</section>`;
}

/** One line per arm, or per training: the mean over seeds, with a band from the lowest to the highest seed. */
function draw({ title, axis, value, ofTraining }: Drawing, results: readonly ArmResult[]): Html | undefined {
  const shown = ofTraining ? trainingsOf(results) : results;
  const tones = tonesOf(shown, results);
  const series = shown.slice(0, TONES).map((result, i): Series => {
    const lengths = result.seeds.map(({ points }) => points.length);
    const at = Array.from({ length: Math.min(...lengths) }, (_, p) => result.seeds.map(({ points }) => points[p]!));
    const columns = at.map((points) => ({
      x: meanOf(points.map((point) => (axis === 'tokens' ? point.tokens : point.step))),
      ys: points.flatMap((point) => value(result, point) ?? []),
    }));
    const drawn = columns.filter(({ ys }) => ys.length > 0);
    return {
      label: result.arm.name,
      tone: tones[i]!,
      points: drawn.map(({ x, ys }) => [Math.round(x), meanOf(ys)]),
      band: result.seeds.length > 1 ? drawn.map(({ ys }) => [Math.min(...ys), Math.max(...ys)]) : [],
    };
  });
  return series.some(({ points }) => points.length > 0) ? chartFigure(markup, { title, axis, series }) : undefined;
}

/** An arm has the colour of its place among all, in every chart; later ones take what is left. */
function tonesOf(shown: readonly ArmResult[], all: readonly ArmResult[]): number[] {
  const own = shown.map((result) => all.indexOf(result) + 1);
  const free = Array.from({ length: TONES }, (_, i) => i + 1).filter((tone) => !own.includes(tone));
  return own.map((tone) => (tone <= TONES ? tone : (free.shift() ?? TONES)));
}

/** The first arm of each training. */
function trainingsOf(results: readonly ArmResult[]): readonly ArmResult[] {
  return results.filter((result, i) => results.findIndex(({ training }) => training === result.training) === i);
}

function renderResults(results: readonly ArmResult[]): Html {
  const rows = results.map(({ arm, accuracy, gain, gainBefore, metrics, answerTokens, trainingTokens, seeds }) => {
    const plain = ['acc_t1', 'delta_i_to_c', 'delta_c_to_i', 'answer_change_rate'].map(
      (name) => markup`<td class="num">${metrics[name] ? metrics[name].value.toFixed(3) : ''}</td>`,
    );
    return markup`<tr><th scope="row" title="${arm.doc}">${arm.name}</th>${mean(accuracy)}${mean(gain, true)}<td class="num">${signed(gainBefore.value)}</td>${plain}<td class="num">${answerTokens.toFixed(1)}</td><td class="num">${countText(trainingTokens)}</td><td class="num">${seeds.length}</td></tr>`;
  });
  const head = [
    'accuracy',
    'second turn adds',
    'before training',
    'first answers',
    'wrong to right',
    'right to wrong',
    'changed',
    'tokens a problem',
    'trained on',
    'seeds',
  ];
  return table(markup, head, rows);
}

/** Accuracy turn by turn, where there are more than two. */
function renderTurns(results: readonly ArmResult[]): Html | '' {
  const names = Object.keys(results[0]!.metrics).filter((name) => /^acc_t\d+$/.test(name));
  if (names.length < 3) return '';
  const rows = trainingsOf(results).map(
    ({ arm, metrics }) =>
      markup`<tr><th scope="row" title="${arm.doc}">${arm.name}</th>${names.map((name, k) => [
        mean(metrics[name]!),
        ...(k > 0 ? [mean(metrics[`delta_t${k}_t${k + 1}`]!, true)] : []),
      ])}</tr>`,
  );
  const head = names.flatMap((_, k) => [`turn ${k + 1}`, ...(k > 0 ? [`turn ${k + 1} adds`] : [])]);
  return markup`<h3>Turn by turn</h3>${table(markup, head, rows)}`;
}

function renderComparisons(comparisons: readonly Comparison[], baseline: string): Html {
  if (comparisons.length === 0) return markup``;
  const seeds = Math.max(...comparisons.map(({ differences }) => differences.length));
  const part = (measure: Comparison['measure'], title: string): Html => {
    const rows = comparisons
      .filter((item) => item.measure === measure)
      .map(({ arm, mean: value, student, bca, hierarchical, t, adjusted, p, mcnemar, differences }) => {
        // One seed says nothing about seeds.
        const overSeeds = differences.length > 1;
        const cells = [
          overSeeds ? verdict(student) : '',
          overSeeds ? interval(student) : '',
          overSeeds ? interval(bca) : '',
          interval(hierarchical),
          ...[t, adjusted, p].map((x) => (overSeeds ? share(x) : '')),
          mcnemar === null ? '' : mcnemar.toFixed(4),
          differences.map(signed).join(' '),
        ];
        return markup`<tr><th scope="row">${arm}</th><td class="num clear">${signed(value)}</td>${cells.map((text) => markup`<td class="num">${text}</td>`)}</tr>`;
      });
    const head = [
      'difference',
      '',
      'Student',
      'BCa',
      'seeds and problems',
      't-test',
      'Holm',
      'sign flip',
      ...(seeds === 1 ? ['McNemar'] : []),
      'by seed',
    ];
    return markup`<h3>${title}</h3>${table(markup, head, rows)}`;
  };
  return markup`${part('accuracy', `Accuracy minus that of ${baseline}`)}${part('gain', `What the second turn adds, minus what it adds to ${baseline}`)}`;
}

function renderReading<S>({ arms, seeds }: StudyPlan<S>): Html {
  const least = 2 ** (1 - seeds.length);
  const list = arms.map(({ name, doc }) => markup`<tr><th scope="row">${name}</th><td>${doc}</td></tr>`);
  return markup`<section><h2>How to read this</h2>
<p>Every number is a mean over seeds at the end of the budget; small print: Student’s 95 % interval. Lines are means, bands reach from the lowest
to the highest seed. Differences are paired: the same seed, the same training questions in the same order, the same held-out problems. Three
intervals stand beside each other: Student’s over seeds, the bootstrap’s over seeds (BCa, too narrow with few seeds), and one over seeds and
problems. The t-test goes with Student’s interval, and Holm’s column corrects it for the number of arms; the sign-flip test supposes nothing of the
differences, but with ${seeds.length} seeds it cannot fall below ${least.toPrecision(2)}. McNemar’s test compares the two policies problem by problem where
there is one seed only. “higher” and “lower” go by Student’s interval, before any correction.</p>
<details><summary>The arms <span class="quiet">(${arms.length})</span></summary><div class="scroll"><table>${list}</table></div></details></section>`;
}

function mean({ value, interval: ends, seeds }: Mean, withSign = false): Html {
  const small = seeds > 1 ? markup` <span class="ci">${interval(ends)}</span>` : '';
  return markup`<td class="num">${withSign ? signed(value) : value.toFixed(3)}${small}</td>`;
}

function verdict([lo, hi]: Interval): string {
  return lo > 0 ? 'higher' : hi < 0 ? 'lower' : 'not told apart';
}

function interval([lo, hi]: Interval): string {
  return Number.isFinite(lo) ? `${number(lo)} to ${number(hi)}` : '';
}

/** A p value. */
function share(p: number): string {
  return p < 1e-4 ? '< 0.0001' : p.toFixed(4);
}

function number(x: number): string {
  return x.toFixed(3).replace('-', '−');
}

function signed(x: number): string {
  return `${x < 0 ? '' : '+'}${number(x)}`;
}

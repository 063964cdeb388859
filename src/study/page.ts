// The results of a study as one HTML page that needs nothing else. A pure function of its summary; charts and style are those of a run's report.
import { renderChart } from '../report/chart.js';
import type { Series } from '../report/chart.js';
import { countText } from '../report/format.js';
import { markup } from '../report/html.js';
import type { Html } from '../report/html.js';
import { page, table } from '../report/shell.js';
import type { Point } from './cell.js';
import type { StudyPlan } from './plan.js';
import type { Interval } from './statistics.js';
import { accuracies } from './summary.js';
import type { ArmResult, Comparison, Mean, StudySummary } from './summary.js';

/** Colours there are; further arms stand in the tables only. */
const TONES = 8;

/** A drawing: what is on its y axis. */
interface Drawing {
  readonly title: string;
  readonly value: (result: ArmResult, point: Point) => number | undefined;
  /** Whether it depends on the training alone, so that arms which share one are drawn once. */
  readonly ofTraining: boolean;
}

const metric =
  (name: string): Drawing['value'] =>
  (_, { metrics }) =>
    metrics[name];

const DRAWINGS: readonly Drawing[] = [
  { title: 'Accuracy of the arm', value: ({ arm }, point) => average(accuracies(arm.score, point)), ofTraining: false },
  { title: 'Gain of the second turn, Δ(t1,t2)', value: metric('delta_t1_t2'), ofTraining: true },
  { title: 'Wrong to right', value: metric('delta_i_to_c'), ofTraining: true },
  { title: 'Right to wrong', value: metric('delta_c_to_i'), ofTraining: true },
  { title: 'Answers changed in the second turn', value: metric('answer_change_rate'), ofTraining: true },
  { title: 'Accuracy of first answers', value: metric('acc_t1'), ofTraining: true },
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
  const charts = (axis: 'tokens' | 'step'): Html[] =>
    DRAWINGS.flatMap((drawing, i) => ((i === 0) === (axis === 'tokens') ? (draw(drawing, own, axis) ?? []) : []));
  const left = own.length > TONES ? markup`<p class="quiet">Drawn are the first ${TONES} arms; the tables have all.</p>` : '';
  return markup`<section><h2>${task}</h2>
${renderResults(own)}
<div class="charts">${charts('tokens')}${charts('step')}</div>${left}
${renderComparisons(
  comparisons.filter((item) => item.task === task),
  baseline,
)}</section>`;
}

/** One line per arm: the mean over seeds, with a band from the lowest to the highest seed. */
function draw({ title, value, ofTraining }: Drawing, results: readonly ArmResult[], axis: 'tokens' | 'step'): Html | undefined {
  const series = results.slice(0, TONES).map((result, i): Series & { readonly training: string } => {
    const lengths = result.seeds.map(({ points }) => points.length);
    const at = Array.from({ length: Math.min(...lengths) }, (_, p) => result.seeds.map(({ points }) => points[p]!));
    const columns = at.map((points) => ({
      x: average(points.map((point) => (axis === 'tokens' ? point.tokens : point.step))),
      ys: points.flatMap((point) => value(result, point) ?? []),
    }));
    const drawn = columns.filter(({ ys }) => ys.length > 0);
    return {
      training: result.training,
      label: result.arm.name,
      tone: i + 1,
      points: drawn.map(({ x, ys }) => [Math.round(x), average(ys)]),
      band: result.seeds.length > 1 ? drawn.map(({ ys }) => [Math.min(...ys), Math.max(...ys)]) : [],
    };
  });
  const isFirst = ({ training }: { readonly training: string }, i: number): boolean =>
    series.findIndex((other) => other.training === training) === i;
  const shown = ofTraining ? series.filter(isFirst) : series;
  return renderChart({ title, axis, series: shown });
}

function renderResults(results: readonly ArmResult[]): Html {
  const rows = results.map(({ arm, accuracy, gain, metrics, answerTokens, trainingTokens, seeds }) => {
    const plain = ['acc_t1', 'delta_i_to_c', 'delta_c_to_i', 'answer_change_rate'].map(
      (name) => markup`<td class="num">${metrics[name] ? metrics[name].value.toFixed(3) : ''}</td>`,
    );
    return markup`<tr><th scope="row" title="${arm.doc}">${arm.name}</th>${mean(accuracy)}${mean(gain, true)}${plain}<td class="num">${answerTokens.toFixed(1)}</td><td class="num">${countText(trainingTokens)}</td><td class="num">${seeds.length}</td></tr>`;
  });
  const head = [
    'accuracy',
    'last turn adds',
    'first answers',
    'wrong to right',
    'right to wrong',
    'changed',
    'tokens a problem',
    'trained on',
    'seeds',
  ];
  return table(head, rows);
}

function renderComparisons(comparisons: readonly Comparison[], baseline: string): Html {
  if (comparisons.length === 0) return markup``;
  const part = (measure: Comparison['measure'], title: string): Html => {
    const rows = comparisons
      .filter((item) => item.measure === measure)
      .map(
        ({ arm, mean: value, student, bca, hierarchical, p, adjusted, mcnemar, differences }) =>
          markup`<tr><th scope="row">${arm}</th><td class="num clear">${signed(value)}</td><td class="num">${verdict(student)}</td><td class="num">${interval(student)}</td><td class="num">${interval(bca)}</td><td class="num">${interval(hierarchical)}</td><td class="num">${p.toFixed(4)}</td><td class="num">${adjusted.toFixed(4)}</td><td class="num">${mcnemar === null ? '' : mcnemar.toFixed(4)}</td><td class="num">${differences.map(signed).join(' ')}</td></tr>`,
      );
    const head = ['difference', '', 'Student', 'BCa', 'seeds and problems', 'p', 'Holm', 'McNemar', 'by seed'];
    return markup`<h3>${title}</h3>${table(head, rows)}`;
  };
  return markup`${part('accuracy', `Accuracy minus that of ${baseline}`)}${part('gain', `What the last turn adds, minus what it adds to ${baseline}`)}`;
}

function renderReading<S>({ arms, seeds }: StudyPlan<S>): Html {
  const least = 2 ** (1 - seeds.length);
  const list = arms.map(({ name, doc }) => markup`<tr><th scope="row">${name}</th><td>${doc}</td></tr>`);
  return markup`<section><h2>How to read this</h2>
<p>Every number is a mean over seeds at the end of the budget; small print: Student’s 95 % interval. Lines are means, bands reach from the lowest
to the highest seed. Differences are paired: the same seed, the same training questions, the same held-out problems. Three intervals stand
beside each other: Student’s over seeds, the bootstrap’s over seeds (BCa, too narrow with few seeds), and one over seeds and problems. p is that
of the sign-flip test; with ${seeds.length} seeds it cannot fall below ${least.toPrecision(2)}. Holm’s column corrects it for the number of arms.
McNemar’s test compares the two policies problem by problem where there is one seed only. “higher” and “lower” go by Student’s interval.</p>
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

function number(x: number): string {
  return x.toFixed(3).replace('-', '−');
}

function signed(x: number): string {
  return `${x < 0 ? '' : '+'}${number(x)}`;
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

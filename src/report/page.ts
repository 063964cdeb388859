// The report of a run, or of several laid over each other, as one HTML page that needs nothing else: styles, drawings and the script are inside.
// It can be read without the script, which lets a reader choose axis, smoothing and completions. A pure function of the runs' data.
import { chartFigure } from './chart.js';
import { CHARTS, drawingsOf, type Axis, type CurvesRun } from './curves.js';
import type { ReportData } from './data.js';
import { bytesText } from './format.js';
import { markup, type HtmlValue } from './html.js';
import { samplesByKind } from './samples.js';
import { evaluationSection, factsOf, runsTable, settingsSection, timeSection, type NamedRun } from './sections.js';
import { page, type PageData } from './shell.js';

/** Completions of a kind that are shown before anything is chosen. */
const SHOWN = 4;

/** Makes the page of a run. */
export function renderReport(data: ReportData): string {
  const { run, steps, evaluations, completions } = data;
  const model = String(run.settings['model'] ?? run.settings['init'] ?? 'model');
  const algorithm = run.command === 'sft' ? 'SFT' : String(run.settings['algorithm'] ?? 'train').toUpperCase();
  const title = `${algorithm} · ${model}`;
  const peak = steps.reduce((most, { memory }) => Math.max(most, memory.peak), 0);
  const runs = [{ name: title, steps, evaluations }];
  const samples = samplesByKind(markup, completions, SHOWN);
  const body = markup`${evaluationSection(markup, evaluations)}
${curves(runs, 'step')}
${samples.length > 0 && markup`<section><h2>Completions</h2><div id="completions">${samples}</div></section>`}
${timeSection(markup, steps)}
${settingsSection(markup, run)}`;
  const facts = [...factsOf(data), ['peak device memory', bytesText(peak)] as const];
  return page(title, facts, body, { runs: runs.map(drawn), axis: 'step', completions });
}

/** Makes the page of several runs. */
export function renderRuns(runs: readonly NamedRun[], axis: Axis = 'step'): string {
  const own = runs.map(({ name, data: { steps, evaluations } }) => ({ name, steps, evaluations }));
  const body = markup`<section><h2>Runs</h2>${runsTable(markup, runs)}</section>
${curves(own, axis)}`;
  return page(`${runs.length} runs`, [], body, { runs: own.map(drawn), axis, completions: [] });
}

function curves(runs: readonly CurvesRun[], axis: Axis): HtmlValue {
  const charts = drawingsOf(runs, { axis, smoothing: null });
  return markup`<section><h2>Curves</h2><div id="curves">${
    charts.length > 0
      ? markup`<p class="quiet">Faint: each step. Circles: held-out problems.</p><div class="charts">${charts.map((chart) => chartFigure(markup, chart))}</div>`
      : markup`<p class="quiet">No step was finished.</p>`
  }</div></section>`;
}

const DRAWN = ['num_tokens', ...CHARTS.flatMap(({ curves: lines }) => lines.map(({ key }) => key))];

/** What the script needs to draw a run again: the metrics of the curves, to five digits. */
function drawn({ name, steps, evaluations }: CurvesRun): PageData['runs'][number] {
  const digits = (y: number): number => (typeof y === 'number' ? Number(y.toPrecision(5)) : y);
  return {
    ...{ name, evaluations },
    steps: steps.map(({ step, metrics, seconds, memory }) => ({
      ...{ step, memory },
      metrics: Object.fromEntries(DRAWN.flatMap((key) => (metrics[key] === undefined ? [] : [[key, digits(metrics[key])]]))),
      seconds: Object.fromEntries(Object.entries(seconds).map(([key, s]) => [key, digits(s)])),
    })),
  };
}

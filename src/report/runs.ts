// Several runs laid over each other as one HTML page: what their evaluations say, and each metric with a line per run.
import { renderChart } from './chart.js';
import { CHARTS, pointsOf, smoothingOf, type Axis } from './curves.js';
import type { ReportData } from './data.js';
import { duration, short } from './format.js';
import { markup, type Html } from './html.js';
import { page, table } from './shell.js';

/** A run and what it is called. */
export interface NamedRun {
  readonly name: string;
  readonly data: ReportData;
}

/** Colours of the lines. */
const TONES = 8;

/** Makes the page. */
export function renderRuns(runs: readonly NamedRun[], axis: Axis = 'step'): string {
  const charts = CHARTS.flatMap(({ title, curves }) =>
    curves.flatMap(({ key, label }) => {
      const series = runs.map(({ name, data: { steps } }, i) => ({
        ...{ label: name, tone: (i % TONES) + 1, smoothing: smoothingOf(steps.length) },
        points: pointsOf(steps, key, axis),
      }));
      return renderChart({ title: curves.length > 1 ? `${title}: ${label}` : title, axis, series }) ?? [];
    }),
  );
  const body = markup`<section><h2>Runs</h2>${table(
    ['steps', 'time', 'acc_t1', 'acc_t2', 'settings that differ'],
    runs.map((run) => row(run, runs)),
  )}</section>
<section><h2>Curves</h2><p class="quiet">Faint: each step. Over them: smoothed.</p><div class="charts">${charts}</div></section>`;
  return page(`${runs.length} runs`, [['by', axis]], body);
}

function row({ name, data }: NamedRun, runs: readonly NamedRun[]): Html {
  const { steps, evaluations } = data;
  const seconds = steps.reduce((sum, { seconds: phases }) => sum + Object.values(phases).reduce((a, b) => a + b, 0), 0);
  const cells = [String(steps.at(-1)?.step ?? 0), duration(seconds)];
  const said = ['acc_t1', 'acc_t2'].map((metric) => {
    const [before, after] = [evaluations.before?.[metric]?.value, evaluations.after?.[metric]?.value];
    return [before, after].map((value) => (typeof value === 'number' ? value.toFixed(3) : '–')).join(' → ');
  });
  return markup`<tr><th scope="row">${name}</th>${[...cells, ...said].map((text) => markup`<td class="num">${text}</td>`)}<td>${differing(data, runs)}</td></tr>`;
}

/** Settings of a run that are not the same in all. */
function differing({ run }: ReportData, runs: readonly NamedRun[]): string {
  const all = (data: ReportData): Record<string, unknown> => ({ ...data.run.settings, ...data.run.config });
  return Object.entries(all({ run } as ReportData))
    .filter(([key, value]) => runs.some(({ data }) => JSON.stringify(all(data)[key]) !== JSON.stringify(value)))
    .filter(([key]) => key !== 'outputDir')
    .map(([key, value]) => `${key} ${typeof value === 'number' ? short(value) : JSON.stringify(value)}`)
    .join(', ');
}

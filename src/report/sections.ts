// Sections of a report, for the page of a run, for several runs and for the live page: what the evaluations say, runs beside each other, where
// the time went, the settings.
import type { Metric } from '../algo/evaluation.js';
import { toneOf } from './curves.js';
import type { Evaluations, Metrics, ReportData, StepRecord } from './data.js';
import { clearChange, duration, short } from './format.js';
import type { Part, Tag } from './html.js';
import { MEANINGS, inWords, sameRows } from './words.js';

/** A run and what it is called. */
export interface NamedRun {
  readonly name: string;
  readonly data: ReportData;
}

/** A table that scrolls by itself, with a column for the rows' names before those of `head`. */
export function table<T>(html: Tag<T>, head: readonly Part<T>[], rows: readonly T[], label = 'Table'): T {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead>
        <tr>
          <td></td>
          ${head.map((text) => (text === '' ? html`<td></td>` : html`<th scope="col">${text}</th>`))}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** A number with `digits` decimals; text that stands in its place in a damaged file stays as it is. */
function fixed(value: number, digits: number): string {
  return typeof value === 'number' ? value.toFixed(digits) : String(value);
}

/** What a run is and took, by name. */
export function factsOf({ run, steps }: ReportData): [name: string, value: string][] {
  return [
    ['started', run.started.replace('T', ' ').replace(/\..*/, ' UTC')],
    ['device', run.device],
    ['steps', String(steps.at(-1)?.step ?? 0)],
    ['time in steps', duration(secondsOf(steps))],
    ['mgrpo', run.mgrpo],
  ];
}

/** Seconds of all steps. */
function secondsOf(steps: readonly StepRecord[]): number {
  return steps.reduce((sum, { seconds }) => sum + Object.values(seconds).reduce((a, b) => a + b, 0), 0);
}

// ---- evaluation ----------------------------------------------------------------------------------------------------

/** Metrics before, during and after; null where there is no evaluation. */
export function evaluationSection<T>(html: Tag<T>, { before, after, during }: Evaluations): T | null {
  if (!before && !after && during.length === 0) return null;
  const cell = (m: Metric | undefined): T =>
    m
      ? html`<td class="num">${fixed(m.value, 3)} <span class="ci">${fixed(m.ci95[0], 3)}–${fixed(m.ci95[1], 3)}</span></td>`
      : html`<td></td>`;
  const columns: [string, Metrics][] = [
    ...(before ? ([['before', before]] as [string, Metrics][]) : []),
    ...during.map(({ step, metrics }): [string, Metrics] => [`step ${step}`, metrics]),
    ...(after ? ([['after', after]] as [string, Metrics][]) : []),
  ];
  const names = [...new Set(columns.flatMap(([, metrics]) => Object.keys(metrics)))];
  const groups = sameRows(
    names,
    columns.map(([, metrics]) => metrics),
  );
  const rows = groups.map(([name = '', ...same]) => {
    const [b, a] = [before?.[name], after?.[name]];
    const change = b && a ? a.value - b.value : undefined;
    const clear = b && a ? clearChange(b, a) : 0;
    const end =
      change === undefined
        ? before && after && html`<td></td>`
        : html`<td class=${clear ? 'num clear' : 'num'}>${change < 0 ? '−' : '+'}${fixed(Math.abs(change), 3)}</td>`;
    return html`<tr>
      <th scope="row">${name}${same.length > 0 && html`<small> = ${same.join(', ')}</small>`}</th>
      ${columns.map(([, metrics]) => cell(metrics[name]))}${end}
    </tr>`;
  });
  const n = Object.values(columns[0]![1])[0]?.n ?? 0;
  const meanings = names.flatMap((name) => (MEANINGS[name] ? [html`<dt>${name}</dt>`, html`<dd>${MEANINGS[name]}</dd>`] : []));
  return html`<section>
    <h2>Evaluation</h2>
    ${before && after && inWords(before, after).map((text) => html`<p class="headline">${text}</p>`)}
    <p class="quiet">
      ${n} held-out problems; small print: 95 % interval. ${before && after && 'Bold: the intervals do not overlap.'}
    </p>
    ${table(html, [...columns.map(([label]) => label), ...(before && after ? ['change'] : [])], rows, 'Evaluation')}
    <details>
      <summary>What the metrics mean</summary>
      <dl class="meanings">${meanings}</dl>
    </details>
  </section>`;
}

// ---- several runs --------------------------------------------------------------------------------------------------

/** Runs beside each other: how far they came, what their evaluations say, and in which settings they differ. */
export function runsTable<T>(html: Tag<T>, runs: readonly NamedRun[]): T {
  const rows = runs.map(({ name, data }, i) => {
    const { steps, evaluations } = data;
    const said = ['acc_t1', 'acc_t2'].map((metric) => {
      const values = [evaluations.before?.[metric]?.value, evaluations.after?.[metric]?.value];
      // Without evaluations the samples of the first and the last step say something.
      const shown = values.some((value) => value !== undefined)
        ? values
        : [steps[0], steps.at(-1)].map((step) => step?.metrics[metric]);
      return shown.map((value) => (typeof value === 'number' ? value.toFixed(3) : '–')).join(' → ');
    });
    const cells = [String(steps.at(-1)?.step ?? 0), duration(secondsOf(steps)), ...said];
    return html`<tr>
      <th scope="row"><span class="key tone${toneOf(i)}">${name}</span></th>
      ${cells.map((text) => html`<td class="num">${text}</td>`)}
      <td class="differ">${differing(data, runs)}</td>
    </tr>`;
  });
  return table(html, ['steps', 'time', 'acc_t1', 'acc_t2', 'settings that differ'], rows, 'Runs');
}

/** Settings of a run that are not the same in all. */
function differing({ run }: ReportData, runs: readonly NamedRun[]): string {
  const all = ({ settings, config }: ReportData['run']): Record<string, unknown> => flat({ ...settings, ...config });
  return Object.entries(all(run))
    .filter(([key, value]) => runs.some(({ data }) => JSON.stringify(all(data.run)[key]) !== JSON.stringify(value)))
    .filter(([key]) => key !== 'outputDir' && !key.startsWith('page.'))
    .map(([key, value]) => `${key} ${typeof value === 'number' ? short(value) : JSON.stringify(value)}`)
    .join(', ');
}

/** Settings by name; those of a group have its name before theirs. */
function flat(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([inner, v]) => [`${name}.${inner}`, v])
        : [[name, value]],
    ),
  );
}

// ---- time and settings ---------------------------------------------------------------------------------------------

/** Where the time of the steps went; null where there is none. */
export function timeSection<T>(html: Tag<T>, steps: readonly StepRecord[]): T | null {
  const totals = new Map<string, number>();
  for (const { seconds } of steps) for (const [key, s] of Object.entries(seconds)) totals.set(key, (totals.get(key) ?? 0) + s);
  const all = [...totals.values()].reduce((a, b) => a + b, 0);
  if (all === 0) return null;
  const rows = [...totals].map(([key, s]) => {
    const [phase, layer] = key.split('/');
    const share = (100 * s) / all;
    return html`<tr>
      <th scope="row">${phase ?? key}${layer && `, layer ${layer}`}</th>
      <td class="num">${duration(s)}</td>
      <td class="num">${duration(s / steps.length)}</td>
      <td class="wide">
        <span class="bar tone${layer === '2' ? 2 : 1}" style="width:${share.toFixed(1)}%"></span
        ><span class="quiet">${share.toFixed(0)} %</span>
      </td>
    </tr>`;
  });
  return html`<section>
    <h2>Time</h2>
    ${table(html, ['total', 'per step', 'share'], rows, 'Time')}
  </section>`;
}

/** The settings of a run: those of the command, and the trainer's. */
export function settingsSection<T>(html: Tag<T>, { settings, config }: ReportData['run']): T {
  const list = (title: string, given: Readonly<Record<string, unknown>>): T => {
    const rows = Object.entries(flat(given)).map(
      ([name, value]) =>
        html`<tr>
          <th scope="row">${name}</th>
          <td>${typeof value === 'string' ? value : (JSON.stringify(value) ?? '')}</td>
        </tr>`,
    );
    return html`<details>
      <summary>${title} <span class="quiet">(${rows.length})</span></summary>
      <div class="scroll">
        <table>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>
    </details>`;
  };
  return html`<section>
    <h2>Settings</h2>
    <div class="settings">${list('command', settings)}${list('training', config)}</div>
  </section>`;
}

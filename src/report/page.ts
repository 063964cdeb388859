// The report of a run as one HTML page that needs nothing else: styles, drawings and the little script are inside. A pure function of the
// run's data.
import type { Metric } from '../algo/evaluation.js';
import type { CompletionRecord } from '../train/events.js';
import type { Evaluations, Metrics, ReportData, StepRecord } from './data.js';
import { renderChart } from './chart.js';
import { CHARTS, evaluatedSteps, pointsOf, smoothingOf, type Curves } from './curves.js';
import { bytesText, clearChange, duration, short } from './format.js';
import { markup, type Html, type HtmlValue } from './html.js';
import { diffText, splitThought } from './diff.js';
import { page, table } from './shell.js';
import { MEANINGS, inWords, sameRows } from './words.js';

/** Makes the page. */
export function renderReport(data: ReportData): string {
  const { run, steps, evaluations } = data;
  const model = String(run.settings['model'] ?? run.settings['init'] ?? 'model');
  const algorithm = run.command === 'sft' ? 'SFT' : String(run.settings['algorithm'] ?? 'train').toUpperCase();
  const title = `${algorithm} · ${model}`;
  const last = steps.at(-1);
  const peak = steps.reduce((most, { memory }) => Math.max(most, memory.peak), 0);
  const total = steps.reduce((sum, { seconds }) => sum + sumOf(seconds), 0);
  const facts: [string, string][] = [
    ['started', run.started.replace('T', ' ').replace(/\..*/, ' UTC')],
    ['device', run.device],
    ['steps', last ? String(last.step) : '0'],
    ['time in steps', duration(total)],
    ['peak device memory', bytesText(peak)],
    ['mgrpo', run.mgrpo],
  ];
  const charts = CHARTS.flatMap((chart) => renderCurves(chart, data) ?? []);
  const body = markup`${renderEvaluation(evaluations)}
<section><h2>Curves</h2><p class="quiet">Faint: each step. Circles: held-out problems.</p>${charts.length > 0 ? markup`<div class="charts">${charts}</div>` : markup`<p class="quiet">No step was finished.</p>`}</section>
${renderSamples(data.completions)}
${renderTimes(steps)}
<section><h2>Settings</h2>
<div class="settings">${renderSettings('command', run.settings)}${renderSettings('training', run.config)}</div></section>`;
  return page(title, facts, body);
}

/** A number with `digits` decimals; text that stands in its place in a damaged file stays as it is. */
function fixed(value: number, digits: number): string {
  return typeof value === 'number' ? value.toFixed(digits) : String(value);
}

function sumOf(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((a, b) => a + b, 0);
}

// ---- evaluation ----------------------------------------------------------------------------------------------------

function renderEvaluation({ before, after, during }: Evaluations): Html {
  if (!before && !after && during.length === 0) return markup``;
  const cell = (m: Metric | undefined): Html =>
    m
      ? markup`<td class="num">${fixed(m.value, 3)} <span class="ci">${fixed(m.ci95[0], 3)}–${fixed(m.ci95[1], 3)}</span></td>`
      : markup`<td></td>`;
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
    const verdict =
      change === undefined
        ? ''
        : markup`<td class="num${clear ? ' clear' : ''}">${change < 0 ? '−' : '+'}${fixed(Math.abs(change), 3)}</td>`;
    return markup`<tr><th scope="row">${name}</th>${columns.map(([, metrics]) => cell(metrics[name]))}${verdict}<td class="quiet">${
      same.length > 0 ? `the same: ${same.join(', ')}` : ''
    }</td></tr>`;
  });
  const n = Object.values(columns[0]![1])[0]?.n ?? 0;
  const head = [...columns.map(([label]) => label), ...(before && after ? ['change'] : []), ''];
  const meanings = names.flatMap((name) => (MEANINGS[name] ? [markup`<dt>${name}</dt><dd>${MEANINGS[name]}</dd>`] : []));
  return markup`<section><h2>Evaluation</h2>
${before && after ? inWords(before, after).map((text) => markup`<p class="headline">${text}</p>`) : ''}
<p class="quiet">${n} held-out problems; small print: 95 % interval. ${before && after ? 'Bold: the intervals do not overlap.' : ''}</p>
${table(head, rows)}
<details><summary>What the metrics mean</summary><dl class="meanings">${meanings}</dl></details></section>`;
}

// ---- curves --------------------------------------------------------------------------------------------------------

/** One drawing over the steps; undefined where no step has such a metric. Evaluations of the same metric stand in it as circles. */
function renderCurves({ title, curves }: Curves, { steps, evaluations }: ReportData): Html | undefined {
  const series = curves.map(({ key, label, tone }) => ({
    ...{ label, tone, smoothing: smoothingOf(steps.length) },
    points: pointsOf(steps, key, 'step'),
    marks: evaluatedSteps(evaluations, steps.at(-1)?.step ?? 0).flatMap(([step, metrics]) => {
      const y = metrics[key]?.value;
      return typeof y === 'number' && Number.isFinite(y) ? [[step, y] as const] : [];
    }),
  }));
  return renderChart({ title, axis: 'step', series });
}

// ---- corrections ---------------------------------------------------------------------------------------------------

const KINDS: readonly { title: string; of: (r: CompletionRecord) => boolean }[] = [
  { title: 'Wrong answer, corrected', of: (r) => r.layer === 2 && r.answerCorrect === false && r.correct },
  { title: 'Right answer, made wrong', of: (r) => r.layer === 2 && r.answerCorrect === true && !r.correct },
  { title: 'Right answer, confirmed', of: (r) => r.layer === 2 && r.answerCorrect === true && r.correct },
  { title: 'Wrong answer, still wrong', of: (r) => r.layer === 2 && r.answerCorrect === false && !r.correct },
  { title: 'Layer 1, right', of: (r) => r.layer === 1 && r.correct },
  { title: 'Layer 1, wrong', of: (r) => r.layer === 1 && !r.correct },
];

function renderSamples(completions: readonly CompletionRecord[]): Html {
  const groups = KINDS.map(({ title, of }) => ({ title, records: completions.filter(of) })).filter(
    ({ records }) => records.length > 0,
  );
  if (groups.length === 0) return markup``;
  const parts = groups.map(
    ({ title, records }, i) =>
      markup`<details${i === 0 ? ' open' : ''}><summary>${title} <span class="quiet">(${records.length} of the last ones)</span></summary>${records.map(renderSample)}</details>`,
  );
  return markup`<section><h2>Samples</h2>${parts}</section>`;
}

function renderSample(record: CompletionRecord): Html {
  const { answer, phrase, completion, correct, answerCorrect, gold, step, reward, truncated } = record;
  const turn = (label: string, text: HtmlValue, right: boolean | undefined): Html =>
    markup`<div class="turn ${right === undefined ? '' : right ? 'right' : 'wrong'}"><span class="who">${label}${
      right === undefined ? '' : right ? ' · right' : ' · wrong'
    }</span><pre>${(typeof text === 'string' ? text.trim() : text) || markup`<i>empty</i>`}</pre></div>`;
  // A correction's prompt ends in the first answer and the phrase, which are shown by themselves.
  const cut = answer === undefined ? -1 : record.prompt.indexOf(answer.trim());
  const question = cut > 0 ? record.prompt.slice(0, cut) : record.prompt;
  return markup`<article>${turn('question', question, undefined)}
${answer === undefined ? '' : turn('first answer', answer, answerCorrect)}
${phrase === undefined ? '' : turn('guiding phrase', phrase, undefined)}
${answer === undefined ? turn('answer', completion, correct) : renderCorrection(answer, completion, correct, turn)}
<p class="quiet">step ${step} · expected ${gold} · read ${record.extracted ?? 'no answer'} · reward ${
    reward === null ? 'none' : short(reward)
  }${truncated ? ' · cut at the length limit' : ''}</p></article>`;
}

/** A correction as its check, where it writes one, and what it answers then. */
function renderCorrection(
  answer: string,
  completion: string,
  correct: boolean,
  turn: (label: string, text: HtmlValue, right: boolean | undefined) => Html,
): Html {
  const [before, after] = [splitThought(answer), splitThought(completion)];
  const check = after.thought === '' ? '' : turn('check', after.thought, undefined);
  return markup`${check}${turn('correction', changes(before.answer, after.answer), correct)}`;
}

/** A new answer with what it changed in the one before marked. */
function changes(answer: string, corrected: string): Html | string {
  if (corrected === '') return '';
  const parts = diffText(answer, corrected);
  // Texts that have little in common are read better as they are.
  const kept = parts.reduce((n, { kind, text }) => (kind === 'same' ? n + text.length : n), 0);
  if (2 * kept < Math.min(answer.length, corrected.length)) return corrected;
  return markup`${parts.map(({ kind, text }) => (kind === 'same' ? text : kind === 'gone' ? markup`<del>${text}</del>` : markup`<ins>${text}</ins>`))}`;
}

// ---- time and settings ---------------------------------------------------------------------------------------------

function renderTimes(steps: readonly StepRecord[]): Html {
  const totals = new Map<string, number>();
  for (const { seconds } of steps) for (const [key, s] of Object.entries(seconds)) totals.set(key, (totals.get(key) ?? 0) + s);
  const all = [...totals.values()].reduce((a, b) => a + b, 0);
  if (all === 0) return markup``;
  const rows = [...totals].map(([key, s]) => {
    const [phase, layer] = key.split('/');
    const share = (100 * s) / all;
    return markup`<tr><th scope="row">${phase ?? key}${layer ? `, layer ${layer}` : ''}</th><td class="num">${duration(s)}</td><td class="num">${duration(s / steps.length)}</td><td class="wide"><span class="bar tone${layer === '2' ? 2 : 1}" style="width:${share.toFixed(1)}%"></span><span class="quiet">${share.toFixed(0)} %</span></td></tr>`;
  });
  return markup`<section><h2>Time</h2>${table(['total', 'per step', 'share'], rows)}</section>`;
}

function renderSettings(title: string, settings: Readonly<Record<string, unknown>>): Html {
  const rows = Object.entries(settings).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([inner, v]) => [`${name}.${inner}`, v])
      : [[name, value]],
  );
  const list = rows.map(
    ([name, value]) =>
      markup`<tr><th scope="row">${name}</th><td>${typeof value === 'string' ? value : (JSON.stringify(value) ?? '')}</td></tr>`,
  );
  return markup`<details><summary>${title} <span class="quiet">(${rows.length})</span></summary><div class="scroll"><table>${list}</table></div></details>`;
}

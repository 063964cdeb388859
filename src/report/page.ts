// The report of a run as one HTML page that needs nothing else: styles, drawings and the little script are inside. A pure function of the
// run's data.
import type { Metric } from '../algo/evaluation.js';
import type { CompletionRecord } from '../train/events.js';
import type { Evaluations, Metrics, ReportData, StepRecord } from './data.js';
import { bytesText, clearChange, duration, short } from './format.js';
import { Html, markup } from './html.js';

interface Curve {
  readonly key: string;
  readonly label: string;
  /** Colour class: 1 is layer 1 and first turns, 2 is layer 2 and second turns. */
  readonly tone: 1 | 2;
}

interface Chart {
  readonly title: string;
  readonly curves: readonly Curve[];
}

/** The same metric of both layers. */
const layers = (title: string, key: string): Chart => ({
  title,
  curves: [
    { key, label: 'layer 1', tone: 1 },
    { key: `layer2/${key}`, label: 'layer 2', tone: 2 },
  ],
});

const CHARTS: readonly Chart[] = [
  layers('Reward', 'reward'),
  {
    title: 'Accuracy of sampled answers',
    curves: [
      { key: 'acc_t1', label: 'first turn', tone: 1 },
      { key: 'acc_t2', label: 'second turn', tone: 2 },
    ],
  },
  {
    title: 'Corrected and spoilt answers',
    curves: [
      { key: 'delta_i_to_c', label: 'wrong to right', tone: 1 },
      { key: 'delta_c_to_i', label: 'right to wrong', tone: 2 },
    ],
  },
  { title: 'Answer change rate', curves: [{ key: 'answer_change_rate', label: 'changed in the second turn', tone: 2 }] },
  layers('Entropy, nats per token', 'entropy'),
  layers('KL to the reference', 'kl'),
  layers('Loss', 'loss'),
  layers('Gradient norm', 'grad_norm'),
  layers('Completion length, tokens', 'completions/mean_length'),
  layers('Share cut at the length limit', 'completions/clipped_ratio'),
  layers('Groups with equal rewards', 'frac_reward_zero_std'),
  layers('Learning rate', 'learning_rate'),
];

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
  const charts = CHARTS.flatMap((chart) => renderChart(chart, steps) ?? []);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${renderEvaluation(evaluations)}
<section><h2>Curves</h2>${charts.length > 0 ? markup`<div class="charts">${charts}</div>` : markup`<p class="quiet">No step was finished.</p>`}</section>
${renderSamples(data.completions)}
${renderTimes(steps)}
<section><h2>Settings</h2>
<div class="settings">${renderSettings('command', run.settings)}${renderSettings('training', run.config)}</div></section>
</main>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`.text;
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
  const rows = names.map((name) => {
    const [b, a] = [before?.[name], after?.[name]];
    const change = b && a ? a.value - b.value : undefined;
    const clear = b && a ? clearChange(b, a) : 0;
    const verdict =
      change === undefined
        ? ''
        : markup`<td class="num${clear ? ' clear' : ''}">${change < 0 ? '−' : '+'}${fixed(Math.abs(change), 3)}</td>`;
    return markup`<tr><th scope="row">${name}</th>${columns.map(([, metrics]) => cell(metrics[name]))}${verdict}</tr>`;
  });
  const n = Object.values(columns[0]![1])[0]?.n ?? 0;
  const head = columns.map(([label]) => markup`<th scope="col">${label}</th>`);
  return markup`<section><h2>Evaluation</h2>
<p class="quiet">${n} held-out problems; small print: 95 % interval. ${before && after ? 'Bold: the intervals do not overlap.' : ''}</p>
<div class="scroll"><table><thead><tr><th></th>${head}${before && after ? markup`<th scope="col">change</th>` : ''}</tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
}

// ---- curves --------------------------------------------------------------------------------------------------------

const WIDTH = 360;
const HEIGHT = 190;
const PLOT = { left: 46, right: 10, top: 10, bottom: 24 };

/** One drawing; undefined where no step has such a metric. */
function renderChart({ title, curves }: Chart, steps: readonly StepRecord[]): Html | undefined {
  const drawn = curves
    .map((curve) => ({
      ...curve,
      points: steps.flatMap(({ step, metrics }) => {
        const y = metrics[curve.key];
        return y === undefined || !Number.isFinite(y) ? [] : [[step, y] as const];
      }),
    }))
    .filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const all = drawn.flatMap(({ points }) => points);
  const [firstStep, lastStep] = [Math.min(...all.map(([x]) => x)), Math.max(...all.map(([x]) => x))];
  const ticks = niceTicks(Math.min(...all.map(([, y]) => y)), Math.max(...all.map(([, y]) => y)));
  const [lo, hi] = [ticks[0]!, ticks.at(-1)!];
  const px = (step: number): number =>
    PLOT.left + ((WIDTH - PLOT.left - PLOT.right) * (step - firstStep)) / Math.max(lastStep - firstStep, 1);
  const py = (y: number): number => HEIGHT - PLOT.bottom - ((HEIGHT - PLOT.top - PLOT.bottom) * (y - lo)) / (hi - lo);
  const grid = ticks.map(
    (y) =>
      markup`<line class="grid" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${py(y).toFixed(1)}" y2="${py(y).toFixed(1)}"/><text class="tick" x="${PLOT.left - 6}" y="${(py(y) + 3.5).toFixed(1)}" text-anchor="end">${short(y)}</text>`,
  );
  const lines = drawn.map(({ tone, points }) => {
    const at = points.map(([x, y]) => [px(x).toFixed(1), py(y).toFixed(1)] as const);
    const [cx, cy] = at[0]!;
    return points.length === 1
      ? markup`<circle class="dot tone${tone}" cx="${cx}" cy="${cy}" r="3"/>`
      : markup`<polyline class="curve tone${tone}" points="${at.join(' ')}"/>`;
  });
  const legend = drawn.map(
    ({ label, tone, points }) => markup`<span class="key tone${tone}">${label} <b>${short(points.at(-1)![1])}</b></span>`,
  );
  const values = drawn.map(({ label, tone, points }) => ({ label, tone, points }));
  const geometry = { left: PLOT.left, right: WIDTH - PLOT.right, first: firstStep, last: lastStep };
  return markup`<figure data-chart="${JSON.stringify({ ...geometry, values })}">
<figcaption>${title}<span class="keys">${legend}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} by step">${grid}
<text class="tick" x="${PLOT.left}" y="${HEIGHT - 7}">${firstStep}</text>
<text class="tick" x="${WIDTH - PLOT.right}" y="${HEIGHT - 7}" text-anchor="end">step ${lastStep}</text>
${lines}<line class="cursor" y1="${PLOT.top}" y2="${HEIGHT - PLOT.bottom}" x1="-9" x2="-9"/></svg></figure>`;
}

/** Three to six round values that enclose [lo, hi]. */
export function niceTicks(lo: number, hi: number): number[] {
  if (lo === hi) [lo, hi] = lo === 0 ? [0, 1] : [lo - Math.abs(lo) / 2, hi + Math.abs(hi) / 2];
  const raw = (hi - lo) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find((m) => m * power >= raw * 0.999) ?? 10);
  const first = Math.floor(lo / step + 1e-9);
  const last = Math.ceil(hi / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// ---- corrections ---------------------------------------------------------------------------------------------------

const KINDS: readonly { title: string; of: (r: CompletionRecord) => boolean }[] = [
  { title: 'Wrong answer, corrected', of: (r) => r.layer === 2 && r.answerCorrect === false && r.correct },
  { title: 'Right answer, spoilt', of: (r) => r.layer === 2 && r.answerCorrect === true && !r.correct },
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
  const turn = (label: string, text: string, right: boolean | undefined): Html =>
    markup`<div class="turn ${right === undefined ? '' : right ? 'right' : 'wrong'}"><span class="who">${label}${
      right === undefined ? '' : right ? ' · right' : ' · wrong'
    }</span><pre>${text.trim() || markup`<i>empty</i>`}</pre></div>`;
  // A correction's prompt ends in the first answer and the phrase, which are shown by themselves.
  const cut = answer === undefined ? -1 : record.prompt.indexOf(answer.trim());
  const question = cut > 0 ? record.prompt.slice(0, cut) : record.prompt;
  return markup`<article>${turn('question', question, undefined)}
${answer === undefined ? '' : turn('first answer', answer, answerCorrect)}
${phrase === undefined ? '' : turn('guiding phrase', phrase, undefined)}
${turn(answer === undefined ? 'answer' : 'correction', completion, correct)}
<p class="quiet">step ${step} · expected ${gold} · read ${record.extracted ?? 'no answer'} · reward ${
    reward === null ? 'none' : short(reward)
  }${truncated ? ' · cut at the length limit' : ''}</p></article>`;
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
  return markup`<section><h2>Time</h2><div class="scroll"><table>
<thead><tr><th></th><th scope="col">total</th><th scope="col">per step</th><th scope="col">share</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`;
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

const STYLE = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c1d20;--quiet:#63666d;--line:#e3e3df;--one:#2a6fbb;--two:#c2611c;--right:#1d7a46;--wrong:#b3333c}
@media(prefers-color-scheme:dark){:root{--bg:#141518;--card:#1c1e22;--ink:#e8e8e6;--quiet:#9a9da5;--line:#33363c;--one:#6aa9ee;--two:#f0975a;--right:#5cc48a;--wrong:#f0808a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1160px;margin:0 auto;padding:28px 20px 64px}
h1{font-size:24px;line-height:1.25;margin:0 0 14px;overflow-wrap:anywhere}
h2{font-size:17px;margin:36px 0 10px}
.quiet,dt{color:var(--quiet);font-size:13px}
.facts{display:flex;flex-wrap:wrap;gap:8px 28px;margin:0}
.facts dd{margin:0;overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:14px}
figure{margin:0;padding:12px 12px 6px;background:var(--card);border:1px solid var(--line);border-radius:8px}
figcaption{font-weight:600;font-size:14px;min-height:44px}
.keys{display:flex;flex-wrap:wrap;gap:0 12px;font-weight:400;font-size:13px;color:var(--quiet)}
.keys b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
.key::before{content:"";display:inline-block;width:10px;height:3px;border-radius:2px;margin-right:5px;vertical-align:middle;background:currentColor}
.key.tone1::before{background:var(--one)}.key.tone2::before{background:var(--two)}
svg{display:block;width:100%;height:auto;touch-action:pan-y}
.grid{stroke:var(--line);stroke-width:1}.cursor{stroke:var(--quiet);stroke-width:1;stroke-dasharray:3 3}
.tick{fill:var(--quiet);font-size:11px;font-variant-numeric:tabular-nums}
.curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.curve.tone1{stroke:var(--one)}.curve.tone2{stroke:var(--two)}
.dot.tone1{fill:var(--one)}.dot.tone2{fill:var(--two)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:8px;min-width:min(100%,420px)}
th,td{padding:5px 12px;text-align:left;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;color:var(--quiet);font-weight:500;font-size:13px}
tr:first-child>*{border-top:0}thead+tbody tr:first-child>*{border-top:1px solid var(--line)}
tbody th,table>tr th{font-weight:500;white-space:nowrap}
.num{font-variant-numeric:tabular-nums;white-space:nowrap}
.ci{color:var(--quiet);font-size:12px}.clear{font-weight:600}
.wide{min-width:180px;width:100%}
.bar{display:inline-block;height:9px;border-radius:2px;margin-right:8px;max-width:80%}.bar.tone1{background:var(--one)}.bar.tone2{background:var(--two)}
details{margin:0 0 10px}summary{cursor:pointer;padding:4px 0}
article{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px;margin:8px 0}
.turn{border-left:3px solid var(--line);padding-left:10px;margin-bottom:8px}
.turn.right{border-color:var(--right)}.turn.wrong{border-color:var(--wrong)}
.who{font-size:12px;color:var(--quiet)}.right .who{color:var(--right)}.wrong .who{color:var(--wrong)}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
article p{margin:0}
`;

/** Reads the values under the pointer: the legend shows them instead of the last ones. */
const SCRIPT = `
for (const figure of document.querySelectorAll('figure[data-chart]')) {
  const chart = JSON.parse(figure.dataset.chart);
  const svg = figure.querySelector('svg');
  const cursor = figure.querySelector('.cursor');
  const shown = [...figure.querySelectorAll('.key b')];
  const rest = shown.map((b) => b.textContent);
  const show = (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * ${WIDTH};
    const span = Math.max(chart.last - chart.first, 1);
    const wanted = chart.first + ((x - chart.left) / (chart.right - chart.left)) * span;
    chart.values.forEach(({ points }, i) => {
      const point = points.reduce((a, b) => (Math.abs(b[0] - wanted) < Math.abs(a[0] - wanted) ? b : a));
      shown[i].textContent = Number(point[1].toPrecision(4)) + ' (step ' + point[0] + ')';
      const at = chart.left + ((chart.right - chart.left) * (point[0] - chart.first)) / span;
      cursor.setAttribute('x1', at);
      cursor.setAttribute('x2', at);
    });
  };
  svg.addEventListener('pointermove', show);
  svg.addEventListener('pointerdown', show);
  svg.addEventListener('pointerleave', () => {
    shown.forEach((b, i) => (b.textContent = rest[i]));
    cursor.setAttribute('x1', -9);
    cursor.setAttribute('x2', -9);
  });
}
`;

// Line charts as inline SVG, with a legend that shows the values under the pointer. What is drawn is the caller's.
import { countText, short } from './format.js';
import { Html, markup } from './html.js';
import { smooth } from './smooth.js';

/** One line of a chart. */
export interface Series {
  readonly label: string;
  /** Colour, 1 to 8. In the report of a run 1 is layer 1 and answers, 2 is layer 2 and corrections. */
  readonly tone: number;
  /** x and y, by rising x. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Lowest and highest y at the same x, drawn as a band. */
  readonly band?: readonly (readonly [lo: number, hi: number])[];
  /** Draws the points faint, and over them their exponential mean: 0 to below 1. */
  readonly smoothing?: number;
  /** Points by themselves, such as evaluations. */
  readonly marks?: readonly (readonly [x: number, y: number])[];
}

/** One drawing. */
export interface Chart {
  readonly title: string;
  /** What x counts: `step`. */
  readonly axis: string;
  readonly series: readonly Series[];
}

const WIDTH = 360;
const HEIGHT = 190;
const PLOT = { left: 46, right: 10, top: 10, bottom: 24 };

/** Draws a chart; undefined where it has no point. */
export function renderChart({ title, axis, series }: Chart): Html | undefined {
  const drawn = series.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const xs = drawn.flatMap(({ points, marks = [] }) => [...points, ...marks].map(([x]) => x));
  const ys = drawn.flatMap(({ points, band = [], marks = [] }) => [...[...points, ...marks].map(([, y]) => y), ...band.flat()]);
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const ticks = niceTicks(Math.min(...ys), Math.max(...ys));
  const [lo, hi] = [ticks[0]!, ticks.at(-1)!];
  const px = (x: number): string =>
    (PLOT.left + ((WIDTH - PLOT.left - PLOT.right) * (x - first)) / Math.max(last - first, 1)).toFixed(1);
  const py = (y: number): string =>
    (HEIGHT - PLOT.bottom - ((HEIGHT - PLOT.top - PLOT.bottom) * (y - lo)) / (hi - lo)).toFixed(1);
  const grid = ticks.map(
    (y) =>
      markup`<line class="grid" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${py(y)}" y2="${py(y)}"/><text class="tick" x="${PLOT.left - 6}" y="${(Number(py(y)) + 3.5).toFixed(1)}" text-anchor="end">${short(y)}</text>`,
  );
  const lines = drawn.map(({ tone, points, band = [], smoothing = 0, marks = [] }) => {
    const pairs = (list: Series['points']): string[] => list.map(([x, y]) => `${px(x)},${py(y)}`);
    const at = pairs(points);
    const means = smooth(
      points.map(([, y]) => y),
      smoothing,
    );
    const calm = pairs(points.map(([x], i) => [x, means[i]!] as const));
    const edge = (side: 0 | 1): string[] => band.map((ends, i) => `${px(points[i]![0])},${py(ends[side])}`);
    const area =
      band.length > 1 ? markup`<polygon class="band tone${tone}" points="${[...edge(0), ...edge(1).reverse()].join(' ')}"/>` : '';
    const [cx, cy] = at[0]!.split(',');
    const faint = smoothing > 0 ? markup`<polyline class="curve faint tone${tone}" points="${at.join(' ')}"/>` : '';
    const dots = marks.map(([x, y]) => markup`<circle class="mark tone${tone}" cx="${px(x)}" cy="${py(y)}" r="4"/>`);
    return points.length === 1
      ? markup`<circle class="dot tone${tone}" cx="${cx!}" cy="${cy!}" r="3"/>${dots}`
      : markup`${area}${faint}<polyline class="curve tone${tone}" points="${calm.join(' ')}"/>${dots}`;
  });
  const legend = drawn.map(
    ({ label, tone, points }) => markup`<span class="key tone${tone}">${label} <b>${short(points.at(-1)![1])}</b></span>`,
  );
  const values = drawn.map(({ label, tone, points }) => ({ label, tone, points }));
  const geometry = { axis, left: PLOT.left, right: WIDTH - PLOT.right, first, last };
  return markup`<figure data-chart="${JSON.stringify({ ...geometry, values })}">
<figcaption>${title}<span class="keys">${legend}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} by ${axis}">${grid}
<text class="tick" x="${PLOT.left}" y="${HEIGHT - 7}">${xText(first)}</text>
<text class="tick" x="${WIDTH - PLOT.right}" y="${HEIGHT - 7}" text-anchor="end">${axis} ${xText(last)}</text>
${lines}<line class="cursor" y1="${PLOT.top}" y2="${HEIGHT - PLOT.bottom}" x1="-9" x2="-9"/></svg></figure>`;
}

/** Large counts are shortened. */
function xText(x: number): string {
  return x < 10_000 ? String(x) : countText(x);
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

/** Reads the values under the pointer: the legend shows them instead of the last ones. */
export const CHART_SCRIPT: string = `
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
      shown[i].textContent = Number(point[1].toPrecision(4)) + ' (' + chart.axis + ' ' + point[0] + ')';
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

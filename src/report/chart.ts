// Line charts as inline SVG, with a legend whose values follow the pointer (web/parts/pointer.ts). What is drawn is the caller's.
import { countText, short } from './format.js';
import type { Tag } from './html.js';
import { smooth } from './smooth.js';

/** One line of a chart. */
export interface Series {
  readonly label: string;
  /** Colour, 1 to 8. Where a chart is of one run, 1 is layer 1 and answers, 2 is layer 2 and corrections. */
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
  /** What it shows, in a sentence. */
  readonly doc?: string;
  /** What x counts: `step`. */
  readonly axis: string;
  readonly series: readonly Series[];
  /** Shares are written in per cent. */
  readonly percent?: boolean;
}

/** What the pointer's script reads from a drawing: where x lies, and the points of each line of the legend. */
export interface ChartFacts {
  readonly axis: string;
  readonly percent: boolean;
  readonly first: number;
  readonly last: number;
  readonly lines: readonly Series['points'][];
}

/** Size of the drawing, and the room around the plot. */
export const WIDTH = 360;
const HEIGHT = 190;
export const PLOT = { left: 46, right: 12, top: 10, bottom: 24 } as const;
/** Points of a line that are drawn at most: more would share a pixel. */
const MOST_POINTS = 400;

/** Text of a value of a chart. */
export const valueText = (y: number, percent: boolean): string => (percent ? `${short(100 * y)} %` : short(y));

/** Draws a chart; one without points is an empty frame, so that nothing moves when they come. */
export function chartFigure<T>(html: Tag<T>, { title, doc, axis, series, percent = false }: Chart): T {
  const drawn = series.map((line) => ({ ...line, ...thinned(line) }));
  const xs = drawn.flatMap(({ points, marks = [] }) => [...points, ...marks].map(([x]) => x));
  const ys = drawn.flatMap(({ points, band, marks = [] }) => [...[...points, ...marks].map(([, y]) => y), ...band.flat()]);
  const [first, last] = xs.length > 0 ? [Math.min(...xs), Math.max(...xs)] : [0, 1];
  const ticks = ys.length > 0 ? niceTicks(Math.min(...ys), Math.max(...ys)) : [0, 0.5, 1];
  const [lo, hi] = [ticks[0]!, ticks.at(-1)!];
  const px = (x: number): string =>
    (PLOT.left + ((WIDTH - PLOT.left - PLOT.right) * (x - first)) / Math.max(last - first, 1)).toFixed(1);
  const py = (y: number): string =>
    (HEIGHT - PLOT.bottom - ((HEIGHT - PLOT.top - PLOT.bottom) * (y - lo)) / (hi - lo)).toFixed(1);
  const at = (points: Series['points']): string => points.map(([x, y]) => `${px(x)},${py(y)}`).join(' ');
  const grid = ticks.map(
    (y) =>
      html`<g>
        <line class="grid" x1=${PLOT.left} x2=${WIDTH - PLOT.right} y1=${py(y)} y2=${py(y)} />
        <text class="tick" x=${PLOT.left - 6} y=${(Number(py(y)) + 3.5).toFixed(1)} text-anchor="end"
          >${valueText(y, percent)}</text
        >
      </g>`,
  );
  const counts = xs.length === 0 ? [] : xTicks(first, last);
  const below = counts.map(
    (x) =>
      html`<text class="tick" x=${px(x)} y=${HEIGHT - 7} text-anchor="middle">${x < 10_000 ? String(x) : countText(x)}</text>`,
  );
  const lines = drawn.map(({ tone, points, calm, band, marks = [] }) => {
    const edge = [
      ...band.map(([y], i) => [points[i]![0], y] as const),
      ...band.map(([, y], i) => [points[i]![0], y] as const).reverse(),
    ];
    const dots = marks.map(([x, y]) => html`<circle class="mark tone${tone}" cx=${px(x)} cy=${py(y)} r="4" />`);
    if (points.length < 2)
      return html`<g
        >${points.map(([x, y]) => html`<circle class="dot tone${tone}" cx=${px(x)} cy=${py(y)} r="3" />`)}${dots}</g
      >`;
    return html`<g>
      ${band.length > 1 && html`<polygon class="band tone${tone}" points=${at(edge)} />`}
      ${calm !== points && html`<polyline class="curve faint tone${tone}" points=${at(points)} />`}
      <polyline class="curve tone${tone}" points=${at(calm)} />${dots}
    </g>`;
  });
  const shown = drawn.map(({ label, tone, calm }) => ({
    label,
    tone,
    text: calm.length > 0 ? valueText(calm.at(-1)![1], percent) : '–',
  }));
  const legend = shown.map(
    ({ label, tone, text }) => html`<span class="key tone${tone}">${label} <b data-rest=${text}>${text}</b></span>`,
  );
  const facts: ChartFacts = { axis, percent, first, last, lines: drawn.map(({ points }) => points) };
  const said = shown.map(({ label, text }) => `${label} ${text}`).join(', ');
  return html`<figure data-chart=${JSON.stringify(facts)}>
    <figcaption title=${doc}><span class="title">${title}</span><span class="keys">${legend}</span></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} by ${axis}, at the end: ${said}">
      ${grid}${below}
      <text class="tick" x=${PLOT.left - 10} y=${HEIGHT - 7} text-anchor="end">${axis}</text>
      ${lines}
      <line class="cursor" y1=${PLOT.top} y2=${HEIGHT - PLOT.bottom} x1="-9" x2="-9" />
    </svg>
  </figure>`;
}

/** A line with no more points than can be told apart, and the same smoothed: `calm` is `points` where it is not. */
function thinned({ points, band = [], smoothing = 0 }: Series): {
  readonly points: Series['points'];
  readonly calm: Series['points'];
  readonly band: NonNullable<Series['band']>;
} {
  const every = Math.ceil(points.length / MOST_POINTS);
  const some = <P>(list: readonly P[]): readonly P[] =>
    every === 1 ? list : list.filter((_, i) => i % every === 0 || i === list.length - 1);
  const kept = some(points);
  if (smoothing === 0) return { points: kept, calm: kept, band: some(band) };
  const means = smooth(
    points.map(([, y]) => y),
    smoothing,
  );
  return { points: kept, calm: some(points.map(([x], i) => [x, means[i]!] as const)), band: some(band) };
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

/** Whole round values within [first, last]; the ends where there are too few. */
function xTicks(first: number, last: number): number[] {
  if (first === last) return [first];
  const inside = niceTicks(first, last).filter((x) => x >= first && x <= last && Number.isInteger(x));
  return inside.length > 1 ? inside : [Math.round(first), Math.round(last)];
}

// Curves of a run, or of several over each other, with a choice of what they lie along and how smooth they are: in reports and in the page.
import { useMemo, useState } from 'preact/hooks';
import { chartFigure, type Chart, type Series } from '../../src/report/chart.js';
import {
  AXES,
  CHARTS,
  drawingsOf,
  smoothingOf,
  type Axis,
  type Curve,
  type Curves as Charts,
  type CurvesRun,
} from '../../src/report/curves.js';
import { html, type Children } from '../html.js';

interface Props {
  readonly runs: readonly CurvesRun[];
  readonly axis?: Axis;
  /** Charts that stand at their places before they have a point, so that nothing moves; the others are drawn when they are asked for. */
  readonly first?: readonly Charts[];
}

const drawn = (charts: readonly Chart[]): Children =>
  html`<div class="charts">${charts.map((chart) => chartFigure(html, chart))}</div>`;

/** The view. */
export function Curves({ runs, axis: given = 'step', first = [] }: Props): Children {
  const [axis, setAxis] = useState<Axis>(given);
  const [chosen, setSmoothing] = useState<number | null>(null);
  const [isOpen, setOpen] = useState(first.length === 0);
  const smoothing = chosen ?? smoothingOf(Math.max(...runs.map(({ steps }) => steps.length)));
  // What is told many times a second draws the page again, but not the curves.
  const key = JSON.stringify([
    ...[axis, chosen, isOpen, first.length],
    ...runs.map(({ name, steps, evaluations }) => [name, steps.length, steps.at(-1)?.step, evaluations]),
  ]);
  const charts = useMemo(() => {
    const view = { axis, smoothing: chosen };
    const placed = first.map((chart) => whole(chart, axis, drawingsOf(runs, view, [chart])[0]));
    const more = isOpen ? CHARTS.filter((chart) => !first.includes(chart)) : [];
    const others = drawingsOf(runs, view, more);
    if (first.length === 0) return drawn(others);
    return html`${drawn(placed)}
      <details class="values" open=${isOpen} onToggle=${(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}>
        <summary>More curves</summary>
        ${drawn(others)}
      </details>`;
  }, [key]);
  return html`<div class="choices">
      <label
        >Along
        <select
          aria-label="What the curves lie along"
          onChange=${(event: Event) => setAxis((event.target as HTMLSelectElement).value as Axis)}
        >
          ${AXES.map((name) => html`<option value=${name} selected=${name === axis}>${name === 'step' ? 'steps' : name}</option>`)}
        </select></label
      >
      <label
        >Smoothing
        <input
          type="range"
          min="0"
          max="0.95"
          step="0.05"
          value=${smoothing}
          onInput=${(event: Event) => setSmoothing(Number((event.target as HTMLInputElement).value))}
      /></label>
      <span class="quiet">Faint: each step. Circles: held-out problems.</span>
    </div>
    ${charts}`;
}

/** A chart with all its lines, also those that have no point yet. */
function whole({ curves, ...about }: Charts, axis: Axis, found: Chart | undefined): Chart {
  const line = ({ label, tone }: Curve): Series =>
    found?.series.find((series) => series.label === label) ?? { label, tone, points: [] };
  return { ...about, axis, series: curves.map(line) };
}

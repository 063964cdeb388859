// Curves of a run, or of several over each other, with a choice of what they lie along and how smooth they are: in reports and in the page.
import { useMemo, useState } from 'preact/hooks';
import { chartFigure } from '../../src/report/chart.js';
import { AXES, drawingsOf, smoothingOf, type Axis, type Curves as Charts, type CurvesRun } from '../../src/report/curves.js';
import { html, type Children } from '../html.js';

interface Props {
  readonly runs: readonly CurvesRun[];
  readonly axis?: Axis;
  /** What is drawn; left out: everything that there is. */
  readonly charts?: readonly Charts[];
  /** Draws frames for charts that have nothing yet, so that nothing moves when it comes. */
  readonly frames?: readonly Charts[];
}

/** The view. */
export function Curves({ runs, axis: given = 'step', charts, frames = [] }: Props): Children {
  const [axis, setAxis] = useState<Axis>(given);
  const [chosen, setSmoothing] = useState<number | null>(null);
  const smoothing = chosen ?? smoothingOf(Math.max(...runs.map(({ steps }) => steps.length)));
  // What is told many times a second draws the page again, but not the curves.
  const key = JSON.stringify([
    axis,
    chosen,
    ...runs.map(({ name, steps, evaluations }) => [name, steps.length, steps.at(-1)?.step, evaluations]),
  ]);
  const drawn = useMemo(() => {
    const found = drawingsOf(runs, { axis, smoothing: chosen }, charts);
    const missing = frames.filter(({ title }) => !found.some((chart) => chart.title.split(' = ').includes(title)));
    const empty = missing.map(({ curves, ...about }) => ({
      ...{ ...about, axis },
      series: curves.map(({ label, tone }) => ({ label, tone, points: [] })),
    }));
    return html`<div class="charts">${[...found, ...empty].map((chart) => chartFigure(html, chart))}</div>`;
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
    ${drawn}`;
}

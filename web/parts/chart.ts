// A line chart over the steps (uPlot): each metric as it is, faint, and smoothed. Colours come from the page's style, so that both schemes fit.
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { short } from '../../src/report/format.js';
import { smooth } from '../../src/report/smooth.js';
import { html, type Children } from '../html.js';

/** One line. */
export interface Line {
  readonly label: string;
  /** 1: first answers; 2: corrections. */
  readonly tone: 1 | 2;
  /** One per step; null where there is none. */
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** What the lines are, in a sentence. */
  readonly doc: string;
  readonly steps: readonly number[];
  readonly lines: readonly Line[];
  /** 0: none; towards 1: more. */
  readonly smoothing: number;
  /** Shares are drawn in per cent. */
  readonly percent?: boolean;
}

type Plot = typeof uPlot;

const HEIGHT = 150;

/** Drawing is loaded with the first chart. It can fail where the browser's language is none; then there is the table. */
let drawing: Promise<Plot | null> | undefined;

function loadDrawing(): Promise<Plot | null> {
  drawing ??= import('uplot').then(
    (module) => module.default,
    () => null,
  );
  return drawing;
}

const percentText = (x: number): string => `${short(100 * x)} %`;

/** Draws one chart; its lines move, the frame is made once. */
export function Chart({ title, doc, steps, lines, smoothing, percent = false }: Props): Children {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const text = percent ? percentText : short;
  const shown = lines.map(({ values }) => smooth(values, smoothing));
  const last = shown.map((values) => values.findLast((value) => value !== null) ?? null);
  const data = [[...steps], ...lines.flatMap(({ values }, i) => [[...values], shown[i]!])] as uPlot.AlignedData;

  // A frame that is made again, for another colour scheme, shows what is there by then.
  const latest = useRef(data);
  latest.current = data;
  const [found, setFound] = useState<{ readonly Plot: Plot | null } | null>(null);
  const Plot = found?.Plot;
  useEffect(() => void loadDrawing().then((made) => setFound({ Plot: made })), []);
  useEffect(() => {
    if (!Plot) return;
    const element = place.current!;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new Plot(optionsOf(element, lines, text), latest.current, element);
    };
    make();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    return () => {
      resized.disconnect();
      scheme.removeEventListener('change', make);
      plot.current?.destroy();
    };
  }, [Plot]);
  useEffect(() => plot.current?.setData(data));

  const said = lines.map(({ label }, i) => `${label} ${last[i] === null ? 'nothing yet' : text(last[i]!)}`).join(', ');
  return html`<figure class="chart">
    <figcaption title=${doc}>
      <b>${title}</b>
      ${lines.map(
        ({ label, tone }, i) =>
          html`<span class="key tone${tone}">${label} <b>${last[i] === null ? '–' : text(last[i]!)}</b></span>`,
      )}
    </figcaption>
    <div ref=${place} class="plot" role="img" aria-label="${title} by step: ${said}">
      ${found?.Plot === null && 'This browser cannot draw curves; the table below has the values.'}
    </div>
  </figure>`;
}

function optionsOf(element: HTMLElement, lines: readonly Line[], text: (x: number) => string): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: false, range: (_, lo, hi) => [lo, Math.max(hi, lo + 1)] } },
    axes: [
      { ...axis, size: 22, gap: 2, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], grid: { show: false } },
      { ...axis, size: 50, gap: 4, space: 26, values: (_, ticks) => ticks.map(text) },
    ],
    series: [
      {},
      ...lines.flatMap(({ tone }): uPlot.Series[] => {
        const stroke = colour(tone === 1 ? '--one' : '--two');
        return [
          { stroke, width: 1, alpha: 0.28, points: { show: false } },
          { stroke, width: 2, points: { show: false } },
        ];
      }),
    ],
  };
}

// The values under the pointer, in the legend of whichever chart it is over; the last ones again when it has left.
import { PLOT, WIDTH, valueText, type ChartFacts } from '../../src/report/chart.js';

/** Follows the pointer over all charts of the document, those to come too. */
export function followPointer(): void {
  let over: Element | null = null;
  const follow = (event: Event): void => {
    const figure = (event.target as Element).closest?.('figure[data-chart] svg')?.closest('figure') ?? null;
    if (over && over !== figure) leave(over);
    over = figure;
    if (figure) show(figure, (event as PointerEvent).clientX);
  };
  document.addEventListener('pointermove', follow);
  document.addEventListener('pointerdown', follow);
  document.documentElement.addEventListener('pointerleave', () => over && leave(over));
}

function show(figure: Element, clientX: number): void {
  const { axis, percent, first, last, lines } = JSON.parse(figure.getAttribute('data-chart')!) as ChartFacts;
  const box = figure.querySelector('svg')!.getBoundingClientRect();
  const span = Math.max(last - first, 1);
  const right = WIDTH - PLOT.right;
  const wanted = first + ((((clientX - box.left) / box.width) * WIDTH - PLOT.left) / (right - PLOT.left)) * span;
  const values = figure.querySelectorAll('.key b');
  lines.forEach((points, i) => {
    if (points.length === 0) return;
    const [x, y] = points.reduce((a, b) => (Math.abs(b[0] - wanted) < Math.abs(a[0] - wanted) ? b : a));
    write(values[i]!, `${valueText(y, percent)} (${axis} ${Math.round(x)})`);
    move(figure, PLOT.left + ((right - PLOT.left) * (x - first)) / span);
  });
}

function leave(figure: Element): void {
  for (const value of figure.querySelectorAll('.key b')) write(value, value.getAttribute('data-rest')!);
  move(figure, -9);
}

/** The text node stays: it belongs to who drew it, and may change it. */
function write(element: Element, text: string): void {
  (element.firstChild as Text).data = text;
}

function move(figure: Element, x: number): void {
  const cursor = figure.querySelector('.cursor')!;
  for (const name of ['x1', 'x2']) cursor.setAttribute(name, String(x));
}

// A run of the bench for people: a table, and an HTML page with a roofline that needs nothing else. Pure functions of the report.
import { alignColumns, short } from '../report/format.js';
import { markup, type Html } from '../report/html.js';
import { page } from '../report/shell.js';
import type { BenchReport, BenchResult, Compared } from './run.js';

const percent = (share: number): string => `${short(100 * share)} %`;
const spreadOf = ({ ms }: BenchResult): string => `${short(ms.least)}–${short(ms.most)}`;

const HEAD = ['case', 'ms', 'least–most', 'GFLOP/s', 'GB/s', 'of the roof', 'tokens/s'];
const columnsOf = (r: BenchResult): string[] => [
  short(r.ms.median),
  spreadOf(r),
  r.flops > 0 ? short(r.gflops) : '',
  short(r.gbs),
  percent(r.roof),
  r.tokensPerSecond === null ? '' : short(r.tokensPerSecond),
];

/** What was measured, as lines of text. */
export function benchTable(report: BenchReport): string {
  const table = alignColumns([HEAD, ...report.results.map((r) => [`${r.model} ${r.name}`, ...columnsOf(r)])]);
  return [table, ...(report.leftOut ?? []).map(({ model, name, why }) => `left out: ${model} ${name}: ${why}`)].join('\n');
}

/** Two runs side by side, as lines of text. */
export function compareTable(rows: readonly Compared[]): string {
  return alignColumns([
    ['case', 'before, ms', 'after, ms', 'after / before', ''],
    ...rows.map((r) => [
      `${r.model} ${r.name}`,
      short(r.before),
      short(r.after),
      short(r.quotient),
      r.clear ? '' : 'ranges touch',
    ]),
  ]);
}

/** Makes the page. @param about rows of facts, such as version and machine */
export function renderBench(report: BenchReport, about: readonly (readonly [string, string])[] = []): string {
  const { device, rounds, ceilings, results } = report;
  const facts: (readonly [string, string])[] = [
    ['device', device.description],
    ['rounds', String(rounds)],
    ['multiply-adds', `${short(ceilings.fma.value)} GFLOP/s`],
    ['copy', `${short(ceilings.copy.value)} GB/s`],
    ['dispatch', `${short(ceilings.dispatch.value)} µs`],
    ['read-back', `${short(ceilings.readback.value)} µs`],
    ...about,
  ];
  const models = [...new Set(results.map(({ model }) => model))];
  const body = markup`<h2>Roofline</h2>
<p class="quiet">What a case reaches over its arithmetic intensity; the line is what the device can do at most, measured in the same run:
${ceilings.fma.how}; ${ceilings.copy.how}. Point at a dot for its name. Bytes are the least that must move, so a cache can lift a dot above the slope.</p>
${roofline(report, models)}
${models.map((model) => section(model, results))}`;
  return page(`mgrpo bench: ${device.description}`, facts, body);
}

function section(model: string, results: readonly BenchResult[]): Html {
  const rows = results.filter((r) => r.model === model);
  return markup`<h2>${model}</h2>
<div class="scroll"><table><thead><tr>${HEAD.map((name) => markup`<th>${name}</th>`)}</tr></thead>
<tbody>${rows.map((r) => markup`<tr><th>${r.name}</th>${columnsOf(r).map((text) => markup`<td class="num">${text}</td>`)}</tr>`)}</tbody></table></div>`;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [920, 420, 64, 28, 22, 40];

/** Powers of ten from below the least to above the largest. */
function decades(values: readonly number[]): readonly [number, number] {
  return [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
}

function roofline({ ceilings, results }: BenchReport, models: readonly string[]): Html {
  const points = results.filter(({ flops }) => flops > 0);
  const [fma, copy] = [ceilings.fma.value, ceilings.copy.value];
  const intensity = (r: BenchResult): number => r.flops / r.bytes;
  const [x0, x1] = decades([...points.map(intensity), fma / copy]);
  const [y0, y1] = decades([...points.map((r) => r.gflops), fma]);
  const x = (v: number): number => LEFT + ((Math.log10(v) - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT);
  const y = (v: number): number => HEIGHT - BOTTOM - ((Math.log10(v) - y0) / (y1 - y0)) * (HEIGHT - BOTTOM - TOP);
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const start = Math.max(10 ** x0, 10 ** y0 / copy);
  const roof = [
    [start, start * copy],
    [fma / copy, fma],
    [10 ** x1, fma],
  ].map(([a, b]) => `${x(a!).toFixed(1)},${y(b!).toFixed(1)}`);
  const tone = (model: string): string => `tone${(models.indexOf(model) % 8) + 1}`;
  return markup`<figure><figcaption><span class="keys">${models.map((model) => markup`<span class="key ${tone(model)}">${model}</span>`)}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Roofline">
${range(x0, x1).map((v) => markup`<line class="grid" x1="${x(v)}" x2="${x(v)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text class="tick" x="${x(v)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${short(v)}</text>`)}
${range(y0, y1).map((v) => markup`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(v)}" y2="${y(v)}"/><text class="tick" x="${LEFT - 8}" y="${y(v) + 4}" text-anchor="end">${short(v)}</text>`)}
<text class="tick" x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">operations per byte</text><text class="tick" x="${LEFT}" y="12">GFLOP/s</text>
<polyline class="curve tone8" points="${roof.join(' ')}"/>
${points.map((r) => markup`<circle class="dot ${tone(r.model)}" cx="${x(intensity(r)).toFixed(1)}" cy="${y(r.gflops).toFixed(1)}" r="${r.group === 'phase' ? 6 : 4}"><title>${r.model} ${r.name}: ${short(r.gflops)} GFLOP/s, ${percent(r.roof)} of the roof</title></circle>`)}
</svg></figure>`;
}

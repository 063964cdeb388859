// Numbers and tables for people: on the terminal, in the report, on a page.
import type { Metric } from '../algo/evaluation.js';

/** A number with about three significant digits, without needless zeros. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size >= 1e6 || size < 1e-3) return Number(x.toPrecision(3)).toExponential().replace('e+', 'e');
  return String(Number(x.toPrecision(size >= 1000 ? 4 : 3)));
}

/** A count with a unit letter: 950, 1.2k, 3.4M. */
export function countText(n: number): string {
  if (n < 1000) return String(Math.round(n));
  return n < 1e6 ? `${(n / 1e3).toPrecision(3)}k` : `${(n / 1e6).toPrecision(3)}M`;
}

/** Seconds as people write them: 12 ms, 8.1 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds > 0 && seconds < 0.095) return `${(1000 * seconds).toPrecision(2)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** Bytes in KiB, MiB or GiB. */
export function bytesText(bytes: number): string {
  const mib = bytes / 2 ** 20;
  if (mib < 0.1) return `${(bytes / 1024).toFixed(0)} KiB`;
  return mib < 1024 ? `${mib.toFixed(mib < 10 ? 1 : 0)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}

/** Whether the interval of `after` lies wholly above (1) or below (-1) that of `before`; 0 where they overlap. */
export function clearChange(before: Metric, after: Metric): -1 | 0 | 1 {
  if (after.ci95[0] > before.ci95[1]) return 1;
  return after.ci95[1] < before.ci95[0] ? -1 : 0;
}

type Metrics = Readonly<Record<string, Metric>>;

/** Metrics as a table of aligned columns; with `after`, before and after side by side. */
export function metricTable(before: Metrics, after?: Metrics): string {
  const cell = (m: Metric | undefined): string =>
    m ? `${m.value.toFixed(3)}  [${m.ci95[0].toFixed(3)}, ${m.ci95[1].toFixed(3)}]` : '';
  const names = [...new Set([...Object.keys(before), ...Object.keys(after ?? {})])];
  const rows = names.map((name) => {
    const [b, a] = [before[name], after?.[name]];
    if (!after) return [name, cell(b), String(b!.n)];
    const change = a && b ? ['clearly lower', '', 'clearly higher'][clearChange(b, a) + 1]! : '';
    return [name, cell(b), cell(a), a && b ? signed(a.value - b.value) : '', change];
  });
  const head = after
    ? ['', 'before  [95 % interval]', 'after  [95 % interval]', 'change', '']
    : ['', 'value  [95 % interval]', 'n'];
  return alignColumns([head, ...rows]);
}

/** Accuracy by turn with its 95 % interval, and what each turn changes in the answers before it. */
export function turnTable(metrics: Metrics): string {
  const text = (m: Metric | undefined): string => (m ? m.value.toFixed(3) : '');
  const rows: string[][] = [];
  for (let k = 1; metrics[`acc_t${k}`]; k++) {
    const { value, ci95 } = metrics[`acc_t${k}`]!;
    const suffix = k > 2 ? `_t${k}` : '';
    const changes = ['delta_i_to_c', 'delta_c_to_i', 'answer_change_rate'].map((name) => metrics[name + suffix]);
    rows.push([
      `turn ${k}`,
      `${value.toFixed(3)}  [${ci95[0].toFixed(3)}, ${ci95[1].toFixed(3)}]`,
      ...changes.map((m) => (k > 1 ? text(m) : '')),
    ]);
  }
  return alignColumns([['', 'right  [95 % interval]', 'wrong to right', 'right to wrong', 'changed'], ...rows]);
}

function signed(x: number): string {
  return `${x < 0 ? '-' : '+'}${Math.abs(x).toFixed(3)}`;
}

/** Rows of cells as lines, each column as wide as its widest cell. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column]!)).join('  ')}`.trimEnd()).join('\n');
}

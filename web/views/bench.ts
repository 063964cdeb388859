// Bench: how fast this browser computes what a training computes; the suite, the figures and the file of `mgrpo bench`.
import { useRef, useState } from 'preact/hooks';
import type { BenchReport } from '../../src/bench/run.js';
import { short } from '../../src/report/format.js';
import { html, type Children } from '../html.js';
import { routeTo } from '../route.js';
import { update, type State } from '../state.js';
import { isTraining, runBench, stopBench, type Suite } from '../store.js';

const SUITES: readonly (readonly [Suite, string])[] = [
  ['builtin', 'the built-in model: seconds'],
  ['quick', 'few and small cases: minutes'],
  ['all', 'all cases'],
];

/** The view. */
export function Bench({ state }: { readonly state: State }): Children {
  const { report, progress } = state.bench;
  const [suite, setSuite] = useState<Suite>('builtin');
  const file = useRef<HTMLInputElement>(null);
  const [other, setOther] = useState<BenchReport | null>(() => reportOf(state.route.query.get('r')));
  const busy = isTraining(state);
  const take = async (files: FileList): Promise<void> => {
    try {
      setOther(parsed(await files[0]!.text()));
    } catch {
      update({ problem: `${files[0]!.name} is not a report of mgrpo bench: it holds JSON of the schema mgrpo-bench/1.` });
    }
  };
  return html`<section class="hero small">
      <h1>How fast is this browser?</h1>
      <p>
        The operations and phases of a training, beside the most that the device can do; the same suite as ${' '}<code
          >mgrpo bench</code
        >.
      </p>
    </section>
    <section class="controls" aria-label="Controls">
      <p class="buttons">
        ${
          progress === null
            ? html`<button type="button" class="primary" disabled=${busy} onClick=${() => runBench(suite)}>Measure</button>`
            : html`<button type="button" class="primary" onClick=${stopBench}>Stop</button>`
        }
        <label class="check" for="suite">Suite</label>
        <select
          id="suite"
          disabled=${progress !== null}
          onChange=${(event: Event) => setSuite((event.target as HTMLSelectElement).value as Suite)}
        >
          ${SUITES.map(([name, label]) => html`<option value=${name} selected=${name === suite}>${label}</option>`)}
        </select>
        ${report && html`<button type="button" onClick=${() => download(report)}>Download (.json)</button>`}
        <button type="button" onClick=${() => file.current!.click()}>Compare with a file</button>
        <input
          ref=${file}
          class="hidden"
          type="file"
          accept=".json"
          tabindex="-1"
          aria-label="Report to compare with"
          onChange=${(event: Event) => void take((event.target as HTMLInputElement).files!)}
        />
      </p>
      <div class="course">
        <progress max=${progress?.total ?? 1} value=${progress?.done ?? 0} aria-label="Cases measured"></progress>
        <p class="quiet" role="status">
          ${
            busy
              ? 'A training is under way; stop it first.'
              : progress
                ? `${progress.done + 1} of ${progress.total}: ${progress.name}`
                : report
                  ? `measured on ${report.device.description}`
                  : 'ready; other work on this machine makes the figures worse'
          }
        </p>
      </div>
    </section>
    ${(report ?? other) && html`<${Figures} report=${(report ?? other)!} />`}
    ${report && other && html`<${Versus} before=${other} after=${report} />`}
    ${
      report &&
      html`<p>
        <a href=${routeTo('bench', { r: linkOf(report) })}>A link to these figures</a>: whoever opens it and measures sees both.
      </p>`
    }`;
}

function Figures({ report: { device, ceilings, results } }: { readonly report: BenchReport }): Children {
  const tops: readonly (readonly [string, number, string])[] = [
    ['multiply-adds', ceilings.fma.value, 'GFLOP/s'],
    ['copy', ceilings.copy.value, 'GB/s'],
    ['dispatch', ceilings.dispatch.value, 'µs'],
    ['read-back', ceilings.readback.value, 'µs'],
  ];
  return html`<section class="card" aria-labelledby="bench-figures">
    <h2 id="bench-figures">${device.description || device.kind}</h2>
    <p class="quiet">At most: ${tops.map(([name, value, unit]) => `${name} ${short(value)} ${unit}`).join(', ')}.</p>
    <${Table}
      label="Figures"
      head=${['case', 'ms', 'least–most', 'GFLOP/s', 'of the roof', 'tokens/s']}
      rows=${results.map((r) => [
        `${r.model} ${r.name}`,
        short(r.ms.median),
        `${short(r.ms.least)}–${short(r.ms.most)}`,
        r.flops > 0 ? short(r.gflops) : '',
        `${short(100 * r.roof)} %`,
        r.tokensPerSecond === null ? '' : short(r.tokensPerSecond),
      ])}
    />
  </section>`;
}

/** Two reports, case by case. */
function Versus({ before, after }: { readonly before: BenchReport; readonly after: BenchReport }): Children {
  const old = new Map(before.results.map((r) => [`${r.model} ${r.name}`, r.ms]));
  const rows = after.results.flatMap(({ model, name, ms }) => {
    const then = old.get(`${model} ${name}`);
    if (!then) return [];
    const clear = ms.most < then.least || ms.least > then.most;
    return [
      [`${model} ${name}`, short(then.median), short(ms.median), short(ms.median / then.median), clear ? 'yes' : 'ranges touch'],
    ];
  });
  return html`<section class="card" aria-labelledby="bench-versus">
    <h2 id="bench-versus">Beside ${before.device.description || before.device.kind}</h2>
    <${Table} label="Comparison" head=${['case', 'there, ms', 'here, ms', 'here / there', 'sure']} rows=${rows} />
  </section>`;
}

function Table({
  label,
  head,
  rows,
}: {
  readonly label: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}): Children {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, ...cells]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${cells.map((text) => html`<td class="num">${text}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function download(report: BenchReport): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(report, null, 1)}\n`], { type: 'application/json' }));
  link.download = 'mgrpo-bench.json';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The whole report in an address: figures to four digits. */
function linkOf(report: BenchReport): string {
  return JSON.stringify(report, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value));
}

/** The report of an address, or null where there is none. */
function reportOf(text: string | null): BenchReport | null {
  try {
    return text === null ? null : parsed(text);
  } catch {
    return null;
  }
}

/** @throws where it is not a report, or lacks what is shown here */
function parsed(text: string): BenchReport {
  const report = JSON.parse(text) as BenchReport;
  const spreads = report.results.map(({ ms }) => ms);
  const tops = [report.ceilings.fma, report.ceilings.copy, report.ceilings.dispatch, report.ceilings.readback];
  const numbers = [...spreads.flatMap(({ median, least, most }) => [median, least, most]), ...tops.map(({ value }) => value)];
  const isSound =
    report.schema === 'mgrpo-bench/1' && numbers.every(Number.isFinite) && typeof report.device.description === 'string';
  if (!isSound) throw new Error('not a report of the bench');
  return report;
}

// `mgrpo bench`: how fast this machine's device is, kernel by kernel and phase by phase. What is measured, is in bench/.
import { readFileSync, writeFileSync } from 'node:fs';
import {
  BENCH_SCHEMA,
  benchTable,
  compareBench,
  compareTable,
  DEVICE_OPTIONS,
  MgrpoError,
  peersTable,
  renderBench,
  runBench,
} from '../index.js';
import type { BenchReport } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { printResult, say } from './output.js';
import { checkPeers, measurePeers } from './peers.js';
import { withSession } from './session.js';
import { packageVersion } from './version.js';

const file = (doc: string) => ({ section: 'bench', type: 'string', nullable: true, default: null, doc }) as const;

const OWN = {
  ...DEVICE_OPTIONS,
  quick: { section: 'bench', type: 'boolean', default: false, doc: 'Few and small cases: about two minutes on two CPU cores.' },
  rounds: { section: 'bench', type: 'integer', min: 3, default: 5, doc: 'Interleaved rounds; figures are medians.' },
  models: {
    section: 'bench',
    type: 'strings',
    nullable: true,
    default: null,
    doc: 'Whose shapes: builtin-0.2m, smollm2-135m, qwen2.5-0.5b, 7b-layer. None: all, with --quick the first two.',
  },
  output: file('File for the report, as JSON.'),
  html: file('File for the report as one HTML page, with a roofline.'),
  peers: file(
    'Folder with other libraries (bench/peers of this package, installed): kernels beside theirs, on one device of WebGPU.',
  ),
  compare: file(
    'A report of another run, to compare this run with; a second one behind it is compared instead, and nothing is measured.',
  ),
} as const satisfies OptionTable;

export const benchSpec: CommandSpec = {
  name: 'bench',
  summary: 'measure kernels and phases of training on this machine',
  usage: `mgrpo bench: kernels at the shapes of four models and the phases of training, beside what the device can do at most

  mgrpo bench [--quick] [--device D] [--output F.json] [--html F.html]
  mgrpo bench --compare before.json after.json
  mgrpo bench --peers FOLDER [--device D] [--output F.json]

With --peers the exit code is 1 where a peer is ahead in a kernel, or computes something else. Other load on the machine falls on all cases alike, but makes all slower. The last line on stdout is the report, or the comparison.`,
  own: OWN,
};

/** `mgrpo bench` */
export async function benchCommand(argv: readonly string[]): Promise<Work | null> {
  const second = argv.at(-3) === '--compare' && argv.at(-1)?.startsWith('--') === false ? argv.at(-1) : undefined;
  const problems: string[] = [];
  const given = readFlags(benchSpec, second === undefined ? argv : argv.slice(0, -1), problems);
  if (given === null) return null;
  const settings = ownSettings(benchSpec, OWN, given, problems);
  refuse('bench', problems);
  const { quick, rounds, models, output, html, compare, peers } = settings;
  const save = (report: object): void => {
    if (output !== null) writeFileSync(output, `${JSON.stringify({ ...report, mgrpo: packageVersion() }, null, 1)}\n`);
  };
  const before = compare === null ? null : readReport(compare);
  if (before && second !== undefined) {
    const after = readReport(second);
    return () => finish(before, after);
  }
  if (peers !== null) checkPeers(peers);
  return () =>
    withSession(settings, 'stopping', async ({ device, progress, signal }) => {
      const onProgress = (done: number, total: number, name: string): void => progress.line(`${done + 1}/${total} ${name}`);
      if (peers !== null) {
        const report = await measurePeers(device, settings, peers, { rounds, signal, onProgress });
        say(peersTable(report));
        save(report);
        await printResult(report);
        return report.behind.length + report.unequal.length > 0 ? 1 : 0;
      }
      const report = await runBench(device, {
        ...{ quick, rounds, signal, onProgress },
        ...(models && { models }),
      });
      say(benchTable(report));
      save(report);
      if (html !== null) writeFileSync(html, renderBench(report, [['mgrpo', packageVersion()]]));
      if (before) return finish(before, report);
      await printResult(report, true);
      return 0;
    });
}

async function finish(before: BenchReport, after: BenchReport): Promise<number> {
  const rows = compareBench(before, after);
  say(compareTable(rows));
  await printResult({ before: before.device, after: after.device, rows }, true);
  return 0;
}

function readReport(path: string): BenchReport {
  let report: Partial<BenchReport>;
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as Partial<BenchReport>;
  } catch (cause) {
    throw new MgrpoError('bad_file', `bench: expected a report in ${path}, got ${String(cause)}`, { cause });
  }
  if (report.schema !== BENCH_SCHEMA)
    throw new MgrpoError('bad_file', `bench: expected schema ${BENCH_SCHEMA} in ${path}, got ${String(report.schema)}`);
  return report as BenchReport;
}

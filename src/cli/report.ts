// `mgrpo report`: the page of a run anew, or several runs laid over each other. What stands in it, is in report/.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readReportData, renderReport, renderRuns } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { NodeFiles } from '../platform/node-files.js';
import { leadingWords, ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { printResult } from './output.js';

const OWN = {
  axis: {
    section: 'report',
    type: 'choice',
    choices: ['step', 'tokens', 'seconds'],
    default: 'step',
    doc: 'What curves of several runs are drawn over: steps, tokens sampled, or seconds of the steps.',
  },
  output: {
    section: 'report',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'File of the page. None: report.html in the folder of the only run, runs.html here for several.',
  },
} as const satisfies OptionTable;

export const reportSpec: CommandSpec = {
  name: 'report',
  summary: 'the page of a run, or of several laid over each other',
  usage: `mgrpo report: one page from the folders of runs, also while they train

  mgrpo report RUN [RUN ...] [--axis step|tokens|seconds] [--output F.html]

The last line on stdout is {"report"}.`,
  own: OWN,
};

/** `mgrpo report` */
export async function reportCommand(argv: readonly string[]): Promise<Work | null> {
  const [folders, flags] = leadingWords(argv);
  const problems: string[] = [];
  const given = readFlags(reportSpec, flags, problems);
  if (given === null) return null;
  const { axis, output } = ownSettings(reportSpec, OWN, given, problems);
  if (folders.length === 0) problems.push('expected folders of runs, got none');
  refuse('report', problems);
  const runs = await Promise.all(
    folders.map(async (folder) => ({
      name: path.basename(path.resolve(folder)),
      data: await readReportData(new NodeFiles(folder)),
    })),
  );
  const [only] = runs;
  const page = runs.length === 1 ? renderReport(only!.data) : renderRuns(runs, axis);
  const file = output ?? (runs.length === 1 ? path.join(folders[0]!, 'report.html') : 'runs.html');
  return async () => {
    writeFileSync(file, page);
    await printResult({ report: file });
    return 0;
  };
}

// `mgrpo`: finds the command, turns errors into one message and an exit code.
import { MgrpoError } from '../errors.js';
import { nearest } from '../options/nearest.js';
import { asWritten } from './as-written.js';
import { benchCommand, benchSpec } from './bench.js';
import { evalCommand, evalSpec } from './eval.js';
import { exportCommand, exportSpec } from './export.js';
import { UsageError, helpText, shortHelp } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { generateCommand, generateSpec } from './generate.js';
import { infoCommand, infoSpec } from './info.js';
import { mergeCommand, mergeSpec } from './merge.js';
import { say, wantJson } from './output.js';
import { pushCommand, pushSpec } from './push.js';
import { reportCommand, reportSpec } from './report.js';
import { sftCommand, sftSpec } from './sft.js';
import { studyCommand, studySpec } from './study.js';
import { trainCommand, trainSpec } from './train.js';
import { tuneCommand, tuneSpec } from './tune.js';
import { verifyCommand, verifySpec } from './verify.js';
import { uiCommand, uiSpec } from './ui.js';
import { packageVersion } from './version.js';

/** Checks the words after the command, and gives what is left to do; null where they ask for help. */
type Prepare = (argv: string[]) => Promise<Work | null>;

const COMMANDS: readonly { readonly spec: CommandSpec; readonly prepare: Prepare }[] = [
  { spec: trainSpec, prepare: trainCommand },
  { spec: sftSpec, prepare: sftCommand },
  { spec: evalSpec, prepare: evalCommand },
  { spec: studySpec, prepare: studyCommand },
  { spec: reportSpec, prepare: reportCommand },
  { spec: generateSpec, prepare: generateCommand },
  { spec: mergeSpec, prepare: mergeCommand },
  { spec: exportSpec, prepare: exportCommand },
  { spec: pushSpec, prepare: pushCommand },
  { spec: verifySpec, prepare: verifyCommand },
  { spec: benchSpec, prepare: benchCommand },
  { spec: tuneSpec, prepare: tuneCommand },
  { spec: infoSpec, prepare: infoCommand },
  { spec: uiSpec, prepare: uiCommand },
];

function overview(): string {
  const list = COMMANDS.map(({ spec }) => `  ${spec.name.padEnd(9)} ${spec.summary}`).join('\n');
  return `mgrpo ${packageVersion()}: reinforcement-learning post-training of small language models on WebGPU

usage: mgrpo <command> [options]

${list}

mgrpo <command> --help lists the options of a command that are used most, --help-all all of them.
Results are JSON, the last line on stdout, where that is no terminal or --json is given; everything else goes to stderr.
Exit codes: 0 done, 1 an error, 2 a wrong call, 130 stopped by Ctrl-C after saving.
`;
}

async function main(argv: string[]): Promise<number> {
  const [name, ...words] = argv;
  const rest = words.filter((word) => word !== '--json');
  if (rest.length < words.length) wantJson();
  if (name === undefined) {
    process.stderr.write(overview());
    return 2;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview());
    return 0;
  }
  if (name === '--version') {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const command = COMMANDS.find(({ spec }) => spec.name === name);
  if (!command) {
    const names = COMMANDS.map(({ spec }) => spec.name);
    throw new UsageError(`mgrpo: unknown command ${name}; the nearest is ${nearest(name, names)}; see mgrpo --help`);
  }
  const work = await prepared(() => command.prepare(rest));
  if (work !== null) return work();
  process.stdout.write(rest.includes('--help-all') ? helpText(command.spec) : shortHelp(command.spec));
  return 0;
}

/** What is left to do; a setting that is refused before any of it begins is a wrong call. */
async function prepared(prepare: () => Promise<Work | null>): Promise<Work | null> {
  try {
    return await prepare();
  } catch (error) {
    if (error instanceof MgrpoError && error.code === 'invalid_argument') throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** One message for errors that are meant for people; the stack too under MGRPO_DEBUG, and for whatever is not meant. */
function report(error: unknown, [name, ...argv]: readonly string[]): number {
  const spec = COMMANDS.find((command) => command.spec.name === name)?.spec;
  const named = (message: string): string => (spec ? asWritten(message, spec, argv) : message);
  if (error instanceof UsageError) {
    say(`error: ${named(error.message)}`);
    return 2;
  }
  const isExpected = error instanceof MgrpoError;
  const text =
    error instanceof Error
      ? isExpected && !process.env['MGRPO_DEBUG']
        ? named(error.message)
        : (error.stack ?? error.message)
      : String(error);
  say(`error: ${text}`);
  if (!isExpected) say('this is a bug in mgrpo, please report it with the command and this text');
  return 1;
}

// A reader that is gone (mgrpo … | head) is no error of ours; a command that trains saves and ends (signals.ts).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error, process.argv.slice(2));
}

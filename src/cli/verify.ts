// `mgrpo verify`: judges one pair, or a file of them.
import path from 'node:path';
import { TRUNCATED_OPTION, VERIFIER_OPTIONS } from '../config/verifier.js';
import { MgrpoError, show } from '../errors.js';
import { alignColumns, isCountdownTask, keepRow, readRecords } from '../index.js';
import type { DataRecord } from '../index.js';
import type { OptionTable, Settings } from '../options/table.js';
import { NodeFiles } from '../platform/node-files.js';
import { responseText, verify, verifyBatch } from '../verify.js';
import type { CountdownTask, Verdict, VerifyOptions, VerifyPair } from '../verify.js';
import { columnNames } from './data.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, GivenValues, Work } from './flags.js';
import { printResult, say } from './output.js';

const text = (section: string, doc: string) => ({ section, type: 'string', default: '', doc }) as const;

const OWN = {
  gold: text('one pair', 'The right answer; {"numbers": [3, 7, 25], "target": 32} is a countdown task.'),
  response: text('one pair', 'Text in which the final answer is found.'),
  pred: text('one pair', 'The answer itself, instead of a text.'),
  input: text(
    'files',
    'Rows with gold (a text, a number, a list of them, or a countdown task) and pred or response (a text, or chat messages): JSON lines, JSON, CSV, TSV or parquet, packed with gzip or not.',
  ),
  output: text('files', 'Where the same rows go as JSON lines, with verdict (true or false), extracted and reason.'),
  column: {
    section: 'files',
    type: 'strings',
    nullable: true,
    default: null,
    doc: 'NAME=COLUMN: the column that holds gold, pred, response or truncated, for example gold=answer.',
  },
  ...TRUNCATED_OPTION,
  ...VERIFIER_OPTIONS,
} as const satisfies OptionTable;

export const verifySpec: CommandSpec = {
  name: 'verify',
  summary: 'does an answer mean the same as the right one?',
  usage: `mgrpo verify: does an answer mean the same as the gold answer?

  mgrpo verify --gold G --response R     find the final answer in text R and compare it
  mgrpo verify --gold G --pred P         P is the answer itself
  mgrpo verify --input F [--output G]    many pairs, a row each

The last line on stdout is one JSON object: the verdict, or the counts, which stderr shows as a table. Rows that cannot be read
are named there, counted as "unreadable", and written with verdict false: the accuracy counts them as wrong.
Exit code: 0 when the verdicts were given, whatever they are; 1 on an error, 2 on a wrong call.`,
  own: OWN,
};

/**
 * `mgrpo verify`: results go to stdout, words to stderr; null where help is asked for.
 * @throws UsageError for a wrong call, MgrpoError for a file that cannot be read or written; the output appears whole or not at all
 */
export async function verifyCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const given = readFlags(verifySpec, argv, problems);
  if (given === null) return null;
  const options = readCall(given, problems);
  return async () => {
    await printResult('input' in options ? await verifyFile(options) : verifyOne(options));
    return 0;
  };
}

/** A file to judge. */
interface FileOptions {
  readonly input: string;
  /** '' for none. */
  readonly output: string;
  /** Columns by the names they are to have. */
  readonly columns: Readonly<Record<string, string>>;
  readonly options: VerifyOptions;
}

const COLUMNS = ['gold', 'pred', 'response', 'truncated'];

function readCall(given: GivenValues, problems: string[]): VerifyPair | FileOptions {
  const settings = ownSettings(verifySpec, OWN, given, problems);
  const { gold, response, pred, input, output } = settings;
  const has = (name: keyof typeof OWN): boolean => given.has(name);
  const options = optionsOf(settings);
  if (has('input') || has('output')) {
    if (!has('input')) problems.push('expected --input with --output, got only --output');
    if (has('gold') || has('response') || has('pred')) problems.push('expected either one pair (--gold …) or --input, got both');
    const columns = columnNames(settings.column, problems);
    for (const name of Object.keys(columns).filter((key) => !COLUMNS.includes(key)))
      problems.push(`--column: expected ${COLUMNS.join(', ')} before the =, got ${name}`);
    refuse('verify', problems);
    return { input, output, columns, options };
  }
  if (!has('gold') || has('response') === has('pred') || has('column'))
    problems.push('expected --gold with either --response or --pred, or --input');
  refuse('verify', problems);
  return { gold: countdownOf(gold) ?? gold, ...(has('pred') ? { pred } : { response }), ...options };
}

/** What the flags say about reading and comparing. */
function optionsOf(settings: Settings<typeof OWN>): VerifyOptions {
  const names = [...Object.keys(VERIFIER_OPTIONS), 'truncated'] as (keyof typeof OWN)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]]));
}

function verifyOne(pair: VerifyPair): object {
  const { verdict, extracted, reason, outcome, rule } = verify(pair);
  say(`${verdict ? 'equal' : 'not equal'}: ${reason}`);
  return { verdict, extracted, reason, outcome, rule };
}

/** A row of the input: the pair, or why it cannot be read. */
interface InputRow {
  readonly record: DataRecord;
  readonly pair: VerifyPair | null;
  readonly problem: string;
}

/** Counts of a file. */
interface Counts {
  readonly rows: number;
  readonly equal: number;
  /** not_equal: no_answer and undecided among them */
  readonly not_equal: number;
  readonly no_answer: number;
  readonly undecided: number;
  readonly unreadable: number;
}

async function verifyFile({ input, output, columns, options }: FileOptions): Promise<object> {
  const started = performance.now();
  const records = await readRecords(fileAt(input), null, keepRow);
  const rows = records.map((record) => readRow(record, columns, options));
  const verdicts = judge(rows);
  for (const { problem } of rows) if (problem !== '') say(problem);
  if (output !== '') await fileAt(output).files.write(path.basename(output), judgedLines(rows, verdicts));
  const counts = countsOf(rows, verdicts);
  say(tableOf(counts));
  if (counts.unreadable > 0) say(`${counts.unreadable} of ${counts.rows} rows cannot be read: the accuracy counts them as wrong`);
  const unreadable = rows.flatMap(({ record, pair }) => (pair === null ? [placeOf(record)] : []));
  return {
    ...counts,
    unreadable_at: unreadable.slice(0, 100),
    accuracy: counts.equal / counts.rows,
    ...options,
    ...(output !== '' && { output }),
    seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
  };
}

/** A file in its folder. */
function fileAt(file: string): { readonly files: NodeFiles; readonly path: string } {
  return { files: new NodeFiles(path.dirname(file)), path: path.basename(file) };
}

/** Verdicts of the rows that can be read; null for the others. */
function judge(rows: readonly InputRow[]): (Verdict | null)[] {
  const verdicts = verifyBatch(rows.flatMap(({ pair }) => pair ?? []));
  let next = 0;
  return rows.map(({ pair }) => (pair === null ? null : verdicts[next++]!));
}

function countsOf(rows: readonly InputRow[], verdicts: readonly (Verdict | null)[]): Counts {
  const count = (is: (verdict: Verdict) => boolean): number => verdicts.filter((v) => v !== null && is(v)).length;
  return {
    rows: rows.length,
    equal: count(({ verdict }) => verdict),
    not_equal: count(({ verdict }) => !verdict),
    no_answer: count(({ outcome }) => outcome === 'no_answer'),
    undecided: count(({ outcome }) => outcome === 'undecided'),
    unreadable: verdicts.filter((verdict) => verdict === null).length,
  };
}

function tableOf(counts: Counts): string {
  const share = (n: number): string => `${((100 * n) / counts.rows).toFixed(1)} %`;
  const line = (name: string, n: number): string[] => [name, String(n), share(n)];
  return alignColumns([
    line('rows', counts.rows),
    line('equal', counts.equal),
    line('not equal', counts.not_equal),
    line('  no answer found', counts.no_answer),
    line('  undecided', counts.undecided),
    line('unreadable', counts.unreadable),
  ]);
}

/** Row of its file: "line 3" of JSON lines, else "row 3". */
function placeOf({ where }: DataRecord): string {
  return /row \d+$/.exec(where)?.[0] ?? where.replace(/^.*:(\d+)$/, 'line $1');
}

/** Rows in one piece of the output. */
const PIECE = 4096;

/** The rows with their verdicts, as JSON lines. */
function* judgedLines(rows: readonly InputRow[], verdicts: readonly (Verdict | null)[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let from = 0; from < rows.length; from += PIECE) {
    const lines = rows.slice(from, from + PIECE).map(({ record, problem }, i) => {
      const { verdict, extracted, reason } = verdicts[from + i] ?? { verdict: false, extracted: null, reason: problem };
      return `${JSON.stringify({ ...record.values, verdict, extracted, reason })}\n`;
    });
    yield encoder.encode(lines.join(''));
  }
}

function readRow(record: DataRecord, columns: Readonly<Record<string, string>>, options: VerifyOptions): InputRow {
  const refuseRow = (problem: string): InputRow => ({ record, pair: null, problem: `${record.where}: ${problem}` });
  if (record.problem !== undefined) return { record, pair: null, problem: record.problem };
  const cell = (name: string): unknown => record.values[columns[name] ?? name];
  const gold = goldOf(cell('gold'));
  if (gold === null)
    return refuseRow(`expected a text, a number, a list of them or a countdown task for gold, got ${show(cell('gold'))}`);
  const key = cell('pred') === undefined ? 'response' : 'pred';
  const value = typeof cell(key) === 'number' ? String(cell(key)) : cell(key);
  if (key === 'pred' && typeof value !== 'string') return refuseRow(`expected a text for pred, got ${show(value)}`);
  const cut = cell('truncated') ?? options.truncated;
  const truncated = cut === 'true' || cut === 'false' ? cut === 'true' : cut;
  if (typeof truncated !== 'boolean') return refuseRow(`expected true or false for truncated, got ${show(cut)}`);
  try {
    return { record, pair: { ...options, gold, [key]: responseText(value, record.where), truncated }, problem: '' };
  } catch (error) {
    if (!(error instanceof MgrpoError)) throw error;
    return { record, pair: null, problem: error.message };
  }
}

function goldOf(gold: unknown): VerifyPair['gold'] | null {
  if (typeof gold === 'number' && Number.isFinite(gold)) return String(gold);
  if (typeof gold === 'string') return countdownOf(gold) ?? gold;
  if (Array.isArray(gold) && gold.length > 0 && gold.every((one) => typeof one === 'string' || Number.isFinite(one)))
    return gold.map(String);
  return isCountdownTask(gold) ? gold : null;
}

/** A countdown task written as JSON text, or null. */
function countdownOf(text: string): CountdownTask | null {
  if (!text.startsWith('{"')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isCountdownTask(value) ? value : null;
  } catch {
    return null;
  }
}

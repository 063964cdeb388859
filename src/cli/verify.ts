// `mgrpo verify`: judges one pair, or a file of them.
import { once } from 'node:events';
import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { MgrpoError, show } from '../errors.js';
import { isCountdownTask } from '../index.js';
import { verify, verifyBatch } from '../verify.js';
import type { CountdownTask, ExtractionMode, Verdict, VerifyPair } from '../verify.js';
import type { OptionTable } from '../options/table.js';
import { UsageError, ownSettings, readFlags } from './flags.js';
import type { CommandSpec, GivenValues, Work } from './flags.js';
import { printResult, say } from './output.js';

const text = (section: string, doc: string) => ({ section, type: 'string', default: '', doc }) as const;

const OWN = {
  gold: text('one pair', 'The right answer; {"numbers": [3, 7, 25], "target": 32} is a countdown task.'),
  response: text('one pair', 'Text in which the final answer is found.'),
  pred: text('one pair', 'The answer itself, instead of a text.'),
  input: text('files', 'JSON lines {gold, pred, …} or {gold, response, …}; gold a text, a number or a countdown task.'),
  output: text('files', 'Where the same rows go, with verdict (true or false), extracted and reason.'),
  mode: {
    section: 'reading',
    type: 'choice',
    choices: ['lenient', 'strict'],
    default: 'lenient',
    doc:
      'strict: only marked answers (final answer, \\boxed, <answer>, ####, "answer:") and texts that are an answer and nothing else, as ' +
      'rewards use it; lenient: also the last value.',
  },
  truncated: {
    section: 'reading',
    type: 'boolean',
    default: false,
    doc: 'The response was cut at the length limit; a row may say so itself: {…, "truncated": true}.',
  },
} as const satisfies OptionTable;

export const verifySpec: CommandSpec = {
  name: 'verify',
  summary: 'does an answer mean the same as the right one?',
  usage: `mgrpo verify: does an answer mean the same as the gold answer?

  mgrpo verify --gold G --response R     find the final answer in text R and compare it
  mgrpo verify --gold G --pred P         P is the answer itself
  mgrpo verify --input F --output G      many pairs, as JSON lines

The last line on stdout is one JSON object: the verdict, or the counts. Rows that cannot be read are named by line number
on stderr, counted as "unreadable", and written with verdict false: the accuracy counts them as wrong.
Exit code: 0 when the verdicts were given, whatever they are; 1 on an error, 2 on a wrong call.`,
  own: OWN,
};

/**
 * `mgrpo verify`: results go to stdout, words to stderr; null where help is asked for.
 * @throws UsageError for a wrong call, MgrpoError for a file that cannot be read or written; the output appears whole or not at all
 */
export async function verifyCommand(argv: readonly string[]): Promise<Work | null> {
  const given = readFlags(verifySpec, argv);
  if (given === null) return null;
  const options = readCall(given);
  return async () => {
    await printResult('input' in options ? await verifyFile(options) : verifyOne(options));
    return 0;
  };
}

interface FileOptions {
  readonly input: string;
  readonly output: string;
  readonly mode: ExtractionMode;
  readonly truncated: boolean;
}

function readCall(given: GivenValues): VerifyPair | FileOptions {
  const { gold, response, pred, input, output, mode, truncated } = ownSettings(verifySpec, OWN, given);
  const has = (name: keyof typeof OWN): boolean => given.has(name);
  if (has('input') || has('output')) {
    if (!has('input') || !has('output'))
      throw usage(`expected both --input and --output, got only --${has('input') ? 'input' : 'output'}`);
    if (has('gold') || has('response') || has('pred'))
      throw usage('expected either one pair (--gold …) or --input and --output, got both');
    return { input, output, mode, truncated };
  }
  if (!has('gold') || has('response') === has('pred'))
    throw usage('expected --gold with either --response or --pred, or --input with --output');
  return { gold: countdownOf(gold) ?? gold, ...(has('pred') ? { pred } : { response }), mode, truncated };
}

function usage(problem: string): UsageError {
  return new UsageError(`mgrpo verify: ${problem}; see mgrpo verify --help`);
}

function verifyOne(pair: VerifyPair): object {
  const { verdict, extracted, reason, outcome, rule } = verify(pair);
  say(`${verdict ? 'equal' : 'not equal'}: ${reason}`);
  return { verdict, extracted, reason, outcome, rule };
}

/** A row of the input: the pair, or why it cannot be read. */
interface InputRow {
  readonly columns: Record<string, unknown>;
  readonly pair: VerifyPair | null;
  readonly problem: string;
}

async function verifyFile({ input, output, mode, truncated }: FileOptions): Promise<object> {
  const started = performance.now();
  const partial = `${output}.${process.pid}.partial`;
  const source = createReadStream(input, 'utf8');
  await opened(source, `mgrpo verify: expected a readable file for --input, got ${show(input)}`);
  const sink = createWriteStream(partial);
  await opened(sink, `mgrpo verify: expected a path that can be written for --output, got ${show(output)}`);
  let rows = 0;
  let equal = 0;
  let undecided = 0;
  let none = 0;
  const unreadable: number[] = [];
  try {
    const flush = async (batch: InputRow[]): Promise<void> => {
      const verdicts = verifyBatch(batch.flatMap(({ pair }) => pair ?? []));
      let next = 0;
      let text = '';
      for (const { columns, pair, problem } of batch) {
        const result: Pick<Verdict, 'verdict' | 'extracted' | 'reason'> & Partial<Verdict> =
          pair === null ? { verdict: false, extracted: null, reason: problem } : verdicts[next++]!;
        if (result.verdict) equal++;
        if (result.outcome === 'undecided') undecided++;
        if (result.outcome === 'no_answer') none++;
        text += `${JSON.stringify({ ...columns, verdict: result.verdict, extracted: result.extracted, reason: result.reason })}\n`;
      }
      if (!sink.write(text)) await once(sink, 'drain');
    };
    let batch: InputRow[] = [];
    let line = 0;
    for await (const text of createInterface({ input: source, crlfDelay: Infinity })) {
      line++;
      if (text.trim() === '') continue;
      const row = readRow(text, line, mode, truncated);
      rows++;
      if (row.pair === null) {
        unreadable.push(line);
        say(`${row.problem}`);
      }
      batch.push(row);
      if (batch.length === 4096) {
        await flush(batch);
        batch = [];
      }
    }
    await flush(batch);
    sink.end();
    await once(sink, 'close');
    renameSync(partial, output);
  } catch (error) {
    sink.destroy();
    rmSync(partial, { force: true });
    if (error instanceof MgrpoError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new MgrpoError(
      'bad_file',
      `mgrpo verify: expected to read ${show(input)} and write ${show(output)}, got ${error.message}`,
      { cause: error },
    );
  }
  const judged = rows - unreadable.length;
  say(`${rows} rows: ${equal} equal, ${judged - equal} not equal, ${unreadable.length} unreadable; written to ${output}`);
  return {
    rows,
    equal,
    not_equal: judged - equal,
    no_answer: none,
    undecided,
    unreadable: unreadable.length,
    unreadable_lines: unreadable.slice(0, 100),
    accuracy: rows > 0 ? equal / rows : null,
    mode,
    output,
    seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
  };
}

/** Waits until a stream's file is open; nothing is left behind where it cannot be. */
async function opened(stream: NodeJS.EventEmitter, message: string): Promise<void> {
  try {
    await once(stream, 'open');
  } catch (cause) {
    const { code, message: why } = cause as NodeJS.ErrnoException;
    throw new MgrpoError(code === 'ENOENT' ? 'not_found' : 'bad_file', `${message} (${why}); check the path`, { cause });
  }
}

function readRow(text: string, line: number, mode: ExtractionMode, truncated: boolean): InputRow {
  const refuse = (columns: Record<string, unknown>, problem: string): InputRow => ({
    columns,
    pair: null,
    problem: `line ${line}: ${problem}`,
  });
  let columns: Record<string, unknown>;
  try {
    columns = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    return refuse({ line }, `expected one JSON object, got ${show(text)} (${(error as Error).message})`);
  }
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns))
    return refuse({ line }, `expected one JSON object, got ${show(text)}`);
  const gold = goldOf(columns['gold']);
  if (gold === null)
    return refuse(columns, `expected a string, a number or a countdown task for "gold", got ${show(columns['gold'])}`);
  const key = columns['pred'] === undefined ? 'response' : 'pred';
  const value = typeof columns[key] === 'number' ? String(columns[key]) : columns[key];
  if (typeof value !== 'string') return refuse(columns, `expected a string for "pred" or "response", got ${show(columns[key])}`);
  const cut = columns['truncated'] === undefined ? truncated : columns['truncated'];
  if (typeof cut !== 'boolean') return refuse(columns, `expected true or false for "truncated", got ${show(cut)}`);
  return {
    columns,
    pair: { gold, ...(key === 'pred' ? { pred: value } : { response: value }), mode, truncated: cut },
    problem: '',
  };
}

function goldOf(gold: unknown): string | CountdownTask | null {
  if (typeof gold === 'number' && Number.isFinite(gold)) return String(gold);
  if (typeof gold === 'string') return countdownOf(gold) ?? gold;
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

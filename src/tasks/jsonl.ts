// Problems from files of JSON lines.
import { MgrpoError, show } from '../errors.js';
import { need, takeOptions } from '../options/border.js';
import type { ArgumentRule } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { isCountdownTask } from '../reward/countdown-task.js';
import { countdownGold } from './countdown.js';
import { isMessage } from './task.js';
import type { Split, Task, TaskRow } from './task.js';

/** Options of {@link jsonlRows}. */
export const JSONL_OPTIONS = {
  name: { type: 'string', default: null, doc: 'What messages call the file.' },
  systemPrompt: {
    type: 'string',
    nullable: true,
    default: null,
    doc: 'System message before each question; rows that bring their own prompt keep it as it is.',
  },
  goldColumn: {
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Column of the right answer; null: the first of gold, answer, Answer, solution, ground_truth that the row has.',
  },
  goldOptional: {
    type: 'boolean',
    default: false,
    doc: 'Whether rows may lack a right answer, for reward functions that need none; their gold is then empty.',
  },
} as const;

type JsonlSettings = Settings<typeof JSONL_OPTIONS>;
/** What {@link jsonlRows} takes: the name of the file, and any of the rest. */
export type JsonlOptions = Pick<JsonlSettings, 'name'> & Partial<JsonlSettings>;

const TEXT: ArgumentRule = { noun: 'text', is: (value) => typeof value === 'string', wayOut: 'give the lines of the file' };

const GOLD_COLUMNS = ['gold', 'answer', 'Answer', 'solution', 'ground_truth'];

/** Names under which a reward function gets something else than a column. */
const RESERVED = ['prompts', 'completions', 'completionIds', 'truncated', 'trainerState', 'logExtra', 'logMetric'];

/**
 * Reads problems from JSON lines, in the format of GSM8K (`question`, `answer`, which may end in "#### 72"), of SVAMP (`Body`, `Question`,
 * `Answer`, or as GSM8K), of Countdown (`question`, `numbers`, `target`) or of TRL (`prompt` as text or messages). Every column is
 * kept; where a row lacks one that others have, it is null.
 *
 * @throws bad_file naming the line, the missing column and those that are there
 */
export function jsonlRows(text: string, given: JsonlOptions): TaskRow[] {
  need('jsonlRows', 'text', text, TEXT);
  const options = takeOptions('jsonlRows', JSONL_OPTIONS, given);
  const rows: TaskRow[] = [];
  const columns = new Set<string>();
  text
    .replace(/^\ufeff/, '')
    .split('\n')
    .forEach((line, i) => {
      if (line.trim() === '') return;
      const where = `${options.name}:${i + 1}`;
      const record = parseLine(line, where);
      for (const column of Object.keys(record)) columns.add(column);
      rows.push({ ...record, prompt: readPrompt(record, where, options), gold: readGold(record, where, options) });
    });
  if (rows.length === 0)
    throw new MgrpoError('bad_file', `${options.name}: expected at least one row of JSON lines, got none; check the path`);
  const clash = RESERVED.find((column) => columns.has(column));
  if (clash) {
    throw new MgrpoError(
      'bad_file',
      `${options.name}: expected other columns than ${RESERVED.join(', ')}, got ${clash}; rename the column`,
    );
  }
  const blank = Object.fromEntries([...columns].map((column) => [column, null]));
  return rows.map((row) => ({ ...blank, ...row }));
}

/** A task that is read from files: the text of one for each split. Rows come in the order of the file. */
export function jsonlTask(name: string, rows: Readonly<Partial<Record<Split, readonly TaskRow[]>>>): Task {
  const columns = new Set(Object.values(rows).flatMap((list) => list.flatMap((row) => Object.keys(row))));
  return {
    name,
    columns: [...columns].filter((column) => column !== 'prompt' && column !== 'gold'),
    rows(split, n) {
      const found = rows[split];
      if (!found) throw new MgrpoError('invalid_argument', `${name}: expected a file for the ${split} split, got none; give one`);
      return found.slice(0, n);
    },
  };
}

type Json = Record<string, unknown>;

function parseLine(line: string, where: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new MgrpoError(
      'bad_file',
      `${where}: expected one JSON object on the line, got ${show(line)}; write one object per line`,
      {
        cause: error,
      },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MgrpoError('bad_file', `${where}: expected a JSON object, got ${show(value)}; write one object per line`);
  }
  return value as Json;
}

function readPrompt(record: Json, where: string, { systemPrompt }: JsonlSettings): TaskRow['prompt'] {
  const { prompt } = record;
  if (typeof prompt === 'string') return prompt;
  if (prompt != null) {
    if (Array.isArray(prompt) && prompt.length > 0 && prompt.every(isMessage)) return prompt;
    throw new MgrpoError(
      'bad_file',
      `${where}: expected text or messages [{role, content}] for column prompt, got ${show(prompt)}; correct the row`,
    );
  }
  const { Body: body, Question: ask } = record;
  const question = record.question ?? (typeof body === 'string' && typeof ask === 'string' ? `${body} ${ask}` : undefined);
  if (question === undefined) throw missing(where, 'prompt or question', record);
  if (typeof question !== 'string') {
    throw new MgrpoError('bad_file', `${where}: expected text for column question, got ${show(question)}; correct the row`);
  }
  const user = { role: 'user', content: question };
  return systemPrompt === null ? [user] : [{ role: 'system', content: systemPrompt }, user];
}

function readGold(record: Json, where: string, options: JsonlSettings): string {
  if (options.goldColumn === null && isCountdownTask(record)) return countdownGold(record.numbers, record.target);
  const column = options.goldColumn ?? GOLD_COLUMNS.find((name) => record[name] != null);
  const gold = column === undefined ? undefined : record[column];
  if (gold == null) {
    if (options.goldOptional) return '';
    throw missing(
      where,
      options.goldColumn ?? `answer (or ${GOLD_COLUMNS.filter((name) => name !== 'answer').join(', ')})`,
      record,
    );
  }
  if (isNumber(gold)) return String(gold);
  if (typeof gold !== 'string') {
    throw new MgrpoError(
      'bad_file',
      `${where}: expected text or a number for column ${column}, got ${show(gold)}; correct the row`,
    );
  }
  // GSM8K writes the working first and the answer after the last "####".
  const mark = gold.lastIndexOf('####');
  return (mark < 0 ? gold : gold.slice(mark + 4)).trim();
}

function missing(where: string, column: string, record: Json): MgrpoError {
  const there = Object.keys(record).join(', ') || 'none';
  return new MgrpoError('bad_file', `${where}: expected a column ${column}, got columns ${there}; rename or add the column`);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

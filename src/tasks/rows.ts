// What the columns of a data set mean: records become problems. Where records come from: jsonl.ts, data/records.ts.
import { MgrpoError, show } from '../errors.js';
import { isObject, takeOptions } from '../options/border.js';
import type { ArgumentRule } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { isCountdownTask } from '../reward/countdown-task.js';
import type { ChatMessage } from '../text/chat-template.js';
import { countdownGold } from './countdown.js';
import { isMessage } from './task.js';
import type { TaskRow } from './task.js';

/** One row of a data file, by column. */
export interface DataRecord {
  /** File and row, for messages. */
  readonly where: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Why the row cannot be read, where the reader keeps such rows. */
  readonly problem?: string;
}

/** What becomes of a row that cannot be read: an error, or a record that says so. */
export type BadRow = (error: MgrpoError, where: string) => DataRecord;

/** The reader stops. */
export const refuseRow: BadRow = (error) => {
  throw error;
};

/** The row is kept, without values. */
export const keepRow: BadRow = (error, where) => ({ where, values: {}, problem: error.message });

/** Options of {@link taskRows}. */
export const ROW_OPTIONS = {
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
    doc: 'Column of the right answer; null: the first of gold, answer, Answer, final_answer, expected_answer, solution, ground_truth, output that the row has.',
  },
  goldOptional: {
    type: 'boolean',
    default: false,
    doc: 'Whether rows may lack a right answer, for reward functions that need none; their gold is then empty.',
  },
} as const;

type RowSettings = Settings<typeof ROW_OPTIONS> & ColumnNames;

/** Other names of columns. */
export interface ColumnNames {
  /** Columns by the names they are to have: `{ question: 'problem' }` reads column problem as question. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
}

/** What {@link taskRows} takes: the name of the file, and any of the rest. */
export type RowOptions = Pick<RowSettings, 'name'> & Partial<RowSettings>;

const COLUMNS: ArgumentRule = {
  noun: 'column names by column names',
  is: (value) => isObject(value) && Object.values(value).every((name) => typeof name === 'string'),
  wayOut: "for example { question: 'problem' }",
  optional: true,
};

/** Checks and completes the options of a reader of rows. @param where the reader, for messages */
export function takeRowOptions(where: string, given: RowOptions): RowSettings {
  const settings = takeOptions(where, ROW_OPTIONS, given, { columns: COLUMNS });
  return { ...settings, columns: given.columns };
}

type Values = DataRecord['values'];

/** Columns that hold a question, for a prompt of one message. */
const QUESTION_COLUMNS = ['question', 'problem', 'instruction', 'query'];

/** Columns that hold a chat. */
const CHAT_COLUMNS = ['messages', 'conversations', 'conversation'];

const GOLD_COLUMNS = ['gold', 'answer', 'Answer', 'final_answer', 'expected_answer', 'solution', 'ground_truth', 'output'];

/** Names under which a reward function gets something else than a column. */
const RESERVED = ['prompts', 'completions', 'completionIds', 'truncated', 'trainerState', 'logExtra', 'logMetric'];

/**
 * Reads problems from records. The question is in `prompt` (text or messages, as in TRL), `messages` or `conversations` (up to the last
 * turn of the assistant), `question`, `problem`, `instruction` (with `input`), `query`, or SVAMP's `Body` and `Question`; the right answer
 * in the first of the columns of `goldColumn`'s table, in `reward_model.ground_truth`, or in the assistant's last turn; GSM8K's may end in
 * "#### 72". `numbers` and `target` make a Countdown problem. Every column is kept; where a row lacks one that others have, it is null.
 *
 * @throws bad_file naming the row, the missing column and those that are there
 */
export function taskRows(records: readonly DataRecord[], options: RowOptions): TaskRow[] {
  return rowsOf(records, takeRowOptions('taskRows', options));
}

/** As {@link taskRows}, with options that were checked. */
export function rowsOf(records: readonly DataRecord[], options: RowSettings): TaskRow[] {
  const columns = new Set<string>();
  const rows = renamed(records, options.columns).map(({ where, values }): TaskRow => {
    for (const column of Object.keys(values)) columns.add(column);
    return { ...values, prompt: readPrompt(values, where, options), gold: readGold(values, where, options) };
  });
  if (columns.size > MOST_COLUMNS) throw tooWide(options.name, columns.size);
  const clash = RESERVED.find((column) => columns.has(column));
  if (clash) {
    throw new MgrpoError(
      'bad_file',
      `${options.name}: expected other columns than ${RESERVED.join(', ')}, got ${clash}; rename it, for example --column data_${clash}=${clash}`,
    );
  }
  const blank = Object.fromEntries([...columns].map((column) => [column, null]));
  return rows.map((row) => ({ ...blank, ...row }));
}

/** Columns of a data set, at most: every row has all of them. */
export const MOST_COLUMNS = 1000;

/** The error where there are more. */
export function tooWide(where: string, got: number | string): MgrpoError {
  const wayOut = 'put what differs from row to row under one name';
  return new MgrpoError('bad_file', `${where}: expected at most ${MOST_COLUMNS} columns, got ${got}; ${wayOut}`);
}

/** The records with columns under other names. @throws bad_file naming a row that lacks one */
export function renamed(records: readonly DataRecord[], columns: ColumnNames['columns']): readonly DataRecord[] {
  const pairs = Object.entries(columns ?? {});
  if (pairs.length === 0) return records;
  const old = new Set(Object.values(columns!));
  return records.map(({ where, values }) => {
    const kept = Object.entries(values).filter(([name]) => !old.has(name));
    const added = pairs.map(([name, from]) => {
      if (!Object.hasOwn(values, from)) throw missing(where, from, values);
      return [name, values[from]] as const;
    });
    return { where, values: Object.fromEntries([...kept, ...added]) };
  });
}

function readPrompt(values: Values, where: string, { systemPrompt }: RowSettings): TaskRow['prompt'] {
  const { prompt } = values;
  if (typeof prompt === 'string') return prompt;
  if (prompt != null) return chatOf(prompt, `${where}: column prompt`);
  const chat = readChat(values, where);
  if (chat) {
    const last = chat.at(-1)!.role === 'assistant' ? chat.slice(0, -1) : chat;
    if (last.length > 0) return last;
    throw wrong(`${where}: column messages`, "a message before the assistant's", chat);
  }
  const user = { role: 'user', content: readQuestion(values, where) };
  return systemPrompt === null ? [user] : [{ role: 'system', content: systemPrompt }, user];
}

/** The question as text. @throws bad_file where there is none */
export function readQuestion(values: Values, where: string): string {
  const column = QUESTION_COLUMNS.find((name) => values[name] != null);
  const { Body: body, Question: ask, input } = values;
  if (column === undefined) {
    if (typeof body === 'string' && typeof ask === 'string') return `${body} ${ask}`;
    throw missing(where, `prompt or question (or messages, ${QUESTION_COLUMNS.slice(1).join(', ')})`, values);
  }
  const question = values[column];
  if (typeof question !== 'string') throw wrong(where, `text for column ${column}`, question);
  return column === 'instruction' && typeof input === 'string' && input !== '' ? `${question}\n\n${input}` : question;
}

/** The chat of a record, whichever column holds it, or null. @throws bad_file where it is none */
export function readChat(values: Values, where: string): ChatMessage[] | null {
  const column = CHAT_COLUMNS.find((name) => values[name] != null);
  return column === undefined ? null : chatOf(values[column], `${where}: column ${column}`);
}

/** Roles as ShareGPT calls them. */
const SHAREGPT_ROLES: Readonly<Record<string, string>> = { human: 'user', gpt: 'assistant', system: 'system' };

/** Messages [{role, content}], or ShareGPT's [{from, value}] under the same names. */
export function chatOf(value: unknown, where: string): ChatMessage[] {
  const messages = Array.isArray(value) ? value.map(messageOf) : [];
  if (messages.length > 0 && messages.every(isMessage)) return messages;
  throw wrong(where, 'text or messages [{role, content}]', value);
}

function messageOf(value: unknown): unknown {
  if (!isObject(value) || typeof value['from'] !== 'string') return value;
  return { role: SHAREGPT_ROLES[value['from']] ?? value['from'], content: value['value'] };
}

function readGold(values: Values, where: string, options: RowSettings): string {
  if (options.goldColumn === null && isCountdownTask(values)) return countdownGold(values['numbers'], values['target']);
  const [column, found] = goldOf(values, where, options.goldColumn);
  // OlympiadBench lists its answers; where there is one, that is it.
  const gold: unknown = Array.isArray(found) && found.length === 1 ? found[0] : found;
  if (gold == null) {
    if (options.goldOptional) return '';
    const others = GOLD_COLUMNS.filter((name) => name !== 'answer');
    throw missing(where, options.goldColumn ?? `answer (or ${others.join(', ')})`, values);
  }
  if (typeof gold === 'number' && Number.isFinite(gold)) return String(gold);
  if (typeof gold !== 'string') throw wrong(where, `text or a number for column ${column}`, gold);
  // GSM8K writes the working first and the answer after the last "####".
  const mark = gold.lastIndexOf('####');
  return (mark < 0 ? gold : gold.slice(mark + 4)).trim();
}

function goldOf(values: Values, where: string, named: string | null): readonly [column: string, gold: unknown] {
  if (named !== null) return [named, values[named]];
  const column = GOLD_COLUMNS.find((name) => values[name] != null);
  if (column !== undefined) return [column, values[column]];
  const { reward_model: model } = values;
  if (isObject(model)) return ['reward_model.ground_truth', model['ground_truth']];
  const last = values['prompt'] == null ? readChat(values, where)?.at(-1) : undefined;
  return ['messages', last?.role === 'assistant' ? last.content : null];
}

/** The error of a row that lacks a column. */
export function missing(where: string, column: string, values: Values): MgrpoError {
  const there = Object.keys(values).join(', ') || 'none';
  return new MgrpoError(
    'bad_file',
    `${where}: expected a column ${column}, got columns ${there}; rename or add the column, or say which it is: --column question=problem`,
  );
}

/** The error of a cell that holds something else. */
export function wrong(where: string, rule: string, got: unknown): MgrpoError {
  return new MgrpoError('bad_file', `${where}: expected ${rule}, got ${show(got)}; correct the row`);
}

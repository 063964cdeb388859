// Completions as TRL logs them (`log_completions`): completions/completions_00012.parquet of step 12, a row per completion. completions.jsonl
// stays the source: what is there is written anew from it when a run is gone on with.
import type { FileFolder } from '../platform/files.js';
import type { CompletionRecord } from '../train/events.js';
import { parquetFile, type ParquetColumn } from './parquet.js';
import { isCompletionRecord, logRecords } from './records.js';

/** The folder of the tables. */
export const TABLES = 'completions';

/** Writes the tables of all steps in completions.jsonl, in place of those that are there. */
export async function rewriteTables(files: FileFolder): Promise<void> {
  await files.remove(TABLES);
  let rows: CompletionRecord[] = [];
  for await (const record of logRecords(files, 'completions.jsonl', isCompletionRecord)) {
    if (rows.length > 0 && rows[0]!.step !== record.step) {
      await writeTable(files, rows);
      rows = [];
    }
    rows.push(record);
  }
  if (rows.length > 0) await writeTable(files, rows);
}

/** Writes the table of one step. */
export async function writeTable(files: FileFolder, rows: readonly CompletionRecord[]): Promise<void> {
  const name = `completions_${String(rows[0]!.step).padStart(5, '0')}.parquet`;
  await files.write(`${TABLES}/${name}`, await parquetFile(columnsOf(rows)));
}

/** TRL's columns in TRL's order: step, prompt, completion, a column per reward function, further ones, advantage. */
function columnsOf(rows: readonly CompletionRecord[]): ParquetColumn[] {
  const own: ParquetColumn[] = [
    { name: 'layer', type: 'int64', values: rows.map(({ layer }) => layer) },
    { name: 'gold', type: 'text', values: rows.map(({ gold }) => gold) },
    { name: 'extracted', type: 'text', values: rows.map(({ extracted }) => extracted) },
    { name: 'is_correct', type: 'boolean', values: rows.map(({ correct }) => correct) },
    { name: 'is_truncated', type: 'boolean', values: rows.map(({ truncated }) => truncated) },
    { name: 'answer', type: 'text', values: rows.map(({ answer }) => answer ?? null) },
    { name: 'phrase', type: 'text', values: rows.map(({ phrase }) => phrase ?? null) },
  ];
  const start: ParquetColumn[] = [
    { name: 'step', type: 'int64', values: rows.map(({ step }) => step) },
    { name: 'prompt', type: 'text', values: rows.map(({ prompt }) => prompt) },
    { name: 'completion', type: 'text', values: rows.map(({ completion }) => completion) },
  ];
  const end: ParquetColumn = { name: 'advantage', type: 'double', values: rows.map(({ advantage }) => advantage) };
  const taken = new Set([...start, ...own, end].map(({ name }) => name));
  const named = (kind: string, name: string): string => (taken.has(name) ? `${kind}/${name}` : name);
  const rewards = namesOf(rows, 'rewards').map((name): ParquetColumn => ({
    name: named('reward', name),
    type: 'double',
    values: rows.map((row) => row.rewards[name] ?? null),
  }));
  for (const { name } of rewards) taken.add(name);
  const extra = namesOf(rows, 'extra').map((name) =>
    column(
      named('extra', name),
      rows.map((row) => row.extra?.[name] ?? null),
    ),
  );
  return [...start, ...rewards, ...own, ...extra, end];
}

function namesOf(rows: readonly CompletionRecord[], of: 'rewards' | 'extra'): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row[of] ?? {})))];
}

/** Values of a kind that the format has, or else their JSON. */
function column(name: string, values: readonly unknown[]): ParquetColumn {
  const all = (type: string): boolean => values.every((value) => value === null || typeof value === type);
  if (all('number')) return { name, type: 'double', values: values as (number | null)[] };
  if (all('boolean')) return { name, type: 'boolean', values: values as (boolean | null)[] };
  if (all('string')) return { name, type: 'text', values: values as (string | null)[] };
  return { name, type: 'text', values: values.map((value) => (value === null ? null : JSON.stringify(value))) };
}

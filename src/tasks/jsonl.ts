// Problems from JSON text: a line each, or one array. What their columns mean: rows.ts.
import { MgrpoError, show } from '../errors.js';
import { isObject, need } from '../options/border.js';
import type { ArgumentRule } from '../options/border.js';
import { rowsOf, takeRowOptions } from './rows.js';
import type { DataRecord, RowOptions } from './rows.js';
import type { Split, Task, TaskRow } from './task.js';

const TEXT: ArgumentRule = { noun: 'text', is: (value) => typeof value === 'string', wayOut: 'give the lines of the file' };

/**
 * Reads problems from JSON lines, or from one array of objects; see taskRows for the columns.
 *
 * @throws bad_file naming the line, the missing column and those that are there
 */
export function jsonlRows(text: string, given: RowOptions): TaskRow[] {
  need('jsonlRows', 'text', text, TEXT);
  const options = takeRowOptions('jsonlRows', given);
  const records = jsonRecords(text, options.name);
  if (records.length === 0)
    throw new MgrpoError('bad_file', `${options.name}: expected at least one row of JSON lines, got none; check the path`);
  return rowsOf(records, options);
}

/** A task that is read from files: the rows of one for each split. Rows come in the order of the file. */
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

/** Records of JSON lines, or of one array of objects. */
export function jsonRecords(text: string, where: string): DataRecord[] {
  const clean = text.replace(/^\ufeff/, '');
  if (clean.trimStart().startsWith('[')) {
    const list = parseJson(clean, where, 'a JSON array of objects');
    if (Array.isArray(list)) return list.map((value, i) => recordOf(value, `${where}: row ${i + 1}`));
  }
  return clean.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const place = `${where}:${i + 1}`;
    return [recordOf(parseJson(line, place, 'one JSON object on the line'), place)];
  });
}

function parseJson(text: string, where: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MgrpoError(
      'bad_file',
      `${where}: expected ${what}, got ${show(text)}; write one object per line, or one array of them`,
      {
        cause,
      },
    );
  }
}

function recordOf(value: unknown, where: string): DataRecord {
  if (!isObject(value))
    throw new MgrpoError('bad_file', `${where}: expected a JSON object, got ${show(value)}; write one object per line`);
  return { where, values: value };
}

// Problems from JSON text: a line each, or one array. What their columns mean: rows.ts.
import { MgrpoError, show } from '../errors.js';
import { isObject, need } from '../options/border.js';
import type { ArgumentRule } from '../options/border.js';
import { MOST_COLUMNS, refuseRow, rowsOf, takeRowOptions, tooWide } from './rows.js';
import type { BadRow, DataRecord, RowOptions } from './rows.js';
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
export function jsonRecords(text: string, where: string, badRow: BadRow = refuseRow): DataRecord[] {
  const clean = text.replace(/^\ufeff/, '');
  if (clean.trimStart().startsWith('[')) {
    const fault = tooMuch(clean, where);
    if (fault) throw fault;
    const list = parsed(clean);
    if (Array.isArray(list)) return list.map((value, i) => recordOf(value, `${where}: row ${i + 1}`, badRow));
    // a line of JSON is a row, if a wrong one
    if (parsed(clean.trimStart().split('\n', 1)[0]!) === undefined) throw noObject('a JSON array of objects', clean, where);
  }
  return clean.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const place = `${where}:${i + 1}`;
    const fault = tooMuch(line, place);
    if (fault) return [badRow(fault, place)];
    const value = parsed(line);
    return [
      value === undefined ? badRow(noObject('one JSON object on the line', line, place), place) : recordOf(value, place, badRow),
    ];
  });
}

/** Lists and objects that lie in each other, at most: Python's json has about as many. */
const MOST_DEEP = 1000;

/**
 * What is wrong with a JSON text that would take memory without end, stacks that later readers do not have, or minutes: it goes deeper, or a
 * row of it has more columns.
 */
function tooMuch(text: string, where: string): MgrpoError | undefined {
  if (text.length < 2 * MOST_DEEP) return undefined;
  const rowDepth = text.trimStart().startsWith('[') ? 2 : 1;
  let [depth, columns] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"') {
      while (++i < text.length && text[i] !== '"') if (text[i] === '\\') i++;
    } else if (c === '[' || c === '{') {
      if (++depth === rowDepth) columns = c === '{' ? 1 : -Infinity;
      if (depth > MOST_DEEP)
        return new MgrpoError('bad_file', `${where}: expected at most ${MOST_DEEP} values in each other, got more; make it flat`);
    } else if (c === ']' || c === '}') depth--;
    else if (c === ',' && depth === rowDepth && ++columns > MOST_COLUMNS) return tooWide(where, 'more');
  }
  return undefined;
}

const LONG_NUMBER = /\d{16}/;
/** Texts, which stay, and whole numbers of 16 digits or more. */
const LONG_INTEGERS = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g;

/** A number that no double holds becomes a text, as in parquet files. */
function exact(found: string): string {
  return found.startsWith('"') || Number.isSafeInteger(Number(found)) ? found : `"${found}"`;
}

/** The value of a JSON text; undefined where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(LONG_NUMBER.test(text) ? text.replace(LONG_INTEGERS, exact) : text);
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown, where: string, badRow: BadRow): DataRecord {
  return isObject(value) ? { where, values: value } : badRow(noObject('a JSON object', value, where), where);
}

function noObject(what: string, got: unknown, where: string): MgrpoError {
  return new MgrpoError(
    'bad_file',
    `${where}: expected ${what}, got ${show(got)}; write one object per line, or one array of them`,
  );
}

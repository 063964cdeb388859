// Tables of separated values (CSV, TSV) as records of texts, by RFC 4180.
import { MgrpoError, show } from '../errors.js';
import { MOST_COLUMNS, refuseRow } from '../tasks/rows.js';
import type { BadRow, DataRecord } from '../tasks/rows.js';

/**
 * The records of a table whose first line names the columns; all values are texts.
 * @param where what messages call the file
 * @param badRow what becomes of a row that has another number of cells than there are columns
 * @throws bad_file for a quote that is never closed
 */
export function delimitedRecords(text: string, separator: ',' | '\t', where: string, badRow: BadRow = refuseRow): DataRecord[] {
  const [header, ...rows] = cells(text.replace(/^\ufeff/, ''), separator, where);
  if (!header) return [];
  const twice = header.find((name, i) => header.indexOf(name) !== i);
  if (twice !== undefined)
    throw new MgrpoError('bad_file', `${where}: expected columns of different names, got ${show(twice)} twice; rename one`);
  return rows.map((row, i) => {
    const place = `${where}: row ${i + 1}`;
    if (row.length === header.length)
      return { where: place, values: Object.fromEntries(header.map((name, k) => [name, row[k]!])) };
    const expected = `expected ${header.length} cells (columns ${header.join(', ')}), got ${row.length}`;
    const wayOut = 'put cells that hold a separator or a line break in double quotes';
    return badRow(new MgrpoError('bad_file', `${place}: ${expected}; ${wayOut}`), place);
  });
}

/** The cells of each line; a quoted cell may hold separators, line breaks and doubled quotes. Empty lines are left out. */
function cells(text: string, separator: string, where: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  const endRow = (): void => {
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  while (at < text.length || row.length > 0) {
    const [cell, end] = text[at] === '"' ? quoted(text, at, `${where}: row ${rows.length}`) : plain(text, at, separator);
    row.push(cell);
    if (row.length > MOST_COLUMNS)
      throw new MgrpoError(
        'bad_file',
        `${where}: row ${rows.length}: expected at most ${MOST_COLUMNS} cells, got more; check the separator and the double quotes`,
      );
    if (text[end] === separator) {
      at = end + 1;
      continue;
    }
    at = end + (text.startsWith('\r\n', end) ? 2 : 1);
    endRow();
  }
  return rows;
}

function plain(text: string, at: number, separator: string): [cell: string, end: number] {
  let end = at;
  while (end < text.length && text[end] !== separator && text[end] !== '\n' && !text.startsWith('\r\n', end)) end++;
  return [text.slice(at, end), end];
}

function quoted(text: string, at: number, where: string): [cell: string, end: number] {
  let cell = '';
  for (let from = at + 1; ;) {
    const close = text.indexOf('"', from);
    if (close < 0)
      throw new MgrpoError('bad_file', `${where}: expected a closing double quote, got the end of the file; close or double it`);
    cell += text.slice(from, close);
    if (text[close + 1] !== '"') return [cell, close + 1];
    cell += '"';
    from = close + 2;
  }
}

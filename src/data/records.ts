// Data files as records: one table of the kinds of files that are read, by their names or their first bytes. What a record means: tasks/rows.
import { MgrpoError } from '../errors.js';
import { decodeText } from '../platform/files.js';
import type { FileSource } from '../platform/files.js';
import { jsonRecords } from '../tasks/jsonl.js';
import { refuseRow } from '../tasks/rows.js';
import type { BadRow, DataRecord } from '../tasks/rows.js';
import { delimitedRecords } from './delimited.js';
import { parquetRecords } from './parquet.js';

/** Where a data file is. */
export interface DataFile {
  readonly files: FileSource;
  /** Its name in that folder. */
  readonly path: string;
}

/** One kind of data file. */
interface DataKind {
  readonly name: string;
  /** What file names of this kind end in. */
  readonly endings: readonly string[];
  /** Whether the bytes at the start of a file are of this kind, for names that say nothing. */
  readonly begins: (head: Uint8Array) => boolean;
  /** @param limit most records that are wanted; more may come */
  readonly read: (file: DataFile, where: string, limit: number, badRow: BadRow) => Promise<DataRecord[]>;
}

const ofText =
  (records: (text: string, where: string, badRow: BadRow) => DataRecord[]): DataKind['read'] =>
  async (file, where, _, badRow) =>
    records(decodeText(await bytesOf(file), where), where, badRow);

const tableOf = (separator: ',' | '\t'): DataKind['read'] =>
  ofText((text, where, badRow) => delimitedRecords(text, separator, where, badRow));

const startsWith =
  (...bytes: readonly number[]) =>
  (head: Uint8Array): boolean =>
    bytes.every((byte, i) => head[i] === byte);

/** Every kind of data file; a further `.gz` is unpacked before. */
export const DATA_KINDS: readonly DataKind[] = [
  {
    name: 'JSON lines, or a JSON array',
    endings: ['.jsonl', '.ndjson', '.json'],
    begins: (head) => startsWith(0x7b)(head) || startsWith(0x5b)(head),
    read: ofText(jsonRecords),
  },
  { name: 'CSV', endings: ['.csv'], begins: () => false, read: tableOf(',') },
  { name: 'TSV', endings: ['.tsv'], begins: () => false, read: tableOf('\t') },
  { name: 'parquet', endings: ['.parquet'], begins: startsWith(0x50, 0x41, 0x52, 0x31), read: readParquet },
];

/**
 * Records of a data file: JSON lines, a JSON array, CSV, TSV or parquet, packed with gzip or not. Of a parquet file only the ranges are read
 * that hold the records wanted.
 * @param limit most records; null: all
 * @param badRow what becomes of a row that cannot be read: by default an error
 * @throws not_found; bad_file naming the row that is wrong
 */
export async function readRecords(
  file: DataFile,
  limit: number | null = null,
  badRow: BadRow = refuseRow,
): Promise<DataRecord[]> {
  const where = `${file.files.name}/${file.path}`;
  const name = file.path.toLowerCase().replace(/\.gz$/, '');
  const kind =
    DATA_KINDS.find(({ endings }) => endings.some((ending) => name.endsWith(ending))) ?? (await kindByContent(file, where));
  const records = await kind.read(file, where, limit ?? Infinity, badRow);
  if (records.length === 0)
    throw new MgrpoError('bad_file', `${where}: expected at least one row, got none; check the file, or name another one`);
  return limit === null ? records : records.slice(0, limit);
}

async function kindByContent(file: DataFile, where: string): Promise<DataKind> {
  const size = await file.files.size(file.path);
  const packed = file.path.toLowerCase().endsWith('.gz');
  const head = packed ? await bytesOf(file) : await file.files.readRange(file.path, 0, Math.min(size, 8));
  const kind = DATA_KINDS.find(({ begins }) => begins(head));
  if (kind) return kind;
  const known = DATA_KINDS.map(({ name, endings }) => `${name} (${endings.join(', ')})`).join('; ');
  throw new MgrpoError(
    'bad_file',
    `${where}: expected a data file of a known kind, got none of them; give the file its ending: ${known}`,
  );
}

/** Bytes of a file that is read as a whole, unpacked: longer texts there are none. */
const MOST_BYTES = 2 ** 29;

/** The whole file, unpacked if it is packed with gzip. */
async function bytesOf({ files, path }: DataFile): Promise<Uint8Array> {
  const size = await files.size(path);
  const tooLarge = (): MgrpoError => {
    const wayOut = 'cut it into several, or give it as parquet';
    return new MgrpoError('bad_file', `${files.name}/${path}: expected at most ${MOST_BYTES} bytes, got more; ${wayOut}`);
  };
  if (size > MOST_BYTES) throw tooLarge();
  const bytes = await files.readRange(path, 0, size);
  if (!startsWith(0x1f, 0x8b)(bytes)) return bytes;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    const unpacked = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'));
    for await (const part of unpacked) {
      // A small file may hold any number of zeros.
      if ((length += part.length) > MOST_BYTES) throw tooLarge();
      parts.push(part);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } catch (cause) {
    if (cause instanceof MgrpoError) throw cause;
    throw new MgrpoError('bad_file', `${files.name}/${path}: expected a whole gzip file, got a damaged one; fetch it again`, {
      cause,
    });
  }
}

async function readParquet({ files, path }: DataFile, where: string, limit: number): Promise<DataRecord[]> {
  if (!startsWith(0x1f, 0x8b)(await files.readRange(path, 0, 2))) {
    const read = (start: number, end: number): Promise<Uint8Array> => files.readRange(path, start, end);
    return parquetRecords({ size: await files.size(path), read }, where, limit);
  }
  const whole = await bytesOf({ files, path });
  return parquetRecords({ size: whole.length, read: (start, end) => Promise.resolve(whole.subarray(start, end)) }, where, limit);
}

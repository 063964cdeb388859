// Records of a parquet file, of which only the ranges are read that hold them.
import type { AsyncBuffer } from 'hyparquet';
import { MgrpoError, show } from '../errors.js';
import { isObject } from '../options/border.js';
import type { DataRecord } from '../tasks/rows.js';
import { ColumnCheck, checkFooter } from './parquet-pages.js';

/** A file that is read by ranges. */
export interface Ranges {
  readonly size: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

/** @param limit most records. @throws MgrpoError `bad_file` where the file is damaged */
export async function parquetRecords(ranges: Ranges, where: string, limit: number): Promise<DataRecord[]> {
  const [{ cachedAsyncBuffer, parquetMetadata, parquetReadObjects, parquetSchema }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const byteLength = ranges.size;
  const slice = async (start: number, end = byteLength): Promise<ArrayBuffer> =>
    new Uint8Array(await ranges.read(start, end)).buffer;
  const cached = cachedAsyncBuffer({ byteLength, slice });
  let hasFailed = false;
  let check: ColumnCheck | undefined;
  const file = {
    byteLength,
    // hyparquet begins to read columns before it has looked at all of them. Where it then refuses one it waits for none, and what is wrong in
    // those it began would be an error that nobody awaits: they wait until it has looked, and for ever where it refused.
    slice(start: number, end?: number): Promise<ArrayBuffer> {
      const read = async (): Promise<ArrayBuffer> => {
        await new Promise((resolve) => setTimeout(resolve));
        if (hasFailed) return new Promise<never>(() => undefined);
        const bytes = await cached.slice(start, end);
        check?.check(new Uint8Array(bytes), start);
        return bytes;
      };
      const bytes = read();
      // Nor does it wait for all the bytes that it asks for.
      bytes.catch(() => undefined);
      return bytes;
    },
  };
  try {
    const footer = await readFooter(cached);
    checkFooter(new Uint8Array(footer, 0, footer.byteLength - 8));
    const metadata = parquetMetadata(footer);
    const rowEnd = Math.min(limit, Number(metadata.num_rows));
    check = new ColumnCheck(metadata, parquetSchema(metadata), compressors, rowEnd);
    const rows = await parquetReadObjects({ file, metadata, compressors, rowEnd }).catch((error: unknown) => {
      hasFailed = true;
      throw error;
    });
    return rows.map((row, i) => ({ where: `${where}: row ${i + 1}`, values: plainValue(row) as DataRecord['values'] }));
  } catch (cause) {
    if (cause instanceof MgrpoError) throw cause;
    throw new MgrpoError(
      'bad_file',
      `${where}: expected a parquet file, got ${show(cause)}; fetch it again, or give it as JSON lines`,
      {
        cause,
      },
    );
  }
}

/** The metadata at the end of a file, with its length and the magic number after it. */
async function readFooter({ byteLength, slice }: AsyncBuffer): Promise<ArrayBuffer> {
  const tail = new DataView(await slice(Math.max(byteLength - 8, 0), byteLength));
  const length = 8 + tail.getUint32(0, true);
  if (length > byteLength) throw new Error(`metadata of ${length} bytes in a file of ${byteLength}`);
  return slice(byteLength - length, byteLength);
}

/** A value of a parquet file as JSON has it: 64-bit integers become numbers, or text where a number would not hold them. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isObject(value) || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainValue(inner)]));
}

// Parquet files, by hand: one group of rows, a page per column, plain values, gzip. The metadata is in Thrift's compact protocol.
// Sources: parquet.thrift and the list of encodings of the Parquet format; the specification of Thrift's compact protocol.
import { utf8, varint } from './bytes.js';

/** A column by its name; null where a row has no value. int64: whole numbers. */
export type ParquetColumn = { readonly name: string } & (
  | { readonly type: 'int64' | 'double'; readonly values: readonly (number | null)[] }
  | { readonly type: 'boolean'; readonly values: readonly (boolean | null)[] }
  | { readonly type: 'text'; readonly values: readonly (string | null)[] }
);

/** Numbers that the format has for its physical types, and for what all columns here have in common. */
const TYPES = { boolean: 0, int64: 2, double: 5, text: 6 } as const;
const PLAIN = 0;
const RLE = 3;
const GZIP = 2;
const OPTIONAL = 1;
const UTF8 = 0;
const DATA_PAGE = 0;

/** A file of columns of the same length. */
export async function parquetFile(columns: readonly ParquetColumn[]): Promise<Uint8Array> {
  const rows = columns[0]?.values.length ?? 0;
  const parts: BlobPart[] = ['PAR1'];
  const chunks: Value[] = [];
  let at = 4;
  let unpacked = 0;
  for (const { name, ...column } of columns) {
    const page = pageOf(column);
    const packed = await new Response(page.stream().pipeThrough(new CompressionStream('gzip'))).blob();
    const about = struct({ 1: int(rows), 2: int(PLAIN), 3: int(RLE), 4: int(RLE) });
    const header = Uint8Array.from(struct({ 1: int(DATA_PAGE), 2: int(page.size), 3: int(packed.size), 5: about }).bytes);
    const sizes = [page, packed].map(({ size }) => header.length + size);
    const meta = struct({
      1: int(TYPES[column.type]),
      2: list([int(PLAIN), int(RLE)]),
      3: list([text(name)]),
      4: int(GZIP),
      5: long(rows),
      6: long(sizes[0]!),
      7: long(sizes[1]!),
      9: long(at),
    });
    chunks.push(struct({ 2: long(at), 3: meta }));
    parts.push(header, packed);
    unpacked += sizes[0]!;
    at += sizes[1]!;
  }
  const schema = columns.map(({ name, type }) =>
    struct({ 1: int(TYPES[type]), 3: int(OPTIONAL), 4: text(name), ...(type === 'text' && { 6: int(UTF8) }) }),
  );
  const { bytes } = struct({
    1: int(1),
    2: list([struct({ 4: text('schema'), 5: int(columns.length) }), ...schema]),
    3: long(rows),
    4: list([struct({ 1: list(chunks), 2: long(unpacked), 3: long(rows) })]),
    6: text('mgrpo'),
  });
  parts.push(Uint8Array.from(bytes), Uint32Array.of(bytes.length), 'PAR1');
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

type Values = Pick<ParquetColumn, 'type' | 'values'>;

/** Which rows have a value, as one run of bits with its length before it; then the values that there are. */
function pageOf({ type, values }: Values): Blob {
  const levels = [...varint(Math.ceil(values.length / 8) * 2 + 1), ...bits(values.map((value) => value !== null))];
  const there = values.filter((value) => value !== null);
  const plain =
    type === 'boolean' ? [Uint8Array.from(bits(there.map(Boolean)))] : there.flatMap((value) => plainBytes(type, value));
  return new Blob([Uint32Array.of(levels.length), Uint8Array.from(levels), ...plain]);
}

function plainBytes(type: ParquetColumn['type'], value: string | number | boolean): BlobPart[] {
  if (type === 'int64') return [BigInt64Array.of(BigInt(value))];
  if (type === 'double') return [Float64Array.of(Number(value))];
  const bytes = new TextEncoder().encode(String(value));
  return [Uint32Array.of(bytes.length), bytes];
}

/** Eight to a byte, the lowest bit first. */
function bits(values: readonly boolean[]): number[] {
  const out = Array<number>(Math.ceil(values.length / 8)).fill(0);
  for (const [i, value] of values.entries()) if (value) out[i >> 3]! |= 1 << (i & 7);
  return out;
}

/** A value in Thrift's compact protocol, with the number of its type. */
interface Value {
  readonly type: number;
  readonly bytes: readonly number[];
}

/** 32 bits, not negative. */
const int = (value: number): Value => ({ type: 5, bytes: varint(value * 2) });
/** 64 bits, not negative. */
const long = (value: number): Value => ({ type: 6, bytes: varint(value * 2) });

function text(value: string): Value {
  const bytes = utf8(value);
  return { type: 8, bytes: [...varint(bytes.length), ...bytes] };
}

/** Values of one type; an empty list is one of structs. */
function list(values: readonly Value[]): Value {
  const type = values[0]?.type ?? 12;
  const head = values.length < 15 ? [(values.length << 4) | type] : [0xf0 | type, ...varint(values.length)];
  return { type: 9, bytes: [...head, ...values.flatMap(({ bytes }) => bytes)] };
}

/** Fields by their numbers, which rise. */
function struct(fields: Readonly<Record<number, Value>>): Value {
  let before = 0;
  const bytes = Object.entries(fields).flatMap(([id, { type, bytes }]) => {
    const head = ((Number(id) - before) << 4) | type;
    before = Number(id);
    return [head, ...bytes];
  });
  return { type: 12, bytes: [...bytes, 0] };
}

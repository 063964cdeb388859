// Looks at a parquet file before hyparquet reads it, which believes what a file counts: a run of 2²⁷ levels in a page of nine bytes ends the
// process of Node, blocks of −1 integers are read for ever. What is counted here is bounded by what a file has to have. Source: the description of
// encodings in apache/parquet-format, and its Thrift definition (compact protocol).
import type { ColumnMetaData, Compressors, FileMetaData, SchemaTree } from 'hyparquet';

/** Most bytes of an unpacked page. */
const MOST_BYTES = 2 ** 29;
/** Most values of a page, and of all that is read of a file. */
const [MOST_IN_PAGE, MOST_VALUES] = [2 ** 24, 2 ** 26];
/** Most structs in each other, and columns. */
const MOST_DEEP = 64;
/** Longest number in the statistics of a column; longer decimal numbers take hyparquet time that grows with the square. */
const LONGEST_STATISTIC = 2 ** 16;

/** @throws Error with what is wrong unless a condition holds */
function must(holds: boolean, expected: string, got: unknown): asserts holds {
  if (!holds) throw new Error(`${expected}: ${String(got)}`);
}

/** Values of a Thrift struct by the numbers of its fields; lists are looked at only. */
type Struct = ReadonlyMap<number, unknown>;

/** Bytes that are read from the front, never past their end. */
class Bytes {
  readonly #bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    must(at >= 0 && at <= end && end <= bytes.length, 'bytes beyond the end', end);
    [this.#bytes, this.at, this.end] = [bytes, at, end];
  }

  byte(): number {
    must(this.at < this.end, 'more bytes needed than there are', this.end);
    return this.#bytes[this.at++]!;
  }

  skip(count: number): void {
    must(count >= 0 && count <= this.end - this.at, 'more bytes needed than there are', count);
    this.at += count;
  }

  /** A number of at most ten bytes of seven bits, the low ones first. */
  varint(): number {
    for (let value = 0, i = 0; i < 10; i++) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    throw new Error('a number of more than 10 bytes');
  }

  uint32(): number {
    return this.byte() + 256 * this.byte() + 65_536 * this.byte() + 2 ** 24 * this.byte();
  }

  /** `width` bits from the bit `from` on, counted from where this stands. */
  bits(from: number, width: number): number {
    let value = 0;
    for (let bit = 0; bit < width;) {
      const at = this.at + ((from + bit) >> 3);
      must(at < this.end, 'more bits needed than there are', width);
      const shift = (from + bit) & 7;
      value += (this.#bytes[at]! >> shift) * 2 ** bit;
      bit += 8 - shift;
    }
    return value % 2 ** width;
  }

  struct(depth = 1): Struct {
    must(depth <= MOST_DEEP, 'structs too deep in each other', depth);
    const fields = new Map<number, unknown>();
    for (let id = 0; ;) {
      const byte = this.byte();
      if ((byte & 15) === 0) return fields;
      id = byte >> 4 ? id + (byte >> 4) : zigzag(this.varint());
      fields.set(id, this.#value(byte & 15, depth));
    }
  }

  #value(type: number, depth: number): unknown {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return this.byte();
      case 4:
      case 5:
      case 6:
        return zigzag(this.varint());
      case 7:
        return this.skip(8);
      case 8: {
        const length = this.varint();
        // What hangs on a column: FileMetaData, RowGroup, ColumnChunk, ColumnMetaData, Statistics.
        must(depth < 5 || length <= LONGEST_STATISTIC, 'a statistic or note of a column of too many bytes', length);
        return this.skip(length);
      }
      case 9: {
        const head = this.byte();
        const count = head >> 4 === 15 ? this.varint() : head >> 4;
        const element = (head & 15) <= 2 ? 3 : head & 15;
        must(count <= this.end - this.at, 'a list of more entries than there are bytes', count);
        for (let i = 0; i < count; i++) this.#value(element, depth);
        return undefined;
      }
      case 12:
        return this.struct(depth + 1);
      default:
        throw new Error(`thrift type ${type}`);
    }
  }

  /**
   * Runs of one value and groups of eight packed ones.
   * @returns how many of the values are `counted`
   */
  hybrid(width: number, values: number, counted = -1): number {
    let found = 0;
    for (let seen = 0; seen < values && this.at < this.end;) {
      const head = this.varint();
      const count = head % 2 ? ((head - 1) / 2) * 8 : head / 2;
      const used = Math.min(count, values - seen);
      if (head % 2) {
        must(count > 0 && (count / 8 - 1) * width <= this.end - this.at, 'more packed values than bytes', count);
        must(width > 0 || (count >= used && count < values + 8), 'packed values of no bits', count);
        if (counted >= 0) for (let i = 0; i < used; i++) found += Number(this.bits(i * width, width) === counted);
        this.at = Math.min(this.at + (count / 8) * width, this.end);
      } else {
        must(count <= values, 'a run of more values than the page has', count);
        const value = this.bits(0, width);
        this.skip((width + 7) >> 3);
        if (value === counted) found += used;
      }
      seen += count;
    }
    return found;
  }

  /** Integers as differences, in blocks of blocks. */
  deltas(values: number): number[] {
    const [block, parts] = [this.varint(), this.varint()];
    const each = block / parts;
    must(
      parts > 0 && each > 0 && each % 32 === 0 && block <= MOST_IN_PAGE,
      'blocks of an impossible size',
      `${block} / ${parts}`,
    );
    this.varint();
    let value = zigzag(this.varint());
    const out = values > 0 ? [value] : [];
    while (out.length < values) {
      const least = zigzag(this.varint());
      const widths = Array.from({ length: parts }, () => this.byte());
      for (const width of widths) {
        if (out.length >= values) break;
        must(width <= 64, 'integers of more than 64 bits', width);
        for (let i = 0; i < each && out.length < values; i++) out.push((value += least + this.bits(i * width, width)));
        this.at = Math.min(this.at + (each / 8) * width, this.end);
      }
    }
    return out;
  }
}

const zigzag = (value: number): number => (value % 2 ? -(value + 1) / 2 : value / 2);

/** Looks at the metadata at the end of a file. @param footer it, without length and magic number */
export function checkFooter(footer: Uint8Array): void {
  new Bytes(footer).struct();
}

/** A column of a row group: where its bytes are, how many rows are read of it. */
interface Column {
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  readonly meta: ColumnMetaData;
  readonly maxRepetition: number;
  readonly maxDefinition: number;
}

/** The columns of a file, each looked at once when its bytes are there. */
export class ColumnCheck {
  readonly #columns: readonly Column[];
  readonly #unpack: Compressors;
  readonly #done = new Set<Column>();
  #values = 0;

  /** @param rows how many rows will be read */
  constructor(metadata: FileMetaData, schema: SchemaTree, unpack: Compressors, rows: number) {
    this.#unpack = unpack;
    let left = rows;
    this.#columns = metadata.row_groups.flatMap(({ columns, num_rows: count }) => {
      const wanted = Math.max(Math.min(left, Number(count)), 0);
      left -= wanted;
      return wanted === 0 ? [] : columns.flatMap(({ meta_data: meta }) => (meta ? [columnOf(meta, schema, wanted)] : []));
    });
  }

  /** Looks at all columns that lie within bytes of the file. @param start where they begin */
  check(bytes: Uint8Array, start: number): void {
    for (const column of this.#columns) {
      if (this.#done.has(column) || column.start < start || column.end > start + bytes.length) continue;
      this.#done.add(column);
      this.#pages(new Bytes(bytes, column.start - start, column.end - start), bytes, column);
    }
  }

  #pages(from: Bytes, bytes: Uint8Array, column: Column): void {
    const isFlat = column.maxRepetition === 0;
    let values = 0;
    // As hyparquet, which leaves a last byte alone.
    while (from.at < from.end - 1 && (!isFlat || values < column.rows)) {
      const header = from.struct();
      const body = from.at;
      from.skip(whole(header.get(3), MOST_BYTES, 'bytes of a page'));
      const packed = bytes.subarray(body, from.at);
      const size = whole(header.get(2), MOST_BYTES, 'unpacked bytes of a page');
      const kind = header.get(1) as number;
      const page = header.get(({ 0: 5, 2: 7, 3: 8 } as const)[kind] ?? -1) as Struct | undefined;
      if (!page) throw new Error(`a page of kind ${kind}`);
      const count = whole(page.get(1), MOST_IN_PAGE, 'values of a page');
      this.#values += count;
      must(this.#values <= MOST_VALUES, `expected at most ${MOST_VALUES} values of a file`, this.#values);
      if (kind === 0) this.#page(this.#unpacked(packed, size, column), page, column);
      if (kind === 3) this.#page2(packed, size, page, column);
      if (kind !== 2) values += count;
    }
    must(values >= column.rows, 'fewer values than rows', `${values} of ${column.rows}`);
  }

  #unpacked(packed: Uint8Array, size: number, { meta }: Column): Uint8Array {
    const unpack = this.#unpack[meta.codec];
    return unpack && size > 0 ? unpack(packed, size) : packed;
  }

  /** A page of the first kind: levels and values are packed together, levels begin with their length. */
  #page(page: Uint8Array, header: Struct, column: Column): void {
    const from = new Bytes(page);
    const count = header.get(1) as number;
    let present = count;
    for (const [level, isDefinition] of [
      [column.maxRepetition, false],
      [column.maxDefinition, true],
    ] as const) {
      if (level === 0) continue;
      const length = from.uint32();
      const levels = new Bytes(page, from.at, from.end);
      const most = levels.hybrid(bitsOf(level), count, level);
      if (isDefinition) present = most;
      from.skip(length);
    }
    const encoding = header.get(2) as number;
    checkValues(from, encoding, present, column.meta.type === 'BOOLEAN' && INDICES.has(encoding));
  }

  /** A page of the second kind: levels lie before the values, not packed. */
  #page2(packed: Uint8Array, size: number, header: Struct, column: Column): void {
    const [count, nulls] = [header.get(1) as number, header.get(2)];
    const [definitions, repetitions] = [5, 6].map((id) => whole(header.get(id), packed.length, 'bytes of levels'));
    const from = new Bytes(packed);
    if (column.maxRepetition > 0) new Bytes(packed).hybrid(bitsOf(column.maxRepetition), count);
    from.skip(repetitions!);
    if (column.maxDefinition > 0) new Bytes(packed, from.at).hybrid(bitsOf(column.maxDefinition), count);
    from.skip(definitions!);
    const rest = packed.subarray(from.at);
    const isPacked = header.get(7) !== false;
    const unpacked = isPacked ? this.#unpacked(rest, size - definitions! - repetitions!, column) : rest;
    const encoding = header.get(4) as number;
    checkValues(new Bytes(unpacked), encoding, count - whole(nulls, count, 'nulls of a page'), encoding === RLE);
  }
}

/** Encodings by their numbers: runs, which are also called dictionary, and differences. */
const RLE = 3;
const INDICES = new Set([2, RLE, 8]);
const [DELTA, DELTA_LENGTHS, DELTA_TEXTS] = [5, 6, 7];

/** Looks at the values of a page, as far as their encoding counts something. @param isBits whether they are runs of bits after a length */
function checkValues(from: Bytes, encoding: number, values: number, isBits: boolean): void {
  if (values === 0) return;
  if (isBits) {
    from.skip(4);
    from.hybrid(1, values);
  } else if (INDICES.has(encoding)) {
    const width = from.byte();
    must(width <= 32, 'indices of more than 32 bits', width);
    from.hybrid(width, values);
  } else if (encoding === DELTA) from.deltas(values);
  else if (encoding === DELTA_LENGTHS) from.skip(sum(from.deltas(values)));
  else if (encoding === DELTA_TEXTS) {
    const shared = from.deltas(values);
    sum(shared);
    const own = from.deltas(values);
    sum(own);
    sum(shared.map((length, i) => length + own[i]!));
  }
}

/** Bytes of all texts of a page. */
function sum(lengths: readonly number[]): number {
  let bytes = 0;
  for (const length of lengths) bytes += whole(length, MOST_BYTES - bytes, 'bytes of the texts of a page');
  return bytes;
}

/** @param wanted how many of its rows are read */
function columnOf(meta: ColumnMetaData, schema: SchemaTree, wanted: number): Column {
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const end = start + Number(meta.total_compressed_size);
  must(start >= 0 && end >= start, 'a column that lies nowhere', `${start} to ${end}`);
  const path = pathOf(schema, meta.path_in_schema);
  must(path.length <= MOST_DEEP, 'columns too deep in each other', path.length);
  must(wanted <= Number(meta.num_values), 'more rows than a column has values', wanted);
  const { converted_type: kind, type, type_length: length = 0 } = path.at(-1)!.element;
  const isLong = type === 'BYTE_ARRAY' || (type === 'FIXED_LEN_BYTE_ARRAY' && length > 64);
  must(kind !== 'DECIMAL' || !isLong, 'decimal numbers of any length', meta.path_in_schema.join('.'));
  const isRepeated = ({ element }: SchemaTree): boolean => element.repetition_type === 'REPEATED';
  return {
    ...{ start, end, rows: wanted, meta },
    maxRepetition: path.filter(isRepeated).length,
    maxDefinition: path.slice(1).filter(({ element }) => element.repetition_type !== 'REQUIRED').length,
  };
}

/** The nodes from the root to a column. */
function pathOf(root: SchemaTree, names: readonly string[]): SchemaTree[] {
  const path = [root];
  for (const name of names) {
    const node = path.at(-1)!.children.find(({ element }) => element.name === name);
    if (!node) throw new Error(`a column that the schema has not: ${names.join('.')}`);
    path.push(node);
  }
  return path;
}

const bitsOf = (level: number): number => 32 - Math.clz32(level);

/** @throws Error unless a number is whole, at least 0 and at most `most` */
function whole(value: unknown, most: number, what: string): number {
  must(Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most, `expected 0 to ${most} ${what}`, value);
  return value as number;
}

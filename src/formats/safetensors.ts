// The safetensors format: read lazily by range and checked strictly, written tensor by tensor. Knows nothing of models or devices.
import { MgrpoError, show } from '../errors.js';
import { bf16ToF32, decodeF32, f32ToBf16, finiteF16 } from '../numbers/float16.js';
import type { StoredValues } from '../numbers/weights.js';
import { sizeOf } from '../ops/tensor.js';
import { isObject } from '../options/border.js';
import { readJson, type FileSink, type FileSource } from '../platform/files.js';

/** Bytes per element of every dtype that the safetensors format names. Only F32, F16 and BF16 can be read as numbers here. */
const DTYPE_BYTES: Record<string, number> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/** The format's own limit on the header, which keeps a damaged length from being taken for one. */
const MAX_HEADER_BYTES = 100_000_000;

/** Default size of the pieces in which a tensor is read. */
const CHUNK_BYTES = 8 << 20;

/** Where a tensor lies. */
export interface TensorInfo {
  readonly name: string;
  /** File of the folder that holds it. */
  readonly file: string;
  /** dtype as the header writes it: 'F32', 'BF16', … */
  readonly dtype: string;
  /** Sizes, outermost first; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly elements: number;
  /** Byte offsets in the file (not in its data section), end exclusive. */
  readonly start: number;
  readonly end: number;
}

/** A piece of a tensor, decoded: its first value is element `offset` in row-major order. */
export interface TensorChunk<T> {
  readonly offset: number;
  readonly values: T;
}

/** The tensors of a model folder, one file or several shards; values are read by range when asked for. */
export class Safetensors {
  /** Tensors by name, in the order of the files. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** `__metadata__` of the (first) file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #files: FileSource;

  private constructor(files: FileSource, tensors: Map<string, TensorInfo>, metadata: Record<string, string>) {
    this.#files = files;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * Reads and checks the headers.
   *
   * @param file a `.safetensors` file, or a `.safetensors.index.json` that lists shards; without it `model.safetensors`, else its index
   * @throws not_found if there is neither, bad_file if a header, an offset or a shard is wrong
   */
  static async open(files: FileSource, file?: string): Promise<Safetensors> {
    const path = file ?? (await defaultFile(files));
    return path.endsWith('.index.json') ? Safetensors.#openIndex(files, path) : Safetensors.#openShards(files, [path]);
  }

  static async #openIndex(files: FileSource, path: string): Promise<Safetensors> {
    const where = `${files.name}/${path}`;
    const index = await readJson(files, path);
    const map = isObject(index) ? index.weight_map : undefined;
    if (!isObject(map)) throw bad(where, 'a weight_map of tensor names to files', index, 'write the index again');
    for (const [name, shard] of Object.entries(map)) {
      if (typeof shard !== 'string' || !/^[^/\\]+\.safetensors$/.test(shard)) {
        throw bad(where, `a .safetensors file of the same folder for tensor ${name}`, shard, 'write the index again');
      }
    }
    const shards = [...new Set(Object.values(map) as string[])].sort();
    if (shards.length === 0) throw bad(where, 'at least one tensor in weight_map', map, 'write the index again');
    const opened = await Safetensors.#openShards(files, shards);
    for (const [name, shard] of Object.entries(map)) {
      const found = opened.tensors.get(name)?.file;
      if (found !== shard) {
        throw bad(
          where,
          `tensor ${name} in ${String(shard)}`,
          found ?? 'no such tensor there',
          'the index and its shards are of different saves',
        );
      }
    }
    return opened;
  }

  static async #openShards(files: FileSource, shards: string[]): Promise<Safetensors> {
    const tensors = new Map<string, TensorInfo>();
    let metadata: Record<string, string> | undefined;
    for (const shard of shards) {
      const header = await readHeader(files, shard);
      metadata ??= header.metadata;
      for (const info of header.tensors) {
        const twin = tensors.get(info.name);
        if (twin) {
          throw bad(
            `${files.name}/${shard}`,
            `tensor ${info.name} once`,
            `it also in ${twin.file}`,
            'remove one of the two files',
          );
        }
        tensors.set(info.name, info);
      }
    }
    return new Safetensors(files, tensors, metadata ?? {});
  }

  /** Where the tensor lies. @throws bad_file naming the tensor and names that look like it */
  info(name: string): TensorInfo {
    const info = this.tensors.get(name);
    if (info) return info;
    const last = name.split('.').slice(-2).join('.');
    const similar = [...this.tensors.keys()].filter((other) => other.endsWith(last)).slice(0, 3);
    throw bad(
      this.#files.name,
      `a tensor ${name}`,
      `${this.tensors.size} others${similar.length ? ` (${similar.join(', ')}, …)` : ''}`,
      'the weights do not belong to this configuration or adapter',
    );
  }

  /** The tensor's bytes as they stand in the file, in pieces of at most `chunkBytes` (rounded down to whole 8-byte units). */
  async *bytes(name: string, chunkBytes: number = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
    const { file, start, end } = this.info(name);
    const step = Math.max(8, chunkBytes - (chunkBytes % 8));
    for (let at = start; at < end; at += step) yield await this.#files.readRange(file, at, Math.min(end, at + step));
  }

  /**
   * The tensor in pieces, each as `decode` gives it. A piece has an even number of elements, but for the last.
   * @throws unsupported where its dtype is none of F32, F16 and BF16
   */
  async *chunks<T>(
    name: string,
    decode: (values: StoredValues) => T,
    chunkBytes: number = CHUNK_BYTES,
  ): AsyncGenerator<TensorChunk<T>> {
    const { dtype } = this.#floatInfo(name);
    let offset = 0;
    for await (const bytes of this.bytes(name, chunkBytes)) {
      yield { offset, values: decode({ name, dtype, bytes }) };
      offset += bytes.length / DTYPE_BYTES[dtype]!;
    }
  }

  /** The whole tensor as `f32[elements]`; F16 and BF16 are widened exactly. */
  async readF32(name: string): Promise<Float32Array<ArrayBuffer>> {
    const out = new Float32Array(this.info(name).elements);
    for await (const { offset, values } of this.chunks(name, ({ dtype, bytes }) => decodeF32(dtype, bytes)))
      out.set(values, offset);
    return out;
  }

  #floatInfo(name: string): TensorInfo {
    const info = this.info(name);
    if (info.dtype !== 'F32' && info.dtype !== 'F16' && info.dtype !== 'BF16') {
      throw new MgrpoError(
        'unsupported',
        `${this.#files.name}/${info.file}: expected dtype F32, F16 or BF16 for tensor ${name}, got ${info.dtype}; convert the model first`,
      );
    }
    return info;
  }
}

/** Dtypes that are written. */
export type WrittenDType = 'F32' | 'F16' | 'BF16';

/** A tensor to write. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: WrittenDType;
  readonly shape: readonly number[];
  /**
   * Values in row-major order, whole or in pieces: f32 numbers (rounded to nearest even where the dtype has 16 bits), bf16 bits as u16
   * (not for F32), or the file's bytes as u8. A function is called when its turn comes, so that only one tensor need be in memory.
   */
  readonly data: TensorData | (() => Promise<TensorData> | AsyncIterable<TensorData>);
}

/** Bytes of a tensor in the file. */
export function tensorBytes({ dtype, shape }: Pick<TensorToWrite, 'dtype' | 'shape'>): number {
  return sizeOf(shape) * DTYPE_BYTES[dtype]!;
}

type TensorData = Float32Array | Uint16Array | Uint8Array;

/**
 * Writes one safetensors file, tensor by tensor: F32 ones first, then those of 16 bits, each by name, so that all are aligned.
 *
 * @param metadata `__metadata__`; transformers wants `{ format: 'pt' }`, which is the default
 * @throws invalid_argument if a tensor's values do not fill its shape; bad_file for numbers that F16 has not
 */
export async function writeSafetensors(
  sink: FileSink,
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Record<string, string> = { format: 'pt' },
): Promise<void> {
  await sink.write(path, safetensorsBytes(tensors, metadata, `${sink.name}/${path}`));
}

async function* safetensorsBytes(
  tensors: readonly TensorToWrite[],
  metadata: Record<string, string>,
  where: string,
): AsyncGenerator<Uint8Array> {
  const width = ({ dtype }: TensorToWrite): number => DTYPE_BYTES[dtype]!;
  const sorted = [...tensors].sort((a, b) => width(b) - width(a) || (a.name < b.name ? -1 : 1));
  const entries: [string, unknown][] = [['__metadata__', metadata]];
  let offset = 0;
  for (const { name, dtype, shape } of sorted) {
    const end = offset + tensorBytes({ dtype, shape });
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  if (new Set(entries.map(([name]) => name)).size !== entries.length) {
    const twice = entries.map(([name]) => name).find((name, i, names) => names.indexOf(name) !== i);
    throw new MgrpoError('invalid_argument', `${where}: expected each tensor once, got ${String(twice)} twice; rename one`);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  yield head;
  for (const tensor of sorted) {
    const need = tensorBytes(tensor);
    let got = 0;
    for await (const piece of pieces(tensor.data)) {
      const bytes = encode(tensor, piece, where);
      got += bytes.length;
      if (got > need) break;
      yield bytes;
    }
    if (got !== need) {
      throw new MgrpoError(
        'invalid_argument',
        `${where}: expected ${need} bytes for tensor ${tensor.name} ${tensor.dtype}[${tensor.shape.join(', ')}], got ${got > need ? 'more' : got}; ` +
          'pass as many values as the shape has',
      );
    }
  }
}

async function* pieces(data: TensorToWrite['data']): AsyncGenerator<TensorData> {
  if (typeof data !== 'function') return yield data;
  const made = data();
  if (Symbol.asyncIterator in made) yield* made;
  else yield await made;
}

function encode({ name, dtype }: TensorToWrite, piece: TensorData, where: string): Uint8Array {
  if (piece instanceof Uint16Array && dtype === 'F32') {
    throw new MgrpoError(
      'invalid_argument',
      `${where}: expected f32 values for tensor ${name} of dtype F32, got bf16 bits; widen them first`,
    );
  }
  const values = piece instanceof Uint8Array ? piece : inDType(name, dtype, piece);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function inDType(name: string, dtype: WrittenDType, piece: Float32Array | Uint16Array): Float32Array | Uint16Array {
  if (dtype === 'F16') return finiteF16('save', name, piece instanceof Uint16Array ? bf16ToF32(piece) : piece);
  return dtype === 'BF16' && piece instanceof Float32Array ? f32ToBf16(piece) : piece;
}

async function defaultFile(files: FileSource): Promise<string> {
  for (const path of ['model.safetensors', 'model.safetensors.index.json']) if (await files.exists(path)) return path;
  const found = files.list ? (await files.list()).join(', ') || 'an empty folder' : 'neither';
  throw new MgrpoError(
    'not_found',
    `${files.name}: expected model.safetensors or model.safetensors.index.json, found ${found}; convert other weight formats to safetensors first`,
  );
}

async function readHeader(files: FileSource, file: string): Promise<{ tensors: TensorInfo[]; metadata: Record<string, string> }> {
  const where = `${files.name}/${file}`;
  const again = 'the file is damaged, cut short or not a safetensors file: fetch it again';
  const size = await files.size(file);
  if (size < 8) throw bad(where, 'a header length of 8 bytes', `a file of ${size} bytes`, again);
  const prefix = await files.readRange(file, 0, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (length < 2 || length > MAX_HEADER_BYTES) throw bad(where, `a header of 2 to ${MAX_HEADER_BYTES} bytes`, length, again);
  const dataStart = 8 + length;
  if (dataStart > size) throw bad(where, `a header of ${length} bytes`, `a file of ${size} bytes`, again);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await files.readRange(file, 8, dataStart)));
  } catch (error) {
    if (error instanceof MgrpoError) throw error;
    throw bad(where, 'a header in JSON', error, again);
  }
  if (!isObject(header)) throw bad(where, 'a header that is a JSON object', header, again);

  const tensors: TensorInfo[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (!isObject(entry) || !Object.values(entry).every((value) => typeof value === 'string')) {
        throw bad(where, 'strings in __metadata__', entry, again);
      }
      metadata = entry as Record<string, string>;
    } else tensors.push(tensorInfo(where, file, name, entry, dataStart, again));
  }

  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  let expected = dataStart;
  for (const tensor of tensors) {
    if (tensor.end > size) {
      throw bad(where, `${tensor.end} bytes (tensor ${tensor.name} ends there)`, `a file of ${size} bytes`, again);
    }
    if (tensor.start !== expected) {
      const how = tensor.start < expected ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw bad(where, `tensor ${tensor.name} at byte ${expected}`, `${tensor.start}, which ${how}`, again);
    }
    expected = tensor.end;
  }
  if (expected !== size) throw bad(where, `a file of ${expected} bytes`, `${size}`, again);
  return { tensors, metadata };
}

function tensorInfo(where: string, file: string, name: string, entry: unknown, dataStart: number, again: string): TensorInfo {
  if (!isObject(entry)) throw bad(where, `an object for tensor ${name}`, entry, again);
  const { dtype, shape, data_offsets: offsets } = entry;
  const width = typeof dtype === 'string' && Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype]! : undefined;
  if (typeof dtype !== 'string' || width === undefined) {
    throw bad(where, `a dtype of ${Object.keys(DTYPE_BYTES).join(', ')} for tensor ${name}`, dtype, 'convert the model first');
  }
  if (!isSizes(shape) || !Number.isSafeInteger(sizeOf(shape)))
    throw bad(where, `a shape of whole numbers for tensor ${name}`, shape, again);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw bad(where, `data_offsets [start, end] for tensor ${name}`, offsets, again);
  }
  const elements = sizeOf(shape);
  const [start, end] = offsets as [number, number];
  if (end - start !== elements * width) {
    throw bad(where, `${elements * width} bytes for tensor ${name} ${dtype}[${shape.join(', ')}]`, end - start, again);
  }
  return { name, file, dtype, shape, elements, start: dataStart + start, end: dataStart + end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function bad(where: string, rule: string, got: unknown, wayOut: string): MgrpoError {
  return new MgrpoError('bad_file', `${where}: expected ${rule}, got ${typeof got === 'string' ? got : show(got)}; ${wayOut}`);
}

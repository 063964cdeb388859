// The GGUF container, version 3, as llama.cpp reads it: metadata, tensor list, aligned data. Knows nothing of models.
// Source: the description of the format in the ggml project.
import { check } from '../errors.js';
import { GGUF_TYPES, type GgufDType } from '../numbers/weights.js';
import { sizeOf } from '../ops/tensor.js';
import type { FileSink } from '../platform/files.js';

/** A typed value of the metadata. */
export type GgufValue =
  | { readonly u32: number }
  | { readonly i32s: readonly number[] }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] };

/** A tensor to write. */
export interface GgufTensor {
  readonly name: string;
  /** Sizes, outermost first; the file has them the other way round. */
  readonly shape: readonly number[];
  /** With q8_0 the last size is a multiple of 32. */
  readonly dtype: GgufDType;
  /** Values in row-major order; called when the tensor's turn comes. */
  readonly read: () => Promise<Float32Array>;
}

/** Bytes to which tensors are aligned: the format's default. */
const ALIGNMENT = 32;
const ALIGN = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Writes a file, tensor by tensor in the order given. @throws bad_file for numbers that f16 has not, or that are not finite */
export async function writeGguf(
  sink: FileSink,
  path: string,
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Promise<void> {
  await sink.write(path, ggufBytes(metadata, tensors));
}

async function* ggufBytes(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): AsyncGenerator<Uint8Array> {
  const head = new Bytes();
  head.text('GGUF', false);
  head.u32(3);
  head.u64(tensors.length);
  head.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    head.text(key);
    head.value(value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    head.text(tensor.name);
    head.u32(tensor.shape.length);
    for (const size of tensor.shape.toReversed()) head.u64(size);
    head.u32(GGUF_TYPES[tensor.dtype].id);
    head.u64(offset);
    offset += ALIGN(bytesOf(tensor));
  }
  yield head.taken(ALIGN(head.length));
  for (const tensor of tensors) {
    const values = await tensor.read();
    check(
      values.length === sizeOf(tensor.shape),
      `gguf: expected ${sizeOf(tensor.shape)} values for tensor ${tensor.name}, got ${values.length}`,
    );
    const bytes = GGUF_TYPES[tensor.dtype].encode(tensor.name, values);
    yield bytes;
    yield new Uint8Array(ALIGN(bytes.length) - bytes.length);
  }
}

function bytesOf(tensor: GgufTensor): number {
  const { group, bytes } = GGUF_TYPES[tensor.dtype];
  return (sizeOf(tensor.shape) / group) * bytes;
}

/** Little-endian bytes that grow. */
class Bytes {
  #bytes = new Uint8Array(1 << 16);
  length = 0;

  /** The bytes, filled up with zeros. */
  taken(length: number): Uint8Array {
    this.#room(length - this.length);
    return this.#bytes.slice(0, length);
  }

  u32(value: number): void {
    this.#room(4).setUint32(this.length, value, true);
    this.length += 4;
  }

  u64(value: number): void {
    this.#room(8).setBigUint64(this.length, BigInt(value), true);
    this.length += 8;
  }

  text(text: string, counted = true): void {
    const bytes = new TextEncoder().encode(text);
    if (counted) this.u64(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A value behind the number of its type. */
  value(value: GgufValue): void {
    if ('u32' in value) {
      this.u32(4);
      this.u32(value.u32);
    } else if ('f32' in value) {
      this.u32(6);
      this.#room(4).setFloat32(this.length, value.f32, true);
      this.length += 4;
    } else if ('bool' in value) {
      this.u32(7);
      this.#room(1).setUint8(this.length++, Number(value.bool));
    } else if ('text' in value) {
      this.u32(8);
      this.text(value.text);
    } else {
      this.u32(9);
      const list = 'texts' in value ? value.texts : value.i32s;
      this.u32('texts' in value ? 8 : 5);
      this.u64(list.length);
      for (const entry of list) {
        if (typeof entry === 'string') this.text(entry);
        else this.u32(entry);
      }
    }
  }

  #room(more: number): DataView {
    if (this.length + more > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.length + more));
      grown.set(this.#bytes.subarray(0, this.length));
      this.#bytes = grown;
    }
    return new DataView(this.#bytes.buffer);
  }
}

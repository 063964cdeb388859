// The formats in which frozen weights may be kept on a device, a row each. How a device reads them it knows for itself:
// shaders/lib/weights.wgsl for WebGPU, assembly/engine/weights.ts for WebAssembly.
import { BLOCK, dequantized, packedQ8, Q4, Q8, quantized, widened, type BlockKind } from './blocks.js';
import { checkFinite, decodeBf16, decodeF16, decodeF32, finiteF16, finiteWeights } from './float16.js';

/** A format of a weight. */
export type WeightFormat = 'f32' | 'bf16' | 'f16' | 'q8' | 'q4';

/** Elements of a tensor as they stand in a file, in row-major order. */
export interface StoredValues {
  /** The tensor's name, for messages. */
  readonly name: string;
  readonly dtype: string;
  /** Little-endian. */
  readonly bytes: Uint8Array;
}

/** How weights of one format come from files and go back. */
export interface WeightRow {
  /** Bytes per element. */
  readonly bytes: number;
  /** Elements that lie together: a tensor has a whole number of such blocks, each of whole words. */
  readonly block: number;
  /** Dtype of a file whose tensors this format keeps as they are. */
  readonly same?: string;
  /** In what vectors (norms, biases), and tables of tokens (embedding, head) are kept instead. */
  readonly vectors?: WeightFormat;
  readonly tables?: WeightFormat;
  /** What lies on a device. @throws MgrpoError `bad_file` where the format has no such numbers */
  readonly pack: (values: StoredValues) => Float32Array | Uint32Array;
  /** Dtype under which they are written. */
  readonly written: 'F32' | 'BF16';
  /** `count` values to write, from what lies on a device. */
  readonly unpack: (data: Float32Array<ArrayBuffer>, count: number) => Float32Array | Uint16Array;
}

/** Blocks of one kind; files that hold them already (GGUF's `stored`) keep them. */
function inBlocks(kind: BlockKind, stored: string): WeightRow {
  return {
    bytes: (kind.bytes + 4) / BLOCK,
    block: BLOCK,
    same: stored,
    vectors: 'f32',
    pack: ({ name, dtype, bytes }) => (dtype === stored ? widened(bytes, kind) : quantized(name, decodeF32(dtype, bytes), kind)),
    written: 'F32',
    unpack: (data, count) => dequantized(data, count, kind),
  };
}

/** All formats. The order is known to assembly/engine/weights.ts. */
export const WEIGHTS: Readonly<Record<WeightFormat, WeightRow>> = {
  f32: {
    bytes: 4,
    block: 1,
    pack: ({ name, dtype, bytes }) => finiteWeights(name, decodeF32(dtype, bytes)),
    written: 'F32',
    unpack: (data) => data,
  },
  bf16: {
    bytes: 2,
    block: 2,
    same: 'BF16',
    pack: ({ name, dtype, bytes }) => finiteWeights(name, pairs(decodeBf16(dtype, bytes))),
    written: 'BF16',
    unpack: (data, count) => new Uint16Array(data.buffer, data.byteOffset, count),
  },
  f16: {
    bytes: 2,
    block: 2,
    pack: ({ name, dtype, bytes }) => pairs(checkFinite('load', name, decodeF16(dtype, bytes))),
    written: 'F32',
    unpack: (data, count) => decodeF32('F16', new Uint8Array(data.buffer, data.byteOffset, 2 * count)),
  },
  q8: inBlocks(Q8, 'Q8_0'),
  q4: { ...inBlocks(Q4, 'Q4_0'), tables: 'q8' },
};

/** Names of all formats. */
export const WEIGHT_FORMATS: readonly WeightFormat[] = Object.keys(WEIGHTS) as WeightFormat[];

/** Numbers of 16 bits as words of two, the one with the even index in the low half. */
function pairs(halves: Uint16Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(halves.length / 2));
  new Uint16Array(words.buffer).set(halves);
  return words;
}

/** A format in which a whole model is written. */
export type FileDType = 'f32' | 'bf16' | 'f16';

/** These formats' names in safetensors files and in config.json. */
export const FILE_DTYPES: Readonly<
  Record<FileDType, { readonly stored: 'F32' | 'BF16' | 'F16'; readonly config: 'float32' | 'bfloat16' | 'float16' }>
> = {
  f32: { stored: 'F32', config: 'float32' },
  bf16: { stored: 'BF16', config: 'bfloat16' },
  f16: { stored: 'F16', config: 'float16' },
};

/** Formats of tensors in GGUF files. */
export type GgufDType = 'f32' | 'f16' | 'q8_0';

/** What llama.cpp knows of a format. */
interface GgufType {
  /** ggml's number of it. */
  readonly id: number;
  /** Number of a file that is mostly of it. */
  readonly fileType: number;
  /** Elements that lie together, of which a row has whole groups, and their bytes. */
  readonly group: number;
  readonly bytes: number;
  /** @throws MgrpoError `bad_file` naming the tensor whose numbers it has not */
  readonly encode: (name: string, values: Float32Array) => Uint8Array;
}

export const GGUF_TYPES: Readonly<Record<GgufDType, GgufType>> = {
  f32: { id: 0, fileType: 0, group: 1, bytes: 4, encode: (_, values) => bytesOf(values) },
  f16: { id: 1, fileType: 1, group: 1, bytes: 2, encode: (name, values) => bytesOf(finiteF16('export', name, values)) },
  q8_0: { id: 8, fileType: 7, group: BLOCK, bytes: BLOCK + 2, encode: packedQ8 },
};

/** What is written where nothing else is said, and where a row is no whole number of groups. */
export const GGUF_DEFAULT: GgufDType = 'f16';

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

// Weights in blocks of 32 that share a scale, value = scale · integer: q8 with integers from −127 to 127, q4 from −8 to 7. A block is a scale in
// f32, then its integers: 32 signed bytes, or 16 bytes whose low halves are elements 0 … 15 and whose high halves 16 … 31, each plus 8. The order
// within a block is that of GGUF's Q8_0 and Q4_0, whose scale is an f16.
import { MgrpoError } from '../errors.js';
import { decodeF32, finiteF16 } from './float16.js';

/** Elements of a block. */
export const BLOCK = 32;

/** A kind of block. */
export interface BlockKind {
  /** Bytes of the integers. */
  readonly bytes: number;
  /** Writes the integers of a block's values and gives the scale. */
  readonly quantize: (values: Float32Array, integers: Uint8Array) => number;
  /** Integer number `i` of a block. */
  readonly integer: (integers: Uint8Array, i: number) => number;
}

/** Scale = largest magnitude / 127: no value is farther from its own than half a scale. */
export const Q8: BlockKind = {
  bytes: 32,
  quantize(values, integers) {
    const scale = Math.fround(largest(values) / 127);
    values.forEach((value, i) => (integers[i] = scale === 0 ? 0 : Math.round(value / scale)));
    return scale;
  },
  integer: (integers, i) => (integers[i]! << 24) >> 24,
};

/**
 * Scale = the value of largest magnitude / −8, which keeps that value: no other one is farther from its own than half a scale, but for those of
 * the other sign beyond 7.5 scales.
 */
export const Q4: BlockKind = {
  bytes: 16,
  quantize(values, integers) {
    const top = largest(values);
    const scale = Math.fround((values.includes(top) ? top : -top) / -8);
    integers.fill(0x88);
    values.forEach((value, i) => {
      const shift = i < 16 ? 0 : 4;
      const integer = scale === 0 ? 8 : Math.min(15, Math.floor(value / scale + 8.5));
      integers[i % 16] = (integers[i % 16]! & (0xf0 >> shift)) | (integer << shift);
    });
    return scale === 0 ? 0 : scale;
  },
  integer: (integers, i) => ((integers[i % 16]! >> (i < 16 ? 0 : 4)) & 15) - 8,
};

function largest(values: Float32Array): number {
  let top = 0;
  for (const value of values) top = Math.max(top, Math.abs(value));
  return top;
}

/** Blocks of finite numbers, the last one filled up with zeros. @throws MgrpoError `bad_file` where one is not finite */
export function quantized(name: string, values: Float32Array, kind: BlockKind): Uint32Array {
  const words = 1 + kind.bytes / 4;
  const out = new Uint32Array(Math.ceil(values.length / BLOCK) * words);
  const scales = new Float32Array(out.buffer);
  const integers = new Uint8Array(out.buffer);
  for (let from = 0, at = 0; from < values.length; from += BLOCK, at += words) {
    const block = values.subarray(from, from + BLOCK);
    if (!block.every(Number.isFinite)) {
      throw new MgrpoError(
        'bad_file',
        `load: expected finite numbers for tensor ${name}, got others; keep the weights as bf16 or f32`,
      );
    }
    scales[at] = kind.quantize(block, integers.subarray(4 * at + 4, 4 * (at + words)));
  }
  return out;
}

/** Blocks that are quantised already, with scales in f16 (Q8_0, Q4_0 of GGUF). */
export function widened(blocks: Uint8Array, { bytes }: BlockKind): Uint32Array {
  const count = blocks.length / (bytes + 2);
  const out = new Uint32Array(count * (1 + bytes / 4));
  const integers = new Uint8Array(out.buffer);
  const halves = new Uint8Array(2 * count);
  for (let b = 0; b < count; b++) {
    const from = b * (bytes + 2);
    halves.set(blocks.subarray(from, from + 2), 2 * b);
    integers.set(blocks.subarray(from + 2, from + 2 + bytes), b * (bytes + 4) + 4);
  }
  const scales = new Float32Array(out.buffer);
  decodeF32('F16', halves).forEach((scale, b) => (scales[b * (1 + bytes / 4)] = scale));
  return out;
}

/** Values as blocks of GGUF's Q8_0, with the rounding of llama.cpp. @throws MgrpoError `bad_file` where one is not finite, or too large */
export function packedQ8(name: string, values: Float32Array): Uint8Array {
  const bytes = BLOCK + 2;
  const out = new Uint8Array((values.length / BLOCK) * bytes);
  const scales = new Float32Array(values.length / BLOCK);
  for (let b = 0; b < scales.length; b++) {
    const block = values.subarray(b * BLOCK, (b + 1) * BLOCK);
    scales[b] = Math.fround(largest(block) / 127);
    const inverse = scales[b] === 0 ? 0 : Math.fround(1 / scales[b]!);
    // Halves are rounded away from zero.
    block.forEach((value, i) => {
      const scaled = Math.fround(value * inverse);
      out[b * bytes + 2 + i] = Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5);
    });
  }
  const halves = finiteF16('export', name, scales);
  halves.forEach((half, b) => out.set([half & 255, half >> 8], b * bytes));
  return out;
}

/** The first `count` values of blocks. */
export function dequantized(data: Float32Array<ArrayBuffer>, count: number, { bytes, integer }: BlockKind): Float32Array {
  const integers = new Uint8Array(data.buffer, data.byteOffset);
  return Float32Array.from({ length: count }, (_, i) => {
    const at = Math.floor(i / BLOCK) * (bytes + 4);
    return data[at / 4]! * integer(integers.subarray(at + 4, at + 4 + bytes), i % BLOCK);
  });
}

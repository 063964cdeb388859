// The two 16-bit number formats of weight files, f16 and bf16, to and from f32.
import { MgrpoError } from '../errors.js';

/** Little-endian bytes of `dtype` as f32; a view where the bytes allow it. */
export function decodeF32(dtype: string, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const aligned = align(bytes);
  if (dtype === 'F32') return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  const bits = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
  if (dtype === 'BF16') return bf16ToF32(bits);
  const out = new Float32Array(bits.length);
  const table = f16Table();
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]!]!;
  return out;
}

/** Little-endian bytes of `dtype` as bf16 bits; a view where the bytes allow it. */
export function decodeBf16(dtype: string, bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  if (dtype !== 'BF16') return f32ToBf16(decodeF32(dtype, bytes));
  const aligned = align(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

/** f32 → bf16 bits, round to nearest, ties to even; NaN stays NaN. */
export function f32ToBf16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(new ArrayBuffer(Math.ceil(values.length / 2) * 4), 0, values.length);
  for (let i = 0; i < bits.length; i++) {
    const u = bits[i]!;
    out[i] = (u & 0x7fffffff) > 0x7f800000 ? (u >>> 16) | 0x40 : (u + 0x7fff + ((u >>> 16) & 1)) >>> 16;
  }
  return out;
}

/** Little-endian bytes of `dtype` as f16 bits; a view where the bytes allow it. Finite numbers of 65,520 and more become infinite. */
export function decodeF16(dtype: string, bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  if (dtype !== 'F16') return f32ToF16(decodeF32(dtype, bytes));
  const aligned = align(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

/** f32 → f16 bits, round to nearest, ties to even; NaN stays NaN, 65,520 and more become infinite. */
export function f32ToF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(new ArrayBuffer(Math.ceil(values.length / 2) * 4), 0, values.length);
  for (let i = 0; i < bits.length; i++) {
    const u = bits[i]! & 0x7fffffff;
    const sign = (bits[i]! >>> 16) & 0x8000;
    let half: number;
    if (u > 0x7f800000) half = 0x7e00;
    else if (u >= 0x477ff000) half = 0x7c00;
    else if (u >= 0x38800000) half = (u - 0x38000000 + 0xfff + ((u >>> 13) & 1)) >>> 13;
    else {
      const units = Math.abs(values[i]!) * 2 ** 24; // of the smallest number
      const down = Math.floor(units);
      half = down + Number(units - down > 0.5 || (units - down === 0.5 && down % 2 === 1));
    }
    out[i] = sign | half;
  }
  return out;
}

/**
 * f32 → f16 bits where all of them are numbers there.
 * @param where what the message begins with
 * @throws MgrpoError `bad_file` naming the tensor otherwise
 */
export function finiteF16(where: string, name: string, values: Float32Array): Uint16Array<ArrayBuffer> {
  return checkFinite(where, name, f32ToF16(values));
}

/** f16 bits that are all numbers. @throws MgrpoError `bad_file` naming the tensor otherwise */
export function checkFinite<T extends Uint16Array>(where: string, name: string, halves: T): T {
  if (halves.some((half) => (half & 0x7c00) === 0x7c00)) {
    throw new MgrpoError(
      'bad_file',
      `${where}: expected numbers below 65520 for tensor ${name} in half precision, got a larger one or none; keep the weights as bf16 or f32`,
    );
  }
  return halves;
}

/** Weights that are all numbers: f32, or words of two bf16. @throws MgrpoError `bad_file` naming the tensor otherwise */
export function finiteWeights<T extends Float32Array | Uint32Array>(name: string, values: T): T {
  // 0 · x is NaN where x is no number.
  let found = 0;
  if (values instanceof Float32Array) for (let i = 0; i < values.length; i++) found += 0 * values[i]!;
  else
    for (let i = 0; i < values.length; i++) {
      const word = values[i]!;
      if ((word & 0x7f80) === 0x7f80 || (word & 0x7f800000) === 0x7f800000) found = NaN;
    }
  if (found === 0) return values;
  throw new MgrpoError(
    'bad_file',
    `load: expected finite numbers for tensor ${name}, got NaN or an infinite one; the weights are damaged: fetch them again`,
  );
}

/** bf16 bits → f32, exact. */
export function bf16ToF32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

let f16Values: Float32Array | undefined;

/** The value of each of the 65,536 f16 bit patterns. */
function f16Table(): Float32Array {
  if (f16Values) return f16Values;
  f16Values = new Float32Array(65536);
  for (let h = 0; h < 65536; h++) {
    const sign = h & 0x8000 ? -1 : 1;
    const exponent = (h >> 10) & 31;
    const mantissa = h & 1023;
    f16Values[h] =
      sign *
      (exponent === 0
        ? mantissa * 2 ** -24
        : exponent === 31
          ? mantissa
            ? NaN
            : Infinity
          : (1 + mantissa / 1024) * 2 ** (exponent - 15));
  }
  return f16Values;
}

/** The bytes at an offset that any number type can be read from; copied only if they are not. */
function align(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.byteOffset % 4 === 0 && bytes.buffer instanceof ArrayBuffer
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes);
}

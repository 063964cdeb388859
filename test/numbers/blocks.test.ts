// Weights in blocks: how far values may be from what they were, and what GGUF has quantised already.
import { describe, expect, it } from 'vitest';
import { f32ToF16 } from '../../src/numbers/float16.js';
import { WEIGHTS } from '../../src/numbers/weights.js';
import { noise } from '../support/compare.js';

function through(format: 'q8' | 'q4', values: Float32Array, dtype = 'F32', bytes = new Uint8Array(values.buffer)): Float32Array {
  const packed = WEIGHTS[format].pack({ name: 'w', dtype, bytes });
  return WEIGHTS[format].unpack(new Float32Array(packed.buffer as ArrayBuffer), values.length) as Float32Array;
}

/** Values of many magnitudes, block by block, and a last block that is not whole. */
const VALUES = noise(32 * 40 + 7, 1).map((value, i) => value * 10 ** ((Math.floor(i / 32) % 13) - 6));

describe('weights in blocks', () => {
  it.each([
    ['q8', 1 / 127],
    ['q4', 1 / 8],
  ] as const)('%s stay within half a scale of what they were, and their largest within one rounding', (format, step) => {
    const kept = through(format, VALUES);
    for (let from = 0; from < VALUES.length; from += 32) {
      const block = VALUES.subarray(from, from + 32);
      const top = Math.max(...block.map(Math.abs));
      const sign = block.includes(top) ? 1 : -1;
      block.forEach((value, i) => {
        // The other end of q4: 7 steps of 8.
        const bound = format === 'q4' && -sign * value > 7.5 * step * top ? step * top : (step / 2) * top;
        expect(Math.abs(kept[from + i]! - value), `${value} of ${top}`).toBeLessThanOrEqual(bound * (1 + 1e-5));
      });
      expect(Math.abs(kept[from + block.indexOf(sign * top)]! - sign * top)).toBeLessThanOrEqual(2 ** -22 * top);
    }
  });

  it('keep zeros, and are their own fixed point', () => {
    for (const format of ['q8', 'q4'] as const) {
      expect(through(format, new Float32Array(64))).toEqual(new Float32Array(64));
      const once = through(format, VALUES);
      const twice = through(format, once);
      twice.forEach((value, i) => expect(Math.abs(value - once[i]!)).toBeLessThanOrEqual(2 ** -21 * Math.abs(once[i]!)));
    }
  });

  it('take blocks of GGUF as they are: Q8_0 and Q4_0, a scale in f16 before the integers', () => {
    const q8 = new Uint8Array(68).map((_, i) => (i * 37) % 256);
    const q4 = new Uint8Array(36).map((_, i) => (i * 91) % 256);
    for (const [blocks, bytes] of [
      [q8, 34],
      [q4, 18],
    ] as const) {
      const scales = new Uint8Array(f32ToF16(Float32Array.of(0.0625, -3)).buffer);
      blocks.set(scales.subarray(0, 2), 0);
      blocks.set(scales.subarray(2, 4), bytes);
    }
    const values = new Float32Array(64);
    const scaleOf = (i: number): number => (i < 32 ? 0.0625 : -3);
    const at = (blocks: Uint8Array, i: number, bytes: number, k: number): number => blocks[Math.floor(i / 32) * bytes + 2 + k]!;
    expect(through('q8', values, 'Q8_0', q8)).toEqual(values.map((_, i) => scaleOf(i) * ((at(q8, i, 34, i % 32) << 24) >> 24)));
    expect(through('q4', values, 'Q4_0', q4)).toEqual(
      values.map((_, i) => scaleOf(i) * (((at(q4, i, 18, i % 16) >> (i % 32 < 16 ? 0 : 4)) & 15) - 8)),
    );
  });

  it('refuse what is not finite, by name', () => {
    for (const format of ['q8', 'q4'] as const) {
      expect(() => through(format, Float32Array.of(1, NaN))).toThrow(/expected finite numbers for tensor w/);
    }
  });
});

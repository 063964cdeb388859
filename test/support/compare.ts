import { expect } from 'vitest';

/** How far two arrays are apart. */
export interface Difference {
  readonly maxAbs: number;
  readonly maxRel: number;
  /** ‖a − b‖ / ‖b‖ (0 where both are zero). */
  readonly relativeNorm: number;
  readonly meanSigned: number;
  /** First index whose error is above 1e-4 of the largest expected magnitude, or −1. */
  readonly firstBad: number;
}

/** Measures `actual` against `expected`. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  expect(actual.length, 'length').toBe(expected.length);
  let maxAbs = 0;
  let maxRel = 0;
  let squares = 0;
  let norm = 0;
  let signed = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!));
  let firstBad = -1;
  for (let i = 0; i < expected.length; i++) {
    const error = actual[i]! - expected[i]!;
    const abs = Number.isNaN(error) ? Infinity : Math.abs(error);
    maxAbs = Math.max(maxAbs, abs);
    maxRel = Math.max(maxRel, abs / Math.max(Math.abs(expected[i]!), 1e-6 * largest, 1e-30));
    squares += abs * abs;
    norm += expected[i]! ** 2;
    signed += error;
    if (firstBad < 0 && !(abs <= 1e-4 * Math.max(largest, 1e-30))) firstBad = i;
  }
  const relativeNorm = squares === 0 ? 0 : Math.sqrt(squares / Math.max(norm, 1e-300));
  return { maxAbs, maxRel, relativeNorm, meanSigned: signed / Math.max(expected.length, 1), firstBad };
}

/** Fails unless ‖actual − expected‖ / ‖expected‖ ≤ tolerance (default 1e-5) and nothing is NaN. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what = 'values',
  tolerance = 1e-5,
): Difference {
  const d = difference(actual, expected);
  if (!(d.relativeNorm <= tolerance)) {
    const at = d.firstBad;
    expect.fail(
      `${what}: relative error ${d.relativeNorm.toExponential(2)} > ${tolerance}; max abs ${d.maxAbs.toExponential(2)}, mean signed ` +
        `${d.meanSigned.toExponential(2)}, first bad index ${at}: ${actual[at]} instead of ${expected[at]}`,
    );
  }
  return d;
}

/** A reproducible array of numbers in [-1, 1) that are never zero on average nor periodic. */
export function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(length);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = Math.fround((((state >>> 8) ^ (state << 3)) >>> 0) / 2 ** 31 - 1);
  }
  return out;
}

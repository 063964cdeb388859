// Formats of weights: what follows from their rows, and their codes in the WebAssembly engine.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { POLICY_OPTIONS } from '../../src/config/policy.js';
import { WEIGHT_FORMATS } from '../../src/numbers/weights.js';
import { BYTES } from '../../src/ops/tensor.js';

const read = (file: string): string => readFileSync(file, 'utf8');

describe('formats of weights', () => {
  it('have the codes that the WebAssembly engine knows', () => {
    const codes = [...read('assembly/engine/weights.ts').matchAll(/^export const (\w+): u32 = (\d+);/gm)];
    expect(codes.map(([, name, code]) => [name!.toLowerCase(), Number(code)])).toEqual(
      WEIGHT_FORMATS.map((name, i) => [name, i]),
    );
  });

  it('are choices of --dtype, and dtypes of tensors', () => {
    expect(POLICY_OPTIONS.dtype.choices).toEqual(['auto', ...WEIGHT_FORMATS]);
    expect(Object.keys(BYTES)).toEqual(expect.arrayContaining([...WEIGHT_FORMATS]));
  });
});

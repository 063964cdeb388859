// Formats of weights: each stands in one row, is read by each device, and is named nowhere else.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../scripts/duplicates.mjs';
import { POLICY_OPTIONS } from '../../src/config/policy.js';
import { WEIGHT_FORMATS } from '../../src/numbers/weights.js';
import { BYTES } from '../../src/ops/tensor.js';

const read = (file: string): string => readFileSync(file, 'utf8');
const codeOf = (file: string): string => read(file).replace(/\/\*.*?\*\/|\/\/.*?$/gms, '');

describe('formats of weights', () => {
  it('are named in their row and by each device, and nowhere else', () => {
    const naming = sourceFiles(['src', 'assembly'], /\.ts$/).filter((file) => /'f16'|\bf16:|\bF16: u32/.test(codeOf(file)));
    expect(naming.sort()).toEqual(['assembly/engine/weights.ts', 'src/kernels/weight.ts', 'src/numbers/weights.ts']);
  });

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

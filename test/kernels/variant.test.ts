// The choice among kernels for one operation.
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/gpu/profile.js';
import { choose, type Variant } from '../../src/kernels/variant.js';

const profile = (kind: Profile['kind']): Profile => ({
  ...{
    kind,
    subgroupSize: 4,
    wide: false,
    slowCompiler: false,
    attention: undefined,
    smallestSubgroup: 0,
    matrixUnit: undefined,
    mostValues: 0,
    manyTiles: Infinity,
    tiles: new Map(),
    maxBinding: 2 ** 27,
    maxBuffer: 2 ** 28,
    workgroupMemory: 16_384,
    storageBuffers: 8,
  },
});

const VARIANTS: readonly Variant<number>[] = [
  { name: 'software', fits: ({ kind }) => kind === 'software' },
  { name: 'small', fits: (_, size) => size <= 10 },
];

describe('choose', () => {
  it('takes the first variant that fits device and shape', () => {
    expect(choose(VARIANTS, profile('software'), 5).name).toBe('software');
    expect(choose(VARIANTS, profile('gpu'), 5).name).toBe('small');
  });

  it('says which variants there are where none fits', () => {
    expect(() => choose(VARIANTS, profile('gpu'), 11)).toThrow('expected one of software, small to fit 11');
  });
});

// Which kernels the products of a software adapter need: what a training meets first is compiled while it waits.
import { expect, it } from 'vitest';
import type { Profile } from '../../src/gpu/profile.js';
import { lanes } from '../../src/kernels/matmul/lanes.js';
import { PLAIN, type Epilogue, type ProductShape } from '../../src/kernels/matmul/product.js';

const SIZES = [
  { rows: 300, columns: 64, depth: 192 },
  { rows: 300, columns: 110, depth: 61 },
];
const ENDINGS: Epilogue[] = [PLAIN, { ...PLAIN, accumulate: true }, { ...PLAIN, residual: true }];

/** Keys of the kernels for all orders of operands, sizes and endings. */
function kernels(subgroupSize: number, weight: ProductShape['weight']): Set<string> {
  const profile = { kind: 'software', subgroupSize, wide: subgroupSize > 4, slowCompiler: false } as Profile;
  const plans = (['NT', 'NN', 'TN'] as const).flatMap((op) =>
    SIZES.map((sizes) => lanes.plan(profile, { op, ...sizes, weight })),
  );
  return new Set(plans.flatMap(({ kernelFor }) => ENDINGS.map((ending) => kernelFor(ending).key)));
}

it.each([4, 8])('no tile has more sums than a compiler keeps in registers, with subgroups of %i', (subgroupSize) => {
  const profile = { kind: 'software', subgroupSize, wide: subgroupSize > 4, slowCompiler: false } as Profile;
  for (let rows = 1; rows < 130; rows++) {
    for (const columns of [1, 16, 40, 576]) {
      const { height, width } = lanes.plan(profile, { op: 'NT', rows, columns, depth: 64, weight: 'f32' });
      expect((height * width) / (4 * subgroupSize)).toBeLessThanOrEqual(24);
    }
  }
});

it('one kernel serves all orders, widths and endings of a product in f32 with subgroups of 4', () => {
  expect(kernels(4, 'f32').size).toBe(1);
});

it('one kernel serves all endings of an order with wider subgroups, without any, and with packed weights', () => {
  expect(kernels(8, 'f32').size).toBe(6);
  expect(kernels(0, 'f32').size).toBe(6);
  expect(kernels(4, 'bf16').size).toBeLessThanOrEqual(6);
});

it('one place stores all sums where a driver with wide subgroups compiles slowly, and only there', () => {
  const textOf = (subgroupSize: number, slowCompiler: boolean): string => {
    const profile = { kind: 'software', subgroupSize, wide: subgroupSize > 4, slowCompiler } as Profile;
    return lanes.plan(profile, { op: 'NT', ...SIZES[0]!, weight: 'f32' }).kernelFor(PLAIN).source;
  };
  const tile = /var tile: array/;
  expect(textOf(8, true)).not.toMatch(tile);
  expect(textOf(8, false)).toMatch(tile);
  expect(textOf(4, true)).toBe(textOf(4, false));
});

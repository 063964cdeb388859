import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../scripts/duplicates.mjs';
import { boundsOf, LOSSES } from '../../src/algo/losses.js';
import { GRPO_OPTIONS, LOSS_KINDS, resolveGRPOConfig } from '../../src/config/grpo.js';

const settings = resolveGRPOConfig({ delta: 1.9 });
const bounds = boundsOf(settings);
const cap = boundsOf({ ...settings, epsilonHigh: 1.5 });
const ratios = [0.05, 0.5, 0.79, 0.81, 1, 1.19, 1.21, 1.8, 2.5, 6];
const advantages = [-2, -0.5, 0, 0.5, 2];

describe('the table of losses', () => {
  it('has a row for every loss that the option names, and no other', () => {
    expect(Object.keys(LOSSES).sort()).toEqual([...GRPO_OPTIONS.lossType.choices].sort());
    expect(Object.keys(LOSS_KINDS).sort()).toEqual(Object.keys(LOSSES).sort());
  });

  it.each(Object.entries(LOSSES))('%s has the slope of its loss, or a weight that is finite and not negative', (_, row) => {
    for (const A of advantages) {
      for (const ratio of ratios) {
        const sums = { logRatio: Math.log(ratio), clampedLogRatio: Math.log(ratio) };
        if (row.kind === 'ratio') {
          const h = 1e-6;
          const numeric = (row.loss(ratio + h, A, bounds) - row.loss(ratio - h, A, bounds)) / (2 * h);
          expect(row.slope(ratio, A, bounds)).toBeCloseTo(numeric, 7);
          if (ratio === 1) expect(row.slope(ratio, A, bounds)).toBeCloseTo(-A, 12);
        } else {
          const weight = row.kind === 'token_weight' ? row.weight(ratio, cap) : row.weight(sums, A, bounds);
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(weight).toBeLessThan(1e3);
          if (ratio === 1) expect(weight).toBeCloseTo(1, 12);
        }
      }
    }
  });

  it('is all that a loss touches, with its name in the options (CONTRIBUTING, a loss)', () => {
    const naming = sourceFiles(['src', 'shaders'], /\.(ts|wgsl)$/).filter((file) => readFileSync(file, 'utf8').includes('topr'));
    expect(naming.sort()).toEqual(['src/algo/losses.ts', 'src/config/grpo.ts']);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GRPO_OPTIONS } from '../../src/config/grpo.js';
import { LAYER2_OPTIONS } from '../../src/config/layer2.js';
import { LORA_OPTIONS, POLICY_OPTIONS, loraOf, resolveLora } from '../../src/config/policy.js';
import { SFT_OPTIONS } from '../../src/config/sft.js';
import { fillOptions } from '../../src/options/fill.js';
import { listOptions } from '../../src/options/table.js';
import type { OptionTable } from '../../src/options/table.js';

const TABLES: readonly [name: string, table: OptionTable][] = [
  ['GRPO', GRPO_OPTIONS],
  ['layer 2', LAYER2_OPTIONS],
  ['LoRA', LORA_OPTIONS],
  ['policy', POLICY_OPTIONS],
  ['SFT', SFT_OPTIONS],
];

describe('the tables', () => {
  it.each(TABLES)('of %s have docs, and defaults that the options themselves accept', (_, table) => {
    for (const { name, spec } of listOptions(table)) expect(spec.doc.length, name).toBeGreaterThan(10);
    const problems: string[] = [];
    fillOptions(table, Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, spec.default])), problems);
    expect(problems).toEqual([]);
  });

  it('list in docs/paper-map.md what departs from TRL or is ours', () => {
    const map = readFileSync('docs/paper-map.md', 'utf8');
    const options = [...listOptions(GRPO_OPTIONS), ...listOptions(LAYER2_OPTIONS, 'layer2')];
    const marked = options.filter(({ spec }) => /Departure|Ours|ours/.test(spec.doc));
    expect(marked.length).toBeGreaterThan(15);
    expect(marked.map(({ name }) => name).filter((name) => !map.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('a LoRA adapter', () => {
  it('is completed with the defaults', () => {
    expect(resolveLora({ r: 4 }, 'loadPolicy')).toEqual({ r: 4, alpha: 8, useRslora: false, targetModules: 'all-linear' });
  });

  it('is refused with every problem', () => {
    expect(() => resolveLora({ r: 0, rank: 8 } as { r: number }, 'loadPolicy')).toThrow(
      /^loadPolicy: 2 problems[^]*unknown option rank[^]*expected an integer >= 1 for r, got 0/,
    );
  });

  it('follows from a policy that names a rank', () => {
    const settings = fillOptions(POLICY_OPTIONS, { loraR: 2, loraAlpha: 4 }, []);
    expect(loraOf(settings)).toEqual({ r: 2, alpha: 4, useRslora: false, targetModules: 'all-linear' });
    expect(loraOf({ ...settings, loraR: null })).toBeNull();
  });
});

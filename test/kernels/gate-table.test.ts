// The table of registers that the gate of GPU makers' compilers writes.
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withTable } from '../../scripts/gate-table.mjs';

const cells = (
  rows: Readonly<Record<string, Readonly<Record<string, string>>>>,
): ReadonlyMap<string, ReadonlyMap<string, string>> =>
  new Map(Object.entries(rows).map(([kernel, row]) => [kernel, new Map(Object.entries(row))]));
const EMPTY = 'above\n<!-- written by npm run gate:gpu -- --docs -->\n<!-- end -->\nbelow\n';

describe('the table of registers', () => {
  it('has the columns of the GPUs that were asked anew, and keeps the others', () => {
    const all = withTable(
      EMPTY,
      ['amd', 'apple'],
      cells({ old: { amd: '1 / 0 / 8' }, both: { amd: '2 / 0 / 8', apple: '3 / 1 / 9' } }),
    );
    expect(all).toBe(
      'above\n<!-- written by npm run gate:gpu -- --docs -->\n| kernel | AMD | NVIDIA | Apple | Intel |\n|---|---|---|---|---|\n' +
        '| old | 1 / 0 / 8 |  |  |  |\n| both | 2 / 0 / 8 |  | 3 / 1 / 9 |  |\n<!-- end -->\nbelow\n',
    );
    const next = withTable(all, ['amd'], cells({ new: { amd: '4 / 0 / 8' }, both: { amd: '5 / 0 / 8' } }));
    expect(next).not.toContain('| old |');
    expect(next).toContain('| both | 5 / 0 / 8 |  | 3 / 1 / 9 |  |\n| new | 4 / 0 / 8 |  |  |  |\n<!-- end -->');
  });

  it('has its place in docs/kernels.md, and none in other texts', () => {
    const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/kernels.md'), 'utf8');
    expect(withTable(text, [], new Map())).toBe(text);
    expect(() => withTable('no table', [], new Map())).toThrow('expected <!-- written by npm run gate:gpu -- --docs -->');
  });
});

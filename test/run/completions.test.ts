import { parquetReadObjects, parquetMetadata } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { rewriteTables, writeTable } from '../../src/run/completions.js';
import { parquetFile } from '../../src/run/parquet.js';
import type { CompletionRecord } from '../../src/train/events.js';

async function read(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = bytes.slice().buffer;
  return parquetReadObjects({ file, compressors });
}

/** Rows of a step, of both layers. */
const rows = (step: number): CompletionRecord[] =>
  ([1, 2] as const).map((layer) => ({
    ...{ step, layer, prompt: 'Wie groß?\n', completion: layer === 1 ? '' : '😀 "12"', gold: '12' },
    extracted: layer === 1 ? null : '12',
    reward: layer - 1,
    rewards: { accuracy_reward: layer - 1, prompt: layer === 1 ? null : 0.25 },
    ...{ advantage: layer - 1.5, truncated: false, correct: layer === 2 },
    ...(layer === 2 && { answer: '', phrase: 'Wait.' }),
    extra: { words: layer, mixed: layer === 1 ? [1] : 'x' },
  }));

describe('parquet files', () => {
  it('give back to another reader what was written, missing values too', async () => {
    const n = 1000;
    const sparse = <T>(of: (i: number) => T): (T | null)[] => Array.from({ length: n }, (_, i) => (i % 7 === 3 ? null : of(i)));
    const columns = {
      whole: sparse((i) => i * 2 ** 40),
      real: sparse((i) => i / 7 - 1),
      text: sparse((i) => 'ä😀\0'.repeat(i % 50)),
      truth: sparse((i) => i % 3 === 0),
      none: Array<string | null>(n).fill(null),
    };
    const bytes = await parquetFile([
      { name: 'whole', type: 'int64', values: columns.whole },
      { name: 'real', type: 'double', values: columns.real },
      { name: 'text', type: 'text', values: columns.text },
      { name: 'truth', type: 'boolean', values: columns.truth },
      { name: 'none', type: 'text', values: columns.none },
    ]);
    const got = await read(bytes);
    expect(got).toHaveLength(n);
    for (const [name, values] of Object.entries(columns))
      expect(
        got.map((row) => (name === 'whole' && row[name] !== null ? Number(row[name]) : row[name])),
        name,
      ).toEqual(values);
    const { row_groups: groups } = parquetMetadata(bytes.slice().buffer);
    expect(groups[0]!.columns.reduce((sum, c) => sum + Number(c.meta_data!.total_compressed_size), 4)).toBeLessThan(bytes.length);
  });

  it('can have more columns than a short list holds, and no rows', async () => {
    const columns = Array.from({ length: 20 }, (_, i) => ({ name: `c${i}`, type: 'double' as const, values: [] }));
    expect(await read(await parquetFile(columns))).toEqual([]);
    const [row] = await read(await parquetFile(columns.map((column, i) => ({ ...column, values: [i] }))));
    expect(Object.values(row!)).toEqual(columns.map((_, i) => i));
  });
});

describe("tables of a step's completions", () => {
  it("have TRL's name, TRL's columns in TRL's order and further ones between", async () => {
    const files = new MemoryFiles('run');
    await writeTable(files, rows(12));
    expect(await files.list()).toEqual(['completions/completions_00012.parquet']);
    const [first, second] = await read(files.files.get('completions/completions_00012.parquet')!);
    expect(Object.keys(first!)).toEqual([
      ...['step', 'prompt', 'completion', 'accuracy_reward', 'reward/prompt'],
      ...['layer', 'gold', 'extracted', 'is_correct', 'is_truncated', 'answer', 'phrase', 'words', 'mixed', 'advantage'],
    ]);
    expect(first).toMatchObject({ step: 12n, prompt: 'Wie groß?\n', completion: '', accuracy_reward: 0, 'reward/prompt': null });
    expect(first).toMatchObject({ extracted: null, answer: null, is_correct: false, words: 1, mixed: '[1]', advantage: -0.5 });
    expect(second).toMatchObject({ completion: '😀 "12"', 'reward/prompt': 0.25, answer: '', phrase: 'Wait.', mixed: '"x"' });
  });

  it('are those of the log where a run goes on', async () => {
    const files = new MemoryFiles('run');
    await writeTable(files, rows(3));
    const lines = [1, 2].flatMap((step) => rows(step).map((row) => `${JSON.stringify(row)}\n`));
    await files.write('completions.jsonl', `${lines.join('')}{"step":3,"cut`);
    await rewriteTables(files);
    expect((await files.list()).filter((name) => name.endsWith('parquet'))).toEqual([
      'completions/completions_00001.parquet',
      'completions/completions_00002.parquet',
    ]);
    const again = new MemoryFiles('again');
    await writeTable(again, rows(2));
    const name = 'completions/completions_00002.parquet';
    expect(await read(files.files.get(name)!)).toEqual(await read(again.files.get(name)!));
  });
});

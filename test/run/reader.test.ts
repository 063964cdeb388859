import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { RunReader } from '../../src/run/reader.js';
import type { CompletionRecord } from '../../src/train/events.js';
import { reportData } from '../support/report-data.js';

/** As it is read back from JSON, which has no negative zero. */
const { run, steps, completions } = JSON.parse(JSON.stringify(reportData())) as ReturnType<typeof reportData>;
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const of = (step: number): CompletionRecord[] =>
  completions.map((record) => ({ ...record, step, prompt: `${record.prompt} ${step}` }));

function folder(last: number): MemoryFiles {
  const logs = steps.slice(0, last);
  return new MemoryFiles('run', {
    'config.json': JSON.stringify(run),
    'steps.jsonl': logs.map(line).join(''),
    'completions.jsonl': logs
      .flatMap(({ step }) => of(step))
      .map(line)
      .join(''),
  });
}

/** Counts the bytes that are read of a file. */
function counted(files: MemoryFiles, path: string): { bytes: number } {
  const read = { bytes: 0 };
  const range = files.readRange.bind(files);
  files.readRange = (name, start, end) => {
    if (name === path) read.bytes += end - start;
    return range(name, start, end);
  };
  return read;
}

describe('a reader of a run that grows', () => {
  it('reads what is new alone, whole lines only, and knows what one that reads all knows', async () => {
    const files = folder(3);
    const reader = new RunReader();
    expect((await reader.read(files)).steps).toEqual(steps.slice(0, 3));
    const read = counted(files, 'steps.jsonl');
    const [fourth, fifth] = [line(steps[3]), line(steps[4])];
    await files.append('steps.jsonl', fourth + fifth.slice(0, 20));
    expect((await reader.read(files)).steps).toEqual(steps.slice(0, 4));
    await files.append('steps.jsonl', fifth.slice(20));
    await files.append('completions.jsonl', of(5).map(line).join(''));
    const found = await reader.read(files);
    expect(read.bytes).toBe(fourth.length + 20 + fifth.length);
    expect(found).toEqual(await new RunReader().read(files));
    expect(found.completions.filter(({ step }) => step === 5)).toHaveLength(5);
  });

  it('follows a run that went back to a checkpoint', async () => {
    const files = folder(6);
    const reader = new RunReader();
    await reader.read(files);
    const back = folder(2);
    await back.append('steps.jsonl', line(steps[2]));
    expect((await reader.read(back)).steps).toEqual(steps.slice(0, 3));
  });

  it('keeps of a long run some completions of steps that lie evenly, and of the last', async () => {
    const files = folder(0);
    const long = (step: number): CompletionRecord[] => of(step).map((record) => ({ ...record, completion: 'x'.repeat(5000) }));
    await files.append(
      'completions.jsonl',
      Array.from({ length: 101 }, (_, i) => long(i + 1))
        .flat()
        .map(line)
        .join(''),
    );
    const kept = [...new Set((await new RunReader().read(files)).completions.map(({ step }) => step))];
    expect(kept.at(-1)).toBe(101);
    expect(kept.length).toBeLessThan(40);
    const gaps = kept.slice(1, -1).map((step, i) => step - kept[i]!);
    expect(new Set(gaps).size).toBe(1);
  });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { benchTable, compareTable, renderBench } from '../../src/bench/page.js';
import { benchCases, BENCH_SCHEMA, compareBench, secondsOf, type BenchReport, type BenchResult } from '../../src/bench/run.js';
import { interleave, Timed } from '../../src/bench/timed.js';
import { testDevice } from '../support/device.js';

const result = (name: string, ms: number): BenchResult => ({
  ...{ name, group: 'kernel', model: 'a & b', flops: 2e6, bytes: 4e5, gflops: 2 / ms, gbs: 0.4 / ms },
  ...{ ms: { median: ms, least: 0.9 * ms, most: 1.1 * ms }, tokensPerSecond: null, roof: 0.25 },
});
const ceiling = (value: number): BenchReport['ceilings']['fma'] => ({ value, how: 'so', ms: { median: 1, least: 1, most: 1 } });
const report = (...results: BenchResult[]): BenchReport => ({
  ...{ schema: BENCH_SCHEMA, device: { kind: 'wasm', description: 'two <threads>' }, rounds: 5, quick: true, results },
  ceilings: { fma: ceiling(20), copy: ceiling(10), dispatch: ceiling(3), readback: ceiling(50) },
});

describe('the list of cases', () => {
  it('names every case once, and knows what it costs', () => {
    const cases = benchCases();
    expect(new Set(cases.map(({ model, name }) => `${model}/${name}`)).size).toBe(cases.length);
    for (const { bytes, flops, name } of cases) expect([bytes, flops].every(Number.isFinite), name).toBe(true);
    expect(benchCases({ quick: true }).length).toBeLessThan(cases.length / 2);
    expect(() => benchCases({ models: ['gpt-5'] })).toThrow(/expected models among builtin-0.2m, .*, got gpt-5/);
  });

  it('runs on a device, and leaves no memory behind', async () => {
    const device = await testDevice();
    const before = device.memory.allocated;
    for (const { open, group, name } of benchCases({ quick: true, models: ['builtin-0.2m'] })) {
      if (/8×16|64×16|layer 1$/.test(name)) continue; // as others, but longer
      const { record, run, free } = await open(device);
      const rec = device.recorder();
      record?.(rec);
      rec.submit();
      await run?.();
      await device.idle();
      expect(record ? 'kernel' : 'phase', name).toBe(group);
      free();
    }
    device.freeScratch();
    expect(device.memory.allocated).toBe(before);
  });
});

describe('what is timed', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['a short run is run once to warm up, once to be counted, then in numbers', 8, [1, 1, 3, 3, 3]],
    ['a run of seconds is not run a second time before it counts', 5000, [1, 1, 1, 1]],
  ])('%s', async (_, ms, expected) => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const runs: number[] = [];
    const timed = new Timed(async (times) => {
      runs.push(times);
      now += ms * times;
    });
    await interleave([timed], 3);
    expect(runs).toEqual(expected);
    expect(timed.spread).toEqual({ median: ms, least: ms, most: ms });
  });

  it('is expected to go at the best rate so far', () => {
    expect(secondsOf(275e9, [1e6, 8e6, 0])).toBeCloseTo(34.4, 1);
    expect(secondsOf(275e9, [])).toBe(0);
  });
});

describe('a report', () => {
  it('is compared case by case, and says where the ranges touch', () => {
    const rows = compareBench(report(result('x', 10), result('y', 10)), report(result('x', 5), result('y', 9.5), result('z', 1)));
    expect(rows).toMatchObject([
      { name: 'x', quotient: 0.5, clear: true },
      { name: 'y', quotient: 0.95, clear: false },
    ]);
    expect(compareTable(rows)).toMatch(/y .* ranges touch/);
  });

  it('becomes a table and a page that needs nothing else', () => {
    const made = report(result('x', 10), { ...result('y', 3), group: 'phase', tokensPerSecond: 1234, flops: 0 });
    expect(benchTable(made)).toMatch(/a & b x +10 +9–11 +0\.2 +0\.04 +25 %/);
    const page = renderBench(made, [['mgrpo', '1.2.3']]);
    expect(page).toContain('two &#60;threads&#62;');
    expect(page.split('<script')[0]!.match(/<circle/g)).toHaveLength(1);
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(page).not.toContain('NaN');
  });
});

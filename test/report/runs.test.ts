import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { reportCommand } from '../../src/cli/report.js';
import { evaluatedSteps, pointsOf } from '../../src/report/curves.js';
import { short } from '../../src/report/format.js';
import { renderRuns } from '../../src/report/page.js';
import { smooth } from '../../src/report/smooth.js';
import { reportData } from '../support/report-data.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-runs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two runs that differ in one setting. */
function runs(): { name: string; data: ReturnType<typeof reportData> }[] {
  return ['a<b>', 'c'].map((name, i) => {
    const data = reportData();
    return { name, data: { ...data, run: { ...data.run, config: { ...data.run.config, learningRate: 1e-4 * (i + 1) } } } };
  });
}

describe('several runs on one page', () => {
  it('have a line each in every chart, their names escaped, and the settings that differ', () => {
    const html = renderRuns(runs()).split('<script')[0]!;
    const charts = html.match(/<figure data-chart/g)!.length;
    expect(html.match(/class="curve tone1"/g)).toHaveLength(charts);
    expect(html.match(/class="curve tone2"/g)).toHaveLength(charts);
    expect(html).not.toContain('a<b>');
    expect(html).toContain(`learningRate ${short(1e-4)}</td>`);
    expect(html).toContain(`learningRate ${short(2e-4)}</td>`);
    expect(html).toMatch(/0\.\d{3} → 0\.\d{3}/);
  });

  it('are drawn over steps, tokens or seconds', () => {
    const steps = [1, 2].map((step) => ({
      ...{ step, metrics: { reward: step / 10, num_tokens: 100 }, seconds: { 'sample/1': 2, 'update/1': 1 } },
      memory: { allocated: 0, peak: 0 },
    }));
    expect(pointsOf(steps, 'reward', 'step')).toEqual([[1, 0.1], [2, 0.2]]); // prettier-ignore
    expect(pointsOf(steps, 'reward', 'tokens')).toEqual([[100, 0.1], [200, 0.2]]); // prettier-ignore
    expect(pointsOf(steps, 'reward', 'seconds')).toEqual([[3, 0.1], [6, 0.2]]); // prettier-ignore
    expect(pointsOf(steps, 'nothing', 'step')).toEqual([]);
  });

  it('have held-out points where they were made', () => {
    const metrics = { acc_t1: { value: 0.5, ci95: [0.4, 0.6] as const, n: 10 } };
    expect(evaluatedSteps({ before: metrics, during: [{ step: 5, metrics }], after: metrics }, 9).map(([step]) => step)).toEqual([
      0, 5, 9,
    ]);
  });

  it('are smoothed without the pull of the start, and not at all with weight 0', () => {
    expect(smooth([1, null, 3], 0)).toEqual([1, null, 3]);
    expect(smooth([2, 2, 2], 0.9)).toEqual([2, 2, 2]);
    expect(smooth([0, 1], 0.5)[1]).toBeCloseTo(2 / 3, 12);
  });

  it('come from folders of runs, by mgrpo report', async () => {
    const files = ['one', 'two'].map((name) => {
      const run = mkdtempSync(path.join(folder, name));
      const { run: config, steps } = reportData();
      writeFileSync(path.join(run, 'config.json'), JSON.stringify(config));
      writeFileSync(path.join(run, 'steps.jsonl'), steps.map((step) => `${JSON.stringify(step)}\n`).join(''));
      return run;
    });
    const output = path.join(folder, 'runs.html');
    const work = await reportCommand([...files, '--axis', 'seconds', '--output', output]);
    expect(await work!()).toBe(0);
    expect(readFileSync(output, 'utf8')).toContain('<title>2 runs</title>');
    expect(await (await reportCommand([files[0]!]))!()).toBe(0);
    expect(readFileSync(path.join(files[0]!, 'report.html'), 'utf8')).toContain('Curves');
    await expect(reportCommand([])).rejects.toThrow('expected folders of runs, got none');
    await expect(reportCommand([path.join(folder, 'nowhere')])).rejects.toThrow(/nowhere/);
  });
});

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ensureBuilt, mgrpo, root } from '../support/cli.js';

interface StudyFile {
  readonly arms: readonly unknown[];
  readonly evaluation: { readonly split: string };
  readonly tasks: object;
}
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-study-'));
const at = (...parts: string[]): string => path.join(folder, ...parts);
const file = (name: string, content: object): string => {
  writeFileSync(at(name), JSON.stringify(content));
  return at(name);
};
const TINY = {
  arms: ['grpo-second-turn', 'mgrpo'],
  seeds: [1],
  budget: { steps: 2 },
  evaluation: { points: 1, rows: 2, temperature: 1 },
  settings: {
    beta: 0,
    numGenerations: 2,
    perDeviceTrainBatchSize: 4,
    gradientAccumulationSteps: 1,
    maxCompletionLength: 8,
    layer2: { numGenerations: 2, answersPerQuery: 1 },
  },
  tasks: { sums: { model: 'models/arithmetic-0.2m', task: 'arithmetic', taskSize: 'small', limit: 8 } },
};

beforeAll(ensureBuilt);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('mgrpo study', () => {
  it('refuses a wrong file with all that is wrong, exit code 2', async () => {
    const { code, stderr, stdout } = await mgrpo(['study', file('wrong.yaml', { ...TINY, arms: ['grop'], seeds: [] })]);
    expect(stderr).toContain('got grop; the nearest is grpo');
    expect(stderr).toContain('for seeds, got []');
    expect(stderr).not.toContain('    at ');
    expect([code, stdout]).toEqual([2, '']);
    const task = file('task.yaml', { ...TINY, tasks: { a: { task: 'signs', dataset: 'x' } } });
    const second = await mgrpo(['study', task]);
    expect(second.stderr).toMatch(/task a: expected a model[^]*task a: expected either --dataset/);
    expect(second.code).toBe(2);
    expect((await mgrpo(['study'])).stderr).toContain('expected a study file, got none');
    expect((await mgrpo(['study', at('none.yaml')])).stderr).toContain('expected a readable YAML file');
  });

  it.each(readdirSync('bench/studies').filter((name) => name.endsWith('.yaml')))('%s is a right file', async (name) => {
    const { code, json } = await mgrpo(['study', `bench/studies/${name}`, '--page-only', '--output-dir', at('none')]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ done: 0, results: [] });
  });

  it('the studies of the repository look at the test split of a task once, and choose by the tuning split', () => {
    const studies = readdirSync('bench/studies')
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => parse(readFileSync(path.join('bench/studies', name), 'utf8')) as StudyFile);
    const onTest = studies.filter(({ evaluation }) => evaluation.split === 'test');
    const tasks = onTest.flatMap((study) => Object.keys(study.tasks));
    expect(tasks.length).toBeGreaterThan(2);
    expect(new Set(tasks).size).toBe(tasks.length);
    for (const { arms } of onTest) expect(arms.filter((arm) => typeof arm !== 'string' || arm.includes(':'))).toEqual([]);
    expect(studies.some(({ evaluation }) => evaluation.split === 'tuning')).toBe(true);
  });

  it('killed and called again it goes on', async () => {
    const words = ['study', file('tiny.yaml', TINY), '--output-dir', at('tiny')];
    const child = spawn(process.execPath, [path.join(root, 'dist/cli.js'), ...words], { cwd: root });
    await new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('cell 2/2')) child.kill('SIGKILL');
      });
      child.on('close', () => resolve());
    });
    const first = at('tiny', 'cells', 'sums', 'grpo-second-turn', 'seed-1', 'result.jsonl');
    const kept = readFileSync(first, 'utf8');

    const { code, json, stderr } = await mgrpo(words);
    expect(stderr).toMatch(/^2 cells, 1 finished: 2 arms, 1 tasks, 1 seeds$/m);
    expect(stderr).toMatch(/^cell 2\/2 · sums\/mgrpo\/seed-1 · 100 % · acc_t1 \d\.\d+ · acc_t2 /m);
    expect(code).toBe(0);
    expect(json).toMatchObject({ study: at('tiny'), done: 2, total: 2, comparisons: [{ arm: 'mgrpo' }, { arm: 'mgrpo' }] });
    expect(readFileSync(first, 'utf8')).toBe(kept);
    expect(readFileSync(at('tiny', 'results.csv'), 'utf8').trim().split('\n')).toHaveLength(1 + 2 * 2);
    expect(existsSync(at('tiny', 'index.html'))).toBe(true);
  });
});

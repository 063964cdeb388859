import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../support/cli.js';
import { longTrain, type Doing, type Ended } from '../support/long-train.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-faults-'));
beforeAll(() => ensureBuilt());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHORT = ['--max-steps', '6', '--save-steps', '2', '--logging-steps', '1', '--learning-rate', '0.001'];
const train = (doing: Doing): Promise<Ended> => longTrain(folder, { ...doing, words: [...SHORT, ...(doing.words ?? [])] });
const weights = ({ run }: Ended): string => readFileSync(path.join(run, 'model/model.safetensors')).toString('base64');
const steps = ({ run }: Ended): number[] =>
  readFileSync(path.join(run, 'steps.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);

/** Removes the folder of a run at one moment: emptied file by file, it could be written to in between. */
const takeAway = (run: string): void => {
  renameSync(run, `${run}-gone`);
  rmSync(`${run}-gone`, { recursive: true, force: true });
};

/** Loses the device some milliseconds after the line of a step. */
const losing = (acquire: string, moments: Readonly<Record<number, number>>): string => `
  let lose;
  ${acquire}
  const moments = ${JSON.stringify(moments)};
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text, ...rest) => {
    const step = /^step (\\d+)\\//.exec(text)?.[1];
    if (moments[step] !== undefined) {
      setTimeout(lose, moments[step]);
      delete moments[step];
    }
    return write(text, ...rest);
  };`;

const THREAD = `const threads = (await import('node:module')).createRequire(import.meta.url)('node:worker_threads');
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    constructor(source, options) { super(source, options); if (options.workerData?.control) lose = () => this.terminate(); }
  };
  (await import('node:module')).syncBuiltinESMExports();`;
describe('a device that is lost', () => {
  it('three times on WebAssembly is opened again, and the run ends with the same bytes', async () => {
    const quiet = await train({});
    const lost = await train({ preload: losing(THREAD, { 1: 1, 3: 4, 5: 11 }) });
    expect(lost.stderr).toMatch(
      /a thread of the engine failed \(it ended by itself with code 1\)[^]*opening the device again; the run goes on from step/,
    );
    expect(lost.stderr.match(/opening the device again/g)).toHaveLength(3);
    expect(lost.code).toBe(0);
    expect(weights(lost) === weights(quiet)).toBe(true);
    expect(steps(lost)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('again and again in the same place is an error', async () => {
    const always = losing(THREAD, { 1: 1 }).replace('delete moments[step];', '');
    const { code, stderr } = await train({ preload: always });
    expect(stderr.match(/opening the device again/g)).toHaveLength(3);
    expect(stderr).toContain('error: wasm: a thread of the engine failed');
    expect(code).toBe(1);
  });
});

describe('what the system does to a run', () => {
  it('a folder that is removed in the middle is made again; nothing later is lost', async () => {
    const quiet = await train({});
    const ended = await train({ act: (_, run) => takeAway(run) });
    expect(ended.code, ended.stderr).toBe(0);
    expect(weights(ended) === weights(quiet)).toBe(true);
    expect(readdirSync(ended.run)).toEqual(expect.arrayContaining(['checkpoints', 'config.json', 'model', 'report.html']));
  });

  it.skipIf(process.platform === 'win32')('files that may not grow are named, and what was saved stays', async () => {
    const { code, signal, stderr } = await train({ shell: 'ulimit -f 400' });
    expect([code, signal], stderr).toEqual([1, null]);
    expect(stderr).toMatch(/error: .*expected to write it, got EFBIG.*raise the limit on the size of files/);
  });

  it.skipIf(process.platform === 'win32')('too few open files are named or enough', async () => {
    const { code, stderr } = await train({ shell: 'ulimit -n 24' });
    if (code !== 0) expect(stderr).toMatch(/EMFILE|too many open files/i);
    expect(stderr).not.toContain('this is a bug in mgrpo');
  });

  it('a place that cannot be written is named before anything is loaded', async () => {
    const { code, stderr } = await train({ words: ['--output-dir', '/proc/nothing/run'] });
    expect(stderr).toMatch(/error: \/proc\/nothing.*expected to write it/);
    expect(code).toBe(1);
  });

  it('no home, no folder for temporary files and a clock that jumps change nothing', async () => {
    const quiet = await train({});
    const jump = 'const { now } = Date; let n = 0; Date.now = () => now() + (++n % 2 ? 1e10 : -1e10);';
    const ended = await train({
      preload: jump,
      env: { HOME: '/nonexistent', TMPDIR: '/nonexistent', XDG_CACHE_HOME: undefined },
    });
    expect(ended.code, ended.stderr).toBe(0);
    expect(weights(ended) === weights(quiet)).toBe(true);
  });
});

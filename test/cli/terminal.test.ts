import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TrainEvent } from '../../src/train/events.js';

/** What was written to a terminal of 80 columns. */
let written = '';
const streams = [process.stdout, process.stderr];
const before = streams.map(({ isTTY, columns }) => ({ isTTY, columns }));

beforeEach(() => {
  written = '';
  vi.resetModules();
  for (const stream of streams) {
    Object.assign(stream, { isTTY: true, columns: 80 });
    vi.spyOn(stream, 'write').mockImplementation((text, ...rest) => {
      written += String(text);
      rest.forEach((done: unknown) => typeof done === 'function' && (done as () => void)());
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  streams.forEach((stream, i) => Object.assign(stream, before[i]));
});

/** The lines that stand on the terminal: what is drawn over is gone. */
const lines = (): string[] => written.split('\n').map((line) => line.split('\r\x1b[K').at(-1)!);

const step = (done: number): TrainEvent => ({
  ...{ type: 'step', step: done, steps: 30, secondsLeft: 200, memory: { allocated: 1, peak: 1 } },
  metrics: { loss: -1.234e-5, reward: 0.125, acc_t1: 0.125, acc_t2: 0.578, 'layer2/reward': 0.58, entropy: 0.3, grad_norm: 0.2 },
  seconds: { 'sample/1': 0.5, 'update/1': 0.5 },
});
const progress: TrainEvent = { type: 'progress', step: 2, phase: 'sample', layer: 2, done: 4999, total: 9999, tokens: 123_456 };

it('has a line for each finished step, and a last one that is drawn anew, with the time left in 80 columns', async () => {
  const { Progress } = await import('../../src/cli/progress.js');
  const { listen } = new Progress();
  const start = { algorithm: 'mgrpo', model: 'm', parameters: 1, trainable: 1, rows: 1, firstStep: 0, steps: 30, device: 'd' };
  await listen({ type: 'start', ...start } as TrainEvent);
  for (const done of [1, 2]) {
    vi.spyOn(performance, 'now').mockReturnValue(1e6 * done);
    await listen({ ...progress, step: done - 1 } as TrainEvent);
    await listen(step(done));
  }
  vi.spyOn(performance, 'now').mockReturnValue(1e7);
  await listen({ ...progress, done: 0 });
  vi.spyOn(performance, 'now').mockReturnValue(1e7 + 9000);
  await listen(progress);
  const [, ...rest] = lines();
  expect(rest).toEqual([
    'step 1/30 · 1.0 s/step · 3 min 20 s left · acc_t1 0.125 · acc_t2 0.578',
    'step 2/30 · 1.0 s/step · 3 min 20 s left · acc_t1 0.125 · acc_t2 0.578',
    'step 3/30 sample 2 [####....] 4999/9999 13.7k tok/s · 3 min 20 s left',
  ]);
});

it('ends in words: JSON is for programs, and for whoever asks for it', async () => {
  const { printResult, wantJson } = await import('../../src/cli/output.js');
  await printResult({ report: 'runs/a/report.html', interrupted: true });
  expect(written).toBe('report: runs/a/report.html\ninterrupted: true\n');
  await printResult({ steps: 3 }, true);
  expect(written.split('\n')).toHaveLength(3);
  wantJson();
  await printResult({ steps: 3 }, true);
  expect(written).toContain('\n{"steps":3}\n');
});

import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../support/cli.js';
import { gpuKind, skipGpu } from '../support/gpu.js';
import { afterStepThree, longTrain, PARITY, type Doing, type Ended } from '../support/long-train.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-signals-'));
beforeAll(() => ensureBuilt());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A training with a reward module that something is done to after two steps. */
const train = (
  device: string,
  reward: string,
  act: Doing['act'],
  more: Pick<Doing, 'words' | 'preload' | 'when'> = {},
): Promise<Ended> => longTrain(folder, { device, reward, ...(act && { act }), ...more });

/** A reward that does something in its eighth call. */
const later = (text: string): string => `let n = 0;
export default async ({ completionIds }) => { if (++n === 8) { ${text} } return completionIds.map((ids) => ids[0] % 2); };`;

describe.each(['wasm', ...(skipGpu ? [] : [gpuKind])])('a training on %s', (device) => {
  // Shaders on CPU cores are slow: one of each kind.
  const few = device === 'software';

  it.each(few ? ['SIGTERM' as const] : (['SIGINT', 'SIGTERM', 'SIGHUP'] as const))(
    '%s saves it and ends it with 130',
    async (signal) => {
      const { code, saved, stderr } = await train(device, PARITY, (child) => child.kill(signal));
      expect(stderr).toContain('go on with: mgrpo train --resume');
      expect([code, saved.length]).toEqual([130, 1]);
    },
  );

  it.each(few ? [1] : [0, 1, 5, 20, 100])(
    'SIGINT twice, the second %i ms later, ends it at once or saved, and never by a fault',
    async (ms) => {
      const { code, signal } = await train(device, PARITY, (child) => {
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGINT'), ms);
      });
      expect(code === 130 || signal === 'SIGINT').toBe(true);
    },
  );

  it.skipIf(few)('a reader that is gone ends it, saved', async () => {
    const { code, saved } = await train(device, PARITY, (child) => {
      child.stderr!.destroy();
      child.stdout!.destroy();
    });
    expect([code, saved.length]).toEqual([130, 1]);
  });

  it('an error that nobody awaits is named, and ends it, saved', async () => {
    const words = ['--layer2-enabled', 'false'];
    const reward = later("Promise.reject(new Error('nobody waits')); await new Promise(() => {});");
    const { code, signal, stderr, saved } = await train(device, reward, undefined, { words });
    expect(stderr).toMatch(/error: reward function .* threw: nobody waits/);
    expect([code, signal, saved]).toEqual([1, null, ['step-7']]);
  });
});

describe('a reward module', () => {
  it('that calls process.exit() ends its thread, by name', async () => {
    const { code, stderr } = await train('wasm', later('process.exit(0);'), undefined);
    expect(stderr).toContain('the module ended its thread with code 0');
    expect(code).toBe(1);
  });

  it.each([
    ['loops without end', 'for (;;);'],
    ['never answers', 'await new Promise(() => {});'],
  ])('that %s is ended by Ctrl-C, saved', async (_, text) => {
    const reward = `import { writeSync } from 'node:fs';\n${later(`writeSync(2, 'the eighth call'); ${text}`)}`;
    const { code, saved } = await train('wasm', reward, (child) => child.kill('SIGINT'), {
      words: ['--layer2-enabled', 'false'],
      when: 'the eighth call',
    });
    expect([code, saved]).toEqual([130, ['step-7']]);
  });

  it('that loops without end is ended by its time limit, by name', async () => {
    const words = ['--reward-timeout', '1'];
    const { code, stderr } = await train('wasm', later('for (;;);'), undefined, { words });
    expect(stderr).toMatch(
      /error: reward function .*: expected scores within 1 s, got none; correct it, or raise --reward-timeout/,
    );
    expect(code).toBe(1);
  });

  it.each(['skip', 'null'])('that fails is passed over where rewardErrors is %s', async (rewardErrors) => {
    const words = ['--reward-timeout', '1', '--reward-errors', rewardErrors, '--layer2-enabled', 'false', '--max-steps', '10'];
    const { code, stderr, saved } = await train('wasm', later('for (;;);'), undefined, { words });
    expect(stderr).toMatch(/step 8: .*within 1 s, got none.*; (the step is skipped|it counts as not judged)/);
    expect([code, saved]).toEqual([0, ['step-10']]);
  });
});

describe('an error outside of the training', () => {
  it.each([
    ['an unhandled rejection', "Promise.reject(new Error('from outside'))", 1, 'Error: from outside'],
    ['a throw in a timer', "throw new Error('from outside')", 1, 'Error: from outside'],
    ['an exit', 'process.exit(0)', null, 'ended the process by process.exit(0) in the middle of the work'],
  ])('%s is named', async (_, text, code, said) => {
    const ended = await train('wasm', PARITY, undefined, { preload: afterStepThree(text) });
    expect(ended.stderr).toContain(said);
    expect([ended.code, ended.saved.length]).toEqual([code, code === 1 ? 1 : 0]);
  });

  it('a main thread that is busy for ever is ended by the second Ctrl-C', async () => {
    const act = (child: ChildProcess): void => {
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 2000);
    };
    const busy = afterStepThree("writeSync(2, 'busy'); for (;;);");
    const preload = `const { writeSync } = await import('node:fs');\n${busy}`;
    const { signal, stderr } = await train('wasm', PARITY, act, { preload, when: 'busy' });
    expect(stderr).toContain('the main thread is busy and does not answer: the process is killed, unsaved');
    expect(signal).toBe('SIGKILL');
  });
});

// Every call that takes room on the disk fails once, and from then on: it is named, nothing is lost, and the run goes on from what is there.
// Here some of the calls, all of them by `npm run check:disk`.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MgrpoError } from '../../src/errors.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { trainIn } from '../support/folder-run.js';

const disk = vi.hoisted(() => {
  /** `renames`: the rename that fails, counted down. */
  const state = { calls: 0, failsAt: Infinity, renames: 0, stays: false, code: 'ENOSPC' };
  /** Counts a call; the one whose turn it is fails. */
  const count = (what: string): void => {
    state.calls++;
    const isTurn = state.calls === state.failsAt || (state.stays && state.calls > state.failsAt);
    if (!isTurn && !(what === 'rename' && state.renames-- === 1)) return;
    throw Object.assign(new Error(`${state.code}: planted, ${what}`), { code: state.code });
  };
  return { state, count };
});

vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>();
  type Handle = Awaited<ReturnType<typeof real.open>>;
  const counted = (handle: Handle): Handle =>
    new Proxy(handle, {
      get(target, name) {
        if (name === 'writeFile')
          return async (given: string | Uint8Array) => {
            const content = Buffer.from(given);
            // Half of it arrives, as on a disk that fills up.
            await target.writeFile(content.subarray(0, content.length >> 1));
            disk.count('write');
            await target.writeFile(content.subarray(content.length >> 1));
          };
        if (name === 'sync') disk.count('fsync');
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
  return {
    ...real,
    async open(file: string, flags: string) {
      if (flags !== 'r') disk.count('open');
      const handle = await real.open(file, flags);
      return flags === 'r' ? handle : counted(handle);
    },
    async mkdir(folder: string) {
      disk.count('mkdir');
      return real.mkdir(folder);
    },
    async rename(from: string, to: string) {
      disk.count('rename');
      return real.rename(from, to);
    },
  };
});

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-disk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => void (disk.state.failsAt = Infinity));

const STEPS = 3;
const CODES = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'EROFS'];
const LOGS = ['metrics.jsonl', 'completions.jsonl'];
const logsOf = (run: string): string[] => LOGS.map((name) => readFileSync(path.join(run, name), 'utf8'));
const stepsOf = (run: string): number[] =>
  readFileSync(path.join(run, 'steps.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);

describe('a disk that takes no more', () => {
  let weights: string;
  let logs: string[];
  let calls: number;
  beforeAll(async () => {
    disk.state.calls = 0;
    ({ weights } = await trainIn(new NodeFiles(path.join(folder, 'quiet')), false, STEPS));
    ({ calls } = disk.state);
    logs = logsOf(path.join(folder, 'quiet'));
  });

  /** Trains with a disk that fails at its n-th call, and goes on with a sound one. */
  async function throughFault(n: number, stays: boolean): Promise<void> {
    const run = path.join(folder, `${n}-${stays}`);
    const files = new NodeFiles(run);
    Object.assign(disk.state, { calls: 0, failsAt: n, stays, renames: 0, code: CODES[n % CODES.length] });
    const failure: unknown = await trainIn(files, false, STEPS).then(
      () => undefined,
      (error: unknown) => error,
    );
    disk.state.failsAt = Infinity;
    if (failure !== undefined) {
      expect(failure).toBeInstanceOf(MgrpoError);
      expect(String(failure)).toMatch(/expected to write it, got E[A-Z]+: planted, \w+; [a-z]/);
    }
    const isBegun = await files.exists('config.json');
    expect(await trainIn(files, isBegun, STEPS)).toMatchObject({ notes: [] });
    const model = new NodeFiles(path.join(run, 'model'));
    const now = await model.readRange('model.safetensors', 0, await model.size('model.safetensors'));
    expect(Buffer.from(now).toString('base64') === weights).toBe(true);
    expect(logsOf(run)).toEqual(logs);
    expect(stepsOf(run)).toEqual([1, 2, 3]);
    expect(readdirSync(run, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toEqual([]);
    rmSync(run, { recursive: true });
  }

  const stride = process.env['MGRPO_EVERY_CALL'] ? 1 : 29;
  it.each([false, true])('loses nothing, whichever call fails (and all after it: %s)', async (stays) => {
    expect(calls).toBeGreaterThan(100);
    let faults = 0;
    for (let n = stays ? 1 : 3; n <= calls; n += stride, faults++) await throughFault(n, stays);
    console.log(`${faults} of ${calls} calls`);
  });

  it('keeps what a folder held that could not be replaced', async () => {
    const files = new NodeFiles(path.join(folder, 'held'));
    await files.replace('a', (sink) => sink.write('x', 'old'));
    // Renames: the file inside, the old folder away, the new one in its place.
    for (const nth of [1, 2, 3]) {
      Object.assign(disk.state, { renames: nth, code: 'ENOSPC' });
      await expect(files.replace('a', (sink) => sink.write('x', 'new'))).rejects.toThrow(/ENOSPC.*free some space/);
      expect(await files.readText('a/x')).toBe('old');
      expect(readdirSync(files.name)).toEqual(['a']);
    }
  });
});

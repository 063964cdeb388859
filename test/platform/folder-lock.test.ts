import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/platform/folder-lock.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { RunFolder } from '../../src/run/folder.js';

let parent: string;
let run: string;
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'mgrpo-lock-'));
  run = path.join(parent, 'runs/one');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** A run whose lock says that this process has it. */
function held(holder: object): void {
  mkdirSync(run, { recursive: true });
  writeFileSync(path.join(run, 'run.lock'), JSON.stringify({ pid: process.pid, host: hostname(), start: null, ...holder }));
}

describe('the folder of a run', () => {
  it('has one process at a time', async () => {
    const giveBack = await lockFolder(new NodeFiles(run));
    await expect(lockFolder(new NodeFiles(run))).rejects.toThrow(
      new RegExp(`expected a folder that no other process trains in, got one of process ${process.pid}; wait for its end`),
    );
    await giveBack();
    await (
      await lockFolder(new NodeFiles(run))
    )();
  });

  it('goes to one of many that ask at once', async () => {
    mkdirSync(run, { recursive: true });
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => lockFolder(new NodeFiles(run))));
    // All of one process: each but the first finds it taken by a process that lives.
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is gone again where nothing was written, and stays where something was', async () => {
    await (
      await lockFolder(new NodeFiles(run))
    )();
    expect(existsSync(run)).toBe(false);
    const giveBack = await lockFolder(new NodeFiles(run));
    writeFileSync(path.join(run, 'config.json'), '{}');
    await giveBack();
    expect(readdirSync(run)).toEqual(['config.json']);
  });

  it('is new for a run, though it is taken', async () => {
    const giveBack = await lockFolder(new NodeFiles(run));
    const config = { command: 'train', mgrpo: '0', started: 'now', device: 'wasm', settings: {}, config: {} } as const;
    const folder = await RunFolder.create(new NodeFiles(run), config);
    await expect(folder.orAbandon(() => Promise.reject(new Error('no start')))).rejects.toThrow('no start');
    expect(existsSync(run)).toBe(false);
    await giveBack();
  });

  it('is taken over from a process that is gone, and where the lock is no lock', async () => {
    const gone = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
    held({ pid: gone });
    await (
      await lockFolder(new NodeFiles(run))
    )();
    writeFileSync(path.join(run, 'run.lock'), '{"pid"');
    await (
      await lockFolder(new NodeFiles(run))
    )();
    expect(readdirSync(run)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('is taken over where another process got the number', async () => {
    held({ start: '1' });
    await (
      await lockFolder(new NodeFiles(run))
    )();
  });

  it.skipIf(process.platform === 'win32')('is not waited for where the lock is a pipe or a folder', async () => {
    mkdirSync(path.join(run, 'run.lock'), { recursive: true });
    await expect(lockFolder(new NodeFiles(run))).rejects.toThrow(/run\.lock: expected a regular file, got a folder; /);
    rmdirSync(path.join(run, 'run.lock'));
    execFileSync('mkfifo', [path.join(run, 'run.lock')]);
    await expect(lockFolder(new NodeFiles(run))).rejects.toThrow(/run\.lock: expected a regular file, got a pipe; /);
    expect(readdirSync(run)).toEqual(['run.lock']);
  });

  it('of another machine is left to people', async () => {
    held({ pid: 1, host: 'elsewhere' });
    await expect(lockFolder(new NodeFiles(run))).rejects.toThrow(
      /process 1 on elsewhere; .*remove run\.lock there if it has ended/,
    );
  });
});

// One process at a time in the folder of a run: a file that says which, taken over where that process is gone.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { MgrpoError } from '../errors.js';
import { LOCK_FILE } from './files.js';
import { makeFolder, readIfThere, writeError, type NodeFiles } from './node-files.js';

/** Who has a folder. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as its system counts it; null where it does not say. A number of a process may be given again. */
  readonly start: string | null;
}

/**
 * Takes a folder for this process; it is made where there is none.
 * @returns gives it back, and removes it where it was made and nothing was written
 * @throws MgrpoError `exists` where a process that lives has it
 */
export async function lockFolder(files: NodeFiles): Promise<() => Promise<void>> {
  const folder = files.resolve('');
  const lock = files.resolve(LOCK_FILE);
  const own: Holder = { pid: process.pid, host: hostname(), start: await startOf(process.pid) };
  const part = `${lock}.${randomUUID()}.part`;
  let isNew = false;
  try {
    isNew = await makeFolder(folder);
    // Written aside first: under its name it is whole.
    await writeFile(part, JSON.stringify(own));
    while (!(await taken(part, lock))) await removeStale(files.name, lock, part);
  } catch (error) {
    await giveBack();
    throw error instanceof MgrpoError ? error : writeError(lock, error);
  } finally {
    await rm(part, { force: true });
  }
  return async () => {
    await rm(lock, { force: true }).catch(() => undefined);
    await giveBack();
  };

  async function giveBack(): Promise<void> {
    if (isNew) await rmdir(folder).catch(() => undefined);
  }
}

/** Gives the file its name, unless another one has it. */
async function taken(part: string, lock: string): Promise<boolean> {
  const isThere = (error: NodeJS.ErrnoException): false => {
    if (error.code === 'EEXIST') return false;
    throw error;
  };
  return link(part, lock).then(
    () => true,
    // Some file systems have no links.
    (error: NodeJS.ErrnoException) =>
      error.code === 'EEXIST' ? false : copyFile(part, lock, constants.COPYFILE_EXCL).then(() => true, isThere),
  );
}

/** Removes the lock of a process that is gone. @throws MgrpoError `exists` where it is not */
async function removeStale(name: string, lock: string, part: string): Promise<void> {
  const text = await readIfThere(lock);
  if (text === null) return;
  const holder = holderOf(text);
  if (holder && (await isAlive(holder))) {
    const where = holder.host === hostname() ? '' : ` on ${holder.host}`;
    throw new MgrpoError(
      'exists',
      `${name}: expected a folder that no other process trains in, got one of process ${holder.pid}${where}; ` +
        `wait for its end, give another folder, or remove ${LOCK_FILE} there if it has ended`,
    );
  }
  // By a name of our own, so that of two that find it stale one takes it away.
  const aside = `${part}.stale`;
  await rename(lock, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

function holderOf(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    return Number.isSafeInteger(value?.pid) && typeof value?.host === 'string' ? (value as Holder) : null;
  } catch {
    return null;
  }
}

/** Whether a process lives; of another machine nobody knows. */
async function isAlive({ pid, host, start }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return start === null || (await startOf(pid)) === start;
}

/** Ticks from the start of the machine to that of a process, on Linux. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

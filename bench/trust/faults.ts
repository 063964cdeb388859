// Does to trainings of the command line what systems, devices and reward functions do to them, goes on with each, and prints a table: what was
// done, how it ended, what was said, and what became of the run. Some need Linux and the right to mount (unshare -rm), and are left out elsewhere.
//   npm run check:faults [-- --device software] [--only WORDS]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { afterStepThree, longTrain, type Doing } from '../../test/support/long-train.js';

const { values } = parseArgs({ options: { device: { type: 'string', default: 'wasm' }, only: { type: 'string', default: '' } } });
const { device } = values;
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-faults-'));
const WORDS = ['--max-steps', '6', '--save-steps', '2', '--logging-steps', '1', '--learning-rate', '0.001'];

/** One fault. `sound`: what the run is gone on with; `ends`: how it may end by itself. */
interface Fault {
  readonly name: string;
  readonly doing: Doing;
  /** Exit codes that are right. */
  readonly codes: readonly number[];
  /** What must be said, where the code is not 0. */
  readonly says?: RegExp;
  /** Whether weights are those of a quiet run in the end; else the fault is part of what was asked for. */
  readonly same?: false;
  /** Whether the error is somebody else's, which nobody here can name. */
  readonly foreign?: true;
}

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
/** A small disk at `place` for the command and what it starts. */
const small = (place: string, kib: number): string =>
  `exec unshare -rm bash -c 'mount -t tmpfs -o size=${kib}k none ${place} && "$@"; code=$?; cp -a ${place}/run ${place}-kept 2>/dev/null; exit $code' bash "$@"; :`;
const mark = path.join(folder, 'mark');
/** A reward that fails in the third step, for as long as the mark is there. */
const failing = (how: string): string =>
  `import { existsSync } from 'node:fs';
export default async ({ completionIds, trainerState }) => {
  if (trainerState.globalStep === 2 && existsSync(${JSON.stringify(mark)})) ${how}
  return completionIds.map((ids) => ids[0] % 2);
};`;
const never = 'await new Promise(() => undefined);';
const FAULTS: readonly Fault[] = [
  {
    name: 'the folder is removed',
    codes: [0],
    doing: { act: (_, run) => (renameSync(run, `${run}-gone`), rmSync(`${run}-gone`, { recursive: true })) },
  },
  { name: 'files may not grow beyond 400 KiB', codes: [1], says: /EFBIG.*ulimit -f/, doing: { shell: 'ulimit -f 400' } },
  ...[40, 28, 24, 20].map((n) => ({
    name: `${n} open files`,
    codes: [0, 1],
    says: /EMFILE|too many open files/i,
    doing: { shell: `ulimit -n ${n}` },
  })),
  ...[24, 16, 8, 4].map((gib) => ({
    name: `${gib} GiB of address space`,
    codes: [0, 1],
    says: /memory|ulimit -v|adapter/i,
    doing: { shell: `ulimit -v ${Math.round(gib * 2 ** 20)}` },
  })),
  {
    name: 'no home, no folder for temporary files',
    codes: [0],
    doing: { env: { HOME: '/nonexistent', TMPDIR: '/nonexistent', XDG_CACHE_HOME: undefined } },
  },
  {
    name: 'the clock jumps by months, there and back',
    codes: [0],
    doing: { preload: 'const { now } = Date; let n = 0; Date.now = () => now() + (++n % 2 ? 1e10 : -1e10);' },
  },
  { name: 'the clock of performance stands still', codes: [0], doing: { preload: 'performance.now = () => 1000;' } },
  {
    name: 'a reward never answers: stop',
    codes: [1],
    says: /expected scores within 1 s/,
    doing: { reward: failing(never), words: ['--reward-timeout', '1'] },
  },
  {
    name: 'a reward loops without end: stop',
    codes: [1],
    says: /expected scores within 1 s/,
    doing: { reward: failing('for (;;);'), words: ['--reward-timeout', '1'] },
  },
  {
    name: 'a reward throws: stop',
    codes: [1],
    says: /reward function .* threw: planted/,
    doing: { reward: failing("throw new Error('planted');") },
  },
  {
    name: 'a reward gives NaN: stop',
    codes: [1],
    says: /expected a finite number or null/,
    doing: { reward: failing('return completionIds.map(() => NaN);') },
  },
  { name: 'a reward ends its process: stop', codes: [1], says: /reward/, doing: { reward: failing('process.exit(0);') } },
  ...['skip', 'null'].map((policy): Fault => ({
    name: `a reward throws: ${policy}`,
    codes: [0],
    same: false,
    doing: { reward: failing("throw new Error('planted');"), words: ['--reward-errors', policy] },
  })),
  ...['skip', 'null'].map((policy): Fault => ({
    name: `a reward never answers: ${policy}`,
    codes: [0],
    same: false,
    doing: { reward: failing(never), words: ['--reward-errors', policy, '--reward-timeout', '1'] },
  })),
  {
    name: 'an error that nobody awaits',
    codes: [1],
    foreign: true,
    says: /planted/,
    doing: { preload: afterStepThree("Promise.reject(new Error('planted'));") },
  },
];

/** Sizes of a disk in KiB on which a run of three checkpoints (2.7 MB each) and a result of 0.9 MB does not fit. */
const DISKS = [64, 300, 900, 1500, 2700, 2900, 4000, 5400, 5700, 8000, 8200, 8700];

async function main(): Promise<void> {
  const quiet = await longTrain(folder, { device, words: WORDS });
  if (quiet.code !== 0) throw new Error(quiet.stderr);
  const expected = weights(quiet.run);
  console.log(`device: ${device}\n\n| fault | exit | says | checkpoints then | gone on with |\n|---|---|---|---|---|`);
  let [bad, count] = [0, 0];
  const judge = async (
    fault: Fault,
    run: string,
    ended: { code: number | null; stderr: string; saved: string[] },
  ): Promise<void> => {
    const { code, stderr, saved } = ended;
    rmSync(mark, { force: true });
    const said = stderr.split('\n').find((line) => /error: |threw|within|not judged|skipped|removed|again/.test(line)) ?? '';
    const right = code !== null && fault.codes.includes(code) && (code === 0 || (fault.says?.test(stderr) ?? true));
    const named = fault.foreign === true || !stderr.includes('this is a bug in mgrpo');
    const end = code === 0 ? (existsSync(run) ? 'done' : 'NO RUN') : await goOn(run);
    const same = fault.same === false ? 'as asked' : weights(run) === expected ? 'same bytes' : 'OTHER BYTES';
    const ok = right && named && end !== 'FAILED' && end !== 'NO RUN' && same !== 'OTHER BYTES';
    count++;
    if (!ok) bad++;
    const text = said.replaceAll(run, 'RUN').replaceAll(folder, '').replaceAll('|', '\\|').slice(0, 160);
    console.log(`| ${fault.name} | ${code} | ${text} | ${saved.join(' ')} | ${end}, ${same}${ok ? '' : ' **WRONG**'} |`);
    if (!ok) console.error(stderr.slice(-1500));
  };
  for (const fault of FAULTS) {
    if (!fault.name.includes(values.only)) continue;
    writeFileSync(mark, '');
    const ended = await longTrain(folder, { device, ...fault.doing, words: [...WORDS, ...(fault.doing.words ?? [])] });
    await judge(fault, ended.run, ended);
  }
  if (!canMount) console.log('\nNo right to mount: disks that are full or read-only are left out.');
  else
    for (const kib of DISKS) {
      const name = `a disk of ${kib} KiB`;
      if (!name.includes(values.only)) continue;
      await onDisk({ name, codes: [1], says: /ENOSPC.*free some space/, doing: {} }, kib, judge);
    }
  if (canMount && 'a disk that becomes read-only'.includes(values.only))
    await onDisk(
      {
        name: 'a disk that becomes read-only',
        codes: [1],
        says: /EROFS.*path that can be written/,
        doing: {
          preload: afterStepThree(
            // Busy as long as a file is being written.
            `import('node:child_process').then(function again(m) {
              if (m.spawnSync('mount', ['-o', 'remount,ro', process.env.PLACE]).status !== 0) setTimeout(again, 1, m);
            });`,
          ),
        },
      },
      100_000,
      judge,
    );
  console.log(`\n${count} faults, ${bad} wrong`);
  rmSync(folder, { recursive: true });
  if (bad > 0) throw new Error('some faults cost more than they may');

  /** Goes on with a run on a sound system; begins it where nothing was saved. */
  async function goOn(run: string): Promise<string> {
    const isBegun = existsSync(path.join(run, 'config.json'));
    const again = await longTrain(folder, {
      device,
      words: [...WORDS, ...(isBegun ? ['--resume'] : ['--overwrite']), '--output-dir', run],
    });
    const from = /steps (\d+) to/.exec(again.stderr)?.[1];
    if (again.code !== 0) console.error(again.stderr.slice(-1500));
    return again.code === 0 ? `from step ${from}` : 'FAILED';
  }

  async function onDisk(fault: Fault, kib: number, then: typeof judge): Promise<void> {
    const place = mkdtempSync(path.join(folder, 'disk-'));
    const run = path.join(place, 'run');
    const words = [...WORDS, '--output-dir', run];
    const ended = await longTrain(folder, { device, ...fault.doing, words, shell: small(place, kib), env: { PLACE: place } });
    if (existsSync(`${place}-kept`)) renameSync(`${place}-kept`, run);
    const saved = existsSync(path.join(run, 'checkpoints'))
      ? spawnSync('ls', [path.join(run, 'checkpoints')])
          .stdout.toString()
          .trim()
          .split('\n')
      : [];
    await then(fault, run, { ...ended, saved });
  }
}

function weights(run: string): string {
  const file = path.join(run, 'model/model.safetensors');
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'none';
}

await main();

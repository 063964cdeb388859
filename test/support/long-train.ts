// Long trainings of the command line that something is done to.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './cli.js';

/** How such a training ended. */
export interface Ended {
  readonly run: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Its checkpoints. */
  readonly saved: string[];
}

/** What is done to it. */
export interface Doing {
  readonly device?: string;
  /** The reward module; default: rewards by the parity of the first token. */
  readonly reward?: string;
  /** What its standard error shows when `act` is called; default: the line of the second step. */
  readonly when?: string;
  readonly act?: (child: ChildProcess, run: string) => void;
  /** Further flags. */
  readonly words?: readonly string[];
  /** Runs in its main thread before anything else. */
  readonly preload?: string;
  /** Words of the shell before its command: limits. */
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export const PARITY = 'export default ({ completionIds }) => completionIds.map((ids) => ids[0] % 2);';

/** A preload that runs `text` in a timer after the line of the third step. */
export const afterStepThree = (text: string): string => `
  const write = process.stderr.write.bind(process.stderr);
  let waits = true;
  process.stderr.write = (line, ...rest) => {
    if (waits && /^step 3\\//.test(line)) {
      waits = false;
      setTimeout(() => { ${text} });
    }
    return write(line, ...rest);
  };`;

/** A short step of a small model. */
export const STEP: readonly string[] = [
  ...['--model', 'models/signs-0.2m', '--task', 'signs', '--limit', '16', '--eval-rows', '0'],
  ...['--num-generations', '2', '--per-device-train-batch-size', '4', '--gradient-accumulation-steps', '1'],
  ...['--max-completion-length', '3', '--layer2-num-generations', '2'],
];

let runs = 0;

/** Starts a training of 500 steps in a new folder below `folder`. */
export function longTrain(folder: string, doing: Doing): Promise<Ended> {
  const { device = 'wasm', reward = PARITY, when = 'step 2/', act, words = [], preload = '', shell, env = {} } = doing;
  const name = `${process.pid}-${++runs}`;
  const at = (file: string): string => path.join(folder, `${name}-${file}`);
  const run = at('run');
  writeFileSync(at('reward.mjs'), reward);
  writeFileSync(at('preload.mjs'), `import { isMainThread } from 'node:worker_threads';\nif (isMainThread) { ${preload} }`);
  const node = preload === '' ? [] : ['--import', pathToFileURL(at('preload.mjs')).href];
  const own = ['--max-steps', '500', '--save-steps', '400', '--reward-module', at('reward.mjs'), '--output-dir', run];
  const all = [...node, path.join(root, 'dist/cli.js'), 'train', ...STEP, '--device', device, ...own, ...words];
  const [program, args] =
    shell === undefined ? [process.execPath, all] : ['bash', ['-c', `${shell}; exec "$@"`, 'bash', process.execPath, ...all]];
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let stderr = '';
  let acted = false;
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
    if (acted || !stderr.includes(when)) return;
    acted = true;
    act?.(child, run);
  });
  return new Promise((resolve) =>
    child.on('exit', (code, signal) => {
      const place = path.join(run, 'checkpoints');
      resolve({ run, code, signal, stderr, saved: existsSync(place) ? readdirSync(place) : [] });
    }),
  );
}

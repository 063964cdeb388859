import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';

export const root: string = path.resolve(import.meta.dirname, '../..');

/** Makes dist/ where a source is newer (`npm test` has done so before). */
export function ensureBuilt(): void {
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: root, stdio: 'inherit' });
}

/** What a run of the command line gave. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line on stdout, parsed; undefined where there is none. */
  readonly json: Record<string, unknown> | undefined;
}

/** Runs the built `mgrpo` with words and gives what came out. */
export function mgrpo(words: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
    const child = execFile(process.execPath, [path.join(root, 'dist/cli.js'), ...words], options, (_, stdout, stderr) => {
      const last = stdout.trim().split('\n').at(-1) ?? '';
      const json = last.startsWith('{') ? (JSON.parse(last) as Record<string, unknown>) : undefined;
      resolve({ code: child.exitCode, stdout, stderr, json });
    });
  });
}

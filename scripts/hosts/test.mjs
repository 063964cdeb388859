// Trains the built-in model on WebAssembly in Node, Deno and Bun: all must give the same bytes. Deno and Bun come from npm into a temporary
// folder; one that cannot be had here is left out, and said to be. npm run test:hosts
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const program = path.resolve(import.meta.dirname, 'train.mjs');
const HOSTS = { deno: ['run', '--allow-all', program], bun: [program] };

/** What the program prints last. Losses are sums of the host's own exp, whose last bit differs: they stay out of what must be equal. */
function train(command, words) {
  const out = execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(out.trim().split('\n').at(-1));
}

/** The host's program, installed into a folder, or why it cannot be had. */
function install(host, folder) {
  try {
    const words = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel', 'error', host];
    execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000, shell: process.platform === 'win32' });
    const command = path.join(folder, 'node_modules', '.bin', host);
    return { command, version: execFileSync(command, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).split('\n')[0] };
  } catch (error) {
    return {
      missing: String(error.stderr || error.message)
        .trim()
        .split('\n')[0],
    };
  }
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'mgrpo-hosts-'));
writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
try {
  const { device, weights, answers, accuracies } = train(process.execPath, [program]);
  const expected = JSON.stringify({ weights, answers, accuracies });
  console.log(`node ${process.version} (${device}): ${expected}`);
  for (const [host, words] of Object.entries(HOSTS)) {
    const { command, version, missing } = install(host, folder);
    if (missing !== undefined) {
      console.log(`${host}: skipped, it cannot be had here: ${missing}`);
      continue;
    }
    const found = train(command, words);
    const same = JSON.stringify({ weights: found.weights, answers: found.answers, accuracies: found.accuracies }) === expected;
    console.log(`${host} ${version} (${found.device}): ${same ? 'the same bytes' : `differs: ${JSON.stringify(found)}`}`);
    if (!same) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

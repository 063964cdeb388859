// Kills a training at random moments (kill -9) and goes on with it, until it is done; then its weights must be those of a training that was
// left alone. Half the time of these trainings is the writing of checkpoints.
//   node bench/trust/kills.mjs [--device wasm] [--kills 100] [--seed 1] [--steps 24]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'wasm' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '24' },
  },
});
const { device, steps } = values;
const wanted = Number(values.kills);
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-kills-'));
let state = Number(values.seed);
/** Uniform in [0, 1): a linear congruential generator, so that the same seed kills at the same moments of the clock. */
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;

const reward = path.join(folder, 'reward.mjs');
writeFileSync(reward, 'export default ({ completionIds }) => completionIds.map((ids) => ids[0] % 2);');
const WORDS = [
  ...['--model', 'models/signs-0.2m', '--task', 'signs', '--limit', '16', '--eval-rows', '0', '--device', device],
  ...['--num-generations', '2', '--per-device-train-batch-size', '4', '--gradient-accumulation-steps', '1'],
  ...['--max-completion-length', '3', '--layer2-num-generations', '2', '--learning-rate', '0.001'],
  ...['--max-steps', steps, '--save-steps', '1', '--logging-steps', '5', '--reward-module', reward],
];

/** Runs the command line; killed after some time, if one is given. */
function run(words, ms) {
  const child = spawn(process.execPath, [path.join(root, 'dist/cli.js'), 'train', ...words], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  const timer = ms === undefined ? undefined : globalThis.setTimeout(() => child.kill('SIGKILL'), ms);
  return new Promise((resolve) =>
    child.on('exit', (code, signal) => {
      globalThis.clearTimeout(timer);
      resolve({ code, signal, stderr });
    }),
  );
}

/** Checksums of what a run must leave, whatever became of it on the way: its weights and its line of metrics per five steps. */
function endOf(place) {
  const sum = (name) =>
    createHash('sha256')
      .update(readFileSync(path.join(place, name)))
      .digest('hex');
  return `${sum('model/model.safetensors')} ${sum('metrics.jsonl')}`;
}

const entries = (place) => {
  try {
    return readdirSync(place);
  } catch {
    return [];
  }
};

const quiet = path.join(folder, 'quiet');
const begun = performance.now();
const first = await run([...WORDS, '--output-dir', quiet]);
/** As long as it takes from nothing to the end, so that some get there. */
const longest = performance.now() - begun;
if (first.code !== 0) throw new Error(first.stderr);
const expected = endOf(quiet);

const found = { kills: 0, 'in a save': 0, 'before a checkpoint': 0, chains: 0, same: 0, other: 0, errors: 0 };
for (let chain = 0; found.kills < wanted; chain++) {
  const place = path.join(folder, `chain-${chain}`);
  let isBegun = false;
  for (;;) {
    const words = isBegun ? ['--resume', '--output-dir', place] : [...WORDS, '--output-dir', place];
    const ended = await run(words, Math.floor(random() * longest));
    isBegun = entries(place).includes('config.json');
    if (ended.signal === 'SIGKILL') {
      found.kills++;
      process.stderr.write(`${JSON.stringify(found)}\n`);
      const saved = entries(path.join(place, 'checkpoints'));
      if (saved.some((name) => name.endsWith('.part'))) found['in a save']++;
      if (!saved.some((name) => name.startsWith('step-'))) found['before a checkpoint']++;
      continue;
    }
    if (ended.code !== 0) {
      found.errors++;
      console.error(ended.stderr);
    }
    break;
  }
  found.chains++;
  if (endOf(place) === expected) found.same++;
  else found.other++;
  rmSync(place, { recursive: true });
  process.stderr.write(`${JSON.stringify(found)}\n`);
}
console.log(JSON.stringify({ device, steps: Number(steps), ...found }));
rmSync(folder, { recursive: true });
process.exitCode = found.other + found.errors > 0 ? 1 : 0;

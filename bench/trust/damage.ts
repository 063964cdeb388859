// Damages the folder of a run in every way of test/support/damage.ts, goes on with it by the command line, and prints a table: what was done,
// which checkpoint the run went on from, whether its weights are those of a run that was left alone, and what was said.
//   npm run check:damage [-- --device software]
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NodeFiles } from '../../src/platform/node-files.js';
import { damages } from '../../test/support/damage.js';

const device = process.argv.includes('--device') ? process.argv[process.argv.indexOf('--device') + 1]! : 'wasm';
const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-damage-'));
const at = (name: string): string => path.join(folder, name);
writeFileSync(at('reward.mjs'), 'export default ({ completionIds }) => completionIds.map((ids) => ids[0] % 2);');

function mgrpo(words: readonly string[]): Promise<{ readonly code: number | null; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['dist/cli.js', 'train', ...words], (_, __, stderr) =>
      resolve({ code: child.exitCode, stderr }),
    );
  });
}

const weights = (run: string): string =>
  createHash('sha256')
    .update(readFileSync(path.join(run, 'model/model.safetensors')))
    .digest('hex');

const words = [
  ...['--model', 'models/signs-0.2m', '--task', 'signs', '--limit', '16', '--eval-rows', '0', '--device', device],
  ...['--num-generations', '2', '--per-device-train-batch-size', '4', '--gradient-accumulation-steps', '1'],
  ...['--max-completion-length', '3', '--layer2-num-generations', '2', '--learning-rate', '0.001', '--max-steps', '5'],
  ...['--save-steps', '2', '--logging-steps', '1', '--reward-module', at('reward.mjs')],
];
const whole = at('whole');
const first = await mgrpo([...words, '--output-dir', whole]);
if (first.code !== 0) throw new Error(first.stderr);
const expected = weights(whole);
// As it lies there when a run was killed in step 5.
rmSync(path.join(whole, 'checkpoints/step-5'), { recursive: true });
rmSync(path.join(whole, 'model'), { recursive: true });

console.log('| damage | goes on from | ends with the same bytes | says |\n|---|---|---|---|');
let bad = 0;
for (const { name, from, harm } of damages('model.safetensors', 'config.json')) {
  const run = at('damaged');
  cpSync(whole, run, { recursive: true });
  await harm(new NodeFiles(run));
  const { code, stderr } = await mgrpo(['--resume', '--output-dir', run]);
  const step = Number(/steps (\d+) to 5/.exec(stderr)?.[1]) - 1;
  const isSame = code === 0 && weights(run) === expected;
  const said = stderr.split('\n').find((line) => / is no checkpoint|damaged|left out|found none|error: /.test(line));
  if (step !== from || !isSame) bad++;
  console.log(
    `| ${name} | step ${step} | ${isSame ? 'yes' : 'NO'} | ${(said ?? '').replaceAll(run, 'run').replaceAll('|', '\\|')} |`,
  );
  rmSync(run, { recursive: true });
}
rmSync(folder, { recursive: true });
if (bad > 0) throw new Error(`${bad} kinds of damage changed what the run became`);

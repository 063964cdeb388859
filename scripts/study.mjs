// `npm run study:second-turn`: every study of bench/studies, one after the other. Stopped anywhere, the same call goes on. Results go to
// studies/<name>; those that docs/study.md tells of stand in bench/results/<name>.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
for (const file of readdirSync(path.join(root, 'bench/studies')).sort()) {
  if (!file.endsWith('.yaml')) continue;
  const words = ['dist/cli.js', 'study', `bench/studies/${file}`, '--device', 'wasm', ...process.argv.slice(2)];
  const { status, signal } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? (signal ? 1 : 0));
}

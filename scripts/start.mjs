// `npm start`: MGRPO on the built-in model. The last line on stdout is {"before":{…},"after":{…}}; the rest is for people, on stderr.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const settings = 'models/arithmetic-0.2m/train.yaml';
const child = spawn(process.execPath, ['dist/cli.js', 'train', '--config', settings, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['inherit', 'pipe', 'inherit'],
});
// Ctrl-C reaches the child by itself; this process waits for what it saves.
process.on('SIGINT', () => {});
let output = '';
child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
child.on('close', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
  const last = output.trim().split('\n').at(-1);
  if (!last) return;
  const { before, after } = JSON.parse(last);
  console.log(JSON.stringify({ before, after }));
});

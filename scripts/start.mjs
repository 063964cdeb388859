// `npm start`: MGRPO on the built-in model, and beside it GRPO with as many generated tokens. Prints one table and what it says in words; the last
// line on stdout is {"before","after","grpo","greedy"}, metrics on held-out puzzles. Words behind `npm start --` go to the training of MGRPO; its seed
// (`npm start -- --seed 2`) is that of the control and the puzzles too.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { alignColumns } from '../dist/index.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MODEL = 'models/signs-0.2m';
const PUZZLES = ['--task', 'signs', '--task-size', 'small', '--limit', '1000', '--max-completion-length', '32'];

/** Ends with this process; Ctrl-C reaches the child by itself, and what it saves is waited for. */
class Stopped extends Error {}
process.on('SIGINT', () => {});

/** Runs a command of the package; gives its result, the last line on stdout. */
async function mgrpo(...words) {
  const child = spawn(process.execPath, ['dist/cli.js', ...words], { cwd: root, stdio: ['inherit', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve) => child.on('close', (status, signal) => resolve(status ?? (signal ? 1 : 0))));
  if (code !== 0) throw Object.assign(new Stopped(), { code });
  return JSON.parse(output.trim().split('\n').at(-1));
}

/** Tokens that a run generated. */
function tokensOf(run) {
  const lines = readFileSync(path.join(root, run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.reduce((sum, line) => sum + (JSON.parse(line).num_tokens ?? 0), 0);
}

const say = (text) => process.stderr.write(`${text}\n`);
const percent = (x) => `${(100 * x).toFixed(0)} %`;

function table(rows) {
  const cell = ({ value, ci95: [low, high] }) => `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const names = ['acc_t1', 'acc_t2', 'delta_t1_t2', 'answer_change_rate'];
  return alignColumns([
    ['', 'answers (acc_t1)', 'corrections (acc_t2)', 'gain (delta_t1_t2)', 'changed'],
    ...rows.map(([label, metrics]) => [label, ...names.map((name) => cell(metrics[name]))]),
  ]);
}

/** What the figures say, and no more: a change counts where the intervals do not overlap. */
function inWords(before, after, grpo) {
  const clear = (a, b) =>
    a.ci95[0] > b.ci95[1] ? 'clearly more than' : a.ci95[1] < b.ci95[0] ? 'clearly less than' : 'about as much as';
  return (
    `In words: asked once, the model solves ${percent(before.acc_t1.value)} before the training and ${percent(after.acc_t1.value)} after it; ` +
    `shown its answer again, ${percent(before.acc_t2.value)} and ${percent(after.acc_t2.value)}. What the second look adds after the training is ` +
    `${clear(after.delta_t1_t2, before.delta_t1_t2)} before. GRPO with as many tokens solves ${percent(grpo.acc_t1.value)} at first and ` +
    `${percent(grpo.acc_t2.value)} when shown its answer: MGRPO’s corrections solve ${clear(after.acc_t2, grpo.acc_t2)} that.`
  );
}

try {
  say(
    '1 of 3: MGRPO on the sign puzzle: 7?3?9?4=9 → 7-3+9-4. First a guess, then, shown the guess and a phrase of doubt, a correction.',
  );
  const { run, before, after } = await mgrpo('train', '--config', `${MODEL}/train.yaml`, ...process.argv.slice(2));
  say('\n2 of 3: the control, GRPO on first answers alone, with as many generated tokens');
  const seed = String(JSON.parse(readFileSync(path.join(root, run, 'config.json'), 'utf8')).config.seed);
  const control = await mgrpo('train', '--config', `${MODEL}/grpo.yaml`, '--seed', seed);
  say('\n3 of 3: both turns of all three, sampled and greedy');
  const evaluate = (model, temperature) =>
    mgrpo('eval', '--model', model, ...PUZZLES, '--temperature', temperature, '--seed', seed);
  const grpo = await evaluate(`${control.run}/model`, '1');
  const greedy = {
    before: await evaluate(MODEL, '0'),
    after: await evaluate(`${run}/model`, '0'),
    grpo: await evaluate(`${control.run}/model`, '0'),
  };
  const tokens = [run, control.run].map((folder) => `${Math.round(tokensOf(folder) / 1000)}k tokens`);
  const labels = ['before', `after MGRPO (${tokens[0]})`, `after GRPO (${tokens[1]})`];
  const rows = (metrics) => metrics.map((m, i) => [labels[i], m]);
  say(`\nHeld-out puzzles, share solved [95 % interval]\n\nsampled at temperature 1\n${table(rows([before, after, grpo]))}`);
  say(`\ngreedy\n${table(rows([greedy.before, greedy.after, greedy.grpo]))}\n`);
  say(inWords(before, after, grpo));
  say(`Answers and corrections of every step: ${run}/report.html`);
  console.log(JSON.stringify({ before, after, grpo, greedy }));
} catch (error) {
  if (!(error instanceof Stopped)) throw error;
  process.exitCode = error.code;
}

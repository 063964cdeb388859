// Sets this package beside its peers on one machine: each waits in a process of its own for its turn, so that other load falls on all alike.
// node bench/peers/run.mjs grpo|smollm2 --python PYTHON [--rounds N] [--model FOLDER] [--output F.json]
// node bench/peers/run.mjs onnx --model FOLDER --onnx FOLDER [...]: beside ONNX Runtime's and transformers.js' WebAssembly; npm install in this
// folder brings them, make_onnx.py writes the model.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const { values, positionals } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '8' },
    model: { type: 'string' },
    onnx: { type: 'string' },
    output: { type: 'string' },
  },
  allowPositionals: true,
});
const [what] = positionals;
const python = (file, ...words) => [values.python, path.join(here, file), ...words];
const ours = (file, ...words) => [process.execPath, path.join(root, 'scripts/run.mjs'), path.join(here, file), ...words];

/** A process that answers every line with one line of JSON; its first line says that it is ready. */
class Contestant {
  constructor([command, ...words]) {
    const env = { ...process.env, OMP_WAIT_POLICY: 'passive', TOKENIZERS_PARALLELISM: 'false', HF_HUB_OFFLINE: '1' };
    this.process = spawn(command, words, { cwd: root, env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  /** The next line that is JSON. */
  async answer() {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error('it ended');
      if (value.startsWith('{"')) return JSON.parse(value);
    }
  }

  ask(line) {
    this.process.stdin.write(`${line}\n`);
    return this.answer();
  }

  end() {
    this.process.stdin.end();
    this.process.kill();
  }
}

/** What is measured: who takes part, and the questions of a round. */
const KINDS = {
  grpo: {
    contestants: (folder) => ({
      mgrpo: ours('grpo.ts', folder),
      trl: python('grpo.py', 'trl', folder),
      torch: python('grpo.py', 'torch', folder),
    }),
    questions: ['step'],
    async prepare(folder) {
      cpSync(path.join(root, 'models/arithmetic-0.2m'), folder, { recursive: true });
      const made = new Contestant(python('grpo.py', 'make', folder));
      await made.answer();
      made.end();
    },
  },
  smollm2: {
    contestants: () => ({ mgrpo: ours('smollm2.ts', values.model), transformers: python('smollm2.py', values.model) }),
    questions: ['prefill', 'decode1', 'decode8', 'grpo', 'mgrpo'],
    once: ['grpo', 'mgrpo'],
    prepare: () => undefined,
  },
  onnx: {
    contestants: () => ({
      mgrpo: ours('smollm2.ts', values.model),
      'onnxruntime-web': [process.execPath, path.join(here, 'onnx.mjs'), 'onnxruntime-web', values.onnx],
      'transformers.js': [process.execPath, path.join(here, 'onnx.mjs'), 'transformers.js', values.onnx],
    }),
    questions: ['prefill', 'decode1', 'decode8'],
    /** Asked before anything is measured: the answers must be the same. */
    same: 'ids',
    prepare: () => undefined,
  },
};

const kind = KINDS[what];
if (!kind || (what !== 'grpo' && !values.model) || (what === 'onnx' && !values.onnx))
  throw new Error('usage: run.mjs grpo | smollm2 --model FOLDER | onnx --model FOLDER --onnx FOLDER [--python PYTHON]');
const folder = mkdtempSync(path.join(os.tmpdir(), 'mgrpo-peers-'));
const running = {};
try {
  await kind.prepare(folder);
  const seconds = {};
  for (const [name, command] of Object.entries(kind.contestants(folder))) {
    const contestant = new Contestant(command);
    try {
      await contestant.answer();
      running[name] = contestant;
    } catch {
      console.error(`${name}: left out, it did not start (see above)`);
    }
  }
  if (kind.same) {
    const answers = {};
    for (const [name, contestant] of Object.entries(running)) answers[name] = JSON.stringify(await contestant.ask(kind.same));
    if (new Set(Object.values(answers)).size !== 1) throw new Error(`${kind.same} differ: ${JSON.stringify(answers)}`);
    console.log(`${kind.same}: the same of ${Object.keys(answers).join(', ')}`);
  }
  // The first round warms up; what takes long is asked for once.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const question of kind.questions) {
      if (kind.once?.includes(question) && round !== 1) continue;
      for (const [name, contestant] of Object.entries(running)) {
        const answer = await contestant.ask(question);
        if (round > 0 && answer.seconds !== null) ((seconds[question] ??= {})[name] ??= []).push(answer.seconds);
      }
    }
  }
  const summary = (list) => {
    const sorted = list.toSorted((a, b) => a - b);
    return { least: sorted[0], median: sorted[Math.floor(sorted.length / 2)], rounds: sorted.length };
  };
  const report = Object.fromEntries(
    Object.entries(seconds).map(([question, of]) => [
      question,
      Object.fromEntries(Object.entries(of).map(([n, list]) => [n, summary(list)])),
    ]),
  );
  const machine = `${os.cpus().length} × ${os.cpus()[0]?.model}, Node ${process.version}`;
  for (const [question, of] of Object.entries(report)) {
    const texts = Object.entries(of).map(
      ([name, { least, median }]) => `${name} ${median.toFixed(3)} s (least ${least.toFixed(3)})`,
    );
    console.log(`${question}: ${texts.join(' · ')}`);
  }
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const json = JSON.stringify({ what, machine, commit, seconds: report }, null, 1);
  if (values.output) writeFileSync(values.output, `${json}\n`);
} finally {
  for (const contestant of Object.values(running)) contestant.end();
  rmSync(folder, { recursive: true, force: true });
}

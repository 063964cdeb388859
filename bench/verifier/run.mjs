// The answer checker beside @cortex-js/compute-engine and math-expressions: the same pairs, one process, the graders in turn on every pair.
//
//   npm install --ignore-scripts && node run.mjs [rounds]      (in bench/verifier; needs build/verifier.wasm and ../shared/data)
//
// Answers only: what was extracted from a response is handed to all three. Ours is measured on the whole response besides (extraction and
// comparison), and in batches. Writes bench/results/verifier.json.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { ComputeEngine } from '@cortex-js/compute-engine';

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const data = path.resolve(root, '../shared/data');
const rounds = Number(process.argv[2] ?? 5);
const { verify, verifyBatch } = await bundled('src/verify.ts');
const mathExpressions = createRequire(import.meta.url)('math-expressions');
const engine = new ComputeEngine();

const rows = (file) =>
  readFileSync(path.join(data, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Pairs of answers with what is expected, and the text they come from. */
const sets = {
  // One response in eight of the 5,276: 660 pairs.
  ordinary: rows('judge_gsm8k_model_solutions.jsonl')
    .filter((_, i) => i % 8 === 0)
    .map(({ gold, response, label }) => ({ gold, response, expected: label })),
  hard: rows('verify_dev_cases.jsonl')
    .filter(({ gold, config, tier }) => gold !== null && tier === 'rule' && !config?.kind)
    .map(({ gold, pred, response, expected }) => ({ gold, pred, response, expected })),
};

/** LaTeX as the peers take it: no dollars, the gold's box opened. */
const bare = (text) =>
  text
    .replaceAll('$', ' ')
    .replace(/^\s*\\[[(]|\\[\])]\s*$/g, ' ')
    .trim();

const graders = {
  mgrpo: ({ gold, answer }) => verify({ gold, pred: answer }).verdict,
  computeEngine: ({ gold, answer }) => engine.parse(bare(gold)).isEqual(engine.parse(bare(answer))) === true,
  mathExpressions: ({ gold, answer }) => mathExpressions.fromLatex(bare(gold)).equals(mathExpressions.fromLatex(bare(answer))),
};
const whole = {
  'mgrpo with extraction': (pair) =>
    verify(pair.pred === undefined ? { gold: pair.gold, response: pair.response } : { gold: pair.gold, pred: pair.pred }).verdict,
};

const report = {};
for (const [name, pairs] of Object.entries(sets)) {
  for (const pair of pairs) pair.answer = pair.pred ?? verify({ gold: pair.gold, response: pair.response }).extracted ?? '';
  const all = { ...graders, ...whole };
  const times = Object.fromEntries(Object.keys(all).map((grader) => [grader, pairs.map(() => [])]));
  const verdicts = Object.fromEntries(Object.keys(all).map((grader) => [grader, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [i, pair] of pairs.entries()) {
      // The order of the graders turns with the pair and the round.
      const order = Object.entries(all);
      for (let k = 0; k < order.length; k++) {
        const [grader, grade] = order[(i + round + k) % order.length];
        let verdict;
        const from = performance.now();
        try {
          verdict = grade(pair);
        } catch {
          verdict = false;
        }
        const ms = performance.now() - from;
        // Round 0 warms up.
        if (round > 0) times[grader][i].push(ms);
        verdicts[grader][i] = verdict;
      }
    }
  }
  report[name] = { pairs: pairs.length, graders: {} };
  for (const grader of Object.keys(all)) {
    const us = times[grader].map((all) => all.sort((a, b) => a - b)[all.length >> 1] * 1000).sort((a, b) => a - b);
    const expected = pairs.map((pair) => pair.expected);
    report[name].graders[grader] = {
      microseconds: {
        mean: round3(us.reduce((a, b) => a + b) / us.length),
        p50: round3(us[us.length >> 1]),
        p99: round3(us[Math.floor(us.length * 0.99)]),
        max: round3(us.at(-1)),
      },
      accuracy: round3(verdicts[grader].filter((v, i) => v === expected[i]).length / pairs.length),
      falseAccepts: verdicts[grader].filter((v, i) => v && !expected[i]).length,
      falseRejects: verdicts[grader].filter((v, i) => !v && expected[i]).length,
    };
  }
  const input = pairs.map(({ gold, pred, response }) => (pred === undefined ? { gold, response } : { gold, pred }));
  const batches = Array.from({ length: rounds }, () => {
    const from = performance.now();
    verifyBatch(input);
    return ((performance.now() - from) * 1000) / pairs.length;
  }).sort((a, b) => a - b);
  report[name].batchMicrosecondsPerPair = round3(batches[rounds >> 1]);
}

const wasm = readFileSync(path.join(root, 'build/verifier.wasm'));
const result = {
  machine: { cpu: os.cpus()[0].model.trim(), cores: os.cpus().length, node: process.version },
  timing: `median of ${rounds} rounds per pair, after one to warm up`,
  wasmBytes: statSync(path.join(root, 'build/verifier.wasm')).size,
  wasmGzipBytes: gzipSync(wasm, { level: 9 }).length,
  ...report,
};
mkdirSync(path.join(root, 'bench/results'), { recursive: true });
writeFileSync(path.join(root, 'bench/results/verifier.json'), `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(result, null, 2));

function round3(x) {
  return Number(x.toPrecision(4));
}

/** Bundles one entry of src/ with the build's own plugins and imports it. */
async function bundled(entry) {
  const require = createRequire(path.join(root, 'package.json'));
  const { rollup } = await import(require.resolve('rollup'));
  const { assets, typescript } = await import(path.join(root, 'scripts/plugins.mjs'));
  const bundle = await rollup({ input: path.join(root, entry), plugins: [assets(), typescript()] });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mgrpo-bench-'));
  try {
    const file = path.join(folder, 'entry.mjs');
    await bundle.write({ file, format: 'es' });
    return await import(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Judges the kernels by compilers of four GPU makers, on GPUs that are not there: npm run gate:gpu. NULLGPU names the folder of the tool that puts
// Mesa's drivers under Dawn (its nullgpu.sh, set up); without it there is nothing to judge by, and the gate is skipped. Arguments: some of the GPUs;
// --docs writes the table of docs/kernels.md.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { clocksOf } from './banks.mjs';
import { withTable } from './gate-table.mjs';

const ALL = ['amd', 'nvidia', 'apple', 'intel'];
const words = process.argv.slice(2);
const named = words.filter((word) => word !== '--docs');
const GPUS = named.length > 0 ? named : ALL;
const DOCS = words.length > named.length && 'docs/kernels.md';
const SHAPE = {
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  vocab_size: 49152,
};
/** Bounds; what was found stands in docs/kernels.md. */
const MOST_WAITS = 2;
const MOST_NVIDIA_CYCLES = 12_500; // of tiles of 4 × 4 values an invocation
const LEAST_SHARE = 67; // percent of the multiply-adds that workgroup memory leaves the largest tiles, stores counted (banks.mjs)
const MOST_FILTER_SHARE = 2; // static cycles of a draw with filters by those of one without
const FEWEST_WORKGROUPS = 64;
const FEWEST_ATTENTION_WAVES = 8; // per SIMD of AMD
const MOST_ATTENTION_MEMORY = 16_384; // bytes of a workgroup
const MOST_DISPATCHES_A_STEP = 215;
const FILTERS = ['--top-k', '40', '--top-p', '0.9', '--repetition-penalty', '1.1'];
const MOST_DISPATCHES_WITH_LORA = 275;
const MOST_DISPATCHES_AN_UPDATE = 1600; // forward with layers computed again, backward, optimiser
/** Times of the host, in ms; other work on the machine adds to them. */
const MOST_TO_FIRST_SUBMIT = 1;
const MOST_TO_RECORD = 1;
/** GPUs with matrix units, by the one of their maker above; the tool hides from programs that they have them, unless it is told. */
const WITH_UNITS = { amd: 'amd', nvidia: 'nvidia', intel: 'intel-arc' };
const SHOWN = '--import=data:text/javascript,delete(process.env.HOOK_GPU)';
/** Formats of frozen weights that are judged beside f32. */
const FORMATS = ['bf16', 'q8', 'q4'];
/** Which product the text of a tile is of. */
const OPS = {
  NT: (text) => text.includes('p.chunk;'),
  NN: (text) => !text.includes('p.chunk;') && text.includes('next_a = STEPS;'),
  TN: (text) => text.includes('next_a = STEPS * p.rows'),
};
/** What the text of a tile says whose invocations make 4 × 4 values. */
const PLAIN_TILE = 'const DOWN = 16u;';
const RANK = 16;
const STEPS = 16;
const HALF = ['--precision', 'f16'];
const HALF_CACHE = ['--kv-cache-dtype', 'f16'];
const LONG_HEADS = { hidden_size: 1024, num_hidden_layers: 2, num_attention_heads: 8, num_key_value_heads: 2, head_dim: 128 };
const SFT = ['--task', 'arithmetic', '--max-steps', '1'];

const root = path.resolve(import.meta.dirname, '..');
const tool = process.env.NULLGPU;
if (!tool || !existsSync(path.join(tool, 'nullgpu.sh'))) {
  console.log('gate:gpu: skipped, for NULLGPU names no folder with nullgpu.sh');
  process.exit(0);
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'gate-gpu.'));
const failures = [];
const check = (holds, text) => {
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${text}`);
  if (!holds) failures.push(text);
};

/** The tool has a driver without a file that names it, and the program asks for one. */
const NAMED = ['--import', 'data:text/javascript,process.env.VK_DRIVER_FILES="/dev/null"'];

/** Runs a program on one GPU. @returns its stdout */
function node(gpu, out, ...words) {
  // What was measured on a device that takes no time says nothing.
  const env = { ...process.env, XDG_CACHE_HOME: folder, ...(words.includes('--precision') ? { NODE_OPTIONS: SHOWN } : {}) };
  const options = { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', env };
  return execFileSync(path.join(tool, 'nullgpu.sh'), ['run', gpu, out, ...NAMED, ...words], options);
}

/** What the tool noted of a run on one GPU: the pipelines, and the totals. */
function run(gpu, name, ...words) {
  const out = path.join(folder, `${gpu}-${name}`);
  node(gpu, out, 'dist/cli.js', ...words);
  const lines = readFileSync(path.join(out, 'hook.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { out, pipelines: lines.filter((line) => 'pipeline' in line), totals: lines.find((line) => 'totals' in line).totals };
}

/** Registers, spills and waves of a pipeline, under the names of each driver. */
function figures({ native }) {
  const s = native.at(-1)?.stats ?? {};
  return {
    registers: s['VGPRs'] ?? s['Number of GPRs'] ?? s['GPRs'] ?? s['Max live registers'],
    spills: s['Spilled VGPRs'] ?? s['Spills to memory'] ?? s['Spills'] ?? 0,
    waves: s['Subgroups per SIMD'] ?? s['Max warps/SM'] ?? s['Threads'] ?? '',
    cycles: s['Static cycle count'] ?? s['Cycles'] ?? '',
  };
}

/** A model folder of a shape and no content. */
function modelOf(name, shape) {
  const model = path.join(folder, name);
  const tokenizer = path.join(root, 'models/arithmetic-0.2m');
  const sizes = Object.entries(shape).map(([size, value]) => `${size}=${value}`);
  execFileSync('python3', [path.join(tool, 'shape-model.py'), model, tokenizer, ...sizes]);
  copyFileSync(path.join(tokenizer, 'chat_template.jinja'), path.join(model, 'chat_template.jinja'));
  return model;
}

/** Nothing is spilled by some pipelines, of which there are a few. @param text says so, with %n for how many registers are */
function checkSpills(text, pipelines, least) {
  const spilled = pipelines.reduce((n, pipeline) => n + figures(pipeline).spills, 0);
  check(pipelines.length >= least && spilled === 0, text.replace('%n', `${spilled}`));
}

const isOfFewRows = ({ entry }) => entry === 'matmul_rows' || entry === 'linear_rows';

/** Tiles of products with weights of a format: nothing spilled, no store that waits, and enough multiply-adds left. @returns the tiles */
function checkTiles(gpu, format, pipelines, ops) {
  const tiles = pipelines.filter(({ entry }) => entry === 'matmul_tile');
  checkSpills(`${gpu}: %n registers spilled by tiles of products with weights in ${format}`, tiles, 1);
  const texts = tiles.map(({ wgsl }) => readFileSync(wgsl, 'utf8'));
  const clocks = texts.map(clocksOf);
  const [stores, ideal] = ['stores', 'idealStores'].map((name) => clocks.reduce((sum, of) => sum + of[name], 0));
  check(stores === ideal, `${gpu}: stores of tiles take ${stores} clocks, at least ${ideal}`);
  for (const op of ops) {
    const share = Math.round(100 * Math.max(...clocks.filter((_, i) => OPS[op](texts[i])).map((of) => of.share)));
    const what = `${gpu}: ${op} in large tiles with weights in ${format} can use ${share} % of the multiply-adds`;
    check(share >= LEAST_SHARE, `${what}, at least ${LEAST_SHARE} %`);
  }
  return tiles;
}

/** Keeps the figures of a pipeline, if it has more registers than those of its kernel before. */
function note(table, gpu, pipeline) {
  const cell = figures(pipeline);
  const row = table.get(pipeline.entry) ?? new Map();
  const before = row.get(gpu);
  if (!before || cell.registers > before.registers) row.set(gpu, cell);
  table.set(pipeline.entry, row);
}

/** Kernels of attention for one head size: nothing spilled on any GPU, and on AMD enough waves and little memory. */
function checkAttention(gpu, headDim, pipelines) {
  const found = pipelines.filter(({ entry }) => entry.startsWith('attention') && entry !== 'attention_bwd_delta');
  const spilled = found.reduce((n, pipeline) => n + figures(pipeline).spills, 0);
  check(found.length > 3 && spilled === 0, `${gpu}: ${spilled} registers spilled by attention with heads of ${headDim}`);
  if (gpu !== 'amd') return;
  const waves = Math.min(...found.map((pipeline) => figures(pipeline).waves));
  const memory = Math.max(...found.map(({ native }) => native.at(-1).stats['LDS size']));
  check(
    waves >= FEWEST_ATTENTION_WAVES,
    `amd: attention with heads of ${headDim} has ${waves} waves a SIMD, at least ${FEWEST_ATTENTION_WAVES}`,
  );
  check(
    memory <= MOST_ATTENTION_MEMORY,
    `amd: attention with heads of ${headDim} takes ${memory} bytes, at most ${MOST_ATTENTION_MEMORY}`,
  );
}

try {
  const model = modelOf('model', SHAPE);
  const longHeads = modelOf('long-heads', { ...SHAPE, ...LONG_HEADS });
  const on = (of) => ['--device', 'gpu', '--model', of];
  const draws = ['--prompt', '1+1=', '--num-samples', '64', '--temperature', '1', '--max-completion-length', String(STEPS)];
  const train = (gpu, name, of, ...more) =>
    run(gpu, name, 'sft', ...on(of), ...SFT, ...more, '--output-dir', path.join(folder, `${gpu}-${name}-run`));
  const table = new Map();
  for (const gpu of GPUS) {
    const { out, pipelines, totals } = run(gpu, 'draw', 'generate', ...on(model), ...draws);
    const { out: trained, pipelines: training, totals: update } = train(gpu, 'sft', model);
    checkAttention(gpu, SHAPE.head_dim, [...pipelines, ...training]);
    const long = [run(gpu, 'draw-long', 'generate', ...on(longHeads), ...draws), train(gpu, 'sft-long', longHeads)];
    checkAttention(
      gpu,
      LONG_HEADS.head_dim,
      long.flatMap((one) => one.pipelines),
    );
    for (const [of, { head_dim: heads }] of [
      [model, SHAPE],
      [longHeads, LONG_HEADS],
    ]) {
      const cached = run(gpu, `draw-f16-${heads}`, 'generate', ...on(of), ...draws, ...HALF_CACHE).pipelines;
      const found = cached.filter(({ entry }) => /^(attention|kv_store|rope)/.test(entry));
      checkSpills(`${gpu}: %n registers spilled by attention over a cache in f16 with heads of ${heads}`, found, 3);
    }
    for (const pipeline of [...pipelines, ...training]) note(table, gpu, pipeline);
    checkSpills(`${gpu}: %n registers spilled by products of few rows`, pipelines.filter(isOfFewRows), 2);
    const tiles = checkTiles(gpu, 'f32', training, Object.keys(OPS));
    for (const format of FORMATS) {
      const frozen = train(gpu, `sft-${format}`, model, '--dtype', format, '--lora-r', String(RANK)).pipelines;
      checkTiles(gpu, format, frozen, ['NT', 'NN']);
    }
    if (gpu in WITH_UNITS) {
      const unit = WITH_UNITS[gpu];
      const units = train(unit, 'sft-f16', model, ...HALF).pipelines.filter(({ entry }) => entry === 'matmul_matrix');
      for (const pipeline of units) note(table, gpu, pipeline);
      checkSpills(`${unit}: %n registers spilled by ${units.length} products on matrix units`, units, 3);
      const rounded = run(unit, 'draw-rounded', 'generate', ...on(model), ...draws, ...HALF).pipelines.filter(isOfFewRows);
      checkSpills(`${unit}: %n registers spilled by products of few rows with operands rounded to f16`, rounded, 2);
    }
    if (gpu === 'nvidia') {
      const small = tiles.filter(({ wgsl }) => readFileSync(wgsl, 'utf8').includes(PLAIN_TILE));
      const cycles = Math.max(...small.map((pipeline) => figures(pipeline).cycles));
      check(cycles <= MOST_NVIDIA_CYCLES, `nvidia: ${cycles} static cycles of matmul_tile, at most ${MOST_NVIDIA_CYCLES}`);
      const drawn = run(gpu, 'filters', 'generate', ...on(model), ...draws, ...FILTERS).pipelines;
      const [plain, filtered] = [pipelines, drawn].map((of) => figures(of.find(({ entry }) => entry === 'sample')).cycles);
      const times = filtered / plain;
      check(
        times <= MOST_FILTER_SHARE,
        `nvidia: filters take ${filtered} static cycles, ${times.toFixed(2)} times a plain draw's, at most ${MOST_FILTER_SHARE}`,
      );
    }
    if (gpu !== 'amd') continue;
    check(
      update.dispatches > 0 && update.dispatches <= MOST_DISPATCHES_AN_UPDATE,
      `amd: ${update.dispatches} dispatches an update, at most ${MOST_DISPATCHES_AN_UPDATE}`,
    );
    const read = (from) => execFileSync(path.join(tool, 'nullgpu.sh'), ['loops', from, 'matmul'], { encoding: 'utf8' });
    const loops = read(out) + read(trained);
    const waits = Math.max(
      ...[...loops.matchAll(/fma (\d+).* trips (\d+)/g)].filter(([, fma]) => fma >= 16).map(([, , trips]) => +trips),
    );
    check(waits <= MOST_WAITS, `amd: products wait ${waits} times for memory per block of the depth, at most ${MOST_WAITS}`);
    const kernels = Object.entries(totals.byKernel).map(([key, count]) => ({
      entry: key.split(' ')[1],
      grid: key.split(' ')[2],
      count,
    }));
    const groups = (grid) => grid.split('x').reduce((product, n) => product * Number(n), 1);
    const few = kernels.filter(
      ({ entry, grid, count }) =>
        (entry.startsWith('matmul') || entry === 'linear_rows' || entry === 'rmsnorm_low_rank') &&
        count >= STEPS &&
        groups(grid) < FEWEST_WORKGROUPS,
    );
    check(
      few.length === 0,
      `amd: products of a decode step with under ${FEWEST_WORKGROUPS} workgroups: ${few.map((k) => k.grid).join(', ') || 'none'}`,
    );
    for (const [name, rank, most] of [
      ['', 0, MOST_DISPATCHES_A_STEP],
      [' with LoRA', RANK, MOST_DISPATCHES_WITH_LORA],
    ]) {
      const steps = path.join(folder, `${gpu}-steps-${rank}`);
      const printed = node(gpu, steps, 'scripts/gate-gpu-steps.mjs', model, `${STEPS}`, `${rank}`);
      const { dispatches, first, record } = JSON.parse(printed.trim().split('\n').at(-1));
      check(dispatches <= most, `amd: ${dispatches} dispatches a decode step${name}, at most ${most}`);
      check(
        first <= MOST_TO_FIRST_SUBMIT,
        `amd: first submission${name} after ${first.toFixed(2)} ms, at most ${MOST_TO_FIRST_SUBMIT}`,
      );
      check(record <= MOST_TO_RECORD, `amd: a step${name} takes ${record.toFixed(2)} ms of the host, at most ${MOST_TO_RECORD}`);
    }
  }
  const textOf = ({ registers, spills, waves }) => [registers, spills, ...(waves === '' ? [] : [waves])].join(' / ');
  const cells = new Map(
    [...table].map(([entry, row]) => [entry, new Map([...row].map(([gpu, figure]) => [gpu, textOf(figure)]))]),
  );
  console.log('');
  for (const [entry, row] of cells) console.log(`${entry}: ${[...row].map((pair) => pair.join(' ')).join(', ')}`);
  if (DOCS) {
    const place = path.join(root, DOCS);
    writeFileSync(place, withTable(readFileSync(place, 'utf8'), GPUS, cells));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures.length > 0) process.exitCode = 1;

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Evaluations, RunConfig, StepRecord } from '../../src/report/data.js';
import { ensureBuilt, mgrpo, root } from '../support/cli.js';
import { gpuKind, skipGpu } from '../support/gpu.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-cli-'));
const at = (...parts: string[]): string => path.join(folder, ...parts);
const file = (name: string, content: string): string => {
  writeFileSync(at(name), content);
  return at(name);
};
const lines = <T>(name: string): T[] =>
  readFileSync(name, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

const model = at('start', 'model');
const TINY = [
  '--hidden-size',
  '16',
  '--num-hidden-layers',
  '1',
  '--num-attention-heads',
  '2',
  '--num-key-value-heads',
  '1',
  '--intermediate-size',
  '32',
  '--max-position-embeddings',
  '96',
];
const ROUND = [
  '--num-generations',
  '2',
  '--per-device-train-batch-size',
  '4',
  '--gradient-accumulation-steps',
  '1',
  '--max-completion-length',
  '6',
];
/** Few corrections, so that the tests are short. */
const SHORT = ['--layer2-num-generations', '2'];
const TASK = ['--task', 'arithmetic', '--task-size', 'small', '--limit', '16', '--eval-rows', '4'];
/** A reward with variance, which a model of random weights does not get from a verifier. */
const PARITY = 'export default ({ completionIds }) => completionIds.map((ids) => ids[0] % 2);';
const train = (output: string, ...words: string[]) =>
  mgrpo([
    'train',
    '--model',
    model,
    ...TASK,
    ...ROUND,
    ...SHORT,
    '--reward-module',
    at('parity.mjs'),
    '--logging-steps',
    '1',
    '--output-dir',
    at(output),
    ...words,
  ]);

beforeAll(async () => {
  ensureBuilt();
  file('parity.mjs', PARITY);
  const words = ['--task-size', 'small', '--examples', '16', '--max-steps', '2', '--per-device-train-batch-size', '4'];
  const made = await mgrpo(['sft', '--init', 'llama', '--task', 'arithmetic', ...TINY, ...words, '--output-dir', at('start')]);
  expect(made.stderr).toContain('report: ');
  expect(made.json).toMatchObject({ run: at('start'), steps: 2 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('mgrpo', () => {
  it.each([[[]], [['--help']], [['train', '--help']], [['verify', '--help']], [['--version']]])(
    '%j ends well or shows the usage',
    async (words) => {
      const { code, stdout, stderr } = await mgrpo(words);
      expect(code).toBe(words.length === 0 ? 2 : 0);
      expect(stdout + stderr).toMatch(/mgrpo|^\d+\.\d+\.\d+/);
    },
  );

  it.each([
    [['trian'], 'unknown command trian; the nearest is train'],
    [['train', '--modle', 'x'], 'the nearest known one is --model'],
    [['train', '--task', 'arithmetic'], 'give --model'],
    [
      ['train', '--model', 'x', '--algorithm', 'grpo', '--layer2-mode', 'eq5', '--task', 'arithmetic'],
      '--layer2-mode has no effect',
    ],
    [['train', '--resume'], '--resume needs --output-dir'],
    [['sft', '--task', 'arithmetic'], 'either --model or --init'],
    [['sft', '--resume'], '--resume needs --output-dir'],
    [['generate', '--model', 'x'], 'give --prompt'],
    [['train', '--model', 'x', '--task', 'arithmetic', '--num-generations', '3'], '--num-generations to one of'],
    [['train', '--model', 'x', '--task', 'arithmetic', '--reward', 'acuracy'], 'the nearest is accuracy'],
    [['train', '--model', 'x', '--task', 'arithmetic', '--verifier-tolerance', '-1'], '>= 0 for --verifier-tolerance, got -1'],
    [['eval', '--model', 'x', '--task', 'arithmetic', '--limit', '0'], 'for --limit, got 0'],
    [['sft', '--init', 'llama', '--task', 'arithmetic', '--adam-beta1', '2'], 'for --adam-beta1, got 2'],
    [['bench', '--device', 'wasm', '--gpu', '1'], 'gpu choose an adapter of WebGPU'],
    [['bench', '--peers', 'docs'], 'expected a folder with kernels.mjs and installed packages for --peers, got docs'],
    [['tune', '--models', 'gpt-5', '--rounds', '4'], 'for --rounds, got 4'],
    [['info', '--backend', 'cuda'], 'one of vulkan, metal, d3d12'],
  ])('%j is a wrong call, exit code 2', async (words, text) => {
    const { code, stdout, stderr } = await mgrpo(words);
    expect(stderr).toContain(text);
    expect(stderr).not.toContain('    at ');
    expect([code, stdout]).toEqual([2, '']);
  });

  it('says everything that is wrong with a call at once, before anything is opened', async () => {
    const wrong = ['--max-steps', '0', '--epsilon', '2', '--limit', '0', '--reward', 'acuracy', '--layer2-num-generations', '1'];
    const { code, stderr } = await mgrpo(['train', ...wrong]);
    const parts = [
      '--max-steps, got 0',
      'for --epsilon, got 2',
      'for --limit, got 0',
      'nearest is accuracy',
      '--layer2-num-generations is 1',
    ];
    for (const part of [...parts, 'give --model', 'either --dataset']) expect(stderr).toContain(part);
    expect(code).toBe(2);
  });

  it('without a GPU computes in WebAssembly, and says why; --device gpu says what to do', async () => {
    // On a machine whose GPU is not reached through Vulkan's files there is nothing to hide.
    if (process.platform !== 'linux') return;
    const hidden = { VK_DRIVER_FILES: '/nonexistent', VK_ICD_FILENAMES: '/nonexistent' };
    const { code, json, stderr } = await mgrpo(['info'], hidden);
    expect(stderr).not.toContain('Found no drivers');
    expect(json).toMatchObject({ device: { kind: 'wasm', why: 'there is no GPU' }, adapter: null });
    expect(code).toBe(0);
    const gpu = await mgrpo(['info', '--device', 'gpu'], hidden);
    expect(gpu.stderr).toContain('Ways out: the device wasm');
    expect(gpu.code).toBe(1);
  });

  it.skipIf(skipGpu)(`info describes an adapter of WebGPU${skipGpu ? ` (skipped: ${skipGpu})` : ''}`, async () => {
    const { code, json } = await mgrpo(['info', '--device', gpuKind]);
    expect(code).toBe(0);
    expect(json).toMatchObject({
      device: { kind: gpuKind, why: 'as asked for' },
      limits: { maxStorageBuffersPerShaderStage: expect.any(Number) as number },
    });
  });
});

describe('mgrpo on a device', () => {
  it('tune says that there is nothing to tune on CPU cores', async () => {
    const { code, json, stderr } = await mgrpo(['tune', '--device', 'wasm', '--model', model]);
    expect(stderr).toMatch(/nothing to tune: every product goes one way on WebAssembly/);
    expect([code, json]).toMatchObject([0, { device: { kind: 'wasm' }, tiles: {}, file: null }]);
  });

  it('info describes the device and a model', async () => {
    const { code, json } = await mgrpo(['info', '--device', 'wasm', '--model', model]);
    expect(code).toBe(0);
    expect(json).toMatchObject({
      device: {
        kind: 'wasm',
        why: 'as asked for',
        description: expect.stringMatching(/^WebAssembly, \d+ threads?$/) as string,
      },
      model: { config: { numLayers: 1 } },
    });
  });

  it('generate gives text, ids and log-probs', async () => {
    const words = [
      'generate',
      '--model',
      model,
      '--prompt',
      '1+1',
      '--max-completion-length',
      '5',
      '--num-samples',
      '2',
      '--seed',
      '7',
    ];
    const { completions } = (await mgrpo(words)).json as { completions: { text: string; ids: number[]; logps: number[] }[] };
    expect(completions).toHaveLength(2);
    for (const { ids, logps, text } of completions) {
      expect(typeof text).toBe('string');
      expect(ids.length).toBeGreaterThan(0);
      expect(logps).toHaveLength(ids.length);
      expect(logps.every((logp) => logp < 0)).toBe(true);
    }
  });

  it.skipIf(skipGpu)('generate takes the same tokens on WebGPU', async () => {
    const words = ['generate', '--model', model, '--prompt', '1+1', '--max-completion-length', '8', '--seed', '7', '--device'];
    const [here, there] = [await mgrpo([...words, 'wasm']), await mgrpo([...words, gpuKind])];
    const ids = ({ json }: typeof here): number[] => (json as { completions: [{ ids: number[] }] }).completions[0].ids;
    expect(here.stderr).toContain('device: WebAssembly');
    expect(there.stderr).not.toContain('device: WebAssembly');
    expect(ids(there)).toEqual(ids(here));
  });

  it('generate --raw takes the text that the chat template makes of a prompt, and gives the same', async () => {
    const words = ['generate', '--model', model, '--prompt', '1+1', '--max-completion-length', '3', '--temperature', '0'];
    const chat = await mgrpo(words);
    expect(chat.stderr).not.toContain('completions have at most');
    const same = await mgrpo([...words.with(4, '<user>1+1<assistant>'), '--raw']);
    expect(chat.json).toEqual(same.json);
  });

  it('generate takes what the context leaves, where no length is given, and refuses a length that does not fit', async () => {
    const words = ['generate', '--model', model, '--prompt', '1+1', '--temperature', '0'];
    const { code, stderr, json } = await mgrpo(words);
    expect(stderr).toMatch(/^completions have at most 9\d tokens, as the model's context of 96 allows/m);
    expect(code).toBe(0);
    const { completions } = json as { completions: { ids: number[] }[] };
    expect(completions[0]!.ids.length).toBeLessThan(96);
    const refused = await mgrpo([...words, '--max-completion-length', '96']);
    expect(refused.stderr).toContain('need 101 tokens of a context of 96; lower --max-completion-length to at most 91');
    expect(refused.stderr).not.toContain('device:');
    expect([refused.code, refused.stdout]).toEqual([2, '']);
  });

  it('eval ends with metrics that have intervals', async () => {
    const data = file(
      'eval.jsonl',
      '{"question":"1+1","answer":"2"}\n{"question":"2+3","answer":"5"}\n{"question":"2+4","answer":"6"}\n',
    );
    const words = ['eval', '--model', model, '--critic', model, '--dataset', data, '--limit', '2'];
    const { code, json, stderr } = await mgrpo([...words, '--turns', '3']);
    expect((await mgrpo([...words, '--turns', '1'])).stderr).toContain('--critic has no effect with --turns 1');
    expect(stderr).toMatch(
      /^ +right {2}\[95 % interval\] +wrong to right +right to wrong +changed\n +turn 1 .*\n +turn 2 .*\n +turn 3 /m,
    );
    expect(stderr).toMatch(/^completions have at most \d+ tokens, as the model's context of 96 allows/m);
    expect(code).toBe(0);
    for (const name of [
      'acc_t1',
      'acc_t2',
      'delta_t1_t2',
      'delta_i_to_c',
      'delta_c_to_i',
      'answer_change_rate',
      'acc_t3',
      'delta_t2_t3',
      'pass@1',
      'maj@1',
      'acc_t1_lenient',
    ]) {
      expect(json![name], name).toEqual({
        value: expect.any(Number) as number,
        ci95: [expect.any(Number), expect.any(Number)] as number[],
        n: 2,
      });
    }
  });

  it('train writes a run folder with all it promises, and one JSON line', async () => {
    const { code, stdout, json, stderr } = await train('full', '--max-steps', '3', '--save-steps', '2');
    expect(stderr).toContain('before  [95 % interval]');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(json).toMatchObject({ run: at('full'), steps: 3, before: { acc_t2: { n: 4 } }, after: { acc_t2: { n: 4 } } });
    expect(readdirSync(at('full')).sort()).toEqual(
      [
        'checkpoints',
        'completions.jsonl',
        'config.json',
        'evaluation.json',
        'metrics.jsonl',
        'model',
        'report.html',
        'steps.jsonl',
      ].sort(),
    );
    expect(readdirSync(at('full', 'checkpoints'))).toEqual(['step-2', 'step-3']);
    expect(readdirSync(at('full', 'checkpoints', 'step-3'))).toEqual(
      expect.arrayContaining(['manifest.json', 'model.safetensors', 'optimizer.safetensors', 'run.json', 'trainer_state.json']),
    );
    const config = JSON.parse(readFileSync(at('full', 'config.json'), 'utf8')) as RunConfig;
    expect(config).toMatchObject({
      command: 'train',
      settings: { model, verifier: { mode: 'strict', tolerance: 0 } },
      config: { maxSteps: 3, layer2: { numGenerations: 2 } },
    });
    expect(lines<{ step: number }>(at('full', 'metrics.jsonl')).map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(
      lines<StepRecord>(at('full', 'steps.jsonl')).every(({ seconds }) => seconds['sample/1']! > 0 && seconds['update/1']! > 0),
    ).toBe(true);
    const evaluations = JSON.parse(readFileSync(at('full', 'evaluation.json'), 'utf8')) as Evaluations;
    expect(Object.keys(evaluations).sort()).toEqual(['after', 'before', 'during']);
    expect(evaluations.after!['acc_t1p']).toEqual(evaluations.before!['acc_t2']);
    expect(readFileSync(at('full', 'report.html'), 'utf8')).toContain('Evaluation');
    const again = await mgrpo(['generate', '--model', at('full', 'model'), '--prompt', '1+1', '--max-completion-length', '2']);
    expect(again.code).toBe(0);
  });

  it('train --algorithm grpo runs without a second layer', async () => {
    const words = ['--model', model, ...TASK, ...ROUND, '--output-dir', at('grpo'), '--eval-rows', '0'];
    const { code, json, stderr } = await mgrpo(['train', '--algorithm', 'grpo', '--max-steps', '1', ...words]);
    expect(stderr).toContain('grpo: ');
    expect(code).toBe(0);
    expect(Object.keys(json!['metrics'] as object).filter((name) => name.startsWith('layer2/'))).toEqual([]);
  });

  it.each([
    { what: 'adapter', whole: 'whole', torn: 'torn', file: 'adapter_model.safetensors', lora: ['--lora-r', '2'] },
    { what: 'model', whole: 'whole-full', torn: 'torn-full', file: 'model.safetensors', lora: [] },
  ])(
    'a resumed run of a whole $what ends with the bytes of one that was not interrupted',
    async ({ what, whole, torn, file, lora }) => {
      const words = [...lora, '--learning-rate', '0.01', '--eval-rows', '0', '--save-steps', '2', '--max-steps', '3'];
      await train(whole, ...words);
      // What a run leaves that was killed in step 3: a checkpoint of step 2, a torn last line, no result.
      cpSync(at(whole), at(torn), { recursive: true });
      rmSync(at(torn, what), { recursive: true });
      rmSync(at(torn, 'checkpoints', 'step-3'), { recursive: true });
      truncateSync(at(torn, 'steps.jsonl'), readFileSync(at(torn, 'steps.jsonl')).length - 30);
      const resumed = await mgrpo(['train', '--resume', '--output-dir', at(torn)]);
      expect(resumed.stderr).toContain('steps 3 to 3');
      expect(resumed.code).toBe(0);
      const weights = (run: string): Buffer => readFileSync(at(run, what, file));
      expect(weights(torn).equals(weights(whole))).toBe(true);
      const before = readFileSync(at(whole, 'checkpoints', 'step-2', file));
      expect(weights(whole).equals(before)).toBe(false);
      expect(lines<StepRecord>(at(torn, 'steps.jsonl')).map(({ step }) => step)).toEqual([1, 2, 3]);
    },
  );

  it('an adapter is fine-tuned by passes over examples of at most so many tokens, and resumed to the same bytes', async () => {
    const data = file('sft.jsonl', '{"prompt":"1+2=","completion":"3"}\n{"prompt":"2+2=","completion":"4444444444444444"}\n');
    const lora = ['--use_peft', '--lora_r', '2', '--max_length', '12', '--learning_rate', '1e-2', '--gradient_checkpointing'];
    const passes = ['--num_train_epochs', '3', '--per-device-train-batch-size', '1', '--save-steps', '2'];
    const made = await mgrpo(['sft', '--model', model, '--dataset', data, ...lora, ...passes, '--output-dir', at('sft-lora')]);
    expect(made.stderr).toContain(`adapter: ${at('sft-lora', 'adapter')}`);
    expect(made.json).toMatchObject({ steps: 6 });
    cpSync(at('sft-lora'), at('sft-lora-torn'), { recursive: true });
    for (const gone of ['adapter', 'checkpoints/step-6']) rmSync(at('sft-lora-torn', gone), { recursive: true });
    const resumed = await mgrpo(['sft', '--resume', '--output-dir', at('sft-lora-torn')]);
    expect(resumed.json).toMatchObject({ steps: 6 });
    const weights = (run: string): Buffer => readFileSync(at(run, 'adapter', 'adapter_model.safetensors'));
    expect(weights('sft-lora-torn').equals(weights('sft-lora'))).toBe(true);
    const start = readFileSync(at('sft-lora', 'checkpoints', 'step-2', 'adapter_model.safetensors'));
    expect(weights('sft-lora').equals(start)).toBe(false);
  });

  it('a resumed fine-tuning ends with the bytes of one that was not interrupted, and is no run of another command', async () => {
    const start = ['--init', 'llama', ...TINY, '--task', 'arithmetic', '--task-size', 'small', '--examples', '6'];
    const steps = ['--per-device-train-batch-size', '4', '--max-steps', '5', '--save-steps', '2', '--save-total-limit', '2'];
    await mgrpo(['sft', ...start, ...steps, '--logging-steps', '3', '--output-dir', at('sft-whole')]);
    expect(readdirSync(at('sft-whole', 'checkpoints'))).toEqual(['step-4', 'step-5']);
    cpSync(at('sft-whole'), at('sft-torn'), { recursive: true });
    for (const gone of ['model', 'checkpoints/step-5']) rmSync(at('sft-torn', gone), { recursive: true });
    truncateSync(at('sft-torn', 'metrics.jsonl'), readFileSync(at('sft-torn', 'metrics.jsonl')).length - 10);
    const resumed = await mgrpo(['sft', '--resume', '--output-dir', at('sft-torn')]);
    expect(resumed.stderr).toContain('steps 5 to 5');
    expect(resumed.code).toBe(0);
    for (const name of [
      'model/model.safetensors',
      'checkpoints/step-5/optimizer.safetensors',
      'checkpoints/step-5/trainer_state.json',
    ])
      expect(readFileSync(at('sft-torn', name)).equals(readFileSync(at('sft-whole', name))), name).toBe(true);
    const losses = (run: string) => lines<{ loss: number }>(at(run, 'metrics.jsonl')).map(({ loss }) => loss);
    expect(losses('sft-torn')).toEqual(losses('sft-whole'));
    const other = await mgrpo(['train', '--resume', '--output-dir', at('sft-torn')]);
    expect(other.stderr).toContain('is a run of mgrpo sft; resume it with that');
    expect(other.code).toBe(2);
  });

  it('a finished run is lengthened, with the settings of its checkpoint, to the bytes of one that was as long', async () => {
    const words = ['--learning-rate', '0.01', '--lr-scheduler-type', 'constant', '--eval-rows', '0'];
    await train('long', ...words, '--max-steps', '3');
    await train('short', ...words, '--max-steps', '2', '--save-total-limit', '1');
    const changed = readFileSync(at('short', 'config.json'), 'utf8').replace('"learningRate": 0.01', '"learningRate": 0.5');
    writeFileSync(at('short', 'config.json'), changed);
    const done = await mgrpo(['train', '--resume', '--output-dir', at('short'), '--max-steps', '3']);
    expect(done.stderr).toContain('steps 3 to 3');
    expect(done.json).toMatchObject({ steps: 3 });
    expect(readdirSync(at('short', 'checkpoints'))).toEqual(['step-3']);
    const weights = (run: string): Buffer => readFileSync(at(run, 'model', 'model.safetensors'));
    expect(weights('short').equals(weights('long'))).toBe(true);
    const again = await mgrpo([
      'train',
      '--resume',
      '--output-dir',
      at('short'),
      '--max-steps',
      '4',
      '--lr-scheduler-type',
      'cosine',
    ]);
    expect(again.stderr).toContain(
      'learning rate: from step 4 on the cosine course over 4 steps; up to there it was that over 3',
    );
  });

  it('a damaged checkpoint is said and passed over for the one before, and a run that has none begins anew', async () => {
    const words = ['--learning-rate', '0.01', '--eval-rows', '0', '--save-steps', '1', '--max-steps', '2'];
    await train('damaged', ...words);
    const weights = readFileSync(at('damaged', 'model', 'model.safetensors'));
    truncateSync(at('damaged', 'checkpoints', 'step-2', 'optimizer.safetensors'), 100);
    writeFileSync(at('damaged', 'config.json'), '');
    const resumed = await mgrpo(['train', '--resume', '--output-dir', at('damaged')]);
    expect(resumed.stderr).toMatch(/step-2\/optimizer\.safetensors: expected \d+ bytes, got 100; the files are damaged/);
    expect(resumed.stderr).toContain('steps 2 to 2');
    expect(readFileSync(at('damaged', 'model', 'model.safetensors')).equals(weights)).toBe(true);
    rmSync(at('damaged', 'checkpoints'), { recursive: true });
    const anew = await mgrpo(['train', '--resume', '--output-dir', at('damaged')]);
    expect(anew.stderr).toContain('steps 1 to 2');
    expect(readFileSync(at('damaged', 'model', 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('generate and a further training take the adapter of a run', async () => {
    const adapter = at('whole', 'adapter');
    expect(readdirSync(adapter)).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']));
    const used = await mgrpo([
      'generate',
      '--model',
      model,
      '--adapter',
      adapter,
      '--prompt',
      '1',
      '--max-completion-length',
      '2',
    ]);
    expect(used.code).toBe(0);
    const further = await train('further', '--adapter', adapter, '--max-steps', '1', '--eval-rows', '0');
    expect(further.stderr).toContain('adapter: ');
    expect(further.code).toBe(0);
  });

  it('Ctrl-C saves the run and ends with 130', async () => {
    const words = [
      'train',
      '--model',
      model,
      ...TASK,
      ...ROUND,
      '--max-steps',
      '500',
      '--eval-rows',
      '0',
      '--lora-r',
      '2',
      '--output-dir',
      at('stopped'),
    ];
    const child = spawn(process.execPath, ['dist/cli.js', ...words], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
      if (/step 2\/500/.test(stderr) && !/stopping/.test(stderr)) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toContain('go on with: mgrpo train --resume');
    expect(code).toBe(130);
    const { steps } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { steps: number };
    expect(readdirSync(at('stopped', 'checkpoints'))).toEqual([`step-${steps}`]);
    expect(existsSync(at('stopped', 'adapter', 'adapter_model.safetensors'))).toBe(true);
  });
});

describe('what goes wrong ends with a message, exit code 1, and nothing written', () => {
  const broken = at('broken');
  beforeAll(() => {
    cpSync(model, broken, { recursive: true });
    truncateSync(path.join(broken, 'model.safetensors'), 4000);
  });

  it.each<[string, () => string[], string]>([
    ['a broken safetensors file', () => ['--model', broken], 'model.safetensors'],
    ['no model', () => ['--model', at('none')], 'found no such folder'],
    ['a missing data set', () => ['--task', 'null', '--dataset', at('none.jsonl')], 'none.jsonl'],
    [
      'a data set with a missing column',
      () => ['--reward', 'accuracy', '--task', 'null', '--dataset', file('columns.jsonl', '{"question":"1+1","reply":"2"}\n')],
      'expected a column answer',
    ],
    ['a context that is too long', () => ['--max-completion-length', '90'], 'lower --max-completion-length to at most'],
    ['a batch that does not divide', () => ['--num-generations', '3'], '--num-generations to one of'],
    [
      'a reward function that throws',
      () => ['--reward-module', file('throws.mjs', 'export default () => { throw new Error("out of luck"); }')],
      'threw: out of luck',
    ],
    [
      'a reward of the wrong length',
      () => ['--reward-module', file('short.mjs', 'export default function halves() { return [1]; }')],
      '"halves": expected',
    ],
    [
      'a reward module that exports nothing',
      () => ['--reward-module', file('nothing.mjs', 'export const a = 1;')],
      'as default export',
    ],
    ['an unknown reward', () => ['--reward', 'acuracy'], 'the nearest is accuracy'],
    ['an adapter that is not there', () => ['--adapter', at('none')], 'expected an adapter folder'],
  ])('%s', async (_, words, text) => {
    const { code, stdout, stderr } = await train('failed', '--max-steps', '1', ...words());
    expect(stderr).toContain(text);
    expect(stderr).not.toContain('    at ');
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
    expect(existsSync(at('failed'))).toBe(false);
  });

  it('an output folder that is taken is refused and stays as it is', async () => {
    const { code, stderr } = await mgrpo(['train', '--model', model, ...TASK, ...ROUND, '--output-dir', at('start')]);
    expect(stderr).toContain('--overwrite, or --resume');
    expect(code).toBe(1);
    expect(readdirSync(at('start'))).toContain('model');
  });
});

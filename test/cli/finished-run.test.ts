import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { evalCommand, evalSpec } from '../../src/cli/eval.js';
import { settingsOfRun } from '../../src/cli/finished-run.js';
import { generateCommand } from '../../src/cli/generate.js';
import { modelOf, openAdapter, openModel } from '../../src/cli/model.js';
import { trainCommand } from '../../src/cli/train.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-finished-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A run as `mgrpo train` leaves it, as far as its settings go. */
function run(name: string, results: readonly string[], settings: object = {}, layer2: object | null = {}): string {
  const at = path.join(folder, name);
  for (const result of results) {
    mkdirSync(path.join(at, result), { recursive: true });
    writeFileSync(path.join(at, result, 'config.json'), '{}');
  }
  mkdirSync(at, { recursive: true });
  const config = {
    command: 'train',
    mgrpo: '0.1.0',
    started: 'then',
    device: 'wasm',
    settings: { model: 'me/base', dataset: 'train.jsonl', task: null, limit: 7, device: 'gpu', ...settings },
    config: {
      maxCompletionLength: 33,
      temperature: 0.9,
      evalTemperature: 0.5,
      seed: 5,
      learningRate: 1,
      layer2: layer2 && {
        enabled: true,
        mode: 'eq5',
        phrases: ['Wait, no.'],
        numGenerations: 4,
        maxCompletionLength: null,
        ...layer2,
      },
    },
  };
  writeFileSync(path.join(at, 'config.json'), JSON.stringify(config));
  return at;
}

describe('a finished run as settings of an evaluation', () => {
  it('is its adapter on its model, with its held-out problems, phrases, lengths and temperature', async () => {
    const at = run('lora', ['adapter'], { evalDataset: 'test.jsonl', systemPrompt: 'Think.' });
    const problems: string[] = [];
    expect(Object.fromEntries(await settingsOfRun(evalSpec, at, problems))).toEqual({
      model: 'me/base',
      adapter: path.join(at, 'adapter'),
      dataset: 'test.jsonl',
      systemPrompt: 'Think.',
      maxCompletionLength: 33,
      temperature: 0.5,
      seed: 5,
      'layer2.mode': 'eq5',
      'layer2.phrases': ['Wait, no.'],
    });
    expect(problems).toEqual([]);
  });

  it('is its model where all weights were trained, on its task', async () => {
    const at = run('full', ['model'], { dataset: null, task: 'signs', taskSize: 'small', revision: 'v1' }, null);
    expect(Object.fromEntries(await settingsOfRun(evalSpec, at, []))).toEqual({
      model: path.join(at, 'model'),
      task: 'signs',
      taskSize: 'small',
      maxCompletionLength: 33,
      temperature: 0.5,
      seed: 5,
    });
  });

  it('without a result is a named error', async () => {
    await expect(settingsOfRun(evalSpec, run('unfinished', []), [])).rejects.toThrow(
      /expected the result of a run, adapter\/ or model\//,
    );
  });
});

it.each([
  ['model', 'tokenizer.json', openModel],
  ['adapter', 'adapter_config.json', openAdapter],
] as const)('a run in place of its %s is told from it', async (result, file, open) => {
  const at = run(`of-${result}`, [result]);
  writeFileSync(path.join(at, result, file), '{}');
  await expect(open(at)).rejects.toThrow(`${at}: expected the ${result}, got the run that holds it; give ${at}/${result}`);
  expect((await open(path.join(at, result)))!.name).toBe(path.join(at, result));
});

describe('a training where nobody says how long completions are', () => {
  it('takes what the context of the model leaves, and says so, before a device is opened', async () => {
    const said: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const words = ['--model', 'models/signs-0.2m', '--task', 'signs', '--limit', '8', '--output-dir', path.join(folder, 'new')];
    const work = await trainCommand(words).finally(() => write.mockRestore());
    expect(work).toBeTypeOf('function');
    const [, length, context] = /completions have at most (\d+) tokens, as the model's context of (\d+) allows/.exec(
      said.join(''),
    )!;
    expect(context).toBe('512');
    // Answer and correction have half each of what the prompt and the phrase leave.
    expect(Number(length)).toBeGreaterThan(200);
    expect(Number(length)).toBeLessThanOrEqual(256);
  });
});

describe('before a device is opened', () => {
  const data = ['--model', 'models/signs-0.2m', '--task', 'signs'];
  const output = ['--output-dir', path.join(folder, 'refused')];
  it.each([
    [
      'train',
      trainCommand,
      [...data, ...output, '--limit', '8', '--max-completion-length', '9999'],
      /of a context of 512; lower maxCompl/,
    ],
    [
      'train',
      trainCommand,
      [...data, ...output, '--limit', '8', '--max-completion-length', '300'],
      /layer 2 needs .* a context of 512/,
    ],
    ['train', trainCommand, [...data, ...output, '--limit', '2'], /expected at least 4 rows for a round of 4 questions, got 2/],
    [
      'eval',
      evalCommand,
      [...data, '--limit', '2', '--max-completion-length', '9999'],
      /of a context of 512; lower maxCompletionLength/,
    ],
    [
      'generate',
      generateCommand,
      [...data.slice(0, 2), '--prompt', '1?2=3', '--max-completion-length', '9999'],
      /a context of 512; lower/,
    ],
  ] as const)('%s refuses settings that the model or the data do not fit: %#', async (_, command, words, said) => {
    await expect(command(words)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(said) as string,
    });
    expect(existsSync(path.join(folder, 'refused'))).toBe(false);
  });

  it('a data file that is not there is named with the folder that it is looked for in', async () => {
    const words = ['--model', 'models/signs-0.2m', '--dataset', 'no/rows.jsonl', ...output];
    await expect(trainCommand(words)).rejects.toThrow(
      `no/rows.jsonl: expected a data file, found none; check the path (from ${process.cwd()})`,
    );
  });
});

it('a revision belongs to the name of a model, once', () => {
  const problems: string[] = [];
  expect(modelOf({ model: 'me/base', revision: 'v1' }, problems)).toBe('me/base@v1');
  expect(problems).toEqual([]);
  modelOf({ model: 'me/base@main', revision: 'v1' }, problems);
  expect(problems[0]).toMatch(/expected one revision/);
});

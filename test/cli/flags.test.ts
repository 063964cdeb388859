import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evalCommand, evalSpec } from '../../src/cli/eval.js';
import { commandFlags, helpText, ownSettings, parseFlag, readFlags, shortHelp, valuesOf } from '../../src/cli/flags.js';
import { generateCommand, generateSpec } from '../../src/cli/generate.js';
import { infoSpec } from '../../src/cli/info.js';
import { mergeCommand } from '../../src/cli/merge.js';
import { pushCommand } from '../../src/cli/push.js';
import { reportCommand } from '../../src/cli/report.js';
import { studyCommand } from '../../src/cli/study.js';
import { sftCommand, sftSpec } from '../../src/cli/sft.js';
import { trainCommand, trainSpec } from '../../src/cli/train.js';
import { verifyCommand, verifySpec } from '../../src/cli/verify.js';
import { GRPO_OPTIONS } from '../../src/config/grpo.js';
import { LAYER2_OPTIONS } from '../../src/config/layer2.js';
import { POLICY_OPTIONS } from '../../src/config/policy.js';
import { PAPER_PHRASES } from '../../src/text/prompts.js';
import { listOptions } from '../../src/options/table.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-flags-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};
const read = (...words: string[]) => readFlags(trainSpec, words)!;

describe('readFlags', () => {
  it('reads values by the type of their option', () => {
    const given = read(
      '--epsilon',
      '0.1',
      '--num-generations=4',
      '--target-modules',
      'q_proj',
      '--target-modules=v_proj',
      '--layer2-mode',
      'open_think',
      '--epsilon-high',
      'null',
    );
    expect(valuesOf(given, GRPO_OPTIONS)).toEqual({
      epsilon: 0.1,
      numGenerations: 4,
      epsilonHigh: null,
    });
    expect(valuesOf(given, POLICY_OPTIONS)).toEqual({ targetModules: ['q_proj', 'v_proj'] });
    expect(valuesOf(given, LAYER2_OPTIONS, 'layer2')).toEqual({ mode: 'open_think' });
  });

  it.each([
    [['--resume'], true],
    [['--resume', 'false'], false],
    [['--resume=true'], true],
    [['--no-resume'], false],
  ])('reads %j as a boolean', (words, value) => expect(read(...words).get('resume')).toBe(value));

  it('joins the entries of a list that is given in several flags', () => {
    const given = read(
      '--layer2-phrases',
      'Wait, no.',
      '--layer2-phrases',
      'Again',
      '--reward-weights',
      '1,2',
      '--reward-weights',
      '3',
    );
    expect(given.get('layer2.phrases')).toEqual(['Wait, no.', 'Again']);
    expect(given.get('rewardWeights')).toEqual([1, 2, 3]);
    expect(() => read('--layer2-phrases', 'paper', '--layer2-phrases', 'Again')).toThrow(
      'expected a list, or "paper" alone, got both',
    );
  });

  it('lists everything that is wrong in one error', () => {
    const settings = file('wrong.yaml', 'modle: x\nlayer2:\n  mod: eq5\n');
    const wrong = ['--learning-rte', '1', '--epsilon', 'high', 'word', '--config', settings, '--limit'];
    expect(() => read(...wrong)).toThrow(
      /^mgrpo train:\n {2}- unknown flag --learning-rte[^]*- --epsilon: expected[^]*- expected a flag, got "word"[^]*after --limit[^]*option modle[^]*option layer2.mod;[^]*\nsee mgrpo train --help$/,
    );
  });

  it.each<[string, (words: string[]) => Promise<unknown>, string[], RegExp[]]>([
    [
      'train',
      trainCommand,
      ['--temperature', '-1', '--reward', 'acuracy'],
      [/temperature, got -1/, /nearest is accuracy/, /model, got none/, /--task \(/],
    ],
    ['sft', sftCommand, ['--max-steps', '0'], [/maxSteps, got 0/, /--model or --init/, /--task or --dataset/]],
    ['eval', evalCommand, ['--turns', '1', '--critic', 'x'], [/--critic has no effect/, /model, got none/, /--task \(/]],
    ['generate', generateCommand, ['--num-samples', '0'], [/numSamples, got 0/, /model, got none/, /prompt, got none/]],
    ['merge', mergeCommand, [], [/model, got none/, /adapter, got none/, /--output-dir/]],
    ['push', pushCommand, [], [/--run or --folder/, /--to owner\/name/]],
    ['verify', verifyCommand, ['--output', 'x', '--gold', '1'], [/only --output/, /got both/]],
    ['study', studyCommand, [], [/study file, got none/]],
    ['report', reportCommand, ['--axis', 'time'], [/axis, got "time"/, /folders of runs, got none/]],
    ['train --resume', trainCommand, ['--resume'], [/--resume needs --output-dir/]],
  ])('%s tells with an unknown flag what else is wrong', async (name, command, words, rest) => {
    const { message } = (await command(['--bogus', ...words]).catch((error: unknown) => error)) as Error;
    for (const part of [new RegExp(`^mgrpo ${name.split(' ')[0]}:`), /unknown flag --bogus/, ...rest])
      expect(message).toMatch(part);
  });

  it('tells names of rewards of a file that there are not', async () => {
    const words = ['--config', file('reward.yaml', 'reward: [acuracy, 3]')];
    await expect(trainCommand(words)).rejects.toThrow(/for reward, got \["acuracy",3\][^]*got acuracy;[^]*got 3;/);
  });

  it('tells all files that are missing at once', async () => {
    const none = (name: string): string => path.join(folder, name);
    const data = ['--dataset', none('data.jsonl'), '--eval-dataset', none('test.jsonl')];
    const words = ['--model', none('model'), '--adapter', none('adapter'), ...data, '--output-dir', none('run')];
    await expect(trainCommand(words)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(
        /model[^]*\nerror: .*adapter: expected[^]*\nerror: .*data\.jsonl[^]*\nerror: .*test\.jsonl/,
      ) as string,
    });
  });

  it('takes a value that starts with a dash', () => {
    expect(read('--max-steps', '-1').get('maxSteps')).toBe(-1);
    expect(readFlags(generateSpec, ['--prompt', '--- hello'])!.get('prompt')).toBe('--- hello');
  });

  it.each([
    [['--learning-rte', '1'], '--learning-rate'],
    [['--learningRate', '1'], '--learning-rate'],
    [['--layer2.mode', 'eq5'], '--layer2-mode'],
    [['--outputdir', 'x'], '--output-dir'],
  ])('names the nearest flag for %j', (words, flag) => {
    expect(() => read(...words)).toThrow(`unknown flag ${words[0]}; the nearest known one is ${flag}; see mgrpo train --help`);
  });

  it.each([
    [['model'], 'expected a flag, got "model"'],
    [['--model'], 'after --model, got nothing'],
    [['--model', '--dataset', 'x'], 'after --model, got the flag --dataset'],
    [['--epsilon', 'high'], '--epsilon: expected a number > 0 and < 1, got "high"'],
    [['--reward-weights', '1,x'], '--reward-weights: expected a list of numbers or null, got "1,x"'],
    [['--resume=perhaps'], 'expected true or false, got "perhaps"'],
  ])('refuses %j', (words, text) => expect(() => read(...words)).toThrow(text));

  it('gives null where help is asked for, whatever else is there', () => {
    expect(readFlags(trainSpec, ['--model', 'x', '--help'])).toBeNull();
  });

  it.each([
    ['settings.json', '{"model": "m", "epsilon": 0.3, "layer2": {"mode": "open_think"}}'],
    ['settings.yaml', 'model: m\nepsilon: 0.3\nlayer2:\n  mode: open_think\n'],
  ])('takes values from %s, and flags win over them', (name, content) => {
    const given = read('--config', file(name, content), '--epsilon', '0.1');
    expect(Object.fromEntries(given)).toEqual({ model: 'm', epsilon: 0.1, 'layer2.mode': 'open_think' });
  });

  it.each([
    ['modle: x', 'unknown option modle; the nearest known one is model'],
    ['layer2:\n  mod: eq5', 'unknown option layer2.mod; the nearest known one is layer2.mode'],
    ['- 1', 'expected an object of options, got [1]'],
    ['layer2: 3', 'expected an object of options for layer2, got 3'],
    ['a: [', 'expected a readable JSON or YAML file'],
  ])('refuses a config file with %j', (content, text) => {
    expect(() => read('--config', file('bad.yaml', content))).toThrow(text);
  });

  it('refuses a config file that is not there', () => {
    expect(() => read('--config', path.join(folder, 'none.yaml'))).toThrow('ENOENT');
  });
});

describe('--set', () => {
  it('sets any option by its name in a config file, or by TRL’s', () => {
    const given = read('--set', 'layer2.mode=open_think', '--set=learning_rate=1e-4', '--epsilon', '0.1', '--set', 'epsilon=0.3');
    expect(Object.fromEntries(given)).toEqual({ 'layer2.mode': 'open_think', learningRate: 1e-4, epsilon: 0.3 });
  });

  it('adds to a list: of the config file, of the flags, of the default', () => {
    const config = file('phrases.yaml', 'layer2:\n  phrases: [One, "Two, three"]\n');
    const adding = ['--set', 'layer2.phrases+=Wait, no.'];
    expect(read('--config', config, ...adding).get('layer2.phrases')).toEqual(['One', 'Two, three', 'Wait, no.']);
    expect(read('--layer2-phrases', 'Again', ...adding).get('layer2.phrases')).toEqual(['Again', 'Wait, no.']);
    expect(read(...adding, '--set', 'layer2.phrases+=["a", "b"]').get('layer2.phrases')).toEqual([
      ...PAPER_PHRASES,
      'Wait, no.',
      'a',
      'b',
    ]);
  });

  it.each([
    [['--set'], 'expected NAME=VALUE or NAME+=VALUE after --set, got "nothing"'],
    [['--set', 'epsilon'], 'expected NAME=VALUE or NAME+=VALUE after --set, got "epsilon"'],
    [['--set', 'epsilom=1'], '--set: unknown option epsilom; the nearest known one is epsilon'],
    [['--set', 'epsilon=high'], '--epsilon: expected a number > 0 and < 1, got "high"'],
    [['--set', 'epsilon+=1'], 'expected a list to add to, and epsilon is a number'],
  ])('refuses %j', (words, text) => expect(() => read(...words)).toThrow(text));
});

describe('parseFlag', () => {
  const flags = commandFlags(trainSpec);
  it.each([
    ['epsilonHigh', '0.28', 0.28],
    ['epsilonHigh', 'none', null],
    ['rewardWeights', '1, 0.5', [1, 0.5]],
    ['targetModules', 'all-linear', 'all-linear'],
    ['targetModules', 'q_proj', ['q_proj']],
    ['layer2.phrases', 'Wait, let me double-check that.', ['Wait, let me double-check that.']],
    ['layer2.phrases', '["Wait, no.", "Again"]', ['Wait, no.', 'Again']],
    ['layer2.enabled', 'false', false],
  ])('reads %s %s', (name, text, value) => {
    const flag = flags.find((one) => one.name === name)!;
    expect(parseFlag(flag, text)).toEqual(value);
  });

  it.each([trainSpec, sftSpec, evalSpec, generateSpec, infoSpec, verifySpec])(
    'flags of $name are unique and in kebab case',
    (spec) => {
      const names = commandFlags(spec).map(({ flag }) => flag);
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
    },
  );
});

describe('ownSettings', () => {
  it('lists every value that is out of its range', () => {
    const given = readFlags(generateSpec, ['--temperature', '-1', '--num-samples', '0'])!;
    expect(() => ownSettings(generateSpec, generateSpec.own, given)).toThrow(/temperature, got -1[^]*numSamples, got 0/);
  });
});

describe('the help', () => {
  it.each([trainSpec, sftSpec, evalSpec, generateSpec, infoSpec, verifySpec])('of $name has every flag, once', (spec) => {
    const text = helpText(spec);
    for (const { flag } of commandFlags(spec)) {
      expect(text.match(new RegExp(`^  --${flag}( |$)`, 'gm')), flag).toHaveLength(1);
    }
  });

  it.each([trainSpec, sftSpec])('of $name is short without --help-all', (spec) => {
    const text = shortHelp(spec);
    expect(text.split('\n').length).toBeLessThan(helpText(spec).split('\n').length / 2);
    for (const name of spec.common!)
      expect(text).toMatch(new RegExp(`^  --${commandFlags(spec).find((flag) => flag.name === name)!.flag}( |$)`, 'm'));
    expect(text).toContain(`All ${commandFlags(spec).length} options of mgrpo ${spec.name}`);
    expect(readFlags(spec, ['--help-all'])).toBeNull();
  });

  it('of train has every option of the algorithm', () => {
    const flags = commandFlags(trainSpec).map(({ name }) => name);
    const options = [...listOptions(GRPO_OPTIONS), ...listOptions(POLICY_OPTIONS), ...listOptions(LAYER2_OPTIONS, 'layer2')];
    expect(options.filter(({ name }) => !flags.includes(name))).toEqual([]);
  });

  it('has no line that is wider than 132 columns', () => {
    const wide = [trainSpec, sftSpec, evalSpec, generateSpec, infoSpec, verifySpec].flatMap((spec) =>
      helpText(spec)
        .split('\n')
        .filter((line) => line.length > 132),
    );
    expect(wide).toEqual([]);
  });
});

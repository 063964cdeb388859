import { describe, expect, it } from 'vitest';
import { MgrpoError } from '../../src/errors.js';
import * as mgrpo from '../../src/index.js';
import { LISTENER, need, takeOptions } from '../../src/options/border.js';
import { checkRows } from '../../src/tasks/task.js';
import type { TaskRow } from '../../src/tasks/task.js';

// Calls as they come from JavaScript, where no type holds anybody back.
const api = mgrpo as unknown as Record<string, (...args: unknown[]) => unknown>;

describe('wrong calls are refused by name, with a way out', () => {
  it.each<[name: string, args: unknown[], message: RegExp]>([
    ['accuracyReward', [{ mode: 'Strict' }], /^accuracyReward: expected one of lenient, strict for mode, got "Strict"$/],
    ['accuracyReward', [{ colum: 'answer' }], /unknown option colum; the nearest known one is column/],
    ['accuracyReward', ['strict'], /expected an object of settings, got "strict"/],
    ['accuracyReward', [null], /expected an object of settings, got null/],
    [
      'countdownReward',
      [{ subset: 1, correct: NaN }],
      /2 problems[^]*number for correct, got NaN[^]*true or false for subset, got 1/,
    ],
    ['thinkFormatReward', [{ open: true }], /unknown option open; the nearest known one is opened/],
    ['tagCountReward', [{ tags: [] }], /a list of texts for tags, got \[\]/],
    ['tagCountReward', [{ tags: '<think>' }], /a list of texts for tags, got "<think>"/],
    ['softOverlongPunishment', [], /2 problems[^]*>= 1 for maxLength, got undefined[^]*for cache, got undefined/],
    ['softOverlongPunishment', [{ maxLength: 4, cache: 5 }], /cache 5, maxLength 4; e\.g\. a fifth of it/],
    [
      'cosineLengthReward',
      [{ maxLength: 8 }],
      /expected a reward function for of, got undefined; pass one, for example accuracyReward/,
    ],
    [
      'cosineLengthReward',
      [{ maxLength: 8, of: api['accuracyReward'], correct: [1] }],
      /a list of 2 numbers for correct, got \[1\]/,
    ],
    ['repetitionPenalty', [{ maxPenalty: 0.1 }], /expected a number <= 0 for maxPenalty, got 0.1/],
    ['correctionBonus', [{ of: 'accuracy', alpha: -1 }], /2 problems[^]*for alpha, got -1[^]*function for of, got "accuracy"/],
    [
      'resolveMGRPOConfig',
      [{ layer2: { phrases: 'papers' } }],
      /a list of texts or paper or .* for layer2.phrases, got "papers"/,
    ],
  ])('%s(...%j)', (name, args, message) => {
    let error: unknown;
    try {
      api[name]!(...args);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(MgrpoError);
    expect((error as MgrpoError).code).toBe('invalid_argument');
    expect((error as MgrpoError).message).toMatch(message);
  });
});

it('a split that is none is refused, not taken for the test split', () => {
  expect(() => mgrpo.countdown('small').rows('Train' as 'train', 1, 1)).toThrow(
    /expected one of train, tuning, test for split, got "Train"/,
  );
});

describe('rows that are none', () => {
  it.each<[rows: unknown, message: RegExp]>([
    [null, /^f: expected a list for rows, got null/],
    [[{ prompt: 'p', gold: '1' }, 'p'], /^f: expected an object with prompt and gold for row 1, got "p"/],
    [[{ gold: '1' }], /expected text or messages .* for prompt of row 0, got undefined/],
    [[{ prompt: [], gold: '1' }], /for prompt of row 0, got \[\]/],
    [[{ prompt: 'p' }], /expected text for gold of row 0, got undefined; give the right answer, or '' where there is none/],
    [[{ prompt: 'p', gold: 4 }], /expected text for gold of row 0, got 4/],
  ])('%j', (rows, message) => {
    expect(() => checkRows('f', rows as TaskRow[])).toThrow(message);
  });
});

describe('takeOptions', () => {
  const table = { n: { type: 'integer', min: 1, default: 3, doc: 'A number.' } } as const;

  it('fills defaults and leaves other arguments to the caller', () => {
    expect(takeOptions('f', table, undefined)).toEqual({ n: 3 });
    expect(takeOptions('f', table, { n: 4, onEvent: () => 0 }, { onEvent: LISTENER })).toEqual({ n: 4 });
  });

  it('names an argument where an unknown name is near to it', () => {
    expect(() => takeOptions('f', table, { onevents: 1 }, { onEvent: LISTENER })).toThrow(
      /^f: unknown option onevents; the nearest known one is onEvent$/,
    );
  });
});

it('need refuses one wrong value', () => {
  const device = { noun: 'a GPUAdapter', is: (value: unknown) => typeof value === 'object', wayOut: 'take one from openGpu()' };
  expect(() => need('Gpu.open', 'adapter', undefined, device)).toThrow(
    /^Gpu.open: expected a GPUAdapter for adapter, got undefined; take one from openGpu\(\)$/,
  );
  expect(() => need('Gpu.open', 'adapter', {}, device)).not.toThrow();
});

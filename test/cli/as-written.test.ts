import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { asWritten } from '../../src/cli/as-written.js';
import { trainSpec } from '../../src/cli/train.js';

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-written-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'seed=1.yaml');
writeFileSync(file, 'max_steps: 0\nlearningRate: 0\nno_such_thing: 1\nnum_generations: 3\n');

describe('a setting in a message', () => {
  it.each([
    ['expected a positive number for maxSteps, got 0', ['--max-steps', '0'], 'expected a positive number for --max-steps, got 0'],
    ['lower maxSteps; maxStepsOf stays', ['--max_steps=0'], 'lower --max_steps; maxStepsOf stays'],
    ['layer2.mode has no effect', ['--layer2-mode', 'eq5'], '--layer2-mode has no effect'],
    ['a limit: >= 1 for limit, got 0', ['--limit', '0'], 'a limit: >= 1 for --limit, got 0'],
    ['packing true: refused', ['--packing', 'true'], 'packing true: refused'],
    ['loadIn4bit true: refused', ['--load_in_4bit'], '--load_in_4bit true: refused'],
    [
      'maxSteps, learningRate, unknown option noSuchThing',
      ['--config', file],
      'max_steps, learningRate, unknown option no_such_thing',
    ],
    ['maxSteps and numGenerations', [`--config=${file}`, '--max-steps', '0'], '--max-steps and num_generations'],
    ['maxSteps is nobody’s', ['--config', 'none.yaml'], 'maxSteps is nobody’s'],
  ])('%j of the call %j is %j', (message, argv, text) => expect(asWritten(message, trainSpec, argv)).toBe(text));
});

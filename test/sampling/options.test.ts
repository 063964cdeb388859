// Options of sampling: handed on as a whole, off by default, and given to both kernels in one order.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMPLETION_OPTIONS } from '../../src/config/completion.js';
import { GRPO_OPTIONS } from '../../src/config/grpo.js';
import { DRAW_WORDS, SAMPLING_OPTIONS, samplingOf } from '../../src/config/sampling.js';

describe('options of sampling', () => {
  it('are those of training and of completions', () => {
    expect(GRPO_OPTIONS).toMatchObject(SAMPLING_OPTIONS);
    expect(COMPLETION_OPTIONS).toMatchObject(SAMPLING_OPTIONS);
  });

  it('are off where they are left out, and 0 where they are null', () => {
    const off = { topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 };
    expect(samplingOf({ temperature: 0.5 })).toEqual({ ...off, temperature: 0.5 });
    expect(samplingOf({ temperature: 1, minP: null, topK: 3 })).toEqual({ ...off, topK: 3, temperature: 1 });
  });
});

describe('the words in which kernels get the options', () => {
  const read = (file: string): string => readFileSync(file, 'utf8');
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  it('stand in the same order in the structs of both devices', () => {
    const [, wgsl] = /struct Sample \{(.*?)\}/s.exec(read('shaders/sampling.wgsl'))!;
    const [, engine] = /class Sample extends Op \{(.*?)\}/s.exec(read('assembly/engine/sampling.ts'))!;
    const fields = (text: string): string[][] =>
      [...text.matchAll(/^ {2}(\w+): (u32|f32)/gm)].map(([, name, type]) => [snake(name!), type!]);
    const words = [...['rows', 'vocab', 'seed0', 'seed1'].map((name) => [name, 'u32']), ...Object.entries(DRAW_WORDS)];
    expect(fields(wgsl!)).toEqual(words);
    expect(fields(engine!)).toEqual(words);
  });
});

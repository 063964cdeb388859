// Options of sampling: they stand in one row, are handed on as a whole, and mean something in the kernel.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../scripts/duplicates.mjs';
import { COMPLETION_OPTIONS } from '../../src/config/completion.js';
import { GRPO_OPTIONS } from '../../src/config/grpo.js';
import { SAMPLING_OPTIONS, samplingOf } from '../../src/config/sampling.js';

describe('options of sampling', () => {
  it.each(['topP', 'topK', 'minP'])('are named in their row and by each device, and nowhere else: %s', (name) => {
    const naming = sourceFiles(['src'], /\.ts$/).filter((file) => new RegExp(`\\b${name}\\b`).test(readFileSync(file, 'utf8')));
    expect(naming.sort()).toEqual(['src/config/sampling.ts', 'src/kernels/sampling.ts', 'src/wasm/executor.ts']);
  });

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

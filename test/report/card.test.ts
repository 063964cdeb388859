import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import type { CardOptions } from '../../src/report/card.js';
import { modelCard } from '../../src/report/card.js';
import type { Evaluations, RunConfig } from '../../src/report/data.js';
import { cardOf } from '../../web/card.js';
import { DEFAULTS } from '../../web/settings.js';

const run: RunConfig = {
  command: 'train',
  mgrpo: '0.1.0',
  started: '2026-01-01T00:00:00Z',
  device: 'WebAssembly',
  settings: { model: 'HuggingFaceTB/SmolLM2-135M-Instruct', dataset: 'openai/gsm8k:main', algorithm: 'mgrpo' },
  config: { maxSteps: 3, layer2: { phrases: ['a "quoted" `phrase`'] } },
};
const evaluations: Evaluations = {
  before: { acc_t1: { value: 0.25, ci95: [0.2, 0.3], n: 400 } },
  after: {
    acc_t1: { value: 0.5, ci95: [0.45, 0.55], n: 400 },
    acc_t2: { value: 0.75, ci95: [0.7, 0.8], n: 400 },
    reward: { value: 0.6, ci95: [0.5, 0.7], n: 400 },
  },
  during: [],
};
const ids = { baseModel: 'HuggingFaceTB/SmolLM2-135M-Instruct', dataset: 'openai/gsm8k' };

/** The metadata of a card, read by a YAML parser, and its text. */
function card(options: CardOptions, data = evaluations): { metadata: Record<string, unknown>; text: string } {
  const [, yaml, text] = /^---\n([^]*?)\n---\n([^]*)$/.exec(modelCard(run, data, options))!;
  return { metadata: parse(yaml!) as Record<string, unknown>, text: text! };
}

describe('the card of a model', () => {
  it('has the metadata that the hub reads, with the results and their intervals', () => {
    const { metadata } = card({ kind: 'adapter', ...ids, license: 'apache-2.0', name: 'me/tiny' });
    expect(metadata).toMatchObject({
      license: 'apache-2.0',
      base_model: ids.baseModel,
      datasets: ['openai/gsm8k'],
      library_name: 'peft',
      pipeline_tag: 'text-generation',
      tags: ['mgrpo', 'lora'],
    });
    expect(metadata['model-index']).toEqual([
      {
        name: 'tiny',
        results: [
          {
            task: { type: 'text-generation' },
            dataset: { name: 'openai/gsm8k', type: 'openai/gsm8k' },
            metrics: [
              { type: 'acc_t1', value: 0.5, name: 'first answers that are right (95 % interval [0.450, 0.550], n = 400)' },
              { type: 'acc_t2', value: 0.75, name: 'corrections that are right (95 % interval [0.700, 0.800], n = 400)' },
            ],
          },
        ],
      },
    ]);
  });

  it('says how to run the model, what it scored before and after, and how it was trained', () => {
    const { text } = card({ kind: 'adapter', ...ids, name: 'me/tiny' });
    expect(text).toContain('mgrpo generate --model HuggingFaceTB/SmolLM2-135M-Instruct --adapter me/tiny');
    expect(text).toContain('| acc_t1 | 0.250 [0.200, 0.300] | 0.500 [0.450, 0.550] | 400 |');
    expect(JSON.parse(/```json\n([^]*?)\n```/.exec(text)![1]!)).toMatchObject({ settings: run.settings, config: run.config });
  });

  it('names nothing that the hub does not have, and no results without an evaluation', () => {
    const { metadata } = card({ kind: 'model' }, { during: [] });
    expect(Object.keys(metadata)).toEqual(['library_name', 'pipeline_tag', 'tags']);
    expect(metadata['library_name']).toBe('transformers');
  });

  it('is that of the page too', () => {
    const settings = { ...DEFAULTS, algorithm: 'grpo', seed: 9 };
    const { before, after } = evaluations as Required<Evaluations>;
    const state = { settings, steps: [], device: 'WebAssembly', data: null, source: { url: 'https://a.example/signs-0.2m' } };
    const rest = { completions: [], started: '', measured: { before, now: after } };
    const text = cardOf({ ...state, ...rest } as unknown as Parameters<typeof cardOf>[0], 'model');
    expect(text).toContain(
      '# signs-0.2m-grpo\n\n`signs-0.2m`, trained with GRPO on `signs` by [mgrpo](https://www.npmjs.com/package/mgrpo).\n',
    );
    expect(text).toContain('| acc_t1 | 0.250 [0.200, 0.300] | 0.500 [0.450, 0.550] | 400 |');
    expect(text).toContain('"seed": 9');
  });
});

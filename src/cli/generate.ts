import { GRPO_OPTIONS, LAYER1_SYSTEM_PROMPT, generate } from '../index.js';
import type { Tokenizer } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { countText, duration } from '../report/format.js';
import { UsageError, ownSettings, readFlags } from './flags.js';
import type { CommandSpec } from './flags.js';
import { openAdapter, openModel, openPolicy } from './model.js';
import { LENGTH_OPTION, MODEL_OPTIONS } from './options.js';
import { printResult } from './output.js';
import { withSession } from './session.js';

const { temperature, topP, topK, minP, repetitionPenalty, seed } = GRPO_OPTIONS;

const OWN = {
  ...MODEL_OPTIONS,
  prompt: {
    section: 'prompt',
    type: 'string',
    default: '',
    doc: 'What the model is asked, or with --raw the text it continues.',
  },
  raw: {
    section: 'prompt',
    type: 'boolean',
    default: false,
    doc: 'Take the prompt as it is: no chat template, no special tokens.',
  },
  systemPrompt: {
    section: 'prompt',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'System message before the prompt; default: the one of the paper, as in training.',
  },
  temperature: {
    section: 'sampling',
    type: 'number',
    min: 0,
    default: temperature.default,
    doc: 'Sampling temperature; 0: greedy.',
  },
  topP,
  topK,
  minP,
  repetitionPenalty,
  maxCompletionLength: LENGTH_OPTION,
  numSamples: { section: 'sampling', type: 'integer', min: 1, default: 1, doc: 'Completions of the prompt.' },
  seed: { ...seed, section: 'sampling', doc: 'Seed of sampling: the same seed gives the same completions.' },
} as const satisfies OptionTable;

export const generateSpec: CommandSpec = {
  name: 'generate',
  summary: 'complete a prompt',
  usage: `mgrpo generate: completions of a prompt, with the log-probability of every token

  mgrpo generate --model M --prompt P [--adapter A] [--raw] [--temperature 0] [--max-completion-length N] [--num-samples K]

The prompt is a user message under the model's chat template, where it has one. The last line on stdout is
{"completions":[{"text","ids","logps"}]}: ids up to and including the one that ends the text, and the log-probability of each under
softmax(logits / temperature) before any filter (at temperature 0: of the plain softmax).`,
  own: OWN,
};

/** `mgrpo generate` */
export async function generateCommand(argv: readonly string[]): Promise<number | null> {
  const given = readFlags(generateSpec, argv);
  if (given === null) return null;
  const settings = ownSettings(generateSpec, OWN, given);
  if (!given.has('prompt')) throw new UsageError('mgrpo generate: expected a prompt, got none; give --prompt');
  const files = await openModel('generate', settings.model);
  const adapter = await openAdapter(settings.adapter);
  return withSession('stopping', async ({ gpu, progress, signal }) => {
    const { decoder, tokenizer, eosIds, context } = await openPolicy(gpu, files, {
      train: 'none',
      adapter,
      dtype: settings.dtype,
      name: settings.model!,
    });
    const prompt = encodePrompt(tokenizer, settings.prompt, settings);
    const room = Math.max(1, Math.min(GRPO_OPTIONS.maxCompletionLength.default, context - prompt.length));
    const maxCompletionLength = settings.maxCompletionLength ?? progress.fitted(room, context);
    const start = performance.now();
    const streams = Array.from({ length: settings.numSamples }, (_, i) => i);
    const samples = await generate(decoder, [{ prompt, streams }], {
      ...settings,
      maxCompletionLength,
      eosIds,
      signal,
      onProgress: ({ done, total, tokens }) => progress.completing(done, total, tokens),
    });
    const seconds = (performance.now() - start) / 1000;
    const completions = samples.map(({ ids, logps }) => {
      const list = [...ids];
      const text = tokenizer.decode(eosIds.has(list.at(-1)!) ? list.slice(0, -1) : list);
      return { text, ids: list, logps: [...logps] };
    });
    for (const { text } of completions) progress.line(`\n${text}`);
    const tokens = completions.reduce((sum, { ids }) => sum + ids.length, 0);
    progress.line(`\n${prompt.length} tokens in, ${tokens} out, ${duration(seconds)}, ${countText(tokens / seconds)} tok/s`);
    await printResult({ completions });
    return 0;
  });
}

function encodePrompt(
  tokenizer: Tokenizer,
  prompt: string,
  { raw, systemPrompt }: { readonly raw: boolean; readonly systemPrompt: string | null },
): number[] {
  if (raw || tokenizer.chatTemplate === null) return tokenizer.encode(prompt);
  const content = systemPrompt === 'default' ? LAYER1_SYSTEM_PROMPT : systemPrompt;
  return tokenizer.encodeChat([...(content === null ? [] : [{ role: 'system', content }]), { role: 'user', content: prompt }]);
}

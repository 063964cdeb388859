// `mgrpo generate`: completions of one prompt.
import { SAMPLING_OPTIONS, samplingOf } from '../config/sampling.js';
import { GRPO_OPTIONS, LAYER1_SYSTEM_PROMPT, checkContext } from '../index.js';
import { DEVICE_OPTIONS } from '../open/choice.js';
import type { ChatMessage, Tokenizer } from '../index.js';
import type { OptionTable } from '../options/table.js';
import { countText, duration } from '../report/format.js';
import { ownSettings, readFlags, refuse } from './flags.js';
import type { CommandSpec, Work } from './flags.js';
import { saidLength, textOf } from './lengths.js';
import { heldAs, modelOf, openAdapter, openModel, openPolicy } from './model.js';
import { LENGTH_OPTION, MODEL_OPTIONS } from './options.js';
import { printResult } from './output.js';
import { withSession } from './session.js';
import { together } from './together.js';

const { temperature, seed } = GRPO_OPTIONS;

const OWN = {
  ...DEVICE_OPTIONS,
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
    doc: 'Continue the prompt as it is: no chat template; what the tokenizer puts before any text (<s>) it puts before this one too.',
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
  ...SAMPLING_OPTIONS,
  maxCompletionLength: LENGTH_OPTION,
  numSamples: { section: 'sampling', type: 'integer', min: 1, max: 65_536, default: 1, doc: 'Completions of the prompt.' },
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
export async function generateCommand(argv: readonly string[]): Promise<Work | null> {
  const problems: string[] = [];
  const given = readFlags(generateSpec, argv, problems);
  if (given === null) return null;
  const settings = ownSettings(generateSpec, OWN, given, problems);
  const model = modelOf(settings, problems);
  if (!given.has('prompt')) problems.push('expected a prompt, got none; give --prompt');
  refuse('generate', problems);
  const [files, adapter] = await together(
    () => openModel(model),
    () => openAdapter(settings.adapter),
  );
  const { tokenizer, context } = await textOf(files);
  const prompt = promptOf(tokenizer, settings.prompt, settings);
  const length = tokenizer.encodePrompt(prompt).length;
  const room = Math.max(1, Math.min(GRPO_OPTIONS.maxCompletionLength.default, context - length));
  const maxCompletionLength = settings.maxCompletionLength ?? saidLength(room, context);
  checkContext({ maxContextLength: null, maxCompletionLength, layer2: null }, context, length);
  return () =>
    withSession(settings, 'stopping', async ({ device, progress, signal }) => {
      const policy = await openPolicy(device, files, { train: 'none', adapter, tokenizer, ...heldAs(settings), name: model });
      const start = performance.now();
      const [samples] = await policy.complete([prompt], {
        ...samplingOf(settings),
        seed: settings.seed,
        maxCompletionLength,
        numGenerations: settings.numSamples,
        signal,
        onProgress: progress.completing,
      });
      const seconds = (performance.now() - start) / 1000;
      const completions = samples!.map(({ text, ids, logps }) => ({ text, ids, logps }));
      for (const { text } of completions) progress.line(`\n${text}`);
      const tokens = completions.reduce((sum, { ids }) => sum + ids.length, 0);
      progress.line(`\n${length} tokens in, ${tokens} out, ${duration(seconds)}, ${countText(tokens / seconds)} tok/s`);
      await printResult({ completions }, true);
      return 0;
    });
}

/** The prompt as text, or as messages for the chat template. */
function promptOf(
  tokenizer: Tokenizer,
  prompt: string,
  { raw, systemPrompt }: { readonly raw: boolean; readonly systemPrompt: string | null },
): string | readonly ChatMessage[] {
  if (raw || tokenizer.chatTemplate === null) return prompt;
  const content = systemPrompt === 'default' ? LAYER1_SYSTEM_PROMPT : systemPrompt;
  return [...(content === null ? [] : [{ role: 'system', content }]), { role: 'user', content: prompt }];
}

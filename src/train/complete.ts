// Text in, text out: completions of prompts, whole or piece by piece.
import { COMPLETION_OPTIONS } from '../config/completion.js';
import type { CompletionConfig } from '../config/completion.js';
import { GRPO_OPTIONS } from '../config/grpo.js';
import { check, show } from '../errors.js';
import { LISTENER, takeOptions } from '../options/border.js';
import type { ChatMessage } from '../text/chat-template.js';
import { textOf } from './language-model.js';
import type { LanguageModel } from './language-model.js';
import { rollout } from './rollout.js';
import { SIGNAL } from './arguments.js';

/** A text that is continued as it is, after what the tokenizer puts before any text; or messages for the chat template. */
export type Prompt = string | readonly ChatMessage[];

/** Options of completions on demand. */
export interface CompleteOptions extends Partial<CompletionConfig> {
  readonly signal?: AbortSignal | undefined;
  /** Completions finished and in all, and tokens sampled. */
  readonly onProgress?: (done: number, total: number, tokens: number) => void;
  /** Gets each piece of text when it is known; samples are counted prompt by prompt. */
  readonly onText?: (piece: string, sample: number) => void;
}

/** One completion. */
export interface TextCompletion {
  /** Without the id that ends it. */
  readonly text: string;
  /** Up to and including the id that ends it. */
  readonly ids: readonly number[];
  /** Log-probability of each id under softmax(logits / temperature), before any filter; at temperature 0, of the plain softmax. */
  readonly logps: readonly number[];
  /** Whether it was cut at the length limit. */
  readonly truncated: boolean;
}

/** Completes prompts. @returns per prompt `numGenerations` completions */
export async function complete(
  model: LanguageModel,
  prompts: readonly Prompt[],
  options: CompleteOptions,
): Promise<TextCompletion[][]> {
  check(
    Array.isArray(prompts) && prompts.every((prompt) => typeof prompt === 'string' || Array.isArray(prompt)),
    `complete: expected a list of texts or of lists of messages, got ${show(prompts)}; put a single prompt into []`,
  );
  const encoded = prompts.map((prompt) => model.tokenizer.encodePrompt(prompt));
  return completeEncoded('complete', model, encoded, options);
}

/** As {@link complete}, of token ids. @param where the public function, for messages */
export async function completeEncoded(
  where: string,
  model: LanguageModel,
  prompts: readonly ArrayLike<number>[],
  options: CompleteOptions,
): Promise<TextCompletion[][]> {
  const settings = takeOptions(where, COMPLETION_OPTIONS, options, {
    signal: SIGNAL,
    onProgress: LISTENER,
    onText: LISTENER,
  });
  const longest = prompts.reduce((n, { length }) => Math.max(n, length), 0);
  const room = Math.max(1, Math.min(GRPO_OPTIONS.maxCompletionLength.default, model.context - longest));
  const { numGenerations: n, seed, maxCompletionLength } = settings;
  const { signal, onProgress, onText } = options;
  const pieces = onText && new Pieces(model, onText);
  const completions = await rollout(
    model,
    prompts.map((ids) => ({ ids })),
    n,
    { ...settings, maxCompletionLength: maxCompletionLength ?? room },
    {
      seed,
      firstStream: 0,
      signal,
      onProgress: ({ done, total, tokens }) => onProgress?.(done, total, tokens),
      onTokens: pieces && ((sample, ids) => pieces.add(sample, ids)),
    },
  );
  completions.flat().forEach(({ ids }, sample) => pieces?.finish(sample, ids));
  return completions.map((row) =>
    row.map(({ ids, logps, truncated }) => ({
      text: textOf(model, ids),
      ids: Array.from(ids),
      logps: Array.from(logps),
      truncated,
    })),
  );
}

/** Completes one prompt, piece by piece; the generator's result is the whole completion. */
export async function* stream(
  model: LanguageModel,
  prompt: Prompt,
  options: CompleteOptions,
): AsyncGenerator<string, TextCompletion> {
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  const waiting: string[] = [];
  let wake = (): void => undefined;
  let isDone = false;
  const whole = complete(model, [prompt], {
    ...options,
    numGenerations: 1,
    signal,
    onText(piece) {
      waiting.push(piece);
      wake();
    },
  }).finally(() => {
    isDone = true;
    wake();
  });
  // Awaited at the end; if the caller stops earlier, nobody waits for it.
  whole.catch(() => undefined);
  try {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift()!;
      if (isDone) break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return (await whole)[0]![0]!;
  } finally {
    abort.abort();
  }
}

/** Tells texts apart into pieces as their ids come; what may still change (a character in the middle of its bytes) is held back. */
class Pieces {
  readonly #model: LanguageModel;
  readonly #tell: (piece: string, sample: number) => void;
  readonly #told = new Map<number, string>();

  constructor(model: LanguageModel, tell: (piece: string, sample: number) => void) {
    this.#model = model;
    this.#tell = tell;
  }

  add(sample: number, ids: readonly number[]): void {
    this.#advance(sample, textOf(this.#model, ids).replace(/\uFFFD+$/, ''));
  }

  finish(sample: number, ids: ArrayLike<number>): void {
    this.#advance(sample, textOf(this.#model, ids));
  }

  #advance(sample: number, text: string): void {
    const told = this.#told.get(sample) ?? '';
    if (!text.startsWith(told) || text.length === told.length) return;
    this.#told.set(sample, text);
    this.#tell(text.slice(told.length), sample);
  }
}

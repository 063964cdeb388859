// One problem answered and corrected on demand: a first answer, a guiding phrase, and what the model makes of its answer then (Eq. 5).
import { buildCorrection } from '../algo/correction.js';
import { MgrpoError } from '../errors.js';
import type { ChatMessage } from '../text/chat-template.js';
import { guidingText } from '../text/prompts.js';
import { completeEncoded, type CompleteOptions, type TextCompletion } from './complete.js';
import type { LanguageModel } from './language-model.js';
import { thinkEnd } from './questions.js';

/** Options of {@link selfCorrect}. */
export interface SelfCorrectOptions extends Omit<CompleteOptions, 'numGenerations' | 'onText' | 'onProgress'> {
  /** What leads on from the answer; one of `PAPER_PHRASES`, or words of your own. */
  readonly phrase: string;
  /** Gets each piece of text of the answer and of the correction when it is known. */
  readonly onText?: (piece: string, part: 'answer' | 'correction') => void;
}

/** A first answer and its correction. */
export interface SelfCorrection {
  readonly answer: TextCompletion;
  readonly phrase: string;
  readonly correction: TextCompletion;
  /** What the answer follows: the prompt as token ids. */
  readonly promptIds: readonly number[];
  /** What the correction follows: prompt, answer without the id that ends it, and phrase. */
  readonly queryIds: readonly number[];
}

/**
 * Lets a model answer a prompt, shows it its answer with a phrase, and lets it correct it.
 * @throws MgrpoError where the answer is empty or leaves no room for a correction
 */
export async function selfCorrect(
  model: LanguageModel,
  prompt: string | readonly ChatMessage[],
  { phrase, onText, ...options }: SelfCorrectOptions,
): Promise<SelfCorrection> {
  const promptIds = model.tokenizer.encodePrompt(prompt);
  const phraseIds = model.tokenizer.encode(guidingText(phrase));
  // Answer and correction share the context, and the phrase stands between them.
  const room = Math.floor((model.context - promptIds.length - phraseIds.length) / 2);
  const maxCompletionLength = options.maxCompletionLength ?? Math.max(1, Math.min(512, room));
  const complete = async (ids: ArrayLike<number>, part: 'answer' | 'correction'): Promise<TextCompletion> => {
    const listen = onText && ((piece: string) => onText(piece, part));
    const settings = { ...options, maxCompletionLength, ...(listen && { onText: listen }) };
    return (await completeEncoded('selfCorrect', model, [ids], settings))[0]![0]!;
  };
  const answer = await complete(promptIds, 'answer');
  const query = buildCorrection(
    { promptIds, phraseIds, answerIds: answer.ids, truncated: answer.truncated },
    {
      mode: 'eq5',
      truncatedAnswers: 'keep',
      eosIds: model.eosIds,
      thinkEnd: thinkEnd(model.tokenizer),
      maxContextLength: model.context,
      maxCompletionLength,
    },
  );
  if (typeof query === 'string') {
    const wayOut = query === 'empty' ? 'ask again, or at another temperature' : 'use a smaller maxCompletionLength';
    throw new MgrpoError(
      'invalid_argument',
      `selfCorrect: expected an answer that can be shown again, got one that is ${query}; ${wayOut}`,
    );
  }
  const correction = await complete(query.ids, 'correction');
  return { answer, phrase, correction, promptIds: [...promptIds], queryIds: [...query.ids] };
}

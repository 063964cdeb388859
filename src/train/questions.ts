// Data rows and guiding phrases as token ids: each text is tokenised once, here.
import type { Ids } from '../algo/correction.js';
import type { Phrase, Question } from '../algo/rollout.js';
import type { Layer2Config } from '../config/layer2.js';
import { checkRows, type TaskRow } from '../tasks/task.js';
import type { ChatMessage } from '../text/chat-template.js';
import { guidingText, LAYER2_SYSTEM_PROMPT, PHRASE_POOLS } from '../text/prompts.js';
import type { Tokenizer } from '../text/tokenizer.js';

/** A data row with its prompt in token ids, made once. */
export interface EncodedQuestion extends Question {
  readonly row: TaskRow;
  readonly promptIds: readonly number[];
}

/** Token ids of the rows' prompts, under the layer-2 system prompt too where there is one. */
export function encodeQuestions(tokenizer: Tokenizer, rows: readonly TaskRow[], layer2: Layer2Config | null): EncodedQuestion[] {
  checkRows('data', rows);
  const system = layer2?.mode === 'eq5' && layer2.enabled ? layer2.systemPrompt : null;
  const text = system === 'default' ? LAYER2_SYSTEM_PROMPT : system;
  return rows.map((row) => ({
    row,
    promptIds: tokenizer.encodePrompt(row.prompt),
    ...(text !== null &&
      typeof row.prompt !== 'string' && { correctionPromptIds: tokenizer.encodePrompt(withSystemPrompt(row.prompt, text)) }),
  }));
}

/** The messages with another system prompt. */
function withSystemPrompt(messages: readonly ChatMessage[], content: string): ChatMessage[] {
  return [{ role: 'system', content }, ...messages.filter(({ role }) => role !== 'system')];
}

/** The pool of guiding phrases in token ids. */
export function encodePhrases(tokenizer: Tokenizer, phrases: Layer2Config['phrases']): Phrase[] {
  const texts = typeof phrases === 'string' ? PHRASE_POOLS[phrases] : phrases;
  return texts.map((text) => ({ text, ids: tokenizer.encode(guidingText(text)) }));
}

/** How many leading ids of an answer lie wholly before its first `</think>`, however that was split into tokens; -1 if it has none. */
export function thinkEnd(tokenizer: Tokenizer): (answerIds: Ids) => number {
  return (answerIds) => tokenizer.tokensBefore(Array.from(answerIds), '</think>');
}

/** Length of the longest list. */
export function longest(lists: readonly ArrayLike<number>[]): number {
  return lists.reduce((n, { length }) => Math.max(n, length), 0);
}

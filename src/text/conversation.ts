// Chats as token ids with the assistant's turns marked: what supervised fine-tuning on messages learns from.
import { MgrpoError } from '../errors.js';
import type { ChatMessage } from './chat-template.js';
import type { Tokenizer } from './tokenizer.js';

/** Token ids of a chat. */
export interface MarkedChat {
  readonly ids: readonly number[];
  /** Of each id: whether the assistant wrote it, the token that ends its turn included. */
  readonly said: readonly boolean[];
}

/**
 * Token ids of a chat, the assistant's turns marked: each turn is what the template adds after its own opening of the turn, up to the token
 * that ends it. A turn is tokenised apart from what stands before it, as sampling does. Where a template writes earlier turns in another way
 * once later ones follow (thinking is left out), each turn becomes a chat of its own, as the model meets it when it is to answer.
 * @throws invalid_argument where the template does not write turns one after another
 */
export function markedChats(
  tokenizer: Pick<Tokenizer, 'encode' | 'decode' | 'renderChat'>,
  messages: readonly ChatMessage[],
  ends: Iterable<number>,
): MarkedChat[] {
  const endIds = [...ends];
  const endTexts = endIds.map((id) => tokenizer.decode([id])).filter((text) => text !== '');
  const chats: { ids: number[]; said: boolean[]; text: string }[] = [];
  messages.forEach(({ role }, k) => {
    if (role !== 'assistant') return;
    const { before, turn } = turnOf(tokenizer, messages.slice(0, k + 1), endTexts);
    let chat = chats.at(-1);
    if (!chat || !before.startsWith(chat.text)) chats.push((chat = { ids: [], said: [], text: '' }));
    const add = (text: string, said: boolean, more: readonly number[] = []): void => {
      for (const id of [...tokenizer.encode(text), ...more]) {
        chat.ids.push(id);
        chat.said.push(said);
      }
    };
    add(before.slice(chat.text.length), false);
    // A template that writes no end of a turn: the model has to learn one all the same.
    const isEnded = endTexts.some((end) => turn.endsWith(end));
    add(turn, true, isEnded || k < messages.length - 1 ? [] : endIds.slice(0, 1));
    chat.text = before + turn;
  });
  return chats;
}

/**
 * The id with which the template ends the last turn of a chat.
 * @param ends ids that end a text
 * @returns the first of `ends` where the template writes none of them
 */
export function turnEnd(
  tokenizer: Pick<Tokenizer, 'decode' | 'renderChat'>,
  messages: readonly ChatMessage[],
  ends: readonly number[],
): number {
  const text = tokenizer.renderChat(messages, { addGenerationPrompt: false });
  const places = ends.map((id) => ({ id, at: lastEnd(text, tokenizer.decode([id])) }));
  return places.reduce((best, place) => (place.at > best.at ? place : best)).id;
}

/** Where the last `part` of a text ends; 0 where it has none. */
function lastEnd(text: string, part: string): number {
  const at = part === '' ? -1 : text.lastIndexOf(part);
  return at < 0 ? 0 : at + part.length;
}

/** The text before the last message's own text, and that text up to the last token that ends a turn. */
function turnOf(
  tokenizer: Pick<Tokenizer, 'renderChat'>,
  messages: readonly ChatMessage[],
  endTexts: readonly string[],
): { readonly before: string; readonly turn: string } {
  const earlier = messages.slice(0, -1);
  const opened = tokenizer.renderChat(earlier, { addGenerationPrompt: true });
  const closed = tokenizer.renderChat(earlier, { addGenerationPrompt: false });
  const whole = tokenizer.renderChat(messages, { addGenerationPrompt: false });
  // An opening may go further than the turn does (it begins the thinking): then the turn starts where they part.
  const start = commonLength(opened, whole);
  if (start < closed.length)
    throw new MgrpoError(
      'invalid_argument',
      `chat template: expected one that writes turns one after another, got another text before turn ${messages.length}; ` +
        'give prompt and completion instead of messages',
    );
  const span = whole.slice(start);
  const cut = endTexts.reduce((n, end) => Math.max(n, lastEnd(span, end)), 0);
  return { before: whole.slice(0, start), turn: cut > 0 ? span.slice(0, cut) : span };
}

function commonLength(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}

// Responses as they come: a text, a chat message, or the messages of a conversation.
import { MgrpoError, show } from '../errors.js';
import { isObject } from '../options/border.js';

/** A message of a chat; its content is a text, or parts of which those of text count. */
export interface ResponseMessage {
  readonly role: string;
  readonly content: string | readonly { readonly type: string; readonly text?: string }[];
}

/** A response: a text, a message, or a conversation whose last message is the assistant's. */
export type Response = string | ResponseMessage | readonly ResponseMessage[];

/**
 * The text of a response.
 * @param where the place, for messages
 * @throws MgrpoError `invalid_argument` for what is none, or for a conversation that ends with somebody else's message
 */
export function responseText(response: unknown, where: string): string {
  if (typeof response === 'string') return response;
  const message: unknown = Array.isArray(response) ? response.at(-1) : response;
  const text = isObject(message) && message['role'] === 'assistant' ? contentText(message['content']) : null;
  if (text !== null) return text;
  throw new MgrpoError(
    'invalid_argument',
    `${where}: expected a text, or a message or messages that end with one of role assistant, for response, got ${show(response)}; give what the model wrote`,
  );
}

function contentText(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const texts = content.flatMap((part: unknown) => (isObject(part) && typeof part['text'] === 'string' ? [part['text']] : []));
  return texts.length > 0 ? texts.join('') : null;
}

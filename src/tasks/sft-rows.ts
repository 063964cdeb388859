// What the columns of a data set mean for supervised fine-tuning. For problems: rows.ts.
import type { ChatMessage } from '../text/chat-template.js';
import { chatOf, missing, readChat, readQuestion, renamed, wrong } from './rows.js';
import type { ColumnNames, DataRecord } from './rows.js';
import type { SftExample } from './task.js';

/** Columns that hold what the model is to write. */
const COMPLETION_COLUMNS = ['completion', 'output', 'response'];

/**
 * Reads examples from records, as TRL does: `messages` or `conversations` (loss on the assistant's turns), `prompt` and `completion`, both
 * text or both messages, or a question as {@link taskRows} finds it with `completion`, `output` or `response`.
 * @throws bad_file naming the row, the missing column and those that are there
 */
export function sftExamples(records: readonly DataRecord[], { columns }: ColumnNames = {}): SftExample[] {
  return renamed(records, columns).map(({ where, values }) => {
    const { prompt } = values;
    const chat = prompt == null ? readChat(values, where) : null;
    if (chat) return conversation(chat, where);
    const column = COMPLETION_COLUMNS.find((name) => values[name] != null);
    if (column === undefined) throw missing(where, `messages, or ${COMPLETION_COLUMNS.join(' or ')}`, values);
    const completion = values[column];
    if (typeof completion === 'string') {
      if (typeof prompt === 'string') return { prompt, prefix: '', completion };
      const messages = prompt == null ? [user(readQuestion(values, where))] : chatOf(prompt, `${where}: column prompt`);
      return { prompt: messages, prefix: '', completion };
    }
    const answer = chatOf(completion, `${where}: column ${column}`);
    if (typeof prompt === 'string') throw wrong(where, `text for column ${column}, as the prompt is`, completion);
    const before = prompt == null ? [user(readQuestion(values, where))] : chatOf(prompt, `${where}: column prompt`);
    const [first] = answer;
    if (answer.length === 1 && first!.role === 'assistant') return { prompt: before, prefix: '', completion: first!.content };
    throw wrong(where, `one message of the assistant for column ${column}`, completion);
  });
}

function user(content: string): ChatMessage {
  return { role: 'user', content };
}

function conversation(messages: readonly ChatMessage[], where: string): SftExample {
  if (messages[0]!.role === 'assistant' || !messages.some(({ role }) => role === 'assistant'))
    throw wrong(where, "messages in which the assistant's turns follow others", messages);
  return { messages };
}

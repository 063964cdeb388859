import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../src/text/chat-template.js';
import { resolveMGRPOConfig } from '../../src/config/mgrpo.js';
import { arithmetic } from '../../src/tasks/arithmetic.js';
import { charTokenizer } from '../../src/tasks/char-tokenizer.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { PAPER_PHRASES } from '../../src/text/prompts.js';
import { Tokenizer } from '../../src/text/tokenizer.js';
import { fittingCompletionLength } from '../../src/train/fitting-length.js';
import { encodePhrases, encodeQuestions } from '../../src/train/questions.js';

const rows = arithmetic('medium').rows('test', 20, 1);
const tokenizer = await Tokenizer.load(new MemoryFiles('chars', { ...charTokenizer(PAPER_PHRASES).files }));
const { layer2 } = resolveMGRPOConfig({ layer2: { enabled: true } });
const prompt = Math.max(...encodeQuestions(tokenizer, rows, null).map(({ promptIds }) => promptIds.length));
const phrase = Math.max(...encodePhrases(tokenizer, layer2.phrases).map(({ ids }) => ids.length));

describe('the length of completions where none is given', () => {
  it.each([
    [10_000, 512],
    [prompt + 512, 512],
    [prompt + 511, 511],
    [prompt + 1, 1],
    [prompt, 1],
  ])('in a context of %i with one turn is %i', (context, length) => {
    expect(fittingCompletionLength({ tokenizer, context }, rows, null)).toBe(length);
    expect(fittingCompletionLength({ tokenizer, context }, rows, { ...layer2, enabled: false })).toBe(length);
  });

  it('leaves both turns their half beside the longest prompt and phrase', () => {
    const at = (context: number): number => fittingCompletionLength({ tokenizer, context }, rows, layer2);
    expect(at(prompt + phrase + 1024)).toBe(512);
    expect(at(prompt + phrase + 1023)).toBe(511);
    expect(at(prompt + phrase + 7)).toBe(3);
  });

  it('leaves the second turn the length it was given', () => {
    const policy = { tokenizer, context: prompt + phrase + 100 };
    expect(fittingCompletionLength(policy, rows, { ...layer2, maxCompletionLength: 30 })).toBe(70);
  });

  it('counts the system prompt of the second turn', () => {
    // The template of the characters takes no system prompt, unlike this one.
    const policy = {
      tokenizer: {
        encode: (text: string) => tokenizer.encode(text),
        encodePrompt: (messages: readonly ChatMessage[]) => messages.flatMap(({ content }) => [...content].map(() => 1)),
      } as unknown as Tokenizer,
      context: 400,
    };
    const longer = { ...layer2, systemPrompt: 'x'.repeat(100) };
    const none = { ...layer2, systemPrompt: null };
    expect(fittingCompletionLength(policy, rows, none) - fittingCompletionLength(policy, rows, longer)).toBe(50);
  });
});

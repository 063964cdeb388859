// A tokenizer as the files of llama.cpp hold it: byte-level BPE, and the character tokenizers of the small models.
import { MgrpoError, show } from '../errors.js';
import type { ModelConfig } from '../nn/model-config.js';
import { readJson, type FileSource } from '../platform/files.js';
import { Tokenizer } from '../text/tokenizer.js';
import type { GgufValue } from './gguf.js';

type Json = Readonly<Record<string, unknown>>;

/** llama.cpp's kinds of tokens. */
const KINDS = { normal: 1, control: 3, added: 4, unused: 5 } as const;

/** What llama.cpp calls the ways to cut a text into words, by the pattern that tokenizer.json has for them. */
const PATTERNS: Readonly<Record<string, string>> = {
  // Llama 3, SmolLM3
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+":
    'llama-bpe',
  // Qwen 2, 2.5 and 3
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+":
    'qwen2',
};

/** The tokenizer's fields. @throws MgrpoError `unsupported` for kinds of tokenizers that llama.cpp has not, or has under no known name */
export async function tokenizerMetadata(files: FileSource, { vocabSize }: ModelConfig): Promise<Record<string, GgufValue>> {
  const tokenizer = await Tokenizer.load(files);
  const definition = (await readJson(files, 'tokenizer.json')) as Json;
  const model = definition.model as Json;
  const fail = (rule: string, got: unknown): MgrpoError =>
    new MgrpoError(
      'unsupported',
      `${files.name}/tokenizer.json: expected ${rule}, got ${show(got)}; llama.cpp's own convert_hf_to_gguf.py may know it`,
    );
  if (model.type !== 'BPE') throw fail('a model of type BPE', model.type);
  const merges = model.merges as readonly (string | readonly string[])[];
  const isByteLevel = JSON.stringify(definition.decoder ?? null).includes('"ByteLevel"');
  if (!isByteLevel && merges.length > 0) throw fail('byte-level BPE', definition.decoder);
  const pre = merges.length === 0 ? 'default' : wordsOf(definition.pre_tokenizer);
  if (pre === null) throw fail('the pre_tokenizer of GPT-2, SmolLM, Llama 3 or Qwen', definition.pre_tokenizer);
  if (!isNormalizedAlike(definition.normalizer)) throw fail('no normalizer, or NFC', definition.normalizer);

  const texts = Array.from({ length: vocabSize }, (_, id) => `[PAD${id}]`);
  const kinds = Array.from({ length: vocabSize }, (): number => KINDS.unused);
  const place = (id: number, text: string, kind: number): void => {
    if (id >= vocabSize) throw fail(`ids below ${vocabSize} (vocab_size)`, id);
    [texts[id], kinds[id]] = [text, kind];
  };
  const added = (definition.added_tokens ?? []) as readonly { id: number; content: string; special: boolean }[];
  const words = new Set(added.map(({ content }) => content));
  for (const [token, id] of Object.entries(model.vocab as Record<string, number>)) {
    // Without merges only single bytes can be found in a text.
    if (!isByteLevel && !words.has(token) && !/^[\0-\x7f]$/.test(token)) throw fail('tokens of one ASCII character', token);
    place(id, isByteLevel ? token : byteText(token), KINDS.normal);
  }
  for (const { id, content, special } of added) place(id, content, special ? KINDS.control : KINDS.added);

  const [firstEos = tokenizer.eosTokenIds[0], ...moreEos] = [
    ...(tokenizer.eosTokenId === undefined ? [] : [tokenizer.eosTokenId]),
    ...tokenizer.eosTokenIds.filter((id) => id !== tokenizer.eosTokenId),
  ];
  const ids = {
    bos_token_id: tokenizer.bosTokenId,
    eos_token_id: firstEos,
    eot_token_id: moreEos[0],
    eom_token_id: moreEos[1],
    padding_token_id: tokenizer.padTokenId,
    unknown_token_id: typeof model.unk_token === 'string' ? tokenizer.tokenId(model.unk_token) : undefined,
  };
  const begins =
    tokenizer.bosTokenId !== undefined && tokenizer.encode('', { addSpecialTokens: true })[0] === tokenizer.bosTokenId;
  const fields: Record<string, GgufValue> = {
    model: { text: 'gpt2' },
    pre: { text: pre },
    tokens: { texts },
    token_type: { i32s: kinds },
    merges: { texts: merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' '))) },
    ...Object.fromEntries(Object.entries(ids).flatMap(([key, id]) => (id === undefined ? [] : [[key, { u32: id }]]))),
    add_bos_token: { bool: begins },
    add_eos_token: { bool: false },
  };
  const { chatTemplate } = tokenizer;
  return {
    ...Object.fromEntries(Object.entries(fields).map(([key, value]) => [`tokenizer.ggml.${key}`, value])),
    ...(chatTemplate && { 'tokenizer.chat_template': { text: chatTemplate.source } }),
  };
}

/** llama.cpp's name of a pre-tokenizer; null where it has none that is known here. */
function wordsOf(preTokenizer: unknown): string | null {
  const steps = ((preTokenizer as Json | null)?.pretokenizers ?? [preTokenizer]) as readonly (Json | null)[];
  const [first, second, ...more] = steps;
  if (more.length > 0) return null;
  if (first?.type === 'ByteLevel' && !second) return first.use_regex === false ? null : 'gpt-2';
  if (second?.type !== 'ByteLevel') return null;
  if (first?.type === 'Digits') return first.individual_digits === true && second.use_regex !== false ? 'smollm' : null;
  const pattern = (first?.pattern as Json | undefined)?.Regex;
  return first?.type === 'Split' && typeof pattern === 'string' ? (PATTERNS[pattern] ?? null) : null;
}

function isNormalizedAlike(normalizer: unknown): boolean {
  return normalizer == null || (normalizer as Json).type === 'NFC';
}

/** A character as GPT-2 writes its byte: those that are no printable ones have others in their place. */
function byteText(text: string): string {
  return text.replace(/[\0-\x20\x7f]/g, (letter) => String.fromCharCode(256 + (letter === '\x7f' ? 33 : letter.charCodeAt(0))));
}

// Text to token ids and back, by the tokenizer files of a model folder.
import { Tokenizer as Encoder } from '@huggingface/tokenizers';
import { check, MgrpoError, show } from '../errors.js';
import { ChatTemplate } from './chat-template.js';
import type { ChatMessage, ChatOptions } from './chat-template.js';
import { hasNestedRepeats } from './patterns.js';

/** Letters of a text that is encoded at once: some ten times the longest context there is. */
const MOST_LETTERS = 2 ** 22;

/** The part of a model folder that is read here. */
export interface TextFiles {
  /** What messages call the folder. */
  readonly name: string;
  /** Whether the folder has that file. */
  exists(path: string): Promise<boolean>;
  /** The whole file, UTF-8. */
  readText(path: string): Promise<string>;
}

/** The part of an output folder that is written here. */
export interface TextSink {
  /** Writes a whole file. */
  write(path: string, content: string): Promise<void>;
}

/** The files that hold the tokenizer, the chat template and the ends of a text; all but the first may be missing. */
export const TOKENIZER_FILES: readonly string[] = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'generation_config.json',
];

type Json = Record<string, unknown>;

/**
 * Text ↔ token ids and chats → text, from a Hugging Face folder. `tokenizer.json` is the truth: the settings by which
 * tokenizer_config.json would change it (clean-up of spaces, a tokenizer class) are not applied.
 */
export class Tokenizer {
  /** Highest id that has a token, plus one. A model's vocabulary may be padded beyond it. */
  readonly vocabSize: number;
  /** Ids that end a text: those of generation_config.json, config.json and the tokenizer's own eos_token. Sorted. */
  readonly eosTokenIds: readonly number[];
  /** The tokenizer's own eos_token, with which its chat template ends a turn. */
  readonly eosTokenId: number | undefined;
  readonly bosTokenId: number | undefined;
  readonly padTokenId: number | undefined;
  /** The chat template, or null if the folder has none. */
  readonly chatTemplate: ChatTemplate | null;
  readonly #folder: string;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #encoder: Encoder;
  readonly #specialIds: ReadonlySet<number>;

  private constructor(folder: string, texts: ReadonlyMap<string, string>, config: Readonly<Json>) {
    this.#folder = folder;
    this.#texts = texts;
    const file = (name: string): Json => parseObject(texts.get(name) ?? '{}', `${folder}/${name}`);
    const definition = file('tokenizer.json');
    checkPatterns(definition, `${folder}/tokenizer.json`);
    checkIds(definition, `${folder}/tokenizer.json`);
    try {
      this.#encoder = new Encoder(withRustSplitting(definition), {});
      decodeBytesAsRust(this.#encoder.decoder);
    } catch (error) {
      throw unreadable(folder, error);
    }
    const [special, vocabSize] = this.#used(() => {
      const added = [...this.#encoder.get_added_tokens_decoder()];
      const largest = [...this.#encoder.get_vocab().values()].reduce((a, b) => Math.max(a, b), 0);
      return [added.filter(([, token]) => token.special).map(([id]) => id), 1 + largest];
    });
    this.#specialIds = new Set(special);
    if (!Number.isSafeInteger(vocabSize)) throw unreadable(folder, new Error(`an id that is no whole number (${vocabSize - 1})`));
    this.vocabSize = vocabSize;

    const tokenizerConfig = file('tokenizer_config.json');
    const tokens = specialTokens({ ...file('special_tokens_map.json'), ...tokenizerConfig });
    this.bosTokenId = this.#idOf(tokens.bos_token);
    this.padTokenId = this.#idOf(tokens.pad_token);
    this.eosTokenId = this.#idOf(tokens.eos_token);
    const eos = [file('generation_config.json').eos_token_id, config.eos_token_id, this.eosTokenId];
    this.eosTokenIds = [...new Set(eos.flat().filter((id): id is number => Number.isSafeInteger(id)))].sort((a, b) => a - b);

    const source = texts.get('chat_template.jinja') ?? templateOf(tokenizerConfig, `${folder}/tokenizer_config.json`);
    this.chatTemplate = source === null ? null : new ChatTemplate(source, tokens, `${folder}: chat template`);
  }

  /**
   * Reads the tokenizer of a model folder.
   *
   * @param config fields of its config.json, where it has been read already
   * @throws not_found without tokenizer.json; bad_file or unsupported if a file cannot be used
   */
  static async load(files: TextFiles, config?: Readonly<Json>): Promise<Tokenizer> {
    const found = await Promise.all(
      TOKENIZER_FILES.map(async (name) => [name, (await files.exists(name)) ? await files.readText(name) : null] as const),
    );
    const texts = new Map(found.flatMap(([name, text]) => (text === null ? [] : [[name, text]])));
    if (!texts.has('tokenizer.json')) {
      throw new MgrpoError(
        'not_found',
        `${files.name}: expected a file tokenizer.json, found none; save the tokenizer with transformers' use_fast=True to get one`,
      );
    }
    return new Tokenizer(files.name, texts, config ?? (await readConfig(files)));
  }

  /**
   * Ids of a text. Special tokens written in the text become their ids; none are added unless asked, since a rendered chat has its own.
   *
   * @throws invalid_argument if a part of the text has no token, or it is longer than any context
   */
  encode(text: string, options: { addSpecialTokens?: boolean } = {}): number[] {
    if (text === '' && !options.addSpecialTokens) return [];
    check(
      text.length <= MOST_LETTERS,
      `${this.#folder}: expected a text of at most ${MOST_LETTERS} letters, got ${text.length}; cut it`,
    );
    const { ids, tokens } = this.#used(() =>
      this.#encoder.encode(text, { add_special_tokens: options.addSpecialTokens ?? false }),
    );
    const unknown = ids.findIndex((id) => id === undefined);
    if (unknown >= 0) {
      throw new MgrpoError(
        'invalid_argument',
        `${this.#folder}: expected text that the tokenizer covers, got ${show(tokens[unknown])} in ${show(text)}; rewrite the text`,
      );
    }
    return ids;
  }

  /**
   * Text of a sequence of ids, exactly: spaces are not cleaned up. Ids without a token (a padded vocabulary) give nothing; bytes that
   * are no character give U+FFFD.
   */
  decode(ids: readonly number[], options: { skipSpecialTokens?: boolean } = {}): string {
    const kept = ids.filter(
      (id) => this.#encoder.id_to_token(id) !== undefined && !(options.skipSpecialTokens && this.#specialIds.has(id)),
    );
    if (kept.length === 0) return '';
    return this.#used(() => this.#encoder.decode(kept, { skip_special_tokens: false, clean_up_tokenization_spaces: false }));
  }

  /**
   * How many leading ids lie wholly before the first occurrence of `marker` in their text; -1 if it does not occur. A token that reaches
   * into the marker (".</" before "think>") is not counted: this finds `</think>` however it was split into tokens.
   */
  tokensBefore(ids: readonly number[], marker: string): number {
    const at = this.decode(ids).indexOf(marker);
    if (at < 0) return -1;
    let [low, high] = [0, ids.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.decode(ids.slice(0, middle)).length <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Id of a token as the vocabulary writes it, if there is one. */
  tokenId(token: string): number | undefined {
    return this.#encoder.token_to_id(token);
  }

  /** The chat as text, by the folder's template. @throws unsupported if it has none */
  renderChat(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    if (!this.chatTemplate) {
      throw new MgrpoError(
        'unsupported',
        `${this.#folder}: expected a chat template for a prompt in messages, got a tokenizer without one; ` +
          'add chat_template.jinja to the folder, or give prompts as plain text',
      );
    }
    return this.chatTemplate.render(messages, options);
  }

  /** Ids of the rendered chat. */
  encodeChat(messages: readonly ChatMessage[], options: ChatOptions = {}): number[] {
    return this.encode(this.renderChat(messages, options));
  }

  /**
   * Ids of a prompt: messages go through the chat template; plain text gets the special tokens that the tokenizer puts around a text, as in TRL.
   * Departure: a text that brings its own beginning (`<s>`) gets no second one.
   */
  encodePrompt(prompt: string | readonly ChatMessage[], options: ChatOptions = {}): number[] {
    if (typeof prompt !== 'string') return this.encodeChat(prompt, options);
    const ids = this.encode(prompt, { addSpecialTokens: true });
    return ids[0] !== undefined && ids[0] === this.bosTokenId && ids[1] === ids[0] ? ids.slice(1) : ids;
  }

  /** Writes the tokenizer's files into another folder, unchanged. */
  async save(sink: TextSink): Promise<void> {
    for (const [name, text] of this.#texts) await sink.write(name, text);
  }

  /** What the library gives; what it throws is a fault of the tokenizer's file. */
  #used<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw unreadable(this.#folder, error);
    }
  }

  #idOf(token: unknown): number | undefined {
    return typeof token === 'string' ? this.#encoder.token_to_id(token) : undefined;
  }
}

function unreadable(folder: string, error: unknown): MgrpoError {
  return new MgrpoError(
    'unsupported',
    `${folder}/tokenizer.json: expected a tokenizer that @huggingface/tokenizers reads, got ${show(error)}; choose a model with another tokenizer`,
    { cause: error },
  );
}

/** Refuses patterns that may take time without end. @throws unsupported */
function checkPatterns(definition: unknown, where: string): void {
  const open: unknown[] = [definition];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      // The tokens themselves are no patterns.
      if (key === 'vocab' || key === 'merges') continue;
      if (key === 'Regex' && typeof inner === 'string' && hasNestedRepeats(inner)) {
        throw new MgrpoError(
          'unsupported',
          `${where}: expected a pattern whose repetitions do not lie in each other, got ${show(inner)}, which may take time without end; write it another way`,
        );
      }
      open.push(inner);
    }
  }
}

/** Tokens of a vocabulary, at most: the library makes a list as long as the largest id. */
const MOST_TOKENS = 2 ** 23;

/** Refuses ids that are none. @throws bad_file */
function checkIds({ model, added_tokens: added }: Json, where: string): void {
  const vocab = (model as { readonly vocab?: unknown } | null | undefined)?.vocab;
  const own = typeof vocab === 'object' && vocab !== null && !Array.isArray(vocab) ? Object.values(vocab) : [];
  const more = Array.isArray(added) ? (added as unknown[]).map((token) => (token as { readonly id?: unknown } | null)?.id) : [];
  for (const id of [...own, ...more]) {
    if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 && id < MOST_TOKENS) continue;
    throw new MgrpoError(
      'bad_file',
      `${where}: expected whole numbers from 0 to ${MOST_TOKENS - 1} for the ids of tokens, got ${show(id)}`,
    );
  }
}

/** What ByteLevel splits by where it is not told otherwise: the pattern of GPT-2. */
const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/**
 * The definition with two pre-tokenizers written as the Split they stand for. The library computes `Digits` with ASCII digits and the
 * pattern of `ByteLevel` with JavaScript's spaces; the tokenizers crate means all of \\p{N} (²,Ⅷ,٣) and Unicode's White_Space
 * (U+0085, not U+FEFF). The library's Split does follow the crate.
 */
function withRustSplitting(definition: Json): Json {
  const split = (pattern: string): Json => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false });
  const rewrite = (step: unknown): unknown[] => {
    if (typeof step !== 'object' || step === null) return [step];
    const config = step as Json;
    if (Array.isArray(config.pretokenizers))
      return [{ ...config, pretokenizers: (config.pretokenizers as unknown[]).flatMap(rewrite) }];
    if (config.type === 'Digits') return [split(config.individual_digits === true ? '\\p{N}' : '\\p{N}+')];
    const plain = config.type === 'ByteLevel' && config.add_prefix_space !== true && config.use_regex !== false;
    return plain ? [split(GPT2_PATTERN), { ...config, use_regex: false }] : [config];
  };
  const steps = rewrite(definition.pre_tokenizer ?? null);
  return { ...definition, pre_tokenizer: steps.length === 1 ? steps[0] : { type: 'Sequence', pretokenizers: steps } };
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Makes decoders of bytes (`<0xE2>`) do as the tokenizers crate does: a run that is no text is one U+FFFD for each of its bytes, and a byte
 * order mark stays. The library's own give fewer, and drop it.
 */
function decodeBytesAsRust(step: unknown): void {
  // The library's steps can be called.
  if ((typeof step !== 'object' && typeof step !== 'function') || step === null) return;
  if ('decoders' in step && Array.isArray(step.decoders)) step.decoders.forEach(decodeBytesAsRust);
  if (!('config' in step) || (step.config as Json | null)?.type !== 'ByteFallback') return;
  const decode = (bytes: Uint8Array): string => {
    try {
      return UTF8.decode(bytes);
    } catch {
      return '\ufffd'.repeat(bytes.length);
    }
  };
  Object.assign(step, { text_decoder: { decode } });
}

/** `*_token` fields as plain strings: they may be written as strings or as {content}. */
function specialTokens(config: Json): Record<string, unknown> {
  const tokens: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    if (!/^[a-z]+_token$/.test(name)) continue;
    const content = typeof value === 'object' && value !== null && 'content' in value ? value.content : value;
    if (typeof content === 'string') tokens[name] = content;
  }
  return tokens;
}

/** The `chat_template` of tokenizer_config.json: a string, or the one named "default" of a list. */
function templateOf(config: Json, where: string): string | null {
  const given = config.chat_template ?? null;
  if (given === null || typeof given === 'string') return given;
  const named = Array.isArray(given) ? (given as unknown[]).filter(isNamedTemplate) : [];
  const chosen = named.find(({ name }) => name === 'default') ?? (named.length === 1 ? named[0] : undefined);
  if (chosen) return chosen.template;
  throw new MgrpoError(
    'unsupported',
    `${where}: expected a chat_template that is text or a list with one named "default", got ${show(named.map(({ name }) => name))}; ` +
      'put the one to use into chat_template.jinja',
  );
}

function isNamedTemplate(value: unknown): value is { name: string; template: string } {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('template' in value)) return false;
  return typeof value.name === 'string' && typeof value.template === 'string';
}

/** config.json of a folder, or nothing where it has none. */
async function readConfig(files: TextFiles): Promise<Json> {
  const text = (await files.exists('config.json')) ? await files.readText('config.json') : '{}';
  return parseObject(text, `${files.name}/config.json`);
}

function parseObject(text: string, where: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MgrpoError('bad_file', `${where}: expected JSON, got ${show(error)}; fetch the file again`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MgrpoError('bad_file', `${where}: expected a JSON object, got ${show(value)}; fetch the file again`);
  }
  return value as Json;
}

// The tokenizer of the small models: one token per character.
/** Tokens with a meaning of their own, in the order of their ids. `special` ones are left out of decoded text on request. */
const MARKERS: readonly { content: string; special: boolean }[] = [
  { content: '<pad>', special: true },
  { content: '<eos>', special: true },
  { content: '<unk>', special: true },
  { content: '<user>', special: true },
  { content: '<assistant>', special: true },
  { content: '<think>', special: false },
  { content: '</think>', special: false },
];

/**
 * The chat as the small models know it: `<user>47+85<assistant>…<eos>`. System messages are left out: these models are never trained
 * with one, and what the default prompt asks for they do anyway.
 */
const CHAT_TEMPLATE = [
  '{#- The model knows no system turn: such messages are left out. -#}',
  '{%- for message in messages -%}',
  "{%- if message['role'] == 'user' -%}{{ '<user>' + message['content'] }}",
  "{%- elif message['role'] == 'assistant' -%}{{ '<assistant>' + message['content'] + eos_token }}",
  "{%- elif message['role'] != 'system' -%}{{ raise_exception('the roles are system, user and assistant') }}",
  '{%- endif -%}',
  '{%- endfor -%}',
  "{%- if add_generation_prompt -%}{{ '<assistant>' }}{%- endif -%}",
].join('\n');

/** The tokenizer of a small character-level model. */
export interface CharTokenizer {
  /** Contents by file name: tokenizer.json, tokenizer_config.json, chat_template.jinja, generation_config.json. */
  readonly files: Readonly<Record<string, string>>;
  readonly vocabSize: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
}

/**
 * Makes a Hugging Face tokenizer with one token per character (line feed and printable ASCII), per turn marker, for `<think>` and
 * `</think>`, and per guiding phrase. Other characters become `<unk>`.
 *
 * @param phrases guiding phrases, each of which becomes one token
 */
export function charTokenizer(phrases: readonly string[]): CharTokenizer {
  const characters = ['\n', ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))];
  const plain = (content: string): { content: string; special: boolean } => ({ content, special: false });
  const added = [...MARKERS, ...[...new Set(phrases)].map(plain)];
  // Phrases come last, so that the ids of all other tokens do not depend on them.
  const contents = [
    ...MARKERS.map(({ content }) => content),
    ...characters,
    ...added.slice(MARKERS.length).map(({ content }) => content),
  ];
  const vocab = Object.fromEntries(contents.map((content, id) => [content, id]));
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map(({ content, special }) => ({
      id: vocab[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special,
    })),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    // Byte-pair encoding without a merge is one token per character.
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges: [],
    },
  };
  const eosTokenId = vocab['<eos>']!;
  const padTokenId = vocab['<pad>']!;
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    eos_token: '<eos>',
    pad_token: '<pad>',
    unk_token: '<unk>',
    additional_special_tokens: ['<user>', '<assistant>'],
  };
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    files: {
      'tokenizer.json': json(tokenizer),
      'tokenizer_config.json': json(config),
      'chat_template.jinja': `${CHAT_TEMPLATE}\n`,
      'generation_config.json': json({ eos_token_id: eosTokenId, pad_token_id: padTokenId }),
    },
    vocabSize: contents.length,
    eosTokenId,
    padTokenId,
  };
}

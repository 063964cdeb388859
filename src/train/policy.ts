import { MgrpoError } from '../errors.js';
import type { Gpu } from '../gpu/device.js';
import type { Decoder, DecoderOptions } from '../nn/decoder.js';
import { createDecoder, loadDecoder, readConfig, saveDecoder, type ConfigFile } from '../formats/load.js';
import type { WeightDType } from '../formats/parameters.js';
import type { LoraConfig } from '../nn/lora.js';
import type { ModelConfig } from '../nn/model-config.js';
import { MemoryFiles, type FileSink, type FileSource } from '../platform/files.js';
import { Rng } from '../rng.js';
import { Tokenizer } from '../text/tokenizer.js';

/** Random streams of a run: one number each, so that no two uses share numbers. */
export const STREAM = { init: 1, shuffle: 2, step: 3, evaluate: 4 } as const;

/** A language model that is sampled and trained: weights, tokenizer, and where texts end. */
export interface Policy {
  /** Model id or folder, for messages and for an adapter's `base_model_name_or_path`. */
  readonly name: string;
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  /** Ids that end a completion. */
  readonly eosIds: ReadonlySet<number>;
  /** Most tokens of prompt and completion together. */
  readonly context: number;
  /** Whether the adapter was made for this run: then the base alone is what training starts from. */
  readonly newAdapter: boolean;
  /** Writes the adapter, or the whole model, with the tokenizer beside it. */
  save(sink: FileSink): Promise<void>;
  /** Frees the device memory. */
  free(): void;
}

/** What {@link loadPolicy} takes beside the folder. */
export interface PolicyOptions extends DecoderOptions {
  readonly train?: 'none' | 'full' | 'lora';
  /** Settings of a new adapter. */
  readonly lora?: LoraConfig;
  /** An existing adapter to use or to go on with. */
  readonly adapter?: FileSource | undefined;
  readonly seed?: number;
  readonly dtype?: WeightDType;
  readonly name?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Loads a model folder in Hugging Face layout with its tokenizer.
 * @throws MgrpoError that names the file, field or tensor that is wrong
 */
export async function loadPolicy(gpu: Gpu, files: FileSource, options: PolicyOptions = {}): Promise<Policy> {
  const file = await readConfig(files);
  const tokenizer = await Tokenizer.load(files, file.fields);
  const rng = new Rng(options.seed ?? 42, STREAM.init);
  const decoder = await loadDecoder(gpu, files, { ...options, rng }, file);
  if (tokenizer.vocabSize > decoder.config.vocabSize) {
    throw new MgrpoError(
      'bad_file',
      `${files.name}: expected a tokenizer of at most ${decoder.config.vocabSize} tokens (vocab_size), got ${tokenizer.vocabSize}; ` +
        'tokenizer.json and config.json do not belong together',
    );
  }
  return policyOf(options.name ?? files.name, decoder, tokenizer, file.fields, options.adapter === undefined);
}

/** A model with random weights, for supervised training from nothing. */
export async function createPolicy(
  gpu: Gpu,
  options: {
    readonly name: string;
    readonly config: ModelConfig;
    /** Contents of the tokenizer's files by name. */
    readonly tokenizerFiles: Readonly<Record<string, string>>;
    readonly seed: number;
  } & DecoderOptions,
): Promise<Policy> {
  const tokenizer = await Tokenizer.load(new MemoryFiles(options.name, { ...options.tokenizerFiles }));
  const decoder = createDecoder(gpu, options.config, new Rng(options.seed, STREAM.init), undefined, options);
  return policyOf(options.name, decoder, tokenizer, undefined, false);
}

function policyOf(
  name: string,
  decoder: Decoder,
  tokenizer: Tokenizer,
  fields: ConfigFile['fields'] | undefined,
  newAdapter: boolean,
): Policy {
  return {
    newAdapter,
    name,
    decoder,
    tokenizer,
    eosIds: new Set([...tokenizer.eosTokenIds, ...decoder.config.eosTokenIds]),
    context: decoder.config.maxPositionEmbeddings,
    async save(sink) {
      await saveDecoder(decoder, sink, { name, fields });
      await tokenizer.save(sink);
    },
    free() {
      decoder.free();
    },
  };
}

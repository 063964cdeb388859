// A policy: the model that is sampled and trained, from a folder or new, with text in and text out.
import { check, MgrpoError, show } from '../errors.js';
import type { Device } from '../ops/device.js';
import { resolveLora } from '../config/policy.js';
import type { LoraSettings } from '../config/policy.js';
import type { Decoder, DecoderOptions } from '../nn/decoder.js';
import {
  createDecoder,
  loadDecoder,
  readConfig,
  reloadTrained,
  saveDecoder,
  type ConfigFile,
  type SaveOptions,
} from '../formats/load.js';
import type { WeightDType } from '../formats/parameters.js';
import type { ModelConfig } from '../nn/model-config.js';
import { isObject } from '../options/border.js';
import { MemoryFiles, type FileSink, type FileSource } from '../platform/files.js';
import { Rng } from '../rng.js';
import { Tokenizer } from '../text/tokenizer.js';
import { complete, stream } from './complete.js';
import type { CompleteOptions, Prompt, TextCompletion } from './complete.js';
import type { LanguageModel } from './language-model.js';
import { STREAM } from './streams.js';
import { checkUntrained, takeTurn } from './turns.js';
import { warm } from './warm.js';

/** Where what is trained of a policy comes from: the model itself, a LoRA adapter made for this run, or one that was loaded. */
export type PolicyOrigin = 'base' | 'new-lora' | 'loaded-lora';

/** A language model that is sampled and trained. */
export class Policy implements LanguageModel {
  readonly name: string;
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  readonly eosIds: ReadonlySet<number>;
  readonly context: number;
  /** With `new-lora` the base alone is what training starts from. */
  readonly origin: PolicyOrigin;
  readonly #fields: ConfigFile['fields'] | undefined;

  /** @param fields the model's config.json, kept for {@link save} */
  constructor(
    model: Pick<LanguageModel, 'name' | 'decoder' | 'tokenizer'>,
    origin: PolicyOrigin,
    fields: ConfigFile['fields'] | undefined,
  ) {
    const { decoder, tokenizer } = model;
    [this.name, this.decoder, this.tokenizer] = [model.name, decoder, tokenizer];
    [this.origin, this.#fields] = [origin, fields];
    this.eosIds = new Set([...tokenizer.eosTokenIds, ...decoder.config.eosTokenIds]);
    this.context = decoder.config.maxPositionEmbeddings;
  }

  /**
   * Completes prompts: texts are continued, after what the tokenizer puts before any text; lists of messages go through the chat template.
   * @returns per prompt `numGenerations` completions
   */
  complete(prompts: readonly Prompt[], options: CompleteOptions = {}): Promise<TextCompletion[][]> {
    return complete(this, prompts, options);
  }

  /** Completes one prompt, piece by piece as its text becomes known. */
  stream(
    prompt: Prompt,
    options: Omit<CompleteOptions, 'numGenerations' | 'onText'> = {},
  ): AsyncGenerator<string, TextCompletion> {
    return stream(this, prompt, options);
  }

  /** Writes the adapter, or the whole model (as f32 unless asked otherwise), with the tokenizer beside it. */
  async save(sink: FileSink, options: SaveOptions = {}): Promise<void> {
    const { name, decoder } = this;
    await takeTurn(decoder.device, () => saveDecoder(decoder, sink, { ...options, name, fields: this.#fields }));
    await this.tokenizer.save(sink);
  }

  /** Takes back the weights that {@link save} wrote of this policy. @throws MgrpoError naming the tensor that does not fit */
  async load(files: FileSource): Promise<void> {
    const { decoder } = this;
    await takeTurn(decoder.device, () => reloadTrained(decoder, files));
  }

  /** Frees the device memory. @throws MgrpoError where the policy is being trained */
  free(): void {
    checkUntrained(this);
    this.decoder.free();
  }

  /** As {@link free}, when the device has done what was asked of it before; for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await takeTurn(this.decoder.device, () => Promise.resolve(this.free()));
  }
}

/** Which weights are trained. */
export type TrainOptions =
  /** None (the default): the policy is only sampled and evaluated, with an adapter if one is given. */
  | { readonly train?: 'none'; readonly adapter?: FileSource | undefined }
  /** All weights. */
  | { readonly train: 'full'; readonly adapter?: undefined }
  /** A new LoRA adapter with these settings; what is left out has PEFT's defaults. */
  | { readonly train: Partial<LoraSettings>; readonly adapter?: undefined }
  /** A LoRA adapter that was saved in PEFT's layout. */
  | { readonly train: 'adapter'; readonly adapter: FileSource };

/** What {@link loadPolicy} takes beside the folder. */
export type PolicyOptions = DecoderOptions &
  TrainOptions & {
    /** Seed of a new adapter's weights. Default 42. */
    readonly seed?: number;
    /** How frozen weights are kept on the device. Default `auto`: as they are stored. */
    readonly dtype?: WeightDType;
    /** Model id, for messages and for an adapter's `base_model_name_or_path`. Default: the folder. */
    readonly name?: string;
    /** That of the folder, where it has been read already. */
    readonly tokenizer?: Tokenizer | undefined;
    /** Called while weights are read: tensors done and in all. */
    readonly onProgress?: (done: number, total: number) => void;
  };

/**
 * Loads a model folder in Hugging Face layout with its tokenizer.
 * @throws MgrpoError that names the file, field or tensor that is wrong
 */
export async function loadPolicy(device: Device, files: FileSource, options: PolicyOptions = {}): Promise<Policy> {
  const { train = 'none', adapter } = options;
  checkTrain(train, adapter);
  const lora = isObject(train) ? resolveLora(train, 'loadPolicy: train') : null;
  const file = await readConfig(files);
  const tokenizer = options.tokenizer ?? (await Tokenizer.load(files, file.fields));
  const rng = new Rng(options.seed ?? 42, STREAM.init);
  const decoder = await loadDecoder(
    device,
    files,
    { ...options, train: lora ?? (train as 'none' | 'full' | 'adapter'), rng, ...(train !== 'none' && { onMade: warm }) },
    file,
  );
  if (tokenizer.vocabSize > decoder.config.vocabSize) {
    throw new MgrpoError(
      'bad_file',
      `${files.name}: expected a tokenizer of at most ${decoder.config.vocabSize} tokens (vocab_size), got ${tokenizer.vocabSize}; ` +
        'tokenizer.json and config.json do not belong together',
    );
  }
  const origin = lora ? 'new-lora' : adapter ? 'loaded-lora' : 'base';
  return new Policy({ name: options.name ?? files.name, decoder, tokenizer }, origin, file.fields);
}

/** What TypeScript refuses is refused by name too. */
function checkTrain(train: unknown, adapter: FileSource | undefined): void {
  check(
    isObject(train) || train === 'none' || train === 'full' || train === 'adapter',
    `loadPolicy: expected 'none', 'full', 'adapter' or the settings of a LoRA adapter for train, got ${show(train)}; for a new adapter pass { r: 16 }`,
  );
  check(
    train !== 'adapter' || adapter !== undefined,
    "loadPolicy: expected a saved adapter for train 'adapter', got none; pass it as adapter, or { r: 16 } as train for a new one",
  );
  check(
    adapter === undefined || train === 'none' || train === 'adapter',
    "loadPolicy: expected train 'none' or 'adapter' beside an adapter, got other weights to train; leave the adapter out, or set train to 'adapter'",
  );
}

/** A model with random weights, for supervised training from nothing. */
export async function createPolicy(
  device: Device,
  options: {
    readonly name: string;
    readonly config: ModelConfig;
    /** Contents of the tokenizer's files by name. */
    readonly tokenizerFiles: Readonly<Record<string, string>>;
    readonly seed: number;
  } & DecoderOptions,
): Promise<Policy> {
  const tokenizer = await Tokenizer.load(new MemoryFiles(options.name, { ...options.tokenizerFiles }));
  const decoder = createDecoder(device, options.config, new Rng(options.seed, STREAM.init), undefined, options);
  return new Policy({ name: options.name, decoder, tokenizer }, 'base', undefined);
}

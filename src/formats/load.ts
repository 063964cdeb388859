// Decoders from folders in Hugging Face layout and back, and new ones with random weights.
import { check, MgrpoError } from '../errors.js';
import type { Device } from '../ops/device.js';
import { Decoder, type DecoderOptions } from '../nn/decoder.js';
import { createLora, type Lora, type LoraConfig } from '../nn/lora.js';
import type { ModelConfig } from '../nn/model-config.js';
import { Parameters, parameterSpecs } from '../nn/parameters.js';
import { FILE_DTYPES, type FileDType } from '../numbers/weights.js';
import { readJson, type FileSink, type FileSource } from '../platform/files.js';
import type { Rng } from '../rng.js';
import { parseModelConfig, writeModelConfig } from './hf-config.js';
import { fillParameters, loadParameters, tensorsToWrite, type WeightDType } from './parameters.js';
import { loadLora, saveLora } from './peft.js';
import { Safetensors } from './safetensors.js';
import { writeWeights } from './shards.js';

/** What is loaded and what of it is trained. */
export interface LoadOptions extends DecoderOptions {
  /** Nothing (default), all weights, the adapter that is given, or a new one with these settings. */
  readonly train?: 'none' | 'full' | 'adapter' | LoraConfig;
  /** Folder of an existing adapter. */
  readonly adapter?: FileSource | undefined;
  /** Random numbers for a new adapter; with its settings as `train`. */
  readonly rng?: Rng;
  /** How frozen weights are kept on the device (default `auto`). */
  readonly dtype?: WeightDType;
  /** Called with the decoder before its weights are read. */
  readonly onMade?: (decoder: Decoder) => void;
  /** Called while weights are read: tensors done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** config.json of a model folder. */
export interface ConfigFile {
  readonly config: ModelConfig;
  /** The fields as they stand in the file: those that are unknown here are kept when the model is written. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads config.json. @throws MgrpoError naming the field that is wrong */
export async function readConfig(files: FileSource): Promise<ConfigFile> {
  const json = await readJson(files, 'config.json');
  return { config: parseModelConfig(json, `${files.name}/config.json`), fields: json as Record<string, unknown> };
}

/**
 * Loads a decoder from a Hugging Face folder: `config.json`, `model.safetensors` or its shards, and an adapter if one is named.
 * @param file its config.json, where it has been read already
 * @throws MgrpoError naming the field, tensor or file that is wrong
 */
export async function loadDecoder(
  device: Device,
  files: FileSource,
  options: LoadOptions = {},
  file?: Pick<ConfigFile, 'config'>,
): Promise<Decoder> {
  const { config } = file ?? (await readConfig(files));
  const weights = await Safetensors.open(files);
  // Before anything is made for each of them.
  if (config.numLayers > weights.tensors.size) {
    throw new MgrpoError(
      'bad_file',
      `${files.name}/config.json: expected at most ${weights.tensors.size} for num_hidden_layers, as many as there are tensors, got ${config.numLayers}; ` +
        'config.json and the weights do not belong together',
    );
  }
  if (config.tieWordEmbeddings) await checkTied(weights, files.name);
  const lora = await openLora(device, config, options);
  let decoder: Decoder;
  await loadParameters(device, parameterSpecs(config), weights, {
    trainable: options.train === 'full',
    ...(options.dtype && { dtype: options.dtype }),
    onMade(parameters) {
      decoder = new Decoder(config, parameters, lora, options);
      options.onMade?.(decoder);
    },
    onProgress: options.onProgress,
  });
  return decoder!;
}

/** Where a head lies beside the embedding that is said to be it, it holds the same. */
async function checkTied(weights: Safetensors, where: string): Promise<void> {
  const [head, embedding] = ['lm_head.weight', 'model.embed_tokens.weight'];
  if (!weights.tensors.has(head!) || !weights.tensors.has(embedding!)) return;
  const others = weights.bytes(embedding!);
  for await (const bytes of weights.bytes(head!)) {
    const { value } = await others.next();
    if (value && bytes.length === value.length && bytes.every((byte, i) => byte === value[i])) continue;
    const wayOut = 'set tie_word_embeddings to false in config.json if the head is meant, or leave it out of the weights';
    throw new MgrpoError(
      'bad_file',
      `${where}: expected for ${head} what ${embedding} holds, which the model is tied to, got another; ${wayOut}`,
    );
  }
}

async function openLora(device: Device, config: ModelConfig, { train, adapter, rng }: LoadOptions): Promise<Lora | undefined> {
  if (typeof train === 'object') {
    check(rng, 'loadDecoder: expected random numbers for a new adapter, got none; pass rng');
    return createLora(device, config, train, rng);
  }
  if (!adapter) return undefined;
  const lora = await loadLora(device, config, adapter);
  if (train === 'adapter') return lora;
  const { parameters } = lora;
  const frozen = { ...lora, parameters: parameters.frozenCopy() };
  parameters.free();
  return frozen;
}

/**
 * A model with random weights: normal numbers with standard deviation `spread`, by default 1/√hidden, which keeps activations near 1
 * at every width (0.02, the usual constant, is right for some 2,500 and makes narrow models slow to start).
 */
export function createDecoder(
  device: Device,
  config: ModelConfig,
  rng: Rng,
  spread: number = 1 / Math.sqrt(config.hiddenSize),
  options: DecoderOptions = {},
): Decoder {
  const parameters = Parameters.trainable(device, parameterSpecs(config));
  parameters.initialize(rng, spread);
  return new Decoder(config, parameters, undefined, options);
}

/** Reads what {@link saveDecoder} wrote into the trained parameters of the same decoder. @throws MgrpoError naming the tensor that does not fit */
export async function reloadTrained(decoder: Decoder, files: FileSource): Promise<void> {
  const file = decoder.lora ? await Safetensors.open(files, 'adapter_model.safetensors') : await Safetensors.open(files);
  await fillParameters(decoder.trained, file);
}

/** How a whole model is written. */
export interface SaveOptions {
  /** Default f32, which loses nothing; 16 bits round to nearest; `stored`: as the model came. */
  readonly dtype?: FileDType | 'stored';
  /** Bytes of one file of weights, at most. Default 5e9. */
  readonly maxShardBytes?: number;
}

/** Writes what was trained: the adapter in PEFT's layout, or the whole model in Hugging Face's. */
export async function saveDecoder(
  decoder: Decoder,
  sink: FileSink,
  base: { readonly name: string; readonly fields?: ConfigFile['fields'] | undefined } & SaveOptions,
): Promise<void> {
  if (decoder.lora) return saveLora(decoder.lora, sink, base.name);
  const { dtype: wanted = 'f32', maxShardBytes, fields } = base;
  const { stored, config: dtype } =
    wanted === 'stored' ? Object.values(FILE_DTYPES).find(({ config }) => config === decoder.config.dtype)! : FILE_DTYPES[wanted];
  const tensors = tensorsToWrite(decoder.parameters);
  // Frozen weights that lie on the device as bf16 are written so where f32 is asked for.
  const written = dtype === 'float32' ? tensors : tensors.map((tensor) => ({ ...tensor, dtype: stored }));
  await writeWeights(sink, written, maxShardBytes);
  await sink.write('config.json', writeModelConfig({ ...decoder.config, dtype }, fields));
}

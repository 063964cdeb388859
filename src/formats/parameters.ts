// Parameters from safetensors to the device and back, tensor by tensor, by range.
import { MgrpoError } from '../errors.js';
import type { Device } from '../ops/device.js';
import { bytesOf, sizeOf, type Tensor } from '../ops/tensor.js';
import { WEIGHT_FORMATS, WEIGHTS, type WeightFormat, type WeightRow } from '../numbers/weights.js';
import { frozenTensors, Parameters, type Parameter, type ParameterSpec } from '../nn/parameters.js';
import type { Safetensors, TensorToWrite } from './safetensors.js';

/** How frozen weights are kept: as in the file (`auto`: bf16 files stay bf16, everything else is f32), or as named. */
export type WeightDType = 'auto' | WeightFormat;

/**
 * Reads frozen or trainable parameters.
 * @throws MgrpoError `bad_file` where a tensor is missing or of another shape; `out_of_memory`, before anything is read, where the device
 * cannot hold them
 */
export async function loadParameters(
  device: Device,
  specs: readonly ParameterSpec[],
  file: Safetensors,
  options: {
    readonly trainable: boolean;
    /** Of frozen parameters (default `auto`). */
    readonly dtype?: WeightDType;
    /** Called with the parameters before they are read. */
    readonly onMade?: (parameters: Parameters) => void;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<Parameters> {
  for (const spec of specs) checkShape(spec, file);
  checkRoom(device, specs, file, options);
  const parameters = options.trainable ? Parameters.trainable(device, specs) : frozen(device, specs, file, options.dtype);
  options.onMade?.(parameters);
  for (const [index, { name }] of inFileOrder(specs, file).entries()) {
    await fill(device, parameters.get(name).value, file, name);
    options.onProgress?.(index + 1, specs.length);
  }
  await device.idle();
  return parameters;
}

function frozen(device: Device, specs: readonly ParameterSpec[], file: Safetensors, dtype: WeightDType | undefined): Parameters {
  const tensors = frozenTensors(device, specs, (spec) => keptAs(spec, file, dtype));
  return Parameters.frozen(
    device,
    specs.map((spec): Parameter => ({ ...spec, value: tensors.get(spec.name)! })),
  );
}

/** Bytes of a trained parameter's element: the value, its gradient and AdamW's two moments. */
const TRAINED_BYTES = 16;

function checkRoom(
  { limits, memory }: Device,
  specs: readonly ParameterSpec[],
  file: Safetensors,
  { trainable, dtype }: { readonly trainable: boolean; readonly dtype?: WeightDType },
): void {
  const bytesIn = (spec: ParameterSpec): number =>
    trainable ? TRAINED_BYTES * sizeOf(spec.shape) : bytesOf(spec.shape, keptAs(spec, file, dtype));
  const bytes = specs.reduce((sum, spec) => sum + bytesIn(spec), 0);
  const room = (limits.total ?? Infinity) - memory.allocated;
  if (bytes <= room) return;
  const mebibytes = (n: number): number => Math.ceil(n / 2 ** 20);
  throw new MgrpoError(
    'out_of_memory',
    `load: expected weights that fit ${mebibytes(room)} MiB, the memory that the device has left, got ${mebibytes(bytes)} MiB` +
      (trainable
        ? ' with their gradients and moments; train a LoRA adapter instead, or a smaller model'
        : '; keep them as q8 or q4 (dtype), or take a smaller model'),
  );
}

/** Reads new values into parameters. @throws MgrpoError `bad_file` where a tensor is missing or of another shape; then nothing is changed */
export async function fillParameters(parameters: Parameters, file: Safetensors): Promise<void> {
  for (const spec of parameters) checkShape(spec, file);
  for (const { name, value } of inFileOrder([...parameters], file)) await fill(parameters.device, value, file, name);
  parameters.changed();
  await parameters.device.idle();
}

/** As they lie in the files, so that what comes over a network is read straight through, and once. */
function inFileOrder<T extends { readonly name: string }>(parameters: readonly T[], file: Safetensors): T[] {
  const places = new Map([...file.tensors.keys()].map((name, place) => [name, place]));
  return [...parameters].sort((a, b) => places.get(a.name)! - places.get(b.name)!);
}

function checkShape(spec: ParameterSpec, file: Safetensors): void {
  const { shape } = file.info(spec.name);
  if (shape.join() !== spec.shape.join()) {
    throw new MgrpoError(
      'bad_file',
      `load: expected shape [${spec.shape.join(', ')}] for tensor ${spec.name}, got [${shape.join(', ')}]; ` +
        'config.json and the weights do not belong together',
    );
  }
}

/** Tables of a row per token: their errors reach every token, so a format may keep them in a finer one. */
const TABLES: readonly string[] = ['model.embed_tokens.weight', 'lm_head.weight'];

function keptAs({ name, shape }: ParameterSpec, file: Safetensors, dtype: WeightDType = 'auto'): WeightFormat {
  if (dtype !== 'auto') {
    const { vectors = dtype, tables = dtype } = WEIGHTS[dtype];
    return shape.length < 2 ? vectors : TABLES.includes(name) ? tables : dtype;
  }
  return WEIGHT_FORMATS.find((format) => WEIGHTS[format].same === file.info(name).dtype) ?? 'f32';
}

/** The row of a parameter's format. */
const rowOf = ({ dtype }: Tensor): WeightRow => WEIGHTS[dtype as WeightFormat];

async function fill(device: Device, value: Tensor, file: Safetensors, name: string): Promise<void> {
  for await (const { offset, values } of file.chunks(name, rowOf(value).pack)) device.write(value, values, offset);
}

/** Parameters as entries of a safetensors file; each is read back when its turn comes. */
export function tensorsToWrite(parameters: Parameters): TensorToWrite[] {
  return [...parameters].map(({ name, shape, value }) => {
    const { written, unpack } = rowOf(value);
    return { name, shape, dtype: written, data: async () => unpack((await parameters.device.read(value))[0], sizeOf(shape)) };
  });
}

// Parameters from safetensors to the device and back, tensor by tensor, by range.
import { MgrpoError } from '../errors.js';
import type { Device } from '../ops/device.js';
import { sizeOf, type Tensor } from '../ops/tensor.js';
import { Parameters, type Parameter, type ParameterSpec } from '../nn/parameters.js';
import { decodeF32 } from './float16.js';
import type { Safetensors, TensorToWrite } from './safetensors.js';

/** How frozen weights are kept: as in the file (`auto`: bf16 files stay bf16, everything else is f32), or as named. */
export type WeightDType = 'auto' | 'f32' | 'bf16' | 'f16';

/**
 * Reads frozen or trainable parameters.
 * @throws MgrpoError `bad_file` where a tensor is missing or of another shape
 */
export async function loadParameters(
  gpu: Device,
  specs: readonly ParameterSpec[],
  file: Safetensors,
  options: {
    readonly trainable: boolean;
    /** Of frozen parameters (default `auto`). */
    readonly dtype?: WeightDType;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<Parameters> {
  for (const spec of specs) checkShape(spec, file);
  const trainable = options.trainable ? Parameters.trainable(gpu, specs) : undefined;
  const frozen: Parameter[] = [];
  for (const [index, spec] of specs.entries()) {
    const value = trainable?.get(spec.name).value ?? gpu.tensor(spec.shape, keptAs(spec, file, options.dtype), spec.name);
    await fill(gpu, value, file, spec.name);
    frozen.push({ ...spec, value });
    options.onProgress?.(index + 1, specs.length);
  }
  await gpu.idle();
  return trainable ?? Parameters.frozen(gpu, frozen);
}

/** Reads new values into parameters. @throws MgrpoError `bad_file` where a tensor is missing or of another shape; then nothing is changed */
export async function fillParameters(parameters: Parameters, file: Safetensors): Promise<void> {
  for (const spec of parameters) checkShape(spec, file);
  for (const { name, value } of parameters) await fill(parameters.gpu, value, file, name);
  parameters.changed();
  await parameters.gpu.idle();
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

function keptAs({ name }: ParameterSpec, file: Safetensors, dtype: WeightDType = 'auto'): 'f32' | 'bf16' | 'f16' {
  if (dtype !== 'auto') return dtype;
  return file.info(name).dtype === 'BF16' ? 'bf16' : 'f32';
}

async function fill(gpu: Device, value: Tensor, file: Safetensors, name: string): Promise<void> {
  if (value.dtype === 'f32') {
    for await (const { offset, values } of file.chunksF32(name)) gpu.write(value, values, offset);
    return;
  }
  for await (const { offset, values } of value.dtype === 'f16' ? file.chunksF16(name) : file.chunksBf16(name)) {
    if (value.dtype === 'f16') needFinite(name, values);
    const words = new Uint32Array(Math.ceil(values.length / 2));
    new Uint16Array(words.buffer).set(values);
    gpu.write(value, words, offset);
  }
}

function needFinite(name: string, halves: Uint16Array): void {
  if (halves.some((half) => (half & 0x7c00) === 0x7c00)) {
    throw new MgrpoError(
      'bad_file',
      `load: expected numbers below 65520 for tensor ${name} in f16, got a larger one or none; keep the weights as bf16 or f32`,
    );
  }
}

/** Parameters as entries of a safetensors file, f16 widened to F32; each is read back when its turn comes. */
export function tensorsToWrite(parameters: Parameters): TensorToWrite[] {
  return [...parameters].map(({ name, shape, value }) => ({
    name,
    dtype: value.dtype === 'bf16' ? ('BF16' as const) : ('F32' as const),
    shape,
    data: async () => {
      const [data] = await parameters.gpu.read(value);
      if (value.dtype === 'f16') return decodeF32('F16', new Uint8Array(data.buffer, data.byteOffset, 2 * sizeOf(shape)));
      return value.dtype === 'bf16' ? new Uint16Array(data.buffer, data.byteOffset, sizeOf(shape)) : data;
    },
  }));
}

// An adapter added into the weights of its base model, file to file, without a device: W + scale · B A.
import { loraModules, loraSpecs } from '../nn/lora.js';
import { MgrpoError, show } from '../errors.js';
import { readJson } from '../platform/files.js';
import type { FileSink, FileSource } from '../platform/files.js';
import { readConfig } from './load.js';
import { parseLoraConfig } from './peft.js';
import { writeModelConfig } from './hf-config.js';
import { Safetensors, writeSafetensors } from './safetensors.js';
import type { TensorToWrite } from './safetensors.js';

/** How merged weights are written; `auto`: as the base model's are, f16 as f32. */
export type MergedDType = 'auto' | 'f32' | 'bf16';

/**
 * Writes config.json and model.safetensors of a base model with an adapter merged in. Products and sums are in f64, rounded once.
 * @throws MgrpoError naming the file, field or tensor that is wrong, or does not belong to the base model
 */
export async function mergeAdapter(
  base: FileSource,
  adapter: FileSource,
  sink: FileSink,
  { dtype = 'auto' }: { readonly dtype?: MergedDType } = {},
): Promise<void> {
  const { config, fields } = await readConfig(base);
  const lora = parseLoraConfig(await readJson(adapter, 'adapter_config.json'), `${adapter.name}/adapter_config.json`);
  const modules = loraModules(config, lora);
  const byWeight = new Map(modules.map((module) => [`${module.module}.weight`, module]));
  const [weights, factors] = [await Safetensors.open(base), await Safetensors.open(adapter, 'adapter_model.safetensors')];
  for (const { name, shape } of loraSpecs(modules)) {
    const got = factors.info(name).shape;
    if (got.join() !== shape.join())
      throw new MgrpoError(
        'bad_file',
        `${adapter.name}: expected shape [${shape.join(', ')}] for tensor ${name}, got ${show(got)}; the adapter is of another model`,
      );
  }
  const known = new Set(loraSpecs(modules).map(({ name }) => name));
  const extra = [...factors.tensors.keys()].find((name) => !known.has(name));
  if (extra !== undefined)
    throw new MgrpoError(
      'bad_file',
      `${adapter.name}: expected tensors of adapted modules, got ${extra}; the adapter is of another model`,
    );
  const tensors = [...weights.tensors.values()].map((info): TensorToWrite => {
    const module = byWeight.get(info.name);
    const written = dtype === 'auto' ? (info.dtype === 'BF16' ? 'BF16' : 'F32') : dtype === 'bf16' ? 'BF16' : 'F32';
    const data = async (): Promise<Float32Array> => {
      const values = await weights.readF32(info.name);
      if (module) addProduct(values, module, await factors.readF32(module.a), await factors.readF32(module.b));
      return values;
    };
    return { name: info.name, dtype: written, shape: info.shape, data };
  });
  await writeSafetensors(sink, 'model.safetensors', tensors);
  const isBf16 = tensors.every((tensor) => tensor.dtype === 'BF16');
  await sink.write('config.json', writeModelConfig({ ...config, dtype: isBf16 ? 'bfloat16' : 'float32' }, fields));
}

/** W[out, in] += scale · B[out, r] A[r, in] */
function addProduct(
  weight: Float32Array,
  { r, scale, out, inner }: { readonly r: number; readonly scale: number; readonly out: number; readonly inner: number },
  a: Float32Array,
  b: Float32Array,
): void {
  const row = new Float64Array(inner);
  for (let i = 0; i < out; i++) {
    row.fill(0);
    for (let k = 0; k < r; k++) {
      const factor = b[i * r + k]!;
      for (let j = 0; j < inner; j++) row[j]! += factor * a[k * inner + j]!;
    }
    for (let j = 0; j < inner; j++) weight[i * inner + j]! += scale * row[j]!;
  }
}

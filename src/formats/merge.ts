// An adapter added into the weights of its base model, file to file, without a device: W + scale · B A.
import type { ModelConfig } from '../nn/model-config.js';
import { loraModules, loraSpecs } from '../nn/lora.js';
import { MgrpoError, show } from '../errors.js';
import { FILE_DTYPES, type FileDType } from '../numbers/weights.js';
import { readJson } from '../platform/files.js';
import type { FileSink, FileSource } from '../platform/files.js';
import { readConfig, type ConfigFile } from './load.js';
import { parseLoraConfig } from './peft.js';
import { writeModelConfig } from './hf-config.js';
import { Safetensors } from './safetensors.js';
import type { TensorToWrite } from './safetensors.js';
import { writeWeights } from './shards.js';

/** How merged weights are written; `auto`: as the base model's are. */
export type MergedDType = 'auto' | FileDType;

/** A tensor of a model, with an adapter added in where it has one. */
export interface MergedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** As its file has it. */
  readonly dtype: string;
  /** f32[shape], read when called. */
  readonly read: () => Promise<Float32Array>;
}

/**
 * A model folder's tensors, an adapter merged into them. Products and sums are in f64, rounded once.
 * @throws MgrpoError naming the file, field or tensor that is wrong, or does not belong to the base model
 */
export async function readMerged(
  base: FileSource,
  adapter: FileSource | undefined,
): Promise<ConfigFile & { readonly tensors: readonly MergedTensor[] }> {
  const { config, fields } = await readConfig(base);
  const weights = await Safetensors.open(base);
  const added = adapter ? await readFactors(config, adapter) : null;
  const tensors = [...weights.tensors.values()].map(({ name, shape, dtype }): MergedTensor => {
    const module = added?.byWeight.get(name);
    const read = async (): Promise<Float32Array> => {
      const values = await weights.readF32(name);
      if (added && module)
        addProduct(values, module, await added.factors.readF32(module.a), await added.factors.readF32(module.b));
      return values;
    };
    return { name, shape, dtype, read };
  });
  return { config, fields, tensors };
}

/** An adapter's factors, and its modules by the weight that they add to. */
async function readFactors(
  config: ModelConfig,
  adapter: FileSource,
): Promise<{ readonly factors: Safetensors; readonly byWeight: ReadonlyMap<string, ReturnType<typeof loraModules>[number]> }> {
  const lora = parseLoraConfig(await readJson(adapter, 'adapter_config.json'), `${adapter.name}/adapter_config.json`);
  const modules = loraModules(config, lora);
  const factors = await Safetensors.open(adapter, 'adapter_model.safetensors');
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
  return { factors, byWeight: new Map(modules.map((module) => [`${module.module}.weight`, module])) };
}

/**
 * Writes config.json and the weights of a base model with an adapter merged in.
 * @param maxShardBytes bytes of one file of weights, at most (default 5e9)
 * @returns names of the files of weights
 * @throws MgrpoError naming the file, field or tensor that is wrong, or does not belong to the base model
 */
export async function mergeAdapter(
  base: FileSource,
  adapter: FileSource,
  sink: FileSink,
  { dtype = 'auto', maxShardBytes }: { readonly dtype?: MergedDType; readonly maxShardBytes?: number } = {},
): Promise<string[]> {
  const { config, fields, tensors } = await readMerged(base, adapter);
  const written = tensors.map(({ name, shape, dtype: own, read }): TensorToWrite => {
    const kept = own === 'BF16' || own === 'F16' ? own : 'F32';
    return { name, shape, dtype: dtype === 'auto' ? kept : FILE_DTYPES[dtype].stored, data: read };
  });
  const files = await writeWeights(sink, written, maxShardBytes);
  // Where tensors are of several formats, the model is one of the widest.
  const { config: named } =
    Object.values(FILE_DTYPES).find(({ stored }) => written.every((tensor) => tensor.dtype === stored)) ?? FILE_DTYPES.f32;
  await sink.write('config.json', writeModelConfig({ ...config, dtype: named }, fields));
  return files;
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

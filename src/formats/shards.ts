// The weights of a model as one file or as shards with their index, laid out as transformers lays them out.
import { sizeOf } from '../ops/tensor.js';
import type { FileSink } from '../platform/files.js';
import { tensorBytes, writeSafetensors } from './safetensors.js';
import type { TensorToWrite } from './safetensors.js';

/** Bytes of one file of weights, at most, where nothing else is said: transformers' 5 GB. */
const MAX_SHARD_BYTES = 5e9;

/**
 * Writes model.safetensors, or where that would be larger than `maxShardBytes` model-00001-of-00002.safetensors and so on with
 * model.safetensors.index.json. A tensor is never cut: one that is larger than the limit has a file of its own.
 * @returns names of the files, the index last
 * @throws invalid_argument if a tensor's values do not fill its shape; bad_file for numbers that F16 has not
 */
export async function writeWeights(
  sink: FileSink,
  tensors: readonly TensorToWrite[],
  maxShardBytes: number = MAX_SHARD_BYTES,
): Promise<string[]> {
  const shards = inShards(tensors, maxShardBytes);
  if (shards.length === 1) {
    await writeSafetensors(sink, 'model.safetensors', tensors);
    return ['model.safetensors'];
  }
  const number = (n: number): string => String(n).padStart(5, '0');
  const names = shards.map((_, i) => `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`);
  for (const [i, shard] of shards.entries()) await writeSafetensors(sink, names[i]!, shard);
  const sum = (of: (tensor: TensorToWrite) => number): number => tensors.reduce((n, tensor) => n + of(tensor), 0);
  const index = {
    metadata: { total_parameters: sum(({ shape }) => sizeOf(shape)), total_size: sum(tensorBytes) },
    weight_map: Object.fromEntries(shards.flatMap((shard, i) => shard.map(({ name }) => [name, names[i]!]))),
  };
  await sink.write(INDEX, `${JSON.stringify(index, null, 2)}\n`);
  return [...names, INDEX];
}

const INDEX = 'model.safetensors.index.json';

/** Whether a file holds weights of a model, or says where they are. */
export function isWeightsFile(name: string): boolean {
  return /^model(-\d{5}-of-\d{5})?\.safetensors$/.test(name) || name === INDEX;
}

/** Tensors in their order, as many together as the limit allows. */
function inShards(tensors: readonly TensorToWrite[], limit: number): TensorToWrite[][] {
  const shards: TensorToWrite[][] = [[]];
  let used = 0;
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor);
    if (used > 0 && used + bytes > limit) {
      shards.push([]);
      used = 0;
    }
    shards.at(-1)!.push(tensor);
    used += bytes;
  }
  return shards;
}

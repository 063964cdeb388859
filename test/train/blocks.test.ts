// Training a LoRA over weights in blocks: the same as over what the blocks say, as f32.
import { expect, it } from 'vitest';
import { tensorsToWrite } from '../../src/formats/parameters.js';
import { writeSafetensors } from '../../src/formats/safetensors.js';
import { MemoryFiles } from '../../src/platform/files.js';
import { loadPolicy, type Policy } from '../../src/train/policy.js';
import { accumulateNll } from '../../src/train/sft-trainer.js';
import { difference, noise } from '../support/compare.js';
import { testDevice } from '../support/device.js';
import { randomPolicy } from '../support/policy.js';

const SEQUENCES = [
  { promptIds: [5, 9, 3, 17], completionIds: [8, 8, 21, 4, 6] },
  { promptIds: [11], completionIds: [2, 30, 7] },
];

/** A LoRA policy over a folder's weights, both of whose factors matter; and the gradients of its factors. */
async function gradients(files: MemoryFiles, dtype: 'f32' | 'q8' | 'q4'): Promise<Float32Array[]> {
  const device = await testDevice();
  const policy = await loadPolicy(device, files, { dtype, train: { r: 4 } });
  expect(policy.decoder.parameters.get('model.layers.0.mlp.up_proj.weight').value.dtype).toBe(dtype);
  [...policy.decoder.trained].forEach(({ value }, i) =>
    device.write(
      value,
      noise(
        value.shape.reduce((a, b) => a * b),
        i,
      ),
    ),
  );
  await accumulateNll(policy.decoder, SEQUENCES, 8);
  const found: Float32Array[] = [];
  for (const { gradient } of policy.decoder.trained) found.push((await device.read(gradient!))[0]);
  policy.free();
  return found;
}

async function saved(policy: Policy): Promise<MemoryFiles> {
  const files = new MemoryFiles('model');
  await policy.save(files);
  return files;
}

it.each(['q8', 'q4'] as const)('has the gradients of the weights that %s stands for, bit for bit', async (dtype) => {
  const device = await testDevice();
  const whole = await saved(await randomPolicy(device));
  const rounded = await saved(await randomPolicy(device));
  const { decoder } = await loadPolicy(device, whole, { dtype });
  await writeSafetensors(rounded, 'model.safetensors', tensorsToWrite(decoder.parameters));
  decoder.free();
  const found = await gradients(whole, dtype);
  expect(found.length).toBeGreaterThan(4);
  expect(found.every((g) => g.some((value) => value !== 0))).toBe(true);
  expect(found).toEqual(await gradients(rounded, 'f32'));
  const exact = await gradients(whole, 'f32');
  const errors = found.map((g, i) => difference(g, exact[i]!).relativeNorm);
  expect(Math.min(...errors)).toBeGreaterThan(1e-4);
});

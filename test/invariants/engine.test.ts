import { describe, expect, it } from 'vitest';
import { pack } from '../../src/nn/batch.js';
import { generate } from '../../src/sampling/generate.js';
import { accumulatePolicy, concatenate, scoreSequences } from '../../src/train/update.js';
import { resolveGRPOConfig } from '../../src/config/grpo.js';
import { difference } from '../support/compare.js';
import { testDevice } from '../support/device.js';
import { randomPolicy } from '../support/policy.js';

const prompts = [[3, 40, 41, 42, 4], [3, 50, 4], [4], [3, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 4]];
const options = { temperature: 0.9, maxCompletionLength: 24, eosIds: new Set([1]), seed: 5 };
const requests = prompts.map((prompt, i) => ({ prompt, streams: [10 * i, 10 * i + 1, 10 * i + 2] }));

describe('one engine', () => {
  it('gives sampled tokens the log-probs that training computes, with prompts shared by their samples', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const samples = await generate(decoder, requests, { ...options, stepsPerSubmit: 5 });
    const sequences = samples.map(({ ids }, i) => ({ promptIds: prompts[Math.floor(i / 3)]!, completionIds: ids }));
    const trained = await scoreSequences(decoder, sequences, options.temperature);
    expect(samples.every(({ ids }) => ids.length > 0 && ids.length <= 24)).toBe(true);
    expect(difference(trained, concatenate(samples.map((s) => s.logps))).maxAbs).toBeLessThan(1e-5);
  });

  it.each([1, 2, 5, 12])('draws the same samples with %i slots, in any order of requests', async (maxSlots) => {
    const { decoder } = await randomPolicy(await testDevice());
    const reference = await generate(decoder, requests, options);
    const reversed = await generate(decoder, [...requests].reverse(), {
      ...options,
      maxSlots,
      stepsPerSubmit: 3,
      prefillTokens: 6,
    });
    const inOrder = requests.flatMap((_, i) => reversed.slice((3 - i) * 3, (3 - i) * 3 + 3));
    expect(inOrder.map(({ ids }) => [...ids])).toEqual(reference.map(({ ids }) => [...ids]));
  });

  it('draws other samples from other streams, and the same from the same', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const samples = await generate(decoder, [{ prompt: prompts[0]!, streams: [1, 2, 1] }], options);
    expect([...samples[0]!.ids]).toEqual([...samples[2]!.ids]);
    expect([...samples[0]!.ids]).not.toEqual([...samples[1]!.ids]);
  });

  it('stops at any id of the end set and keeps it', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const free = await generate(decoder, requests, { ...options, eosIds: new Set() });
    const stops = new Set([free[0]!.ids[7]!, free[5]!.ids[3]!]);
    const stopped = await generate(decoder, requests, { ...options, eosIds: stops });
    stopped.forEach(({ ids, truncated }, i) => {
      const at = free[i]!.ids.findIndex((id) => stops.has(id));
      expect([...ids]).toEqual([...free[i]!.ids.slice(0, at < 0 ? undefined : at + 1)]);
      expect(truncated).toBe(at < 0);
    });
    expect(stopped.filter(({ truncated }) => !truncated).length).toBeGreaterThan(0);
  });

  it('scores a sequence the same alone and packed among others', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const sequences = prompts.map((p, i) => ({ promptIds: p, completionIds: [70 + i, 71, 72, 1] }));
    const together = await scoreSequences(decoder, sequences, 1);
    const alone: Float32Array[] = [];
    for (const sequence of sequences) alone.push(await scoreSequences(decoder, [sequence], 1));
    expect(difference(together, concatenate(alone)).maxAbs).toBeLessThan(2e-6);
  });

  it.each([true, false])(
    'gives the same gradients for 8x1, 4x2 and 1x8 micro-batches (checkpointing %s)',
    async (checkpointing) => {
      const { decoder } = await randomPolicy(await testDevice(), 7, checkpointing);
      const sequences = Array.from({ length: 8 }, (_, i) => ({
        promptIds: prompts[i % 4]!,
        completionIds: Array.from({ length: 3 + i }, (_, t) => 20 + ((i * 7 + t * 5) % 80)),
        oldLogps: new Float32Array(3 + i).fill(-4.5),
        advantage: (i % 3) - 1,
        masked: i === 5,
      }));
      const windowTokens = sequences.reduce((n, s) => n + (s.masked ? 0 : s.completionIds.length), 0);
      const gradients = async (size: number, lossType: 'grpo' | 'dapo'): Promise<Float32Array> => {
        const settings = { ...resolveGRPOConfig(), lossType, beta: 0 };
        const recorder = decoder.device.recorder();
        decoder.trained.zeroGradients(recorder);
        recorder.submit();
        for (let from = 0; from < 8; from += size) {
          const context = { accumulationSteps: 8 / size, windowTokens };
          await accumulatePolicy(
            decoder,
            { layer: 1, sequences: sequences.slice(from, from + size), settings, context },
            false,
            null,
          );
        }
        return (await decoder.device.read(decoder.trained.slabs[0]!.gradient))[0];
      };
      for (const lossType of ['grpo', 'dapo'] as const) {
        const reference = await gradients(8, lossType);
        expect(reference.some((g) => g !== 0)).toBe(true);
        for (const size of [4, 1]) expect(difference(await gradients(size, lossType), reference).relativeNorm).toBeLessThan(1e-5);
      }
    },
  );

  it('refuses ids that the model does not have, and prompts that leave no room', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    expect(() => pack([[5000]], decoder.config.vocabSize)).toThrow(/token ids from 0 to/);
    await expect(generate(decoder, [{ prompt: new Array<number>(250).fill(5), streams: [0] }], options)).rejects.toThrow(
      /maxCompletionLength 6 or less/,
    );
  });
});

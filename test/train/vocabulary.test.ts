// What a model's vocabulary adds to memory: its own rows of weights, gradients and moments, and of logits no more than a bound.
import { afterAll, describe, expect, it } from 'vitest';
import { parseModelConfig } from '../../src/formats/hf-config.js';
import { createDecoder } from '../../src/formats/load.js';
import type { Decoder } from '../../src/nn/decoder.js';
import type { Device } from '../../src/ops/device.js';
import { MAX_LOGIT_BYTES } from '../../src/ops/head.js';
import { Rng } from '../../src/rng.js';
import { generate, rehearse, type GenerateOptions } from '../../src/sampling/generate.js';
import { accumulate, rehearseUpdate } from '../../src/train/update.js';
import { testDevice } from '../support/device.js';
import { skipGpu, testGpu } from '../support/gpu.js';
import { SMALL_CONFIG } from '../support/policy.js';

const MIB = 2 ** 20;
const LENGTH = 16;
const prompt = new Uint32Array(8).fill(1);
const settings: GenerateOptions = { temperature: 1, maxCompletionLength: LENGTH, eosIds: new Set(), seed: 1, maxSlots: 160 };

const decoderOf = (device: Device, vocab: number, maxLogitBytes = MAX_LOGIT_BYTES): Decoder =>
  createDecoder(
    ...([device, parseModelConfig({ ...SMALL_CONFIG, hidden_size: 8, vocab_size: vocab, eos_token_id: 0 }), new Rng(1)] as const),
    ...([undefined, { maxLogitBytes }] as const),
  );
const requestOf = (count: number) => [{ prompt, streams: Array.from({ length: count }, (_, i) => i) }];
const sequencesOf = (count: number) =>
  Array.from({ length: count }, () => ({ promptIds: prompt, completionIds: new Uint32Array(LENGTH).fill(2) }));

/** Bytes that work is to take beside the weights: of sampling, and of an update. */
function counted(decoder: Decoder, count: number): { readonly sampling: number; readonly update: number } {
  const peakOf = (work: (on: Decoder) => void): number => {
    const device = decoder.device.rehearsal!();
    work(decoder.on(device));
    return device.memory.peak;
  };
  return {
    sampling: peakOf((on) => rehearse(on, requestOf(count), settings)),
    update: peakOf((on) => rehearseUpdate(on, sequencesOf(count))),
  };
}

/** Bytes that the same takes. */
async function measured(decoder: Decoder, count: number): Promise<{ readonly sampling: number; readonly update: number }> {
  const { device } = decoder;
  const peakOf = async (work: () => Promise<unknown>): Promise<number> => {
    decoder.freeTables();
    device.freeScratch();
    await device.idle();
    device.resetPeak();
    const before = device.memory.allocated;
    await work();
    return device.memory.peak - before;
  };
  const nothing = (logps: Float32Array) => ({
    ...{ loss: 0, gradLogps: new Float32Array(logps.length), gradEntropies: new Float32Array(logps.length), metrics: {} },
  });
  return {
    sampling: await peakOf(() => generate(decoder, requestOf(count), settings)),
    update: await peakOf(() => accumulate(decoder, sequencesOf(count), 1, nothing)),
  };
}

describe('the memory of a run beside its weights', () => {
  it('is the same for vocabularies of 128k and 256k, and that of 1k and the bound on logits', async () => {
    const device = await testDevice();
    const [small, large, largest] = [1024, 2 ** 17, 2 ** 18].map((vocab) => {
      const decoder = decoderOf(device, vocab);
      const bytes = counted(decoder, 160);
      decoder.free();
      return bytes;
    });
    for (const phase of ['sampling', 'update'] as const) {
      expect(largest![phase] / large![phase]).toBeCloseTo(1, 2);
      expect(largest![phase]).toBeLessThan(small![phase] + MAX_LOGIT_BYTES + 0.1 * MIB);
    }
  });

  const devices: readonly (readonly [string, boolean, () => Promise<Device>])[] = [
    ['WebAssembly', false, testDevice],
    ['WebGPU', skipGpu !== undefined, testGpu],
  ];
  for (const [name, skip, open] of devices) {
    it.skipIf(skip)(`is what is counted before, within 10 %, on ${name}`, async () => {
      const device = await open();
      for (const vocab of [1024, 2 ** 15]) {
        const decoder = decoderOf(device, vocab, 2 * MIB);
        const [expected, found] = [counted(decoder, 16), await measured(decoder, 16)];
        for (const phase of ['sampling', 'update'] as const) {
          expect(expected[phase] / found[phase], `${phase}, ${vocab}`).toBeGreaterThan(0.9);
          expect(expected[phase] / found[phase], `${phase}, ${vocab}`).toBeLessThan(1.1);
        }
        decoder.free();
      }
    });

    it.skipIf(skip)(`and samples are the same where logits are made 64 slots at a time, on ${name}`, async () => {
      const device = await open();
      const filters = { topK: 50, repetitionPenalty: 1.2 };
      const [whole, parts] = await Promise.all(
        [MAX_LOGIT_BYTES, 64 * 4 * 1024].map(async (bytes) => {
          const decoder = decoderOf(device, 1024, bytes);
          const samples = await generate(decoder, requestOf(130), { ...settings, ...filters });
          decoder.free();
          return samples;
        }),
      );
      expect(parts).toEqual(whole);
    });
  }
});

afterAll(async () => {
  if (!skipGpu) (await testGpu()).freeScratch();
});

import { describe, expect, it } from 'vitest';
import { generate, type Generated, type GenerateOptions, type GenerateRequest } from '../../src/sampling/generate.js';
import { KvCache } from '../../src/sampling/kv-cache.js';
import { AdamW } from '../../src/optim/adamw.js';
import { testDevice } from '../support/device.js';
import { randomPolicy } from '../support/policy.js';

const prompts = [
  [3, 40, 41, 42, 4],
  [3, 50, 4],
  [3, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 4],
];
const options: GenerateOptions = { temperature: 0.9, maxCompletionLength: 24, eosIds: new Set([1]), seed: 5 };
const requests = prompts.map((prompt, i) => ({ prompt, streams: [10 * i, 10 * i + 1, 10 * i + 2] }));
const phrase = [3, 30, 31, 32, 33, 4];

/** A second turn after each sample: prompt, answer, phrase. */
function secondTurns(samples: readonly Generated[], reuse: boolean): GenerateRequest[] {
  return samples.map(({ ids, cached }, i) => ({
    prompt: [...prompts[Math.floor(i / 3)]!, ...ids.slice(0, -1), ...phrase],
    streams: [100 + 2 * i, 101 + 2 * i],
    ...(reuse && { prefix: cached }),
  }));
}

const idsOf = (samples: readonly Generated[]): number[][] => samples.map(({ ids }) => [...ids]);
const logpsOf = (samples: readonly Generated[]): number[] => samples.flatMap(({ logps }) => [...logps]);

describe('a cached prefix', () => {
  it.each([64, 2])('gives the same samples as its text does, with %i slots, and prefills the rest alone', async (maxSlots) => {
    const { decoder } = await randomPolicy(await testDevice());
    const cache = new KvCache(decoder, 2000);
    const first = await generate(decoder, requests, { ...options, cache, keep: true });
    expect(idsOf(first)).toEqual(idsOf(await generate(decoder, requests, options)));
    const [forward, extend] = [decoder.forward.bind(decoder), decoder.extend.bind(decoder)];
    let prefilled = 0;
    decoder.forward = (rec, batch, how) => ((prefilled += batch.length), forward(rec, batch, how));
    const turns = { ...options, maxSlots };
    const without = await generate(decoder, secondTurns(first, false), turns);
    expect(prefilled).toBe(secondTurns(first, false).reduce((n, { prompt }) => n + prompt.length - 1, 0));
    prefilled = 0;
    decoder.extend = (rec, tokens) => (
      (prefilled += 'seed' in tokens || 'stream' in tokens ? 0 : tokens.count),
      extend(rec, tokens)
    );
    const reused = await generate(decoder, secondTurns(first, true), { ...turns, cache });
    expect(prefilled).toBe(first.length * (phrase.length - 1));
    expect(idsOf(reused)).toEqual(idsOf(without));
    // Decoding, packed prefill and prefill over the cache sum in the same order.
    expect(logpsOf(reused)).toEqual(logpsOf(without));
    for (const { cached } of first) cached!.release();
    expect(cache.available).toBe(cache.capacity);
    cache.free();
  });

  it('serves prompts that share only a start with it', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const cache = new KvCache(decoder, 500);
    const [first] = await generate(decoder, [requests[2]!], { ...options, cache, keep: true });
    const prompt = [...prompts[2]!.slice(0, 9), 80, 81, 4];
    const reused = await generate(decoder, [{ prompt, streams: [7], prefix: first!.cached }], { ...options, cache });
    expect(idsOf(reused)).toEqual(idsOf(await generate(decoder, [{ prompt, streams: [7] }], options)));
    cache.free();
  });

  it('is refused where it would be wrong: other weights, another cache, another start, no room', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const [cache, other] = [new KvCache(decoder, 120), new KvCache(decoder, 120)];
    await expect(generate(decoder, requests, { ...options, keep: true })).rejects.toThrow(/expected a cache to keep samples in/);
    const [one] = await generate(decoder, [{ prompt: prompts[0]!, streams: [1] }], { ...options, cache, keep: true });
    const again = { prompt: prompts[0]!, streams: [2], prefix: one!.cached };
    await expect(generate(decoder, [again], { ...options, cache: other })).rejects.toThrow(/another cache/);
    await expect(generate(decoder, [{ ...again, prompt: [9, 9, 9] }], { ...options, cache })).rejects.toThrow(/first token/);
    await expect(generate(decoder, requests, { ...options, cache, keep: true })).rejects.toThrow(/release kept prefixes/);
    one!.cached!.release();
    await expect(generate(decoder, [again], { ...options, cache })).rejects.toThrow(/not released/);
    const [two] = await generate(decoder, [{ prompt: prompts[0]!, streams: [1] }], { ...options, cache, keep: true });
    const settings = { weightDecay: 0, adamBeta1: 0.9, adamBeta2: 0.99, adamEpsilon: 1e-8, maxGradNorm: 0 };
    const rec = decoder.device.recorder();
    const optimizer = new AdamW(decoder.trained, settings);
    optimizer.measure(rec);
    optimizer.step(rec, 1e-3);
    rec.submit();
    expect(two!.cached!.usable).toBe(false);
    await expect(generate(decoder, [{ ...again, prefix: two!.cached }], { ...options, cache })).rejects.toThrow(
      /present weights/,
    );
    cache.free();
    other.free();
  });

  it('leaves nothing in the cache when a call is aborted', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const cache = new KvCache(decoder, 400);
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error('enough'));
    await expect(
      generate(decoder, requests, { ...options, cache, maxSlots: 2, stepsPerSubmit: 2, signal: controller.signal, onProgress }),
    ).rejects.toThrow('enough');
    expect(cache.available).toBe(cache.capacity);
    cache.free();
  });
});

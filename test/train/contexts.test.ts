import { describe, expect, it, vi } from 'vitest';
import { guidingText } from '../../src/text/prompts.js';
import { Contexts } from '../../src/train/contexts.js';
import { evaluate } from '../../src/train/evaluate.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy, weightBytes } from '../support/policy.js';

const rows = problems(12);
const options = { maxCompletionLength: 12, temperature: 1, numGenerations: 2 };

describe('contexts kept between the turns', () => {
  it('change no byte, and leave the phrases alone to be prefilled', async () => {
    const policy = await randomPolicy(await testDevice());
    const { decoder } = policy;
    const [forward, extend] = [decoder.forward.bind(decoder), decoder.extend.bind(decoder)];
    let prefilled = 0;
    decoder.forward = (rec, batch, how) => ((prefilled += batch.length), forward(rec, batch, how));
    decoder.extend = (rec, tokens) => ((prefilled += 'stream' in tokens ? 0 : tokens.count), extend(rec, tokens));
    const settings = { ...options, layer2: { phrases: ['again:', 'check:'] } };
    const kept = await evaluate(policy, rows, settings);
    const prompts = rows.reduce((n, { prompt }) => n + policy.tokenizer.encodePrompt(prompt).length - 1, 0);
    const phrase = policy.tokenizer.encode(guidingText('again:')).length;
    const withPhrases = prefilled;
    // An answer that did not end brings its last token too: it was never fed in.
    const queries = kept.records.filter(({ layer }) => layer === 2).length;
    const open = kept.records.filter(({ layer, truncated }) => layer === 1 && truncated).length;
    expect(withPhrases).toBe(prompts + queries * (phrase - 1) + open);
    const contexts = vi.spyOn(Contexts, 'open').mockReturnValue(undefined);
    prefilled = 0;
    expect(await evaluate(policy, rows, settings)).toEqual(kept);
    expect(prefilled).toBeGreaterThan(2 * withPhrases);
    contexts.mockRestore();
  });

  it.each(['joint', 'alone', 'successive'] as const)('train to the same bytes with schedule %s', async (schedule) => {
    const open = vi.spyOn(Contexts, 'open');
    const train = async (): Promise<Uint8Array[]> => {
      const policy = await randomPolicy(await testDevice());
      const batch = { numGenerations: 4, perDeviceTrainBatchSize: 8, gradientAccumulationSteps: 1, maxSteps: 2 };
      const layer2 = { schedule, numGenerations: 2, selection: 'none' } as const;
      const args = { ...batch, maxCompletionLength: 10, learningRate: 1e-2, layer2 };
      await using trainer = new MGRPOTrainer({ policy, args, trainDataset: rows, rewardFuncs: digitReward });
      await trainer.train();
      return weightBytes(policy);
    };
    const kept = await train();
    // An update between the layers makes what layer 1 has computed worthless.
    expect(open).toHaveBeenCalledTimes(schedule === 'successive' ? 0 : 2);
    open.mockReturnValue(undefined);
    expect(await train()).toEqual(kept);
    open.mockRestore();
  });
});

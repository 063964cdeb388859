import { describe, expect, it } from 'vitest';
import type { LiveSettings } from '../../src/config/live.js';
import type { CompletionRecord, TrainEvent } from '../../src/train/events.js';
import { inspect } from '../../src/train/inspect.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

const args = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 4,
  beta: 0,
  maxSteps: 3,
  loggingSteps: 1,
  lrSchedulerType: 'constant',
  learningRate: 1e-3,
} as const;

/** Trains, and changes settings after the first step. */
async function train(
  change: Partial<LiveSettings> | null,
): Promise<{ rates: number[]; events: TrainEvent[]; trainer: GRPOTrainer }> {
  const policy = await randomPolicy(await testDevice());
  const events: TrainEvent[] = [];
  const trainer = new GRPOTrainer({
    ...{ policy, rewardFuncs: digitReward, trainDataset: problems(16), args },
    onEvent: (event) => {
      events.push(event);
      if (event.type === 'step' && event.step === 1 && change) trainer.change(change);
    },
  });
  await trainer.train();
  const rates = events.flatMap((event) => (event.type === 'step' ? [event.metrics['learning_rate']!] : []));
  return { rates, events, trainer };
}

describe('settings that change while a training is under way', () => {
  it('hold from the next step on, and an event says so', async () => {
    const { rates, events, trainer } = await train({ learningRate: 5e-4, temperature: 0.5 });
    expect(rates).toEqual([1e-3, 5e-4, 5e-4]);
    expect(trainer.config.temperature).toBe(0.5);
    const told = events.filter(({ type }) => type === 'settings');
    expect(told).toEqual([{ type: 'settings', step: 2, settings: { learningRate: 5e-4, temperature: 0.5 } }]);
    const plain = await train(null);
    const loss = (list: readonly TrainEvent[]): unknown[] => list.flatMap((e) => (e.type === 'step' ? [e.metrics['loss']] : []));
    expect(loss(events)[0]).toBe(loss(plain.events)[0]);
    expect(plain.events.some(({ type }) => type === 'settings')).toBe(false);
  });

  it.each<[object, RegExp]>([
    [{ numGenerations: 8 }, /expected one of learningRate, .*got numGenerations; start another training/],
    [{ temperature: -1 }, /temperature/],
    [{ beta: 0.1 }, /expected beta 0 in a training that keeps no reference, got 0.1/],
  ])('refuse %j', async (settings, message) => {
    await expect(train(settings)).rejects.toThrow(message);
  });
});

describe('the completions that a training tells', () => {
  it('carry the ids that the model read and wrote, where their parts begin, and their log-probabilities', async () => {
    const policy = await randomPolicy(await testDevice());
    const rows: CompletionRecord[] = [];
    const trainer = new MGRPOTrainer({
      ...{ policy, rewardFuncs: digitReward, trainDataset: problems(16) },
      // As good as nothing is learnt, so that what is looked at is what sampled.
      args: { ...args, maxSteps: 1, temperature: 1, learningRate: 1e-12, layer2: { answersPerQuery: 1, phrases: ['1+1'] } },
      onEvent: (event) => void (event.type === 'completions' && rows.push(...event.rows)),
    });
    await trainer.train();
    expect(new Set(rows.map(({ layer }) => layer))).toEqual(new Set([1, 2]));
    for (const { layer, tokens, answer, phrase } of rows) {
      const { ids, logps, ...at } = tokens!;
      expect(ids.length - logps.length).toBe(layer === 1 ? at.answer : at.correction);
      if (layer === 1) continue;
      const text = (from: number, to: number): string => policy.tokenizer.decode(ids.slice(from, to));
      expect(text(at.answer, at.phrase)).toBe(answer);
      expect(text(at.phrase, at.correction)).toContain(phrase);
    }
    const { ids, logps } = rows.at(-1)!.tokens!;
    const seen = (await inspect(policy, ids)).logps.slice(-logps.length);
    logps.forEach((logp, i) => expect(logp).toBeCloseTo(seen[i]!, 4));
  });
});

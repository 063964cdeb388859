import { describe, expect, it } from 'vitest';
import type { Query } from '../../src/algo/rollout.js';
import { withCritiques } from '../../src/train/critic.js';
import { evaluate } from '../../src/train/evaluate.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import type { TrainEvent } from '../../src/train/events.js';
import type { EncodedQuestion } from '../../src/train/questions.js';
import { rollout } from '../../src/train/rollout.js';
import { testDevice } from '../support/device.js';
import { SHORT_ARGS, SHORT_LAYER2 as layer2, digitReward, problems, randomPolicy, weightBytes } from '../support/policy.js';

const args = { ...SHORT_ARGS, maxSteps: 2 } as const;
const data = { rewardFuncs: [digitReward], trainDataset: problems(8) };

describe('a critic', () => {
  it('writes between answer and phrase, greedily, and is cut where no room is left for a correction', async () => {
    const critic = await randomPolicy(await testDevice(), 3);
    const phrase = [7, 8];
    const queries = [
      [1, 2, 3],
      [4, 5, 6, 9],
    ].map((ids) => ({
      ids: Int32Array.from([...ids, ...phrase]),
      origin: { phrase: { text: '', ids: phrase } },
    })) as unknown as Query<EncodedQuestion>[];
    const settings = { maxCompletionLength: 6, maxSlots: 8, maxContextLength: 64 };
    const found = await withCritiques(critic, queries, settings);
    const greedy = await rollout(critic, queries, 1, { temperature: 0, ...settings }, { seed: 5, firstStream: 9 });
    found.queries.forEach(({ ids }, i) => {
      const before = Array.from(queries[i]!.ids).slice(0, -2);
      const text = Array.from(greedy[i]![0]!.ids).filter((id) => !critic.eosIds.has(id));
      expect(text.length).toBeGreaterThan(0);
      expect(Array.from(ids)).toEqual([...before, ...text, ...phrase]);
    });
    expect(found.tokens).toBe(greedy.flat().reduce((sum, { ids }) => sum + ids.length, 0));
    const tight = await withCritiques(critic, queries, { ...settings, maxContextLength: 6 + 6 });
    expect(tight.queries.map(({ ids }) => ids.length)).toEqual([5 + 1, 6]);
  });

  it('changes what is corrected and nothing of the answers, in training and evaluation; its weights stay, its tokens count', async () => {
    const gpu = await testDevice();
    const critic = await randomPolicy(gpu, 3);
    const before = await weightBytes(critic);
    const run = async (given: object): Promise<{ tokens: number; weights: Uint8Array[] }> => {
      const policy = await randomPolicy(gpu);
      let tokens = 0;
      const onEvent = (event: TrainEvent): void => {
        if (event.type === 'step') tokens += event.metrics['num_tokens']!;
      };
      await new MGRPOTrainer({ ...data, policy, args: { ...args, layer2 }, onEvent, ...given }).train();
      return { tokens, weights: await weightBytes(policy) };
    };
    const [alone, criticised, again] = [await run({}), await run({ critic }), await run({ critic })];
    expect(criticised).toEqual(again);
    expect(criticised.weights).not.toEqual(alone.weights);
    expect(criticised.tokens).toBeGreaterThan(alone.tokens);
    expect(await weightBytes(critic)).toEqual(before);

    const policy = await randomPolicy(gpu);
    const options = { maxCompletionLength: 6, temperature: 1, layer2 };
    const texts = async (given: object, layer: number): Promise<string[]> => {
      const { records } = await evaluate(policy, problems(6), { ...options, ...given });
      return records.flatMap((record) => (record.layer === layer ? [record.completion] : []));
    };
    expect(await texts({ critic }, 1)).toEqual(await texts({}, 1));
    expect(await texts({ critic }, 2)).not.toEqual(await texts({}, 2));
  });

  it('is refused where it has no place', async () => {
    const policy = await randomPolicy(await testDevice());
    expect(() => new GRPOTrainer({ ...data, policy, args, critic: policy })).toThrow('a critic needs a second layer');
    const open = { ...args, layer2: { ...layer2, mode: 'open_think' } } as const;
    expect(() => new MGRPOTrainer({ ...data, policy, args: open, critic: policy })).toThrow(
      'expected layer2.mode eq5 with a critic',
    );
  });
});

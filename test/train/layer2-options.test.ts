import { describe, expect, it } from 'vitest';
import type { Prompt } from '../../src/algo/rollout.js';
import { accuracyReward } from '../../src/reward/accuracy.js';
import { verdictReward } from '../../src/reward/verdict.js';
import type { TrainEvent } from '../../src/train/events.js';
import { MGRPOTrainer } from '../../src/train/mgrpo-trainer.js';
import type { EncodedQuestion } from '../../src/train/questions.js';
import { judge } from '../../src/train/rollout.js';
import { testDevice } from '../support/device.js';
import {
  SHORT_ARGS as args,
  SHORT_LAYER2 as layer2,
  digitReward,
  problems,
  randomPolicy,
  weightBytes,
} from '../support/policy.js';

const data = { rewardFuncs: [digitReward], trainDataset: problems(8) };

/** Metrics of every step, and the weights behind the last. */
async function train(change: object, maxSteps: number) {
  const policy = await randomPolicy(await testDevice());
  const steps: Readonly<Record<string, number>>[] = [];
  const onEvent = (event: TrainEvent): void => {
    if (event.type === 'step') steps.push(event.metrics);
  };
  const settings = { ...args, maxSteps, layer2: { ...layer2, ...change } };
  const trainer = new MGRPOTrainer({ ...data, policy, args: settings, onEvent });
  await trainer.train();
  trainer.free();
  const weights = await weightBytes(policy);
  policy.free();
  return { steps, weights };
}

describe('the options of layer 2', () => {
  it('aloneSteps: only corrections are learnt from at first, both layers then', async () => {
    const [alone, first] = [await train({ schedule: 'alone' }, 1), await train({ aloneSteps: 1 }, 1)];
    expect(first.weights).toEqual(alone.weights);
    const { steps, weights } = await train({ aloneSteps: 1 }, 2);
    expect(steps.map((metrics) => 'loss' in metrics)).toEqual([false, true]);
    expect(weights).not.toEqual((await train({ schedule: 'alone' }, 2)).weights);
  });

  it('beta and entropyCoef hold for corrections alone', async () => {
    const { steps } = await train({ beta: 0.1, entropyCoef: 0.2 }, 2);
    for (const metrics of steps) {
      expect(metrics['layer2/kl']).toBeGreaterThan(0);
      expect(metrics['layer2/entropy_coef']).toBe(0.2);
      expect([metrics['kl'], metrics['entropy_coef']]).toEqual([undefined, undefined]);
    }
  });

  it('revision verdict: a correction that writes that the answer is right leaves it standing', async () => {
    const policy = await randomPolicy(await testDevice());
    const idsOf = (text: string): number[] => policy.tokenizer.encode(text);
    const question: EncodedQuestion = { promptIds: idsOf('2+3'), row: { prompt: '2+3', gold: '5' } };
    const completion = (text: string) => ({ ids: idsOf(text), logps: new Float32Array(), truncated: false });
    const asked = (answer: string): Prompt<EncodedQuestion> => ({
      question,
      ids: question.promptIds,
      origin: { row: 0, answer: completion(answer), correct: answer === '5', phrase: { text: '', ids: [] } },
    });
    const answers = ['5', '6', '5', '6'];
    const texts = ['<think>5=5</think>6', '<think>5=5</think>5', '<think>4?5</think>6', '<think>4?5</think>5'];
    const judged = async (revision: 'always' | 'verdict') => {
      const { scored, verdicts, stands } = await judge(
        policy,
        answers.map(asked),
        texts.map((text) => [completion(text)]),
        {
          ...{ rewardFuncs: [accuracyReward(), verdictReward()], openThink: false, revision },
          ...{ trainerState: { globalStep: 0, maxSteps: 0, epoch: 0 }, calls: { timeout: 60, failuresAreNull: false } },
        },
      );
      expect(scored.texts.map(({ text }) => text)).toEqual(texts);
      return { rewards: scored.rewards, right: verdicts.map(({ verdict }) => verdict), stands };
    };
    // Right: kept against what was answered anew; wrong: kept as well. Without the verdict the new answer counts.
    expect(await judged('verdict')).toEqual({
      rewards: [
        [1, 1],
        [0, 0],
        [0, 0],
        [1, 1],
      ],
      right: [true, false, false, true],
      stands: [true, true, false, false],
    });
    expect((await judged('always')).right).toEqual([false, true, false, true]);
    policy.free();
  });
});

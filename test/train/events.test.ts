import { describe, expect, it } from 'vitest';
import { Emitter } from '../../src/train/emitter.js';
import type { Listener, TrainEvent } from '../../src/train/events.js';
import { GRPOTrainer } from '../../src/train/grpo-trainer.js';
import { testDevice } from '../support/device.js';
import { digitReward, problems, randomPolicy } from '../support/policy.js';

const args = {
  numGenerations: 4,
  perDeviceTrainBatchSize: 8,
  gradientAccumulationSteps: 1,
  maxCompletionLength: 4,
  beta: 0,
  maxSteps: 2,
  loggingSteps: 1,
} as const;

const progress = { step: 0, phase: 'sample', done: 1, total: 2 } as const;
const checkpoint = { type: 'checkpoint', step: 0, last: false } as const;
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

describe('an emitter', () => {
  it('awaits every event but progress', async () => {
    const order: string[] = [];
    const emitter = new Emitter(async ({ type }) => {
      order.push(`${type} begins`);
      await tick();
      order.push(`${type} ends`);
    });
    emitter.progress(progress);
    await emitter.emit(checkpoint);
    expect(order.slice(0, 2)).toEqual(['progress begins', 'checkpoint begins']);
    expect(order).toContain('checkpoint ends');
  });

  it.each<[string, Listener]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
    ['rejects late', () => tick().then(() => Promise.reject(new Error('mine')))],
  ])('raises once what a listener of progress %s', async (_, listener) => {
    const emitter = new Emitter((event) => (event.type === 'progress' ? listener(event) : undefined));
    emitter.progress(progress);
    emitter.progress(progress);
    await expect(emitter.settle()).rejects.toThrow('mine');
    await emitter.settle();
    await emitter.emit(checkpoint);
  });
});

describe('a listener of a training', () => {
  async function train(onEvent: Listener): Promise<{ trainer: GRPOTrainer; result: Promise<unknown> }> {
    const policy = await randomPolicy(await testDevice());
    const trainer = new GRPOTrainer({ policy, rewardFuncs: digitReward, trainDataset: problems(16), args, onEvent });
    return { trainer, result: trainer.train() };
  }

  it.each(['progress', 'step', 'log', 'completions', 'checkpoint'] as const)(
    'that throws or rejects on %s ends it with that error, and it can go on',
    async (type) => {
      for (const fail of [
        () => {
          throw new Error('mine');
        },
        () => Promise.reject(new Error('mine')),
      ]) {
        let isBroken = true;
        const { trainer, result } = await train((event) => {
          if (event.type !== type || !isBroken) return undefined;
          isBroken = false;
          return fail();
        });
        await expect(result).rejects.toThrow('mine');
        expect(await trainer.train()).toMatchObject({ steps: 2, reason: 'done' });
      }
    },
  );

  it('that is slow holds the training at every event but progress', async () => {
    let isBusy = false;
    const seen: TrainEvent['type'][] = [];
    const { result } = await train(async ({ type }) => {
      if (type === 'progress') return;
      expect(isBusy).toBe(false);
      isBusy = true;
      seen.push(type);
      await tick();
      isBusy = false;
    });
    await result;
    expect(seen).toEqual(['start', 'completions', 'step', 'log', 'completions', 'step', 'log', 'checkpoint', 'end']);
  });
});

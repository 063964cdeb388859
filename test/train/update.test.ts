import { describe, expect, it } from 'vitest';
import { AdamW } from '../../src/optim/adamw.js';
import { optimizerStep } from '../../src/train/update.js';
import { testDevice } from '../support/device.js';
import { randomPolicy, weightBytes } from '../support/policy.js';

const settings = { weightDecay: 0, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, maxGradNorm: 1 };

describe('an optimiser step', () => {
  it.each([
    ['a gradient that is not a number', NaN, 1],
    ['an infinite gradient', Infinity, 1],
    ['a loss that is not a number', 1, NaN],
  ])('leaves weights and moments as they were with %s, and starts anew from gradients of 0', async (_, gradient, loss) => {
    const policy = await randomPolicy(await testDevice());
    const { decoder } = policy;
    const { device, trained } = decoder;
    const optimizer = new AdamW(trained, settings);
    const slab = trained.slabs[0]!;
    const write = (value: number): Promise<number> => {
      device.write(slab.gradient, new Float32Array(slab.gradient.shape[0]!).fill(value));
      return Promise.resolve(loss);
    };
    const before = await weightBytes(policy);
    await expect(optimizerStep(decoder, optimizer, 1e-3, () => write(gradient))).rejects.toMatchObject({ code: 'diverged' });
    expect(await weightBytes(policy)).toEqual(before);
    expect(optimizer.steps).toBe(0);
    // Nothing is left of the gradient that failed: a step without gradients changes nothing.
    expect(await optimizerStep(decoder, optimizer, 1e-3, () => Promise.resolve(1))).toBe(0);
    expect(await weightBytes(policy)).toEqual(before);
  });

  it('discards the gradients of micro-batches before one that failed', async () => {
    const policy = await randomPolicy(await testDevice());
    const { device, trained } = policy.decoder;
    const optimizer = new AdamW(trained, settings);
    const failed = optimizerStep(policy.decoder, optimizer, 1e-3, () => {
      device.write(trained.slabs[0]!.gradient, new Float32Array(trained.slabs[0]!.gradient.shape[0]!).fill(1));
      return Promise.reject(new Error('lost'));
    });
    await expect(failed).rejects.toThrow('lost');
    expect(await optimizerStep(policy.decoder, optimizer, 1e-3, () => Promise.resolve(1))).toBe(0);
  });
});

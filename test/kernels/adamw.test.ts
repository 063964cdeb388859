import { describe, expect, it } from 'vitest';
import { adamW, gradNorm } from '../../src/ops/adamw.js';
import { adamWReference, gradNormReference } from '../reference/adamw.js';
import { expectClose, noise } from '../support/compare.js';
import { skipTested, testedDevice } from '../support/tested.js';
import { guarded } from '../support/guard.js';

const SETTINGS = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };

describe('the f64 twin', () => {
  it('moves each parameter by about the learning rate in its first step, against the gradient', () => {
    const [param, m, v] = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
    adamWReference(param, [3, -0.01, 0], m, v, 1, { ...SETTINGS, weightDecay: 0 });
    expect([...param]).toEqual([expect.closeTo(-1e-3, 8), expect.closeTo(1e-3, 8), 0]);
  });
});

describe.skipIf(skipTested)('gradNorm', () => {
  it.each([[[1]], [[63, 64, 65]], [[4096]], [[4097, 1, 70_001]], [[3_000_001, 17]]])(
    'matches the twin on gradients of %j elements',
    async (sizes) => {
      for (const options of [{}, { maxBinding: 2 ** 20 }]) {
        const device = await testedDevice(options);
        const data = sizes.map((n, i) => noise(n, i + 1).map((v, k) => v * 10 ** -(k % 5)));
        const grads = data.map((d) => device.from(d));
        const out = [0, 0.5, 1e6].map(() => guarded(device, [2]));
        const rec = device.recorder();
        [0, 0.5, 1e6].forEach((maxNorm, i) => gradNorm(rec, { grads, out: out[i]!, maxNorm }));
        rec.submit();
        for (const [i, maxNorm] of [0, 0.5, 1e6].entries()) {
          expectClose(await out[i]!.values(), gradNormReference(data, maxNorm), `norm and factor at ${maxNorm}`, 3e-7);
        }
        device.free(...grads, ...out);
      }
    },
  );

  it('of no gradients is 0, with factor 1', async () => {
    const device = await testedDevice();
    const out = device.tensor([2]);
    const rec = device.recorder();
    gradNorm(rec, { grads: [], out, maxNorm: 1 });
    rec.submit();
    expect([...(await device.read(out))[0]]).toEqual([0, 1]);
  });

  it('gives the same bits twice', async () => {
    const device = await testedDevice();
    const grads = [device.from(noise(100_003, 5))];
    const run = async (): Promise<Float32Array> => {
      const out = device.tensor([2]);
      const rec = device.recorder();
      gradNorm(rec, { grads, out, maxNorm: 1 });
      rec.submit();
      return (await device.read(out))[0];
    };
    expect(await run()).toEqual(await run());
  });
});

describe.skipIf(skipTested)('adamW', () => {
  it.each([1, 64, 257, 65_537])('matches the twin over five steps on %i elements, within 5e-5 of the change', async (size) => {
    for (const options of [{}, { maxBinding: 65_536 }]) {
      const device = await testedDevice(options);
      const start = noise(size, 1);
      const param = guarded(device, [size], start);
      const [m, v] = [guarded(device, [size], new Float32Array(size)), guarded(device, [size], new Float32Array(size))];
      const clip = device.tensor([2]);
      const twin = { param: Float64Array.from(start), m: new Float64Array(size), v: new Float64Array(size) };
      for (let step = 1; step <= 5; step++) {
        const data = noise(size, 10 + step).map((g, i) => g * 10 ** -(i % 4));
        const grad = device.from(data);
        const rec = device.recorder();
        gradNorm(rec, { grads: [grad], out: clip, maxNorm: 0.3 });
        adamW(rec, { param, grad, m, v, clip, size, step, ...SETTINGS });
        rec.submit();
        const [, factor] = gradNormReference([data], 0.3);
        adamWReference(
          twin.param,
          Float64Array.from(data, (g) => g * factor),
          twin.m,
          twin.v,
          step,
          SETTINGS,
        );
        await device.idle();
        device.free(grad);
      }
      const now = await param.values();
      // f32 cannot hold a change better than half a unit in the last place of the parameter, here some 2e-8 of 1e-3 a step.
      expectClose(
        now.map((p, i) => p - start[i]!),
        twin.param.map((p, i) => p - start[i]!),
        'change',
        5e-5,
      );
      expectClose(await m.values(), twin.m, 'm', 1e-6);
      expectClose(await v.values(), twin.v, 'v', 1e-6);
      device.free(param, m, v, clip);
    }
  });

  it('refuses step 0', async () => {
    const device = await testedDevice();
    const t = device.tensor([2]);
    expect(() => adamW(device.recorder(), { param: t, grad: t, m: t, v: t, clip: t, size: 2, step: 0, ...SETTINGS })).toThrow(
      /whole number ≥ 1 for step, got 0/,
    );
  });
});

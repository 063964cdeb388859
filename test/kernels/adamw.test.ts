import { describe, expect, it } from 'vitest';
import { adamW, gradNorm } from '../../src/ops/adamw.js';
import { adamWReference, gradNormReference } from '../reference/adamw.js';
import { expectClose, noise } from '../support/compare.js';
import { skipGpu, testGpu } from '../support/gpu.js';
import { guarded } from '../support/guard.js';

const SETTINGS = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };

describe('the f64 twin', () => {
  it('moves each parameter by about the learning rate in its first step, against the gradient', () => {
    const [param, m, v] = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
    adamWReference(param, [3, -0.01, 0], m, v, 1, { ...SETTINGS, weightDecay: 0 });
    expect([...param]).toEqual([expect.closeTo(-1e-3, 8), expect.closeTo(1e-3, 8), 0]);
  });
});

describe.skipIf(skipGpu)('gradNorm', () => {
  it.each([[[1]], [[63, 64, 65]], [[4096]], [[4097, 1, 70_001]], [[3_000_001, 17]]])(
    'matches the twin on gradients of %j elements',
    async (sizes) => {
      for (const options of [{}, { maxBinding: 2 ** 20 }]) {
        const gpu = await testGpu(options);
        const data = sizes.map((n, i) => noise(n, i + 1).map((v, k) => v * 10 ** -(k % 5)));
        const grads = data.map((d) => gpu.from(d));
        const out = [0, 0.5, 1e6].map(() => guarded(gpu, [2]));
        const rec = gpu.recorder();
        [0, 0.5, 1e6].forEach((maxNorm, i) => gradNorm(rec, { grads, out: out[i]!, maxNorm }));
        rec.submit();
        for (const [i, maxNorm] of [0, 0.5, 1e6].entries()) {
          expectClose(await out[i]!.values(), gradNormReference(data, maxNorm), `norm and factor at ${maxNorm}`, 3e-7);
        }
        gpu.free(...grads, ...out);
      }
    },
  );

  it('of no gradients is 0, with factor 1', async () => {
    const gpu = await testGpu();
    const out = gpu.tensor([2]);
    const rec = gpu.recorder();
    gradNorm(rec, { grads: [], out, maxNorm: 1 });
    rec.submit();
    expect([...(await gpu.read(out))[0]]).toEqual([0, 1]);
  });

  it('gives the same bits twice', async () => {
    const gpu = await testGpu();
    const grads = [gpu.from(noise(100_003, 5))];
    const run = async (): Promise<Float32Array> => {
      const out = gpu.tensor([2]);
      const rec = gpu.recorder();
      gradNorm(rec, { grads, out, maxNorm: 1 });
      rec.submit();
      return (await gpu.read(out))[0];
    };
    expect(await run()).toEqual(await run());
  });
});

describe.skipIf(skipGpu)('adamW', () => {
  it.each([1, 64, 257, 65_537])('matches the twin over five steps on %i elements, within 5e-5 of the change', async (size) => {
    for (const options of [{}, { maxBinding: 65_536 }]) {
      const gpu = await testGpu(options);
      const start = noise(size, 1);
      const param = guarded(gpu, [size], start);
      const [m, v] = [guarded(gpu, [size], new Float32Array(size)), guarded(gpu, [size], new Float32Array(size))];
      const clip = gpu.tensor([2]);
      const twin = { param: Float64Array.from(start), m: new Float64Array(size), v: new Float64Array(size) };
      for (let step = 1; step <= 5; step++) {
        const data = noise(size, 10 + step).map((g, i) => g * 10 ** -(i % 4));
        const grad = gpu.from(data);
        const rec = gpu.recorder();
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
        await gpu.idle();
        gpu.free(grad);
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
      gpu.free(param, m, v, clip);
    }
  });

  it('refuses step 0', async () => {
    const gpu = await testGpu();
    const t = gpu.tensor([2]);
    expect(() => adamW(gpu.recorder(), { param: t, grad: t, m: t, v: t, clip: t, size: 2, step: 0, ...SETTINGS })).toThrow(
      /whole number ≥ 1 for step, got 0/,
    );
  });
});

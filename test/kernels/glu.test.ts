import { describe, expect, it } from 'vitest';
import { ACTIVATIONS, glu, gluBackward } from '../../src/ops/glu.js';
import { gluBackwardReference, gluReference } from '../reference/glu.js';
import { expectClose, noise } from '../support/compare.js';
import { skipTested, testedDevice } from '../support/tested.js';
import { guarded, numericGradient } from '../support/guard.js';

describe('the f64 twin', () => {
  it.each(ACTIVATIONS)('has the gradient of its forward pass, by central differences: %s', (activation) => {
    const [gate, up, dy] = [Float64Array.from(noise(9, 1), (v) => 4 * v), Float64Array.from(noise(9, 2)), noise(9, 3)];
    const loss = (): number => gluReference(gate, up, activation).reduce((sum, y, i) => sum + y * dy[i]!, 0);
    const { dGate, dUp } = gluBackwardReference(gate, up, dy, activation);
    expectClose(dGate, numericGradient(gate, loss), 'dGate', 1e-8);
    expectClose(dUp, numericGradient(up, loss), 'dUp', 1e-8);
  });
});

describe.skipIf(skipTested)('glu', () => {
  const sizes = [1, 63, 64, 255, 256, 257, 98_311, 300_007];
  it.each([...sizes.map((size) => [size, 'silu'] as const), ...[1, 64, 300_007].map((size) => [size, 'gelu_tanh'] as const)])(
    'matches the twin on %i elements of %s, forward and backward',
    async (size, activation) => {
      const device = await testedDevice();
      const [gate, up, dy] = [noise(size, 1).map((v) => 6 * v), noise(size, 2), noise(size, 3)];
      const [gt, ut, dt] = [device.from(gate), device.from(up), device.from(dy)];
      const [y, dGate, dUp] = [0, 1, 2].map(() => guarded(device, [size])) as [Guard, Guard, Guard];
      const rec = device.recorder();
      glu(rec, { gate: gt, up: ut, y, size, activation });
      gluBackward(rec, { gate: gt, up: ut, dy: dt, dGate, dUp, size, activation });
      rec.submit();
      expectClose(await y.values(), gluReference(gate, up, activation), 'y', 2e-6);
      const expected = gluBackwardReference(gate, up, dy, activation);
      expectClose(await dGate.values(), expected.dGate, 'dGate', 2e-6);
      expectClose(await dUp.values(), expected.dUp, 'dUp', 2e-6);
      device.free(gt, ut, dt, y, dGate, dUp);
    },
  );

  it.each(ACTIVATIONS)('stays finite where exp(-gate) would not: %s', async (activation) => {
    const device = await testedDevice();
    const gate = Float32Array.of(-1e4, -200, -89, -1e-30, 0, 89, 1e4);
    const up = gate.map(() => 1);
    const [gt, ut] = [device.from(gate), device.from(up)];
    const [y, dGate, dUp] = [device.tensor([7]), device.tensor([7]), device.tensor([7])];
    const rec = device.recorder();
    glu(rec, { gate: gt, up: ut, y, size: 7, activation });
    gluBackward(rec, { gate: gt, up: ut, dy: ut, dGate, dUp, size: 7, activation });
    rec.submit();
    const [ys, dg, du] = await device.read(y, dGate, dUp);
    const expected = gluBackwardReference(gate, up, up, activation);
    expectClose(ys, gluReference(gate, up, activation), 'y', 1e-6);
    expectClose(dg, expected.dGate, 'dGate', 1e-6);
    expectClose(du, expected.dUp, 'dUp', 1e-6);
  });

  it('refuses tensors that are too small, and says which', async () => {
    const device = await testedDevice();
    const [gate, up, y] = [device.tensor([8]), device.tensor([7]), device.tensor([8])];
    expect(() => glu(device.recorder(), { gate, up, y, size: 8 })).toThrow(/f32\[8\] for up, got f32\[7\]/);
  });
});

type Guard = ReturnType<typeof guarded>;

import { describe, expect, it } from 'vitest';
import { rope } from '../../src/ops/rope.js';
import { ropeReference, ropeTables } from '../reference/rope.js';
import { expectClose, noise } from '../support/compare.js';
import { skipTested, testedDevice } from '../support/tested.js';

const MAX_POS = 300;

describe('the f64 twin', () => {
  it('keeps q·k a function of the distance of the two positions', () => {
    const { cos, sin } = ropeTables(64, 8);
    const at = (x: Float32Array, p: number): Float64Array => ropeReference(x, cos, sin, [p], 1, 8);
    const [q, k] = [noise(8, 1), noise(8, 2)];
    const score = (i: number, j: number): number => at(q, i).reduce((sum, x, e) => sum + x * at(k, j)[e]!, 0);
    expect(score(9, 4)).toBeCloseTo(score(50, 45), 12);
    expect(Math.abs(score(9, 4) - score(9, 5))).toBeGreaterThan(1e-3);
  });

  it('has the opposite rotation as its gradient, by central differences', () => {
    const { cos, sin } = ropeTables(16, 6);
    const [x, dy] = [Float64Array.from(noise(24, 3)), noise(24, 4)];
    const positions = [5, 11];
    const loss = (): number => ropeReference(x, cos, sin, positions, 2, 6).reduce((sum, y, i) => sum + y * dy[i]!, 0);
    const numeric = x.map((value, i) => {
      x[i] = value + 1e-5;
      const above = loss();
      x[i] = value - 1e-5;
      const below = loss();
      x[i] = value;
      return (above - below) / 2e-5;
    });
    expectClose(ropeReference(dy, cos, sin, positions, 2, 6, true), numeric, 'dx', 1e-9);
  });
});

describe.skipIf(skipTested)('rope', () => {
  const cases = [
    [1, 1, 2],
    [7, 5, 4],
    [33, 3, 10],
    [65, 4, 16],
    [130, 9, 64],
    [5, 2, 80],
    [3, 1, 128],
    [65_537, 1, 4],
  ] as const;

  it.each(cases)('rotates %i rows of %i heads of %i as the twin does, and back', async (tokens, heads, headDim) => {
    const device = await testedDevice();
    const tables = ropeTables(MAX_POS, headDim);
    const [cos, sin] = [device.from(Float32Array.from(tables.cos)), device.from(Float32Array.from(tables.sin))];
    const data = noise(tokens * heads * headDim, 7);
    const places = Uint32Array.from({ length: tokens }, (_, t) => (t * 37) % MAX_POS);
    const positions = device.from(places);
    const guard = 64;
    const whole = device.from(Float32Array.from([...data, ...new Float32Array(guard).fill(9)]));
    const x = { ...whole, shape: [tokens, heads, headDim] };
    const turn = async (inverse: boolean): Promise<Float32Array> => {
      const rec = device.recorder();
      rope(rec, { x, cos, sin, positions, tokens, heads, headDim, inverse });
      rec.submit();
      return (await device.read(whole))[0];
    };
    const forward = await turn(false);
    expectClose(forward.subarray(0, data.length), ropeReference(data, tables.cos, tables.sin, places, heads, headDim), 'x', 1e-6);
    const back = await turn(true);
    expectClose(back.subarray(0, data.length), data, 'rotated back', 1e-6);
    expect(
      back.slice(data.length).every((e) => e === 9),
      'guard band',
    ).toBe(true);
    device.free(cos, sin, positions, whole);
  });

  it('names the shapes that do not fit', async () => {
    const device = await testedDevice();
    const t = device.from(new Float32Array(12));
    const positions = device.from(new Uint32Array(3));
    const args = { x: t, cos: t, sin: t, positions, tokens: 3, heads: 1, headDim: 4 };
    expect(() => rope(device.recorder(), { ...args, headDim: 3 })).toThrow(
      'expected an even number (this model cannot use rotary positions) for headDim, got 3',
    );
    expect(() => rope(device.recorder(), { ...args, tokens: 4 })).toThrow('expected f32[4,1,4] for x, got f32[12]');
    expect(() => rope(device.recorder(), { ...args, cos: positions })).toThrow('expected cos and sin of shape [maxPos, 2]');
  });
});

import { describe, expect, it } from 'vitest';
import type { GpuOptions } from '../../src/gpu/device.js';
import { embed, embedBackward, embedPlan } from '../../src/ops/embedding.js';
import { embedBackwardReference, embedReference } from '../reference/embedding.js';
import { expectClose, noise } from '../support/compare.js';
import { skipTested, testedDevice } from '../support/tested.js';
import { guarded, numericGradient, packBf16 } from '../support/guard.js';

const someIds = (tokens: number, vocab: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: tokens }, (_, t) => (t === 0 ? vocab - 1 : t % 3 === 0 ? 0 : (t * 7919) % vocab));

describe('the f64 twin', () => {
  it.each([1, 3])('has the gradient of its forward pass, by central differences: scale %i', (scale) => {
    const ids = [2, 0, 2, 1];
    const [table, dy] = [Float64Array.from(noise(8, 1)), noise(8, 2)];
    const loss = (): number => embedReference(table, 2, ids, scale).reduce((sum, y, i) => sum + y * dy[i]!, 0);
    expectClose(embedBackwardReference(dy, 2, ids, 4, scale), numericGradient(table, loss), 'dTable', 1e-8);
  });
});

describe('embedPlan', () => {
  it('groups rows by id, in their order', () => {
    expect(embedPlan(Uint32Array.of(5, 1, 5, 0, 1, 5))).toEqual({
      order: Uint32Array.of(3, 1, 4, 0, 2, 5),
      starts: Uint32Array.of(0, 1, 3, 6),
      ids: Uint32Array.of(0, 1, 5),
    });
  });

  it('leaves the padding id out', () => {
    const { order, starts, ids } = embedPlan(Uint32Array.of(5, 1, 5, 0, 1, 5), 1);
    expect([[...order], [...starts], [...ids]]).toEqual([
      [3, 0, 2, 5],
      [0, 1, 4],
      [0, 5],
    ]);
  });

  it('of no tokens has no ids', () => {
    expect(embedPlan(new Uint32Array(0))).toEqual({
      order: new Uint32Array(0),
      starts: Uint32Array.of(0),
      ids: new Uint32Array(0),
    });
  });
});

describe.skipIf(skipTested)('embed', () => {
  const small: GpuOptions = { maxBinding: 65_536 };
  it.each([
    [1, 1, 1, {}],
    [3, 7, 5, {}],
    [64, 128, 64, {}],
    [65, 127, 33, {}, 2.5],
    [200, 1000, 62, small, Math.sqrt(62)],
    [129, 70_001, 3, {}],
    [129, 70_001, 3, small],
    [70_000, 17, 1, {}],
  ] as const)(
    'matches the twin on %i tokens of a vocabulary of %i x %i with %o, forward and backward',
    async (tokens, vocab, width, options, scale = 1) => {
      const device = await testedDevice(options);
      const ids = someIds(tokens, vocab);
      const plan = embedPlan(ids);
      const { packed, exact } = packBf16(noise(vocab * width, 1));
      const dy = noise(tokens * width, 2);
      const before = noise(vocab * width, 3);
      const idt = device.from(ids);
      const tables = [device.from(exact), { ...device.from(packed), dtype: 'bf16' as const, shape: [vocab, width] }];
      const ys = tables.map(() => guarded(device, [tokens, width]));
      const dTable = guarded(device, [vocab, width], before);
      const [dyt, order, starts, unique] = [
        device.from(dy),
        device.from(plan.order),
        device.from(plan.starts),
        device.from(plan.ids),
      ];
      const rec = device.recorder();
      tables.forEach((table, i) => embed(rec, { table, ids: idt, y: ys[i]!, tokens, vocab, width, scale }));
      embedBackward(rec, { dy: dyt, dTable, order, starts, ids: unique, unique: plan.ids.length, width, vocab, scale });
      rec.submit();
      const expected = embedReference(exact, width, ids, Math.fround(scale));
      for (const y of ys) expect(await y.values()).toEqual(Float32Array.from(expected));
      expectClose(
        await dTable.values(),
        embedBackwardReference(dy, width, ids, vocab, scale).map((d, i) => d + before[i]!),
        'dTable',
      );
      device.free(idt, ...tables, ...ys, dTable, dyt, order, starts, unique);
    },
  );

  it('refuses a table that is too small, and says so', async () => {
    const device = await testedDevice();
    const t = device.tensor([4, 4]);
    const ids = device.tensor([1], 'u32');
    expect(() => embed(device.recorder(), { table: t, ids, y: t, tokens: 1, vocab: 5, width: 4 })).toThrow(
      /embed: expected f32 or bf16 or f16 or q8 or q4\[5,4\] for table/,
    );
  });
});

// The attention of a step of decoding against the operations that it stands for, which have twins in f64 of their own.
import { describe, expect, it } from 'vitest';
import type { Device } from '../../src/ops/device.js';
import { decodeAttention, stepAttention } from '../../src/ops/attention.js';
import { kvStore, NOT_STORED } from '../../src/ops/kv.js';
import { rope } from '../../src/ops/rope.js';
import { view, type Tensor } from '../../src/ops/tensor.js';
import { ropeTables } from '../reference/rope.js';
import { expectClose, noise } from '../support/compare.js';
import { halfTensor, readHalf } from '../support/half.js';
import { skipTested, testedDevice } from '../support/tested.js';

const GPU = { kind: 'gpu', subgroups: false } as const;
const SHORT = [1, 33, 0, 70, 5];
/** On both sides of what one workgroup serves. */
const LONG = [1, 256, 0, 600, 257];

interface Case {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly window?: number;
  readonly turns: boolean;
  readonly contexts: readonly number[];
  /** The cache is in f16. */
  readonly half?: boolean;
}

/** Positions that a slot has room for: a multiple of 64, so that a slot's row of kvIndex can be bound. */
const roomOf = (contexts: readonly number[]): number => Math.ceil((Math.max(...contexts) + 1) / 64) * 64;

/** A cache whose slots share no rows, and the new queries, keys and values. */
function inputs(device: Device, { heads, kvHeads, headDim, contexts, half }: Case) {
  const slots = contexts.length;
  const room = roomOf(contexts);
  const width = kvHeads * headDim;
  const rows = slots * room;
  const rowOf = (slot: number, position: number): number => rows - 1 - (position * slots + slot);
  const kvIndex = Uint32Array.from({ length: rows }, (_, i) => rowOf(Math.floor(i / room), i % room));
  // Queries, keys and values side by side, each from a multiple of 256 bytes on.
  const [first, second] = [slots * heads * headDim, slots * width].map((n) => Math.ceil(n / 64) * 64) as [number, number];
  const whole = device.from(noise(first + 2 * second, 1));
  const { cos, sin } = ropeTables(room, headDim);
  const tables = device.from(Float32Array.from([...cos, ...sin]));
  return {
    q: view(whole, 0, [slots, heads, headDim]),
    k: view(whole, first, [slots, kvHeads, headDim]),
    v: view(whole, first + second, [slots, kvHeads, headDim]),
    cos: view(tables, 0, [room, headDim / 2]),
    sin: view(tables, cos.length, [room, headDim / 2]),
    kCache: (half ? halfTensor : from)(device, noise(rows * width, 2), [rows, kvHeads, headDim]),
    vCache: (half ? halfTensor : from)(device, noise(rows * width, 3), [rows, kvHeads, headDim]),
    kvIndex: device.from(kvIndex, [slots, room]),
    contextLength: device.from(Uint32Array.from(contexts)),
    positions: device.from(Uint32Array.from(contexts, (n) => Math.max(n - 1, 0))),
    cacheRow: device.from(Uint32Array.from(contexts, (n, slot) => (n > 0 ? rowOf(slot, n - 1) : NOT_STORED))),
    o: device.tensor([slots, heads, headDim]),
  };
}

const from = (device: Device, data: Float32Array<ArrayBuffer>, shape: readonly number[]): Tensor => device.from(data, shape);

const CASES: Case[] = [
  { heads: 6, kvHeads: 2, headDim: 64, turns: true, contexts: SHORT },
  { heads: 6, kvHeads: 2, headDim: 16, turns: true, contexts: LONG },
  { heads: 3, kvHeads: 1, headDim: 10, turns: true, window: 300, contexts: LONG },
  { heads: 6, kvHeads: 2, headDim: 16, turns: true, contexts: LONG, half: true },
  { heads: 3, kvHeads: 1, headDim: 10, turns: false, contexts: SHORT, half: true },
  { heads: 2, kvHeads: 2, headDim: 10, turns: true, contexts: SHORT },
  { heads: 9, kvHeads: 1, headDim: 12, turns: true, window: 8, contexts: SHORT },
  { heads: 7, kvHeads: 1, headDim: 128, turns: false, contexts: SHORT },
];

describe.skipIf(skipTested)('the attention of a step', () => {
  it.each(CASES)('is that of rope, store and attention: %o', async (given) => {
    const device = await testedDevice(GPU);
    const { heads, kvHeads, headDim, turns, contexts, window = 0 } = given;
    const sizes = { slots: contexts.length, maxContext: roomOf(contexts) };
    const shape = { heads, kvHeads, headDim, window, scale: headDim ** -0.5, ...sizes };
    const run = async (record: (rec: ReturnType<Device['recorder']>, t: ReturnType<typeof inputs>) => void) => {
      const t = inputs(device, given);
      const rec = device.recorder();
      record(rec, t);
      rec.submit();
      const [o] = await device.read(t.o);
      if (given.half) return [o, await readHalf(device, t.kCache), await readHalf(device, t.vCache)] as const;
      return [o, ...(await device.read(t.kCache, t.vCache))] as const;
    };
    const [o, k, v] = await run((rec, { cos, sin, ...t }) => {
      stepAttention(rec, { ...shape, ...t, ...(turns && { cos, sin }) });
    });
    const [oApart, kApart, vApart] = await run((rec, { cos, sin, ...t }) => {
      const tokens = shape.slots;
      const turn = (x: Tensor, count: number): void => {
        rope(rec, { x, cos, sin, positions: t.positions, tokens, heads: count, headDim });
      };
      if (turns) turn(t.q, heads);
      if (turns) turn(t.k, kvHeads);
      kvStore(rec, { ...t, tokens, kvHeads, headDim });
      decodeAttention(rec, { ...shape, ...t });
    });
    expectClose(o, oApart, 'o', 1e-6);
    expectClose(k, kApart, 'keys', 1e-7);
    expect(v.every((x, i) => x === vApart[i])).toBe(true);
    expect(o.subarray(2 * heads * headDim, 3 * heads * headDim).every((x) => x === 0)).toBe(true);
  });

  it('gives a slot the same bits alone, beside others, and whatever room there is for contexts', async () => {
    const device = await testedDevice(GPU);
    const [heads, kvHeads, headDim] = [4, 2, 16];
    const given = { heads, kvHeads, headDim, turns: false, contexts: [...LONG, 200, 3, 64, 65] };
    const t = inputs(device, given);
    const shape = { heads, kvHeads, headDim, scale: 0.25 };
    const attend = async (first: number, slots: number, maxContext: number): Promise<Float32Array> => {
      const [q, kvIndex] = [
        view(t.q, first * heads * headDim, [slots, heads, headDim]),
        view(t.kvIndex, first * roomOf(LONG), [slots, maxContext]),
      ];
      const contextLength = device.from(Uint32Array.from(given.contexts.slice(first, first + slots)));
      const o = device.tensor([slots, heads, headDim]);
      const rec = device.recorder();
      decodeAttention(rec, { ...shape, kCache: t.kCache, vCache: t.vCache, q, kvIndex, contextLength, o, slots, maxContext });
      rec.submit();
      return (await device.read(o))[0];
    };
    const all = await attend(0, given.contexts.length, roomOf(LONG));
    for (const [slot, context] of given.contexts.entries()) {
      const expected = all.subarray(slot * heads * headDim, (slot + 1) * heads * headDim);
      // Room for one piece alone where it is enough.
      for (const room of context <= 256 ? [256, roomOf(LONG)] : [context, roomOf(LONG)])
        expect(await attend(slot, 1, room), `slot ${slot} with room for ${room}`).toEqual(expected);
    }
  });
});

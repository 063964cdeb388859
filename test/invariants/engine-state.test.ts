import { describe, expect, it } from 'vitest';
import type { Recorder } from '../../src/ops/device.js';
import type { Scores } from '../../src/nn/blocks/head.js';
import type { Decoder } from '../../src/nn/decoder.js';
import type { ForwardState } from '../../src/nn/forward-state.js';
import { packForScoring, scoreSequences } from '../../src/train/update.js';
import { testDevice } from '../support/device.js';
import { randomPolicy } from '../support/policy.js';

const sequences = Array.from({ length: 4 }, (_, i) => ({
  promptIds: [3, 40 + i, 41, 4],
  completionIds: Array.from({ length: 3 + 2 * i }, (_, t) => 20 + ((i * 7 + t * 5) % 60)),
}));
const some = [sequences.slice(0, 2), sequences.slice(2)] as const;

/** A pass over sequences with its scores, and its backward pass with the gradient 1 on every log-probability. */
function pass(
  rec: Recorder,
  decoder: Decoder,
  part: (typeof some)[number],
): { state: ForwardState; score(): Scores; backward(scores: Scores): void } {
  const { batch, targets } = packForScoring(part, decoder.config, 1);
  const state = decoder.forward(rec, batch, { keep: true });
  return {
    state,
    score: () => decoder.score(rec, state, targets),
    backward(scores) {
      const ones = new Float32Array(targets.rows.length).fill(1);
      decoder.backward(rec, state, scores, ones, new Float32Array(ones.length));
    },
  };
}

async function gradients(decoder: Decoder): Promise<Float32Array> {
  const [values] = await decoder.device.read(decoder.trained.slabs[0]!.gradient);
  const rec = decoder.device.recorder();
  decoder.trained.zeroGradients(rec);
  rec.submit();
  return values;
}

/** Log-probabilities and gradients of one part by itself. */
async function alone(decoder: Decoder, part: (typeof some)[number]): Promise<[Float32Array, Float32Array]> {
  const rec = decoder.device.recorder();
  const { state, score, backward } = pass(rec, decoder, part);
  const scores = score();
  backward(scores);
  rec.submit();
  const [logps] = await decoder.device.read(scores.logps);
  state.release();
  return [logps, await gradients(decoder)];
}

describe('the state of a forward pass', () => {
  it('is its own: a second decoder on the device changes nothing, in one recorder or in two', async () => {
    const gpu = await testDevice();
    const [a, b] = [(await randomPolicy(gpu, 7)).decoder, (await randomPolicy(gpu, 8)).decoder];
    const [expected, expectedGradients] = await alone(a, some[0]);
    for (const second of [undefined, gpu.recorder()]) {
      const rec = gpu.recorder();
      const first = pass(rec, a, some[0]);
      const other = pass(second ?? rec, b, some[1]);
      const scores = first.score();
      other.backward(other.score());
      second?.submit();
      first.backward(scores);
      rec.submit();
      expect((await gpu.read(scores.logps))[0]).toEqual(expected);
      expect(await gradients(a)).toEqual(expectedGradients);
      first.state.release();
      other.state.release();
    }
  });

  it.each([true, false])('can live beside another of the same decoder (checkpointing %s)', async (checkpointing) => {
    const { decoder } = await randomPolicy(await testDevice(), 7, checkpointing);
    const [[one, oneGradients], [two, twoGradients]] = [await alone(decoder, some[0]), await alone(decoder, some[1])];
    const rec = decoder.device.recorder();
    const passes = some.map((part) => pass(rec, decoder, part));
    const scores = passes.map(({ score }) => score());
    passes[0]!.backward(scores[0]!);
    rec.submit();
    const first = await gradients(decoder);
    passes[1]!.backward(scores[1]!);
    rec.submit();
    expect(first).toEqual(oneGradients);
    expect(await gradients(decoder)).toEqual(twoGradients);
    expect((await decoder.device.read(scores[0]!.logps))[0]).toEqual(one);
    expect((await decoder.device.read(scores[1]!.logps))[0]).toEqual(two);
    for (const { state } of passes) state.release();
  });

  it('refuses what would be wrong: after its release, without keep, with the scores of another', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const rec = decoder.device.recorder();
    const [one, two] = some.map((part) => pass(rec, decoder, part)) as [ReturnType<typeof pass>, ReturnType<typeof pass>];
    const scores = one.score();
    expect(() => two.backward(scores)).toThrow(/scores of this state/);
    rec.submit();
    one.state.release();
    expect(() => one.score()).toThrow(/released/);
    expect(() => one.backward(scores)).toThrow(/released/);
    two.state.release();
    const { batch, targets } = packForScoring(some[0], decoder.config, 1);
    const plain = decoder.forward(rec, batch);
    const none = new Float32Array(targets.rows.length);
    expect(() => decoder.backward(rec, plain, decoder.score(rec, plain, targets), none, none)).toThrow(/keep: true/);
    rec.submit();
    plain.release();
  });

  it('takes no more memory after many steps than after the first of the longest', async () => {
    const { decoder } = await randomPolicy(await testDevice());
    const step = async (part: (typeof some)[number]): Promise<number> => {
      await scoreSequences(decoder, part, 1);
      await alone(decoder, part);
      return decoder.device.memory.allocated;
    };
    for (const part of [some[0], some[1], sequences]) await step(part);
    const after = await step(sequences);
    for (let i = 0; i < 12; i++) expect(await step(i % 3 ? some[i % 2]! : sequences)).toBe(after);
  });
});

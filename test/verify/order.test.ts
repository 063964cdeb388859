// A verdict depends on its pair alone: not on the pairs before it, on batches, or on the thread.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WorkerModule } from '../../src/platform/reward-worker-node.js';
import { accuracyReward } from '../../src/reward/accuracy.js';
import { Rng } from '../../src/rng.js';
import { verify, verifyBatch } from '../../src/verify.js';
import type { Verdict, VerifyPair } from '../../src/verify.js';
import { ensureBuilt, root } from '../support/cli.js';
import { choices, equivalences } from './cases/documented.js';
import { marked } from './cases/marked.js';
import { told } from './cases/prose.js';
import { hostileSeeds } from './hostile.js';

const hostile = hostileSeeds.map((seed): VerifyPair => ({ gold: '5', response: seed.repeat(200) }));
const pairs: readonly VerifyPair[] = [
  ...equivalences.map(([gold, pred]): VerifyPair => ({ gold, pred })),
  ...choices.flatMap(({ texts, cases }) =>
    cases.map(([gold, text, , options]): VerifyPair => ({
      gold,
      ...(texts === 'answer' ? { pred: text } : { response: text }),
      ...options,
    })),
  ),
  ...Object.values(marked).flatMap((rows) => rows.map(([gold, response]): VerifyPair => ({ gold, response, mode: 'strict' }))),
  ...Object.values(told).flatMap((rows) => rows.map(([gold, response]): VerifyPair => ({ gold, response }))),
  { gold: { numbers: [3, 7, 25], target: 35 } as never, response: 'The answer is 3+7+25.' },
  ...hostile,
];
const alone = pairs.map((pair) => verify(pair));

const folder = mkdtempSync(path.join(tmpdir(), 'mgrpo-order-'));
beforeAll(ensureBuilt);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The places of a list in another order. */
function shuffled(count: number, seed: number): number[] {
  const random = new Rng(seed);
  const places = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [places[i], places[j]] = [places[j]!, places[i]!];
  }
  return places;
}

it('a gold with two boxes is read the same after a gold of two items', () => {
  const boxes = '\\boxed{(}是\\boxed1final answer:g';
  const pair: VerifyPair = { gold: boxes, pred: boxes, form: 'any' };
  expect(verifyBatch([{ gold: ',', response: '2', mode: 'strict', form: 'any' }, pair])[1]).toEqual(verify(pair));
});

it.each([1, 2, 3])('in any order: shuffle %i', (seed) => {
  const order = shuffled(pairs.length, seed);
  expect(verifyBatch(order.map((i) => pairs[i]!))).toEqual(order.map((i) => alone[i]));
});

it('in another thread, from the last pair to the first', async () => {
  const code = `import { parentPort, workerData } from 'node:worker_threads';
    import { verifyBatch } from ${JSON.stringify(pathToFileURL(path.join(root, 'dist/verify.js')).href)};
    parentPort.postMessage(verifyBatch(workerData));`;
  const file = path.join(folder, 'worker.mjs');
  writeFileSync(file, code);
  const worker = new Worker(file, { workerData: [...pairs].reverse() });
  const verdicts = await new Promise<Verdict[]>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await worker.terminate();
  expect(verdicts.reverse()).toEqual(alone);
});

it('and so do rewards, in a reward module’s thread too', async () => {
  const file = path.join(folder, 'reward.mjs');
  writeFileSync(
    file,
    `import { accuracyReward } from ${JSON.stringify(pathToFileURL(path.join(root, 'dist/index.js')).href)};
    export default accuracyReward();`,
  );
  const rows = Object.values(marked).flat();
  const argsOf = (order: readonly number[]) => ({
    prompts: order.map(() => ''),
    completions: order.map((i) => rows[i]![1]),
    completionIds: order.map(() => []),
    gold: order.map((i) => rows[i]![0]),
  });
  const places = rows.map((_, i) => i);
  const straight = await accuracyReward()(argsOf(places));
  const order = shuffled(rows.length, 4);
  const expected = order.map((i) => straight[i]);
  expect(await accuracyReward()(argsOf(order))).toEqual(expected);
  const { module } = await WorkerModule.open(file, pathToFileURL(file).href);
  expect((await module.call(0, argsOf(order) as never, undefined)).scores).toEqual(expected);
  await module.call(0, argsOf(places) as never, undefined);
  expect((await module.call(0, argsOf(order) as never, undefined)).scores).toEqual(expected);
});

// Records what the built-in model answers before and after a training, into web/recorded.json, which the page shows where it cannot train itself.
// Trains as the page does by default, in the page's own engine: npm run build, then node scripts/run.mjs scripts/record-play.ts
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { servePage } from '../src/cli/ui.js';
import { signs } from '../src/tasks/signs.js';
import { startChromium } from '../test/support/chromium.js';
import type { AskRequest, Asked } from '../src/worker/protocol.js';
import { DEFAULTS, argsOf, puzzlesOf } from '../web/settings.js';

/** Held-out puzzles, as they come. */
const PUZZLES = signs('small').rows('test', 12, 1);
const LENGTH = 32;

const server = await servePage(path.resolve('dist/web'), 0);
const browser = await startChromium();
if (typeof browser === 'string') throw new Error(browser);
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
const request = { algorithm: 'mgrpo', data: puzzlesOf(DEFAULTS, 4096), args: argsOf(DEFAULTS, LENGTH), folder: null };
const asks = PUZZLES.flatMap((row) => {
  const { question, numbers, target } = row as unknown as { question: string; numbers: number[]; target: number };
  const gold = { numbers, target, inOrder: true };
  const dice = { phrase: 'Wait, let me double-check that.', temperature: 1, seed: 1, maxCompletionLength: LENGTH };
  return (['before', 'now'] as const).map((which) => ({ which, question, gold, ...dice }) as AskRequest);
});
const answers = await page.evaluate(
  async (training: object, questions: object[]) => {
    const worker = new Worker('engine.js', { type: 'module' });
    let next = 0;
    const call = (name: string, ...args: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const id = next++;
        worker.addEventListener('message', ({ data }: MessageEvent<{ id?: number; result?: unknown; error?: object }>) => {
          if (data.id !== id) return;
          if (data.error) reject(new Error(JSON.stringify(data.error)));
          else resolve(data.result);
        });
        worker.postMessage({ id, call: name, args });
      });
    await call('open', 'wasm');
    await call('load', { url: new URL('models/signs-0.2m', document.baseURI).href }, 'full');
    await call('train', training);
    const found: unknown[] = [];
    for (const question of questions) found.push(await call('ask', question));
    return found;
  },
  request,
  asks,
);
await browser.close();
server.closeAllConnections();
server.close();

const recorded = PUZZLES.map((row, i) => ({
  question: row['question'] as string,
  before: answers[2 * i] as Asked,
  now: answers[2 * i + 1] as Asked,
}));
const round = (key: string, value: unknown): unknown =>
  key === 'logp' ? Number((value as number).toPrecision(3)) : key === 'read' ? undefined : value;
writeFileSync('web/recorded.json', `${JSON.stringify({ steps: DEFAULTS.steps, puzzles: recorded }, round)}\n`);
const right = (which: 'before' | 'now'): number => recorded.filter((entry) => entry[which].correction.verdict?.verdict).length;
console.log(`corrections right: ${right('before')} of ${PUZZLES.length} before, ${right('now')} after`);

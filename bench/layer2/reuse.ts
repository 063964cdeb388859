// What layer 2's rollout costs beside layer 1's where answers are long: with their keys and values kept, and without.
// node scripts/run.mjs bench/layer2/reuse.ts MODEL_FOLDER [answer tokens, default 256] [rounds, default 3]   (WebAssembly)
// Prints seconds and prefilled tokens of each rollout, and whether the corrections are the same bytes.
import { loadDecoder } from '../../src/formats/load.js';
import { openWasm } from '../../src/open/node.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { generate, type Generated, type GenerateOptions, type GenerateRequest } from '../../src/sampling/generate.js';
import { KvCache } from '../../src/sampling/kv-cache.js';

const [folder, words = '256', times = '3'] = process.argv.slice(2);
const LENGTH = Number(words);
const QUESTIONS = 2;
const ANSWERS = 4;
const PROMPT = 100;
const PHRASE = 24;
const ROUNDS = Number(times);

const device = await openWasm();
const decoder = await loadDecoder(device, new NodeFiles(folder!), { dtype: 'bf16' });
let prefilled = 0;
const forward = decoder.forward.bind(decoder);
decoder.forward = (rec, batch, options) => {
  prefilled += batch.length;
  return forward(rec, batch, options);
};
const extend = decoder.extend.bind(decoder);
decoder.extend = (rec, slots) => {
  prefilled += slots.count;
  extend(rec, slots);
};

/** Token ids that no sample ends at. */
const ids = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => 1000 + ((from + 37 * i) % 9000));
const prompts = Array.from({ length: QUESTIONS }, (_, i) => ids(PROMPT, 500 * i));
const settings: GenerateOptions = { temperature: 1, maxCompletionLength: LENGTH, eosIds: new Set(), seed: 1 };

async function timed(
  name: string,
  requests: readonly GenerateRequest[],
  more: Partial<GenerateOptions>,
): Promise<readonly Generated[]> {
  prefilled = 0;
  const since = performance.now();
  const samples = await generate(decoder, requests, { ...settings, ...more });
  const seconds = (performance.now() - since) / 1000;
  const tokens = samples.reduce((sum, sample) => sum + sample.ids.length, 0);
  console.log(JSON.stringify({ name, seconds, tokens, msPerToken: (1000 * seconds) / tokens, prefilled }));
  return samples;
}

const rows = QUESTIONS * PROMPT + 2 * QUESTIONS * ANSWERS * (LENGTH + PHRASE + 1) + 2 * (PROMPT + LENGTH + PHRASE);
for (let round = 0; round < ROUNDS; round++) {
  const cache = new KvCache(decoder, rows);
  const first = prompts.map((prompt, i) => ({ prompt, streams: [0, 1, 2, 3].map((j) => ANSWERS * i + j) }));
  const answers = await timed('layer 1', first, { cache, keep: true });
  const queries = answers.map(({ cached, ids: answer }, i) => ({
    prompt: [...prompts[Math.floor(i / ANSWERS)]!, ...answer, ...ids(PHRASE, 7000)],
    streams: [100 + i],
    prefix: cached!,
  }));
  const kept = await timed('layer 2, kept', queries, { cache });
  for (const { cached } of answers) cached!.release();
  cache.free();
  if (round > 0) continue;
  const whole = queries.map(({ prompt, streams }) => ({ prompt, streams }));
  const fresh = await timed('layer 2, whole', whole, {});
  const same = kept.every(({ ids, logps }, i) => `${ids}${logps}` === `${fresh[i]!.ids}${fresh[i]!.logps}`);
  console.log(JSON.stringify({ same, phrases: queries.length * (PHRASE + 1) }));
}
await device.destroy();

// What a token of layer 2 costs beside one of layer 1 where answers are long and their keys and values are kept: as many live slots in both,
// the same sampling, no sample ends early. Seconds are those between two looks of the host, so prefill is apart: it is counted in tokens.
// node scripts/run.mjs bench/layer2/reuse.ts MODEL_FOLDER [--tokens 256] [--rounds 3] [--corrections 1] [--kvCacheDtype f32|f16] [--device wasm]
// The first, short round warms up. `--whole true` prefills the queries whole too and says whether the corrections are the same bytes.
import { parseArgs } from 'node:util';
import { loadDecoder } from '../../src/formats/load.js';
import { openDevice } from '../../src/open/node.js';
import type { DeviceSettings } from '../../src/open/choice.js';
import { decodeAttention } from '../../src/ops/attention.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { generate, type Generated, type GenerateOptions, type GenerateRequest } from '../../src/sampling/generate.js';
import { KvCache } from '../../src/sampling/kv-cache.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '3' },
    corrections: { type: 'string', default: '1' },
    kvCacheDtype: { type: 'string', default: 'f32' },
    device: { type: 'string', default: 'wasm' },
    whole: { type: 'string', default: 'false' },
  },
});
const LENGTH = Number(values.tokens);
const CORRECTIONS = Number(values.corrections);
const QUESTIONS = 2;
const ANSWERS = 4;
const SLOTS = QUESTIONS * ANSWERS;
const PROMPT = 100;
const PHRASE = 24;

const device = await openDevice({ device: values.device as DeviceSettings['device'] });
const decoder = await loadDecoder(device, new NodeFiles(positionals[0]!), {
  dtype: 'bf16',
  kvCacheDtype: values.kvCacheDtype as 'f32' | 'f16',
});
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
const streams = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Samples, and gives the milliseconds of a step from the first look on. */
async function timed(
  requests: readonly GenerateRequest[],
  length: number,
  more: Partial<GenerateOptions>,
): Promise<{ samples: readonly Generated[]; step: number; prefilled: number }> {
  prefilled = 0;
  const looks: [time: number, tokens: number][] = [];
  const samples = await generate(decoder, requests, {
    ...{ temperature: 1, maxCompletionLength: length, eosIds: new Set<number>(), seed: 1, maxSlots: SLOTS, ...more },
    onProgress: ({ tokens }) => looks.push([performance.now(), tokens]),
  });
  const [first, last] = [looks[0]!, looks.at(-1)!];
  return { samples, step: (SLOTS * (last[0] - first[0])) / (last[1] - first[1]), prefilled };
}

/** Layer 1 and layer 2 once, in ms a step. */
async function round(length: number, whole: boolean): Promise<{ step1: number; step2: number; prefilled: number }> {
  const cache = new KvCache(decoder, QUESTIONS * PROMPT + 2 * SLOTS * (length + PHRASE + 2) + 2 * (PROMPT + length + PHRASE));
  const first = prompts.map((prompt, i) => ({ prompt, streams: streams(ANSWERS, ANSWERS * i) }));
  const { samples: answers, step: step1 } = await timed(first, length, { cache, keep: true });
  const queries = answers.flatMap(({ cached, ids: answer }, i) =>
    i % CORRECTIONS > 0
      ? []
      : {
          prompt: [...prompts[Math.floor(i / ANSWERS)]!, ...answer, ...ids(PHRASE, 7000)],
          streams: streams(CORRECTIONS, 100 + i),
          prefix: cached!,
        },
  );
  const kept = await timed(queries, length, { cache });
  for (const { cached } of answers) cached!.release();
  cache.free();
  if (whole) {
    const fresh = await timed(
      queries.map(({ prompt, streams }) => ({ prompt, streams })),
      length,
      {},
    );
    const same = kept.samples.every(
      ({ ids, logps }, i) => `${ids}${logps}` === `${fresh.samples[i]!.ids}${fresh.samples[i]!.logps}`,
    );
    console.log(JSON.stringify({ same, prefilledKept: kept.prefilled, prefilledWhole: fresh.prefilled }));
  }
  return { step1, step2: kept.step, prefilled: kept.prefilled };
}

/** Milliseconds of a step that are attention over `context` positions, of which slots share the first `common` by so many as `sharing`. */
async function attentionOf(context: number, common: number, sharing: number): Promise<number> {
  const { numHeads: heads, numKvHeads: kvHeads, headDim, attentionScale: scale } = decoder.config;
  const cache = new KvCache(decoder, SLOTS * context);
  const rowOf = (slot: number, j: number): number => (j < common ? slot - (slot % sharing) : slot) * context + j;
  const kvIndex = device.from(
    Uint32Array.from({ length: SLOTS * context }, (_, i) => rowOf(Math.floor(i / context), i % context)),
    [SLOTS, context],
  );
  const contextLength = device.from(new Uint32Array(SLOTS).fill(context));
  const [q, o] = [device.from(new Float32Array(SLOTS * heads * headDim).fill(0.1)), device.tensor([SLOTS, heads, headDim])];
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const rec = device.recorder();
    const shape = { slots: SLOTS, maxContext: context, heads, kvHeads, headDim, scale };
    cache.k.forEach((kCache, l) => decodeAttention(rec, { ...shape, q, kCache, vCache: cache.v[l]!, o, kvIndex, contextLength }));
    await device.idle();
    const since = performance.now();
    rec.submit();
    await device.idle();
    times.push(performance.now() - since);
  }
  device.free(q, o, kvIndex, contextLength);
  cache.free();
  return times.sort((a, b) => a - b)[3]!;
}

const short = (x: number): number => Math.round(1000 * x) / 1000;
console.log(JSON.stringify({ ...values, device: device.info.description, slots: SLOTS }));
await round(17, false);
for (let i = 0; i < Number(values.rounds); i++) {
  const { step1, step2, prefilled: phrases } = await round(LENGTH, values.whole === 'true' && i === 0);
  const long = PROMPT + LENGTH + PHRASE;
  const attention = [
    await attentionOf(PROMPT + LENGTH / 2, PROMPT, ANSWERS),
    await attentionOf(long + LENGTH / 2, CORRECTIONS > 1 ? long : PROMPT, CORRECTIONS > 1 ? CORRECTIONS : ANSWERS),
  ];
  const [attention1, attention2] = attention.map(short);
  console.log(
    JSON.stringify({
      step1: short(step1),
      step2: short(step2),
      ratio: short(step2 / step1),
      attention1,
      attention2,
      prefilled: phrases,
    }),
  );
}
await device.destroy();

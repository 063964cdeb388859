// Pipelines that a training will need are compiled while the weights are read.
import type { Decoder } from '../nn/decoder.js';
import { AdamW } from '../optim/adamw.js';
import { rehearse } from '../sampling/generate.js';
import { rehearseUpdate } from './update.js';

/** A usual step: products of more than some tens of rows have the same kernels whatever their number. */
const QUESTIONS = 8;
const ANSWERS = 8;
const LENGTH = 32;

/** Records sampling and an optimiser step on a device that computes nothing; where a device has pipelines, it begins to compile them. */
export function warm(decoder: Decoder): void {
  // WebAssembly is compiled.
  const device = decoder.device.info.kind === 'wasm' ? undefined : decoder.device.rehearsal?.();
  if (!device) return;
  const rehearsed = decoder.on(device);
  const length = Math.min(LENGTH, decoder.config.maxPositionEmbeddings >> 1);
  const ids = new Uint32Array(length);
  const prompts = Array.from({ length: QUESTIONS }, (_, i) => ids.map((_, at) => (at === 0 ? i % 2 : 0)));
  const streams = new Array<number>(ANSWERS).fill(0);
  const sampling = { temperature: 1, maxCompletionLength: length, eosIds: new Set([0]), seed: 0 };
  rehearse(
    rehearsed,
    prompts.map((prompt) => ({ prompt, streams })),
    sampling,
  );
  rehearseUpdate(
    rehearsed,
    prompts.flatMap((promptIds) => streams.map(() => ({ promptIds, completionIds: ids }))),
  );
  const settings = { weightDecay: 0, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, maxGradNorm: 1 };
  const optimizer = new AdamW(rehearsed.trained, settings);
  const rec = device.recorder();
  optimizer.measure(rec);
  optimizer.step(rec, 0);
}

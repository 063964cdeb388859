// What a training run will hold on its device at most. Found before it begins: the largest pieces of its work, with prompts and completions of full
// length, are recorded on a device that only counts. Where completions stay short, less is used.
import { layerSettings } from '../algo/micro-batches.js';
import { batchPlan } from '../config/batch.js';
import type { GRPOConfig } from '../config/grpo.js';
import { MgrpoError } from '../errors.js';
import type { Decoder } from '../nn/decoder.js';
import { rehearse } from '../sampling/generate.js';
import { contextCache, contextSizes } from './contexts.js';
import type { Forecast } from './events.js';
import type { Setup } from './setup.js';
import { rehearseUpdate } from './update.js';

/** How work is cut; see room.ts. */
interface Cut {
  readonly parts: number;
  readonly slots: number;
}

/** Prompts of one length, and how often each is completed. */
interface LayerWork {
  readonly settings: GRPOConfig;
  readonly prompts: number;
  readonly promptLength: number;
  readonly samples: number;
}

/**
 * What the run will need; undefined on a device that cannot count. What is on the device already is counted as it is.
 * @throws MgrpoError `out_of_memory` where not even the smallest pieces fit
 */
export function forecast(setup: Setup, cut: Cut): Forecast | undefined {
  const { decoder } = setup.policy;
  const { total } = decoder.device.limits;
  const held = decoder.device.memory.allocated;
  const peakOf = (pieces: Cut): number | undefined => {
    const device = decoder.device.rehearsal?.();
    if (!device) return undefined;
    record(decoder.on(device), setup, pieces);
    return held + device.memory.peak;
  };
  const peak = peakOf(cut);
  if (peak === undefined || total === undefined) return peak === undefined ? undefined : { peak };
  const least = peak > total ? peakOf({ parts: Infinity, slots: 1 })! : peak;
  if (least <= total) return { peak, total };
  const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
  throw new MgrpoError(
    'out_of_memory',
    `train: expected work that fits ${mebibytes(total)} MiB, the memory of the device, got ${mebibytes(least)} MiB for one sequence at a time ` +
      `(${mebibytes(held)} MiB of weights, gradients and moments); lower maxCompletionLength, keep frozen weights as q8 or q4 (dtype), or take a smaller model`,
  );
}

/** Sampling and an update of each layer, the largest of their kinds. */
function record(decoder: Decoder, setup: Setup, { parts, slots }: Cut): void {
  const { config, longest } = setup;
  const { questions } = batchPlan(config);
  const sizes = contextSizes(config, { count: questions, longest: longest.correctionPrompt }, longest.phrase);
  const cache = sizes && contextCache(decoder, sizes);
  const layers = layersOf(setup);
  for (const { settings, prompts, promptLength, samples } of layers) {
    const prompt = new Uint32Array(promptLength);
    const requests = Array.from({ length: prompts }, () => ({ prompt, streams: new Array<number>(samples).fill(0) }));
    const { maxCompletionLength, maxSlots } = settings;
    const asked = { maxCompletionLength, maxSlots: Math.min(maxSlots, slots), eosIds: new Set([0]), seed: 0 };
    rehearse(decoder, requests, { ...settings, ...asked, cache });
  }
  cache?.free();
  for (const { settings, promptLength, samples, prompts } of layers) {
    const batch = Math.min(settings.perDeviceTrainBatchSize, prompts * samples);
    const completionIds = new Uint32Array(settings.maxCompletionLength);
    // Different first tokens: prompts of different groups share nothing.
    const promptOf = (group: number): Uint32Array => new Uint32Array(promptLength).fill(group % 2);
    const count = Math.ceil(batch / Math.min(parts, batch));
    rehearseUpdate(
      decoder,
      Array.from({ length: count }, (_, i) => ({ promptIds: promptOf(Math.floor(i / samples)), completionIds })),
    );
  }
}

function layersOf({ config, longest }: Setup): LayerWork[] {
  const { questions } = batchPlan(config);
  const { layer2, numGenerations } = config;
  const first = { settings: config, prompts: questions, promptLength: longest.prompt, samples: numGenerations };
  if (!layer2?.enabled) return [first];
  const second = {
    settings: layerSettings(config, 2),
    prompts: questions * (layer2.answersPerQuery ?? numGenerations),
    promptLength: longest.correctionPrompt + config.maxCompletionLength + longest.phrase,
    samples: layer2.numGenerations,
  };
  return [first, second];
}

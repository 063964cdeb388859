// What a trainer writes beside the weights, so that a run goes on as if it had not stopped.
import { MgrpoError, show } from '../errors.js';
import type { Decoder } from '../nn/decoder.js';
import { Safetensors, writeSafetensors } from '../formats/safetensors.js';
import type { AdamW } from '../optim/adamw.js';
import { isObject } from '../options/border.js';
import { readJson, type FileSink, type FileSource } from '../platform/files.js';

/** What a run has taken from its data and its random streams. */
export interface Position {
  /** Questions taken from the data so far. */
  readonly cursor: number;
  /** Samples drawn so far: the number of the next random stream. */
  readonly streams: number;
  /** Random words drawn for phrases and choices so far. */
  readonly draws: number;
}

/** Where a run stands between two steps. With the weights and the optimiser's moments it determines all that follows. */
export interface TrainerState extends Position {
  /** Optimiser steps of layer 1 done. */
  readonly step: number;
  /** Parts that micro-batches are cut into, for want of memory. */
  readonly parts: number;
  /** Metrics of the steps since the last line of the log. */
  readonly window: readonly Readonly<Record<string, number>>[];
}

const STATE_FILE = 'trainer_state.json';
const MOMENTS_FILE = 'optimizer.safetensors';

/** Writes `trainer_state.json` and `optimizer.safetensors`. */
export async function saveTrainerState(sink: FileSink, state: TrainerState, optimizer: AdamW): Promise<void> {
  const tensors = [...optimizer.state()].map(({ name, tensor }) => ({
    name,
    dtype: 'F32' as const,
    shape: tensor.shape,
    data: async () => (await optimizer.device.read(tensor))[0],
  }));
  await writeSafetensors(sink, MOMENTS_FILE, tensors);
  await sink.write(STATE_FILE, `${JSON.stringify({ ...state, optimizerSteps: optimizer.steps }, null, 2)}\n`);
}

/**
 * Reads what {@link saveTrainerState} wrote.
 * @throws MgrpoError where the files are missing or belong to another model
 */
export async function loadTrainerState(files: FileSource, optimizer: AdamW, decoder: Decoder): Promise<TrainerState> {
  const state = parseState(await readJson(files, STATE_FILE), `${files.name}/${STATE_FILE}`);
  const file = await Safetensors.open(files, MOMENTS_FILE);
  for (const { name, tensor } of optimizer.state()) {
    const { shape } = file.info(name);
    if (shape.join() !== tensor.shape.join()) {
      throw new MgrpoError(
        'bad_file',
        `${files.name}/${MOMENTS_FILE}: expected shape [${tensor.shape.join(', ')}] for ${name}, got [${shape.join(', ')}]; it belongs to another model`,
      );
    }
    decoder.device.write(tensor, await file.readF32(name));
  }
  optimizer.steps = state.optimizerSteps;
  return state;
}

function parseState(json: unknown, where: string): TrainerState & { readonly optimizerSteps: number } {
  const fields = isObject(json) ? json : {};
  const fail = (key: string, expected: string): never => {
    throw new MgrpoError(
      'bad_file',
      `${where}: expected ${expected} for ${key}, got ${show(fields[key])}; resume from another checkpoint`,
    );
  };
  const count = (key: string): number => {
    const value = fields[key];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : fail(key, 'a whole number >= 0');
  };
  // JSON has no NaN and no infinity: such a metric comes back as null.
  const isMetrics = (value: unknown): value is Record<string, number | null> =>
    isObject(value) && Object.values(value).every((metric) => typeof metric === 'number' || metric === null);
  const numbersOf = (metrics: Record<string, number | null>): Record<string, number> =>
    Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric ?? NaN]));
  const { window } = fields;
  return {
    step: count('step'),
    cursor: count('cursor'),
    streams: count('streams'),
    draws: count('draws'),
    optimizerSteps: count('optimizerSteps'),
    parts: count('parts'),
    window: Array.isArray(window) && window.every(isMetrics) ? window.map(numbersOf) : fail('window', 'a list of metrics'),
  };
}

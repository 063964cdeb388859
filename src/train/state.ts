import { MgrpoError, show } from '../errors.js';
import type { Decoder } from '../nn/decoder.js';
import { Safetensors, writeSafetensors } from '../formats/safetensors.js';
import type { AdamW } from '../optim/adamw.js';
import { readJson, type FileSink, type FileSource } from '../platform/files.js';

/** Where a run stands between two steps. With the weights and the optimiser's moments it determines all that follows. */
export interface TrainerState {
  /** Optimiser steps of layer 1 done. */
  readonly step: number;
  /** Questions taken from the data so far. */
  readonly cursor: number;
  /** Samples drawn so far: the number of the next random stream. */
  readonly streams: number;
  /** Random words drawn for phrases and choices so far. */
  readonly draws: number;
  /** Optimiser steps of both layers, for AdamW's bias correction. */
  readonly optimizerSteps: number;
}

const STATE_FILE = 'trainer_state.json';
const MOMENTS_FILE = 'optimizer.safetensors';

/** Writes `trainer_state.json` and `optimizer.safetensors`. */
export async function saveTrainerState(sink: FileSink, state: TrainerState, optimizer: AdamW): Promise<void> {
  const tensors = [...optimizer.state()].map(({ name, tensor }) => ({
    name,
    dtype: 'F32' as const,
    shape: tensor.shape,
    data: async () => (await optimizer.gpu.read(tensor))[0],
  }));
  await writeSafetensors(sink, MOMENTS_FILE, tensors);
  await sink.write(STATE_FILE, `${JSON.stringify({ ...state, optimizerSteps: optimizer.steps }, null, 2)}\n`);
}

/**
 * Reads what {@link saveTrainerState} wrote.
 * @throws MgrpoError where the files are missing or belong to another model
 */
export async function loadTrainerState(files: FileSource, optimizer: AdamW, decoder: Decoder): Promise<TrainerState> {
  const json = (await readJson(files, STATE_FILE)) as Record<keyof TrainerState, unknown>;
  for (const key of ['step', 'cursor', 'streams', 'draws', 'optimizerSteps'] as const) {
    if (!Number.isSafeInteger(json[key])) {
      throw new MgrpoError(
        'bad_file',
        `${files.name}/${STATE_FILE}: expected a whole number for ${key}, got ${show(json[key])}; resume from another checkpoint`,
      );
    }
  }
  const file = await Safetensors.open(files, MOMENTS_FILE);
  for (const { name, tensor } of optimizer.state()) {
    const { shape } = file.info(name);
    if (shape.join() !== tensor.shape.join()) {
      throw new MgrpoError(
        'bad_file',
        `${files.name}/${MOMENTS_FILE}: expected shape [${tensor.shape.join(', ')}] for ${name}, got [${shape.join(', ')}]; it belongs to another model`,
      );
    }
    decoder.gpu.write(tensor, await file.readF32(name));
  }
  const state = json as unknown as TrainerState;
  optimizer.steps = state.optimizerSteps;
  return { ...state };
}

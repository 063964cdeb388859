// The checkpoints of a run, checkpoints/step-N/: the policy's files, the trainer's state, and run.json, which holds the run's settings and
// evaluations so far; all of it sealed. One that is damaged is passed over for the one before, by name.
import { MgrpoError } from '../errors.js';
import { readJson, type FileFolder, type FileSink } from '../platform/files.js';
import { checkSealed, replaceSealed } from '../platform/sealed.js';
import type { Evaluations, RunConfig } from '../report/data.js';
import { parseEvaluations, parseRunConfig } from './records.js';

const FOLDER = 'checkpoints';

/** A saved state of a run: the policy's files, and the trainer's. */
export interface Checkpoint {
  /** Optimiser steps of layer 1 done. */
  readonly step: number;
  readonly files: FileFolder;
  /** Settings of the run, and its evaluations up to this step. */
  readonly config: RunConfig;
  readonly evaluations: Evaluations;
  /** What is wrong with the later checkpoints, which were passed over. */
  readonly damaged: readonly string[];
}

/** What a checkpoint knows of its run beside weights and state. */
export type RunRecord = Pick<Checkpoint, 'config' | 'evaluations'>;

/** Writes a checkpoint, which appears whole or not at all. */
export function writeCheckpoint(
  files: FileFolder,
  step: number,
  record: RunRecord,
  fill: (sink: FileSink) => Promise<void>,
): Promise<void> {
  return replaceSealed(files, pathOf(step), labelOf(step), async (sink) => {
    await fill(sink);
    await sink.write('run.json', `${JSON.stringify(record, null, 2)}\n`);
  });
}

/**
 * The newest checkpoint of a run whose files are all as they were written; undefined where there is none.
 * @throws MgrpoError `bad_file` that says what is wrong with each, where all are damaged
 */
export async function latestCheckpoint(files: FileFolder): Promise<Checkpoint | undefined> {
  const { steps, strangers } = await listSteps(files);
  const damaged: string[] = strangers.map((name) => `${files.name}/${FOLDER}/${name} is no checkpoint`);
  for (const step of steps.toReversed()) {
    try {
      return { ...(await openCheckpoint(files, step)), damaged };
    } catch (error) {
      if (!(error instanceof MgrpoError)) throw error;
      damaged.push(error.message);
    }
  }
  if (steps.length === 0) return undefined;
  throw new MgrpoError(
    'bad_file',
    `${files.name}: expected a checkpoint that is as it was written, got none:${damaged.map((text) => `\n  - ${text}`).join('')}\n` +
      'start anew: another folder, or overwrite',
  );
}

/** A checkpoint, once all of it is known to be as it was written. @throws MgrpoError that says what is not */
export async function openCheckpoint(files: FileFolder, step: number): Promise<Omit<Checkpoint, 'damaged'>> {
  const folder = files.folder(pathOf(step));
  await checkSealed(folder, labelOf(step));
  const record = (await readJson(folder, 'run.json')) as { readonly config?: unknown; readonly evaluations?: unknown } | null;
  const where = `${folder.name}/run.json`;
  const config = parseRunConfig(record?.config, where);
  return { step, files: folder, config, evaluations: parseEvaluations(record?.evaluations, where) };
}

/** Steps of which there are checkpoints, damaged ones too, in order. */
export async function checkpointSteps(files: FileFolder): Promise<number[]> {
  return (await listSteps(files)).steps;
}

/** Removes a checkpoint. */
export function removeCheckpoint(files: FileFolder, step: number): Promise<void> {
  return files.remove(pathOf(step));
}

async function listSteps(files: FileFolder): Promise<{ readonly steps: number[]; readonly strangers: string[] }> {
  const steps: number[] = [];
  const strangers: string[] = [];
  for (const { name, isFolder } of (await files.entries(FOLDER)) ?? []) {
    const step = Number(/^step-(0|[1-9]\d*)$/.exec(name)?.[1]);
    if (isFolder && Number.isSafeInteger(step)) steps.push(step);
    else if (!name.startsWith('.')) strangers.push(name);
  }
  return { steps: steps.sort((a, b) => a - b), strangers };
}

function pathOf(step: number): string {
  return `${FOLDER}/${labelOf(step)}`;
}

function labelOf(step: number): string {
  return `step-${step}`;
}

// The run folder as the command line names it.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { checkFree, runName } from '../index.js';
import type { RunConfig } from '../index.js';
import { lockFolder } from '../platform/folder-lock.js';
import { HUB_ID } from '../platform/hub-name.js';
import { NodeFiles } from '../platform/node-files.js';
import { packageVersion } from './version.js';

/** The folder that `--output-dir` names, or a new one under `runs`. */
export function outputFolder(outputDir: string | null, algorithm: string, model: string): NodeFiles {
  return new NodeFiles(outputDir ?? path.join('runs', runName(algorithm, path.resolve(model))));
}

/** Refuses an output folder that is taken, before anything is loaded. */
export function checkOutput(folder: NodeFiles, overwrite: boolean): Promise<void> {
  return checkFree(folder, overwrite, 'give another path, --overwrite, or --resume to go on with that run');
}

/** Contents of config.json for a run that starts now; how the folder was to be opened is left out. */
export function runConfig(command: RunConfig['command'], settings: object, config: object, device: string): RunConfig {
  const kept = Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'overwrite' && name !== 'resume'));
  return { command, mgrpo: packageVersion(), started: new Date().toISOString(), device, settings: kept, config: { ...config } };
}

/** A model or data set of the hub, with what may follow its id. */
const HUB_NAME = new RegExp(`^(${HUB_ID})(?:[@:].*)?$`);

/** Ids on the hub of what a run was made from; null for folders, files and generated problems. */
export async function hubNames({
  model,
  dataset,
}: {
  readonly model: string | null;
  readonly dataset: string | null;
}): Promise<{ baseModel: string | null; dataset: string | null }> {
  const idOf = async (name: string | null): Promise<string | null> => {
    if (name === null || (await stat(name).catch(() => null))) return null;
    return HUB_NAME.exec(name)?.[1] ?? null;
  };
  return { baseModel: await idOf(model), dataset: await idOf(dataset) };
}

/** Does some work in the folder of a run, which no other process may use meanwhile. */
export async function withFolder(folder: NodeFiles, work: () => Promise<number>): Promise<number> {
  const giveBack = await lockFolder(folder);
  try {
    return await work();
  } finally {
    await giveBack();
  }
}

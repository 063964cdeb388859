// A finished run as the settings of a command that uses its result: what it was trained with counts where nothing else is said.
import path from 'node:path';
import { MgrpoError } from '../errors.js';
import { readRunConfig } from '../index.js';
import { NodeFiles } from '../platform/node-files.js';
import { commandFlags, flattenValues } from './flags.js';
import type { CommandSpec, GivenValues } from './flags.js';

/** Settings of a run that are those of its evaluation, by their names there. */
const NAMES: Readonly<Record<string, string>> = { evalDataset: 'dataset', evalTemperature: 'temperature' };

/** Names that mean another thing in a training. */
const LEFT_OUT = new Set(['dataset', 'temperature', 'limit', 'device', 'adapterName', 'backend', 'gpu', 'precision', 'adapter']);

/** The sub-folder of a run that holds its result. @throws not_found where it has none */
export async function resultOf(run: NodeFiles): Promise<'adapter' | 'model'> {
  for (const kind of ['adapter', 'model'] as const) if ((await run.entries(kind)) !== null) return kind;
  throw new MgrpoError(
    'not_found',
    `${run.name}: expected the result of a run, adapter/ or model/, found neither; let the run end first`,
  );
}

/**
 * The settings that a command takes from a run: its result, held-out problems, phrases and lengths.
 * @throws not_found where the run has no result; bad_file where its config.json is damaged
 */
export async function settingsOfRun(command: CommandSpec, run: string, problems: string[]): Promise<GivenValues> {
  const folder = new NodeFiles(run);
  const { settings, config } = await readRunConfig(folder);
  const kind = await resultOf(folder);
  const result: Record<string, string> = { [kind]: path.join(run, kind) };
  const known = commandFlags(command);
  const names = new Set(known.map(({ name }) => name.split('.')[0]!));
  const kept = Object.entries({ ...settings, ...config }).flatMap(([name, value]): [string, unknown][] => {
    const ours = NAMES[name] ?? (LEFT_OUT.has(name) ? null : name);
    return ours !== null && value !== null && names.has(ours) ? [[ours, ours === 'layer2' ? only(value, known) : value]] : [];
  });
  const all: Record<string, unknown> = { ...Object.fromEntries(kept), ...result };
  // Held-out problems that were named win over those of the task.
  if (all.dataset !== undefined) delete all.task;
  if (result.model !== undefined) delete all.revision;
  return flattenValues(all, known, `${run}/config.json`, problems);
}

/** The options of layer 2 that a command has. */
function only(layer2: unknown, known: readonly { readonly name: string }[]): object {
  return Object.fromEntries(
    Object.entries(layer2 as object).filter(
      ([key, value]) => value !== null && known.some(({ name }) => name === `layer2.${key}`),
    ),
  );
}

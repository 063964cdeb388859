// Where the problems and the rewards of a command come from.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MgrpoError, show } from '../errors.js';
import {
  LAYER1_SYSTEM_PROMPT,
  TASK_NAMES,
  named,
  readDataset,
  readRecords,
  rewardRow,
  taskKind,
  taskRows,
  verifierFor,
} from '../index.js';
import type { DataRecord, RewardArgs, RewardFunction, RewardSettings, Scores, Split, Task, TaskRow } from '../index.js';
import { REWARD_VERIFIER_OPTIONS } from '../config/verifier.js';
import type { VerifierSettings } from '../config/verifier.js';
import { fillOptions } from '../options/fill.js';
import type { Settings } from '../options/table.js';
import { hubAccess } from '../platform/hub-access.js';
import { looksLocal } from '../platform/hub-data.js';
import { NodeFiles } from '../platform/node-files.js';
import { WorkerModule } from '../platform/reward-worker-node.js';
import { valuesOf } from './flags.js';
import type { GivenValues } from './flags.js';
import type { DATA_OPTIONS } from './options.js';

/** The generated task that the settings name. */
export function generatedTask({ task, taskSize }: Pick<Settings<typeof DATA_OPTIONS>, 'task' | 'taskSize'>): Task | null {
  return task === null ? null : taskKind(task).make(taskSize);
}

/** Where problems come from. */
export interface DataRequest {
  readonly settings: Settings<typeof DATA_OPTIONS>;
  readonly split: Split;
  /** Most problems; how many are generated. Null: all of a file, 1,024 generated ones. */
  readonly limit: number | null;
  readonly seed: number;
  /** Whether rows may lack a right answer. */
  readonly goldOptional?: boolean;
}

/** Adds a problem unless exactly one source of data is named. */
export function checkData(
  {
    dataset,
    task,
    column,
  }: { readonly dataset: string | null; readonly task: string | null; readonly column: readonly string[] | null },
  problems: string[],
): void {
  columnNames(column, problems);
  if ((dataset === null) !== (task === null)) return;
  const got = task === null ? 'neither' : 'both';
  problems.push(
    `expected either --dataset (a file, an address, or owner/name of the hub) or --task (${TASK_NAMES.join(', ')}), got ${got}`,
  );
}

/** Problems of the file or the generated task that the settings name, see {@link checkData}. */
export async function readRows({ settings, split, limit, seed, goldOptional = false }: DataRequest): Promise<TaskRow[]> {
  const task = generatedTask(settings);
  const systemPrompt = settings.systemPrompt === 'default' ? LAYER1_SYSTEM_PROMPT : settings.systemPrompt;
  if (task) return task.rows(split, limit ?? 1024, seed).map((row) => withSystemPrompt(row, systemPrompt));
  const { records, columns } = await readNamed({ dataset: settings.dataset!, column: settings.column }, { split, limit });
  return taskRows(records, { name: settings.dataset!, systemPrompt, goldOptional, goldColumn: null, columns });
}

/** A data set of the command line: a file, an address, or a name on the hub. */
export interface NamedData {
  readonly dataset: string;
  /** Entries `name=column` of --column. */
  readonly column: readonly string[] | null;
}

/** Records of a data set, and the names that its columns are to have. */
export async function readNamed(
  { dataset, column }: NamedData,
  { split, limit }: { readonly split: string; readonly limit: number | null },
): Promise<{ records: DataRecord[]; columns: Readonly<Record<string, string>> }> {
  const columns = columnNames(column, []);
  const isFile = (await stat(dataset).catch(() => null))?.isFile() === true;
  if (!isFile && looksLocal(dataset))
    throw new MgrpoError('not_found', `${dataset}: expected a data file, found none; check the path (from ${process.cwd()})`);
  if (isFile) {
    const records = await readRecords({ files: new NodeFiles(path.dirname(dataset)), path: path.basename(dataset) }, limit);
    return { records, columns };
  }
  const { hubUrl, token } = hubAccess();
  return { records: await readDataset(dataset, { split, limit, token: (await token()) ?? undefined, hubUrl }), columns };
}

/** The entries of --column by the new name; adds a problem for each that is none. */
export function columnNames(entries: readonly string[] | null, problems: string[]): Readonly<Record<string, string>> {
  const pairs = (entries ?? []).map((entry) => /^([^=]+)=([^=]+)$/.exec(entry) ?? entry);
  for (const pair of pairs)
    if (typeof pair === 'string')
      problems.push(`--column: expected NAME=COLUMN, for example question=problem, got ${show(pair)}`);
  return Object.fromEntries(pairs.flatMap((pair) => (typeof pair === 'string' ? [] : [[pair[1]!.trim(), pair[2]!.trim()]])));
}

function withSystemPrompt(row: TaskRow, content: string | null): TaskRow {
  if (content === null || typeof row.prompt === 'string' || row.prompt.some(({ role }) => role === 'system')) return row;
  return { ...row, prompt: [{ role: 'system', content }, ...row.prompt] };
}

/** Adds a problem for each name that no reward function has; what is no list of names its option refuses. */
export function checkRewards(names: unknown, problems: string[]): void {
  for (const name of Array.isArray(names) ? (names as unknown[]) : []) {
    try {
      rewardRow(String(name), '--reward');
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
}

/** Whether a right answer is needed by the rewards that are named (null: the default one). */
export function needsGold(names: readonly string[] | null, modules: readonly string[] | null): boolean {
  return names === null ? modules === null : names.some((name) => rewardRow(name, '--reward').columns.includes('gold'));
}

/** How the rewards find and compare answers: the options `verifier` of a command. */
export function verifierOf(given: GivenValues, problems: string[]): VerifierSettings {
  return fillOptions(REWARD_VERIFIER_OPTIONS, valuesOf(given, REWARD_VERIFIER_OPTIONS, 'verifier'), problems, {
    prefix: 'verifier',
  });
}

/**
 * The reward functions in the order named, then those of the modules. With neither: the verifier of the rows, countdown or accuracy.
 * @throws invalid_argument for an unknown name; not_found or reward_function for a module that cannot be used
 */
export async function openRewards(
  names: readonly string[] | null,
  modules: readonly string[] | null,
  config: RewardSettings,
  rows: readonly TaskRow[],
): Promise<RewardFunction[]> {
  const chosen = names ?? (modules === null ? [verifierFor(rows)] : []);
  const builtIn = chosen.map((name) => rewardRow(name, '--reward').make(config));
  const own: RewardFunction[] = [];
  for (const file of modules ?? []) own.push(...(await importRewards(file)));
  return [...builtIn, ...own];
}

async function importRewards(file: string): Promise<RewardFunction[]> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile())
    throw new MgrpoError('not_found', `--reward-module: expected a JavaScript module, found no file ${file}; check the path`);
  const { module, names } = await WorkerModule.open(file, pathToFileURL(path.resolve(file)).href);
  return names.map((name, index) => {
    const reward = async ({ logMetric, logExtra, signal, ...args }: RewardArgs): Promise<Scores> => {
      const { scores, metrics, extras } = await module.call(index, args, signal);
      for (const entry of metrics) logMetric?.(...entry);
      for (const entry of extras) logExtra?.(...entry);
      return scores as Scores;
    };
    return name === '' ? reward : named(name, reward);
  });
}

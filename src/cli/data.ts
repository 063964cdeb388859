// Where the problems and the rewards of a command come from.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MgrpoError } from '../errors.js';
import { LAYER1_SYSTEM_PROMPT, TASK_NAMES, jsonlRows, named, rewardRow, taskKind, verifierFor } from '../index.js';
import type { GRPOConfig, RewardArgs, RewardFunction, Scores, Split, Task, TaskRow } from '../index.js';
import type { Settings } from '../options/table.js';
import { NodeFiles } from '../platform/node-files.js';
import { WorkerModule } from '../platform/reward-worker-node.js';
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
  { dataset, task }: { readonly dataset: string | null; readonly task: string | null },
  problems: string[],
): void {
  if ((dataset === null) !== (task === null)) return;
  const got = task === null ? 'neither' : 'both';
  problems.push(`expected either --dataset (a file of JSON lines) or --task (${TASK_NAMES.join(', ')}), got ${got}`);
}

/** Problems of the file or the generated task that the settings name, see {@link checkData}. */
export async function readRows({ settings, split, limit, seed, goldOptional = false }: DataRequest): Promise<TaskRow[]> {
  const task = generatedTask(settings);
  const systemPrompt = settings.systemPrompt === 'default' ? LAYER1_SYSTEM_PROMPT : settings.systemPrompt;
  if (task) return task.rows(split, limit ?? 1024, seed).map((row) => withSystemPrompt(row, systemPrompt));
  return readJsonl(settings.dataset!, { systemPrompt, goldOptional, limit });
}

/** Rows of a file of JSON lines. */
export async function readJsonl(
  file: string,
  options: { readonly systemPrompt: string | null; readonly goldOptional: boolean; readonly limit: number | null },
): Promise<TaskRow[]> {
  const { limit, ...rest } = options;
  const text = await new NodeFiles(path.dirname(file)).readText(path.basename(file));
  const rows = jsonlRows(text, { name: file, ...rest });
  return limit === null ? rows : rows.slice(0, limit);
}

function withSystemPrompt(row: TaskRow, content: string | null): TaskRow {
  if (content === null || typeof row.prompt === 'string' || row.prompt.some(({ role }) => role === 'system')) return row;
  return { ...row, prompt: [{ role: 'system', content }, ...row.prompt] };
}

/** Adds a problem for each name that no reward function has. */
export function checkRewards(names: readonly string[] | null, problems: string[]): void {
  for (const name of names ?? []) {
    try {
      rewardRow(name, '--reward');
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
}

/** Whether a right answer is needed by the rewards that are named (null: the default one). */
export function needsGold(names: readonly string[] | null, modules: readonly string[] | null): boolean {
  return names === null ? modules === null : names.some((name) => rewardRow(name, '--reward').columns.includes('gold'));
}

/**
 * The reward functions in the order named, then those of the modules. With neither: the verifier of the rows, countdown or accuracy.
 * @throws invalid_argument for an unknown name; not_found or reward_function for a module that cannot be used
 */
export async function openRewards(
  names: readonly string[] | null,
  modules: readonly string[] | null,
  config: Pick<GRPOConfig, 'maxCompletionLength'>,
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

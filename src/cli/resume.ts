// What `--resume` goes on from: the last sound checkpoint of the run in --output-dir, with the settings that it was made with.
import { latestCheckpoint, readRunConfig } from '../index.js';
import type { Checkpoint } from '../index.js';
import { MgrpoError } from '../errors.js';
import { NodeFiles } from '../platform/node-files.js';
import { UsageError, commandFlags, flattenValues, refuse } from './flags.js';
import type { CommandSpec, GivenValues } from './flags.js';

/** The row of `--resume`. */
export const RESUME_OPTION = {
  resume: {
    section: 'run',
    type: 'boolean',
    default: false,
    doc: 'Go on with the run in --output-dir from its last sound checkpoint, with its settings; further flags win over them: --max-steps lengthens it.',
  },
} as const;

/** What a command was given, and where it goes on. */
export interface Resumed {
  readonly given: GivenValues;
  /** Undefined for a new run, and for one that was stopped before its first checkpoint. */
  readonly checkpoint: Checkpoint | undefined;
}

/**
 * The values of a call, completed by those of the run where it asks to resume one.
 * @param problems what is wrong with the call so far; what is wrong with the run's settings is appended
 * @throws UsageError without a folder, or where the run is one of another command, with the problems so far; not_found where there is no run
 */
export async function resumedFrom(command: CommandSpec, given: GivenValues, problems: string[]): Promise<Resumed> {
  if (given.get('resume') !== true) return { given, checkpoint: undefined };
  const { name } = command;
  const folder = String(given.get('outputDir') ?? '');
  if (folder === '') problems.push('--resume needs --output-dir with the folder of the run');
  // Without its run nobody knows what else is missing.
  refuse(name, problems);
  const files = new NodeFiles(folder);
  if ((await files.entries()) === null) throw noRun(folder);
  const checkpoint = await latestCheckpoint(files);
  const run = checkpoint?.config ?? (await readRunConfig(files));
  if (run.command !== name)
    throw new UsageError(`mgrpo ${name}: ${folder} is a run of mgrpo ${run.command}; resume it with that`);
  const kept = flattenValues({ ...run.settings, ...run.config }, commandFlags(command), `${folder}/config.json`, problems);
  return { given: new Map([...kept, ...given]), checkpoint };
}

function noRun(folder: string): MgrpoError {
  return new MgrpoError(
    'not_found',
    `${folder}: expected a run for --resume, found no such folder; check --output-dir, or start anew without --resume`,
  );
}

/** What is to be said where a resumed run is longer or shorter than before: the learning rate of the steps done is not that of the new course. */
export function newCourse(
  checkpoint: Checkpoint | undefined,
  config: { readonly maxSteps: number; readonly lrSchedulerType: string },
): string[] {
  const { maxSteps } = checkpoint?.config.config ?? config;
  if (!checkpoint || maxSteps === config.maxSteps || config.lrSchedulerType === 'constant') return [];
  return [
    `learning rate: from step ${checkpoint.step + 1} on the ${config.lrSchedulerType} course over ${config.maxSteps} steps; ` +
      `up to there it was that over ${String(maxSteps)}`,
  ];
}

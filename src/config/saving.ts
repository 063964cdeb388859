// When the state of a run is saved and its model evaluated, and which checkpoints are kept. Names are TRL's in camelCase.
import type { Settings } from '../options/table.js';

export const SAVING_OPTIONS = {
  saveSteps: {
    section: 'run',
    type: 'integer',
    nullable: true,
    min: 1,
    default: 500,
    doc: 'Steps between checkpoints; null: only at the end.',
  },
  saveTotalLimit: {
    section: 'run',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Most checkpoints that are kept: the newest, and the best where metricForBestModel names one; null: all. A damaged one is passed over for the one before, so 2 or more.',
  },
  evalSteps: {
    section: 'run',
    type: 'integer',
    nullable: true,
    min: 1,
    default: null,
    doc: 'Steps between evaluations; null: none while training.',
  },
  loadBestModelAtEnd: {
    section: 'run',
    type: 'boolean',
    default: false,
    doc: 'End with the checkpoint whose evaluation is the best. Needs evalSteps, and saveSteps that are a multiple of it.',
  },
  metricForBestModel: {
    section: 'run',
    type: 'string',
    nullable: true,
    default: null,
    doc: 'Metric of the evaluation that says which checkpoint is the best; null: acc_t2 (grpo: acc_t1) with loadBestModelAtEnd, else none. Departure from TRL (loss): an evaluation has no loss.',
  },
  greaterIsBetter: {
    section: 'run',
    type: 'boolean',
    default: true,
    doc: 'Whether the best checkpoint has the largest metricForBestModel, or the smallest. Departure from TRL (by the name).',
  },
} as const;

type Saving = Settings<typeof SAVING_OPTIONS>;

/** Whether each checkpoint has an evaluation, where the best of them is wanted. */
export function checkSaving({ loadBestModelAtEnd, metricForBestModel, evalSteps, saveSteps }: Saving, problems: string[]): void {
  if (!loadBestModelAtEnd && metricForBestModel === null) return;
  const name = loadBestModelAtEnd ? 'loadBestModelAtEnd' : 'metricForBestModel';
  if (evalSteps === null) problems.push(`${name} needs evaluations while training; set evalSteps`);
  else if (saveSteps === null || saveSteps % evalSteps !== 0)
    problems.push(
      `${name} needs an evaluation at each checkpoint; set saveSteps (now ${saveSteps}) to a multiple of evalSteps ${evalSteps}`,
    );
}

/** Names the metric that says which checkpoint is the best, where one is wanted and none is named. */
export function withBestMetric<T extends Saving>(settings: T, metric: string): T {
  const { loadBestModelAtEnd, metricForBestModel } = settings;
  return { ...settings, metricForBestModel: metricForBestModel ?? (loadBestModelAtEnd ? metric : null) };
}

// What other programs draw a run's curves from, beside metrics.jsonl, which stays the source: what is there is written anew from it when a run
// is gone on with.
import { textLines, type FileFolder } from '../platform/files.js';
import type { Evaluations } from '../report/data.js';
import { hasStep, logRecords } from './records.js';
import { fileStart, scalarsRecord } from './tensorboard.js';

/** Kinds of trackers. */
export const TRACKERS = ['tensorboard', 'csv'] as const;
/** A kind of tracker. */
export type TrackerName = (typeof TRACKERS)[number];

type Values = Readonly<Record<string, number>>;

/** Takes numbers by name as they come. */
export interface Tracker {
  log(step: number, values: Values): Promise<void>;
}

/** Opens trackers in a run's folder; they hold what its logs and evaluations hold. */
export async function openTrackers(
  files: FileFolder,
  names: readonly TrackerName[],
  { before, during }: Evaluations,
): Promise<Tracker[]> {
  const known: { step: number; values: Values }[] = [];
  if (before) known.push({ step: 0, values: evaluationValues(before) });
  for await (const { step, ...metrics } of logRecords(files, 'metrics.jsonl', hasStep))
    known.push({ step, values: trainValues(metrics) });
  for (const { step, metrics } of during) known.push({ step, values: evaluationValues(metrics) });
  known.sort((a, b) => a.step - b.step);
  const trackers = await Promise.all(names.map((name) => (name === 'csv' ? Csv.open(files) : TensorBoard.open(files))));
  for (const tracker of trackers) for (const { step, values } of known) await tracker.log(step, values);
  return trackers;
}

/** Names as transformers' trainer gives them to TensorBoard. Numbers that are none are left out. */
export function trainValues(metrics: Readonly<Record<string, unknown>>): Values {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, value]) => (Number.isFinite(value) ? [[`train/${name}`, value as number]] : [])),
  );
}

/** The values of an evaluation; their intervals stay in evaluation.json. */
export function evaluationValues(metrics: NonNullable<Evaluations['before']>): Values {
  return Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [`eval/${name}`, value]));
}

const EVENTS = 'tensorboard/events.out.tfevents';

class TensorBoard implements Tracker {
  readonly #files: FileFolder;
  readonly #path: string;

  private constructor(files: FileFolder, path: string) {
    this.#files = files;
    this.#path = path;
  }

  /** An event file of its own name, or the one that is there, emptied. */
  static async open(files: FileFolder): Promise<TensorBoard> {
    const there = ((await files.entries('tensorboard')) ?? []).find(({ name }) => `tensorboard/${name}`.startsWith(EVENTS));
    const path = there ? `tensorboard/${there.name}` : `${EVENTS}.${Math.floor(Date.now() / 1000)}.mgrpo`;
    await files.write(path, fileStart(Date.now() / 1000));
    return new TensorBoard(files, path);
  }

  log(step: number, values: Values): Promise<void> {
    return this.#files.append(this.#path, scalarsRecord(Date.now() / 1000, step, values));
  }
}

const TABLE = 'metrics.csv';

/** One line per step and a column per name; a name that is new begins the file again. */
class Csv implements Tracker {
  readonly #files: FileFolder;
  #columns: readonly string[] = ['step'];

  private constructor(files: FileFolder) {
    this.#files = files;
  }

  static async open(files: FileFolder): Promise<Csv> {
    await files.write(TABLE, 'step\n');
    return new Csv(files);
  }

  async log(step: number, values: Values): Promise<void> {
    const fresh = Object.keys(values).filter((name) => !this.#columns.includes(name));
    if (fresh.length > 0) {
      this.#columns = [...this.#columns, ...fresh];
      const lines: string[] = [];
      for await (const line of textLines(this.#files, TABLE)) lines.push(line + ','.repeat(fresh.length));
      await this.#files.write(TABLE, `${[this.#columns.join(','), ...lines.slice(1)].join('\n')}\n`);
    }
    await this.#files.append(
      TABLE,
      `${this.#columns.map((name) => (name === 'step' ? step : (values[name] ?? ''))).join(',')}\n`,
    );
  }
}

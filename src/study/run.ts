// Runs the cells of a study into one folder, one after the other: finished ones are taken from it, and what an earlier call began goes on.
import type { FileFolder } from '../platform/files.js';
import { finishedCell, runCell } from './cell.js';
import type { CellRun, Point } from './cell.js';
import type { Cell, StudyPlan } from './plan.js';

/** Evaluations by cell id. */
export type StudyPoints = ReadonlyMap<string, readonly Point[]>;

/** Where a running study stands. */
export interface StudyProgress<S> {
  readonly cell: Cell<S>;
  /** Cells finished and in all. */
  readonly done: number;
  readonly total: number;
  /** Share of the present cell's budget that is used. */
  readonly share: number;
  /** The present cell's last evaluation. */
  readonly last: Point;
  /** Estimated from the pace so far; NaN at first. */
  readonly secondsLeft: number;
}

/** What a study runs with. */
export interface StudyRun<S> {
  readonly plan: StudyPlan<S>;
  /** The study's folder; cells lie under `cells/`. */
  readonly files: FileFolder;
  /** Opens the trainer of a cell, from its checkpoint where there is one. */
  readonly open: CellRun<S>['open'];
  readonly signal?: AbortSignal | undefined;
  /** Called as the study goes on. */
  onProgress?(progress: StudyProgress<S>): void;
  /** Told of a checkpoint that is not as it was written: its cell begins anew. */
  onDamage?(text: string): void;
  /** After each cell: a good time to write the page. */
  onCell?(points: StudyPoints): Promise<void>;
}

/** The cells of a study that are finished. @throws exists where the folder holds a cell of another study */
export async function finishedCells<S>({
  plan,
  files,
}: Pick<StudyRun<S>, 'plan' | 'files'>): Promise<Map<string, readonly Point[]>> {
  const points = new Map<string, readonly Point[]>();
  for (const cell of plan.cells) {
    const found = await finishedCell(cellFolder(files, cell), plan, cell);
    if (found) points.set(cell.id, found);
  }
  return points;
}

/** Runs what is left of a study. @throws the signal's reason where it ends before; then the same call goes on later */
export async function runStudy<S>(run: StudyRun<S>): Promise<StudyPoints> {
  const { plan, files, open, signal, onProgress, onCell } = run;
  const points = await finishedCells(run);
  const total = plan.cells.length;
  let first: { readonly time: number; readonly work: number } | undefined;
  for (const cell of plan.cells) {
    if (points.has(cell.id)) continue;
    const done = await runCell({
      plan,
      cell,
      files: cellFolder(files, cell),
      open,
      signal,
      onDamage: (text) => run.onDamage?.(text),
      onProgress(share, last) {
        const now = { time: performance.now(), work: points.size + share };
        first ??= now;
        const pace = (now.time - first.time) / 1000 / (now.work - first.work);
        onProgress?.({ cell, done: points.size, total, share, last, secondsLeft: pace * (total - now.work) });
      },
    });
    points.set(cell.id, done);
    await onCell?.(points);
  }
  return points;
}

function cellFolder<S>(files: FileFolder, { id }: Cell<S>): FileFolder {
  return files.folder(`cells/${id}`);
}

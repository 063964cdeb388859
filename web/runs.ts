// Runs that are shown beside each other: trainings of this page, folders of the command line, and what `mgrpo ui RUN` serves, live while it trains.
import type { ReportData } from '../src/report/data.js';
import type { NamedRun } from '../src/report/sections.js';
import { state, update, type State } from './state.js';
import { trainingOf } from './training.js';

/** Reads a run; null where nothing is new. */
export type RunSource = () => Promise<ReportData | null>;

/** Milliseconds between two looks at runs that may grow. */
const POLL = 2000;
const growing = new Map<string, RunSource>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Shows a run. @param read is called again and again while runs are looked at. @throws what `read` throws */
export async function openRun(name: string, read: RunSource): Promise<void> {
  const data = await read();
  if (data === null) return;
  const taken = new Set(state.runs.map((run) => run.name));
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name} (${n})`;
  update({ runs: [...state.runs, { name: free, data }] });
  growing.set(free, read);
  timer ??= setInterval(() => void readOn(), POLL);
}

/** Takes a run from the table. */
export function closeRun(name: string): void {
  growing.delete(name);
  update({ runs: state.runs.filter((run) => run.name !== name) });
}

/** Keeps what was trained before something else is. */
export function keepTraining(): void {
  if (state.steps.length === 0) return;
  const n = state.runs.filter(({ name }) => name.startsWith('training ')).length + 1;
  update({ runs: [...state.runs, { name: `training ${n}`, data: trainingOf(state) }] });
}

async function readOn(): Promise<void> {
  if (state.route.view !== 'runs' || document.hidden) return;
  for (const [name, read] of growing) {
    try {
      const data = await read();
      if (data) update({ runs: state.runs.map((run) => (run.name === name ? { name, data } : run)) });
    } catch {
      // It was moved, or its server has ended: it stays as it was.
      growing.delete(name);
    }
  }
}

/** Opens what `mgrpo ui RUN ...` serves beside the page. */
export async function openServed(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    let [since, name] = [-1, `run ${i + 1}`];
    const read = async (): Promise<ReportData | null> => {
      const answer = await fetch(new URL(`runs/${i}?since=${since}`, document.baseURI));
      if (answer.status === 204) return null;
      if (!answer.ok) throw new Error(`This page was not opened by mgrpo ui with ${count} runs: run ${i + 1} is not here.`);
      const served = (await answer.json()) as NamedRun & { readonly size: number };
      [since, name] = [served.size, served.name];
      return served.data;
    };
    const first = await read();
    let told = first;
    await openRun(name, async () => {
      const now = told ?? (await read());
      told = null;
      return now;
    });
  }
}

/** All that can be shown: the present training first. */
export function shownRuns(now: State): readonly NamedRun[] {
  const own = now.steps.length > 0 ? [{ name: 'this training', data: trainingOf(now) }] : [];
  return [...own, ...now.runs];
}

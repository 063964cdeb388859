// Reads a run's folder for a report: once, or again and again while the run writes into it, each time only what is new.
import { readJson, type FileSource, type TextPlace } from '../platform/files.js';
import type { Evaluations, ReportData, StepRecord } from '../report/data.js';
import type { CompletionRecord } from '../train/events.js';
import { isCompletionRecord, isStepRecord, logRecords, parseEvaluations, parseRunConfig } from './records.js';

/** The files that are read. */
export const READ_FILES = ['config.json', 'evaluation.json', 'steps.jsonl', 'completions.jsonl'] as const;

/** Collects what a report shows from a run's files. @throws not_found or bad_file where there is no run */
export function readReportData(files: FileSource): Promise<ReportData> {
  return new RunReader().read(files);
}

/** What is known of a run so far. */
export class RunReader {
  #steps: StepRecord[] = [];
  #samples = new Samples();
  #places: { steps: TextPlace; completions: TextPlace } = { steps: { at: 0 }, completions: { at: 0 } };

  /** Reads what is new in the folder. @throws not_found or bad_file where there is no run */
  async read(files: FileSource): Promise<ReportData> {
    const run = parseRunConfig(await readJson(files, 'config.json'), `${files.name}/config.json`);
    if ((await sizeOf(files, 'steps.jsonl')) < this.#places.steps.at) this.#forget();
    for await (const record of logRecords(files, 'steps.jsonl', isStepRecord, undefined, this.#places.steps)) {
      // A run that was resumed has gone back: its steps are told again.
      while (this.#steps.length > 0 && this.#steps.at(-1)!.step >= record.step) this.#steps.pop();
      this.#steps.push(record);
    }
    for await (const record of logRecords(files, 'completions.jsonl', isCompletionRecord, undefined, this.#places.completions))
      this.#samples.add(record);
    return { run, steps: [...this.#steps], evaluations: await readEvaluations(files), completions: this.#samples.records };
  }

  #forget(): void {
    this.#steps = [];
    this.#samples = new Samples();
    this.#places = { steps: { at: 0 }, completions: { at: 0 } };
  }
}

/** Completions of a kind (layer, right or wrong before and after) that are kept of a step, each to another problem. */
const PER_KIND = 2;
/** Characters that are kept in all. */
const MOST = 600_000;

/** Some completions of each step; where they would be too many, of every second step, of every fourth and so on, and always of the last. */
class Samples {
  readonly #byStep = new Map<number, CompletionRecord[]>();
  #every = 1;
  #last = 0;

  add(record: CompletionRecord): void {
    const { step } = record;
    if (step !== this.#last) this.#thin(step);
    const own = this.#byStep.get(step) ?? [];
    const alike = own.filter((other) => kindOf(other) === kindOf(record));
    if (alike.length >= PER_KIND || alike.some(({ prompt }) => prompt === record.prompt)) return;
    this.#byStep.set(step, [...own, record]);
  }

  get records(): readonly CompletionRecord[] {
    return [...this.#byStep.values()].flat();
  }

  /** Makes room for a step that begins; steps that are told again replace what was kept of them. */
  #thin(next: number): void {
    for (const step of this.#byStep.keys()) if (step >= next) this.#byStep.delete(step);
    this.#last = next;
    const size = this.records.reduce((sum, { prompt, completion }) => sum + prompt.length + completion.length, 0);
    if (size > MOST && this.#byStep.size > 1) this.#every *= 2;
    for (const step of this.#byStep.keys()) if (step % this.#every !== 0) this.#byStep.delete(step);
  }
}

const kindOf = ({ layer, answerCorrect, correct }: CompletionRecord): string => `${layer} ${answerCorrect} ${correct}`;

async function sizeOf(files: FileSource, path: string): Promise<number> {
  return (await files.exists(path)) ? files.size(path) : 0;
}

async function readEvaluations(files: FileSource): Promise<Evaluations> {
  if (!(await files.exists('evaluation.json'))) return { during: [] };
  return parseEvaluations(await readJson(files, 'evaluation.json'), `${files.name}/evaluation.json`);
}

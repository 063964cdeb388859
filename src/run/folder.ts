// The folder of a run, on disk or wherever else a folder can be:
//
//   config.json         the resolved settings, the versions and the device
//   metrics.jsonl       one line per `log` event: means over the steps since the last line
//   steps.jsonl         one line per step: metrics, seconds by phase, device memory
//   completions.jsonl   sampled completions with their rewards
//   evaluation.json     metrics before, during and after, each with its 95 % interval
//   checkpoints/step-N/ adapter or model, optimizer.safetensors, trainer_state.json
//   adapter/ or model/  the result in Hugging Face layout
//   report.html
import { MgrpoError } from '../errors.js';
import { readJson, textLines } from '../platform/files.js';
import type { FileFolder, FileSink, FileSource } from '../platform/files.js';
import type { Evaluations, Metrics, ReportData, RunConfig, StepRecord } from '../report/data.js';
import { renderReport } from '../report/page.js';
import type { CompletionRecord, Listener } from '../train/events.js';

const LOGS = ['metrics.jsonl', 'steps.jsonl', 'completions.jsonl'];
const OWN = [...LOGS, 'config.json', 'evaluation.json', 'report.html', 'checkpoints', 'adapter', 'model'];

/** What a checkpoint is made from: a trainer. */
export interface Checkpointed {
  readonly policy: {
    /** Writes the adapter or the model. */
    save(sink: FileSink): Promise<void>;
  };
  /** Writes the trainer's state. */
  saveState(sink: FileSink): Promise<void>;
}

/** A saved state of a run: the policy's files, and the trainer's. */
export interface Checkpoint {
  /** Optimiser steps of layer 1 done. */
  readonly step: number;
  readonly files: FileFolder;
}

/** `2026-11-23-101500-mgrpo-SmolLM2-135M` */
export function runName(algorithm: string, model: string, time: Date = new Date()): string {
  const stamp = time.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  const name = model.split(/[/\\]/).filter((part) => /[^.]/.test(part));
  return `${stamp}-${algorithm}-${(name.at(-1) ?? 'model').replace(/[^\w.-]+/g, '-')}`;
}

/** The newest complete checkpoint of a run. */
export async function latestCheckpoint(files: FileFolder): Promise<Checkpoint | undefined> {
  const entries = (await files.entries('checkpoints')) ?? [];
  const steps = entries.flatMap(({ name }) => /^step-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  if (steps.length === 0) return undefined;
  const step = Math.max(...steps);
  return { step, files: files.folder(`checkpoints/step-${step}`) };
}

/** The settings of the run in a folder. */
export async function readRunConfig(files: FileSource): Promise<RunConfig> {
  return (await readJson(files, 'config.json')) as RunConfig;
}

/**
 * Refuses a folder that is taken.
 * @param wayOut what to do then, for the message
 * @throws exists if there are files in it, unless they may be replaced
 */
export async function checkFree(
  files: FileFolder,
  overwrite: boolean,
  wayOut = 'give another path, set overwrite, or resume that run',
): Promise<void> {
  const entries = await files.entries();
  if (entries === null || entries.length === 0 || overwrite) return;
  throw new MgrpoError(
    'exists',
    `${files.name}: expected a new or empty folder for the run, got one with files in it; ${wayOut}`,
  );
}

/** Writes everything a run leaves behind; appended files hold whole lines only. */
export class RunFolder {
  readonly files: FileFolder;
  readonly #evaluations: Evaluations;
  readonly #isNew: boolean;
  #trainer: Checkpointed | undefined;
  #finishedSteps = 0;

  private constructor(files: FileFolder, evaluations: Evaluations, isNew: boolean) {
    this.files = files;
    this.#evaluations = evaluations;
    this.#isNew = isNew;
  }

  /**
   * Makes the folder with its config.json. With `overwrite`, what an earlier run left there is removed first.
   * @throws exists if there are files in it and `overwrite` is not set
   */
  static async create(files: FileFolder, config: RunConfig, overwrite = false): Promise<RunFolder> {
    await checkFree(files, overwrite);
    const isNew = (await files.entries()) === null;
    for (const name of OWN) await files.remove(name);
    await files.write('config.json', json(config));
    return new RunFolder(files, { during: [] }, isNew);
  }

  /** Goes on with a run after `step`: lines of later steps are dropped. */
  static async resume(files: FileFolder, config: RunConfig, step: number): Promise<RunFolder> {
    for (const name of LOGS) if (await files.exists(name)) await files.write(name, linesUpTo(files, name, step));
    const evaluations = await readEvaluations(files);
    await files.write('config.json', json(config));
    const run = new RunFolder(files, { ...evaluations, during: evaluations.during.filter((e) => e.step <= step) }, false);
    await run.#writeEvaluations();
    return run;
  }

  /** Saves this trainer's state where its events ask for a checkpoint, and where it is interrupted. */
  follow(trainer: Checkpointed): void {
    this.#trainer = trainer;
  }

  /** Writes what a trainer tells. */
  readonly listen: Listener = async (event) => {
    switch (event.type) {
      case 'step': {
        const { step, metrics, seconds, memory } = event;
        this.#finishedSteps++;
        await this.#append('steps.jsonl', [{ step, metrics, seconds, memory }]);
        break;
      }
      case 'log':
        await this.#append('metrics.jsonl', [{ step: event.step, ...event.metrics }]);
        break;
      case 'completions':
        await this.#append('completions.jsonl', event.rows);
        break;
      case 'evaluation':
        this.#evaluations.during.push({ step: event.step, metrics: event.metrics });
        await this.#writeEvaluations();
        break;
      case 'checkpoint':
        if (!event.last && this.#trainer) await this.saveCheckpoint(event.step, this.#trainer);
        break;
      case 'end':
        if (event.reason === 'interrupted' && this.#trainer) await this.saveCheckpoint(event.step, this.#trainer);
        break;
      default:
    }
  };

  /**
   * Evaluation of the model before or after the training. What follows a training also has acc_t1p, the paper's first turn with a prompted
   * correction before there was training for it: the second turn of the start model.
   */
  async evaluated(when: 'before' | 'after', metrics: Metrics): Promise<void> {
    const start = when === 'after' ? this.#evaluations.before?.['acc_t2'] : undefined;
    this.#evaluations[when] = start ? { ...metrics, acc_t1p: start } : metrics;
    await this.#writeEvaluations();
  }

  get evaluations(): Evaluations {
    return this.#evaluations;
  }

  /** Optimiser, position and weights, in a folder that appears whole; {@link latestCheckpoint} finds it. */
  async saveCheckpoint(step: number, trainer: Checkpointed): Promise<void> {
    await this.files.replace(`checkpoints/step-${step}`, async (sink) => {
      await trainer.policy.save(sink);
      await trainer.saveState(sink);
    });
    await this.writeReport();
  }

  /** Saves what was trained, as a sub-folder that appears whole or not at all. */
  async saveResult(folder: 'adapter' | 'model', policy: Checkpointed['policy']): Promise<void> {
    await this.files.replace(folder, (sink) => policy.save(sink));
    await this.writeReport();
  }

  /** Writes report.html from what is in the folder. */
  async writeReport(): Promise<void> {
    await this.files.write('report.html', renderReport(await readReportData(this.files)));
  }

  /** Does the run's work; where it fails before a step was finished, a folder made for it is removed: a failed start leaves nothing. */
  async orAbandon<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#finishedSteps === 0 && this.#isNew) await this.files.remove('');
      throw error;
    }
  }

  #append(name: string, records: readonly object[]): Promise<void> {
    return this.files.append(name, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  #writeEvaluations(): Promise<void> {
    return this.files.write('evaluation.json', json(this.#evaluations));
  }
}

/** Most completions per kind (layer, right or wrong before and after) that a report shows. */
const SAMPLES_PER_KIND = 4;

/** Collects what a report shows from a run's files; only the newest completions of each kind are kept. */
export async function readReportData(files: FileSource): Promise<ReportData> {
  const run = await readRunConfig(files);
  const steps: StepRecord[] = [];
  for await (const step of jsonLines<StepRecord>(files, 'steps.jsonl')) steps.push(step);
  const kinds = new Map<string, CompletionRecord[]>();
  for await (const record of jsonLines<CompletionRecord>(files, 'completions.jsonl')) {
    const kind = `${record.layer} ${record.answerCorrect} ${record.correct}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), record].slice(-SAMPLES_PER_KIND));
  }
  return { run, steps, evaluations: await readEvaluations(files), completions: [...kinds.values()].flat() };
}

async function readEvaluations(files: FileSource): Promise<Evaluations> {
  if (!(await files.exists('evaluation.json'))) return { during: [] };
  return (await readJson(files, 'evaluation.json')) as Evaluations;
}

/** The lines of a log whose step is at most `step`. */
async function* linesUpTo(files: FileSource, path: string, step: number): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const record of jsonLines<{ step: number }>(files, path))
    if (record.step <= step) yield encoder.encode(`${JSON.stringify(record)}\n`);
}

/** Records of a file of JSON lines; none where the file is missing. A last line that is cut short is left out. */
async function* jsonLines<T>(files: FileSource, path: string): AsyncGenerator<T> {
  for await (const line of textLines(files, path)) {
    if (line === '') continue;
    let record: T;
    try {
      record = JSON.parse(line) as T;
    } catch {
      continue;
    }
    yield record;
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

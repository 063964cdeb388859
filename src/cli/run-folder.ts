/**
 * The folder of a run:
 *
 *   config.json         the resolved settings, the versions and the device
 *   metrics.jsonl       one line per `log` event: means over the steps since the last line
 *   steps.jsonl         one line per step: metrics, seconds by phase, device memory
 *   completions.jsonl   sampled completions with their rewards
 *   evaluation.json     metrics before, during and after, each with its 95 % interval
 *   checkpoints/step-N/ adapter or model, optimizer.safetensors, trainer_state.json
 *   adapter/ or model/  the result in Hugging Face layout
 *   report.html
 */
import { createReadStream, existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { MgrpoError } from '../errors.js';
import type { FileSink, Metric } from '../index.js';
import { NodeFiles, createFolder, stageFolder } from '../platform/node-files.js';
import type { CompletionRecord, Listener } from '../train/events.js';
import { renderReport } from '../report/page.js';
import type { Evaluations, ReportData, RunConfig, StepRecord } from '../report/data.js';
import { packageVersion } from './version.js';

type Metrics = Readonly<Record<string, Metric>>;

const OWN_FILES = ['config.json', 'metrics.jsonl', 'steps.jsonl', 'completions.jsonl', 'evaluation.json', 'report.html'];
const OWN_FOLDERS = ['checkpoints', 'adapter', 'model'];

/** `runs/2026-11-23-101500-mgrpo-SmolLM2-135M` */
export function defaultFolder(algorithm: string, model: string): string {
  const time = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  const name = path.basename(path.resolve(model)).replace(/[^\w.-]+/g, '-');
  return path.join('runs', `${time}-${algorithm}-${name}`);
}

/**
 * Refuses a folder that is taken, before anything is loaded.
 * @throws exists if there are files in it and neither `overwrite` nor `resume` is set; not_found if there is nothing to resume
 */
export function checkFolder(folder: string, options: { readonly overwrite: boolean; readonly resume: boolean }): void {
  const taken = existsSync(folder) && (!isFolder(folder) || readdirSync(folder).length > 0);
  if (options.resume) {
    if (latestCheckpoint(folder) === undefined)
      throw new MgrpoError(
        'not_found',
        `${folder}: expected a run with checkpoints for --resume, found none; check --output-dir, or start anew without --resume`,
      );
  } else if (taken && (!options.overwrite || !isFolder(folder))) {
    throw new MgrpoError(
      'exists',
      `${folder}: expected a new or empty folder for --output-dir, got one with files in it; give another path, --overwrite, or --resume to go on with that run`,
    );
  }
}

function isFolder(file: string): boolean {
  try {
    readdirSync(file);
    return true;
  } catch {
    return false;
  }
}

/** The newest complete checkpoint of a run. */
export function latestCheckpoint(folder: string): { readonly step: number; readonly folder: string } | undefined {
  const root = path.join(folder, 'checkpoints');
  if (!isFolder(root)) return undefined;
  const steps = readdirSync(root).flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []);
  const step = Math.max(...steps.map(Number));
  return steps.length > 0 ? { step, folder: path.join(root, `step-${step}`) } : undefined;
}

/** The settings of the run in a folder. */
export function readRunConfig(folder: string): RunConfig {
  return JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')) as RunConfig;
}

/** Contents of config.json for a run that starts now; how the folder was to be opened is left out. */
export function runConfig(command: RunConfig['command'], settings: object, config: object, device: string): RunConfig {
  const kept = Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'overwrite' && name !== 'resume'));
  return { command, mgrpo: packageVersion(), started: new Date().toISOString(), device, settings: kept, config: { ...config } };
}

/** Writes everything a run leaves behind; appended files hold whole lines only. */
export class RunFolder {
  readonly path: string;
  readonly #files: NodeFiles;
  readonly #evaluations: Evaluations;
  readonly #isNew: boolean;
  #finishedSteps = 0;

  private constructor(files: NodeFiles, evaluations: Evaluations, isNew: boolean) {
    this.path = files.name;
    this.#files = files;
    this.#evaluations = evaluations;
    this.#isNew = isNew;
  }

  /** Makes the folder with its config.json. With `overwrite`, what an earlier run left there is removed first. */
  static async create(folder: string, config: RunConfig, overwrite: boolean): Promise<RunFolder> {
    const isNew = !existsSync(folder);
    const files = await createFolder(folder, { overwrite });
    for (const name of [...OWN_FILES, ...OWN_FOLDERS]) rmSync(path.join(folder, name), { recursive: true, force: true });
    await files.write('config.json', json(config));
    return new RunFolder(files, { during: [] }, isNew);
  }

  /** Goes on with a run after `step`: lines of later steps are dropped. */
  static async resume(folder: string, config: RunConfig, step: number): Promise<RunFolder> {
    const files = new NodeFiles(folder);
    for (const name of ['metrics.jsonl', 'steps.jsonl', 'completions.jsonl']) {
      if (!(await files.exists(name))) continue;
      const kept: string[] = [];
      for await (const record of jsonLines<{ step: number }>(files.resolve(name)))
        if (record.step <= step) kept.push(`${JSON.stringify(record)}\n`);
      await files.write(name, kept.join(''));
    }
    const evaluations = (await files.exists('evaluation.json'))
      ? (JSON.parse(await files.readText('evaluation.json')) as Evaluations)
      : { during: [] };
    await files.write('config.json', json(config));
    return new RunFolder(files, { ...evaluations, during: evaluations.during.filter((e) => e.step <= step) }, false);
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

  /** Saves into a sub-folder that appears whole or not at all. */
  async save(folder: string, write: (sink: FileSink) => Promise<void>): Promise<string> {
    const target = path.join(this.path, folder);
    const staged = await stageFolder(target, { overwrite: true });
    try {
      await write(staged.files);
      await staged.commit();
    } catch (error) {
      await staged.discard();
      throw error;
    }
    return target;
  }

  /** Writes report.html from what is in the folder. */
  async writeReport(): Promise<void> {
    await this.#files.write('report.html', renderReport(await readReportData(this.path)));
  }

  /** Does the run's work; where it fails before a step was finished, a folder made for it is removed: a failed start leaves nothing. */
  async orAbandon<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#finishedSteps === 0 && this.#isNew) rmSync(this.path, { recursive: true, force: true });
      throw error;
    }
  }

  #append(name: string, records: readonly object[]): Promise<void> {
    return this.#files.append(name, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  #writeEvaluations(): Promise<void> {
    return this.#files.write('evaluation.json', json(this.#evaluations));
  }
}

/** Most completions per kind (layer, right or wrong before and after) that a report shows. */
const SAMPLES_PER_KIND = 4;

/** Collects what a report shows from a run's files; only the newest completions of each kind are kept. */
export async function readReportData(folder: string): Promise<ReportData> {
  const run = readRunConfig(folder);
  const at = (name: string): string => path.join(folder, name);
  const steps: StepRecord[] = [];
  for await (const step of jsonLines<StepRecord>(at('steps.jsonl'))) steps.push(step);
  const kinds = new Map<string, CompletionRecord[]>();
  for await (const record of jsonLines<CompletionRecord>(at('completions.jsonl'))) {
    const kind = `${record.layer} ${record.answerCorrect} ${record.correct}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), record].slice(-SAMPLES_PER_KIND));
  }
  const evaluations = existsSync(at('evaluation.json'))
    ? (JSON.parse(readFileSync(at('evaluation.json'), 'utf8')) as Evaluations)
    : { during: [] };
  return { run, steps, evaluations, completions: [...kinds.values()].flat() };
}

/** Records of a file of JSON lines; none where the file is missing. A last line that is cut short is left out. */
async function* jsonLines<T>(file: string): AsyncGenerator<T> {
  if (!existsSync(file)) return;
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
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

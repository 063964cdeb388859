// The folder of a run, on disk or wherever else a folder can be:
//
//   config.json         the resolved settings, the versions and the device
//   metrics.jsonl       one line per `log` event: means over the steps since the last line
//   steps.jsonl         one line per step: metrics, seconds by phase, device memory
//   notices.jsonl       what failed and was passed over, where that is asked for
//   completions.jsonl   sampled completions with their rewards
//   evaluation.json     metrics before, during and after, each with its 95 % interval
//   checkpoints/step-N/ adapter or model, optimizer.safetensors, trainer_state.json, run.json, manifest.json with checksums
//   adapter/ or model/  the result in Hugging Face layout, with its card
//   report.html
//   tensorboard/, metrics.csv: trackers.ts; completions/: completions.ts
import { MgrpoError } from '../errors.js';
import { LOCK_FILE, readJson } from '../platform/files.js';
import type { FileFolder, FileSink, FileSource } from '../platform/files.js';
import type { Evaluations, Metrics, RunConfig } from '../report/data.js';
import { modelCard, type CardOptions } from '../report/card.js';
import { renderReport } from '../report/page.js';
import type { Listener, TrainEvent } from '../train/events.js';
import { checkpointSteps, openCheckpoint, removeCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoints.js';
import { TABLES, rewriteTables, writeTable } from './completions.js';
import { readReportData } from './reader.js';
import { hasStep, logRecords, parseRunConfig } from './records.js';
import { evaluationValues, openTrackers, trainValues, type Tracker, type TrackerName } from './trackers.js';

const LOGS = ['metrics.jsonl', 'steps.jsonl', 'completions.jsonl', 'notices.jsonl'];
const OWN = [
  ...LOGS,
  'config.json',
  'evaluation.json',
  'report.html',
  'checkpoints',
  'adapter',
  'model',
  'metrics.csv',
  'tensorboard',
  TABLES,
];
/** Events that are a step's records in the logs. */
const RECORDS: ReadonlySet<TrainEvent['type']> = new Set(['completions', 'step', 'log']);
/** What a write leaves that was killed. */
const LEFT_OVER = /^\..+\.part$/;

/** Which checkpoints a run keeps, and whether it ends with the best; the names are options of GRPO. */
export interface KeepSettings {
  readonly saveTotalLimit: number | null;
  readonly loadBestModelAtEnd?: boolean;
  readonly metricForBestModel?: string | null;
  readonly greaterIsBetter?: boolean;
}

/** What a checkpoint is made from: a trainer. */
export interface Checkpointed {
  readonly config: KeepSettings;
  readonly policy: {
    /** Writes the adapter or the model; `stored`: in the format that the model came in. */
    save(sink: FileSink, options?: { readonly dtype?: 'f32' | 'stored' }): Promise<void>;
    /** Takes back the weights that `save` wrote. */
    load(files: FileSource): Promise<void>;
  };
  /** Writes the trainer's state. */
  saveState(sink: FileSink): Promise<void>;
}

/** `2026-11-23-101500-mgrpo-SmolLM2-135M` */
export function runName(algorithm: string, model: string, time: Date = new Date()): string {
  const stamp = time.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  const name = model.split(/[/\\]/).filter((part) => /[^.]/.test(part));
  return `${stamp}-${algorithm}-${(name.at(-1) ?? 'model').replace(/[^\w.-]+/g, '-')}`;
}

/** The settings of the run in a folder. @throws not_found or bad_file */
export async function readRunConfig(files: FileSource): Promise<RunConfig> {
  return parseRunConfig(await readJson(files, 'config.json'), `${files.name}/config.json`);
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
  const entries = (await files.entries())?.filter(({ name }) => name !== LOCK_FILE);
  if (entries === undefined || entries.length === 0 || overwrite) return;
  throw new MgrpoError(
    'exists',
    `${files.name}: expected a new or empty folder for the run, got one with files in it; ${wayOut}`,
  );
}

/** Writes everything a run leaves behind; appended files hold whole lines only. */
export class RunFolder {
  readonly files: FileFolder;
  /** What was found damaged when the run was resumed, for people. */
  readonly notes: readonly string[];
  #config: RunConfig;
  readonly #evaluations: Evaluations;
  readonly #isNew: boolean;
  #trainer: Checkpointed | undefined;
  #trackers: readonly Tracker[] = [];
  #writesTables = false;
  #finishedSteps = 0;
  /** Of the last event that has one. */
  #step = 0;
  #savedStep = 0;
  /** The finished step whose records could not all be written. */
  #unlogged: number | null = null;

  private constructor(
    files: FileFolder,
    config: RunConfig,
    evaluations: Evaluations,
    isNew: boolean,
    notes: readonly string[] = [],
  ) {
    this.files = files;
    this.notes = notes;
    this.#config = config;
    this.#evaluations = evaluations;
    this.#isNew = isNew;
  }

  /**
   * Makes the folder with its config.json. With `overwrite`, what an earlier run left there is removed first.
   * @throws exists if there are files in it and `overwrite` is not set
   */
  static async create(files: FileFolder, config: RunConfig, overwrite = false): Promise<RunFolder> {
    await checkFree(files, overwrite);
    const isNew = (await files.entries())?.every(({ name }) => name === LOCK_FILE) ?? true;
    for (const name of OWN) await files.remove(name);
    await files.write('config.json', json(config));
    return new RunFolder(files, config, { during: [] }, isNew);
  }

  /**
   * Goes on with a run from a checkpoint, or from its beginning where it has none: lines of later steps are dropped, and damaged ones, and what
   * killed writes left.
   */
  static async resume(files: FileFolder, config: RunConfig, checkpoint: Checkpoint | undefined): Promise<RunFolder> {
    for (const place of ['', 'checkpoints'])
      for (const { name } of (await files.entries(place)) ?? [])
        if (LEFT_OVER.test(name)) await files.remove(place === '' ? name : `${place}/${name}`);
    const step = checkpoint?.step ?? 0;
    const notes = [...(checkpoint?.damaged ?? [])];
    for (const name of LOGS) if (await files.exists(name)) await files.write(name, linesUpTo(files, name, step, notes));
    const { before, during } = checkpoint?.evaluations ?? { during: [] };
    await files.write('config.json', json(config));
    const run = new RunFolder(files, config, { ...(before && { before }), during }, false, notes);
    run.#savedStep = run.#step = step;
    await run.#writeEvaluations();
    return run;
  }

  /**
   * Writes for other programs too, of what is there already and of what comes.
   * @param names whom curves are for
   * @param tables whether completions are written as parquet, as TRL does
   */
  async report(names: readonly TrackerName[], tables = false): Promise<void> {
    this.#trackers = await openTrackers(this.files, names, this.#evaluations);
    this.#writesTables = tables;
    if (tables) await rewriteTables(this.files);
  }

  /** Saves this trainer's state where its events ask for a checkpoint. */
  follow(trainer: Checkpointed): void {
    this.#trainer = trainer;
  }

  /** Writes what a trainer tells. */
  readonly listen: Listener = async (event) => {
    try {
      await this.#write(event);
    } catch (error) {
      if (RECORDS.has(event.type) && 'step' in event) this.#unlogged = event.step;
      throw error;
    }
  };

  async #write(event: TrainEvent): Promise<void> {
    if ('step' in event) this.#step = event.step;
    switch (event.type) {
      case 'step': {
        const { step, metrics, seconds, memory } = event;
        this.#finishedSteps++;
        await this.#append('steps.jsonl', [{ step, metrics, seconds, memory }]);
        break;
      }
      case 'log':
        await this.#append('metrics.jsonl', [{ step: event.step, ...event.metrics }]);
        await this.#track(trainValues(event.metrics));
        break;
      case 'notice':
        await this.#append('notices.jsonl', [{ step: event.step, text: event.text }]);
        break;
      case 'settings': {
        const { step, settings } = event;
        const before = this.#config.config;
        const text = Object.entries(settings).map(
          ([name, value]) => `${name} is ${value} from here on, it was ${String(before[name])}`,
        );
        this.#config = { ...this.#config, config: { ...before, ...settings } };
        await this.files.write('config.json', json(this.#config));
        await this.#append('notices.jsonl', [{ step, text: text.join('; ') }]);
        break;
      }
      case 'completions': {
        const { rows } = event;
        // The log is for people: ids and log-probs of tokens stay out of it.
        await this.#append(
          'completions.jsonl',
          rows.map((row) => ({ ...row, tokens: undefined })),
        );
        if (this.#writesTables && rows.length > 0) await writeTable(this.files, rows);
        break;
      }
      case 'evaluation':
        this.#evaluations.during.push({ step: event.step, metrics: event.metrics });
        await this.#writeEvaluations();
        await this.#track(evaluationValues(event.metrics));
        this.#checkMetric(event.metrics);
        break;
      case 'checkpoint':
        if (this.#trainer) await this.saveCheckpoint(event.step, this.#trainer);
        break;
      case 'end':
        if (event.reason === 'done' && this.#trainer?.config.loadBestModelAtEnd) await this.#loadBest(event.step, this.#trainer);
        break;
      default:
    }
  }

  /**
   * Evaluation of the model before or after the training. What follows a training also has acc_t1p, the paper's first answer with a prompted
   * correction before there was training for it: the correction of the start model.
   */
  async evaluated(when: 'before' | 'after', metrics: Metrics): Promise<void> {
    const start = when === 'after' ? this.#evaluations.before?.['acc_t2'] : undefined;
    this.#evaluations[when] = start ? { ...metrics, acc_t1p: start } : metrics;
    await this.#writeEvaluations();
    await this.#track(evaluationValues(metrics));
    this.#checkMetric(metrics);
  }

  get evaluations(): Evaluations {
    return this.#evaluations;
  }

  /**
   * Optimiser, position and weights, in a folder that appears whole; `latestCheckpoint` finds it. Older ones go as `saveTotalLimit` says. Nothing
   * is written where the state is that of the beginning, or of the last checkpoint.
   * @throws bad_file also where the step's records are not in the logs: a run that went on from there would lack them
   */
  async saveCheckpoint(step: number, trainer: Checkpointed): Promise<void> {
    if (step === this.#savedStep) return;
    if (step === this.#unlogged) {
      const wayOut = 'go on from the checkpoint before, which repeats it';
      throw new MgrpoError('bad_file', `${this.files.name}: expected all records of step ${step}, got a part of them; ${wayOut}`);
    }
    const { before, during } = this.#evaluations;
    const record = { config: this.#config, evaluations: { ...(before && { before }), during } };
    await writeCheckpoint(this.files, step, record, async (sink) => {
      await trainer.policy.save(sink);
      await trainer.saveState(sink);
    });
    this.#savedStep = step;
    await this.#prune(step, trainer.config);
    await this.writeReport();
  }

  /** Removes the oldest checkpoints beyond the limit, but never the last one nor the best. */
  async #prune(last: number, config: KeepSettings): Promise<void> {
    if (config.saveTotalLimit === null) return;
    const steps = (await checkpointSteps(this.files)).filter((step) => step <= last);
    const best = this.#best(steps, config);
    const kept = new Set(best === undefined ? [last] : [last, best]);
    for (const step of steps.toReversed()) {
      if (kept.size < config.saveTotalLimit) kept.add(step);
      else if (!kept.has(step)) await removeCheckpoint(this.files, step);
    }
  }

  /** The step among `steps` whose evaluation is the best, the first of equals; undefined where best is not asked for. */
  #best(steps: readonly number[], settings: KeepSettings): number | undefined {
    const { metricForBestModel: name = null, greaterIsBetter = true } = settings;
    if (name === null) return undefined;
    const score = ({ metrics }: Evaluations['during'][number]): number => (greaterIsBetter ? 1 : -1) * metrics[name]!.value;
    let best: Evaluations['during'][number] | undefined;
    for (const found of this.#evaluations.during)
      if (steps.includes(found.step) && (best === undefined || score(found) > score(best))) best = found;
    return best?.step;
  }

  async #loadBest(last: number, { policy, config }: Checkpointed): Promise<void> {
    const best = this.#best(await checkpointSteps(this.files), config);
    if (best !== undefined && best !== last) await policy.load((await openCheckpoint(this.files, best)).files);
  }

  #checkMetric(metrics: Metrics): void {
    const name = this.#trainer?.config.metricForBestModel ?? null;
    if (name === null || metrics[name] !== undefined) return;
    throw new MgrpoError(
      'invalid_argument',
      `run: expected a metric of the evaluation for metricForBestModel, got ${name}; there are ${Object.keys(metrics).join(', ')}`,
    );
  }

  /**
   * Saves what was trained with its card, as a sub-folder that appears whole or not at all; a model in the format that it came in. Checkpoints
   * keep f32.
   * @param names ids on the hub, for the card
   */
  async saveResult(
    kind: 'adapter' | 'model',
    policy: Checkpointed['policy'],
    names: Pick<CardOptions, 'baseModel' | 'dataset'> = {},
  ): Promise<void> {
    await this.files.replace(kind, async (sink) => {
      await policy.save(sink, { dtype: 'stored' });
      await sink.write('README.md', modelCard(this.#config, this.#evaluations, { ...names, kind }));
    });
    await this.writeReport();
  }

  /** Writes report.html from what is in the folder. */
  async writeReport(): Promise<void> {
    // A folder that was removed in the middle of a run is made again.
    if (!(await this.files.exists('config.json'))) await this.files.write('config.json', json(this.#config));
    const data = await readReportData(this.files);
    await this.files.write('report.html', renderReport({ ...data, run: this.#config, evaluations: this.#evaluations }));
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

  async #track(values: Readonly<Record<string, number>>): Promise<void> {
    for (const tracker of this.#trackers) await tracker.log(this.#step, values);
  }

  #append(name: string, records: readonly object[]): Promise<void> {
    return this.files.append(name, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  #writeEvaluations(): Promise<void> {
    return this.files.write('evaluation.json', json(this.#evaluations));
  }
}

/** The lines of a log whose step is at most `step`; what is no such line is left out and noted. */
async function* linesUpTo(files: FileSource, path: string, step: number, notes: string[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const note = (line: number): void =>
    void notes.push(`${files.name}/${path}: expected a record of a step in line ${line}, got something else; it is left out`);
  for await (const record of logRecords(files, path, hasStep, note))
    if (record.step <= step) yield encoder.encode(`${JSON.stringify(record)}\n`);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

// The engine behind a page: one device, the model that is trained and the one it started from, and one training at a time.
import type { Metric } from '../algo/evaluation.js';
import { runBench, type BenchOptions, type BenchReport } from '../bench/run.js';
import { MgrpoError, check } from '../errors.js';
import { resolveMGRPOConfig } from '../config/mgrpo.js';
import type { LiveSettings } from '../config/live.js';
import type { LoraSettings } from '../config/policy.js';
import { openDevice } from '../open/browser.js';
import type { DeviceChoice } from '../open/choice.js';
import type { Device, DeviceInfo } from '../ops/device.js';
import { BlobFiles } from '../platform/blob-files.js';
import { MemoryFiles, textLines, type FileSource } from '../platform/files.js';
import { HttpFiles } from '../platform/http-files.js';
import { hubModel } from '../platform/hub-cached.js';
import { OpfsFiles } from '../platform/opfs-files.js';
import { rewardRow, verifierFor } from '../reward/registry.js';
import { verify, type AnswerForm, type ExtractionMode, type Verdict } from '../reward/verify.js';
import { latestCheckpoint, type Checkpoint } from '../run/checkpoints.js';
import { RunFolder } from '../run/folder.js';
import type { RunConfig, StepRecord } from '../report/data.js';
import { jsonlRows } from '../tasks/jsonl.js';
import { taskKind } from '../tasks/registry.js';
import type { Split, TaskRow } from '../tasks/task.js';
import type { TextCompletion } from '../train/complete.js';
import { evaluate } from '../train/evaluate.js';
import type { TrainEvent } from '../train/events.js';
import { GRPOTrainer } from '../train/grpo-trainer.js';
import { fittingCompletionLength } from '../train/fitting-length.js';
import { inspect } from '../train/inspect.js';
import type { TrainResult } from '../train/loop.js';
import { MGRPOTrainer } from '../train/mgrpo-trainer.js';
import { loadPolicy, type Policy, type PolicyOptions } from '../train/policy.js';
import { selfCorrect } from '../train/self-correct.js';
import type { PolicyTrainer } from '../train/trainer.js';
import { takeTurn } from '../train/turns.js';
import type {
  AskRequest,
  Asked,
  DataSource,
  EngineCalls,
  EngineEvent,
  Looked,
  MeasureRequest,
  ModelFacts,
  ModelSource,
  SavedRun,
  Spoken,
  TrainRequest,
} from './protocol.js';

/** What a call may give: its result, or a promise of it. */
type Served = {
  [K in keyof EngineCalls]: (
    ...args: Parameters<EngineCalls[K]>
  ) => ReturnType<EngineCalls[K]> | Promise<ReturnType<EngineCalls[K]>>;
};

/** Folder of the private file system that keeps models of the hub. */
const MODELS = 'mgrpo/models';
/** Problems of which an evaluation says how good a model is. */
const MEASURED_SEED = 1;

/** See {@link EngineCalls} for what each method does. */
export class WorkerEngine implements Served {
  readonly #tell: (event: EngineEvent) => void;
  #device: Device | undefined;
  #policy: Policy | undefined;
  /** Where the model came from, and the model as it came from there, loaded when it is first asked. */
  #source: ModelSource | undefined;
  #start: Promise<Policy> | undefined;
  #training: { readonly trainer: PolicyTrainer; readonly abort: AbortController; isStepping: boolean } | undefined;
  #checkpoint: Checkpoint | undefined;
  #measuring: AbortController | undefined;

  constructor(tell: (event: EngineEvent) => void) {
    this.#tell = tell;
  }

  async open(choice: DeviceChoice): Promise<DeviceInfo> {
    if (this.#device) await this.close();
    this.#device = await openDevice({ device: choice });
    return this.#device.info;
  }

  async load(source: ModelSource, train: 'none' | 'full' | Partial<LoraSettings>): Promise<ModelFacts> {
    const { files, adapter } = await this.#open(source);
    if (adapter) return this.#load(files, { train: 'adapter', adapter, name: nameOf(source) }, source);
    const options = typeof train === 'string' ? { train } : { train };
    return this.#load(files, { ...options, name: nameOf(source) } as PolicyOptions, source);
  }

  async saved(folder: string): Promise<SavedRun | null> {
    const files = new OpfsFiles(folder);
    const checkpoint = await latestCheckpoint(files).catch((error: unknown) => {
      if (error instanceof MgrpoError && error.code === 'bad_file') return undefined;
      throw error;
    });
    if (!checkpoint) return null;
    const { step, config } = checkpoint;
    return { step, settings: config.settings, config: config.config, steps: await readSteps(files, step) };
  }

  async loadSaved(folder: string, source: ModelSource): Promise<ModelFacts> {
    const checkpoint = await latestCheckpoint(new OpfsFiles(folder));
    if (!checkpoint) throw new MgrpoError('not_found', `${folder}: expected a saved run, found none; start a new one`);
    const isAdapter = await checkpoint.files.exists('adapter_config.json');
    const name = nameOf(source);
    const facts = isAdapter
      ? await this.#load((await this.#open(source)).files, { train: 'adapter', adapter: checkpoint.files, name }, source)
      : await this.#load(checkpoint.files, { train: 'full', name }, source);
    this.#checkpoint = checkpoint;
    return facts;
  }

  async remove(folder: string): Promise<void> {
    await new OpfsFiles(folder).remove('');
  }

  async train(request: TrainRequest): Promise<TrainResult> {
    check(!this.#training, 'train: expected no training under way, got one; stop it first');
    const policy = this.#model();
    const rows = rowsOf(request.data, 'train');
    const abort = new AbortController();
    const { layer2, ...given } = request.args;
    const fitting = fittingCompletionLength(
      policy,
      rows,
      request.algorithm === 'mgrpo' ? resolveMGRPOConfig(request.args).layer2 : null,
    );
    const maxCompletionLength = Math.min(given.maxCompletionLength ?? fitting, fitting);
    const args = { ...given, maxCompletionLength };
    const listen = (event: TrainEvent): Promise<void> => this.#told(event, run);
    const options = {
      policy,
      rewardFuncs: [rewardRow(verifierFor(rows), 'train').make({ maxCompletionLength })],
      trainDataset: rows,
      onEvent: listen,
      signal: abort.signal,
    };
    const trainer =
      request.algorithm === 'grpo'
        ? new GRPOTrainer({ ...options, args })
        : new MGRPOTrainer({ ...options, args: { ...args, ...(layer2 && { layer2 }) } });
    const checkpoint = request.resume ? this.#checkpoint : undefined;
    check(!request.resume || checkpoint, 'train: expected a saved run that was loaded, got none; call loadSaved first');
    if (checkpoint) await trainer.restoreState(checkpoint.files);
    const run = request.folder === null ? undefined : await this.#openRun(request, trainer, checkpoint);
    run?.follow(trainer);
    this.#training = { trainer, abort, isStepping: false };
    try {
      return await trainer.train();
    } finally {
      this.#training = undefined;
      trainer.free();
    }
  }

  pause(): void {
    this.#training?.trainer.pause();
  }

  resume(): void {
    this.#training?.trainer.resume();
  }

  step(): void {
    if (!this.#training) return;
    this.#training.isStepping = true;
    this.#training.trainer.resume();
  }

  change(settings: Partial<LiveSettings>): void {
    this.#training?.trainer.change(settings);
  }

  stop(): void {
    this.#training?.abort.abort();
    this.#measuring?.abort();
  }

  async bench(options: Pick<BenchOptions, 'quick' | 'rounds' | 'models'>): Promise<BenchReport> {
    check(!this.#training, 'bench: expected no training under way, got one; stop it first');
    check(!this.#measuring, 'bench: expected one measurement at a time, got a second one; wait for it');
    check(this.#device, 'bench: expected an open device, got none; call open first');
    const device = this.#device;
    const abort = new AbortController();
    this.#measuring = abort;
    const onProgress = (done: number, total: number, name: string): void => this.#tell({ type: 'bench', done, total, name });
    try {
      return await takeTurn(device, () => runBench(device, { ...options, onProgress, signal: abort.signal }));
    } finally {
      this.#measuring = undefined;
    }
  }

  async ask({ which, question, phrase, temperature, seed, maxCompletionLength, gold }: AskRequest): Promise<Asked> {
    const policy = await this.#policyOf(which);
    const prompt = policy.tokenizer.chatTemplate ? [{ role: 'user', content: question }] : question;
    const { answer, correction, promptIds, queryIds } = await selfCorrect(policy, prompt, {
      ...{ phrase, temperature, seed },
      ...(maxCompletionLength !== undefined && { maxCompletionLength }),
      onText: (piece, part) => this.#tell({ type: 'text', which, part, piece }),
    });
    const isEnded = policy.eosIds.has(answer.ids.at(-1)!);
    const read = {
      ids: [...queryIds, ...correction.ids],
      answer: promptIds.length,
      phrase: promptIds.length + answer.ids.length - (isEnded ? 1 : 0),
      correction: queryIds.length,
    };
    return { answer: spoken(policy, answer, gold), phrase, correction: spoken(policy, correction, gold), read };
  }

  async look(which: AskRequest['which'], ids: readonly number[]): Promise<Looked> {
    const policy = await this.#policyOf(which);
    return { ...(await inspect(policy, ids)), texts: ids.map((id) => policy.tokenizer.decode([id])) };
  }

  async measure({ which, data, temperature }: MeasureRequest): Promise<Readonly<Record<string, Metric>>> {
    const policy = await this.#policyOf(which);
    const { metrics } = await evaluate(policy, rowsOf(data, 'test', MEASURED_SEED), {
      layer2: {},
      temperature,
      onProgress: (done, total, tokens) => this.#tell({ type: 'progress', step: 0, phase: 'evaluate', done, total, tokens }),
    });
    return metrics;
  }

  verify(gold: string, response: string, mode: ExtractionMode, form?: AnswerForm): Verdict {
    return verify({ gold, response, mode, ...(form && { form }) });
  }

  async save(): Promise<Readonly<Record<string, Uint8Array<ArrayBuffer>>>> {
    const saved = new MemoryFiles('model');
    await this.#model().save(saved);
    return Object.fromEntries([...saved.files].map(([path, bytes]) => [path, bytes.slice()]));
  }

  async close(): Promise<void> {
    this.stop();
    await this.#free();
    await this.#device?.destroy();
    this.#device = undefined;
  }

  async #load(files: FileSource, options: PolicyOptions, source: ModelSource): Promise<ModelFacts> {
    check(!this.#training, 'load: expected no training under way, got one; stop it first');
    check(this.#device, 'load: expected an open device, got none; call open first');
    await this.#free();
    const policy = await loadPolicy(this.#device, files, {
      ...options,
      onProgress: (done, total) => this.#tell({ type: 'loading', done, total }),
    });
    this.#policy = policy;
    this.#source = source;
    const { parameters, trained } = policy.decoder;
    return { name: policy.name, parameters: parameters.count, trainable: trained.count, context: policy.context };
  }

  async #free(): Promise<void> {
    await this.#policy?.[Symbol.asyncDispose]();
    await (await this.#start)?.[Symbol.asyncDispose]();
    this.#policy = this.#start = this.#source = this.#checkpoint = undefined;
  }

  #model(): Policy {
    check(this.#policy, 'engine: expected a loaded model, got none; call load first');
    return this.#policy;
  }

  #policyOf(which: AskRequest['which']): Promise<Policy> {
    return which === 'now' ? Promise.resolve(this.#model()) : this.#startPolicy();
  }

  /** The model before the training. */
  #startPolicy(): Promise<Policy> {
    this.#model();
    this.#start ??= this.#loadStart(this.#source!);
    return this.#start;
  }

  async #loadStart(source: ModelSource): Promise<Policy> {
    const { files, adapter } = await this.#open(source);
    return loadPolicy(this.#device!, files, { train: 'none', name: nameOf(source), ...(adapter && { adapter }) });
  }

  /** Models of the hub are kept in the private file system, where the browser has one. */
  async #open(source: ModelSource): Promise<{ readonly files: FileSource; readonly adapter?: FileSource }> {
    if ('url' in source) return { files: new HttpFiles(source.url) };
    if ('hub' in source) {
      const onProgress = (file: string, done: number, total: number): void =>
        this.#tell({ type: 'downloading', file, done, total });
      return { files: await hubModel(source.hub, new OpfsFiles(MODELS), { onProgress }) };
    }
    const files = new BlobFiles(source.name, source.files);
    if (!('adapter_config.json' in source.files)) return { files };
    check(source.base !== undefined, `${source.name}: expected the base model of an adapter, got none; give its address as base`);
    return { files: new HttpFiles(source.base), adapter: files };
  }

  /** Saves what a trainer tells, then tells the page. */
  async #told(event: TrainEvent, run: RunFolder | undefined): Promise<void> {
    if (event.type !== 'progress') await run?.listen(event);
    this.#tell(event);
    if (event.type === 'checkpoint' && run) this.#tell({ type: 'saved', step: event.step });
    // The log is the last that a step tells: what is held here is held between two steps.
    if (event.type === 'log') await this.#hold(event.step, run);
  }

  /** Saves a training that is held, and says so. */
  async #hold(step: number, run: RunFolder | undefined): Promise<void> {
    const training = this.#training;
    if (!training) return;
    if (training.isStepping) training.trainer.pause();
    training.isStepping = false;
    if (!training.trainer.isPaused) return;
    await run?.saveCheckpoint(step, training.trainer);
    if (run) this.#tell({ type: 'saved', step });
    this.#tell({ type: 'paused', step });
  }

  async #openRun(request: TrainRequest, trainer: PolicyTrainer, checkpoint: Checkpoint | undefined): Promise<RunFolder> {
    const files = new OpfsFiles(request.folder!);
    if (checkpoint) return RunFolder.resume(files, checkpoint.config, checkpoint);
    const { algorithm, data, settings } = request;
    const config: RunConfig = {
      command: 'train',
      mgrpo: '',
      started: new Date().toISOString(),
      device: this.#device!.info.description,
      settings: {
        ...settings,
        model: trainer.policy.name,
        algorithm,
        ...('task' in data && { task: data.task, taskSize: data.size }),
      },
      config: { ...trainer.config },
    };
    return RunFolder.create(files, config, true);
  }
}

function nameOf(source: ModelSource): string {
  if ('hub' in source) return source.hub;
  return 'url' in source ? (source.url.replace(/\/+$/, '').split('/').at(-1) ?? source.url) : source.name;
}

function rowsOf(data: DataSource, split: Split, seed = 42): TaskRow[] {
  if ('jsonl' in data) return jsonlRows(data.jsonl, { name: data.name });
  return taskKind(data.task).make(data.size).rows(split, data.rows, seed);
}

/** The steps of a run up to one. */
async function readSteps(files: FileSource, last: number): Promise<StepRecord[]> {
  const steps: StepRecord[] = [];
  for await (const line of textLines(files, 'steps.jsonl')) {
    const record = JSON.parse(line) as StepRecord;
    if (record.step <= last) steps.push(record);
  }
  return steps;
}

/** A completion with its tokens as texts, and what the checker says of it. */
function spoken({ tokenizer, eosIds }: Policy, completion: TextCompletion, gold: AskRequest['gold']): Spoken {
  const { text, ids, logps, truncated } = completion;
  const tokens = ids.flatMap((id, i) => (eosIds.has(id) ? [] : [{ text: tokenizer.decode([id]), logp: logps[i]! }]));
  const verdict = gold === undefined ? null : verify({ gold, response: text, mode: 'strict', truncated });
  return { text, truncated, tokens, verdict };
}

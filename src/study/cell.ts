// One cell of a study: a training with a seed that is evaluated at equal distances of its budget. Killed anywhere and run again it goes on
// from its last evaluation, to the same numbers. Its folder:
//
//   setup.json     what the numbers depend on: a folder of another study is refused
//   checkpoint/    while it runs: the state at the last evaluation, and points.jsonl, a line per evaluation so far
//   result.jsonl   when it is finished: a line per evaluation
import { majAtK } from '../algo/evaluation.js';
import { MgrpoError, show } from '../errors.js';
import type { GRPOConfig } from '../config/grpo.js';
import { textLines } from '../platform/files.js';
import type { FileFolder } from '../platform/files.js';
import { checkSealed, replaceSealed } from '../platform/sealed.js';
import type { RewardFunction } from '../reward/types.js';
import type { TaskRow } from '../tasks/task.js';
import { evaluate } from '../train/evaluate.js';
import type { Evaluation } from '../train/evaluate.js';
import type { TrainEvent } from '../train/events.js';
import { GRPOTrainer } from '../train/grpo-trainer.js';
import { MGRPOTrainer } from '../train/mgrpo-trainer.js';
import type { Policy } from '../train/policy.js';
import type { PolicyTrainer } from '../train/trainer.js';
import type { Cell, StudyPlan } from './plan.js';

/** One evaluation of a cell; a line of result.jsonl. */
export interface Point {
  /** 0 is before the training, then 1, 2, … at equal distances of the budget. */
  readonly point: number;
  readonly step: number;
  /** Tokens sampled in training so far, both layers. */
  readonly tokens: number;
  /** Seconds of training and evaluating so far. */
  readonly seconds: number;
  /** Values of the evaluation's metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Problem by problem, the share of its answers that are right: by turn, and of the majority and the best of them (0 or 1). */
  readonly turns: readonly (readonly number[])[];
  readonly majority: readonly number[];
  readonly best: readonly number[];
  /** Tokens of one answer in each turn, on the mean. */
  readonly answerTokens: readonly number[];
}

/** A cell that is ready to run. */
export interface OpenCell {
  /** The start model, or what the checkpoint holds. */
  readonly policy: Policy;
  /** The start model of a cell that is resumed, where the KL term needs it. */
  readonly referencePolicy?: Policy;
  /** Writes on answers before they are corrected, where the training has a critic. */
  readonly critic?: Policy;
  /** The training's settings with the cell's seed. */
  readonly config: GRPOConfig;
  readonly rewardFuncs: readonly RewardFunction[];
  readonly trainDataset: readonly TaskRow[];
  readonly evalDataset: readonly TaskRow[];
}

/** What a cell is run with. */
export interface CellRun<S> {
  readonly plan: StudyPlan<S>;
  readonly cell: Cell<S>;
  readonly files: FileFolder;
  /** Opens models and data. @param checkpoint what to go on from, if anything */
  open(cell: Cell<S>, checkpoint: FileFolder | undefined): Promise<OpenCell>;
  readonly signal?: AbortSignal | undefined;
  /** Share of the budget that is used, and how the last evaluation went. */
  onProgress?(share: number, last: Point): void;
  /** Told of a checkpoint that is not as it was written. */
  onDamage?: ((text: string) => void) | undefined;
}

/** What the seal of a checkpoint says. */
const SEAL = 'cell';

/** The evaluations of a finished cell, or undefined. @throws bad_file where the folder is of another study */
export async function finishedCell<S>(
  files: FileFolder,
  plan: StudyPlan<S>,
  cell: Cell<S>,
): Promise<readonly Point[] | undefined> {
  if (!(await files.exists('result.jsonl'))) return undefined;
  await checkSetup(files, plan, cell);
  return readPoints(files, 'result.jsonl');
}

/** Runs a cell to its end. @throws the signal's reason where it ends before */
export async function runCell<S>(run: CellRun<S>): Promise<readonly Point[]> {
  const { cell, files, plan, signal } = run;
  if (await files.exists('setup.json')) await checkSetup(files, plan, cell);
  else await files.write('setup.json', `${setupOf(plan, cell)}\n`);
  const checkpoint = await soundCheckpoint(run);
  const opened = await run.open(cell, checkpoint);
  try {
    const points = await new RunningCell(run, opened).run(checkpoint);
    signal?.throwIfAborted();
    await files.write('result.jsonl', linesOf(points));
    await files.remove('checkpoint');
    return points;
  } finally {
    opened.policy.free();
    opened.referencePolicy?.free();
    opened.critic?.free();
  }
}

/** The state at the last evaluation; one that is damaged is removed, and the cell begins anew. */
async function soundCheckpoint<S>({ files, onDamage }: CellRun<S>): Promise<FileFolder | undefined> {
  if ((await files.entries('checkpoint')) === null) return undefined;
  const checkpoint = files.folder('checkpoint');
  try {
    await checkSealed(checkpoint, SEAL);
    return checkpoint;
  } catch (error) {
    if (!(error instanceof MgrpoError)) throw error;
    onDamage?.(`${error.message}; this cell begins anew`);
    await files.remove('checkpoint');
    return undefined;
  }
}

class RunningCell<S> {
  readonly #run: CellRun<S>;
  readonly #opened: OpenCell;
  readonly #trainer: PolicyTrainer;
  /** Ends the training where the budget is used up, or with the caller's signal. */
  readonly #stop = new AbortController();
  readonly #points: Point[] = [];
  readonly #started = performance.now();
  #seconds = 0;
  #tokens = 0;

  constructor(run: CellRun<S>, opened: OpenCell) {
    this.#run = run;
    this.#opened = opened;
    const { config, policy, referencePolicy, critic, rewardFuncs, trainDataset } = opened;
    const { layer2, ...args } = config;
    const options = {
      policy,
      rewardFuncs,
      trainDataset,
      ...(referencePolicy && { referencePolicy }),
      ...(critic && { critic }),
      signal: this.#stop.signal,
      onEvent: (event: TrainEvent) => (event.type === 'step' ? this.#finishStep(event.step, event.metrics) : undefined),
    };
    this.#trainer = layer2 ? new MGRPOTrainer({ ...options, args: { ...args, layer2 } }) : new GRPOTrainer({ ...options, args });
  }

  async run(checkpoint: FileFolder | undefined): Promise<readonly Point[]> {
    const { signal } = this.#run;
    const stop = (): void => this.#stop.abort(signal?.reason);
    signal?.addEventListener('abort', stop);
    try {
      signal?.throwIfAborted();
      if (checkpoint) await this.#restore(checkpoint);
      else await this.#measure(0, 0);
      if (this.#share(this.#points.at(-1)!.step) < 1) await this.#trainer.train();
      return this.#points;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#trainer.free();
    }
  }

  async #restore(checkpoint: FileFolder): Promise<void> {
    await this.#trainer.restoreState(checkpoint);
    this.#points.push(...(await readPoints(checkpoint, 'points.jsonl')));
    ({ tokens: this.#tokens, seconds: this.#seconds } = this.#points.at(-1)!);
  }

  /** How much of the budget is used. */
  #share(step: number): number {
    const { steps, generatedTokens } = this.#run.plan.budget;
    return Math.min(1, steps !== null ? step / steps : this.#tokens / generatedTokens!);
  }

  async #finishStep(step: number, metrics: Readonly<Record<string, number>>): Promise<void> {
    const { plan, onProgress } = this.#run;
    this.#tokens += metrics['num_tokens']!;
    const share = this.#share(step);
    const due = Math.floor(share * plan.evaluation.points + 1e-9);
    if (due > this.#points.at(-1)!.point) await this.#measure(due, step);
    onProgress?.(share, this.#points.at(-1)!);
    if (share >= 1) this.#stop.abort();
  }

  /** Evaluates, and saves the state with all evaluations so far. */
  async #measure(point: number, step: number): Promise<void> {
    const { plan, cell, files, signal } = this.#run;
    const { policy, config, critic, evalDataset } = this.#opened;
    const { turns, samples, temperature } = plan.evaluation;
    const found = await evaluate(policy, evalDataset, {
      layer2: cell.training.layer2,
      ...(critic && { critic }),
      turns,
      temperature,
      numGenerations: samples,
      maxCompletionLength: config.maxCompletionLength,
      maxContextLength: config.maxContextLength,
      maxSlots: config.maxSlots,
      seed: cell.seed,
      signal,
    });
    const seconds = this.#seconds + (performance.now() - this.#started) / 1000;
    const line: Point = { point, step, tokens: this.#tokens, seconds, ...measured(found, samples) };
    this.#points.push(line);
    if (step === 0) return;
    await replaceSealed(files, 'checkpoint', SEAL, async (sink) => {
      await policy.save(sink);
      await this.#trainer.saveState(sink);
      await sink.write('points.jsonl', linesOf(this.#points));
    });
  }
}

/** What a point holds of an evaluation. */
function measured(
  { metrics, turns }: Evaluation,
  k: number,
): Pick<Point, 'metrics' | 'turns' | 'majority' | 'best' | 'answerTokens'> {
  const { correct, finals } = turns[0]!;
  const round = (x: number): number => Number(x.toFixed(6));
  return {
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, round(value)])),
    turns: turns.map((turn) => turn.correct.map((row) => round(row.filter(Boolean).length / k))),
    majority: correct.map((row, p) => majAtK([finals[p]!], [row], k).value),
    best: correct.map((row) => Number(row.some(Boolean))),
    answerTokens: turns.map(({ tokens }) => round(tokens / (correct.length * k))),
  };
}

/** What the numbers of a cell depend on, as JSON. */
function setupOf<S>({ budget, evaluation }: StudyPlan<S>, { training, seed }: Cell<S>): string {
  const { task, config, layer2, rewards, critic } = training;
  return JSON.stringify({ task: task.settings, config: { ...config, seed }, layer2, rewards, critic, budget, evaluation });
}

async function checkSetup<S>(files: FileFolder, plan: StudyPlan<S>, cell: Cell<S>): Promise<void> {
  const [found, wanted] = [(await files.readText('setup.json')).trim(), setupOf(plan, cell)];
  if (found === wanted) return;
  const at = [...wanted].findIndex((letter, i) => letter !== found[i]);
  throw new MgrpoError(
    'exists',
    `${files.name}: expected a cell of this study, got one with other settings (…${found.slice(Math.max(0, at - 40), at + 40)}…); ` +
      'give the study another folder, or remove this cell',
  );
}

async function readPoints(files: FileFolder, path: string): Promise<Point[]> {
  const points: Point[] = [];
  for await (const line of textLines(files, path)) points.push(parsePoint(line, `${files.name}/${path}`));
  return points;
}

/** A line of a file of evaluations. @throws bad_file where it is none: the disk is not trusted */
function parsePoint(line: string, where: string): Point {
  const lists = ['majority', 'best', 'answerTokens', 'turns'] as const;
  try {
    const point = JSON.parse(line) as Point;
    const counts = [point.point, point.step, point.tokens, point.seconds];
    if (
      counts.every(Number.isFinite) &&
      lists.every((name) => Array.isArray(point[name])) &&
      Object.keys(point.metrics).length > 0
    )
      return point;
  } catch {
    // Said below.
  }
  throw new MgrpoError(
    'bad_file',
    `${where}: expected an evaluation in each line, got ${show(line)}; remove the folder to run the cell again`,
  );
}

function linesOf(points: readonly Point[]): string {
  return points.map((point) => `${JSON.stringify(point)}\n`).join('');
}

// What can be done on the page. The engine is started when it is needed.
import type { BenchOptions } from '../src/bench/run.js';
import type { CompletionRecord } from '../src/train/events.js';
import { connectEngine, type Engine } from '../src/worker/connect.js';
import type { Asked, AskRequest, EngineEvent, ModelSource } from '../src/worker/protocol.js';
import { sentence } from './cannot.js';
import { keepTraining } from './runs.js';
import { LIVE, argsOf, puzzlesOf, savedSettings, type TrainSettings } from './settings.js';
import { NOTHING_SEEN, type Answered, type State, BUILTIN, state, update } from './state.js';

/** Where runs are saved. */
const RUN_FOLDER = 'mgrpo/run';
/** Answers of the built-in model are short. */
const BUILTIN_LENGTH = 32;
const OWN_LENGTH = 256;
const PUZZLES = 4096;
const MEASURED = 500;

// ---- the engine ----------------------------------------------------------------------------------------------------

let engine: Engine | undefined;
let opened: Promise<void> | undefined;
/** What was loaded, and whether for training. */
let loaded: { readonly source: ModelSource; readonly device: string } | undefined;

function theEngine(): Engine {
  engine ??= connectEngine(new Worker(new URL('engine.js', document.baseURI), { type: 'module', name: 'mgrpo' }), hear);
  return engine;
}

/** Opens the device once for each choice of it. */
async function openEngine(): Promise<Engine> {
  const found = theEngine();
  const { device } = state.settings;
  if (loaded && loaded.device !== device) [loaded, opened] = [undefined, undefined];
  opened ??= found.open(device as 'auto').then(({ description }) => update({ device: description }));
  try {
    await opened;
  } catch (error) {
    // Also where the engine itself could not be fetched: the next try begins with a new one.
    found.terminate();
    [engine, opened] = [undefined, undefined];
    throw error;
  }
  return found;
}

/** Loads the model where it is not there yet. */
async function ready(): Promise<Engine> {
  const found = await openEngine();
  const { source, settings } = state;
  if (loaded?.source === source && loaded.device === settings.device) return found;
  const model = await found.load(source, 'full');
  loaded = { source, device: settings.device };
  update({ model, loading: null });
  return found;
}

function hear(event: EngineEvent): void {
  switch (event.type) {
    case 'loading':
      return update({ loading: event.done < event.total ? event.done / event.total : null });
    case 'downloading':
      return update({ downloading: event.done < event.total ? event : null });
    case 'start':
      return update({ totalSteps: event.steps, activity: 'running', secondsLeft: null });
    case 'progress': {
      const { phase, layer, done, total } = event;
      return update({ progress: { phase, layer, done, total } });
    }
    case 'completions':
      return update({ completions: event.rows });
    case 'step': {
      const { step, metrics, seconds, memory, secondsLeft } = event;
      return update({ steps: [...state.steps, { step, metrics, seconds, memory }], secondsLeft, totalSteps: event.steps });
    }
    case 'bench':
      return update({ bench: { ...state.bench, progress: event } });
    case 'paused':
      return update({ activity: state.activity === 'stopping' ? 'stopping' : 'paused', progress: null });
    case 'saved':
      return update({ savedStep: event.step });
    case 'text': {
      const { which, part, piece } = event;
      const before = state.asked[which] ?? { answer: '', correction: '', result: null };
      return update({ asked: { ...state.asked, [which]: { ...before, [part]: before[part] + piece } } });
    }
    default:
  }
}

// ---- training ------------------------------------------------------------------------------------------------------

/** Whether a training is under way. */
export const isTraining = ({ activity }: State): boolean => !['idle', 'done', 'failed'].includes(activity);

/** Starts a training from the model that is chosen, or goes on with the saved one. */
export async function start({ resume = false }: { readonly resume?: boolean } = {}): Promise<void> {
  if (isTraining(state)) return;
  keepTraining();
  const { saved } = state;
  const settings = resume && saved ? savedSettings(saved, state.settings) : state.settings;
  const steps =
    resume && saved ? saved.steps.map(({ step, metrics, seconds, memory }) => ({ step, metrics, seconds, memory })) : [];
  update({
    ...{
      activity: 'starting',
      started: new Date().toISOString(),
      problem: null,
      notice: null,
      settings,
      steps,
      completions: [],
      measured: null,
      saved: null,
    },
    ...{ savedStep: resume && saved ? saved.step : null, totalSteps: settings.steps, secondsLeft: null, progress: null },
    ...{ asked: { before: null, now: null }, seen: NOTHING_SEEN },
  });
  try {
    const found = await openEngine();
    const { source, data } = state;
    const isBuiltin = source === BUILTIN;
    const model = resume ? await found.loadSaved(RUN_FOLDER, source) : await found.load(source, 'full');
    loaded = { source, device: settings.device };
    update({ model, loading: null });
    const canSave = 'getDirectory' in (navigator.storage ?? {});
    if (!canSave) update({ notice: 'This browser has no private file system: the training is lost when the page is closed.' });
    await found.train({
      algorithm: settings.algorithm as 'mgrpo',
      data: data ?? puzzlesOf(settings, PUZZLES),
      args: argsOf(settings, isBuiltin ? BUILTIN_LENGTH : OWN_LENGTH),
      folder: canSave ? RUN_FOLDER : null,
      resume,
      settings: { page: settings },
    });
    update({ activity: 'done', progress: null, secondsLeft: null });
  } catch (error) {
    update({ activity: 'failed', problem: sentence(error), progress: null, loading: null, downloading: null });
    // A device that was lost is opened again at the next start, and the run that it was lost in can go on.
    if (error instanceof Error && 'code' in error && error.code === 'device_lost') {
      [opened, loaded] = [undefined, undefined];
      await findSaved();
    }
  }
}

/** Changes a setting; while a training is under way, from its next step on. */
export async function setSetting(name: keyof TrainSettings, value: string | number): Promise<void> {
  const before = state.settings;
  update({ settings: { ...before, [name]: value }, problem: null });
  const live = LIVE[name];
  if (!isTraining(state) || live === undefined) return;
  try {
    await theEngine().change({ [live]: value });
  } catch (error) {
    update({ settings: before, problem: sentence(error) });
  }
}

/** Holds the training before its next step. */
export async function pause(): Promise<void> {
  update({ activity: 'pausing' });
  await theEngine().pause();
}

/** Lets it go on. */
export async function goOn(): Promise<void> {
  update({ activity: 'running' });
  await theEngine().resume();
}

/** One step: of a paused training, or the first of a new one. */
export async function oneStep(): Promise<void> {
  if (state.activity === 'paused') {
    update({ activity: 'running' });
    await theEngine().step();
    return;
  }
  const begun = start();
  // The training is held before it begins its second step.
  const held = setInterval(() => {
    if (state.activity === 'starting') return;
    clearInterval(held);
    if (state.activity === 'running') void pause();
  }, 5);
  await begun;
}

/** Ends it after the present step, and saves. */
export async function stop(): Promise<void> {
  update({ activity: 'stopping' });
  await theEngine().stop();
}

/** Forgets the saved run. */
export async function discard(): Promise<void> {
  update({ saved: null });
  await theEngine().remove(RUN_FOLDER);
}

/** Looks for a run of an earlier visit, without starting the engine where there is none. */
export async function findSaved(): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await (await root.getDirectoryHandle('mgrpo')).getDirectoryHandle('run');
    await folder.getDirectoryHandle('checkpoints');
  } catch {
    return;
  }
  try {
    const saved = await theEngine().saved(RUN_FOLDER);
    if (saved && !isTraining(state)) update({ saved });
  } catch (error) {
    update({ notice: sentence(error) });
  }
}

/** Compares the model with the one it started from, on puzzles that it was not trained on. */
export async function measure(): Promise<void> {
  update({ isMeasuring: true, problem: null });
  try {
    const found = await ready();
    const ask = { data: puzzlesOf(state.settings, MEASURED), temperature: state.settings.t };
    const before = await found.measure({ which: 'before', ...ask });
    const now = await found.measure({ which: 'now', ...ask });
    update({ measured: { before, now } });
  } catch (error) {
    update({ problem: sentence(error) });
  } finally {
    update({ isMeasuring: false, progress: null });
  }
}

// ---- play, verify, take home -----------------------------------------------------------------------------------------

/** The right answer of a sign puzzle, as the checker takes it; undefined where the text is none. */
export function puzzleOf(question: string): { numbers: number[]; target: number; inOrder: true } | undefined {
  const [left, target, ...rest] = question.replaceAll(/\s/g, '').split('=');
  const numbers = (left ?? '').split('?').map(Number);
  if (rest.length > 0 || !target || left === '' || ![...numbers, Number(target)].every(Number.isSafeInteger)) return undefined;
  return { numbers, target: Number(target), inOrder: true };
}

/** Models that can be asked: the one before the training, and after a step the one as it is now. */
const askable = (): ('before' | 'now')[] => (state.steps.length > 0 ? ['before', 'now'] : ['before']);

/** Does something with the loaded model that the visitor waits for. */
async function asking(work: (found: Engine) => Promise<void>): Promise<void> {
  update({ isAsking: true, problem: null });
  try {
    await work(await ready());
  } catch (error) {
    update({ problem: sentence(error) });
  } finally {
    update({ isAsking: false });
  }
}

/** Asks a model, which answers piece by piece. */
async function askOne(
  found: Engine,
  which: 'before' | 'now',
  question: string,
  dice: Pick<AskRequest, 'phrase' | 'temperature' | 'seed'>,
): Promise<Asked> {
  const puzzle = puzzleOf(question);
  const isBuiltin = state.source === BUILTIN;
  const result = await found.ask({
    ...{ which, ...dice, question: isBuiltin ? question.replaceAll(/\s/g, '') : question },
    ...(isBuiltin && { maxCompletionLength: BUILTIN_LENGTH }),
    ...(puzzle && { gold: puzzle }),
  });
  update({ asked: { ...state.asked, [which]: { answer: result.answer.text, correction: result.correction.text, result } } });
  return result;
}

/** Asks the model before the training and as it is now; both draw the same random numbers. */
export function ask(question: string, phrase: string, temperature: number, seed: number): Promise<void> {
  return asking(async (found) => {
    update({ asked: { before: null, now: null }, recordedSteps: null });
    for (const which of askable()) await askOne(found, which, question, { phrase, temperature, seed });
  });
}

/** What the built-in model was recorded to answer, before and after a training like the default one. */
export interface Recording {
  readonly steps: number;
  readonly puzzles: readonly { readonly question: string; readonly before: RecordedAnswer; readonly now: RecordedAnswer }[];
}
type RecordedAnswer = Omit<Asked, 'read'>;

/** Shows recorded answers to a puzzle, for which no engine is needed. */
export function showRecorded({ steps }: Recording, { before, now }: Recording['puzzles'][number]): void {
  const shown = (result: RecordedAnswer): Answered => ({
    answer: result.answer.text,
    correction: result.correction.text,
    result,
  });
  update({ asked: { before: shown(before), now: shown(now) }, recordedSteps: steps, problem: null });
}

/** As {@link ask}, with a look inside. */
export function lookInside(question: string, phrase: string, temperature: number, seed: number): Promise<void> {
  return asking(async (found) => {
    update({ asked: { before: null, now: null }, recordedSteps: null, seen: NOTHING_SEEN });
    for (const which of askable()) {
      const { read } = await askOne(found, which, question, { phrase, temperature, seed });
      const looked = await found.look(which, read.ids);
      update({ seen: { ...state.seen, [which]: { read, looked } } });
    }
  });
}

/** Looks inside while the model reads a completion of the training. */
export function lookAt(record: CompletionRecord): Promise<void> {
  return asking(async (found) => {
    update({ seen: { ...NOTHING_SEEN, isSame: true, advantage: record.advantage } });
    const { ids, answer, phrase, correction } = record.tokens!;
    const read = { ids, answer, phrase, correction };
    for (const which of askable()) {
      const looked = await found.look(which, ids);
      update({ seen: { ...state.seen, [which]: { read, looked } } });
    }
  });
}

/** Which cases are measured. */
export type Suite = 'builtin' | 'quick' | 'all';

const SUITES: Readonly<Record<Suite, BenchOptions>> = {
  builtin: { quick: true, rounds: 3, models: ['builtin-0.2m'] },
  quick: { quick: true, rounds: 3 },
  all: {},
};

/** Measures the device. */
export async function runBench(suite: Suite): Promise<void> {
  update({ bench: { report: null, progress: { done: 0, total: 1, name: 'opening the device' } }, problem: null });
  try {
    const report = await (await openEngine()).bench(SUITES[suite]);
    update({ bench: { report, progress: null } });
  } catch (error) {
    update({ bench: { report: null, progress: null } });
    if (!isStopped) update({ problem: sentence(error) });
  } finally {
    isStopped = false;
  }
}

let isStopped = false;

/** Ends the measurement. */
export async function stopBench(): Promise<void> {
  isStopped = true;
  await theEngine().stop();
}

/** The trained model as files. */
export async function savedFiles(): Promise<Readonly<Record<string, Uint8Array<ArrayBuffer>>>> {
  return (await ready()).save();
}

/** Takes a model or an adapter that the visitor gave; it is loaded at the next start. */
export function takeModel(name: string, files: Readonly<Record<string, Blob>>): void {
  update({
    source: { name, files, base: (BUILTIN as { url: string }).url },
    ...{
      model: null,
      steps: [],
      completions: [],
      measured: null,
      activity: 'idle',
      asked: { before: null, now: null },
      seen: NOTHING_SEEN,
    },
    ...{ notice: `${name}: taken. It is loaded when you start a training or ask it.`, problem: null, saved: null },
  });
}

/** Takes a model of the hub by its id, owner/name; it is downloaded when it is first needed, and kept. */
export function takeHub(hub: string): void {
  update({
    source: { hub },
    ...{ model: null, steps: [], completions: [], measured: null, activity: 'idle', seen: NOTHING_SEEN, saved: null },
    ...{ asked: { before: null, now: null }, problem: null },
    notice: `${hub}: taken. It is downloaded from huggingface.co when you start a training or ask it, and kept in this browser.`,
  });
}

/** Takes a file of JSON lines to train on. */
export function takeData(name: string, jsonl: string): void {
  update({ data: { name, jsonl }, notice: `${name}: the next training takes its problems from here.`, problem: null });
}

/** Back to the model and the puzzles of the package. */
export function takeBuiltin(): void {
  update({ source: BUILTIN, data: null, model: null, notice: null });
}

/** Whether the built-in model is chosen. */
export const isBuiltin = ({ source }: State): boolean => source === BUILTIN;

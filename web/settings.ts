// The settings of a training as the page offers them: what each is, its range, and how they become arguments of the trainer.
import type { LiveSettings } from '../src/config/live.js';
import type { SavedRun, TrainRequest } from '../src/worker/protocol.js';
import type { TaskSize } from '../src/tasks/registry.js';

/** One setting of the form. */
export interface Field {
  readonly name: keyof TrainSettings;
  readonly label: string;
  /** What it does, in a sentence. */
  readonly doc: string;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
}

/** Settings of a training. */
export interface TrainSettings {
  readonly algorithm: string;
  readonly size: string;
  readonly steps: number;
  readonly questions: number;
  readonly g: number;
  readonly k: number;
  readonly h: number;
  readonly lr: number;
  readonly t: number;
  readonly beta: number;
  readonly seed: number;
  readonly device: string;
}

/** Those of `npm start`. */
export const DEFAULTS: TrainSettings = {
  algorithm: 'mgrpo',
  size: 'small',
  steps: 30,
  questions: 16,
  g: 8,
  k: 2,
  h: 4,
  lr: 1e-4,
  t: 1,
  beta: 0,
  seed: 42,
  device: 'auto',
};

/** The form. */
export const FIELDS: readonly Field[] = [
  {
    name: 'algorithm',
    label: 'Algorithm',
    choices: ['mgrpo', 'grpo'],
    doc: 'mgrpo learns from first answers and from corrections of them; grpo from first answers alone.',
  },
  { name: 'size', label: 'Puzzles', choices: ['small', 'medium'], doc: 'small: four numbers up to 9. medium: five.' },
  { name: 'steps', label: 'Steps', min: 1, max: 10_000, step: 1, doc: 'How often the weights are changed by first answers.' },
  { name: 'questions', label: 'Puzzles a step', min: 1, max: 128, step: 1, doc: 'More give calmer gradients and slower steps.' },
  {
    name: 'g',
    label: 'Answers (G)',
    min: 2,
    max: 64,
    step: 1,
    doc: 'Answers to each puzzle. They are compared with their own mean.',
  },
  {
    name: 'k',
    label: 'Answers shown again (K)',
    min: 1,
    max: 64,
    step: 1,
    doc: 'How many of the G answers of a puzzle go on to be corrected.',
  },
  { name: 'h', label: 'Corrections (H)', min: 2, max: 64, step: 1, doc: 'Corrections of each answer that is shown again.' },
  { name: 'lr', label: 'Learning rate', min: 0, max: 1, step: 0.00001, doc: 'How far each step moves the weights.' },
  {
    name: 't',
    label: 'Temperature',
    min: 0.1,
    max: 3,
    step: 0.1,
    doc: 'Higher: answers differ more, and there is more to compare.',
  },
  {
    name: 'beta',
    label: 'KL weight (β)',
    min: 0,
    max: 10,
    step: 0.01,
    doc: 'Above 0 the model is held near the one it started from.',
  },
  {
    name: 'seed',
    label: 'Seed',
    min: 0,
    max: 4_294_967_295,
    step: 1,
    doc: 'The same seed gives the same run, to the bit, on the same device.',
  },
  {
    name: 'device',
    label: 'Device',
    choices: ['auto', 'gpu', 'wasm', 'software'],
    doc: 'auto: a GPU by WebGPU where there is one, else WebAssembly on the cores.',
  },
];

/** What may change while a training is under way, and the trainer's name for it. */
export const LIVE: Partial<Readonly<Record<keyof TrainSettings, keyof LiveSettings>>> = {
  lr: 'learningRate',
  t: 'temperature',
  beta: 'beta',
};

/** The settings of a saved training, as they were when it was saved. */
export function savedSettings({ settings, config }: SavedRun, now: TrainSettings): TrainSettings {
  const changed = Object.entries(LIVE).map(([name, live]) => [name, config[live]] as const);
  const known = changed.filter(([, value]) => typeof value === 'number');
  return { ...now, ...(settings['page'] as object), ...Object.fromEntries(known) };
}

/** Settings of a link; what is missing or makes no sense has its default. */
export function settingsOf(query: URLSearchParams): TrainSettings {
  const entries = FIELDS.map(({ name, choices, min = 0, max = Infinity }) => {
    const text = query.get(name);
    const fallback = DEFAULTS[name];
    if (text === null) return [name, fallback];
    if (choices) return [name, choices.includes(text) ? text : fallback];
    const value = Number(text);
    return [name, text.trim() !== '' && Number.isFinite(value) ? Math.min(Math.max(value, min), max) : fallback];
  });
  return Object.fromEntries(entries) as TrainSettings;
}

/** What differs from the defaults, for a link. */
export function linkOf(settings: TrainSettings): Record<string, string | number> {
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => value !== DEFAULTS[name as keyof TrainSettings]));
}

/** The largest part of `total` that is at most `most` and divides it. */
function part(total: number, most: number): number {
  let size = Math.min(total, most);
  while (total % size !== 0) size--;
  return size;
}

/** The trainer's arguments. */
export function argsOf(settings: TrainSettings, maxCompletionLength: number): TrainRequest['args'] {
  const { g, k, h, t, lr, seed, steps, questions, beta } = settings;
  const size = part(g * questions, 32);
  return {
    maxSteps: steps,
    numGenerations: g,
    perDeviceTrainBatchSize: size,
    gradientAccumulationSteps: (g * questions) / size,
    maxCompletionLength,
    temperature: t,
    learningRate: lr,
    lrSchedulerType: 'constant',
    loggingSteps: 1,
    saveSteps: 5,
    saveTotalLimit: 1,
    beta,
    seed,
    ...(settings.algorithm === 'mgrpo' && {
      layer2: { answersPerQuery: Math.min(k, g), answerChoice: 'balanced' as const, numGenerations: h },
    }),
  };
}

/** The generated puzzles of the settings. */
export function puzzlesOf({ size }: TrainSettings, rows: number): { task: string; size: TaskSize; rows: number } {
  return { task: 'signs', size: size as TaskSize, rows };
}

// What a problem, a source of problems and a supervised example are, and how generated tasks draw theirs.
import { MgrpoError, check, show } from '../errors.js';
import { LIST, isObject, need } from '../options/border.js';
import type { ArgumentRule } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { Rng } from '../rng.js';
import type { ChatMessage } from '../text/chat-template.js';

/** One problem: what the model is asked, what is right, and further columns, which reach the reward functions under their names. */
export interface TaskRow {
  /** Messages for the chat template, or text, which gets what the tokenizer puts before any text. */
  readonly prompt: string | readonly ChatMessage[];
  /** The right answer as the verifier takes it; '' where the row has none. */
  readonly gold: string;
  readonly [column: string]: unknown;
}

/** Which problems: those to train on, held-out ones to choose settings by, and held-out ones that are looked at once, at the end. */
export type Split = (typeof SPLITS)[number];

/** Every split. */
export const SPLITS = ['train', 'tuning', 'test'] as const;

/** A source of problems. */
export interface Task {
  readonly name: string;
  /** Names of the columns beside `prompt` and `gold`. */
  readonly columns: readonly string[];
  /**
   * Problems of a split; no two splits share any.
   *
   * @param n how many; a task that is read from a file gives its first rows, at most as many as it has
   * @param seed which ones, where the task generates them; the same seed gives the same rows
   */
  rows(split: Split, n: number, seed: number): TaskRow[];
}

/**
 * Refuses rows that are none, whatever their type claims.
 * @param where who asks, for messages
 * @throws MgrpoError `invalid_argument` naming the row and the column
 */
export function checkRows(where: string, rows: readonly TaskRow[]): void {
  need(where, 'rows', rows, LIST);
  rows.forEach((row, i) => {
    need(where, `row ${i}`, row, ROW);
    need(where, `prompt of row ${i}`, row.prompt, PROMPT);
    need(where, `gold of row ${i}`, row.gold, GOLD);
  });
}

const ROW: ArgumentRule = { noun: 'an object with prompt and gold', is: isObject, wayOut: 'read files with jsonlRows' };
const PROMPT: ArgumentRule = {
  noun: 'text or messages [{ role, content }]',
  is: (value) => typeof value === 'string' || (Array.isArray(value) && value.length > 0 && value.every(isMessage)),
  wayOut: 'give what the model is asked',
};
const GOLD: ArgumentRule = {
  noun: 'text',
  is: (value) => typeof value === 'string',
  wayOut: "give the right answer, or '' where there is none",
};

/** Whether a value is a message of a chat. */
export function isMessage(value: unknown): value is ChatMessage {
  return isObject(value) && typeof value['role'] === 'string' && typeof value['content'] === 'string';
}

/** One example of supervised fine-tuning. */
export type SftExample = SftPair | Conversation;

/** A chat: the loss falls on the assistant's turns and the tokens that end them (TRL's assistant_only_loss). */
export interface Conversation {
  readonly messages: readonly ChatMessage[];
}

/** A prompt and what follows: the loss falls on `completion` and what ends it: the end of a turn, or of a text. */
export interface SftPair {
  /** Messages for the chat template, or text, which gets what the tokenizer puts before any text. */
  readonly prompt: string | readonly ChatMessage[];
  /** Text that already stands in the assistant's turn: '' in a first turn, answer and guiding phrase in a second. */
  readonly prefix: string;
  readonly completion: string;
}

/** An example that a generated task writes. */
export interface WrittenExample extends SftPair {
  readonly prompt: readonly ChatMessage[];
}

/** How the supervised examples of a generated task are written. */
export const SFT_TURN_OPTIONS = {
  secondTurns: { type: 'number', min: 0, max: 1, default: 0.5, doc: 'Share of second turns among the examples.' },
  mode: {
    type: 'choice',
    choices: ['eq5', 'open_think'],
    default: 'eq5',
    doc: 'Layout of the second turn, as in layer 2 of MGRPO.',
  },
} as const;

type TurnSettings = Settings<typeof SFT_TURN_OPTIONS> & {
  /** Share of second turns that only repeat the first answer; each task has its own default. */
  readonly repeats: number;
};

/** Texts between the two attempts, one drawn per example: phrases with the separators around them, see text/prompts. */
export interface GuidingTexts {
  readonly guidingTexts: readonly string[];
}
/** What a writer of supervised examples takes. */
export type SftOptions = Partial<TurnSettings> & GuidingTexts;

/** What `guidingTexts` must be. */
export const GUIDING_TEXTS: ArgumentRule = {
  noun: 'a list of texts',
  is: (value) => Array.isArray(value) && value.every((text) => typeof text === 'string'),
  wayOut: 'for example PAPER_PHRASES.map(guidingText)',
};

/** An attempt at a problem as the small models write it: `<think>working</think>answer`. */
export interface Attempt {
  readonly working: string;
  readonly answer: string;
}

const SPLIT: ArgumentRule = {
  noun: `one of ${SPLITS.join(', ')}`,
  is: (value) => SPLITS.some((split) => split === value),
  wayOut: 'name one of them',
};

/** The row of a table of sizes. @param where the task, for messages */
export function sizeOf<T>(where: string, sizes: Readonly<Record<string, T>>, size: string): T {
  const names = Object.keys(sizes);
  need(where, 'size', size, {
    noun: `one of ${names.join(', ')}`,
    is: (value) => names.includes(value as string),
    wayOut: 'or leave it out',
  });
  return sizes[size]!;
}

/** Problems of a generated task, at most: more than this take minutes to draw, and memory without end. */
const MOST_PROBLEMS = 2 ** 22;

/**
 * Draws `n` problems of a split: those whose text hashes to one eighth of all values are held out, half of them for tuning and half as test.
 * Held-out problems are distinct.
 *
 * @param keyOf what the split goes by
 * @param nameOf what distinct problems differ in, where that is more than the key
 * @throws invalid_argument if the split has fewer distinct problems than asked for
 */
export function drawProblems<T>(
  split: Split,
  n: number,
  rng: Rng,
  draw: (rng: Rng) => T,
  keyOf: (problem: T) => string,
  nameOf: (problem: T) => string = keyOf,
): T[] {
  need('rows', 'split', split, SPLIT);
  check(
    Number.isSafeInteger(n) && n >= 0 && n <= MOST_PROBLEMS,
    `rows: expected a whole number of rows from 0 to ${MOST_PROBLEMS} for n, got ${show(n)}; a generated task has no end`,
  );
  const drawn: T[] = [];
  const seen = new Set<string>();
  // Draws in a row that gave nothing: one in sixteen problems is of the smallest split, so that many mean that there are no more.
  let misses = 0;
  while (drawn.length < n) {
    const problem = draw(rng);
    const name = nameOf(problem);
    if (splitOf(keyOf(problem)) !== split || (split !== 'train' && seen.has(name))) {
      if (++misses > 10_000) {
        throw new MgrpoError(
          'invalid_argument',
          `rows: expected ${n} distinct ${split} problems, found ${drawn.length}; ask for fewer, or take a larger size`,
        );
      }
      continue;
    }
    misses = 0;
    seen.add(name);
    drawn.push(problem);
  }
  return drawn;
}

/**
 * Turns problems into supervised examples of first and second turns. In a second turn the first attempt is context, then comes a guiding
 * text, then either the first attempt again or a new one, laid out as layer 2 of MGRPO lays it out.
 *
 * @param first writes a first attempt; @param shown what stands before the guiding text instead of it, if anything else does;
 *   @param again writes a new attempt in the second turn, knowing what is shown
 */
export function writeSft<T>(
  problems: readonly T[],
  rng: Rng,
  options: TurnSettings & GuidingTexts,
  write: {
    question(problem: T): string;
    first(problem: T): Attempt;
    shown?(problem: T, first: Attempt): Attempt;
    again(problem: T, shown: Attempt): Attempt;
  },
): WrittenExample[] {
  const { guidingTexts, mode, repeats, secondTurns } = options;
  check(
    guidingTexts.length > 0 || secondTurns === 0,
    'sft: expected at least one text for guidingTexts, got none; or set secondTurns to 0',
  );
  return problems.map((problem) => {
    const prompt = [{ role: 'user', content: write.question(problem) }];
    const attempt = write.first(problem);
    if (rng.uniform() >= secondTurns) return { prompt, prefix: '', completion: writeAttempt(attempt) };
    const guide = guidingTexts[rng.int(guidingTexts.length)]!;
    const shown = write.shown?.(problem, attempt) ?? attempt;
    const second = rng.uniform() < repeats ? shown : write.again(problem, shown);
    return mode === 'eq5'
      ? { prompt, prefix: `${writeAttempt(shown)}${guide}`, completion: writeAttempt(second) }
      : { prompt, prefix: `<think>${shown.working}${guide}`, completion: `${second.working}</think>${second.answer}` };
  });
}

/** `<think>working</think>answer`. */
export function writeAttempt({ working, answer }: Attempt): string {
  return `<think>${working}</think>${answer}`;
}

/** The split of a problem with this text. */
function splitOf(key: string): Split {
  const part = hash(key) % 16;
  return part === 0 ? 'test' : part === 8 ? 'tuning' : 'train';
}

/** FNV-1a, 32 bits: which split a problem belongs to must not depend on the seed. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  // The last step mixes the high bits into the low ones, which are those that are looked at.
  return (h ^ (h >>> 15)) >>> 0;
}

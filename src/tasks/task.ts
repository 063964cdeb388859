import { MgrpoError, check } from '../errors.js';
import { Rng } from '../rng.js';
import type { ChatMessage } from '../text/chat-template.js';

/** One problem: what the model is asked, what is right, and further columns, which reach the reward functions under their names. */
export interface TaskRow {
  /** Messages for the chat template, or text that is taken as it is. */
  readonly prompt: string | readonly ChatMessage[];
  /** The right answer as the verifier takes it; '' where the row has none. */
  readonly gold: string;
  readonly [column: string]: unknown;
}

export type Split = 'train' | 'test';

/** A source of problems. */
export interface Task {
  readonly name: string;
  /** Names of the columns beside `prompt` and `gold`. */
  readonly columns: readonly string[];
  /**
   * Problems of a split; train and test share none.
   *
   * @param n how many; a task that is read from a file gives its first rows, at most as many as it has
   * @param seed which ones, where the task generates them; the same seed gives the same rows
   */
  rows(split: Split, n: number, seed: number): TaskRow[];
}

/** One example of supervised fine-tuning: the loss falls on `completion` and the end-of-sequence token after it. */
export interface SftExample {
  readonly prompt: readonly ChatMessage[];
  /** Text that already stands in the assistant's turn: '' in a first turn, answer and guiding phrase in a second. */
  readonly prefix: string;
  readonly completion: string;
}

/** How the supervised examples of a generated task are written. */
export interface SftOptions {
  /** Share of second turns among the examples. Default 0.5. */
  readonly secondTurns?: number;
  /** Share of second turns that only repeat the first answer. Default: the task's own. */
  readonly repeats?: number;
  /** Layout of the second turn, as in layer 2 of MGRPO. Default eq5. */
  readonly mode?: 'eq5' | 'open_think';
  /** Texts between the two attempts, one drawn per example: phrases with the separators around them, see text/prompts. */
  readonly guidingTexts: readonly string[];
}

/** An attempt at a problem as the small models write it: `<think>working</think>answer`. */
export interface Attempt {
  readonly working: string;
  readonly answer: string;
}

/**
 * Draws `n` problems of a split: those whose text hashes to one eighth of all values are held out as test. Test problems are distinct.
 *
 * @throws invalid_argument if the split has fewer distinct problems than asked for
 */
export function drawProblems<T>(split: Split, n: number, rng: Rng, draw: (rng: Rng) => T, keyOf: (problem: T) => string): T[] {
  check(Number.isSafeInteger(n) && n >= 0, `rows: expected a whole number of rows for n, got ${n}; a generated task has no end`);
  const drawn: T[] = [];
  const seen = new Set<string>();
  // Draws in a row that gave nothing: one in eight problems is held out, so that many mean that there are no more.
  let misses = 0;
  while (drawn.length < n) {
    const problem = draw(rng);
    const key = keyOf(problem);
    const heldOut = hash(key) % 8 === 0;
    if (heldOut !== (split === 'test') || (heldOut && seen.has(key))) {
      if (++misses > 10_000) {
        throw new MgrpoError(
          'invalid_argument',
          `rows: expected ${n} distinct ${split} problems, found ${drawn.length}; ask for fewer, or take a larger size`,
        );
      }
      continue;
    }
    misses = 0;
    seen.add(key);
    drawn.push(problem);
  }
  return drawn;
}

/**
 * Turns problems into supervised examples of first and second turns. In a second turn the first attempt is context, then comes a guiding
 * text, then either the first attempt again or a new one, laid out as layer 2 of MGRPO lays it out.
 *
 * @param first writes a first attempt; @param again writes a new attempt in the second turn
 */
export function writeSft<T>(
  problems: readonly T[],
  rng: Rng,
  options: Required<SftOptions>,
  write: { question(problem: T): string; first(problem: T): Attempt; again(problem: T): Attempt },
): SftExample[] {
  const { guidingTexts, mode, repeats, secondTurns } = options;
  check(
    guidingTexts.length > 0 || secondTurns === 0,
    'sft: expected at least one text for guidingTexts, got none; or set secondTurns to 0',
  );
  return problems.map((problem) => {
    const prompt = [{ role: 'user', content: write.question(problem) }];
    const first = write.first(problem);
    if (rng.uniform() >= secondTurns) return { prompt, prefix: '', completion: writeAttempt(first) };
    const guide = guidingTexts[rng.int(guidingTexts.length)]!;
    const second = rng.uniform() < repeats ? first : write.again(problem);
    return mode === 'eq5'
      ? { prompt, prefix: `${writeAttempt(first)}${guide}`, completion: writeAttempt(second) }
      : { prompt, prefix: `<think>${first.working}${guide}`, completion: `${second.working}</think>${second.answer}` };
  });
}

/** `<think>working</think>answer`. */
export function writeAttempt({ working, answer }: Attempt): string {
  return `<think>${working}</think>${answer}`;
}

/** FNV-1a, 32 bits: which split a problem belongs to must not depend on the seed. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  // The last step mixes the high bits into the low ones, which are those that are looked at.
  return (h ^ (h >>> 15)) >>> 0;
}

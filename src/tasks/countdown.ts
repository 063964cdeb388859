// Countdown: reach a target with each of the numbers used once.
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { Rng } from '../rng.js';
import { GUIDING_TEXTS, SFT_TURN_OPTIONS, drawProblems, sizeOf, writeSft } from './task.js';
import type { Attempt, GuidingTexts, WrittenExample, Split, Task, TaskRow } from './task.js';

/** How many numbers there are and how large they get. */
const SIZES = {
  small: { count: 3, most: 9 },
  medium: { count: 3, most: 99 },
  large: { count: 4, most: 99 },
} as const;

/** How many numbers {@link countdown} has, and how large they get. */
export type CountdownSize = keyof typeof SIZES;

/** Names of the sizes, smallest first. */
export const COUNTDOWN_SIZES: readonly CountdownSize[] = ['small', 'medium', 'large'];

interface Problem {
  readonly numbers: readonly number[];
  readonly target: number;
  readonly solution: Attempt;
}

/**
 * Countdown: reach the target with each of the numbers used once, by + − ×; `3 5 2 = 13` is `<think>3*5=15,15-2=13</think>3*5-2`.
 * No number on the way is negative.
 *
 * The gold is the problem itself, as the countdown verifier takes it. Columns of a row: `question`, `numbers`, `target`, `solution`.
 */
export function countdown(size: CountdownSize = 'small'): Task {
  sizeOf('countdown', SIZES, size);
  return {
    name: `countdown-${size}`,
    columns: ['question', 'numbers', 'target', 'solution'],
    rows(split, n, seed) {
      return problems(size, split, n, new Rng(seed, stream(split))).map(toRow);
    },
  };
}

/** The problem as the countdown verifier takes it for its gold: "3 5 2 = 13". */
export function countdownGold(numbers: readonly number[], target: number): string {
  return `${numbers.join(' ')} = ${target}`;
}

const OWN = {
  solved: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0.3,
    doc: 'Share of attempts that solve the problem; the others are any expression of the numbers.',
  },
  repeats: { type: 'number', min: 0, max: 1, default: 0.5, doc: 'Share of second turns that only repeat the first answer.' },
  checks: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0,
    doc: 'Share of the other second turns that check the answer in writing and keep what is right; the rest tries again blind.',
  },
} as const;

/** Options of {@link countdownSft}. */
export const COUNTDOWN_SFT_OPTIONS: typeof OWN & typeof SFT_TURN_OPTIONS = { ...OWN, ...SFT_TURN_OPTIONS };

/** What {@link countdownSft} takes. */
export type CountdownSftOptions = Partial<Settings<typeof COUNTDOWN_SFT_OPTIONS>> & GuidingTexts;

/**
 * Supervised examples from train problems: a second turn repeats the first (default 0.5), tries again blind, or (`checks`) checks. A check
 * begins with the value that the answer came to: `<think>13=13</think>3*5-2` keeps it, `<think>11?13,3*5=15,15-2=13</think>3*5-2` tries another
 * one. A quarter of the checks look at an answer that was checked before, as a third turn does.
 */
export function countdownSft(size: CountdownSize, n: number, seed: number, options: CountdownSftOptions): WrittenExample[] {
  const { solved, checks, ...turns } = takeOptions('countdownSft', COUNTDOWN_SFT_OPTIONS, options, {
    guidingTexts: GUIDING_TEXTS,
  });
  const rng = new Rng(seed, SFT_STREAM);
  const attempt = (problem: Problem): Attempt =>
    rng.uniform() < solved ? problem.solution : expression(rng, problem.numbers).attempt;
  const check = (problem: Problem, shown: Attempt): Attempt => {
    const value = shown.working.split(/[,=]/).at(-1)!;
    if (Number(value) === problem.target) return { working: `${value}=${problem.target}`, answer: shown.answer };
    let next = attempt(problem);
    while (next.answer === shown.answer) next = attempt(problem);
    return { working: `${value}?${problem.target},${next.working}`, answer: next.answer };
  };
  return writeSft(
    problems(size, 'train', n, rng),
    rng,
    { ...turns, guidingTexts: options.guidingTexts },
    {
      question: text,
      first: attempt,
      shown: (problem, first) => (checks > 0 && rng.uniform() < checks / 4 ? check(problem, first) : first),
      again: (problem, shown) => (checks > 0 && rng.uniform() < checks ? check(problem, shown) : attempt(problem)),
    },
  );
}

const SFT_STREAM = 0xc5;
const stream = (split: Split): number => (split === 'train' ? 0xc1 : 0xc2);

function problems(size: CountdownSize, split: Split, n: number, rng: Rng): Problem[] {
  const { count, most } = sizeOf('countdown', SIZES, size);
  // The split goes by the numbers in order of size and the target, so that no reordering of a test problem is trained on.
  const key = ({ numbers, target }: Problem): string =>
    countdownGold(
      [...numbers].sort((a, b) => a - b),
      target,
    );
  return drawProblems(split, n, rng, () => draw(rng, count, most), key);
}

function draw(rng: Rng, count: number, most: number): Problem {
  const numbers = Array.from({ length: count }, () => 1 + rng.int(most));
  const { value, attempt } = expression(rng, numbers);
  return { numbers, target: value, solution: attempt };
}

function toRow(problem: Problem): TaskRow {
  const { numbers, target, solution } = problem;
  return {
    prompt: [{ role: 'user', content: text(problem) }],
    gold: text(problem),
    question: text(problem),
    numbers,
    target,
    solution: solution.answer,
  };
}

function text({ numbers, target }: Problem): string {
  return countdownGold(numbers, target);
}

/** A value on the way, with its expression and how tightly that binds: 2 a number, 1 a product, 0 a sum or difference. */
interface Term {
  readonly value: number;
  readonly text: string;
  readonly binding: 0 | 1 | 2;
}

/** Joins the numbers two by two, at random, until one is left. */
function expression(rng: Rng, numbers: readonly number[]): { value: number; attempt: Attempt } {
  const terms: Term[] = numbers.map((value) => ({ value, text: String(value), binding: 2 }));
  const steps: string[] = [];
  while (terms.length > 1) {
    const x = terms.splice(rng.int(terms.length), 1)[0]!;
    const y = terms.splice(rng.int(terms.length), 1)[0]!;
    const operation = (['+', '-', '*'] as const)[rng.int(3)]!;
    const [left, right] = operation === '-' && x.value < y.value ? [y, x] : [x, y];
    const value =
      operation === '+' ? left.value + right.value : operation === '-' ? left.value - right.value : left.value * right.value;
    steps.push(`${left.value}${operation}${right.value}=${value}`);
    const inner = (term: Term, least: number): string => (term.binding < least ? `(${term.text})` : term.text);
    terms.push({
      value,
      // A right operand of equal binding needs brackets only after a minus.
      text: `${inner(left, operation === '*' ? 1 : 0)}${operation}${inner(right, operation === '+' ? 0 : 1)}`,
      binding: operation === '*' ? 1 : 0,
    });
  }
  const { value, text } = terms[0]!;
  return { value, attempt: { working: steps.join(','), answer: text } };
}

// Sums, differences and products, worked out in columns.
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { Rng } from '../rng.js';
import { GUIDING_TEXTS, SFT_TURN_OPTIONS, drawProblems, sizeOf, writeSft } from './task.js';
import type { Attempt, GuidingTexts, WrittenExample, Split, Task, TaskRow } from './task.js';

/** How large the numbers get: digits of the operands of + and −, and of the first factor of × (the second has one digit; 0: no products). */
const SIZES = {
  small: { sumDigits: 3, factorDigits: 0 },
  medium: { sumDigits: 3, factorDigits: 2 },
  large: { sumDigits: 6, factorDigits: 4 },
} as const;

/** How large the numbers of {@link arithmetic} get. */
export type ArithmeticSize = keyof typeof SIZES;

/** Names of the sizes, smallest first. */
export const ARITHMETIC_SIZES: readonly ArithmeticSize[] = ['small', 'medium', 'large'];

type Operation = '+' | '-' | '*';

interface Problem {
  readonly a: number;
  readonly operation: Operation;
  readonly b: number;
}

/**
 * Sums, differences that are not negative, and (from size medium) products with a digit, to be worked out in writing column by column from the right:
 * `47+85` is `<think>7+5c0=2,4+8c1=3</think>132`, where c is the carry (or borrow) that comes in.
 *
 * Columns of a row: `question` ("47+85"), `operation`, `solution` (the careful working and answer).
 */
export function arithmetic(size: ArithmeticSize = 'medium'): Task {
  sizeOf('arithmetic', SIZES, size);
  return {
    name: `arithmetic-${size}`,
    columns: ['question', 'operation', 'solution'],
    rows(split, n, seed) {
      return problems(size, split, n, new Rng(seed, stream(split))).map(toRow);
    },
  };
}

const OWN = {
  carelessAnswers: { type: 'number', min: 0, max: 1, default: 0.5, doc: 'Share of first answers by the careless writer.' },
  droppedCarries: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0.6,
    doc: 'Probability with which the careless writer drops a carry.',
  },
  repeats: { type: 'number', min: 0, max: 1, default: 0.6, doc: 'Share of second turns that only repeat the first answer.' },
} as const;

/** Options of {@link arithmeticSft}. */
export const ARITHMETIC_SFT_OPTIONS: typeof OWN & typeof SFT_TURN_OPTIONS = { ...OWN, ...SFT_TURN_OPTIONS };

/** What {@link arithmeticSft} takes. */
export type ArithmeticSftOptions = Partial<Settings<typeof ARITHMETIC_SFT_OPTIONS>> & GuidingTexts;

/**
 * Supervised examples of a writer with mixed habits, from train problems: a share of first answers drops carries;
 * in the second turn a share (default 0.6) only repeats the first answer, and the rest works it out again with care. Reinforcement
 * learning then has habits to choose among.
 */
export function arithmeticSft(size: ArithmeticSize, n: number, seed: number, options: ArithmeticSftOptions): WrittenExample[] {
  const { carelessAnswers, droppedCarries, ...turns } = takeOptions('arithmeticSft', ARITHMETIC_SFT_OPTIONS, options, {
    guidingTexts: GUIDING_TEXTS,
  });
  const rng = new Rng(seed, SFT_STREAM);
  return writeSft(
    problems(size, 'train', n, rng),
    rng,
    { ...turns, guidingTexts: options.guidingTexts },
    {
      question: text,
      first: (problem) => workOut(problem, rng.uniform() < carelessAnswers ? () => rng.uniform() < droppedCarries : never),
      again: (problem) => workOut(problem, never),
    },
  );
}

/** Streams of the random numbers, so that one seed gives unrelated train, test and supervised problems. */
const SFT_STREAM = 0xa5;
const stream = (split: Split): number => (split === 'train' ? 0xa1 : 0xa2);
const never = (): boolean => false;

function problems(size: ArithmeticSize, split: Split, n: number, rng: Rng): Problem[] {
  const { sumDigits, factorDigits } = sizeOf('arithmetic', SIZES, size);
  return drawProblems(split, n, rng, () => draw(rng, sumDigits, factorDigits), text);
}

function draw(rng: Rng, sumDigits: number, factorDigits: number): Problem {
  const operation = (['+', '-', '*'] as const)[rng.int(factorDigits > 0 ? 3 : 2)]!;
  if (operation === '*') return { a: number(rng, factorDigits), operation, b: 2 + rng.int(8) };
  const a = number(rng, sumDigits);
  const b = number(rng, sumDigits);
  return operation === '-' && a < b ? { a: b, operation, b: a } : { a, operation, b };
}

/** A number of 1 to `most` digits, each length as likely. */
function number(rng: Rng, most: number): number {
  const digits = 1 + rng.int(most);
  const lowest = digits === 1 ? 0 : 10 ** (digits - 1);
  return lowest + rng.int(10 ** digits - lowest);
}

function toRow(problem: Problem): TaskRow {
  const { working, answer } = workOut(problem, never);
  return {
    prompt: [{ role: 'user', content: text(problem) }],
    gold: answer,
    question: text(problem),
    operation: problem.operation,
    solution: `${working}|${answer}`,
  };
}

function text({ a, operation, b }: Problem): string {
  return `${a}${operation}${b}`;
}

/** Works a problem out in columns; `drops` says for each carry (or borrow) that arises whether it is forgotten. */
function workOut({ a, operation, b }: Problem, drops: () => boolean): Attempt {
  const length = operation === '*' ? String(a).length : Math.max(String(a).length, String(b).length);
  const digit = (n: number, column: number): number => Math.floor(n / 10 ** column) % 10;
  const columns: string[] = [];
  let answer = '';
  let carry = 0;
  for (let i = 0; i < length; i++) {
    const x = digit(a, i);
    const y = operation === '*' ? b : digit(b, i);
    const value = operation === '*' ? x * y + carry : operation === '+' ? x + y + carry : x - y - carry;
    const written = ((value % 10) + 10) % 10;
    columns.push(`${x}${operation}${y}c${carry}=${written}`);
    answer = `${written}${answer}`;
    carry = operation === '-' ? (value < 0 ? 1 : 0) : Math.floor(value / 10);
    if (carry > 0 && drops()) carry = 0;
  }
  if (carry > 0) answer = `${carry}${answer}`;
  return { working: columns.join(','), answer: answer.replace(/^0+(?=\d)/, '') };
}

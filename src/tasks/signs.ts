// The sign puzzle: put + or − before the numbers so that they make the target. Guessing is cheap and mostly wrong; checking says what to change.
import { check } from '../errors.js';
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { Rng } from '../rng.js';
import { countdownGold } from './countdown.js';
import { GUIDING_TEXTS, SFT_TURN_OPTIONS, drawProblems, sizeOf } from './task.js';
import type { GuidingTexts, WrittenExample, Split, Task, TaskRow } from './task.js';

/** How many numbers there are and how large they get. */
const SIZES = {
  small: { count: 4, most: 9 },
  medium: { count: 5, most: 9 },
  large: { count: 6, most: 99 },
} as const;

/** How many numbers a puzzle has, and how large they get. */
export type SignsSize = keyof typeof SIZES;

/** Names of the sizes, smallest first. */
export const SIGNS_SIZES: readonly SignsSize[] = ['small', 'medium', 'large'];

interface Problem {
  readonly numbers: readonly number[];
  /** Not negative. */
  readonly target: number;
}

/** Whether each number but the first is added; one sign fewer where the last number is left out. */
type Signs = readonly boolean[];

/**
 * The sign puzzle: put + or − before every number but the first so that they make the target: `7?3?9?4=9` is `7-3+9-4`.
 *
 * A first answer is a guess, right about once in six; no training lifts it far, for to do better a model would have to search in its head. Its
 * check is a sum, and the difference says what to flip: flipping n moves the sum by 2n. So this is a task on which a second turn is worth
 * something, and stays so.
 *
 * Columns of a row: `question`, `numbers`, `target`, `inOrder` (true: the verifier then takes + and − between the numbers in their order only).
 */
export function signs(size: SignsSize = 'small'): Task {
  sizeOf('signs', SIZES, size);
  return {
    name: `signs-${size}`,
    columns: ['question', 'numbers', 'target', 'inOrder'],
    rows(split, n, seed) {
      return problems(size, split, n, new Rng(seed, stream(split))).map(toRow);
    },
  };
}

const OWN = {
  carelessAnswers: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0.5,
    doc: 'Share of first answers that leave the last number out.',
  },
  repeats: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0.7,
    doc: 'Share of second turns that only repeat the answer before; the others check it.',
  },
  thirdTurns: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0.25,
    doc: 'Share of second turns that are shown an answer with its check, as a third turn is.',
  },
} as const;

/** Options of {@link signsSft}. */
export const SIGNS_SFT_OPTIONS: typeof OWN & typeof SFT_TURN_OPTIONS = { ...OWN, ...SFT_TURN_OPTIONS };

/** What {@link signsSft} takes. */
export type SignsSftOptions = Partial<Settings<typeof SIGNS_SFT_OPTIONS>> & GuidingTexts;

/**
 * Supervised examples from train problems, by a writer of mixed habits. First turns are guesses, a share of which (default 0.5) carelessly leave
 * the last number out. A second turn repeats the answer (default 0.7), or checks it in writing and changes one thing:
 * `<think>4,13,15-6=9,3</think>7-3+9-4` has the sums on the way, then how far the last one is from the target, then the number whose sign to flip;
 * `<think>4,13,9=9</think>…` keeps what is right; `<think>4,13?4</think>…` puts in the number that was left out. The decision to check is one
 * token, and what is changed follows from what is written: so the checks of a small model are reliable, and reinforcement can choose them.
 * @throws MgrpoError where `mode` is open_think: a first answer here has no thinking to go on with
 */
export function signsSft(size: SignsSize, n: number, seed: number, options: SignsSftOptions): WrittenExample[] {
  const { carelessAnswers, repeats, thirdTurns, secondTurns, mode } = takeOptions('signsSft', SIGNS_SFT_OPTIONS, options, {
    guidingTexts: GUIDING_TEXTS,
  });
  const { guidingTexts } = options;
  check(
    mode === 'eq5',
    `signsSft: expected eq5 for mode, got ${mode}; first answers of the sign puzzle have no thinking to go on with`,
  );
  check(
    guidingTexts.length > 0 || secondTurns === 0,
    'signsSft: expected at least one text for guidingTexts, got none; or set secondTurns to 0',
  );
  const rng = new Rng(seed, SFT_STREAM);
  return problems(size, 'train', n, rng).map((problem) => {
    const prompt = [{ role: 'user', content: question(problem) }];
    const signs = draw(rng, problem.numbers);
    const guess = rng.uniform() < carelessAnswers ? signs.slice(0, -1) : signs;
    if (rng.uniform() >= secondTurns) return { prompt, prefix: '', completion: write(problem, guess) };
    const checked = guess === signs && rng.uniform() < thirdTurns ? correct(problem, guess) : null;
    const shown = checked?.signs ?? guess;
    const prefix = `${checked?.text ?? write(problem, guess)}${guidingTexts[rng.int(guidingTexts.length)]!}`;
    const completion = rng.uniform() < repeats ? write(problem, shown) : correct(problem, shown).text;
    return { prompt, prefix, completion };
  });
}

/** Streams of the random numbers, so that one seed gives unrelated train, test and supervised problems. */
const SFT_STREAM = 0xb5;
const stream = (split: Split): number => (split === 'train' ? 0xb1 : 0xb2);

function problems(size: SignsSize, split: Split, n: number, rng: Rng): Problem[] {
  const { count, most } = sizeOf('signs', SIZES, size);
  // The split goes by the numbers in order of size behind the first, so that no reordering of a test problem is trained on.
  const key = ({ numbers: [first, ...rest], target }: Problem): string =>
    countdownGold([first!, ...rest.sort((a, b) => a - b)], target);
  return drawProblems(split, n, rng, () => drawProblem(rng, count, most), key, question);
}

function drawProblem(rng: Rng, count: number, most: number): Problem {
  for (;;) {
    const numbers = Array.from({ length: count }, () => 1 + rng.int(most));
    const target = sums(numbers, draw(rng, numbers)).at(-1)!;
    if (target >= 0) return { numbers, target };
  }
}

/** Signs by the toss of a coin. */
function draw(rng: Rng, numbers: readonly number[]): Signs {
  return numbers.slice(1).map(() => rng.uniform() < 0.5);
}

/** The sums on the way, one for each sign. */
function sums([first, ...rest]: readonly number[], signs: Signs): number[] {
  let sum = first!;
  return signs.map((plus, i) => (sum += plus ? rest[i]! : -rest[i]!));
}

/**
 * The check of an answer, and the answer that follows from it. A number that was left out is put in with the sign that brings the sum nearer to
 * the target. Else, of the numbers whose sign is wrong for the direction of the difference, that is flipped whose double is nearest to it; the
 * first of equals.
 */
function correct(problem: Problem, signs: Signs): { text: string; signs: Signs } {
  const { numbers, target } = problem;
  const way = sums(numbers, signs);
  if (signs.length < numbers.length - 1) {
    const whole = [...signs, way.at(-1)! < target];
    return { text: `<think>${way.join(',')}?${numbers.at(-1)!}</think>${write(problem, whole)}`, signs: whole };
  }
  const difference = way.at(-1)! - target;
  const candidates = signs.flatMap((plus, i) => (difference !== 0 && plus === difference > 0 ? [i] : []));
  const distance = (i: number): number => Math.abs(Math.abs(difference) - 2 * numbers[i + 1]!);
  const flipped = candidates.reduce<number | null>((best, i) => (best === null || distance(i) < distance(best) ? i : best), null);
  const better = signs.map((plus, i) => (i === flipped ? !plus : plus));
  const off = difference === 0 ? '' : `${difference > 0 ? '-' : '+'}${Math.abs(difference)}`;
  const choice = flipped === null ? '' : `,${numbers[flipped + 1]!}`;
  return { text: `<think>${way.join(',')}${off}=${target}${choice}</think>${write(problem, better)}`, signs: better };
}

function write({ numbers: [first, ...rest] }: Problem, signs: Signs): string {
  return `${first}${signs.map((plus, i) => `${plus ? '+' : '-'}${rest[i]!}`).join('')}`;
}

function question({ numbers, target }: Problem): string {
  return `${numbers.join('?')}=${target}`;
}

function toRow(problem: Problem): TaskRow {
  const { numbers, target } = problem;
  return {
    prompt: [{ role: 'user', content: question(problem) }],
    gold: countdownGold(numbers, target),
    question: question(problem),
    numbers,
    target,
    inOrder: true,
  };
}

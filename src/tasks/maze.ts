// Small mazes, after AlphaMaze (arXiv 2502.14669): the way from one cell to another, as a list of moves. A walk is cheap and often ends in a
// dead end; to check one is to walk it again.
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { Rng } from '../rng.js';
import { GUIDING_TEXTS, SFT_TURN_OPTIONS, drawProblems, sizeOf, writeSft } from './task.js';
import type { Attempt, GuidingTexts, WrittenExample, Split, Task, TaskRow } from './task.js';

/** Cells on a side. */
const SIZES = { small: 3, medium: 4, large: 5 } as const;

/** How many cells a maze has on a side: 3, 4 or 5. */
export type MazeSize = keyof typeof SIZES;

/** Names of the sizes, smallest first. */
export const MAZE_SIZES: readonly MazeSize[] = ['small', 'medium', 'large'];

/** Moves as the digits of a number pad. Digits, because the verifier compares numbers exactly, and takes letters for factors of a product. */
const MOVES = [
  { digit: '8', row: -1, column: 0 },
  { digit: '6', row: 0, column: 1 },
  { digit: '2', row: 1, column: 0 },
  { digit: '4', row: 0, column: -1 },
] as const;

interface Problem {
  readonly side: number;
  /** Doors between neighbours: bit 0 to the right, bit 1 downwards. */
  readonly doors: readonly number[];
  readonly start: number;
  readonly goal: number;
}

/**
 * Mazes: `132/201/010 a>i` has a row of cells after the other, each a digit of its doors (1 to the right, 2 downwards, 3 both), and asks for the
 * way from cell a to cell i; cells are lettered row by row. The answer is moves on a number pad (8 up, 6 right, 2 down, 4 left), after the cells
 * on the way: `<think>abehi</think>6226`.
 *
 * Every maze is a tree, so that there is one way and the gold is a number. Columns of a row: `question`, `solution` (the cells on the way).
 */
export function maze(size: MazeSize = 'small'): Task {
  sizeOf('maze', SIZES, size);
  return {
    name: `maze-${size}`,
    columns: ['question', 'solution'],
    rows(split, n, seed) {
      return problems(size, split, n, new Rng(seed, stream(split))).map(toRow);
    },
  };
}

const OWN = {
  repeats: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0.5,
    doc: 'Share of second turns that only repeat the first answer; the others check it and go the right way.',
  },
  solved: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0.2,
    doc: 'Share of first answers that go the right way; the others walk at random.',
  },
} as const;

/** Options of {@link mazeSft}. */
export const MAZE_SFT_OPTIONS: typeof OWN & typeof SFT_TURN_OPTIONS = { ...OWN, ...SFT_TURN_OPTIONS };

/**
 * Supervised examples from train problems. First turns go through doors at random, never back, until the goal or a dead end. A second turn
 * repeats that, or walks it again and says whether it ends at the goal: `<think>abehi=</think>6226`, or `<think>abcf!abehi</think>6226` with
 * the right way after a wrong one.
 */
export function mazeSft(
  size: MazeSize,
  n: number,
  seed: number,
  options: Partial<Settings<typeof MAZE_SFT_OPTIONS>> & GuidingTexts,
): WrittenExample[] {
  const { solved, ...settings } = takeOptions('mazeSft', MAZE_SFT_OPTIONS, options, { guidingTexts: GUIDING_TEXTS });
  const rng = new Rng(seed, SFT_STREAM);
  return writeSft(
    problems(size, 'train', n, rng),
    rng,
    { ...settings, guidingTexts: options.guidingTexts },
    {
      question,
      first: (problem) => attempt(problem, rng.uniform() < solved ? wayOf(problem) : walk(problem, rng)),
      again(problem, { working, answer }) {
        const way = attempt(problem, wayOf(problem));
        return answer === way.answer ? { working: `${working}=`, answer } : { ...way, working: `${working}!${way.working}` };
      },
    },
  );
}

/** Streams of the random numbers, so that one seed gives unrelated train, test and supervised problems. */
const SFT_STREAM = 0xd5;
const stream = (split: Split): number => (split === 'train' ? 0xd1 : 0xd2);

function problems(size: MazeSize, split: Split, n: number, rng: Rng): Problem[] {
  const side = sizeOf('maze', SIZES, size);
  return drawProblems(split, n, rng, () => drawProblem(side, rng), question);
}

/** A random tree of doors, and two cells that are at least a side apart on it. */
function drawProblem(side: number, rng: Rng): Problem {
  for (;;) {
    const doors = Array.from({ length: side * side }, () => 0);
    const seen = new Set([rng.int(side * side)]);
    const trail = [...seen];
    while (trail.length > 0) {
      const cell = trail.at(-1)!;
      const next = MOVES.map(({ digit }) => neighbour(side, cell, digit)).filter((to) => to !== null && !seen.has(to));
      if (next.length === 0) trail.pop();
      else {
        const to = next[rng.int(next.length)]!;
        doors[Math.min(cell, to)]! |= Math.abs(cell - to) === 1 ? 1 : 2;
        seen.add(to);
        trail.push(to);
      }
    }
    const problem = { side, doors, start: rng.int(side * side), goal: rng.int(side * side) };
    if (wayOf(problem).length > side) return problem;
  }
}

/** The cell that a move leads to; null beyond the border. */
function neighbour(side: number, cell: number, digit: string): number | null {
  const move = MOVES.find((item) => item.digit === digit)!;
  const [row, column] = [Math.floor(cell / side) + move.row, (cell % side) + move.column];
  return row < 0 || row >= side || column < 0 || column >= side ? null : row * side + column;
}

/** The cells behind the doors of a cell. */
function behindDoors({ side, doors }: Problem, cell: number): number[] {
  return MOVES.flatMap(({ digit }) => {
    const to = neighbour(side, cell, digit);
    if (to === null) return [];
    return doors[Math.min(cell, to)]! & (Math.abs(cell - to) === 1 ? 1 : 2) ? [to] : [];
  });
}

/** The one way from start to goal. */
function wayOf(problem: Problem, path: readonly number[] = [problem.start]): number[] {
  const cell = path.at(-1)!;
  if (cell === problem.goal) return [...path];
  for (const to of behindDoors(problem, cell)) {
    if (to === path.at(-2)) continue;
    const way = wayOf(problem, [...path, to]);
    if (way.length > 0) return way;
  }
  return [];
}

/** Through doors at random, never back, until the goal or a dead end. */
function walk(problem: Problem, rng: Rng): number[] {
  const path = [problem.start];
  for (;;) {
    const next = behindDoors(problem, path.at(-1)!).filter((to) => to !== path.at(-2));
    if (path.at(-1) === problem.goal || next.length === 0) return path;
    path.push(next[rng.int(next.length)]!);
  }
}

function attempt({ side }: Problem, path: readonly number[]): Attempt {
  const moves = path.slice(1).map((to, i) => MOVES.find(({ digit }) => neighbour(side, path[i]!, digit) === to)!.digit);
  return { working: path.map(letter).join(''), answer: moves.join('') };
}

const letter = (cell: number): string => String.fromCharCode('a'.charCodeAt(0) + cell);

function question({ side, doors, start, goal }: Problem): string {
  const rows = Array.from({ length: side }, (_, row) => doors.slice(row * side, (row + 1) * side).join(''));
  return `${rows.join('/')} ${letter(start)}>${letter(goal)}`;
}

function toRow(problem: Problem): TaskRow {
  const { working, answer } = attempt(problem, wayOf(problem));
  return {
    prompt: [{ role: 'user', content: question(problem) }],
    gold: answer,
    question: question(problem),
    solution: working,
  };
}

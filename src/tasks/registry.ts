// The generated tasks by name, one row each: the command line, its help and its checks follow from it.
import { arithmetic, arithmeticSft } from './arithmetic.js';
import { countdown, countdownSft } from './countdown.js';
import { maze, mazeSft } from './maze.js';
import { signs, signsSft } from './signs.js';
import type { WrittenExample, SftOptions, Task } from './task.js';

/** How large the numbers of a generated task get. */
export type TaskSize = 'small' | 'medium' | 'large';

/** One generated task. */
export interface TaskKind {
  readonly name: string;
  /** What is asked, in one line. */
  readonly doc: string;
  /** Makes the source of problems. */
  readonly make: (size: TaskSize) => Task;
  /** Writes supervised examples. */
  readonly sft: (size: TaskSize, n: number, seed: number, options: SftOptions) => WrittenExample[];
}

/** Every generated task. */
export const TASKS: readonly TaskKind[] = [
  {
    name: 'arithmetic',
    doc: 'sums, differences and products, worked out in columns',
    make: arithmetic,
    sft: arithmeticSft,
  },
  {
    name: 'countdown',
    doc: 'reach a target with each of the numbers used once',
    make: countdown,
    sft: countdownSft,
  },
  {
    name: 'signs',
    doc: 'put + or - before the numbers so that they make the target',
    make: signs,
    sft: signsSft,
  },
  {
    name: 'maze',
    doc: 'the way through a small maze, as moves on a number pad (after AlphaMaze)',
    make: maze,
    sft: mazeSft,
  },
];

/** Names of the tasks. */
export const TASK_NAMES: readonly string[] = TASKS.map(({ name }) => name);

/** The row of a name that is in {@link TASK_NAMES}. */
export function taskKind(name: string): TaskKind {
  return TASKS.find((task) => task.name === name)!;
}

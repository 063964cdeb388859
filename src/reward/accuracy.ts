// Rewards by the verifiers: is the final answer of a completion right?
import { MgrpoError, check, show } from '../errors.js';
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { named } from './run.js';
import { OUTCOMES } from './status.js';
import type { RewardArgs, RewardFunction } from './types.js';
import { countdownRow, flagsOf, outcomes } from './verify.js';
import type { ExtractionMode } from './verify.js';
import type { Row } from './wasm.js';

const SCORING = {
  mode: {
    type: 'choice',
    choices: ['strict', 'lenient'],
    default: 'strict',
    doc: 'How the answer is found. strict: only marked answers and completions that are an answer and nothing else; lenient: also the last value.',
  },
  correct: { type: 'number', default: 1, doc: 'Score of a right answer.' },
  wrong: { type: 'number', default: 0, doc: 'Score of everything else.' },
} as const;

const COLUMN = { column: { type: 'string', default: 'gold', doc: 'Name of the column with the right answer.' } } as const;
const SUBSET = { subset: { type: 'boolean', default: false, doc: 'Whether numbers may be left out.' } } as const;

/** Options of {@link accuracyReward}. */
export const ACCURACY_OPTIONS: typeof SCORING & typeof COLUMN = { ...COLUMN, ...SCORING };
/** Options of {@link countdownReward}. */
export const COUNTDOWN_OPTIONS: typeof SCORING & typeof SUBSET = { ...SCORING, ...SUBSET };

const EQUAL = OUTCOMES.indexOf('equal');
const GOLD_UNPARSABLE = OUTCOMES.indexOf('gold_unparsable');

/**
 * 1 where the final answer equals the gold, else 0; `null` where the gold is empty or cannot be compared, so that a broken data row teaches
 * nothing (TRL's accuracy_reward does the same). A completion that was cut scores only by an answer it finished.
 *
 * Source: rule-based accuracy reward of DeepSeek-R1 (arXiv 2501.12948, §2.2.2).
 * @param options see {@link ACCURACY_OPTIONS}
 */
export function accuracyReward(options: Partial<Settings<typeof ACCURACY_OPTIONS>> = {}): RewardFunction {
  const { column, mode, correct, wrong } = takeOptions('accuracyReward', ACCURACY_OPTIONS, options);
  return named('accuracy_reward', (args) => {
    const golds = columnOf(args, column, 'accuracy_reward');
    const rows: Row[] = args.completions.map((text, i) => ({
      gold: goldText(golds[i], column, i),
      text,
      flags: rowFlags(args, i, mode),
    }));
    const results = outcomes('grade', rows);
    let unreadable = 0;
    const scores = Array.from(results, (outcome) => {
      if (outcome !== GOLD_UNPARSABLE) return outcome === EQUAL ? correct : wrong;
      unreadable++;
      return null;
    });
    if (unreadable > 0) args.logMetric?.('accuracy_reward/unreadable_gold', unreadable / scores.length);
    return scores;
  });
}

/**
 * 1 where the final answer is an expression that reaches `target` from `numbers` (columns of those names), each used exactly once, with
 * integers, + − × ÷ and parentheses only; else 0. Where column `inOrder` is true the numbers stay in their order, with + or − between them.
 *
 * Source: the countdown task of TinyZero and reasoning-gym, without its partial credit for form.
 * @param options see {@link COUNTDOWN_OPTIONS}
 */
export function countdownReward(options: Partial<Settings<typeof COUNTDOWN_OPTIONS>> = {}): RewardFunction {
  const { mode, correct, wrong, subset } = takeOptions('countdownReward', COUNTDOWN_OPTIONS, options);
  return named('countdown_reward', (args) => {
    const numbers = columnOf(args, 'numbers', 'countdown_reward');
    const targets = columnOf(args, 'target', 'countdown_reward');
    const inOrder = args['inOrder'] as readonly unknown[] | undefined;
    const rows = args.completions.map((text, i) =>
      countdownRow(
        { numbers: numbers[i] as number[], target: targets[i] as number, subset, inOrder: inOrder?.[i] === true },
        text,
        rowFlags(args, i, mode),
        `countdown_reward: row ${i}`,
      ),
    );
    return Array.from(outcomes('countdown', rows), (outcome) => (outcome === EQUAL ? correct : wrong));
  });
}

/** The verifier of the rows: Countdown where they have numbers and a target, else accuracy. */
export function taskVerifier(): RewardFunction {
  const [accuracy, countdown] = [accuracyReward(), countdownReward()];
  return (args) => (args['numbers'] && args['target'] ? countdown(args) : accuracy(args));
}

function rowFlags(args: RewardArgs, i: number, mode: ExtractionMode): number {
  return flagsOf(mode, args.truncated?.[i] ?? false);
}

/** A column of the data set, one entry per completion. */
export function columnOf(args: RewardArgs, column: string, where: string): readonly unknown[] {
  const values = args[column];
  const count = args.completions.length;
  if (!Array.isArray(values) || values.length !== count) {
    const columns = Object.keys(args).filter((key) => Array.isArray(args[key]));
    throw new MgrpoError(
      'invalid_argument',
      `${where}: expected ${count} values in column "${column}", got ${Array.isArray(values) ? values.length : show(values)}; the columns are ${columns.join(', ')}`,
    );
  }
  return values;
}

function goldText(gold: unknown, column: string, row: number): string {
  if (typeof gold === 'number' || typeof gold === 'bigint') return String(gold);
  if (gold === null || gold === undefined) return '';
  check(
    typeof gold === 'string',
    `accuracy_reward: expected a string or number in column "${column}", row ${row}, got ${show(gold)}; convert it`,
  );
  return gold;
}

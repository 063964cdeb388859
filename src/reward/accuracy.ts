// Rewards by the verifiers: is the final answer of a completion right?
import { REWARD_VERIFIER_OPTIONS } from '../config/verifier.js';
import type { VerifierSettings } from '../config/verifier.js';
import { MgrpoError, check, show } from '../errors.js';
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { judgingOf } from './judging.js';
import type { Judging } from './judging.js';
import { named } from './run.js';
import { FLAG_TRUNCATED, OUTCOMES } from './status.js';
import type { RewardArgs, RewardFunction } from './types.js';
import { countdownRow, outcomes } from './verify.js';
import type { Row } from './wasm.js';

const SCORES = {
  correct: { type: 'number', default: 1, doc: 'Score of a right answer.' },
  wrong: { type: 'number', default: 0, doc: 'Score of everything else.' },
} as const;

const COLUMN = { column: { type: 'string', default: 'gold', doc: 'Name of the column with the right answer.' } } as const;
const SUBSET = { subset: { type: 'boolean', default: false, doc: 'Whether numbers may be left out.' } } as const;

type Reading = Pick<typeof REWARD_VERIFIER_OPTIONS, 'mode' | 'reasoningTags'>;
const READING: Reading = { mode: REWARD_VERIFIER_OPTIONS.mode, reasoningTags: REWARD_VERIFIER_OPTIONS.reasoningTags };

/** Options of {@link accuracyReward}: all of the checker's, strict where nothing is said. */
export const ACCURACY_OPTIONS: typeof COLUMN & typeof REWARD_VERIFIER_OPTIONS & typeof SCORES = {
  ...COLUMN,
  ...REWARD_VERIFIER_OPTIONS,
  ...SCORES,
};
/** Options of {@link countdownReward}. */
export const COUNTDOWN_OPTIONS: Reading & typeof SCORES & typeof SUBSET = { ...READING, ...SCORES, ...SUBSET };

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
  const { column, correct, wrong, ...settings } = takeOptions('accuracyReward', ACCURACY_OPTIONS, options);
  const judging = judgingOf(settings, 'accuracyReward');
  const { tolerances, kinds } = judging;
  const reward = named('accuracy_reward', (args) => {
    const values = columnOf(args, column, 'accuracy_reward');
    const golds = args.completions.map((_, i) => goldTexts(values[i], column, i));
    const rows: Row[] = args.completions.flatMap((text, i) => {
      const row = { text: judging.read(text), flags: rowFlags(args, i, judging), tolerances };
      return golds[i]!.map((gold) => ({ ...row, gold }));
    });
    const results = outcomes('grade', rows, kinds);
    let unreadable = 0;
    let at = 0;
    const scores = golds.map(({ length }) => {
      const found = results.subarray(at, (at += length));
      if (found.includes(EQUAL)) return correct;
      if (found.some((outcome) => outcome !== GOLD_UNPARSABLE)) return wrong;
      unreadable++;
      return null;
    });
    if (unreadable > 0) args.logMetric?.('accuracy_reward/unreadable_gold', unreadable / scores.length);
    return scores;
  });
  return Object.assign(reward, { verifier: settings });
}

/**
 * 1 where the final answer is an expression that reaches `target` from `numbers` (columns of those names), each used exactly once, with
 * integers, + − × ÷ and parentheses only; else 0. Where column `inOrder` is true the numbers stay in their order, with + or − between them.
 *
 * Source: the countdown task of TinyZero and reasoning-gym, without its partial credit for form.
 * @param options see {@link COUNTDOWN_OPTIONS}
 */
export function countdownReward(options: Partial<Settings<typeof COUNTDOWN_OPTIONS>> = {}): RewardFunction {
  const { correct, wrong, subset, ...settings } = takeOptions('countdownReward', COUNTDOWN_OPTIONS, options);
  const judging = judgingOf(settings, 'countdownReward');
  const reward = named('countdown_reward', (args) => {
    const numbers = columnOf(args, 'numbers', 'countdown_reward');
    const targets = columnOf(args, 'target', 'countdown_reward');
    const inOrder = args['inOrder'] as readonly unknown[] | undefined;
    const rows = args.completions.map((text, i) =>
      countdownRow(
        { numbers: numbers[i] as number[], target: targets[i] as number, subset, inOrder: inOrder?.[i] === true },
        judging.read(text),
        rowFlags(args, i, judging),
        `countdown_reward: row ${i}`,
      ),
    );
    return Array.from(outcomes('countdown', rows), (outcome) => (outcome === EQUAL ? correct : wrong));
  });
  return Object.assign(reward, { verifier: settings });
}

/** The verifier of the rows: Countdown where they have numbers and a target, else accuracy. */
export function taskVerifier(settings: Partial<VerifierSettings> = {}): RewardFunction {
  const [accuracy, countdown] = [accuracyReward(settings), countdownReward(readingOf(settings))];
  return (args) => (args['numbers'] && args['target'] ? countdown(args) : accuracy(args));
}

/** What of the checker's settings means something for a Countdown problem. */
export function readingOf(settings: Partial<VerifierSettings>): Partial<Settings<Reading>> {
  const { mode, reasoningTags } = settings;
  return { ...(mode !== undefined && { mode }), ...(reasoningTags !== undefined && { reasoningTags }) };
}

function rowFlags(args: RewardArgs, i: number, { flags }: Judging): number {
  return flags | (args.truncated?.[i] === true ? FLAG_TRUNCATED : 0);
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

/** The right answers of a row: one, or a list of which each counts. */
function goldTexts(gold: unknown, column: string, row: number): string[] {
  if (Array.isArray(gold) && gold.length > 0) return gold.flatMap((one) => goldTexts(one, column, row));
  if (typeof gold === 'number' || typeof gold === 'bigint') return [String(gold)];
  if (gold === null || gold === undefined) return [''];
  check(
    typeof gold === 'string',
    `accuracy_reward: expected a text, a number or a list of them in column "${column}", row ${row}, got ${show(gold)}; convert it`,
  );
  return [gold];
}

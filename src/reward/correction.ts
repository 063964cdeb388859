// A bonus for the change that a correction makes.
import { takeOptions } from '../options/border.js';
import { columnOf } from './accuracy.js';
import { REWARD, named } from './run.js';
import type { RewardArgs, RewardFunction, Scores } from './types.js';

/** Options of {@link correctionBonus}, beside the reward `of` which it is the change. */
export const CORRECTION_OPTIONS = {
  alpha: { type: 'number', min: 0, default: null, doc: 'Factor of the change; 0 turns the bonus off.' },
} as const;

/**
 * Pays for the change that a correction makes: r = α (R(õ) − R(o)), õ the completion, o the first answer it corrects. With α = 1 and the
 * accuracy reward: +1 for wrong → right, −1 for right → wrong, 0 where nothing changed. `null` in layer 1, where there is no first answer.
 *
 * The trainer gives layer 2 the columns `firstCompletions`, `firstCompletionIds` and `firstTruncated`.
 *
 * Source: SCoRe (arXiv 2409.12917), reward shaping of stage II. It acts only with a baseline per question: where the group is the H samples
 * of one q′, R(o) is one constant in it and the bonus only multiplies the advantage by 1 + α.
 * @param options.of R, the same for both turns
 * @param options.alpha factor ≥ 0
 */
export function correctionBonus(options: { readonly of: RewardFunction; readonly alpha: number }): RewardFunction {
  const { alpha } = takeOptions('correctionBonus', CORRECTION_OPTIONS, options, { of: REWARD });
  const { of } = options;
  return named('correction_bonus', async (args: RewardArgs): Promise<Scores> => {
    const first = onFirstAnswers(args, 'correction_bonus');
    if (first === null) return args.completions.map(() => null);
    const [after, before] = [await of(args), await of(first)];
    return args.completions.map((_, i) => {
      const [r2, r1] = [after[i], before[i]];
      return r1 === null || r1 === undefined || r2 === null || r2 === undefined ? null : alpha * (r2 - r1);
    });
  });
}

/** The same call on the answers that the completions correct; null in layer 1. @param where the reward function, for messages */
export function onFirstAnswers(args: RewardArgs, where: string): RewardArgs | null {
  if (args['firstCompletions'] === undefined) return null;
  return {
    ...args,
    completions: columnOf(args, 'firstCompletions', where) as string[],
    completionIds: columnOf(args, 'firstCompletionIds', where) as number[][],
    truncated: columnOf(args, 'firstTruncated', where) as boolean[],
  };
}

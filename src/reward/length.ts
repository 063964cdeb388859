import { check } from '../errors.js';
import { named } from './run.js';
import type { RewardArgs, RewardFunction, Scores } from './types.js';

/**
 * A penalty that sets in before the length limit, L tokens in the completion:
 *
 *   0                              for L ≤ maxLength − cache
 *   (maxLength − cache − L)/cache  for maxLength − cache < L ≤ maxLength
 *   −1                             for L > maxLength
 *
 * Source: DAPO (arXiv 2503.14476), Eq. 13.
 * @param options.maxLength tokens, > 0
 * @param options.cache tokens before the limit in which the penalty grows, 0 < cache ≤ maxLength
 */
export function softOverlongPunishment(options: { readonly maxLength: number; readonly cache: number }): RewardFunction {
  const { maxLength, cache } = options;
  check(
    Number.isSafeInteger(maxLength) && Number.isSafeInteger(cache) && cache > 0 && cache <= maxLength,
    `softOverlongPunishment: expected whole numbers 0 < cache ≤ maxLength, got cache ${cache}, maxLength ${maxLength}; e.g. maxCompletionLength and a fifth of it`,
  );
  return named('soft_overlong_punishment', ({ completionIds }) =>
    completionIds.map(({ length }) =>
      length <= maxLength - cache ? 0 : length <= maxLength ? (maxLength - cache - length) / cache : -1,
    ),
  );
}

/**
 * A correctness score that depends on the length L, falling along half a cosine between its value at 0 and at maxLength:
 *
 *   r = end + ½ (start − end)(1 + cos(π L / maxLength)),  (start, end) = correct or wrong;  r = exceeded for L ≥ maxLength
 *
 * With the defaults a right answer is worth more when short, and a wrong one costs less when long (it was worth thinking on).
 *
 * Source: Yeo et al., Demystifying Long Chain-of-Thought Reasoning (arXiv 2502.03373), §4.2 and its default values.
 * @param options.maxLength tokens, > 0
 * @param options.of decides what is right: scores above 0; its nulls stay null
 */
export function cosineLengthReward(options: {
  readonly maxLength: number;
  readonly of: RewardFunction;
  readonly correct?: readonly [start: number, end: number];
  readonly wrong?: readonly [start: number, end: number];
  readonly exceeded?: number;
}): RewardFunction {
  const { maxLength, of, correct = [2, 1], wrong = [-10, 0], exceeded = -10 } = options;
  check(
    Number.isSafeInteger(maxLength) && maxLength > 0,
    `cosineLengthReward: expected a whole number > 0 for maxLength, got ${maxLength}; e.g. maxCompletionLength`,
  );
  return named('cosine_length_reward', async (args: RewardArgs): Promise<Scores> => {
    const scores = await of(args);
    return args.completionIds.map(({ length }, i) => {
      const score = scores[i];
      if (score === null || score === undefined) return null;
      if (length >= maxLength) return exceeded;
      const [start, end] = score > 0 ? correct : wrong;
      return end + 0.5 * (start - end) * (1 + Math.cos((Math.PI * length) / maxLength));
    });
  });
}

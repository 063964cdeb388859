// Rewards that depend on the length of a completion.
import { check } from '../errors.js';
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { REWARD, named } from './run.js';
import type { RewardArgs, RewardFunction, Scores } from './types.js';

const MAX_LENGTH = {
  type: 'integer',
  min: 1,
  default: null,
  doc: 'Length limit, tokens; as a rule maxCompletionLength.',
} as const;

/** Options of {@link softOverlongPunishment}. */
export const SOFT_OVERLONG_OPTIONS: {
  readonly maxLength: typeof MAX_LENGTH;
  readonly cache: Omit<typeof MAX_LENGTH, 'doc'> & { readonly doc: string };
} = {
  maxLength: MAX_LENGTH,
  cache: {
    ...MAX_LENGTH,
    doc: 'Tokens before the limit in which the penalty grows, at most maxLength; as a rule a fifth of it.',
  },
};

const COSINE = {
  correct: { type: 'numbers', length: 2, default: [2, 1], doc: 'Scores of a right answer: at length 0, and at maxLength.' },
  wrong: { type: 'numbers', length: 2, default: [-10, 0], doc: 'Scores of a wrong answer: at length 0, and at maxLength.' },
  exceeded: { type: 'number', default: -10, doc: 'Score at the length limit.' },
} as const;

/** Options of {@link cosineLengthReward}, beside the reward `of` that decides what is right. */
export const COSINE_OPTIONS: typeof COSINE & { readonly maxLength: typeof MAX_LENGTH } = { maxLength: MAX_LENGTH, ...COSINE };

/**
 * A penalty that sets in before the length limit, L tokens in the completion:
 *
 *   0                              for L ≤ maxLength − cache
 *   (maxLength − cache − L)/cache  for maxLength − cache < L ≤ maxLength
 *   −1                             for L > maxLength
 *
 * Source: DAPO (arXiv 2503.14476), Eq. 13.
 * @param options see {@link SOFT_OVERLONG_OPTIONS}
 */
export function softOverlongPunishment(options: Settings<typeof SOFT_OVERLONG_OPTIONS>): RewardFunction {
  const { maxLength, cache } = takeOptions('softOverlongPunishment', SOFT_OVERLONG_OPTIONS, options);
  check(
    cache <= maxLength,
    `softOverlongPunishment: expected a cache of at most maxLength, got cache ${cache}, maxLength ${maxLength}; e.g. a fifth of it`,
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
 * @param options see {@link COSINE_OPTIONS}
 * @param options.of decides what is right: scores above 0; its nulls stay null
 */
export function cosineLengthReward(
  options: Partial<Settings<typeof COSINE_OPTIONS>> & { readonly maxLength: number; readonly of: RewardFunction },
): RewardFunction {
  const { maxLength, correct, wrong, exceeded } = takeOptions('cosineLengthReward', COSINE_OPTIONS, options, { of: REWARD });
  const { of } = options;
  return named('cosine_length_reward', async (args: RewardArgs): Promise<Scores> => {
    const scores = await of(args);
    return args.completionIds.map(({ length }, i) => {
      const score = scores[i];
      if (score === null || score === undefined) return null;
      if (length >= maxLength) return exceeded;
      const [start, end] = (score > 0 ? correct : wrong) as readonly [number, number];
      return end + 0.5 * (start - end) * (1 + Math.cos((Math.PI * length) / maxLength));
    });
  });
}

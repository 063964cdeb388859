import { check } from '../errors.js';
import { named } from './run.js';
import type { RewardFunction } from './types.js';

/**
 * A penalty for repeated n-grams: r = maxPenalty · (1 − distinct n-grams / n-grams), over words in lower case; 0 for fewer than n words.
 *
 * Source: Yeo et al. (arXiv 2502.03373), appendix on the repetition penalty; open-r1's get_repetition_penalty_reward.
 * @param options.n words per n-gram, ≥ 1; default 3
 * @param options.maxPenalty score of a text that only repeats, ≤ 0; default −1
 * @param options.tokens count n-grams of token ids instead of words (for languages without spaces); default false
 */
export function repetitionPenalty(
  options: { readonly n?: number; readonly maxPenalty?: number; readonly tokens?: boolean } = {},
): RewardFunction {
  const { n = 3, maxPenalty = -1, tokens = false } = options;
  check(
    Number.isSafeInteger(n) && n >= 1 && Number.isFinite(maxPenalty) && maxPenalty <= 0,
    `repetitionPenalty: expected a whole number n ≥ 1 and maxPenalty ≤ 0, got n ${n}, maxPenalty ${maxPenalty}; a penalty is not positive`,
  );
  return named('repetition_penalty', ({ completions, completionIds }) =>
    completions.map((text, i) => {
      const units = tokens ? Array.from(completionIds[i]!, String) : (text.toLowerCase().match(/\S+/g) ?? []);
      const total = units.length - n + 1;
      if (total <= 0) return 0;
      const distinct = new Set<string>();
      for (let k = 0; k < total; k++) distinct.add(units.slice(k, k + n).join(' '));
      const penalty = maxPenalty * (1 - distinct.size / total);
      return penalty === 0 ? 0 : penalty;
    }),
  );
}

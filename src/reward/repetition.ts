// A penalty for repeated phrases.
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { named } from './run.js';
import type { RewardFunction } from './types.js';

/** Options of {@link repetitionPenalty}. */
export const REPETITION_OPTIONS = {
  n: { type: 'integer', min: 1, default: 3, doc: 'Words per n-gram.' },
  maxPenalty: { type: 'number', max: 0, default: -1, doc: 'Score of a text that only repeats.' },
  tokens: {
    type: 'boolean',
    default: false,
    doc: 'Count n-grams of token ids instead of words, for languages without spaces.',
  },
} as const;

/**
 * A penalty for repeated n-grams: r = maxPenalty · (1 − distinct n-grams / n-grams), over words in lower case; 0 for fewer than n words.
 *
 * Source: Yeo et al. (arXiv 2502.03373), appendix on the repetition penalty; open-r1's get_repetition_penalty_reward.
 * @param options see {@link REPETITION_OPTIONS}
 */
export function repetitionPenalty(options: Partial<Settings<typeof REPETITION_OPTIONS>> = {}): RewardFunction {
  const { n, maxPenalty, tokens } = takeOptions('repetitionPenalty', REPETITION_OPTIONS, options);
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

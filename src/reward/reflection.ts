// A reward for the reflection that a changed verdict follows.
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { taskVerifier } from './accuracy.js';
import { correctionBonus } from './correction.js';
import { VERIFIER, named } from './run.js';
import type { RewardFunction } from './types.js';
import { thoughtOf } from './verdict.js';

/** Options of {@link reflectionReward}. */
export const REFLECTION_OPTIONS = {
  minLength: {
    type: 'integer',
    min: 1,
    default: 3,
    doc: 'Characters of thought, but for spaces, from which on it is a reflection.',
  },
} as const;

/**
 * Pays a correction that reflects before its final answer and changes the verdict: 1 where it makes a wrong answer right, -1 where it makes a
 * right one wrong, 0 where the verdict stays, where nothing was thought, and in layer 1. So reflecting by itself earns nothing, and neither
 * does a lucky change without it.
 *
 * Source: the reflection reward of Wang (arXiv 2603.14041), which pays a reflection that precedes a changed verdict. Departure: one function
 * beside the verifier, without that paper's four stages.
 * @param options see {@link REFLECTION_OPTIONS}
 * @param options.of what is right; default the verifier of the rows, Countdown or accuracy
 */
export function reflectionReward(
  options: Partial<Settings<typeof REFLECTION_OPTIONS>> & { readonly of?: RewardFunction } = {},
): RewardFunction {
  const { minLength } = takeOptions('reflectionReward', REFLECTION_OPTIONS, options, { of: VERIFIER });
  const verifier = options.of ?? taskVerifier();
  const change = correctionBonus({ of: verifier, alpha: 1 });
  return named('reflection_reward', async (args) => {
    if (args['firstCompletions'] === undefined) return (await verifier(args)).map(() => 0);
    const changes = await change(args);
    const lengthOf = (text: string): number => thoughtOf(text).replaceAll(/\s/g, '').length;
    return changes.map((delta, i) => (lengthOf(args.completions[i]!) >= minLength ? delta : 0));
  });
}

// A reward for the reflection that a changed verdict follows.
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { accuracyReward, countdownReward } from './accuracy.js';
import { correctionBonus } from './correction.js';
import { named } from './run.js';
import type { RewardFunction } from './types.js';

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
 */
export function reflectionReward(options: Partial<Settings<typeof REFLECTION_OPTIONS>> = {}): RewardFunction {
  const { minLength } = takeOptions('reflectionReward', REFLECTION_OPTIONS, options);
  const [accuracy, countdown] = [accuracyReward(), countdownReward()];
  const verifier: RewardFunction = (args) => (args['numbers'] && args['target'] ? countdown(args) : accuracy(args));
  const change = correctionBonus({ of: verifier, alpha: 1 });
  return named('reflection_reward', async (args) => {
    if (args['firstCompletions'] === undefined) return (await verifier(args)).map(() => 0);
    const changes = await change(args);
    return changes.map((delta, i) => (thought(args.completions[i]!).length >= minLength ? delta : 0));
  });
}

/** What stands in the think blocks of a text, without spaces; a correction in mode open_think only closes one. */
function thought(text: string): string {
  const end = text.lastIndexOf('</think>');
  return end < 0 ? '' : text.slice(0, end).replaceAll(/<\/?think>|\s/g, '');
}

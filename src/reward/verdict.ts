// What a correction itself says of the answer before it, and rewards for saying it rightly. The verdict of the verifier is verify.ts.
import { takeOptions } from '../options/border.js';
import type { Settings } from '../options/table.js';
import { taskVerifier } from './accuracy.js';
import { onFirstAnswers } from './correction.js';
import { VERIFIER, named } from './run.js';
import type { RewardFunction } from './types.js';

/** Options of {@link verdictReward}. */
export const VERDICT_OPTIONS = {
  wrong: { type: 'number', max: 0, default: 0, doc: 'Score of a verdict that is not right; none at all scores 0.' },
} as const;

/**
 * Pays a correction that writes a right verdict on the answer before it ({@link ownVerdict}), whatever it answers then: 1 where the verdict is
 * right, `wrong` where it is not, 0 where none is written, and in layer 1. So writing one at random earns less than reading the answer.
 *
 * Source: with `wrong` -1 the verification reward of S2R (arXiv 2502.12853); PAG (arXiv 2506.10406) pays its verifier likewise. Departure: one
 * verdict on the answer before, not one for each step of a trial.
 * @param options see {@link VERDICT_OPTIONS}
 * @param options.of what is right; default the verifier of the rows, Countdown or accuracy
 */
export function verdictReward(
  options: Partial<Settings<typeof VERDICT_OPTIONS>> & { readonly of?: RewardFunction } = {},
): RewardFunction {
  const { wrong } = takeOptions('verdictReward', VERDICT_OPTIONS, options, { of: VERIFIER });
  const verifier = options.of ?? taskVerifier();
  return named('verdict_reward', async (args) => {
    const first = onFirstAnswers(args, 'verdict_reward');
    if (first === null) return (await verifier(args)).map(() => 0);
    const before = await verifier(first);
    return args.completions.map((text, i) => {
      const verdict = ownVerdict(text);
      const reward = before[i];
      if (verdict === null || reward === null || reward === undefined) return 0;
      return verdict === reward > 0 ? 1 : wrong;
    });
  });
}

const WORDS =
  /\b(?:is|was|are|were|looks|seems)(?<not> not|n't)?(?: (?:also|indeed|actually|still))? (?<word>correct|right|incorrect|wrong)\b/gi;

/** Checks as the generated tasks write them: `…,9=9` keeps; of a maze `abehi=` does. */
const KEEPS = /(?:^|,)(-?\d+)=\1$|^[a-z]+=$/;
/** `11?13,…` and `4,13?4` do not, nor does `…,15-6=9,3` (the sum, how far it is from the target, what to flip), nor a maze's `abcf!abehi`. */
const CHANGES = /\d\?\d|(?:^|,)-?\d+[+-]\d+=-?\d+,\d+$|^[a-z]+![a-z]+$/;

/**
 * What a correction says of the answer before it: right (true), wrong (false), or nothing (null). Read is its thought, without one all of it:
 * the last sentence like "is correct" or "is wrong" counts, else a check as the generated tasks write it.
 */
export function ownVerdict(text: string): boolean | null {
  const read = thoughtOf(text).trim() || text.trim();
  const said = [...read.matchAll(WORDS)].at(-1)?.groups;
  if (said) return /^(correct|right)$/i.test(said['word']!) === (said['not'] === undefined);
  return CHANGES.test(read) ? false : KEEPS.test(read) ? true : null;
}

/** What stands in the think blocks of a text; a correction in mode open_think only closes one. */
export function thoughtOf(text: string): string {
  const end = text.lastIndexOf('</think>');
  return end < 0 ? '' : text.slice(0, end).replaceAll(/<\/?think>/g, '');
}

/** A correction that leaves the answer before it standing: its thought, and then that answer. */
export function standingText(correction: string, answer: string): string {
  const thought = thoughtOf(correction) || correction.replaceAll(/<\/?think>/g, '');
  return `<think>${thought}</think>${answer.split('</think>').at(-1)!}`;
}

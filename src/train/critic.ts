// A second model as the critic of answers (after MedCritical): it reads a query of layer 2 and writes, greedily; what it writes
// stands before the guiding phrase. It is never trained. It is not a judge: rewards come from the verifier alone.
import type { Query } from '../algo/rollout.js';
import { check } from '../errors.js';
import type { LanguageModel } from './language-model.js';
import type { EncodedQuestion } from './questions.js';
import { rollout, type RolloutSettings } from './rollout.js';

/** Lengths and memory of a critique and of the query that gets it. */
export type CriticSettings = Pick<RolloutSettings, 'maxCompletionLength' | 'maxSlots'> & {
  /** Most tokens of a query with its critique and its correction. */
  readonly maxContextLength: number;
};

/** Refuses a critic whose texts the policy would read as other tokens. */
export function checkCritic(where: string, policy: LanguageModel, critic: LanguageModel, mode: string): void {
  const text = 'Wait, 12+7=19?</think>';
  const ids = [policy, critic].map(({ tokenizer }) => tokenizer.encode(text).join());
  check(
    ids[0] === ids[1],
    `${where}: expected a critic with the tokenizer of ${policy.name}, got ${critic.name}; take a model of the same family`,
  );
  check(
    mode === 'eq5',
    `${where}: expected layer2.mode eq5 with a critic, got ${mode}; open_think goes on with the model's own thought`,
  );
}

/**
 * The queries with a critique before their phrase: q' = prompt, answer, critique, phrase. A critique that leaves no room for a whole correction
 * is cut.
 * @returns the queries, and how many tokens the critic sampled
 */
export async function withCritiques(
  critic: LanguageModel,
  queries: readonly Query<EncodedQuestion>[],
  { maxCompletionLength, maxSlots, maxContextLength }: CriticSettings,
  signal?: AbortSignal,
): Promise<{ readonly queries: readonly Query<EncodedQuestion>[]; readonly tokens: number }> {
  const sampling = { temperature: 0, maxCompletionLength, maxSlots };
  const written = await rollout(critic, queries, 1, sampling, { seed: 0, firstStream: 0, signal });
  const critiques = written.map(([completion]) => Array.from(completion!.ids));
  return {
    queries: queries.map((query, i) => {
      const text = critiques[i]!.filter((id) => !critic.eosIds.has(id));
      const room = Math.max(0, maxContextLength - maxCompletionLength - query.ids.length);
      const ids = Array.from(query.ids);
      const phrase = ids.length - query.origin.phrase.ids.length;
      return { ...query, ids: Int32Array.from([...ids.slice(0, phrase), ...text.slice(0, room), ...ids.slice(phrase)]) };
    }),
    tokens: critiques.reduce((sum, { length }) => sum + length, 0),
  };
}

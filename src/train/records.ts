// Completions as records for the log, the table and the report.
import type { Rollout } from '../algo/rollout.js';
import type { CompletionRecord } from './events.js';
import { textOf } from './language-model.js';
import type { LanguageModel } from './language-model.js';
import type { EncodedQuestion } from './questions.js';

/** The records of one layer's completions, prompt by prompt. */
export function recordsOf(
  model: LanguageModel,
  step: number,
  layer: 1 | 2,
  rolled: Rollout<EncodedQuestion>,
): CompletionRecord[] {
  const { rewards, names, texts } = rolled.scored;
  let at = 0;
  return rolled.prompts.flatMap(({ question, ids, origin }, p) => {
    const prompt = textOf(model, ids);
    return rolled.completions[p]!.map(({ truncated }): CompletionRecord => {
      const k = at++;
      const { text, final, extra } = texts[k]!;
      const total = rolled.rewards[k]!;
      return {
        step,
        layer,
        prompt,
        completion: text,
        gold: question.row.gold,
        extracted: final,
        reward: Number.isNaN(total) ? null : total,
        rewards: Object.fromEntries(names.map((name, f) => [name, rewards[k]![f]!])),
        advantage: rolled.advantages[k]!,
        truncated,
        correct: rolled.correct[k]!,
        ...(origin && { answer: textOf(model, origin.answer.ids), answerCorrect: origin.correct, phrase: origin.phrase.text }),
        ...(Object.keys(extra).length > 0 && { extra }),
      };
    });
  });
}
